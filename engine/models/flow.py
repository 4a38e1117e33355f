"""The flow-matching head: a hidden state and noise -> 1 semantic and 36 acoustic codes.

Paper section 2.3. Three tokens a frame, [x_t, t, hidden], through a small bidirectional
transformer without positions; token 0 gives the velocity. Time runs from 0 (noise) to 1 (data).
The unconditional branch of classifier-free guidance is the hidden state set to zero.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.config import END_AUDIO, SPECIAL_CODES, ModelConfig
from engine.models.codec.quantizer import nearest_levels
from engine.models.layers import Linear, RMSNorm, TransformerBlock


@dataclass(frozen=True)
class Times:
    """The time token of each Euler step; depends on their number alone.

    Args:
        tokens: [steps, dim].
        projected: What the first layer's attention makes of them, [steps, ...].
    """

    tokens: Tensor
    projected: Tensor


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
        tokens = torch.cat([inputs, times.unsqueeze(1), conditions], dim=1)
        return self._read(tokens, self._first.project(tokens))

    @property
    def _first(self) -> TransformerBlock:
        block = self.layers[0]
        assert isinstance(block, TransformerBlock)
        return block

    def _read(self, tokens: Tensor, projected: Tensor) -> Tensor:
        """Three tokens of one or more streams -> their velocities.

        Args:
            tokens: [batch, streams * 3, dim]; streams do not hear each other.
            projected: What the first layer's attention makes of them, [batch, streams * 3, ...].

        Returns:
            [batch, acoustic_dim], or [batch, streams, acoustic_dim] of several streams.
        """
        batch, length = tokens.shape[:2]
        streams, delta = batch * length // 3, None
        for number, layer in enumerate(self.layers):
            assert isinstance(layer, TransformerBlock)
            last = number + 1 == len(self.layers)
            if number:
                tokens, projected = layer.enter(tokens, delta)
            apart = projected.view(streams, 3, -1)
            heard = layer.mix(apart, leading=1 if last else None)
            if last:
                tokens = tokens.view(batch, -1, 3, tokens.shape[-1])[:, :, 0]  # all that is read
            tokens, delta = layer.leave(tokens, heard.reshape(batch, tokens.shape[1], -1))
        return self.acoustic_codebook_output(self.norm.after(tokens, delta)[1]).squeeze(1)

    def projected_times(self, steps: int) -> Times:
        """The time tokens of `steps` Euler steps."""
        weight = self.norm.weight
        grid = torch.arange(steps, device=weight.device) / steps
        embedded = time_embedding(grid, len(weight)).to(weight.dtype)
        tokens = self.time_projection(embedded)
        return Times(tokens, self._first.project(tokens))

    def trajectory(
        self,
        hidden: Tensor,
        noise: Tensor,
        cfg: Tensor,
        steps: int,
        times: Times | None = None,
    ) -> list[Tensor]:
        """Euler integration with classifier-free guidance. Without gradients.

        Args:
            hidden: [batch, dim].
            noise: x at t = 0, [batch, acoustic_dim].
            cfg: Guidance of each row, [batch]: v = cfg v(hidden) + (1 - cfg) v(0).
            steps: Number of steps of 1 / steps.
            times: `projected_times(steps)`, if it is at hand; its number of steps counts then.

        Returns:
            x at t = 0, 1 / steps, ..., 1: steps + 1 tensors [batch, acoustic_dim].
        """
        times = self.projected_times(steps) if times is None else times
        steps = len(times.tokens)
        both = torch.stack([hidden, torch.zeros_like(hidden)], dim=1)  # guided and free
        conditions = self.llm_projection(both)
        known = self._first.project(conditions)
        # [batch, stream, token, ...]: of every step, only the first two tokens are new
        tokens = conditions.unsqueeze(2).repeat(1, 1, 3, 1)
        projected = known.unsqueeze(2).repeat(1, 1, 3, 1)
        ahead = (cfg.unsqueeze(-1) / steps).to(noise.dtype)
        behind = 1 / steps - ahead
        points = [noise]
        for token, of_time in zip(times.tokens.unbind(), times.projected.unbind(), strict=True):
            inputs = self.input_projection(points[-1].unsqueeze(1))
            tokens[:, :, 0], tokens[:, :, 1] = inputs, token
            projected[:, :, 0], projected[:, :, 1] = self._first.project(inputs), of_time
            velocity = self._read(tokens.flatten(1, 2), projected.flatten(1, 2))
            guided, free = velocity.unbind(1)
            points.append(torch.addcmul(torch.addcmul(points[-1], ahead, guided), behind, free))
        return points

    def acoustic_codes(self, x: Tensor) -> Tensor:
        """The end point of a trajectory -> codes with specials (+2), [batch, acoustic_dim]."""
        return nearest_levels(x.float().clamp(-1, 1), self.levels) + SPECIAL_CODES

    def semantic_logits(self, hidden: Tensor, forbid_end: Tensor | bool = False) -> Tensor:
        """Logits of the semantic codes, float32 [batch, codes]; the table's padding is left out.

        EMPTY can never win; END cannot where `forbid_end` says so. In float32 whatever the weights
        are: rounded to bfloat16 (in steps of 0.06 above 8) the best codes tie, and END wins ties.

        Args:
            hidden: [batch, dim].
            forbid_end: [batch] booleans, or one for all.
        """
        output = self.semantic_codebook_output
        if hidden.dtype == torch.float32:
            logits = output(hidden.unsqueeze(1)).squeeze(1)
        else:
            logits = F.linear(hidden.float(), output.weight.float())
        logits = logits[:, : self.semantic_size].clone()
        logits[:, :END_AUDIO].fill_(-math.inf)
        forbidden = torch.as_tensor(forbid_end, device=logits.device)
        logits[:, END_AUDIO].masked_fill_(forbidden, -math.inf)
        return logits

    def forward(
        self,
        hidden: Tensor,
        noise: Tensor,
        cfg: Tensor,
        steps: int,
        forbid_end: Tensor | bool = False,
        times: Times | None = None,
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
