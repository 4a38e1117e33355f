"""One position a row over a static cache, on an NVIDIA GPU: rotary, cache and attention in three
kernels (Triton). Each row reads only the positions that it has, and a long row is read by many
programs at once (Flash-Decoding: Dao et al. 2023).
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from engine.models.cache import LayerSpan

POSITIONS = 64
"""Of keys that a program takes at a time."""
PROGRAMS = 264
"""That fill a GPU: two for each multiprocessor of an H100."""


@triton.jit
def _rotate_store(
    projected,
    factors,
    places,
    queries,
    keys,
    values,
    row_stride,
    head_stride,
    N_HEADS: tl.constexpr,
    N_KV: tl.constexpr,
    HALF: tl.constexpr,
):
    row, head = tl.program_id(0), tl.program_id(1)
    pair = tl.arange(0, HALF)
    start = projected + (row * (N_HEADS + 2 * N_KV) + head) * 2 * HALF
    even, odd = tl.load(start + 2 * pair), tl.load(start + 2 * pair + 1)
    place = tl.load(places + row)
    if head < N_HEADS + N_KV:
        cos = tl.load(factors + row * 2 * HALF + 2 * pair)
        sin = tl.load(factors + row * 2 * HALF + 2 * pair + 1)
        a, b = even.to(tl.float32), odd.to(tl.float32)
        even, odd = (a * cos - b * sin).to(even.dtype), (a * sin + b * cos).to(odd.dtype)
    if head < N_HEADS:
        out = queries + (row * N_HEADS + head) * 2 * HALF
    elif head < N_HEADS + N_KV:
        out = keys + row * row_stride + (head - N_HEADS) * head_stride + place * 2 * HALF
    else:
        out = values + row * row_stride + (head - N_HEADS - N_KV) * head_stride + place * 2 * HALF
    tl.store(out + 2 * pair, even)
    tl.store(out + 2 * pair + 1, odd)


def rotate_store(
    projected: Tensor, factors: Tensor, view: LayerSpan, heads: tuple[int, int, int]
) -> Tensor:
    """Turn queries and keys, and put keys and values into the cache.

    Args:
        projected: Queries, keys and values of one position a row, [rows, heads * head_dim].
        factors: Rotary factors of these positions, float32 [rows, head_dim / 2, 2].

    Returns:
        Queries [rows, heads, head_dim].
    """
    n_heads, n_kv, dim = heads
    queries = projected.new_empty(len(projected), n_heads, dim)
    _rotate_store[(len(projected), n_heads + 2 * n_kv)](
        projected,
        factors,
        view.places,
        queries,
        view.keys,
        view.values,
        view.keys.stride(0),
        view.keys.stride(1),
        N_HEADS=n_heads,
        N_KV=n_kv,
        HALF=dim // 2,
        num_warps=1,
    )
    return queries


@triton.jit
def _attend(
    queries,
    keys,
    values,
    places,
    sums,
    tops,
    rests,
    row_stride,
    head_stride,
    scale,
    stretch,
    N_KV: tl.constexpr,
    GROUP: tl.constexpr,
    DIM: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """A stretch of positions of a row and key head, for the query heads that share it."""
    row, head, split, splits = (
        tl.program_id(0),
        tl.program_id(1),
        tl.program_id(2),
        tl.num_programs(2),
    )
    member, column, position = tl.arange(0, 16), tl.arange(0, DIM), tl.arange(0, BLOCK)
    ours = member < GROUP
    index = (row * N_KV + head) * GROUP + member
    last = tl.minimum(split * stretch + stretch, tl.load(places + row) + 1)
    base = row * row_stride + head * head_stride
    query = tl.load(queries + index[:, None] * DIM + column[None, :], mask=ours[:, None], other=0.0)
    top = tl.full((16,), -1e30, tl.float32)
    rest = tl.zeros((16,), tl.float32)
    total = tl.zeros((16, DIM), tl.float32)
    for at in range(split * stretch, last, BLOCK):
        seen = at + position < last
        cells = base + (at + position) * DIM
        key = tl.load(keys + cells[None, :] + column[:, None], mask=seen[None, :], other=0.0)
        score = tl.dot(query, key, input_precision="ieee") * scale
        score = tl.where(seen[None, :], score, -1e30)
        new = tl.maximum(top, tl.max(score, 1))
        share = tl.where(seen[None, :], tl.exp(score - new[:, None]), 0.0)
        kept = tl.exp(top - new)
        value = tl.load(values + cells[:, None] + column[None, :], mask=seen[:, None], other=0.0)
        heard = tl.dot(share.to(value.dtype), value, input_precision="ieee")
        total = total * kept[:, None] + heard
        rest = rest * kept + tl.sum(share, 1)
        top = new
    at = index * splits + split
    tl.store(sums + at[:, None] * DIM + column[None, :], total, mask=ours[:, None])
    tl.store(tops + at, top, mask=ours)
    tl.store(rests + at, rest, mask=ours)


@triton.jit
def _combine(sums, tops, rests, out, splits, DIM: tl.constexpr, SPLITS: tl.constexpr):
    index, column, split = tl.program_id(0), tl.arange(0, DIM), tl.arange(0, SPLITS)
    inside = split < splits
    top = tl.load(tops + index * splits + split, mask=inside, other=-1e30)
    weight = tl.exp(top - tl.max(top, 0))
    rest = tl.sum(weight * tl.load(rests + index * splits + split, mask=inside, other=0.0), 0)
    cells = sums + (index * splits + split)[:, None] * DIM + column[None, :]
    total = tl.sum(weight[:, None] * tl.load(cells, mask=inside[:, None], other=0.0), 0)
    tl.store(out + index * DIM + column, (total / rest).to(out.dtype.element_ty))


def attend(queries: Tensor, keys: Tensor, values: Tensor, places: Tensor, positions: int) -> Tensor:
    """One query position a row over its keys up to its own place.

    Args:
        queries: [rows, heads, head_dim].
        keys, values: [rows, kv_heads, at least positions, head_dim].
        places: [rows].
        positions: How many are looked at, at most.

    Returns:
        [rows, heads * head_dim].
    """
    rows, heads, dim = queries.shape
    kv_heads = keys.shape[1]
    most = triton.cdiv(positions, POSITIONS)
    splits = min(most, triton.cdiv(PROGRAMS, rows * kv_heads))
    stretch = triton.cdiv(most, splits) * POSITIONS
    splits = triton.cdiv(positions, stretch)
    sums = torch.empty(rows, heads, splits, dim, dtype=torch.float32, device=queries.device)
    tops, rests = (
        torch.empty(rows, heads, splits, dtype=torch.float32, device=queries.device)
        for _ in range(2)
    )
    _attend[(rows, kv_heads, splits)](
        queries,
        keys,
        values,
        places,
        sums,
        tops,
        rests,
        keys.stride(0),
        keys.stride(1),
        dim**-0.5,
        stretch,
        N_KV=kv_heads,
        GROUP=heads // kv_heads,
        DIM=dim,
        BLOCK=POSITIONS if queries.itemsize == 2 else POSITIONS // 2,
        num_warps=4,
    )
    out = torch.empty(rows, heads * dim, dtype=queries.dtype, device=queries.device)
    _combine[(rows * heads,)](
        sums, tops, rests, out, splits, DIM=dim, SPLITS=triton.next_power_of_2(splits), num_warps=1
    )
    return out
