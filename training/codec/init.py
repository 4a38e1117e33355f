"""How an untrained codec starts: projections as an MDCT pair, small LayerScale, scaled weights."""

import math

import torch
from torch import Tensor, nn

from engine.models.codec.codec import Codec


def init_codec(codec: Codec, generator: torch.Generator) -> None:
    """Fill the weights in place.

    `input_proj` and `output_proj` begin as analysis and synthesis of a sine-windowed MDCT over
    the last two patches (3 % better in loss at equal steps than random, docs/training.md).
    """
    for module in codec.modules():
        if isinstance(module, nn.Linear):
            spread = 1 / math.sqrt(module.in_features)
            module.weight.data.normal_(0, spread, generator=generator)
        elif isinstance(module, nn.Conv1d | nn.ConvTranspose1d):
            fan_in = module.in_channels * module.kernel_size[0]
            weight = torch.randn(module.weight.shape, generator=generator)
            module.weight = weight / math.sqrt(fan_in / module.stride[0])
    size, dim = codec.config.patch_size, codec.config.dim
    basis = mdct_basis(size)[:, : min(size, dim)]  # [2 * size, coefficients]
    count = basis.shape[1]
    analysis = codec.input_proj.conv.weight.detach().clone() * 0.1
    analysis[:count] = 0
    analysis[:count, :, -2] = 3 * basis[:size].T
    analysis[:count, :, -1] = 3 * basis[size:].T
    codec.input_proj.conv.weight = analysis
    synthesis = codec.output_proj.conv.weight.detach().clone() * 0.1
    synthesis[:, :count] = 0
    synthesis[:, :count, -1] = basis[:size] / 3
    synthesis[:, :count, -2] = basis[size:] / 3
    codec.output_proj.conv.weight = synthesis
    book = codec.quantizer.semantic_codebook
    book.embedding_sum.normal_(generator=generator)
    book.cluster_usage.fill_(1.0)


def mdct_basis(size: int) -> Tensor:
    """Sine-windowed cosines [2 * size, size]; analysis then overlap-add synthesis is identity."""
    n = torch.arange(2 * size).unsqueeze(1)
    k = torch.arange(size)
    window = torch.sin(math.pi * (n + 0.5) / (2 * size))
    return (
        window * torch.cos(math.pi / size * (n + 0.5 + size / 2) * (k + 0.5)) * math.sqrt(2 / size)
    )


def grow(codec: Codec, start: Codec) -> None:
    """Copy the weights of a codec into one with as many or more layers a stage, in place.

    Layers that `start` lacks keep their own weights; their LayerScale falls to a tenth, so that
    the whole says nearly the same as before.

    Raises:
        ValueError: Where sizes other than the numbers of layers differ.
    """
    theirs, own = start.state_dict(), codec.state_dict()
    if any(name not in own or own[name].shape != theirs[name].shape for name in theirs):
        raise ValueError("the codec to begin with has other sizes, or more layers")
    if any(".layers." not in name for name in own.keys() - theirs.keys()):
        raise ValueError("the codec to begin with has no encoder")
    for name in own.keys() - theirs.keys():
        if name.endswith("_scale"):
            own[name] *= 0.1
    codec.load_state_dict({**own, **theirs})
