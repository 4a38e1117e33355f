"""One request, start to end: chunks of text -> prompts -> frames -> samples, in order."""

from collections.abc import Callable, Generator, Iterator

import numpy as np
import torch
from torch import Tensor

from engine.config import SPECIAL_CODES
from engine.device import enough_memory
from engine.errors import InputError
from engine.generation.loop import FrameLoop, NoiseSource, seeded_noise
from engine.generation.scheduler import Scheduler
from engine.generation.sequence import Bounds, Sequence
from engine.generation.waveform import Waveform
from engine.models.voxtral import VoxtralModel
from engine.prompt import Prompt
from engine.speech import SpeechChunk, SpeechOptions

PAUSE_SECONDS = 0.25
"""Silence after each chunk but the last."""


class SpeechRequest:
    """What one call of `Engine.stream` speaks.

    Args:
        texts: The chunks, already normalized.
        voice: Rows of the voice embedding [rows, dim], on the model's device, in its dtype.
        build: A text -> its prompt for this voice.
        noise: Where noise comes from; seeded by the options unless given.

    Raises:
        InputError: If the prompt of a chunk leaves no room for speech.
    """

    def __init__(
        self,
        model: VoxtralModel,
        texts: list[str],
        voice: Tensor,
        build: Callable[[str], Prompt],
        options: SpeechOptions,
        noise: NoiseSource | None = None,
    ) -> None:
        self.model, self.voice, self.build, self.options = model, voice, build, options
        codec = model.model_config.codec
        temperature = options.temperature
        if temperature is None:
            temperature = model.model_config.temperature
        self.noise = noise or seeded_noise(options.seed, codec.acoustic_dim, temperature)
        self.sequences = [
            Sequence(index, text, Bounds.of(text, codec.frame_rate))
            for index, text in enumerate(texts)
        ]
        self.pause = np.zeros(round(PAUSE_SECONDS * codec.sampling_rate), dtype=np.float32)
        self.positions = max(self._room(sequence) for sequence in self.sequences)
        if self.positions > model.model_config.max_positions:
            raise InputError(
                f"A chunk of text may need {self.positions} positions; this model has "
                f"{model.model_config.max_positions}.",
                "Speak shorter chunks.",
            )

    def _room(self, sequence: Sequence) -> int:
        """Positions that a chunk can take: at most a token a byte, the specials, the frames."""
        return len(sequence.text.encode()) + len(self.voice) + 8 + sequence.bounds.limit + 1

    @torch.inference_mode()
    def stream(self) -> Generator[SpeechChunk, None, None]:
        """Pieces of speech, in order. Closing the iterator frees the rows."""
        scheduler = Scheduler(self.sequences, min(self.options.rows, len(self.sequences)))
        try:
            with enough_memory():
                yield from self._run(scheduler)
        finally:
            scheduler.clear()

    def _run(self, scheduler: Scheduler) -> Iterator[SpeechChunk]:
        options = self.options
        loop = FrameLoop(
            self.model,
            scheduler,
            self.embed,
            self.noise,
            cfg=options.cfg,
            steps=options.steps,
            positions=self.positions,
        )
        for sequence in self.sequences:
            waveform = Waveform(self.model.audio_tokenizer)
            while not sequence.finished:
                loop.advance()
                yield from self._pieces(sequence, waveform)
            yield from self._pieces(sequence, waveform)
            sequence.frames.clear()

    def _pieces(self, sequence: Sequence, waveform: Waveform) -> Iterator[SpeechChunk]:
        """What can be heard of a chunk now and was not yet."""
        available, ended = sequence.audible, sequence.finished
        for end in waveform.ready(available, ended):
            frames = sequence.frames[waveform.done : end]
            samples = waveform.decode(frames)
            last = ended and end == available
            if last and sequence is not self.sequences[-1]:
                samples = np.concatenate([samples, self.pause])
            yield SpeechChunk(
                samples=samples,
                text=sequence.text,
                index=sequence.index,
                last=last,
                codes=(np.stack(frames, axis=1) - SPECIAL_CODES).astype(np.int16),
                note=sequence.note if last else "",
            )

    def embed(self, sequence: Sequence) -> Tensor:
        """A chunk's prompt as backbone inputs [positions, dim]: tokens, and the voice's rows."""
        prompt = self.build(sequence.text)
        ids = torch.tensor(prompt.ids, device=self.voice.device)
        inputs = self.model.mm_audio_embeddings.tok_embeddings(ids)
        inputs[prompt.audio_start : prompt.audio_start + prompt.audio_rows] = self.voice
        return inputs
