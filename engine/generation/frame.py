"""One frame of several rows: hidden states and noise -> codes -> the next hidden states.

Two steps do the same. `FrameStep` computes only rows that speak, each in a computation of its own
(see `engine.models.layers.Linear`, `engine.models.cache`), and hands out the codes at once: on the
CPU a row's codes are the same bytes whoever its neighbours are. `engine.generation.static` has the
one for GPUs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.models.cache import KVCache
from engine.models.voxtral import VoxtralModel

READ_AT_ONCE = 512
"""Positions of a prompt that are read in one pass, which bounds the memory for scores."""

Codes = Callable[[], list[np.ndarray]]
"""Waits for a frame -> codes of each row that spoke, specials included (+2): int64 [codebooks]."""


@dataclass
class FrameBuffers:
    """What a step reads and writes, in place, for all rows.

    Args:
        hidden: State that each row speaks from, [rows, dim]; replaced by the next.
        noise: Starting point of the flow, [rows, acoustic_dim].
        cfg: Guidance, [rows].
        forbid_end: Rows that may not end now, in their first frames, [rows].
    """

    hidden: Tensor
    noise: Tensor
    cfg: Tensor
    forbid_end: Tensor

    @classmethod
    def allocate(cls, model: VoxtralModel, rows: int, cfg: float) -> "FrameBuffers":
        like = model.norm.weight
        config = model.model_config
        return cls(
            hidden=like.new_zeros(rows, config.backbone.dim),
            noise=like.new_zeros(rows, config.codec.acoustic_dim),
            cfg=like.new_full((rows,), cfg, dtype=torch.float32),
            forbid_end=torch.zeros(rows, dtype=torch.bool, device=like.device),
        )


class FrameStep:
    """The step, with the cache and the buffers that it works on.

    Args:
        rows: How many can speak side by side.
        positions: That a row can hold.
        steps: Euler steps a frame.
        cfg: Guidance of the flow head.

    Attributes:
        lag: Frames that are started before the codes of one are asked for.
        prompts: That are read, at most, before the next frame; those who speak wait for them.
    """

    lag = 0
    prompts = 1

    def __init__(
        self, model: VoxtralModel, rows: int, positions: int, steps: int, cfg: float
    ) -> None:
        self.model, self.rows, self.steps = model, rows, steps
        self.times = model.acoustic_transformer.projected_times(steps)
        self.cache = KVCache.allocate(model.config, rows, positions, model.norm.weight)
        self.buffers = FrameBuffers.allocate(model, rows, cfg)

    def place(self, row: int) -> None:
        """To be called when `cache.lengths` of a row was set by others than this step."""

    def read(self, row: int, inputs: Tensor) -> Tensor:
        """Put inputs [positions, dim] behind what a row holds -> the last hidden state [dim]."""
        for piece in inputs.unsqueeze(0).split(READ_AT_ONCE, dim=1):
            hidden = self.model.extend(piece, self.cache, [row])
        return hidden[0, -1]

    def feed(self, row: int, noise: Tensor, forbid_end: bool) -> None:
        """What a row speaks its next frame from, beside its hidden state.

        Args:
            noise: On the CPU, [acoustic_dim].
        """
        self.buffers.noise[row] = noise
        self.buffers.forbid_end[row] = forbid_end

    def launch(self, rows: list[int]) -> Codes:
        """Start a frame; `buffers.hidden` of the rows that speak is replaced, their cache extended.

        Args:
            rows: Those that speak, ascending.
        """
        model, buffers = self.model, self.buffers
        chosen: slice | Tensor = slice(self.rows)
        if len(rows) < self.rows:
            chosen = torch.tensor(rows, device=buffers.hidden.device)
        codes = model.acoustic_transformer(
            buffers.hidden[chosen],
            buffers.noise[chosen],
            buffers.cfg[chosen],
            self.steps,
            forbid_end=buffers.forbid_end[chosen],
            times=self.times,
        )
        inputs = model.mm_audio_embeddings.audio_codebook_embeddings(codes).unsqueeze(1)
        buffers.hidden[chosen] = model.extend(inputs, self.cache, rows).squeeze(1)
        frames = list(codes.cpu().numpy())
        return lambda: frames
