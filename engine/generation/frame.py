"""One frame of several rows: hidden states and noise -> codes -> the next hidden states.

A row's codes never depend on its neighbours: every part treats batch entries one by one (see
`engine.models.layers.Linear`, `engine.models.cache`). On the CPU only rows that speak are
computed. Elsewhere all rows always are: an idle one costs little there, and no shape depends on
who speaks, so a CUDA graph can hold the step (but for the cache's loop over rows, which will need
a masked form).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.models.cache import KVCache
from engine.models.voxtral import VoxtralModel


@dataclass
class FrameBuffers:
    """What a step reads and writes, in place, for all rows.

    Args:
        hidden: State that each row speaks from, [rows, dim]; replaced by the next.
        noise: Starting point of the flow, [rows, acoustic_dim].
        cfg: Guidance, [rows].
        forbid_end: Rows that may not end now (at frame 0), [rows].
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

    @property
    def rows(self) -> int:
        return self.hidden.shape[0]


class FrameStep:
    """The step, with what depends on the request alone made once.

    Args:
        steps: Euler steps a frame.
    """

    def __init__(self, model: VoxtralModel, steps: int) -> None:
        self.model, self.steps = model, steps
        self.times = model.acoustic_transformer.projected_times(steps)
        self.compact = model.norm.weight.device.type == "cpu"

    def __call__(
        self, buffers: FrameBuffers, cache: KVCache, rows: Sequence[int]
    ) -> list[np.ndarray]:
        """Speak one frame in each of some rows.

        Args:
            buffers: Read; `hidden` of these rows is replaced.
            cache: Extended by one position in each of these rows.
            rows: Those that speak, ascending.

        Returns:
            Codes of each of these rows, specials included (+2): int64 [codebooks].
        """
        if self.compact and len(rows) < buffers.rows:
            chosen = torch.tensor(rows, device=buffers.hidden.device)
            codes = self._run(buffers, cache, rows, chosen)
            return list(codes.cpu().numpy())
        members = [row if row in rows else None for row in range(buffers.rows)]
        frames = self._run(buffers, cache, members, slice(None)).cpu().numpy()
        return [frames[row] for row in rows]

    def _run(
        self,
        buffers: FrameBuffers,
        cache: KVCache,
        rows: Sequence[int | None],
        chosen: Tensor | slice,
    ) -> Tensor:
        """The step for `chosen` rows of the buffers -> codes [len(rows), codebooks]."""
        model = self.model
        codes = model.acoustic_transformer(
            buffers.hidden[chosen],
            buffers.noise[chosen],
            buffers.cfg[chosen],
            self.steps,
            forbid_end=buffers.forbid_end[chosen],
            times=self.times,
        )
        inputs = model.mm_audio_embeddings.audio_codebook_embeddings(codes).unsqueeze(1)
        buffers.hidden[chosen] = model.extend(inputs, cache, rows).squeeze(1)
        return codes
