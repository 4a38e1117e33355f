"""What lies between the matrix products of a frame on an NVIDIA GPU, a kernel (Triton) each.

The same as torch computes in `engine.models.layers` and `engine.models.cache` with about 25, for
one position a row and for the flow head's three tokens, without gradients. No shape and no grid
depends on data, so that a CUDA graph can hold them.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from engine.models.cache import LayerCache, LayerSpan
from engine.models.decode_kernels import attend, rotate_store


@triton.jit
def _add_norm(
    x, delta, weight, total, normed, eps, dim, HAS_DELTA: tl.constexpr, BLOCK: tl.constexpr
):
    row, column = tl.program_id(0), tl.arange(0, BLOCK)
    inside = column < dim
    value = tl.load(x + row * dim + column, mask=inside, other=0.0)
    if HAS_DELTA:
        added = tl.load(delta + row * dim + column, mask=inside, other=0.0).to(tl.float32)
        value = (value.to(tl.float32) + added).to(value.dtype)
        tl.store(total + row * dim + column, value, mask=inside)
    exact = value.to(tl.float32)
    scale = tl.rsqrt(tl.sum(exact * exact) / dim + eps)
    rounded = (exact * scale).to(value.dtype).to(tl.float32)  # as torch, before the weight
    size = tl.load(weight + column, mask=inside, other=0.0).to(tl.float32)
    tl.store(normed + row * dim + column, (rounded * size).to(value.dtype), mask=inside)


def add_norm(x: Tensor, delta: Tensor | None, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """x [..., dim] (+ delta) -> the sum, and its RMSNorm."""
    dim = x.shape[-1]
    total, normed = x if delta is None else torch.empty_like(x), torch.empty_like(x)
    _add_norm[(x.numel() // dim,)](
        x,
        x if delta is None else delta,
        weight,
        total,
        normed,
        eps,
        dim,
        HAS_DELTA=delta is not None,
        BLOCK=triton.next_power_of_2(dim),
        num_warps=8 if dim > 1024 else 4,
    )
    return total, normed


@triton.jit
def _gated(joined, out, size, BLOCK: tl.constexpr):
    row, column = tl.program_id(0), tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = column < size
    gate = tl.load(joined + row * 2 * size + column, mask=inside, other=0.0)
    up = tl.load(joined + row * 2 * size + size + column, mask=inside, other=0.0)
    exact = gate.to(tl.float32)
    opened = (exact * tl.sigmoid(exact)).to(gate.dtype).to(tl.float32)
    tl.store(out + row * size + column, (opened * up.to(tl.float32)).to(gate.dtype), mask=inside)


def gated(joined: Tensor) -> Tensor:
    """silu(gate) * up of the product of w1 and w3 [..., 2 * hidden]."""
    size = joined.shape[-1] // 2
    out = joined.new_empty(*joined.shape[:-1], size)
    _gated[(out.numel() // size, triton.cdiv(size, 1024))](
        joined, out, size, BLOCK=1024, num_warps=4
    )
    return out


@triton.jit
def _attend_three(
    projected,
    out,
    scale,
    LEADING: tl.constexpr,
    N_HEADS: tl.constexpr,
    N_KV: tl.constexpr,
    DIM: tl.constexpr,
):
    stream, head = tl.program_id(0), tl.program_id(1)
    column, token = tl.arange(0, DIM), tl.arange(0, 4)
    width = (N_HEADS + 2 * N_KV) * DIM
    kv = head // (N_HEADS // N_KV)
    cells = projected + stream * 3 * width + token[:, None] * width + column[None, :]
    there = token < 3
    key = tl.load(cells + (N_HEADS + kv) * DIM, mask=there[:, None], other=0.0).to(tl.float32)
    value = tl.load(cells + (N_HEADS + N_KV + kv) * DIM, mask=there[:, None], other=0.0).to(
        tl.float32
    )
    for at in tl.static_range(LEADING):
        query = (
            tl.load(projected + (stream * 3 + at) * width + head * DIM + column).to(tl.float32)
            * scale
        )
        score = tl.where(there, tl.sum(key * query[None, :], 1), -1e30)
        share = tl.exp(score - tl.max(score, 0))
        heard = tl.sum(value * share[:, None], 0) / tl.sum(share, 0)
        tl.store(
            out + ((stream * LEADING + at) * N_HEADS + head) * DIM + column,
            heard.to(out.dtype.element_ty),
        )


def attend_three(projected: Tensor, heads: tuple[int, int, int], leading: int) -> Tensor:
    """[streams, 3, ...] -> what the first tokens hear, [streams, leading, heads * head_dim]."""
    n_heads, n_kv, dim = heads
    out = projected.new_empty(len(projected), leading, n_heads * dim)
    _attend_three[(len(projected), n_heads)](
        projected, out, dim**-0.5, LEADING=leading, N_HEADS=n_heads, N_KV=n_kv, DIM=dim, num_warps=1
    )
    return out


def mix(
    projected: Tensor,
    heads: tuple[int, int, int],
    freqs_cis: Tensor | None,
    cache: LayerCache | None,
    leading: int | None,
) -> Tensor | None:
    """`TransformerBlock.mix`; None where none of these kernels does it."""
    n_heads, n_kv, dim = heads
    if dim < 16 or dim & (dim - 1) or n_heads > 16 * n_kv:
        return None
    if isinstance(cache, LayerSpan) and freqs_cis is not None:
        positions = cache.mask.shape[-1]
        queries = rotate_store(projected.flatten(0, 1), freqs_cis, cache, heads)
        return attend(queries, cache.keys, cache.values, cache.places, positions).unsqueeze(1)
    if cache is None and freqs_cis is None and projected.shape[1] == 3:
        return attend_three(projected.contiguous(), heads, leading or 3)
    return None
