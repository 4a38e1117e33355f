"""Our kernels against what torch computes: sizes of the 4B, of nano and of the tiny checkpoint.

With TRITON_INTERPRET=1 and Triton installed they run on a CPU too, but for bfloat16.
"""

import itertools
import os

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from engine import checkpoint
from engine.generation.static import StaticStep
from engine.hub import resolve
from engine.models import layers
from engine.models.cache import KVCache, LayerSpan
from engine.models.layers import fuse, rotary_factors, rotate
from tests.conftest import GOLDEN_FOLDER
from tests.frame_steps import never_end, walk

INTERPRETED = bool(os.environ.get("TRITON_INTERPRET"))
DEVICE = "cpu" if INTERPRETED else "cuda"
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the interpreter
    pytest.mark.gpu,
    pytest.mark.skipif(
        not (INTERPRETED or torch.cuda.is_available()), reason="needs an NVIDIA GPU"
    ),
]

HEADS = {"4b": (32, 8, 128), "nano": (4, 4, 64), "tiny": (4, 2, 16)}
DTYPES = [torch.float32, torch.bfloat16][: 1 if INTERPRETED else 2]
ROUNDING = {torch.float32: 1e-5, torch.bfloat16: 1e-2}


@pytest.fixture
def kernels():
    return pytest.importorskip("engine.models.kernels", reason="needs Triton")


def normal(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(*shape, generator=generator).to(DEVICE, dtype)


def off(found: Tensor, exact: Tensor) -> float:
    """Relative error."""
    return float((found.float() - exact.float()).norm() / exact.float().norm())


def rms_norm(x: Tensor, weight: Tensor) -> Tensor:
    return F.rms_norm(x.float(), weight.shape, None, 1e-5).to(x.dtype) * weight


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1, 3072), (5, 6, 256), (3, 1, 96)])
def test_a_norm_after_an_addition(kernels, shape, dtype: torch.dtype) -> None:
    x, delta, weight = (
        normal(*shape, dtype=dtype),
        normal(*shape, dtype=dtype),
        1 + normal(shape[-1]),
    )
    weight = weight.to(dtype)
    total, normed = kernels.add_norm(x, delta.flip(-1).contiguous(), weight, 1e-5)
    assert torch.equal(total, x + delta.flip(-1))
    assert off(normed, rms_norm(total, weight)) < ROUNDING[dtype] / 2
    same, alone = kernels.add_norm(x, None, weight, 1e-5)
    assert same is x
    assert off(alone, rms_norm(x, weight)) < ROUNDING[dtype] / 2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [9216, 768, 96])
def test_a_gate(kernels, size: int, dtype: torch.dtype) -> None:
    joined = normal(3, 2, 2 * size, dtype=dtype)
    gate, up = joined.chunk(2, -1)
    assert off(kernels.gated(joined), F.silu(gate) * up) < ROUNDING[dtype] / 2


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("heads", HEADS.values(), ids=HEADS)
@pytest.mark.parametrize(("rows", "positions"), [(1, 512), (3, 64), (2, 200)])
def test_a_position_of_each_row(
    kernels, heads: tuple[int, int, int], rows: int, positions: int, dtype: torch.dtype
) -> None:
    """Rotary, cache and attention, at the first place, the last one and between."""
    n_heads, n_kv, dim = heads
    cells = (n_kv, 512, dim)
    keys, values = normal(rows + 1, *cells, dtype=dtype), normal(rows + 1, *cells, dtype=dtype) + 1
    projected = normal(rows, 1, (n_heads + 2 * n_kv) * dim, dtype=dtype)
    for lengths in ([0] * rows, list(range(positions - rows, positions)), list(range(7, 7 + rows))):
        places = torch.tensor(lengths, device=DEVICE)
        factors = rotary_factors(places.unsqueeze(-1), dim, 1e6)
        own = [
            KVCache(keys[None].clone(), values[None].clone(), lengths).span(places, positions)[0]
            for _ in range(2)
        ]
        made = kernels.mix(projected, heads, factors, own[0], None)
        assert made.shape == (rows, 1, n_heads * dim)
        assert off(made, expected(projected, heads, factors, own[1])) < ROUNDING[dtype]
        for mine, torchs in zip(
            (own[0].keys, own[0].values), (own[1].keys, own[1].values), strict=True
        ):
            assert off(mine, torchs) < ROUNDING[dtype] / 2
            assert torch.equal(mine[rows:], torchs[rows:])


def expected(
    projected: Tensor, heads: tuple[int, int, int], factors: Tensor, cache: LayerSpan
) -> Tensor:
    """As `TransformerBlock.mix` without kernels."""
    n_heads, n_kv, dim = heads
    every = projected.view(*projected.shape[:2], -1, dim).transpose(1, 2)
    queries, keys, values = every.split_with_sizes((n_heads, n_kv, n_kv), 1)
    turned = [rotate(part, factors) for part in (queries, keys)]
    return cache.attend(*turned, values).transpose(1, 2).flatten(2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("leading", [None, 1])
@pytest.mark.parametrize("heads", HEADS.values(), ids=HEADS)
def test_three_tokens(
    kernels, heads: tuple[int, int, int], leading: int | None, dtype: torch.dtype
) -> None:
    n_heads, n_kv, dim = heads
    projected = normal(5, 3, (n_heads + 2 * n_kv) * dim, dtype=dtype)
    every = projected.view(5, 3, -1, dim).transpose(1, 2)
    queries, keys, values = every.split_with_sizes((n_heads, n_kv, n_kv), 1)
    out = F.scaled_dot_product_attention(queries[:, :, :leading], keys, values, enable_gqa=True)
    made = kernels.mix(projected, heads, None, None, leading)
    assert off(made, out.transpose(1, 2).flatten(2)) < ROUNDING[dtype]


def test_what_no_kernel_does(kernels) -> None:
    for heads, length in itertools.product([(4, 4, 8), (4, 4, 24), (34, 2, 16)], [1, 3]):
        projected = normal(1, length, (heads[0] + 2 * heads[1]) * heads[2])
        assert kernels.mix(projected, heads, None, None, None) is None
    assert kernels.mix(normal(1, 4, 12 * 64), (4, 4, 64), None, None, None) is None


@pytest.mark.parametrize("name", ["tiny", "nano"])
def test_frames_are_as_without_kernels(kernels, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that join and leave, in float32: the whole step, prompts and all."""
    folder = resolve("nano") if name == "nano" else GOLDEN_FOLDER / name
    model = checkpoint.load(folder, DEVICE, torch.float32)
    never_end(model)
    fuse(model)
    calls = []
    monkeypatch.setattr(layers, "fused", lambda x: calls.append(1) or kernels)
    sizes = {"rows": 4, "positions": 64, "steps": 2, "cfg": 1.2, "graphs": False, "lag": 0}
    made = walk(StaticStep(model, **sizes))
    assert calls
    monkeypatch.setattr(layers, "fused", lambda x: None)
    exact = walk(StaticStep(model, **sizes))
    for frame, wanted in zip(made, exact, strict=True):
        for row, spoken in frame.items():
            assert off(spoken.hidden, wanted[row].hidden) < 1e-4
            assert (spoken.codes == wanted[row].codes).all()
