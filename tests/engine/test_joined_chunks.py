"""Joins: streamed = whole, silence cut to pauses, levels, and no click over many joins."""

import numpy as np
import pytest

from engine.joins import AFTER, BEFORE, Edges, edged, levelled_speech
from engine.speech import SpeechChunk
from engine.text import Passage

RATE, BLOCK = 24_000, 240


def tone(seconds: float, level: float = 0.2) -> np.ndarray:
    times = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * 180 * times + 1.0)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def whole(samples: np.ndarray) -> np.ndarray:
    edges = Edges(RATE)
    return np.concatenate([edges.write(samples), edges.finish()])


@pytest.mark.parametrize("seed", range(8))
def test_pieces_of_any_size_give_the_same(seed: int) -> None:
    random = np.random.default_rng(seed)
    parts = [tone(random.uniform(0, 0.3), random.uniform(0, 0.3)) for _ in range(4)]
    gaps = [silence(random.choice([0, 0.004, 0.05, 0.4])) for _ in range(4)]
    samples = np.concatenate([x for pair in zip(gaps, parts, strict=True) for x in pair])
    samples = np.concatenate([samples, silence(random.choice([0, 0.004, 0.4]))])
    cuts = np.sort(random.integers(0, len(samples) + 1, size=random.integers(0, 30)))
    edges = Edges(RATE)
    pieces = [edges.write(piece) for piece in np.split(samples, cuts)]
    assert np.array_equal(np.concatenate([*pieces, edges.finish()]), whole(samples))


def test_silent_ends_go_and_pauses_inside_stay() -> None:
    inside = np.concatenate([tone(0.2), silence(0.7), tone(0.2)])
    cut = whole(np.concatenate([silence(0.5), inside, silence(0.9)]))
    assert len(cut) == len(inside) + (BEFORE + AFTER) * BLOCK
    middle = cut[(BEFORE + 1) * BLOCK : -(AFTER + 1) * BLOCK]
    assert np.array_equal(middle, inside[BLOCK:-BLOCK])
    assert not cut[-1]


@pytest.mark.parametrize("samples", [silence(0), silence(0.003), silence(1), tone(1, 1e-4)])
def test_nothing_to_hear_is_nothing(samples: np.ndarray) -> None:
    assert len(whole(samples)) == 0
    assert len(levelled_speech(samples, RATE)) == 0


def test_a_first_block_that_fading_makes_silence_is_kept() -> None:
    barely = np.full(BLOCK, 0.0035, np.float32)  # -49 dBFS; -54 once it is faded in
    assert len(whole(np.concatenate([barely, silence(0.5)]))) == (1 + AFTER) * BLOCK


@pytest.mark.parametrize("seconds", [0.002, 0.01, 0.013, 0.3])
def test_ends_are_faded_to_zero(seconds: float) -> None:
    cut = whole(tone(seconds, 0.5))
    assert len(cut) >= seconds * RATE
    assert cut[0] == 0
    assert cut[-1] == 0


def test_levels_are_matched_up_to_a_limit() -> None:
    def level(samples: np.ndarray) -> float:
        return float(20 * np.log10(np.sqrt(np.square(samples[BLOCK:-BLOCK]).mean())))

    near = [level(levelled_speech(tone(1, amplitude), RATE)) for amplitude in (0.07, 0.1, 0.19)]
    assert max(near) - min(near) < 0.1
    soft, loud = (level(levelled_speech(tone(1, amplitude), RATE)) for amplitude in (0.01, 0.9))
    assert soft < near[0] - 5 < loud - 5
    assert np.abs(levelled_speech(tone(1, 0.07) + np.eye(1, RATE, 500)[0], RATE)).max() <= 1.0


@pytest.mark.parametrize(("lead", "asked"), [(0.0, False), (2.0, True)])
def test_a_stream_gets_its_pauses(lead: float, asked: bool) -> None:
    passages = [Passage("a", 0.5, before=lead), Passage("b", 1.25), Passage("c", 9.0, asked=asked)]
    sound = np.concatenate([silence(0.2), tone(0.4), silence(0.3)])
    codes = np.zeros((37, 1), np.int16)
    pieces = [
        SpeechChunk(half, passage.text, index, last, codes)
        for index, passage in enumerate(passages)
        for half, last in ((sound[:9000], False), (sound[9000:], True))
    ]
    made = list(edged((piece for piece in pieces), passages, RATE))
    assert [(p.text, p.last) for p in made] == [(p.text, p.last) for p in pieces]
    lengths = [sum(len(p.samples) for p in made if p.index == index) for index in range(3)]
    speech = len(whole(sound))
    first, end = round(lead * RATE), 9 * RATE * asked
    assert lengths == [first + speech + 12_000, speech + 30_000, speech + end]
    assert not made[0].samples[:first].any()


def test_no_click_over_many_joins() -> None:
    """The largest step at a join is no larger than inside the speech."""
    random = np.random.default_rng(1)
    chunks = []
    for _ in range(60):
        start = round(random.uniform(0, 0.005) * RATE)  # cut anywhere in a period
        chunks.append(levelled_speech(tone(0.4, random.uniform(0.05, 0.6))[start:], RATE))
    book = np.concatenate(chunks)
    joins = np.cumsum([len(chunk) for chunk in chunks])[:-1]
    steps = np.abs(np.diff(book))
    at_joins = max(steps[join - 120 : join + 120].max() for join in joins)
    inside = np.median([steps[join - 4000 : join - 2000].max() for join in joins])
    assert at_joins <= 1.1 * inside
