"""What changes from minute to minute is found: words, voice, pitch. The engine babbles."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from engine.speech import SpeechChunk, SpeechOptions
from engine.text import Passage
from evaluation import longform
from evaluation.longform import (
    Chunk,
    by_minute,
    evaluate_longform,
    stretches,
    table_rows,
    with_contexts,
)
from tests.babble import babble

RATE = 8000


class Babbling:
    """An engine whose chunks last 2 s, each a little higher than the one before."""

    voices = ("ann",)
    sample_rate = RATE

    def plan(self, text: str, options: SpeechOptions) -> list[Passage]:
        return [Passage(line, 0.25) for line in text.split("\n")]

    def stream(self, text: str, voice: str, options: SpeechOptions) -> Iterator[SpeechChunk]:
        codes = np.zeros((37, 1), np.int16)
        for index, line in enumerate(text.split("\n")):
            first, second = np.split(babble(2.0, 100.0 + 5 * index, RATE, seed=index), 2)
            yield SpeechChunk(first, line, index, False, codes)
            yield SpeechChunk(second, line, index, True, codes, "cut" if index == 1 else "")


class Listening:
    """Ears that hear `one` for every two seconds, and an encoder that points at the length."""

    def transcribe(self, samples: np.ndarray, rate: int) -> str:
        return " ".join(["one"] * round(len(samples) / rate / 2))

    def embed(self, samples: np.ndarray, rate: int) -> np.ndarray | None:
        return np.array([len(samples) / rate, 4.0]) if len(samples) else None


@pytest.fixture
def short_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four seconds."""
    pytest.importorskip("jiwer", reason="extra eval")
    monkeypatch.setattr(longform, "MINUTE_S", 4.0)


@pytest.mark.usefixtures("short_minutes")
def test_minutes() -> None:
    told: list[Chunk] = []
    tools = Listening(), Listening()
    text, reference = "one\none\none\ntwo\none", (np.ones(4 * RATE, np.float32), RATE)
    report, samples = evaluate_longform(
        Babbling(), text, "ann", *tools, None, reference, told.append
    )
    assert samples.shape == (10 * RATE,)
    assert [chunk.text for chunk in told] == text.split()
    assert [minute.seconds for minute in report.minutes] == [4.0, 4.0, 2.0]
    assert [minute.wer for minute in report.minutes] == [0.0, 0.5, 0.0]
    assert report.wer == pytest.approx(0.2)
    tilted = 12 / np.sqrt(160)  # [4, 4] against [2, 4], both unit vectors
    assert [m.similarity for m in report.minutes] == pytest.approx([1.0, 1.0, tilted], abs=1e-3)
    assert [m.to_reference for m in report.minutes] == [m.similarity for m in report.minutes]
    assert report.minutes[0].pitch == pytest.approx(102.5, rel=0.05)
    assert report.drift == pytest.approx(12 * np.log2(120 / 102.5), abs=0.8)
    assert report.spread == report.drift
    assert report.notes == ("cut",)
    figures = report.figures()
    assert figures["joins"] == 4
    assert figures["seam"]["max"] >= figures["seam"]["p50"] > 0
    assert len(figures["minutes"]) == 3
    rows = dict(table_rows(figures))
    assert rows["wer"] == pytest.approx(0.2)
    assert rows["seam"] == " ".join(f"{value:.2f}" for value in figures["seam"].values())


@pytest.mark.usefixtures("short_minutes")
def test_one_minute_without_a_reference() -> None:
    report, _ = evaluate_longform(Babbling(), "one", "ann", Listening(), Listening())
    assert report.minutes[0].to_reference is None
    assert (report.drift, report.jumps, report.seams) == (0.0, (), ())
    assert report.figures()["level_jump"] is None
    assert report.figures()["similarity"] is None


def test_a_chunk_belongs_to_the_minute_in_which_it_begins() -> None:
    chunks = [
        Chunk(name, np.zeros(length, np.float32))
        for name, length in zip("abc", (59, 70, 9), strict=True)
    ]
    found = [(n, "".join(chunk.text for chunk in some)) for n, some in by_minute(chunks, 1)]
    assert found == [(1, "ab"), (3, "c")]


def test_stretches_keep_chunks_whole_and_lose_none() -> None:
    chunks = [
        Chunk(name, np.full(n, n, np.float32))
        for name, n in zip("abcd", (10, 15, 1, 40), strict=True)
    ]
    joined = stretches(chunks, 1)
    assert [text for text, _ in joined] == ["a b", "c", "d"]
    assert [len(wave) for _, wave in joined] == [25, 1, 40]


@dataclass(frozen=True)
class Continuing(SpeechOptions):
    context: str = "none"


def test_contexts_are_those_of_the_options() -> None:
    assert with_contexts(SpeechOptions(seed=3), None) == {"": SpeechOptions(seed=3)}
    changed = with_contexts(Continuing(seed=3), ["none", "chunks"])
    assert changed == {"none": Continuing(seed=3), "chunks": Continuing(seed=3, context="chunks")}


def test_pitch_is_finer_than_a_sample() -> None:
    """151 Hz is 52.98 samples at 8 kHz, 149.5 Hz 53.5."""
    for pitch in (149.5, 151.0):
        wave = sum(np.sin(2 * np.pi * n * pitch * np.arange(2 * RATE) / RATE) for n in (1, 2, 3))
        found = longform.median_pitch((0.1 * wave).astype(np.float32), RATE)
        assert found == pytest.approx(pitch, rel=2e-3)
