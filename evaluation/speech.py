"""Speaks a list of sentences with every voice and listens: words, runaways, voices, speed.

Sentence i goes to voice i modulo the number of voices, with seed `options.seed + i`. Only
embeddings and text are kept, never the sound, so the list may be long.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from engine.errors import InputError, VoiceError
from engine.hearing.judge import Listener
from engine.hearing.wer import normalize, score
from engine.speech import SpeechChunk, SpeechOptions
from engine.text import Passage
from evaluation.audio import Clip
from evaluation.delivery import Delivery, measure
from evaluation.sentences import missing_end
from evaluation.similarity import cosine, within_and_between
from evaluation.spoken import SpeechReport, Spoken

if TYPE_CHECKING:
    from engine import Voice

CHARACTERS_PER_SECOND = 14.0
PAUSES_S = 0.6
RUNAWAY = 3.0
SHORTEST_S = 0.2
SILENCE_PEAK = 1e-3


class Speaker(Protocol):
    """What is needed of `engine.Engine`."""

    @property
    def voices(self) -> tuple[str, ...]: ...

    @property
    def sample_rate(self) -> int: ...

    def stream(
        self, text: str, voice: "str | Voice", options: SpeechOptions
    ) -> Iterable[SpeechChunk]: ...

    def plan(self, text: str, options: SpeechOptions) -> list[Passage]: ...


class Embedder(Protocol):
    """What is needed of `evaluation.similarity.SpeakerEncoder`."""

    def embed(self, samples: np.ndarray, rate: int) -> np.ndarray | None: ...


def evaluate_speech(
    engine: Speaker,
    sentences: Sequence[str],
    ears: Listener,
    encoder: Embedder | None = None,
    voices: Sequence[str] = (),
    options: SpeechOptions | None = None,
    references: dict[str, tuple[np.ndarray, int]] | None = None,
    teachers: Mapping[str, Sequence[Clip]] | None = None,
    on_spoken: Callable[[Spoken, np.ndarray], None] = lambda spoken, samples: None,
) -> SpeechReport:
    """Speak every sentence once and listen to it.

    Args:
        engine: What speaks.
        sentences: What is to be said, each with at least one word.
        ears: What listens.
        encoder: What tells speakers apart; None leaves similarity out.
        voices: Which voices share the sentences; empty means all of the engine's.
        options: How to speak.
        references: Recordings of the voices' own speakers, voice -> (float32 [n], rate).
        teachers: What these speakers said, voice -> recordings with their texts. Those about as
            long as the sentences are what speed and pauses are compared with.
        on_spoken: Called after each sentence with its samples, float32 [n].

    Raises:
        InputError: If there are no sentences, or one without words.
        VoiceError: If the engine lacks a voice.
    """
    chosen = _checked(engine, sentences, voices)
    base = options or SpeechOptions()
    embeddings: dict[str, list[np.ndarray]] = {voice: [] for voice in chosen}
    spoken = []
    for index, text in enumerate(sentences):
        voice = chosen[index % len(chosen)]
        seeded = replace(base, seed=base.seed + index)
        one, samples = speak(engine, ears, index, text, voice, seeded, voice)
        spoken.append(one)
        embedding = None
        if encoder is not None and not one.empty:
            embedding = encoder.embed(samples, engine.sample_rate)
        if embedding is not None:
            embeddings[voice].append(embedding)
        on_spoken(one, samples)
    within, between = within_and_between(embeddings)
    to_reference = _against_references(embeddings, references or {}, encoder)
    taught = {
        voice: _deliveries(clips, sentences)
        for voice, clips in (teachers or {}).items()
        if voice in chosen
    }
    return SpeechReport(tuple(spoken), within, between, to_reference, taught)


def expected_seconds(text: str) -> float:
    """How long a reader takes for a text, written as it is spoken (no digits)."""
    return len(text) / CHARACTERS_PER_SECOND + PAUSES_S


def speak(
    engine: Speaker,
    ears: Listener,
    index: int,
    text: str,
    voice: "str | Voice",
    options: SpeechOptions,
    name: str,
) -> tuple[Spoken, np.ndarray]:
    """Speak one sentence and listen to it: what was heard, and the samples, float32 [n].

    Args:
        engine: What speaks.
        ears: What listens; not asked about what is silent, not finite or under 0.2 s.
        index: Number of the sentence.
        text: The sentence, with at least one word.
        voice: Who speaks.
        options: How.
        name: Of the voice, for the report.
    """
    begin = time.perf_counter()
    chunks = list(engine.stream(text, voice, options))
    wall = time.perf_counter() - begin
    joined = np.concatenate([chunk.samples for chunk in chunks] or [np.zeros(0, np.float32)])
    seconds = len(joined) / engine.sample_rate
    audible = seconds >= SHORTEST_S and bool(np.isfinite(joined).all())
    audible = audible and float(np.abs(joined).max()) > SILENCE_PEAK
    heard = ears.transcribe(joined, engine.sample_rate) if audible else ""
    note = "; ".join(dict.fromkeys(chunk.note for chunk in chunks if chunk.note))
    expected = expected_seconds(" ".join(p.text for p in engine.plan(text, options)))
    one = Spoken(
        index=index,
        voice=name,
        seed=options.seed,
        text=text,
        heard=heard,
        seconds=round(seconds, 3),
        wall=round(wall, 3),
        wer=round(score([text], [heard]).wer, 4),
        missing_end=missing_end(text, heard),
        delivery=measure(text, joined, engine.sample_rate) if audible else None,
        empty=not normalize(heard),
        runaway=bool(note) or seconds > RUNAWAY * expected,
        note=note,
    )
    return one, joined


def check_sentences(sentences: Sequence[str]) -> None:
    """
    Raises:
        InputError: If there are no sentences, or one without words.
    """
    if not sentences:
        raise InputError("There is no sentence to speak.", "Give a list with one a line.")
    for text in sentences:
        if not normalize(text):
            raise InputError(f"A sentence has no words: {text!r}.", "Take it out of the list.")


def _checked(engine: Speaker, sentences: Sequence[str], voices: Sequence[str]) -> list[str]:
    unknown = [voice for voice in voices if voice not in engine.voices]
    if unknown:
        raise VoiceError(
            f"The checkpoint has no voice {', '.join(unknown)}.",
            f"Its voices: {', '.join(engine.voices)}.",
        )
    check_sentences(sentences)
    return list(voices or engine.voices)


def _deliveries(clips: Sequence[Clip], sentences: Sequence[str]) -> tuple[Delivery, ...]:
    """Of the recordings whose texts are neither shorter nor longer than all sentences."""
    lengths = [len(text) for text in sentences]
    shortest, longest = min(lengths), max(lengths)
    return tuple(
        measure(clip.text, clip.samples, clip.rate)
        for clip in clips
        if shortest <= len(clip.text) <= longest
    )


def _against_references(
    embeddings: dict[str, list[np.ndarray]],
    references: dict[str, tuple[np.ndarray, int]],
    encoder: Embedder | None,
) -> dict[str, float]:
    """Mean cosine of a voice's utterances with the recording of its speaker."""
    result = {}
    for voice, (samples, rate) in references.items():
        own = encoder.embed(samples, rate) if encoder is not None else None
        if own is not None and embeddings.get(voice):
            result[voice] = float(np.mean([cosine(e, own) for e in embeddings[voice]]))
    return result
