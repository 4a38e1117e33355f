"""The loop over frames: schedule -> run -> collect. Owns the cache and the buffers of one request.

Each chunk has its own noise, its prompt is read alone (batch 1), and the step treats rows one by
one (`engine.generation.frame`). So a chunk's codes are the same alone or beside others, in any row.

A chunk that continues another is spoken in its row, whose positions stay:

    opening prompt with the voice | frames | END row, prompt | frames | END row, prompt | ...

The END row is the one that voices have (`engine.cloning.voice_codes`), not the ending step's own.
What a follower hears is a function of the texts and frames before it, however these came about
(`FrameLoop._replay`): a chain that is taken up again goes on as if it had never stopped.
"""

import hashlib
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from engine.config import END_AUDIO
from engine.generation.frame import FrameBuffers, FrameStep
from engine.generation.scheduler import Scheduler
from engine.generation.sequence import Sequence
from engine.models.cache import KVCache
from engine.models.voxtral import VoxtralModel

NoiseSource = Callable[[Sequence], Iterator[Tensor]]
"""A chunk (its name, take and attempt) -> starting noise of each frame, float32 [acoustic_dim]."""

PromptSource = Callable[[str, str | None], Tensor]
"""A text and a voice -> a prompt as backbone inputs [positions, dim]; without a voice: END row and
the prompt that continues what a row holds."""


class FrameLoop:
    """Speaks the chunks of a scheduler, a frame of every row at a time.

    Args:
        embed: Where prompts come from.
        noise: Where each chunk's noise comes from.
        cfg: Guidance of the flow head.
        steps: Euler steps a frame.
        positions: Longest prompts plus frames that a row must hold.
        judge: A finished chunk -> whether it is kept (its frames perhaps replaced) or spoken again.
    """

    def __init__(
        self,
        model: VoxtralModel,
        scheduler: Scheduler,
        embed: PromptSource,
        noise: NoiseSource,
        cfg: float,
        steps: int,
        positions: int,
        judge: Callable[[Sequence], bool] = lambda sequence: True,
    ) -> None:
        self.model, self.scheduler, self.embed, self.noise = model, scheduler, embed, noise
        self.judge = judge
        like = model.norm.weight
        self.step = FrameStep(model, steps)
        self.cache = KVCache.allocate(model.config, scheduler.rows, positions, like)
        self.buffers = FrameBuffers.allocate(model, scheduler.rows, cfg)
        self.draws: list[Iterator[Tensor]] = [iter(())] * scheduler.rows

    def advance(self) -> None:
        """Read at most one prompt (so that no row waits long for others), then speak one frame."""
        admitted = self.scheduler.admit()
        if admitted is not None:
            self._prefill(*admitted)
        speaking = self.scheduler.speaking()
        for row, sequence in speaking.items():
            self.buffers.noise[row] = next(self.draws[row])
            self.buffers.forbid_end[row] = not sequence.frames
        codes = self.step(self.buffers, self.cache, list(speaking))
        for frame, (row, sequence) in zip(codes, speaking.items(), strict=True):
            self._collect(row, sequence, frame)

    def _prefill(self, row: int, sequence: Sequence) -> None:
        """Read the prompt, and on a second attempt the frames that stay."""
        if sequence.start is None:
            sequence.start = self._place(row, sequence)
        self.cache.lengths[row] = sequence.start
        inputs = self.embed(sequence.text, self._opening(sequence))
        if sequence.frames:
            inputs = torch.cat([inputs, self._heard(sequence.frames)])
        self.buffers.hidden[row] = self._read(row, inputs)
        self.draws[row] = self.noise(sequence)

    def _place(self, row: int, sequence: Sequence) -> int:
        """Where the chunk begins: after what it continues, or at the row's start."""
        if sequence.follows:
            return self.cache.lengths[row]
        self.cache.reset(row)
        for number, (text, frames) in enumerate(sequence.earlier):
            self._replay(row, text, None if number else sequence.voice, frames)
        return self.cache.lengths[row]

    @staticmethod
    def _opening(sequence: Sequence) -> str | None:
        return None if sequence.start else sequence.voice

    def _replay(self, row: int, text: str, voice: str | None, frames: list[np.ndarray]) -> None:
        """Hear a chunk that was spoken before, in steps of one frame, as speaking it would have."""
        self._read(row, self.embed(text, voice))
        for frame in self._heard(frames):
            self._read(row, frame.unsqueeze(0))

    def _read(self, row: int, inputs: Tensor) -> Tensor:
        """Put inputs [positions, dim] behind what a row holds -> the last hidden state [dim]."""
        return self.model.extend(inputs.unsqueeze(0), self.cache, [row])[0, -1]

    def _heard(self, frames: list[np.ndarray]) -> Tensor:
        """Frames as backbone inputs [frames, dim]."""
        codes = torch.from_numpy(np.stack(frames)).to(self.buffers.hidden.device)
        return self.model.mm_audio_embeddings.audio_codebook_embeddings(codes)

    def _collect(self, row: int, sequence: Sequence, codes: np.ndarray) -> None:
        if codes[0] == END_AUDIO:
            sequence.finished = True
        else:
            sequence.frames.append(codes)
        if sequence.run_away and sequence.attempt == 0:
            sequence.retry()
            self.scheduler.retry(row)
            return
        if sequence.run_away:
            sequence.cut()
        if not sequence.finished:
            return
        if not self.judge(sequence):
            sequence.again()
            self.scheduler.retry(row)
            return
        if sequence.follower is not None:
            self._leave(row, sequence)
        self.scheduler.release(row)

    def _leave(self, row: int, sequence: Sequence) -> None:
        """Let the row hold the chunk's frames and nothing after them."""
        if sequence.exact:
            self.cache.lengths[row] -= 1  # the step that ended the chunk
            return
        assert sequence.start is not None
        self.cache.lengths[row] = sequence.start
        self._replay(row, sequence.text, self._opening(sequence), sequence.frames)


def seeded_noise(seed: int, dim: int, temperature: float = 1.0) -> NoiseSource:
    """Noise of each take of a chunk from its own generator: who else speaks never matters.

    Args:
        seed: Of the request.
        dim: Values a frame (acoustic_dim).
        temperature: Standard deviation.
    """

    def draws(sequence: Sequence) -> Iterator[Tensor]:
        take = f"+{sequence.take}" if sequence.take else ""
        name = f"{seed}/{sequence.name}{take}/{sequence.attempt}".encode()
        mixed = int.from_bytes(hashlib.sha256(name).digest()[:8], "big") >> 1
        generator = torch.Generator().manual_seed(mixed)
        while True:
            yield temperature * torch.randn(dim, generator=generator)

    return draws
