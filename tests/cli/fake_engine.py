"""An engine that hums a sine instead of speaking, so that the command line needs no model."""

import itertools
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from engine.errors import InputError, NothingToSay, VoiceError
from engine.optimise import Optimised
from engine.rendering import Judge, Line, Take, keep
from engine.speech import FlowOptions, SpeechChunk, SpeechOptions, Voice
from engine.text import Passage
from engine.text.plan import AFTER_PARAGRAPH
from voxtral_cli import loading

PIECE = 1920  # samples of one frame
CODES = np.zeros((37, 1), np.int16)


def fake_plan(text: str, options: SpeechOptions, model: str = "") -> list[str]:
    """One chunk a sentence."""
    if not any(character.isalnum() for character in text):
        raise NothingToSay("There is nothing to speak.", "Give some words.")
    return [f"{sentence.strip()}." for sentence in text.split(".") if sentence.strip()]


@dataclass
class FakeEngine:
    """Says every word as one frame of a sine whose pitch comes from the seed.

    Args:
        delay: Seconds that each piece takes.
        before: Called with the number of a piece before it is made; may raise.
        note: Of every chunk's last piece.
        heard: What was asked: (text, voice, options).
        slowness: Seconds for a second of sound, that `estimate` tells of one row.
        rendered: Texts of the takes that were rendered.
    """

    voices: tuple[str, ...] = ("neutral_female", "casual_male")
    sample_rate: int = 24000
    frame_rate: float = 12.5
    can_clone: bool = True
    fingerprint: str = "0123456789abcdef"
    name: str = "fake"
    device: str = "cpu"
    quantized: str | None = None
    slowness: float = 0.5
    num_codebooks: int = 37
    delay: float = 0.0
    before: Callable[[int], None] = lambda number: None
    note: str = ""
    heard: list[tuple[str, Any, SpeechOptions]] = field(default_factory=list)
    rendered: list[str] = field(default_factory=list)

    def flow(self, options: SpeechOptions) -> FlowOptions:
        defaults = {"cfg": 1.2, "steps": 8, "temperature": 1.0}
        asked = {name: getattr(options, name) for name in defaults}
        return FlowOptions(**defaults | {n: v for n, v in asked.items() if v is not None})

    def rows(self, voice: str) -> torch.Tensor:
        return torch.full((1, 1), float(zlib.crc32(voice.lower().encode())))

    def estimate(self, rows: int, steps: int) -> tuple[float, float]:
        return self.slowness / rows, 1.0

    def plan(self, text: str, options: SpeechOptions) -> list[Passage]:
        return [Passage(chunk, AFTER_PARAGRAPH) for chunk in fake_plan(text, options)]

    def stream(
        self, text: str, voice: str | Voice | None, options: SpeechOptions
    ) -> Iterator[SpeechChunk]:
        chosen = voice or self.voices[0]
        if isinstance(chosen, str) and (chosen := chosen.lower()) not in self.voices:
            raise VoiceError(f"fake has no voice {voice!r}.", f"Near: {self.voices[0]}.")
        self.heard.append((text, chosen, options))
        return self._pieces(fake_plan(text, options), options.seed)

    def _pieces(self, chunks: list[str], seed: int) -> Iterator[SpeechChunk]:
        number = 0
        for index, chunk in enumerate(chunks):
            words = chunk.split()
            for position in range(len(words)):
                self.before(number)
                time.sleep(self.delay)
                times = (number * PIECE + np.arange(PIECE)) / self.sample_rate
                tone = 0.5 * np.sin(2 * np.pi * (200 + seed % 100) * times)
                last = position == len(words) - 1
                note = self.note if last else ""
                yield SpeechChunk(tone.astype(np.float32), chunk, index, last, CODES, note)
                number += 1

    def clone(self, samples: np.ndarray, rate: int) -> Voice:
        frames = int(len(samples) / rate * self.frame_rate)
        codes = np.arange(self.num_codebooks * frames, dtype=np.int16).reshape(-1, frames) % 21
        return Voice(codes, self.fingerprint, "q" * 16, self.name)

    def optimise(
        self, samples: np.ndarray, rate: int, steps: int, advance: Callable[[], None]
    ) -> Optimised:
        for number in range(steps):
            self.before(number)
            advance()
        return Optimised(self.clone(samples, rate), 1.0, 5.0)

    def speak(self, text: str, voice: str | Voice | None, options: SpeechOptions) -> np.ndarray:
        return np.concatenate([piece.samples for piece in self.stream(text, voice, options)])

    def hear(self, voice: Voice) -> np.ndarray:
        return self.decode(voice.codes)

    def encode(
        self, samples: np.ndarray, rate: int, advance: Callable[[], None] = lambda: None
    ) -> np.ndarray:
        if not self.can_clone:
            raise VoiceError("fake has no codec encoder.", "Use another.")
        frames = -(-len(samples) * self.sample_rate // (rate * PIECE))
        return np.full((self.num_codebooks, frames), 3, dtype=np.int16)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        if codes.max(initial=0) > 20:
            raise InputError("Some codes are out of range.", "Encode it again.")
        return np.repeat(0.25 + 0.005 * (codes[0].astype(np.float32) - 3), PIECE)

    def render(
        self,
        chains: Sequence[Sequence[Line]],
        voices: Mapping[str, Any],
        options: SpeechOptions,
        judge: Judge = keep,
    ) -> Iterator[Take]:
        """A frame a letter; the codes come from all that a line depends on."""
        for line in [line for chain in chains for line in chain if line.codes is None]:
            kept = None
            for number in itertools.count():
                self.before(len(self.rendered))
                time.sleep(self.delay)
                self.rendered.append(line.text)
                voice = voices[line.voice]
                named = voice if isinstance(voice, str) else voice.codes.tobytes()
                seed = zlib.crc32(f"{line.name} {named!r} {options.seed} {number}".encode())
                shape = (self.num_codebooks, len(line.text))
                codes = np.random.default_rng(seed).integers(0, 21, shape).astype(np.int16)
                kept = judge(Take(line, number, codes, self.note))
                if kept is not None:
                    break
            assert kept is not None
            yield kept


def install(engine: FakeEngine) -> None:
    """Puts the fake in the place of the real engine, for programs of their own."""
    loading.load_engine = lambda *_: engine  # type: ignore[assignment]
    loading.plan = fake_plan
    loading.read_voices = lambda model: engine.voices  # type: ignore[assignment]
