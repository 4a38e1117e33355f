"""The flow-matching head: a hidden state and noise -> 1 semantic and 36 acoustic codes.

Paper section 2.3. Three tokens a frame, [x_t, t, hidden], through a small bidirectional
transformer without positions; token 0 gives the velocity. Time runs from 0 (noise) to 1 (data).
The unconditional branch of classifier-free guidance is the hidden state set to zero.
"""

import math

import torch
from torch import Tensor, nn

from engine.config import END_AUDIO, SPECIAL_CODES, ModelConfig
from engine.models.layers import RMSNorm, TransformerBlock


class FlowHead(nn.Module):
    """The checkpoint's `acoustic_transformer`."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        dim, acoustic_dim = config.flow.dim, config.codec.acoustic_dim
        self.acoustic_dim = acoustic_dim
        self.levels = config.codec.acoustic_codebook_size
        self.semantic_size = config.codebook_sizes[0]
        self.input_projection = nn.Linear(acoustic_dim, dim, bias=False)
        self.time_projection = nn.Linear(dim, dim, bias=False)
        self.llm_projection = nn.Linear(config.backbone.dim, dim, bias=False)
        self.layers = nn.ModuleList(
            TransformerBlock(config.flow) for _ in range(config.flow.n_layers)
        )
        self.norm = RMSNorm(dim, config.flow.norm_eps)
        self.semantic_codebook_output = nn.Linear(dim, config.semantic_rows, bias=False)
        self.acoustic_codebook_output = nn.Linear(dim, acoustic_dim, bias=False)

    def velocity(self, x: Tensor, time: Tensor, hidden: Tensor) -> Tensor:
        """dx/dt.

        Args:
            x: [batch, acoustic_dim].
            time: [batch], 0 at noise, 1 at data.
            hidden: [batch, dim]; zeros for the unconditional branch.

        Returns:
            [batch, acoustic_dim].
        """
        times = self.time_projection(time_embedding(time, self.norm.weight.shape[0]).to(x.dtype))
        return self._velocity(x, times, self.llm_projection(hidden))

    def _velocity(self, x: Tensor, times: Tensor, conditions: Tensor) -> Tensor:
        tokens = torch.stack([self.input_projection(x), times, conditions], dim=1)
        for layer in self.layers:
            tokens = layer(tokens)
        return self.acoustic_codebook_output(self.norm(tokens[:, 0]))

    def trajectory(self, hidden: Tensor, noise: Tensor, cfg: Tensor, steps: int) -> list[Tensor]:
        """Euler integration with classifier-free guidance.

        Args:
            hidden: [batch, dim].
            noise: x at t = 0, [batch, acoustic_dim].
            cfg: Guidance of each row, [batch]: v = cfg v(hidden) + (1 - cfg) v(0).
            steps: Number of steps of 1 / steps.

        Returns:
            x at t = 0, 1 / steps, ..., 1: steps + 1 tensors [batch, acoustic_dim].
        """
        batch = hidden.shape[0]
        both = self.llm_projection(torch.cat([hidden, torch.zeros_like(hidden)]))
        scale = cfg.unsqueeze(-1).to(noise.dtype)
        grid = torch.arange(steps, device=noise.device) / steps
        times = self.time_projection(
            time_embedding(grid, self.norm.weight.shape[0]).to(noise.dtype)
        )
        points = [noise]
        for step in range(steps):
            x = points[-1]
            time = times[step].expand(2 * batch, -1)
            guided, free = self._velocity(torch.cat([x, x]), time, both).chunk(2)
            points.append(x + (scale * guided + (1 - scale) * free) / steps)
        return points

    def acoustic_codes(self, x: Tensor) -> Tensor:
        """The end point of a trajectory -> codes with specials (+2), [batch, acoustic_dim]."""
        unit = (x.float().clamp(-1, 1) + 1) / 2
        return (unit * (self.levels - 1)).round().long() + SPECIAL_CODES

    def semantic_logits(self, hidden: Tensor, forbid_end: Tensor | bool = False) -> Tensor:
        """Masked logits of the semantic code, float32 [batch, padded codes].

        EMPTY and the padding rows can never win; END cannot where `forbid_end` says so.

        Args:
            hidden: [batch, dim].
            forbid_end: [batch] booleans, or one for all.
        """
        logits = self.semantic_codebook_output(hidden).float()
        index = torch.arange(logits.shape[-1], device=logits.device)
        allowed = (index >= END_AUDIO) & (index < self.semantic_size)
        forbidden = torch.as_tensor(forbid_end, device=logits.device).unsqueeze(-1)
        allowed = allowed & ~((index == END_AUDIO) & forbidden)
        return logits.masked_fill(~allowed, -math.inf)

    def forward(
        self,
        hidden: Tensor,
        noise: Tensor,
        cfg: Tensor,
        steps: int,
        forbid_end: Tensor | bool = False,
    ) -> Tensor:
        """One frame of codes, specials included.

        Returns:
            [batch, codebooks]; a row that begins with END (1) is [1, 2, 2, ..., 2].
        """
        semantic = self.semantic_logits(hidden, forbid_end).argmax(-1)
        acoustic = self.acoustic_codes(self.trajectory(hidden, noise, cfg, steps)[-1])
        ended = (semantic == END_AUDIO).unsqueeze(-1)
        acoustic = acoustic.masked_fill(ended, SPECIAL_CODES)
        return torch.cat([semantic.unsqueeze(-1), acoustic], dim=-1)


def time_embedding(time: Tensor, dim: int) -> Tensor:
    """Sinusoids of t in [0, 1]: cosines first, then sines. [batch] -> float32 [batch, dim]."""
    half = dim // 2
    exponents = torch.arange(half, device=time.device).float() / half
    angles = time.float().unsqueeze(-1) * torch.exp(-math.log(10000.0) * exponents)
    return torch.cat([angles.cos(), angles.sin()], dim=-1)
