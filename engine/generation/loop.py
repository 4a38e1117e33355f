"""The loop over frames: schedule -> run -> collect. Owns the cache and the buffers of one request.

Chunks are independent: each has its own noise, its prompt is read alone (batch 1), and the step
treats rows one by one (`engine.generation.frame`). So a chunk's codes are the same alone or beside
others, in any row.
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
"""A chunk (its index and attempt) -> starting noise of each frame, float32 [acoustic_dim]."""


class FrameLoop:
    """Speaks the chunks of a scheduler, a frame of every row at a time.

    Args:
        embed: A chunk -> its prompt as backbone inputs [positions, dim].
        noise: Where each chunk's noise comes from.
        cfg: Guidance of the flow head.
        steps: Euler steps a frame.
        positions: Longest prompt plus frames that a row must hold.
    """

    def __init__(
        self,
        model: VoxtralModel,
        scheduler: Scheduler,
        embed: Callable[[Sequence], Tensor],
        noise: NoiseSource,
        cfg: float,
        steps: int,
        positions: int,
    ) -> None:
        self.model, self.scheduler, self.embed, self.noise = model, scheduler, embed, noise
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
        inputs = self.embed(sequence)
        if sequence.frames:
            codes = torch.from_numpy(np.stack(sequence.frames)).to(inputs.device)
            frames = self.model.mm_audio_embeddings.audio_codebook_embeddings(codes)
            inputs = torch.cat([inputs, frames])
        self.cache.reset(row)
        hidden = self.model.extend(inputs.unsqueeze(0), self.cache, [row])
        self.buffers.hidden[row] = hidden[0, -1]
        self.draws[row] = self.noise(sequence)

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
        if sequence.finished:
            self.scheduler.release(row)


def seeded_noise(seed: int, dim: int, temperature: float = 1.0) -> NoiseSource:
    """Noise of each chunk and attempt from its own generator: who else speaks never matters.

    Args:
        seed: Of the request.
        dim: Values a frame (acoustic_dim).
        temperature: Standard deviation.
    """

    def draws(sequence: Sequence) -> Iterator[Tensor]:
        name = f"{seed}/{sequence.index}/{sequence.attempt}".encode()
        mixed = int.from_bytes(hashlib.sha256(name).digest()[:8], "big") >> 1
        generator = torch.Generator().manual_seed(mixed)
        while True:
            yield temperature * torch.randn(dim, generator=generator)

    return draws
