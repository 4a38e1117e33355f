"""The backbone's forward pass as training needs it: fused, and with a look into some heads.

The same function as `Backbone.forward` (a test compares them): the three projections of attention
and the two of the feed-forward as one product each, and the rotary embedding as a complex product.
It also hands out queries and keys of the heads whose attention is supervised.
"""

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.models.backbone import Backbone
from engine.models.layers import RMSNorm, TransformerBlock


@dataclass
class Passed:
    """What a forward pass leaves.

    Args:
        hidden: After the final norm, [batch, length, dim].
        middle: Residual stream after the last supervised layer, [batch, length, dim].
        heads: Rotated queries and keys of each supervised layer's first heads, each
            [batch, heads, length, head_dim].
    """

    hidden: Tensor
    middle: Tensor
    heads: list[tuple[Tensor, Tensor]]


def run_backbone(
    backbone: Backbone, x: Tensor, layers: Collection[int] = (), heads: int = 2
) -> Passed:
    """Whole sequences, causally; right padding needs no mask.

    Args:
        x: Input rows [batch, length, dim].
        layers: Those whose first `heads` heads are handed out.
    """
    freqs = backbone.freqs_cis(torch.arange(x.shape[1], device=x.device))
    turns = freqs.unsqueeze(1)  # [length, 1, head_dim / 2, 2]
    taken, middle = [], x
    for index, layer in enumerate(backbone.layers):
        assert isinstance(layer, TransformerBlock)
        x, queries, keys = _block(layer, x, turns)
        if index in layers:
            taken.append((queries[:, :heads], keys[:, :heads]))
            middle = x
    return Passed(backbone.norm(x), middle, taken)


def _block(layer: TransformerBlock, x: Tensor, turns: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """One layer -> its output, and its rotated queries and keys [batch, heads, length, dim]."""
    attention, feed = layer.attention, layer.feed_forward
    queries_dim, keys_dim = attention.wq.out_features, attention.wk.out_features
    projection = torch.cat([attention.wq.weight, attention.wk.weight, attention.wv.weight])
    joined = F.linear(_norm(layer.attention_norm, x), projection)
    turned = joined[..., : queries_dim + keys_dim].unflatten(-1, (-1, attention.head_dim // 2, 2))
    turned = rotate(turned.float(), turns).to(joined.dtype).flatten(-2).transpose(1, 2)
    queries, keys = turned[:, : attention.n_heads], turned[:, attention.n_heads :]
    values = joined[..., queries_dim + keys_dim :].unflatten(-1, (-1, attention.head_dim))
    heard = attend(queries, keys, values.transpose(1, 2))
    x = x + attention.wo(heard.transpose(1, 2).flatten(2))
    gates = torch.cat([feed.w1.weight, feed.w3.weight])
    gate, up = F.linear(_norm(layer.ffn_norm, x), gates).chunk(2, -1)
    return x + feed.w2(F.silu(gate) * up), queries, keys


def attend(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Causal attention, each [batch, heads, length, head_dim].

    In bfloat16 on a CPU by plain products: torch's own kernel makes many small ones on the way
    back, and took three quarters of a step (torch 2.13).
    """
    if not (queries.is_cpu and queries.dtype == torch.bfloat16):
        return F.scaled_dot_product_attention(
            queries, keys, values, is_causal=True, enable_gqa=True
        )
    repeats, length = queries.shape[1] // keys.shape[1], queries.shape[2]
    keys, values = (x.repeat_interleave(repeats, 1) if repeats > 1 else x for x in (keys, values))
    scores = (queries @ keys.transpose(-1, -2)).float() * queries.shape[-1] ** -0.5
    places = torch.arange(length, device=scores.device)
    scores = scores.masked_fill(places > places.unsqueeze(-1), -torch.inf)
    return scores.softmax(-1).to(values.dtype) @ values


def compile_blocks() -> None:
    """Let all layers run as compiled code from now on: one compilation serves them all."""
    global _block
    _block = torch.compile(_block, dynamic=True)


def rotate(pairs: Tensor, turns: Tensor) -> Tensor:
    """Complex products of pairs [..., 2] (real, imaginary) with `turns`, which broadcast.

    In real arithmetic where it is compiled: compilers know no complex numbers.
    """
    if not torch.compiler.is_compiling():
        return torch.view_as_real(torch.view_as_complex(pairs) * torch.view_as_complex(turns))
    (a, b), (cos, sin) = pairs.unbind(-1), turns.unbind(-1)
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1)


def _norm(norm: RMSNorm, x: Tensor) -> Tensor:
    return F.rms_norm(x, norm.weight.shape, norm.weight, norm.eps)
