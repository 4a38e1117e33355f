"""Chains of lines: what a follower hears, resumed = uninterrupted, retakes, rows."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engine import Engine
from engine.config import END_AUDIO
from engine.errors import InputError
from engine.longform import chain_chars, chains
from engine.rendering import Line, Take, keep
from engine.speech import SpeechOptions
from engine.text import Passage
from tests.frame_steps import end_soon

TINY = Path(__file__).parents[1] / "golden" / "tiny"
OPTIONS = SpeechOptions(seed=3, rows=2, steps=2)
TEXTS = ["One.", "Two and three.", "Four.", "Five, six."]
VOICES = {"": "neutral_female", "b": "casual_male"}


@pytest.fixture
def engine() -> Engine:
    """One that ends a chunk after a few frames: as many as its noise says."""
    engine = Engine.from_folder(TINY, "cpu", dtype="float32")
    end_soon(engine._model)
    return engine


def lines(texts: Sequence[str], voice: str = "", prefix: str = "") -> list[Line]:
    return [Line(prefix + str(number), text, voice) for number, text in enumerate(texts)]


def codes(takes: Sequence[Take]) -> dict[str, np.ndarray]:
    return {take.line.name: take.codes for take in takes}


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


def test_a_chain_is_the_same_beside_others_and_alone(engine: Engine) -> None:
    first, second = lines(TEXTS), lines(TEXTS[::-1], "b", "x")
    beside = codes(list(engine.render([first, second], VOICES, OPTIONS)))
    for rows, chain in ((1, first), (4, second)):
        options = SpeechOptions(seed=3, rows=rows, steps=2)
        alone = codes(list(engine.render([chain], VOICES, options)))
        assert same(alone, {name: beside[name] for name in alone})
    assert len({value.tobytes() for value in beside.values()}) == 8


@pytest.mark.parametrize("spoken", [1, 2, 3])
def test_a_chain_taken_up_again_goes_on_as_if_it_had_not_stopped(
    engine: Engine, spoken: int
) -> None:
    whole = codes(list(engine.render([lines(TEXTS)], VOICES, OPTIONS)))
    earlier = [
        Line(line.name, line.text, "", whole[line.name] if number < spoken else None)
        for number, line in enumerate(lines(TEXTS))
    ]
    resumed = codes(list(engine.render([earlier], VOICES, OPTIONS)))
    assert same(resumed, {name: whole[name] for name in resumed})
    assert len(resumed) == len(TEXTS) - spoken


def test_a_follower_hears_what_was_before_it(engine: Engine) -> None:
    whole = codes(list(engine.render([lines(TEXTS)], VOICES, OPTIONS)))
    other = codes(list(engine.render([lines(["Another.", *TEXTS[1:]])], VOICES, OPTIONS)))
    alone = codes(list(engine.render([[line] for line in lines(TEXTS)], VOICES, OPTIONS)))
    assert not np.array_equal(whole["1"], other["1"])
    assert not np.array_equal(whole["1"], alone["1"])
    assert np.array_equal(whole["0"], alone["0"])


def test_the_cache_of_a_chain_is_what_one_pass_over_it_gives(engine: Engine) -> None:
    """Cached = uncached: the state before the second chunk, from the whole sequence at once."""
    from engine.cloning import voice_codes
    from engine.generation.scheduler import Scheduler
    from engine.pipeline import link

    model = engine._model
    speaker = engine._speaker({"": engine.rows("neutral_female")}, OPTIONS)
    first, second = (speaker.chunk(n, text) for n, text in enumerate(TEXTS[:2]))
    loop = speaker.loop(Scheduler([link([first, second])], 1), speaker.room([first, second]))
    with torch.inference_mode():
        while second.start is None:
            loop.advance()
        # The prompt was read and a frame spoken: read it again for the state before that.
        loop.cache.lengths[0] = second.start
        cached = loop._ask(0, second.text, None)
        frames = np.stack(first.frames, axis=0) - 2
        heard = model.mm_audio_embeddings.audio_codebook_embeddings(
            torch.from_numpy(voice_codes(frames)[:-1])
        )
        parts = [*speaker.embed(first.text, ""), heard, *speaker.embed(second.text, None)]
        whole = model(torch.cat(parts).unsqueeze(0))[0, -1]
    torch.testing.assert_close(cached, whole, atol=1e-4, rtol=1e-4)


def test_a_take_that_is_not_kept_is_spoken_again_with_other_noise(engine: Engine) -> None:
    heard: list[Take] = []

    def third(take: Take) -> Take | None:
        heard.append(take)
        return take if take.number == 2 or take.line.name != "1" else None

    chain = lines(TEXTS)
    kept = list(engine.render([chain], VOICES, OPTIONS, third))
    takes = [take for take in heard if take.line.name == "1"]
    assert [take.number for take in takes] == [0, 1, 2]
    assert len({take.codes.tobytes() for take in takes}) == 3
    # What follows hears the take that was kept, as on going on from it.
    earlier = [Line(t.line.name, t.line.text, "", t.codes) for t in kept[:2]] + chain[2:]
    resumed = codes(list(engine.render([earlier], VOICES, OPTIONS)))
    assert same(resumed, {name: codes(kept)[name] for name in ("2", "3")})


def test_what_follows_an_earlier_take_that_was_kept_hears_that_one(engine: Engine) -> None:
    seen: dict[str, Take] = {}

    def first_of_two(take: Take) -> Take | None:
        if take.line.name != "1":
            return take
        return seen.setdefault("1", take) if take.number else seen.update({"1": take})

    chosen = codes(list(engine.render([lines(TEXTS)], VOICES, OPTIONS, first_of_two)))
    plain = codes(list(engine.render([lines(TEXTS)], VOICES, OPTIONS, keep)))
    assert same(chosen, plain)


def test_a_chain_without_room_is_refused(engine: Engine) -> None:
    with pytest.raises(InputError, match="positions"):
        engine.render([lines(["word " * 400] * 200)], VOICES, OPTIONS)


def test_a_chain_of_chunks_that_all_nearly_run_away_has_room(engine: Engine) -> None:
    """Frames of each up to its limit, and of what was spoken before even more."""
    from engine.generation.sequence import Bounds

    chain = lines(["A text of some length."] * 6)
    longest = Bounds.of(chain[0].text, engine.frame_rate).limit
    spoken = np.zeros((37, 2 * longest), np.int16)
    earlier = [Line(line.name, line.text, "", spoken) for line in chain[:-1]]
    (take,) = engine.render([[*earlier, chain[-1]]], VOICES, OPTIONS)
    assert take.codes.shape[1] > 0


def test_a_take_that_never_ends_is_told_and_the_next_begins_afresh(engine: Engine) -> None:
    head = engine._model.acoustic_transformer
    soon, heard = head.semantic_logits, list[Take]()

    def never_at_first(hidden: Tensor, forbid_end: Tensor) -> Tensor:
        values = soon(hidden, forbid_end)
        values[:, END_AUDIO] = values[:, END_AUDIO] if heard else -torch.inf
        return values

    def second(take: Take) -> Take | None:
        heard.append(take)
        return take if take.number else None

    head.semantic_logits = never_at_first  # type: ignore[method-assign]
    list(engine.render([lines(["Hi."])], VOICES, OPTIONS, second))
    assert [(take.was_cut, bool(take.note)) for take in heard] == [(True, True), (False, False)]


@pytest.mark.parametrize(
    ("context", "longest", "chars"), [("none", 300, 0), ("chunks", 300, 300), ("chunks", 0, 180)]
)
def test_how_long_a_chain_is(engine: Engine, context: str, longest: int, chars: int) -> None:
    config = replace(engine._config, max_chain_chars=longest)
    assert chain_chars(config, SpeechOptions(context=context, max_chars=60)) == chars


def test_all_spoken_is_nothing_to_do(engine: Engine) -> None:
    done = [Line("0", "One.", "", np.zeros((37, 3), np.int16))]
    assert not list(engine.render([done], VOICES, OPTIONS))
    assert not list(engine.render([], VOICES, OPTIONS))


def passages(*sizes: int, opens: Sequence[int] = (), voices: str = "") -> list[Passage]:
    return [
        Passage("x" * size, 0.2, voices[i : i + 1].strip(), opens=i in opens)
        for i, size in enumerate(sizes)
    ]


@pytest.mark.parametrize(
    ("given", "limit", "expected"),
    [
        (passages(60, 60, 60), 0, [[0], [1], [2]]),
        (passages(60, 60, 60), 120, [[0, 1], [2]]),
        (passages(60, 60, 60, 60, opens=[2]), 300, [[0, 1], [2, 3]]),
        (passages(10, 10, 10, opens=[1]), 200, [[0], [1, 2]]),
        (passages(10, 10, 10, voices=" bb"), 200, [[0], [1, 2]]),
        (passages(500, 10), 200, [[0], [1]]),
        (passages(*[1] * 10), 200, [[*range(8)], [8, 9]]),
        ([], 100, []),
    ],
)
def test_chains(given: list[Passage], limit: int, expected: list[list[int]]) -> None:
    assert chains(given, limit) == expected


def test_a_stream_in_chains_is_the_same_for_any_rows(engine: Engine) -> None:
    text = " ".join(["A sentence of some words, and a few more."] * 24)

    def speak(rows: int, context: str) -> np.ndarray:
        return engine.speak(
            text, None, SpeechOptions(rows=rows, steps=2, max_chars=60, context=context)
        )

    assert np.array_equal(speak(1, "chunks"), speak(3, "chunks"))
    assert not np.array_equal(speak(1, "chunks")[:48000], speak(1, "none")[:48000]) or len(
        speak(1, "chunks")
    ) != len(speak(1, "none"))
