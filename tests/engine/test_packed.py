"""Packed weights of a small model on the CPU: the same speech, the same bytes in any company."""

from pathlib import Path

import numpy as np
import pytest
import torch

from engine import Engine, SpeechOptions
from engine.checkpoint import load
from engine.hub import resolve
from engine.models.layers import Linear, fuse
from engine.models.packed import PackedBlock, PackedWeight, grid, pack

GOLDEN = Path(__file__).parents[1] / "golden"

pytestmark = pytest.mark.skipif(
    "fbgemm" not in torch.backends.quantized.supported_engines or grid() is None,
    reason="needs FBGEMM",
)


def test_products_equal_float32_and_do_not_depend_on_neighbours() -> None:
    torch.manual_seed(0)
    layers = [Linear(48, size) for size in (64, 16)]
    for layer in layers:
        layer.weight.data = layer.weight.data.bfloat16().float()
    x = torch.randn(3, 6, 48)
    with torch.no_grad():
        wanted = [layer(x) for layer in layers]
    packed = PackedWeight(*layers)
    for made, expected in zip(packed(x).split((64, 16), -1), wanted, strict=True):
        torch.testing.assert_close(made, expected, atol=1e-5, rtol=0)
    assert torch.equal(packed(x[1:2, 2:3]), packed(x)[1:2, 2:3])
    many = torch.randn(40, 1, 48)
    whole = packed(many)
    assert all(torch.equal(packed(many[:n]), whole[:n]) for n in range(1, 40))
    assert all(layer.weight is None for layer in layers)
    packed.grid = 3  # whatever this machine needs
    torch.testing.assert_close(packed(x[:, :5]), torch.cat(wanted, -1)[:, :5], atol=1e-5, rtol=0)


def test_a_packed_model_computes_the_same() -> None:
    exact = load(GOLDEN / "tiny-open", dtype=torch.float32)
    packed = load(GOLDEN / "tiny-open", dtype=torch.float32)
    assert pack(packed)
    dim = exact.config.dim
    assert not any(isinstance(m, Linear) and m.weight is not None for m in packed.modules())
    stacks = [*packed.layers, *packed.acoustic_transformer.layers]
    assert all(isinstance(block, PackedBlock) for block in stacks)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, 7, dim, generator=generator)
    noise = torch.randn(2, exact.acoustic_transformer.acoustic_dim, generator=generator)
    cfg = torch.tensor([1.2, 3.0])
    with torch.inference_mode():
        hidden = exact(x)
        torch.testing.assert_close(packed(x), hidden, atol=2e-4, rtol=1e-4)
        ends = [
            m.acoustic_transformer.trajectory(hidden[:, -1], noise, cfg, 8)[-1]
            for m in (exact, packed)
        ]
    torch.testing.assert_close(ends[1], ends[0], atol=1e-3, rtol=1e-3)


def test_a_fused_model_computes_the_same() -> None:
    apart, fused = (load(GOLDEN / "tiny", dtype=torch.float32) for _ in range(2))
    count = sum(parameter.numel() for parameter in apart.parameters())
    fuse(fused)
    assert sum(parameter.numel() for parameter in fused.parameters()) == count
    assert fused.layers[0].attention.wq.weight is None
    x = torch.randn(2, 7, apart.config.dim, generator=torch.Generator().manual_seed(1))
    noise = torch.zeros(2, apart.acoustic_transformer.acoustic_dim)
    with torch.inference_mode():
        hidden = apart(x)
        torch.testing.assert_close(fused(x), hidden, atol=1e-5, rtol=1e-5)
        frames = [
            m.acoustic_transformer(hidden[:, -1], noise, torch.full((2,), 1.2), 8)
            for m in (apart, fused)
        ]
    assert torch.equal(*frames)


def is_packed(part: torch.nn.Module) -> bool:
    return isinstance(part, PackedBlock) or isinstance(getattr(part, "packed", None), PackedWeight)


def test_exact_float32_is_there_for_the_asking() -> None:
    engine = Engine.from_folder(GOLDEN / "tiny-open", "cpu", dtype="float32")
    assert not any(map(is_packed, engine._model.modules()))


def test_float32_weights_are_left_as_they_are() -> None:
    model = load(GOLDEN / "tiny", dtype=torch.float32)
    assert not pack(model)
    assert not any(map(is_packed, model.modules()))


def test_nano_speaks_the_same_bytes_alone_and_beside_others() -> None:
    engine = Engine.from_folder(resolve("nano"), "cpu")
    assert engine.packed
    text = "Yes, of course. We met at noon."
    alone, beside = (
        engine.speak(text, options=SpeechOptions(seed=3, steps=2, max_chars=20, rows=rows))
        for rows in (1, 2)
    )
    assert np.array_equal(alone, beside)
