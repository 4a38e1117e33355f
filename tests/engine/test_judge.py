"""Takes that are silent, cut, stretched or broken are told; so are lost words and loops."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from engine.hearing.judge import Verdict, better, check, judge
from engine.hub import resolve
from tests.babble import babble

RATE = 24_000
TEXT = "The old man mended his net without looking up at us."
"""52 characters: about three seconds."""


def pause(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def test_speech_of_a_plausible_length_is_fine() -> None:
    for seconds in (2.0, 3.0, 5.0):
        assert check(TEXT, babble(seconds), RATE) == ""
    assert check("I.", babble(0.3), RATE) == ""
    assert check("No.", babble(1.2), RATE) == ""
    assert check(TEXT, babble(3.0) * 0.05, RATE) == ""  # a soft voice
    padded = np.concatenate([pause(3.0), babble(3.0), pause(3.0)])
    assert check(TEXT, padded, RATE) == ""


def broken() -> np.ndarray:
    wave = babble(3.0)
    wave[RATE] = np.nan
    return wave


@pytest.mark.parametrize(
    ("samples", "fault"),
    [
        (broken(), "not finite"),
        (np.zeros(0, np.float32), "silent"),
        (pause(3.0), "silent"),
        (babble(3.0) * 1e-3, "silent"),
        (np.concatenate([pause(3.0), babble(0.1)]), "silent"),
        (babble(0.5), "too short: 0."),
        (np.concatenate([pause(1.0), babble(0.5), pause(1.0)]), "too short: 0."),
        (babble(9.0), "too long: "),
        (np.concatenate([babble(1.5), pause(2.5), babble(1.5)]), "a pause of 2."),
        (np.clip(babble(3.0) * 5, -1.0, 1.0), "clipped in "),
    ],
)
def test_faults(samples: np.ndarray, fault: str) -> None:
    assert check(TEXT, samples, RATE).startswith(fault)


def test_nano_passes_and_its_cut_and_tripled_sound_does_not() -> None:
    from engine import Engine, SpeechOptions

    engine = Engine.from_folder(resolve("nano"), device="cpu")
    text = "Good evening, my friend."
    spoken = engine.speak(text, "neutral_male", SpeechOptions(seed=5))
    assert check(text, spoken, RATE) == ""
    assert check(text, spoken[: len(spoken) // 3], RATE).startswith("too short")
    assert check(text, np.tile(spoken, 3), RATE).startswith("too long")


def test_judging_needs_no_torch() -> None:
    program = "import sys, engine.hearing.judge; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


class Answering:
    """Ears that hear what they are told to."""

    def __init__(self, answer: str) -> None:
        self.answer = answer

    def transcribe(self, samples: np.ndarray, rate: int, language: str) -> str:
        self.language = language
        return self.answer


def heard(text: str, answer: str, language: str = "en") -> Verdict:
    return judge(text, pause(1.0), RATE, Answering(answer), language)


needs_jiwer = pytest.mark.skipif(
    importlib.util.find_spec("jiwer") is None, reason="extra verify is not installed"
)


@needs_jiwer
@pytest.mark.parametrize(
    ("answer", "wer", "repeated"),
    [
        ("We went home, and the dog slept.", 0, ""),
        ("WE WENT HOME AND DOG SLEPT", 1 / 7, ""),
        ("We went home and the the the dog slept.", 2 / 7, "the the"),
        ("We went we went home and the dog slept.", 2 / 7, "we went"),
        ("We went home and the dog slept and the dog slept", 4 / 7, "and the dog slept"),
        ("We went home and the dog slept. We went", 2 / 7, "we went"),
        ("We went home and the big dog slept.", 1 / 7, ""),
        ("We went home and the cat slept.", 1 / 7, ""),
        ("We went home.", 4 / 7, ""),
        ("", 1, ""),
    ],
)
def test_words(answer: str, wer: float, repeated: str) -> None:
    verdict = heard("We went home and the dog slept.", answer)
    assert verdict.wer == pytest.approx(wer)
    assert verdict.repeated == tuple(repeated.split())
    assert verdict.heard == answer


@needs_jiwer
def test_a_whole_chunk_said_twice_is_found_where_words_are_wrong() -> None:
    found = heard("The green door was not locked.", "The green doer was not locked. " * 2)
    assert found.wer == pytest.approx(7 / 6)
    assert len(found.repeated) == 6


@needs_jiwer
def test_a_word_that_the_text_has_twice_is_not_repeated() -> None:
    assert heard("Very, very good.", "Very very good.") == Verdict(0.0, (), "Very very good.")
    assert heard("Very, very good.", "Very very very good.").repeated == ("very",)


@needs_jiwer
def test_other_languages_and_texts_without_words() -> None:
    assert heard("drei Männer", "3 Männer", "de").wer == 0.0
    assert heard("three men", "3 men").wer == 0.0
    assert heard("... --", "Thank you.") == Verdict(0.0, (), "Thank you.")


@needs_jiwer
@pytest.mark.parametrize(
    ("language", "text", "answer"),
    [
        ("en", "Ten AM.", "10 a.m."),
        ("en", "The nineties were good.", "The 90s were good."),
        ("en", "Fifteen hundred men.", "1500 men."),
        ("en", "Chapter four, Henry the Eighth.", "Chapter 4, Henry VIII."),
        ("de", "Eintausendf\u00fcnfhundert Menschen.", "1.500 Menschen."),
        ("fr", "Le c\u0153ur bat.", "Le coeur bat."),
        (
            "ar",
            "\u0643\u064e\u062a\u064e\u0628\u064e \u0627\u0644\u0648\u0644\u062f.",
            "\u0643\u062a\u0628 \u0627\u0644\u0648\u0644\u062f",
        ),
    ],
)
def test_what_is_written_otherwise_is_no_error(language: str, text: str, answer: str) -> None:
    assert heard(text, answer, language).wer == 0.0


@needs_jiwer
@pytest.mark.parametrize("language", ["en", "pt", "pt-br", "ru", "pl", "cs"])
def test_a_loop_of_digits_is_an_error_like_others(language: str) -> None:
    assert heard("One, two.", "1" + ",000" * 110, language).wer > 1
    assert heard("One, two.", "9" * 400, language).wer > 0.5


@needs_jiwer
def test_nothing_is_heard_in_what_is_not_finite() -> None:
    verdict = judge(TEXT, broken(), RATE, Answering(TEXT))
    assert (verdict.heard, verdict.wer) == ("", 1.0)


def test_the_best_take_comes_first() -> None:
    def verdict(wer: float, repeated: int = 0) -> Verdict:
        return Verdict(wer, ("the",) * repeated, "")

    takes = [
        ("", verdict(0.2, 1)),
        ("too long", verdict(0.0)),
        ("", verdict(0.2)),
        ("", verdict(1)),
    ]
    ordered = sorted(takes, key=lambda take: better(*take))
    assert ordered == [takes[2], takes[0], takes[3], takes[1]]


@pytest.mark.slow
def test_real_ears_hear_what_nano_lost_and_said_twice() -> None:
    pytest.importorskip("faster_whisper", reason="extra verify")
    from engine import Engine, SpeechOptions
    from engine.hearing.asr import Ears

    ears, engine = Ears(cpu_threads=1), Engine.from_folder(resolve("nano"), device="cpu")
    text = "The green door was not locked."
    spoken = engine.speak(text, "casual_female", SpeechOptions(seed=0))
    whole = judge(text, spoken, RATE, ears)
    assert whole.wer <= 0.2
    twice = judge(text, np.tile(spoken, 2), RATE, ears)
    assert twice.wer > 0.5
    assert {"green", "door", "locked"} & set(twice.repeated)
    half = judge(text, spoken[: len(spoken) // 2], RATE, ears)
    assert 0.2 < half.wer <= 0.9
