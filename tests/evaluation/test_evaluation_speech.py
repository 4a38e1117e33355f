"""The loop over sentences, with an engine that hums and ears that know what it meant."""

from collections.abc import Iterator

import numpy as np
import pytest

from engine.errors import InputError, VoiceError
from engine.speech import SpeechChunk, SpeechOptions
from engine.text import Passage
from evaluation.audio import Clip
from evaluation.speech import evaluate_speech, expected_seconds
from evaluation.spoken import Spoken

for package in ("jiwer", "num2words"):
    pytest.importorskip(package, reason="extra eval")

TEXTS = ["One small step.", "Two big dogs ran.", "Three cats slept.", "Four birds sang."]


class Humming:
    """An engine whose sound has the text's expected length, times `stretch`."""

    voices = ("ann", "bob")
    sample_rate = 1000

    def __init__(self, stretch: float = 1.0, level: float = 0.5, note: str = "") -> None:
        self.stretch, self.level, self.note = stretch, level, note
        self.calls: list[tuple[str, str, int]] = []

    def plan(self, text: str, options: SpeechOptions) -> list[Passage]:
        return [Passage(text, 0.25)]

    def stream(self, text: str, voice: str, options: SpeechOptions) -> Iterator[SpeechChunk]:
        self.calls.append((text, voice, options.seed))
        length = int(expected_seconds(text) * self.stretch * self.sample_rate)
        for piece in np.array_split(np.full(length, self.level, np.float32), 2):
            yield SpeechChunk(piece, text, 0, True, np.zeros((37, 1), np.int16), self.note)


class Knowing:
    """Ears that answer from a list, in turn."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = iter(answers)

    def transcribe(self, samples: np.ndarray, rate: int) -> str:
        return next(self.answers)


class Pointing:
    """An encoder that points where the level is."""

    def embed(self, samples: np.ndarray, rate: int) -> np.ndarray | None:
        return np.array([float(samples.max()), 1.0])


def test_sentences_go_round_the_voices_with_their_own_seeds() -> None:
    engine = Humming()
    kept: list[Spoken] = []
    done = evaluate_speech(
        engine,
        TEXTS,
        Knowing(["one small step", "two dogs ran", "three cats slept", "for birds sang"]),
        Pointing(),
        options=SpeechOptions(seed=7),
        references={"bob": (np.full(10, 0.5, np.float32), 1000)},
        on_spoken=lambda spoken, samples: kept.append(spoken),
    )
    assert [call[1:] for call in engine.calls] == [("ann", 7), ("bob", 8), ("ann", 9), ("bob", 10)]
    assert kept == list(done.spoken)
    figures = done.figures()
    assert figures["wer"] == pytest.approx(2 / 13)
    assert figures["voices"]["ann"]["wer"] == 0.0
    assert figures["voices"]["bob"]["sentences"] == 2
    assert (figures["empty"], figures["runaway"]) == (0, 0)
    assert figures["similarity_within"] == pytest.approx(1.0)
    assert figures["voices"]["bob"]["similarity_reference"] == pytest.approx(1.0)
    assert figures["voices"]["ann"]["similarity_reference"] is None


def test_missing_ends_are_listed_and_kinds_told_apart() -> None:
    texts = [*TEXTS[:2], "Was it Ann?"]
    answers = Knowing(["one small", "two big dogs ran", "was it anne"])
    figures = evaluate_speech(Humming(), texts, answers).figures()
    assert figures["missing_end"] == figures["voices"]["ann"]["missing_end"] == 1
    assert figures["missing_end_sentences"] == [{"index": 0, "voice": "ann", "missing": "step"}]
    assert list(figures["kinds"]) == ["plain", "names", "questions"]
    assert figures["kinds"]["questions"]["wer"] == pytest.approx(1 / 3)
    assert figures["kinds"]["plain"] == {"sentences": 2, "wer": 1 / 7, "cer": pytest.approx(5 / 30)}


def test_delivery_beside_that_of_teachers() -> None:
    """Twice as fast; recordings longer or shorter than the sentences do not count."""
    buzz = np.full(2000, 0.5, np.float32)
    clips = [Clip("c", buzz, 1000, text) for text in ("Three fat cats.", "No.", "On and on " * 9)]
    teachers = {"ann": clips, "carl": clips}
    figures = evaluate_speech(Humming(0.5), TEXTS[:2], Knowing(TEXTS), teachers=teachers).figures()
    ann, bob = figures["voices"]["ann"], figures["voices"]["bob"]
    seconds = int(expected_seconds(TEXTS[0]) * 500) // 20 * 0.02
    assert ann["delivery"]["letters_per_second"] == pytest.approx(12 / seconds)
    assert ann["delivery_teacher"]["letters_per_second"] == pytest.approx(12 / 2)
    assert bob["delivery_teacher"] is None
    assert figures["delivery_teacher"] == ann["delivery_teacher"]
    assert figures["delivery"]["pauses"] == 0


def test_chosen_voices_only() -> None:
    engine = Humming()
    evaluate_speech(engine, TEXTS[:2], Knowing(TEXTS), voices=["bob"])
    assert [voice for _, voice, _ in engine.calls] == ["bob", "bob"]


@pytest.mark.parametrize(
    "engine", [Humming(level=0.0), Humming(level=float("nan")), Humming(stretch=0.01)]
)
def test_nothing_audible_is_empty_without_asking_the_ears(engine: Humming) -> None:
    figures = evaluate_speech(engine, TEXTS[:1], Knowing([]), Pointing()).figures()
    assert figures["empty"] == 1
    assert figures["wer"] == 1.0
    assert figures["missing_end"] == 1
    assert figures["delivery"] is None


def test_sound_without_words_is_empty() -> None:
    assert evaluate_speech(Humming(), TEXTS[:1], Knowing(["..."])).figures()["empty"] == 1


@pytest.mark.parametrize(
    ("engine", "runaways"),
    [(Humming(stretch=2.9), 0), (Humming(stretch=3.1), 1), (Humming(note="cut"), 1)],
)
def test_runaways(engine: Humming, runaways: int) -> None:
    done = evaluate_speech(engine, TEXTS[:1], Knowing(TEXTS))
    assert done.figures()["runaway"] == runaways
    assert done.records()[0]["note"] == engine.note


def test_bad_requests_are_refused_before_speaking() -> None:
    engine = Humming()
    with pytest.raises(VoiceError, match="carl"):
        evaluate_speech(engine, TEXTS, Knowing([]), voices=["ann", "carl"])
    with pytest.raises(InputError):
        evaluate_speech(engine, [], Knowing([]))
    with pytest.raises(InputError, match="no words"):
        evaluate_speech(engine, ["Fine.", "?!"], Knowing([]))
    assert engine.calls == []
