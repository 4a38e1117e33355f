"""The loop over speakers, with an engine whose codes are pitches and an encoder that hears them."""

from collections.abc import Iterator

import numpy as np
import pytest

from engine.errors import InputError, VoiceError
from engine.reference import Reference
from engine.speech import SpeechChunk, SpeechOptions, Voice
from engine.text import Passage
from evaluation.audio import Clip
from evaluation.clone import Cloned, evaluate_clone
from evaluation.recordings import Person
from evaluation.speech import expected_seconds

for package in ("jiwer", "num2words"):
    pytest.importorskip(package, reason="extra eval")

TEXTS = ["One small step.", "Two big dogs ran.", "Three cats slept."]
RATE = 1000
CODES = np.zeros((37, 1), np.int16)
VOICES = {"ann": 10, "bob": 50, "eve": 80}
"""The level, in hundredths, is whose voice it is."""


def sound(level: int, seconds: float = 1.0) -> np.ndarray:
    return np.full(round(seconds * RATE), level / 100, np.float32)


def person(name: str, level: int) -> Person:
    kept = tuple(Clip(f"{name}{step}", sound(level + step), RATE) for step in (-2, 2))
    return Person(name, Reference(sound(level, 4.0), RATE, 4.0, 4.0, ()), kept)


PEOPLE = [person(name, level) for name, level in VOICES.items()]


class Mimic:
    """An engine that speaks at the level of the reference, off by `shift`; ten frames a second."""

    voices = ()
    sample_rate = RATE
    can_clone = True

    def __init__(self, shift: int = 0, silent: bool = False) -> None:
        self.shift, self.silent = shift, silent
        self.calls: list[tuple[str, int]] = []

    def encode(self, samples: np.ndarray, rate: int) -> np.ndarray:
        levels = np.rint(samples[:: rate // 10] * 100).astype(np.int16)
        return np.stack([levels // 40, levels + self.shift])

    def clone(self, samples: np.ndarray, rate: int) -> Voice:
        return Voice(self.encode(samples, rate), "", "", "mimic")

    def decode(self, codes: np.ndarray) -> np.ndarray:
        return np.repeat(codes[1] / 100, RATE // 10).astype(np.float32)

    def plan(self, text: str, options: SpeechOptions) -> list[Passage]:
        return [Passage(text, 0.25)]

    def stream(self, text: str, voice: Voice, options: SpeechOptions) -> Iterator[SpeechChunk]:
        self.calls.append((text, options.seed))
        level = 0 if self.silent else int(voice.codes[1, 0])
        yield SpeechChunk(sound(level, expected_seconds(text)), text, 0, True, CODES, "")


class Level:
    """Ears that hear the words, and an encoder that points where the level is."""

    def __init__(self, answers: list[str] | None = None) -> None:
        self.answers = iter(answers or TEXTS * 10)

    def transcribe(self, samples: np.ndarray, rate: int) -> str:
        return next(self.answers)

    def embed(self, samples: np.ndarray, rate: int) -> np.ndarray | None:
        angle = float(samples.mean())
        return np.array([np.cos(angle), np.sin(angle)]) if np.any(samples) else None


def test_a_perfect_clone() -> None:
    engine = Mimic()
    heard: list[tuple[str, float]] = []

    def on_cloned(one: Cloned, samples: np.ndarray) -> None:
        heard.append((one.spoken.voice, float(samples[0])))

    options = SpeechOptions(seed=7)
    done = evaluate_clone(engine, PEOPLE, TEXTS, Level(), Level(), 2, options, on_cloned=on_cloned)
    assert engine.calls == [(TEXTS[n % 3], 7 + n) for n in range(6)]
    assert heard == [(name, pytest.approx(VOICES[name] / 100)) for name in VOICES for _ in "ab"]
    figures = done.figures()
    assert (figures["speakers"], figures["sentences"], figures["wer"]) == (3, 6, 0.0)
    assert figures["similarity"] == pytest.approx(1.0)
    assert figures["similarity_codec"] == figures["similarity_reference"] == pytest.approx(1.0)
    assert figures["similarity_real"] == pytest.approx(np.cos(0.04))
    apart = np.cos([0.4, 0.3, 0.7]).mean()
    assert figures["others"] == pytest.approx(apart)
    assert figures["others_real"] == pytest.approx(apart, abs=1e-3)
    assert figures["identified"] == figures["identified_codec"] == figures["identified_real"] == 1.0
    assert figures["distinct"] == pytest.approx(1.0, abs=0.01)
    assert figures["reference_seconds"] == 4.0
    assert set(figures["people"]) == set(VOICES)
    assert figures["people"]["bob"]["others"] == pytest.approx(np.cos([0.4, 0.3]).mean())
    assert "other" not in figures


def test_a_clone_that_sounds_like_somebody_else_and_says_other_words() -> None:
    ears = Level(["one small step", "two big dogs ran", "three cats slept now"])
    done = evaluate_clone(Mimic(shift=25), PEOPLE, TEXTS, ears, Level(), 1)
    assert [one.verdict.nearest for one in done.own.said if one.verdict] == ["bob", "eve", "eve"]
    figures = done.figures()
    assert figures["wer"] == pytest.approx(1 / 10)
    assert figures["people"]["eve"]["wer"] == pytest.approx(1 / 3)
    assert figures["identified"] == figures["identified_codec"] == pytest.approx(1 / 3)
    assert figures["identified_reference"] == 1.0
    assert figures["identified_to_reference"] == pytest.approx(1 / 3)
    assert figures["similarity_to_reference"] == pytest.approx(np.cos(0.25))
    assert figures["similarity"] == pytest.approx(np.cos(0.25))
    record = done.records()[0]
    assert (record["encoder"], record["voice"], record["heard"]) == ("own", "ann", "one small step")
    assert record["verdict"]["nearest"] == record["by_reference"]["nearest"] == "bob"


def test_silence_is_nobody() -> None:
    done = evaluate_clone(Mimic(silent=True), PEOPLE, TEXTS, Level([]), Level(), 1)
    figures = done.figures()
    assert (figures["empty"], figures["wer"], figures["identified"]) == (3, 1.0, 0.0)
    assert figures["similarity"] is figures["distinct"] is None
    assert done.records()[0]["verdict"] is None


def test_two_encoders_side_by_side() -> None:
    engine, other = Mimic(), Mimic(shift=2)
    answers = ["one small step", "two big dogs ran", "three cats slept"] * 2
    answers[3] = "one small stop"
    done = evaluate_clone(engine, PEOPLE, TEXTS, Level(answers), Level(), 1, None, other)
    assert engine.calls == other.calls
    assert [record["encoder"] for record in done.records()] == ["own"] * 3 + ["other"] * 3
    figures = done.figures()
    assert (figures["wer"], figures["other"]["wer"]) == (0.0, pytest.approx(0.1))
    assert figures["wer_difference"] == pytest.approx(0.1)
    assert figures["similarity_ratio"] == pytest.approx(np.cos(0.02))
    agreement = figures["agreement"]
    assert (agreement["frames"], agreement["semantic_used"]) == (60, 3)
    assert (agreement["semantic_equal"], agreement["acoustic_error"]) == (1.0, 2.0)
    assert agreement["acoustic_near"] == 0.0


def test_one_speaker_is_told_from_nobody() -> None:
    figures = evaluate_clone(Mimic(), PEOPLE[:1], TEXTS, Level(), Level(), 1).figures()
    assert figures["similarity"] == pytest.approx(1.0)
    assert figures["identified"] is figures["others"] is figures["distinct"] is None


def test_what_cannot_be_cloned() -> None:
    engine, deaf = Mimic(), Mimic()
    deaf.can_clone = False
    with pytest.raises(VoiceError):
        evaluate_clone(engine, PEOPLE, TEXTS, Level(), Level(), other=deaf)
    with pytest.raises(InputError, match="nobody"):
        evaluate_clone(engine, [], TEXTS, Level(), Level())
    with pytest.raises(InputError, match="no words"):
        evaluate_clone(engine, PEOPLE, ["?!"], Level(), Level())
    silent = Person("zoe", PEOPLE[0].reference, (Clip("z", np.zeros(10, np.float32), RATE),))
    with pytest.raises(InputError, match="zoe"):
        evaluate_clone(engine, [*PEOPLE, silent], TEXTS, Level(), Level())
    assert engine.calls == []
