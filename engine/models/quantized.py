"""Weights in 8 or 4 bit, by torch's own kernels: for the backbone. They cannot be trained.

Only weights are quantised. On a CPU the kernels take activations and give products in bfloat16.
torchao was tried: 5 s to import, 34 ms where these take 7 (int8), and 4 bit on NVIDIA GPUs alone.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.errors import CheckpointError, DeviceError, InputError
from engine.models.layers import fuse

GROUP = 64
"""Neighbouring weights of a row that share a scale and a zero, in 4 bit."""
ROUNDS = 3
"""Of fitting these: as near as HQQ, nearer than NF4 (tests/engine/test_quantized.py)."""
FEW = 8
"""Positions up to which the int8 kernel of the CPU is faster than a product of dense weights."""
BLOCKS = {"cpu": 64, "cuda": 4096}
"""Rows of a matrix that are fitted at a time: few, so that they stay in the caches of a CPU."""
LEAST = 1e-8
"""Scale of weights that are all the same."""


class Int8Linear(nn.Module):
    """8 bit, symmetric, a scale for each output: weight = matrix * scales. [..., in] -> [..., out].

    On a CPU few positions are multiplied as they are. Everywhere else the weights are widened
    first: half the memory, but slower than bfloat16.
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        largest = weight.abs().amax(1, keepdim=True).float()
        scales = (largest / 127).clamp(min=LEAST).bfloat16()
        size = BLOCKS.get(weight.device.type, len(weight))
        blocks = zip(weight.split(size), scales.split(size), strict=True)
        matrix = [(w.float() / s.float()).round_().clamp_(-127, 127).char() for w, s in blocks]
        self.register_buffer("matrix", torch.cat(matrix))
        self.register_buffer("scales", scales.squeeze(1))

    matrix: Tensor  # int8 [out, in]
    scales: Tensor  # bfloat16 [out]

    def forward(self, x: Tensor) -> Tensor:
        if not x.is_cpu or x.shape[-2] > FEW:
            return F.linear(x, self.matrix.to(x.dtype)) * self.scales.to(x.dtype)
        product = torch._weight_int8pack_mm(_rows(x), self.matrix, self.scales)
        return product.to(x.dtype).unflatten(0, x.shape[:-1])


class Int4Linear(nn.Module):
    """4 bit: weight = (code - 8) * scale + zero, with both of each GROUP. [..., in] -> [..., out].

    The codes are laid out for the device that the weight is on.
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        blocks = weight.split(BLOCKS[weight.device.type])
        fitted = [fit(block.float().unflatten(1, (-1, GROUP))) for block in blocks]
        codes, scales, zeros = (torch.cat(parts) for parts in zip(*fitted, strict=True))
        codes = codes.flatten(1)
        if weight.is_cpu:
            matrix = torch._convert_weight_to_int4pack_for_cpu(codes.int(), 1)
        else:  # two codes a byte, then in tiles of 16 * tiles inputs
            tiles = 4 if weight.shape[1] % 128 else 8
            matrix = torch._convert_weight_to_int4pack(codes[:, ::2] << 4 | codes[:, 1::2], tiles)
        factors = torch.cat([scales, zeros], -1).transpose(0, 1).contiguous()
        self.register_buffer("matrix", matrix)
        self.register_buffer("factors", factors)

    matrix: Tensor
    factors: Tensor  # bfloat16 [in / GROUP, out, 2]

    def forward(self, x: Tensor) -> Tensor:
        multiply = torch._weight_int4pack_mm_for_cpu if x.is_cpu else torch._weight_int4pack_mm
        product = multiply(_rows(x), self.matrix, GROUP, self.factors)
        return product.to(x.dtype).unflatten(0, x.shape[:-1])


def _rows(x: Tensor) -> Tensor:
    """As the kernels take it: [..., in] -> bfloat16 [n, in], contiguous."""
    return x.reshape(-1, x.shape[-1]).bfloat16().contiguous()


SCHEMES = {"int8": Int8Linear, "int4": Int4Linear}


def fit(weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Codes, scales and zeros of groups of weights with a small squared error.

    Begins with the range of each group, then in turn solves for scale and zero (least squares, the
    codes given) and rounds again (the factors given), which never makes the error larger.

    Args:
        weights: float32 [..., GROUP].

    Returns:
        Codes uint8 [..., GROUP], 0 to 15; scales and zeros bfloat16 [..., 1].
    """
    low = weights.amin(-1, keepdim=True)
    scales = ((weights.amax(-1, keepdim=True) - low) / 15).clamp_(min=LEAST)
    mean = weights.mean(-1, keepdim=True)
    codes = _rounded(weights, scales, low)
    for _ in range(ROUNDS):
        middle = codes.mean(-1, keepdim=True)
        variance = codes.square().mean(-1, keepdim=True) - middle.square()
        covariance = (codes * weights).mean(-1, keepdim=True) - middle * mean
        solved = covariance / variance.clamp(min=LEAST)
        scales = torch.where(variance > LEAST, solved, scales).clamp_(min=LEAST)
        low = mean - middle * scales
        codes = _rounded(weights, scales, low)
    scales, zeros = scales.bfloat16(), (low + 8 * scales).bfloat16()
    codes = _rounded(weights, scales.float(), zeros.float() - 8 * scales.float())
    return codes.byte(), scales, zeros


def _rounded(weights: Tensor, scales: Tensor, low: Tensor) -> Tensor:
    """The codes nearest to some weights."""
    steps = scales.reciprocal()
    return (weights * steps).sub_(low * steps).round_().clamp_(0, 15)


def check_scheme(scheme: str | None, device: torch.device) -> None:
    """Whether there are kernels for it; None is no scheme.

    Raises:
        InputError: If there is no such scheme.
        DeviceError: If the device cannot compute with it.
    """
    if scheme is None:
        return
    if scheme not in SCHEMES:
        raise InputError(f"There is no quantisation {scheme!r}.", f"Use {' or '.join(SCHEMES)}.")
    if scheme == "int8" or device.type == "cpu":
        return
    if device.type != "cuda" or torch.cuda.get_device_capability(device) < (8, 0):
        raise DeviceError(
            f"4 bit needs a CPU or an NVIDIA GPU of 2020 or later; {device} is neither.",
            "Use --quantize int8.",
        )


def quantize(module: nn.Module, scheme: str) -> None:
    """Put a quantised one in the place of every `nn.Linear` (without bias) inside a module.

    Those with the same input are fused first.

    Raises:
        CheckpointError: If 4 bit has no kernel for a matrix of this shape.
    """
    fuse(module)
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if not isinstance(child, nn.Linear) or child.weight is None:  # fused with others
                continue
            rows, columns = child.weight.shape
            if scheme == "int4" and (rows % 16 or columns % GROUP):
                raise CheckpointError(
                    f"4 bit needs matrices of 16 n by {GROUP} n weights; {name} has {rows} by "
                    f"{columns}.",
                    "Use --quantize int8.",
                )
            setattr(parent, name, SCHEMES[scheme](child.weight.detach()))
