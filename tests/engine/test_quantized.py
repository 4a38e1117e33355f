"""The backbone in 8 and 4 bit: near the exact one, by layer and in all; and what is slow."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine import Engine, SpeechOptions, checkpoint
from engine.errors import CheckpointError, DeviceError, InputError
from engine.estimate import estimate
from engine.models.layers import Linear, fuse
from engine.models.quantized import GROUP, Int4Linear, Int8Linear, check_scheme, fit, quantize
from tests.conftest import GOLDEN_FOLDER

TINY = GOLDEN_FOLDER / "tiny"
NF4 = (
    *(-1, -0.6961928, -0.5250731, -0.3949175, -0.2844414, -0.1847734, -0.09105, 0),
    *(0.0795803, 0.1609302, 0.2461123, 0.3379152, 0.4407098, 0.562617, 0.7229568, 1),
)
"""Its 16 values (Dettmers et al. 2023, appendix E)."""

KINDS = [(Int8Linear, 0.012), (Int4Linear, 0.11)]
"""Relative error of a product of normal weights: least squares in 4 bit reach 0.085."""


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    torch.manual_seed(0)
    with torch.inference_mode():
        yield


def off(found: Tensor, exact: Tensor) -> float:
    """Relative error."""
    return float((found.float() - exact.float()).norm() / exact.float().norm())


@pytest.mark.parametrize(("kind", "bound"), KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(2, 1), (1, 6), (1, 40), (3, 40)])
def test_products(
    kind: type[nn.Module], bound: float, dtype: torch.dtype, shape: tuple[int, int]
) -> None:
    weight = (torch.randn(160, 192) / 50).to(dtype)
    x = torch.randn(*shape, 192).to(dtype)
    found = kind(weight)(x)
    assert found.dtype == dtype
    assert found.shape == (*shape, 160)
    assert 1e-4 < off(found, F.linear(x.float(), weight.float())) < bound


@pytest.mark.parametrize(("kind", "bound"), KINDS)
def test_weights_of_one_value(kind: type[nn.Module], bound: float) -> None:
    x = torch.randn(1, 3, 64)
    assert not kind(torch.zeros(32, 64))(x).any()
    ones = torch.full((32, 64), 0.7)
    assert off(kind(ones)(x), F.linear(x, ones)) < bound


def test_4_bit_is_nearer_than_its_range_and_than_nf4() -> None:
    weights = torch.randn(64, 20, GROUP) / 50
    codes, scales, zeros = fit(weights)
    assert int(codes.max()) <= 15
    fitted = off((codes.float() - 8) * scales + zeros, weights)
    low, high = weights.amin(-1, True), weights.amax(-1, True)
    step = (high - low) / 15
    assert fitted < 0.97 * off(((weights - low) / step).round() * step + low, weights)
    largest = weights.abs().amax(-1, True)
    values = torch.tensor(NF4)
    nearest = values[((weights / largest).unsqueeze(-1) - values).abs().argmin(-1)]
    assert fitted < off(nearest * largest, weights)


@pytest.mark.parametrize(
    ("scheme", "by_layer", "in_all"), [("int8", 0.02, 0.04), ("int4", 0.3, 0.4)]
)
def test_a_quantized_backbone_hears_what_the_exact_one_does(
    scheme: str, by_layer: float, in_all: float
) -> None:
    """Of random weights, which no training has made robust, in 64 dimensions."""
    exact, model = checkpoint.load(TINY), checkpoint.load(TINY, scheme=scheme)
    x = torch.randn(2, 20, exact.config.dim) / 10
    for one, other in zip(exact.layers, model.layers, strict=True):
        assert 0 < off(other(x) - x, one(x) - x) < by_layer
    hidden = model(x)
    assert 0 < off(hidden, exact(x)) < in_all
    fuse(exact.layers)
    for name, layer in exact.layers.named_modules():
        if isinstance(layer, Linear) and layer.weight is not None:
            columns = torch.eye(layer.in_features)
            layer.weight = nn.Parameter(model.layers.get_submodule(name)(columns).t())
    assert 0 < off(hidden, exact(x)) < 0.02
    left = [module for module in model.layers.modules() if isinstance(module, Linear)]
    assert all(layer.weight is None for layer in left)
    kept = {name: t for name, t in model.state_dict().items() if not name.startswith("layers.")}
    whole = exact.state_dict()
    assert any(name.startswith("acoustic_transformer.layers.") for name in kept)
    assert all(torch.equal(tensor, whole[name]) for name, tensor in kept.items())


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc here")
def test_layers_leave_no_page_of_the_file() -> None:
    """Else the CPU would hold the file and what was made of it."""
    model = checkpoint.load(GOLDEN_FOLDER / "tiny-open", dtype=torch.bfloat16, scheme="int8")
    held = [
        [int(part, 16) for part in line.split()[0].split("-")]
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.endswith(checkpoint.WEIGHTS)
    ]

    def mapped(tensor: Tensor) -> bool:
        return any(start <= tensor.data_ptr() < end for start, end in held)

    assert mapped(model.mm_audio_embeddings.tok_embeddings.weight)
    assert not any(mapped(tensor) for tensor in model.layers.state_dict().values())


@pytest.mark.parametrize("scheme", ["int8", "int4"])
def test_speaking(scheme: str) -> None:
    engine = Engine.from_folder(TINY, "cpu", quantize=scheme)
    assert engine.quantized == scheme
    assert not engine.packed
    options = SpeechOptions(seed=3, steps=1)
    spoken = [engine.speak("Hi.", None, options) for _ in range(2)]
    assert len(spoken[0]) > 1000
    assert (spoken[0] == spoken[1]).all()


def test_what_cannot_be_quantized() -> None:
    with pytest.raises(InputError, match="'int3'") as caught:
        Engine.from_folder(TINY, "cpu", quantize="int3")
    assert caught.value.hint == "Use int8 or int4."
    with pytest.raises(CheckpointError, match="w1 has 8 by 96"):
        quantize(nn.ModuleDict({"w1": Linear(96, 8)}), "int4")
    check_scheme("int8", torch.device("mps"))
    with pytest.raises(DeviceError, match="mps is neither"):
        check_scheme("int4", torch.device("mps"))


def test_an_estimate_grows_with_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that each layer moves on by one second for each position it is given."""
    model = checkpoint.load(TINY)
    now = [0.0]
    monkeypatch.setattr("engine.estimate.time.perf_counter", lambda: now[0])
    for layer in (*model.layers, *model.acoustic_transformer.layers):
        layer.register_forward_hook(
            lambda _module, given, _out: now.__setitem__(0, now[0] + given[0].shape[1])
        )
    layers, head = len(model.layers), len(model.acoustic_transformer.layers)
    factor, start = estimate(model, rows=1, steps=8)
    rate = model.model_config.codec.frame_rate
    assert factor == pytest.approx((layers + 8 * 6 * head) * rate)
    assert start == pytest.approx(160 * layers)
    assert estimate(model, rows=4, steps=8)[0] == pytest.approx(factor / 4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize(("kind", "bound"), KINDS)
@pytest.mark.parametrize("size", [64, 192, 256, 3072])
def test_products_on_a_gpu(kind: type[nn.Module], bound: float, size: int) -> None:
    """Every layout of tiles, and the same weights as on the CPU."""
    weight = (torch.randn(160, size) / 50).bfloat16().cuda()
    layer, there = kind(weight), kind(weight.cpu())
    for shape in ((1, 1), (8, 1), (1, 40), (64, 1)):
        x = torch.randn(*shape, size).bfloat16().cuda()
        found = layer(x)
        assert off(found, F.linear(x.float(), weight.float())) < bound
        assert off(found.cpu(), there(x.cpu())) < 0.02


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("scheme", ["int8", "int4"])
def test_speaking_on_a_gpu(scheme: str) -> None:
    exact = checkpoint.load(TINY, "cuda")
    model = checkpoint.load(TINY, "cuda", scheme=scheme)
    x = torch.randn(2, 20, exact.config.dim).bfloat16().cuda() / 10
    assert off(model(x), exact(x)) < 0.2
    engine = Engine.from_folder(TINY, "cuda", quantize=scheme)
    assert len(engine.speak("Good morning.", None, SpeechOptions(seed=3, steps=2))) > 1000
