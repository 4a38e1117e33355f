"""The flow-matching head: a hidden state and noise -> 1 semantic and 36 acoustic codes.

Paper section 2.3. Three tokens a frame, [x_t, t, hidden], through a small bidirectional
transformer without positions; token 0 gives the velocity. Time runs from 0 (noise) to 1 (data).
The unconditional branch of classifier-free guidance is the hidden state set to zero.
"""

import math

import torch
from torch import Tensor, nn

from engine.config import END_AUDIO, SPECIAL_CODES, ModelConfig
from engine.models.layers import Linear, RMSNorm, TransformerBlock


class FlowHead(nn.Module):
    """The checkpoint's `acoustic_transformer`."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        dim, acoustic_dim = config.flow.dim, config.codec.acoustic_dim
        self.acoustic_dim = acoustic_dim
        self.levels = config.codec.acoustic_codebook_size
        self.semantic_size = config.codebook_sizes[0]
        self.input_projection = Linear(acoustic_dim, dim)
        self.time_projection = Linear(dim, dim)
        self.llm_projection = Linear(config.backbone.dim, dim)
        self.layers = nn.ModuleList(
            TransformerBlock(config.flow) for _ in range(config.flow.n_layers)
        )
        self.norm = RMSNorm(dim, config.flow.norm_eps)
        self.semantic_codebook_output = Linear(dim, config.semantic_rows)
        self.acoustic_codebook_output = Linear(dim, acoustic_dim)

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
        inputs = self.input_projection(x.unsqueeze(1))
        conditions = self.llm_projection(hidden.unsqueeze(1))
        return self._velocity(inputs, times.unsqueeze(1), conditions).squeeze(1)

    def _velocity(
        self, inputs: Tensor, times: Tensor, conditions: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """Projected tokens, [batch, streams, dim] each -> [batch, streams, acoustic_dim].

        Args:
            mask: Keeps several streams of one batch entry apart.
        """
        tokens = torch.cat([inputs, times, conditions], dim=1)
        for layer in self.layers[:-1]:
            tokens = layer(tokens, mask=mask)
        streams = inputs.shape[1]
        read = self.layers[
            -1
        ](  # the only ones that are read
            tokens, mask=None if mask is None else mask[:streams], leading=streams
        )
        return self.acoustic_codebook_output(self.norm(read))

    def projected_times(self, steps: int) -> Tensor:
        """The time token of each of `steps` Euler steps: [steps, dim]. Depends on nothing else."""
        weight = self.norm.weight
        grid = torch.arange(steps, device=weight.device) / steps
        return self.time_projection(time_embedding(grid, len(weight)).to(weight.dtype))

    def trajectory(
        self,
        hidden: Tensor,
        noise: Tensor,
        cfg: Tensor,
        steps: int,
        times: Tensor | None = None,
    ) -> list[Tensor]:
        """Euler integration with classifier-free guidance.

        Args:
            hidden: [batch, dim].
            noise: x at t = 0, [batch, acoustic_dim].
            cfg: Guidance of each row, [batch]: v = cfg v(hidden) + (1 - cfg) v(0).
            steps: Number of steps of 1 / steps.
            times: `projected_times(steps)`, if it is at hand.

        Returns:
            x at t = 0, 1 / steps, ..., 1: steps + 1 tensors [batch, acoustic_dim].
        """
        times = self.projected_times(steps) if times is None else times
        both = torch.stack([hidden, torch.zeros_like(hidden)], dim=1)  # guided and free
        conditions = self.llm_projection(both)
        places = torch.arange(6, device=noise.device) % 2
        apart = (places.unsqueeze(-1) != places).to(noise.dtype)
        mask = apart.masked_fill(apart > 0, -math.inf)
        scale = cfg.unsqueeze(-1).to(noise.dtype)
        points = [noise]
        for time in times.unbind():
            x = points[-1]
            inputs = self.input_projection(x.unsqueeze(1)).expand_as(conditions)
            velocity = self._velocity(inputs, time.expand_as(inputs), conditions, mask)
            guided, free = velocity.unbind(1)
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
        logits = self.semantic_codebook_output(hidden.unsqueeze(1)).squeeze(1).float()
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
        times: Tensor | None = None,
    ) -> Tensor:
        """One frame of codes, specials included; arguments as in `trajectory`.

        Returns:
            [batch, codebooks]; a row that begins with END (1) is [1, 2, 2, ..., 2].
        """
        semantic = self.semantic_logits(hidden, forbid_end).argmax(-1)
        acoustic = self.acoustic_codes(self.trajectory(hidden, noise, cfg, steps, times)[-1])
        ended = (semantic == END_AUDIO).unsqueeze(-1)
        acoustic = acoustic.masked_fill(ended, SPECIAL_CODES)
        return torch.cat([semantic.unsqueeze(-1), acoustic], dim=-1)


def time_embedding(time: Tensor, dim: int) -> Tensor:
    """Sinusoids of t in [0, 1]: cosines first, then sines. [batch] -> float32 [batch, dim]."""
    half = dim // 2
    exponents = torch.arange(half, device=time.device).float() / half
    angles = time.float().unsqueeze(-1) * torch.exp(-math.log(10000.0) * exponents)
    return torch.cat([angles.cos(), angles.sin()], dim=-1)
