"""The codec's parts: causal convolutions and the sliding-window transformer.

Everything is causal, so every part can also run in pieces: given the `past` that the previous
piece left (a few left-context values), a piece is exactly what one call over the whole would give.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize

from engine.config import CodecConfig
from engine.models.layers import FeedForward, RMSNorm

Conv = TypeVar("Conv", nn.Conv1d, nn.ConvTranspose1d)
BLOCK = 64
"""Queries that share one block of keys in sliding-window attention."""


@dataclass
class StreamState:
    """What a decoder keeps between the pieces of one stream: left context, by part.

    Args:
        pasts: Last inputs of each convolution; last keys and values of each attention.
    """

    pasts: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def joined(cls, states: Sequence["StreamState"]) -> "StreamState":
        """Streams side by side, all as far on; one alone is itself."""
        if len(states) == 1:
            return states[0]
        names = states[0].pasts
        return cls(
            {
                name: torch.cat([state.pasts[name] for state in states], _rows_of(names[name]))
                for name in names
            }
        )

    def split(self) -> list["StreamState"]:
        """Each stream's own again."""
        parts = {name: past.split(1, _rows_of(past)) for name, past in self.pasts.items()}
        count = min(map(len, parts.values()), default=0)
        return [StreamState({name: part[n] for name, part in parts.items()}) for n in range(count)]


def _rows_of(past: Tensor) -> int:
    """The dimension that counts streams: keys and values are stacked before it."""
    return 1 if past.dim() == 5 else 0


class WeightNorm(nn.Module):
    """A weight as the length and direction of each of its rows (torch's `weight_norm`).

    On the meta device nothing is computed: torch loads its compiler for that, 1.5 s.
    """

    def forward(self, length: Tensor, direction: Tensor) -> Tensor:
        return torch._weight_norm(direction, length, 0)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        if weight.is_meta:
            return weight.new_empty(len(weight), 1, 1), weight
        return torch.norm_except_dim(weight, 2, 0), weight


def weight_norm(conv: Conv) -> Conv:
    parametrize.register_parametrization(conv, "weight", WeightNorm(), unsafe=True)
    return conv


class CausalConv1d(nn.Module):
    """Weight-normed convolution that sees only the past: kernel - stride samples of left padding.

    Args:
        pad_mode: How the start is padded, "reflect" (edge not repeated) or "replicate".
    """

    def __init__(
        self, in_dim: int, out_dim: int, kernel: int, stride: int = 1, pad_mode: str = "replicate"
    ) -> None:
        super().__init__()
        self.stride, self.pad, self.pad_mode = stride, kernel - stride, pad_mode
        self.conv = weight_norm(nn.Conv1d(in_dim, out_dim, kernel, stride=stride, bias=False))

    def forward(self, x: Tensor, state: StreamState | None = None, name: str = "") -> Tensor:
        """x [batch, in_dim, time] -> [batch, out_dim, ceil(time / stride)].

        With a state, all pieces but the last must be whole strides, the first longer than the
        padding.
        """
        past, right = state.pasts.get(name) if state else None, -x.shape[-1] % self.stride
        x = x if past is None else torch.cat([past, x], dim=-1)
        x = _pad(x, self.pad if past is None else 0, right, self.pad_mode)
        if state:
            state.pasts[name] = x[..., x.shape[-1] - self.pad :]
        return self.conv(x)


class CausalConvTranspose1d(nn.Module):
    """Weight-normed transposed convolution, cut to time * stride samples."""

    def __init__(self, in_dim: int, out_dim: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.reach = -(-kernel // stride) - 1  # earlier inputs that touch an output
        self.conv = weight_norm(
            nn.ConvTranspose1d(in_dim, out_dim, kernel, stride=stride, bias=False)
        )

    def forward(self, x: Tensor, state: StreamState | None = None, name: str = "") -> Tensor:
        """x [batch, in_dim, time] -> [batch, out_dim, time * stride]."""
        length = x.shape[-1] * self.stride
        past = state.pasts.get(name) if state else None
        if past is not None:
            x = torch.cat([past, x], dim=-1)
        skip = 0 if past is None else past.shape[-1] * self.stride
        if state:
            state.pasts[name] = x[..., max(0, x.shape[-1] - self.reach) :]
        return self.conv(x)[..., skip : skip + length]


class CodecAttention(nn.Module):
    """Causal attention over a sliding window, with ALiBi and normed queries and keys."""

    def __init__(self, config: CodecConfig, window: int) -> None:
        super().__init__()
        self.config, self.window = config, window
        query_dim = config.n_heads * config.head_dim
        key_dim = config.n_kv_heads * config.head_dim
        self.wq = nn.Linear(config.dim, query_dim, bias=False)
        self.wk = nn.Linear(config.dim, key_dim, bias=False)
        self.wv = nn.Linear(config.dim, key_dim, bias=False)
        self.wo = nn.Linear(query_dim, config.dim, bias=False)
        self.q_norm = RMSNorm(query_dim, config.qk_norm_eps)  # over all heads together
        self.k_norm = RMSNorm(key_dim, config.qk_norm_eps)

    def forward(self, x: Tensor, state: StreamState | None = None, name: str = "") -> Tensor:
        """x [batch, time, dim] -> [batch, time, dim]."""
        queries = self._heads(self.q_norm(self.wq(x)))
        keys, values = self._heads(self.k_norm(self.wk(x))), self._heads(self.wv(x))
        if state:
            past = state.pasts.get(name)
            both = torch.stack([keys, values])
            both = both if past is None else torch.cat([past, both], dim=-2)
            state.pasts[name] = both[..., max(0, both.shape[-2] - self.window) :, :]
            keys, values = both.unbind()
        repeats = self.config.n_heads // self.config.n_kv_heads
        keys, values = keys.repeat_interleave(repeats, 1), values.repeat_interleave(repeats, 1)
        out = local_attention(queries, keys, values, self.window)
        return self.wo(out.transpose(1, 2).flatten(2))

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (-1, self.config.head_dim)).transpose(1, 2)


class CodecBlock(nn.Module):
    """Pre-norm attention and feed-forward, each scaled per channel (LayerScale)."""

    def __init__(self, config: CodecConfig, window: int) -> None:
        super().__init__()
        self.attention = CodecAttention(config, window)
        self.attention_norm = RMSNorm(config.dim, config.norm_eps)
        self.attention_scale = nn.Parameter(torch.full((config.dim,), config.layer_scale_init))
        self.feed_forward = FeedForward(config.dim, config.hidden_dim)
        self.ffn_norm = RMSNorm(config.dim, config.norm_eps)
        self.ffn_scale = nn.Parameter(torch.full((config.dim,), config.layer_scale_init))

    def forward(self, x: Tensor, state: StreamState | None = None, name: str = "") -> Tensor:
        x = x + self.attention_scale * self.attention(self.attention_norm(x), state, name)
        return x + self.ffn_scale * self.feed_forward(self.ffn_norm(x))


class CodecTransformer(nn.Module):
    """A stack of blocks at one time resolution; channels first outside, last inside."""

    def __init__(self, config: CodecConfig, n_layers: int, window: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(CodecBlock(config, window) for _ in range(n_layers))

    def forward(self, x: Tensor, state: StreamState | None = None, name: str = "") -> Tensor:
        """x [batch, dim, time] -> [batch, dim, time]."""
        x = x.transpose(1, 2)
        for index, layer in enumerate(self.layers):
            x = layer(x, state, f"{name}.{index}")
        return x.transpose(1, 2)


def local_attention(queries: Tensor, keys: Tensor, values: Tensor, window: int) -> Tensor:
    """Query i sees itself and `window` earlier keys, with bias slope * (j - i).

    Queries are taken in blocks, so time and memory are linear in length.

    Args:
        queries: [batch, heads, time, head_dim].
        keys, values: [batch, heads, past + time, head_dim], past <= window.

    Returns:
        [batch, heads, time, head_dim].
    """
    time, past = queries.shape[2], keys.shape[2] - queries.shape[2]
    block = min(time, BLOCK)
    right = -time % block
    queries = F.pad(queries, (0, 0, 0, right)).unflatten(2, (-1, block))
    padded = (0, 0, window - past, right)
    keys = F.pad(keys, padded).unfold(2, window + block, block)  # [.., blocks, head_dim, keys]
    values = F.pad(values, padded).unfold(2, window + block, block)
    scores = queries @ keys * queries.shape[-1] ** -0.5  # [batch, heads, blocks, block, keys]
    query = torch.arange(block, device=scores.device).unsqueeze(-1) + window
    key = torch.arange(window + block, device=scores.device)
    slopes = alibi_slopes(scores.shape[1], scores.device).to(scores.dtype)[:, None, None, None]
    seen = (key <= query) & (key >= query - window)
    starts = torch.arange(scores.shape[2], device=scores.device)[:, None, None] * block
    seen = seen & (key + starts >= window - past)  # not the padding before the first key
    scores = (scores + slopes * (key - query)).masked_fill(~seen, float("-inf"))
    out = scores.softmax(-1) @ values.transpose(-1, -2)
    return out.flatten(2, 3)[:, :, :time]


def alibi_slopes(heads: int, device: torch.device | None = None) -> Tensor:
    """Slopes of the reference, which begin at 1 (the ALiBi paper begins at 2^(-8 / heads)).

    A power of two n: r^h with r = 2^(-8 / n). Otherwise those of the power of two below, and of
    twice that every second one, which are the same from the first on. Made on the device: what is
    captured in a graph may copy nothing there.
    """
    below = 1 << (heads.bit_length() - 1)
    return torch.exp2(torch.arange(heads, device=device) % below * (-8 / below))


def fold_weight_norms(module: nn.Module) -> None:
    """Compute each normed weight once, rather than at every use: speaking does not train it."""
    for part in module.modules():
        if parametrize.is_parametrized(part, "weight"):
            parametrize.remove_parametrizations(part, "weight", leave_parametrized=True)


def _pad(x: Tensor, left: int, right: int, mode: str) -> Tensor:
    """Pad time; a signal too short to reflect is first lengthened by zeros, dropped afterwards."""
    if left == right == 0:
        return x
    extra = max(0, max(left, right) + 1 - x.shape[-1]) if mode == "reflect" else 0
    padded = F.pad(F.pad(x, (0, extra)), (left, right), mode=mode)
    return padded[..., : padded.shape[-1] - extra]
