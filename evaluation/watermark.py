"""How audible the watermark is, what it survives, and what it costs.

Recordings, and speech of the engine in voices cloned from them, are marked at some strengths. PESQ
compares marked and unmarked. The detector judges both after each of CHANGES: the marked ones are
to be found, the unmarked ones are not.
"""

import io
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from engine.errors import InputError
from engine.speech import SpeechOptions, Voice
from engine.watermark import MARKED_FROM, marked, score
from evaluation.audio import Clip, resample
from evaluation.codec_metrics import pesq_wide

CROP_S = 3.0
PIECE_S = 1.0  # in which a stream is marked, as the engine hands out its speech


class Speaker(Protocol):
    """What is needed of `engine.Engine`."""

    @property
    def sample_rate(self) -> int: ...

    def clone(self, samples: np.ndarray, rate: int) -> Voice: ...

    def speak(self, text: str, voice: Voice, options: SpeechOptions) -> np.ndarray: ...


Change = Callable[[np.ndarray, int], tuple[np.ndarray, int]]


@dataclass(frozen=True)
class Judged:
    """One sound at one strength.

    Args:
        source: "recording" or "clone".
        name: Which one.
        strength: 0 for unmarked.
        pesq: Against the unmarked; None where there is too little speech.
        scores: Of the detector, by the name of the change.
        cost: CPU seconds of marking a second of sound.
        spoken: CPU seconds of speaking a second of sound; None for recordings.
    """

    source: str
    name: str
    strength: float
    pesq: float | None
    scores: dict[str, float | None]
    cost: float
    spoken: float | None


def coded(container: str, coding: str, compression: float) -> Change:
    """There and back through a lossy coder."""

    def change(samples: np.ndarray, rate: int) -> tuple[np.ndarray, int]:
        import soundfile

        file = io.BytesIO()
        soundfile.write(
            file, samples, rate, coding, format=container, compression_level=compression
        )
        file.seek(0)
        return soundfile.read(file, dtype="float32")

    return change


def at_rate(target: int) -> Change:
    """At another rate."""
    return lambda samples, rate: (resample(samples, rate, target), target)


def crop(samples: np.ndarray, rate: int) -> tuple[np.ndarray, int]:
    """CROP_S seconds out of the middle, not on a frame's edge."""
    length = round(CROP_S * rate)
    start = max(0, (len(samples) - length) // 2 - 7)
    return samples[start : start + length], rate


opus = coded("OGG", "OPUS", 0.9)
CHANGES: dict[str, Change] = {
    "none": lambda samples, rate: (samples, rate),
    "mp3 128k": coded("MP3", "MPEG_LAYER_III", 0.2),
    "opus 32k": opus,
    "8 kHz": at_rate(8000),
    "16 kHz": at_rate(16000),
    "44.1 kHz": at_rate(44100),
    "3 s": crop,
    "3 s, opus": lambda samples, rate: opus(*crop(samples, rate)),
}
"""Bit rates come from libsndfile's compression levels: 130k and 31k measured for 24 kHz mono."""


def evaluate_watermark(
    engine: Speaker,
    clips: Iterable[Clip],
    sentences: Sequence[str],
    strengths: Sequence[float],
    on_judged: Callable[[Judged], None] = lambda judged: None,
) -> list[Judged]:
    """Mark and judge every recording, and a sentence pair in the voice cloned from it.

    Args:
        clips: Recordings; those shorter than CROP_S are left out.
        sentences: What the clones say, in turn.
        strengths: Above 0; each sound is judged unmarked, too.

    Raises:
        InputError: If no recording is long enough.
    """
    done: list[Judged] = []
    for number, clip in enumerate(clip for clip in clips if clip.seconds >= CROP_S):
        text = " ".join(sentences[(2 * number + i) % len(sentences)] for i in range(2))
        voice = engine.clone(clip.samples, clip.rate)
        recording = resample(clip.samples, clip.rate, engine.sample_rate)
        start = time.process_time()
        spoken = engine.speak(text, voice, SpeechOptions(seed=number))
        speaking = (time.process_time() - start) / (len(spoken) / engine.sample_rate)
        sounds: list[tuple[str, np.ndarray, float | None]] = [
            ("recording", recording, None),
            ("clone", spoken, speaking),
        ]
        for source, samples, cost in sounds:
            for strength in (0.0, *strengths):
                rate = engine.sample_rate
                done.append(_judge(source, clip.name, samples, rate, strength, cost))
                on_judged(done[-1])
    if not done:
        raise InputError(
            f"No recording is {CROP_S:g} s long.", "Give --corpus DIR with longer ones."
        )
    return done


def figures(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """A row for each source and strength: PESQ, share found and lowest or highest score, cost."""
    rows = []
    for source, strength in dict.fromkeys((one.source, one.strength) for one in judged):
        some = [one for one in judged if (one.source, one.strength) == (source, strength)]
        values = [one.pesq for one in some if one.pesq is not None]
        row: dict[str, Any] = {"source": source, "strength": strength, "sounds": len(some)}
        row["pesq"] = float(np.mean(values)) if values else None
        row["pesq_min"] = min(values, default=None)
        for change in CHANGES:
            scores = [s for one in some if (s := one.scores[change]) is not None]
            worst = min if strength else max
            row[change] = {
                "found": sum(s >= MARKED_FROM for s in scores) / len(scores) if scores else None,
                "worst": worst(scores, default=None),
            }
        row["cost"] = float(np.mean([one.cost for one in some]))
        spoken = [one.spoken for one in some if one.spoken is not None]
        row["cost_share"] = row["cost"] / float(np.mean(spoken)) if spoken else None
        rows.append(row)
    return rows


def table_rows(rows: Sequence[dict[str, Any]]) -> list[list[object]]:
    """`figures` for a table: found and worst score in one cell."""

    def cell(value: Any) -> object:
        if not isinstance(value, dict):
            return value
        return "-" if value["found"] is None else f"{value['found']:.0%} {value['worst']:.2f}"

    return [[cell(value) for value in row.values()] for row in rows]


def _judge(
    source: str, name: str, samples: np.ndarray, rate: int, strength: float, spoken: float | None
) -> Judged:
    start = time.process_time()
    sound = samples
    if strength:
        pieces = np.split(
            samples, range(round(PIECE_S * rate), len(samples), round(PIECE_S * rate))
        )
        sound = np.concatenate(list(marked(pieces, rate, strength)))
    cost = (time.process_time() - start) / (len(samples) / rate)
    pesq = pesq_wide(samples, sound, rate) if strength else None
    scores = {change: score(*make(sound, rate)) for change, make in CHANGES.items()}
    return Judged(source, name, strength, pesq, scores, cost, spoken)
