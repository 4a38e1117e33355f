"""The parts of a Mistral-style transformer, with the checkpoint's own names.

Pure functions of tensors: no device, no state, no randomness. Shared by speaking and training.
"""

import functools
import importlib.util
import os
from collections.abc import Callable
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.config import TransformerConfig
from engine.models.cache import LayerCache


class Linear(nn.Linear):
    """A matrix product, [..., in_dim] -> [..., out_dim], without bias.

    Kernels, and so rounding, differ with the number of rows they are given. Speaking on a CPU in
    float32 therefore multiplies each entry of a batch [batch, length, in_dim] alone: its result
    is the same bits whoever shares the batch. For the few rows of one frame this costs the same.
    """

    packed: Callable[[Tensor], Tensor] | None = None

    def __init__(self, in_dim: int, out_dim: int) -> None:
        super().__init__(in_dim, out_dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.packed is not None:
            return self.packed(x)
        if torch.is_grad_enabled() or not x.is_cpu or x.dtype != torch.float32 or x.dim() != 3:
            return F.linear(x, self.weight)
        return torch.bmm(x, self.weight.t().expand(x.shape[0], -1, -1))


def fuse(model: nn.Module) -> None:
    """Join matrices with the same input, so that a GPU starts fewer kernels; takes their weights.

    The model computes the same, but cannot be trained or saved then.
    """
    for part in model.modules():
        if isinstance(part, Attention) and part.joined is None:
            part.joined = join(part.wq, part.wk, part.wv)
        elif isinstance(part, FeedForward) and part.joined is None:
            part.joined = join(part.w1, part.w3)


def join(*layers: Linear) -> Linear:
    """One layer instead of some with the same input; takes the weights from them."""
    weight = torch.cat([layer.weight.detach() for layer in layers])
    with torch.device("meta"):
        one = Linear(weight.shape[1], weight.shape[0])
    one.weight = nn.Parameter(weight, requires_grad=False)
    for layer in layers:
        layer.register_parameter("weight", None)
    return one


def fused(x: Tensor) -> ModuleType | None:
    """`engine.models.kernels`, if it can be used on a tensor: on an NVIDIA GPU, for speaking.

    Triton starts kernels on the current GPU, wherever the tensors are.
    """
    if not x.is_cuda or torch.is_grad_enabled() or x.get_device() != torch.cuda.current_device():
        return None
    return _kernels(x.get_device())


@functools.cache
def _kernels(device: int) -> ModuleType | None:
    """None unless VOXTRAL_KERNELS=1 asks for them (their tests have not passed on a GPU yet)."""
    if os.environ.get("VOXTRAL_KERNELS") != "1" or not torch.version.cuda:
        return None
    if torch.cuda.get_device_capability(device) < (8, 0):  # bfloat16, and Triton itself
        return None
    found = importlib.util.find_spec("triton") is not None
    return importlib.import_module("engine.models.kernels") if found else None


class RMSNorm(nn.Module):
    """x / rms(x) * weight, over the last dimension, computed in float32."""

    floor: Tensor | None = None

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        kernels = fused(x)
        if kernels is not None:
            out: Tensor = kernels.add_norm(x.contiguous(), None, self.weight, self.eps)[1]
            return out
        if x.dtype != torch.float32:
            return (
                F.rms_norm(x.float(), self.weight.shape, None, self.eps).to(x.dtype) * self.weight
            )
        if torch.is_grad_enabled() or not x.is_cpu:
            return F.rms_norm(x, self.weight.shape, self.weight, self.eps)
        if self.floor is None:
            self.floor = x.new_tensor(self.eps)
        return normed(x, self.weight, self.floor)

    def after(self, x: Tensor, delta: Tensor | None) -> tuple[Tensor, Tensor]:
        """x [..., dim] + delta (None: 0) -> the sum, and its norm."""
        if delta is None:
            return x, self(x)
        kernels = fused(x)
        if kernels is None:
            x = x + delta
            return x, self(x)
        total, out = kernels.add_norm(x.contiguous(), delta, self.weight, self.eps)
        return total, out


def normed(x: Tensor, weight: Tensor, floor: Tensor) -> Tensor:
    """`RMSNorm` on a CPU in half of torch's time; no gradients. floor: eps, []."""
    norms = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    squares = torch.addcmul(floor, norms, norms, value=1 / x.shape[-1])
    return x.mul(squares.rsqrt_()).mul_(weight)


class FeedForward(nn.Module):
    """SwiGLU: w2(silu(w1 x) * w3 x)."""

    def __init__(self, dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.joined: Callable[[Tensor], Tensor] | None = None
        self.w1 = Linear(dim, hidden_dim)
        self.w2 = Linear(hidden_dim, dim)
        self.w3 = Linear(dim, hidden_dim)

    def forward(self, x: Tensor) -> Tensor:
        if self.joined is None:
            return self.w2(F.silu(self.w1(x)) * self.w3(x))
        joined, kernels = self.joined(x), fused(x)
        if kernels is not None:
            return self.w2(kernels.gated(joined))
        gate, up = joined.chunk(2, dim=-1)
        return self.w2(F.silu(gate) * up)


class Attention(nn.Module):
    """Grouped-query attention: head h uses key/value head h // (n_heads / n_kv_heads)."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.joined: Callable[[Tensor], Tensor] | None = None
        self.n_heads, self.n_kv_heads = config.n_heads, config.n_kv_heads
        self.head_dim = config.head_dim
        self.wq = Linear(config.dim, config.n_heads * config.head_dim)
        self.wk = Linear(config.dim, config.n_kv_heads * config.head_dim)
        self.wv = Linear(config.dim, config.n_kv_heads * config.head_dim)
        self.wo = Linear(config.n_heads * config.head_dim, config.dim)

    def project(self, x: Tensor) -> Tensor:
        """[..., dim] -> queries, keys and values beside each other, [..., heads * head_dim].

        `heads` are the queries', the keys' and the values', in this order.
        """
        if self.joined is not None:
            return self.joined(x)
        return torch.cat([self.wq(x), self.wk(x), self.wv(x)], dim=-1)


class TransformerBlock(nn.Module):
    """Pre-norm attention and feed-forward, each added to the residual stream."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.heads = (config.n_heads, config.n_kv_heads, config.head_dim)
        self.attention = Attention(config)
        self.attention_norm = RMSNorm(config.dim, config.norm_eps)
        self.feed_forward = FeedForward(config.dim, config.hidden_dim)
        self.ffn_norm = RMSNorm(config.dim, config.norm_eps)

    def forward(
        self,
        x: Tensor,
        freqs_cis: Tensor | None = None,
        cache: LayerCache | None = None,
        causal: bool = False,
    ) -> Tensor:
        """[batch, length, dim] -> the same; arguments as in `mix`."""
        x, delta = self.leave(x, self.mix(self.project(x), freqs_cis, cache, causal))
        return x + delta

    def step(
        self, x: Tensor, delta: Tensor | None, freqs_cis: Tensor, cache: LayerCache
    ) -> tuple[Tensor, Tensor]:
        """`forward` with the stream in two parts, x + delta, which the next norm adds up."""
        x, projected = self.enter(x, delta)
        return self.leave(x, self.mix(projected, freqs_cis, cache))

    def enter(self, x: Tensor, delta: Tensor | None) -> tuple[Tensor, Tensor]:
        """The sum of the stream's two parts, and `project` of it."""
        x, normed = self.attention_norm.after(x, delta)
        return x, self.attention.project(normed)

    def project(self, x: Tensor) -> Tensor:
        """What `Attention.project` makes of the normed stream [..., dim]."""
        return self.attention.project(self.attention_norm(x))

    def mix(
        self,
        projected: Tensor,
        freqs_cis: Tensor | None = None,
        cache: LayerCache | None = None,
        causal: bool = False,
        leading: int | None = None,
    ) -> Tensor:
        """`project`'s result [batch, length, ...] -> what was heard, [batch, length, dim].

        Args:
            freqs_cis: Rotary factors of these positions, [length, head_dim / 2, 2] or with a
                leading batch dimension; None for no rotary.
            cache: Keys and values of earlier positions, extended by these.
            causal: Positions see only themselves and earlier ones (without a cache).
            leading: Listen at the first so many positions only; None for all (without a cache).
        """
        kernels = fused(projected)
        if kernels is not None:
            out = kernels.mix(projected, self.heads, freqs_cis, cache, leading)
            if out is not None:
                return out
        n_heads, n_kv_heads, head_dim = self.heads
        heads = projected.view(*projected.shape[:2], -1, head_dim).transpose(1, 2)
        queries, keys, values = heads.split_with_sizes((n_heads, n_kv_heads, n_kv_heads), 1)
        if freqs_cis is not None:
            turned = rotate(heads[:, :-n_kv_heads], freqs_cis)
            queries, keys = turned.split_with_sizes((n_heads, n_kv_heads), 1)
        if cache is not None:
            out = cache.attend(queries, keys, values)
        else:
            out = F.scaled_dot_product_attention(
                queries[:, :, :leading],
                keys,
                values,
                is_causal=causal,
                enable_gqa=n_heads > n_kv_heads,
            )
        return out.transpose(1, 2).flatten(2)

    def leave(self, x: Tensor, heard: Tensor) -> tuple[Tensor, Tensor]:
        """The stream x [..., dim] after what was heard was added, and what it makes of that.

        Their sum leaves the block.
        """
        x, normed = self.ffn_norm.after(x, self.attention.wo(heard))
        return x, self.feed_forward(normed)


def rotary_factors(positions: Tensor, head_dim: int, theta: float) -> Tensor:
    """cos and sin of every position and pair: [..., head_dim / 2, 2], float32.

    Args:
        positions: Integers, any shape.
    """
    exponents = torch.arange(0, head_dim, 2, device=positions.device).float() / head_dim
    angles = positions.float().unsqueeze(-1) * theta**-exponents
    return torch.stack([angles.cos(), angles.sin()], dim=-1)


def rotate(x: Tensor, freqs_cis: Tensor) -> Tensor:
    """Interleaved rotary embedding: elements 2i and 2i+1 of a head turn together.

    Args:
        x: [batch, heads, length, head_dim].
        freqs_cis: [length, head_dim / 2, 2] or [batch, length, head_dim / 2, 2].
    """
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)))
    turned = torch.view_as_real(pairs * torch.view_as_complex(freqs_cis).unsqueeze(-3))
    return turned.flatten(-2).to(x.dtype)
