"""A small float32 model on a CPU, laid out to speak faster; it cannot be trained or saved then.

At the few positions of a frame a product of matrices takes as long as some calls of Python. So
weights are held in half precision and in the order in which the product reads them, those with
the same input in one matrix, and a block of a transformer is one flat function.
"""

import functools

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.layers import FeedForward, Linear, TransformerBlock, normed


class PackedWeight:
    """Weights of one or more layers with the same input, laid out for a small CPU product.

    Held in half precision, computed in float32 (FBGEMM); twice as fast as float32 weights for the
    few positions of a frame, and every position's result is the same bits whatever stands beside
    it (`grid`). bfloat16 weights above 6e-5 are held exactly. Takes the weights from the layers.
    """

    def __init__(self, *layers: Linear) -> None:
        weights = torch.cat([layer.weight.detach().float() for layer in layers])
        self.matrix = torch.ops.quantized.linear_prepack_fp16(weights, None)
        self.product = torch.ops.quantized.linear_dynamic_fp16  # found once: it is used often
        self.grid = grid() or 1
        for layer in layers:
            layer.register_parameter("weight", None)

    def __call__(self, x: Tensor) -> Tensor:
        """[..., in_dim] -> [..., sum of out_dims]."""
        if torch.is_grad_enabled() and x.requires_grad:
            return F.linear(x, torch.ops.quantized.linear_unpack_fp16(self.matrix)[0])
        rows = x.numel() // x.shape[-1]
        if not rows % self.grid:
            return self.product(x, self.matrix)
        return self.product(filled(x, self.grid), self.matrix)[:rows].view(*x.shape[:-1], -1)


def filled(x: Tensor, size: int) -> Tensor:
    """[..., dim] -> its rows [n, dim], with rows of zeros up to a multiple of `size`."""
    rows = x.reshape(-1, x.shape[-1])
    return F.pad(rows, (0, 0, 0, -len(rows) % size))


@functools.cache
def grid() -> int | None:
    """Positions that a product is filled up to a multiple of, so that each has the same bits in any
    company; None where nothing helps.

    FBGEMM has kernels for up to six positions at a time, and without AVX-512 those for one and for
    two round otherwise than the others. Tried out here, for as many positions as 16 rows have.
    """
    generator = torch.Generator().manual_seed(0)
    x, weight = (torch.randn(count, 768, generator=generator) for count in (96, 40))
    matrix = torch.ops.quantized.linear_prepack_fp16(weight, None)

    def product(x: Tensor, size: int) -> Tensor:
        return torch.ops.quantized.linear_dynamic_fp16(filled(x, size), matrix)[: len(x)]

    for size in (1, 3, 6):
        whole = product(x, size)
        if all(torch.equal(product(x[:n], size), whole[:n]) for n in range(1, len(x))):
            return size
    return None


class PackedBlock(TransformerBlock):
    """The same as the block that it is made of, in fewer calls. Takes its weights. No gradients."""

    def __init__(self, block: TransformerBlock) -> None:
        nn.Module.__init__(self)
        attention, feed = block.attention, block.feed_forward
        self.heads = block.heads
        self.queries_keys_values = PackedWeight(attention.wq, attention.wk, attention.wv)
        self.out = PackedWeight(attention.wo)
        self.gate_and_up = PackedWeight(feed.w1, feed.w3)
        self.down = PackedWeight(feed.w2)
        self.norms = [
            (norm.weight.detach(), norm.weight.new_tensor(norm.eps))
            for norm in (block.attention_norm, block.ffn_norm)
        ]

    def project(self, x: Tensor) -> Tensor:
        return self.queries_keys_values(normed(x, *self.norms[0]))

    def enter(self, x: Tensor, delta: Tensor | None) -> tuple[Tensor, Tensor]:
        x = x if delta is None else x + delta
        return x, self.project(x)

    def leave(self, x: Tensor, heard: Tensor) -> tuple[Tensor, Tensor]:
        x = x + self.out(heard)
        gate, up = self.gate_and_up(normed(x, *self.norms[1])).chunk(2, -1)
        return x, self.down(F.silu(gate).mul_(up))


def pack(model: nn.Module) -> bool:
    """Pack a float32 model on the CPU.

    Nothing is done where that would change what the model computes (by more than rounding: its
    weights are not bfloat16 ones) or this machine has no such kernels.

    Returns:
        Whether it is packed now.
    """
    layers = [layer for layer in model.modules() if isinstance(layer, Linear)]
    exact = all(torch.equal(layer.weight, layer.weight.bfloat16().float()) for layer in layers)
    if not exact or "fbgemm" not in torch.backends.quantized.supported_engines or not grid():
        return False
    for stack in [part for part in model.modules() if isinstance(part, nn.ModuleList)]:
        for number, block in enumerate(stack):
            if isinstance(block, TransformerBlock):
                stack[number] = PackedBlock(block)
    for part in model.modules():
        if isinstance(part, FeedForward):  # of the codec
            part.joined = PackedWeight(part.w1, part.w3)
        if isinstance(part, Linear) and part.weight is not None:
            part.packed = PackedWeight(part)
    return True
