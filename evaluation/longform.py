"""Speaks a long text and asks, minute by minute: the same words, the same voice, the same pitch?

The sound is cut at the borders of its chunks only. A chunk belongs to the minute in which it
begins; the ears hear neighbours of a minute together, up to 25 s (Whisper takes 30).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import InputError
from engine.hearing.judge import Listener
from engine.hearing.wer import score
from engine.reference.activity import speech_mask
from engine.reference.checks import pitches
from engine.speech import SpeechOptions
from evaluation.joins import level_jumps, places_in_speech, roughness, seams
from evaluation.similarity import cosine
from evaluation.speech import Embedder, Speaker

if TYPE_CHECKING:
    from engine import Voice

MINUTE_S = 60.0
HEARD_S = 25.0


@dataclass(frozen=True)
class Chunk:
    """A chunk as it was spoken: its text and float32 [n], its pause included."""

    text: str
    samples: np.ndarray
    note: str = ""


@dataclass(frozen=True)
class Minute:
    """What was measured in a minute.

    Args:
        minute: From 1.
        seconds: Of sound; less in the last.
        wer: Word errors / words.
        similarity: Cosine with the first minute (of that itself 1); None without speech.
        to_reference: Cosine with the voice's own recording; None without one.
        pitch: Median of the voiced frames, Hz; None without any.
    """

    minute: int
    seconds: float
    wer: float
    similarity: float | None
    to_reference: float | None
    pitch: float | None


@dataclass(frozen=True)
class LongReport:
    """A long text as it was spoken.

    Args:
        minutes: In order.
        wer: Over all.
        drift: Semitones from the pitch of the first minute to that of the last; None unknown.
        spread: Semitones between the lowest and the highest minute.
        jumps: dB at each join, see `joins.level_jumps`.
        seams: `joins.roughness` at each join.
        speech: The same at random places in speech.
        notes: Mishaps that the engine told.
        heard: Text and what was heard, of each stretch that the ears got.
    """

    minutes: tuple[Minute, ...]
    wer: float
    drift: float | None
    spread: float | None
    jumps: tuple[float, ...]
    seams: tuple[float, ...]
    speech: tuple[float, ...]
    notes: tuple[str, ...]
    heard: tuple[tuple[str, str], ...]

    def figures(self) -> dict[str, Any]:
        """The summary, JSON-ready."""
        similar = [m.similarity for m in self.minutes[1:] if m.similarity is not None]
        return {
            "seconds": sum(minute.seconds for minute in self.minutes),
            "wer": self.wer,
            "similarity": float(np.mean(similar)) if similar else None,
            "pitch_drift": self.drift,
            "pitch_spread": self.spread,
            "joins": len(self.jumps),
            "level_jump": _quantiles(np.abs(self.jumps)),
            "seam": _quantiles(self.seams),
            "seam_in_speech": _quantiles(self.speech),
            "notes": len(self.notes),
            "minutes": [asdict(minute) for minute in self.minutes],
        }


def table_rows(figures: dict[str, Any]) -> list[tuple[str, object]]:
    """`figures` without the minutes for a table: quantiles in one cell."""

    def cell(value: Any) -> object:
        return " ".join(f"{v:.2f}" for v in value.values()) if isinstance(value, dict) else value

    return [(name, cell(value)) for name, value in figures.items() if name != "minutes"]


def evaluate_longform(
    engine: Speaker,
    text: str,
    voice: "str | Voice",
    ears: Listener,
    encoder: Embedder,
    options: SpeechOptions | None = None,
    reference: tuple[np.ndarray, int] | None = None,
    on_chunk: Callable[[Chunk], None] = lambda chunk: None,
) -> tuple[LongReport, np.ndarray]:
    """Speak a text and measure it.

    Args:
        engine: What speaks.
        text: Some minutes of it.
        voice: Who speaks.
        ears: What listens.
        encoder: What tells speakers apart.
        options: How to speak.
        reference: A recording of the voice's own speaker: float32 [n], rate.
        on_chunk: Called after each chunk.

    Returns:
        The report, and all samples, float32 [n].

    Raises:
        InputError: If there is nothing to speak.
    """
    rate = engine.sample_rate
    chunks: list[Chunk] = []
    pieces: list[np.ndarray] = []
    for piece in engine.stream(text, voice, options or SpeechOptions()):
        pieces.append(piece.samples)
        if piece.last:
            chunks.append(Chunk(piece.text, np.concatenate(pieces), piece.note))
            pieces = []
            on_chunk(chunks[-1])
    if not chunks:
        raise InputError("There is nothing to speak in this text.", "Give --text FILE with words.")
    samples = np.concatenate([chunk.samples for chunk in chunks])
    borders = np.cumsum([len(chunk.samples) for chunk in chunks])[:-1].tolist()
    own = encoder.embed(*reference) if reference is not None else None
    minutes: list[Minute] = []
    heard: list[tuple[str, str]] = []
    first: np.ndarray | None = None
    for number, some in by_minute(chunks, rate):
        said = [(text, ears.transcribe(wave, rate)) for text, wave in stretches(some, rate)]
        wave = np.concatenate([chunk.samples for chunk in some])
        embedding = encoder.embed(wave, rate)
        first = embedding if first is None else first
        minutes.append(
            Minute(
                minute=number,
                seconds=len(wave) / rate,
                wer=_wer(said),
                similarity=_alike(embedding, first),
                to_reference=_alike(embedding, own),
                pitch=median_pitch(wave, rate),
            )
        )
        heard += said
    semitones = [12 * np.log2(m.pitch) for m in minutes if m.pitch is not None]
    report = LongReport(
        minutes=tuple(minutes),
        wer=_wer(heard),
        drift=float(semitones[-1] - semitones[0]) if semitones else None,
        spread=float(np.ptp(semitones)) if semitones else None,
        jumps=tuple(level_jumps([chunk.samples for chunk in chunks], rate)),
        seams=tuple(roughness(samples, seams(samples, borders), rate)),
        speech=tuple(roughness(samples, places_in_speech(samples, rate), rate)),
        notes=tuple(chunk.note for chunk in chunks if chunk.note),
        heard=tuple(heard),
    )
    return report, samples


def with_contexts(
    options: SpeechOptions, contexts: Sequence[str] | None
) -> dict[str, SpeechOptions]:
    """The options with each context; as they are, under no name, when there is none to compare."""
    if not contexts:
        return {"": options}
    return {context: replace(options, context=context) for context in contexts}


def by_minute(chunks: Sequence[Chunk], rate: int) -> list[tuple[int, list[Chunk]]]:
    """The chunks that begin in each minute, with its number from 1; empty minutes are left out."""
    found: dict[int, list[Chunk]] = {}
    begin = 0
    for chunk in chunks:
        found.setdefault(int(begin / rate / MINUTE_S) + 1, []).append(chunk)
        begin += len(chunk.samples)
    return list(found.items())


def stretches(chunks: Sequence[Chunk], rate: int) -> list[tuple[str, np.ndarray]]:
    """Neighbours joined to texts and float32 [n] of at most 25 s; a longer chunk stays alone."""
    groups: list[list[Chunk]] = []
    length = 0.0
    for chunk in chunks:
        seconds = len(chunk.samples) / rate
        if not groups or length + seconds > HEARD_S:
            groups.append([])
            length = 0.0
        groups[-1].append(chunk)
        length += seconds
    return [(" ".join(c.text for c in g), np.concatenate([c.samples for c in g])) for g in groups]


def median_pitch(samples: np.ndarray, rate: int) -> float | None:
    """Hz, over the voiced frames of float32 [n]; None without any."""
    octaves = pitches(samples, rate, speech_mask(samples, rate))
    return float(2 ** np.median(octaves)) if len(octaves) else None


def _wer(heard: Sequence[tuple[str, str]]) -> float:
    return score([text for text, _ in heard], [words for _, words in heard]).wer


def _alike(a: np.ndarray | None, b: np.ndarray | None) -> float | None:
    return cosine(a, b) if a is not None and b is not None else None


def _quantiles(values: Sequence[float] | np.ndarray) -> dict[str, float] | None:
    if not len(values):
        return None
    cuts = np.percentile(values, [50, 95, 100])
    return {name: float(cut) for name, cut in zip(("p50", "p95", "max"), cuts, strict=True)}
