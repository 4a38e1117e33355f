"""The codec's parts against plain versions of themselves, at many sizes."""

import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from engine.models.codec.blocks import (
    BLOCK,
    CausalConv1d,
    CausalConvTranspose1d,
    StreamState,
    alibi_slopes,
    local_attention,
)

TIMES = [1, 2, 3, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 200]
WINDOWS = [1, 2, 9, 16, BLOCK, 100]


@pytest.fixture(autouse=True)
def _no_grad() -> Iterator[None]:
    torch.manual_seed(0)
    with torch.no_grad():
        yield


def dense_attention(queries: Tensor, keys: Tensor, values: Tensor, window: int) -> Tensor:
    """All scores at once: query i is at position past + i and sees itself and `window` earlier."""
    past = keys.shape[2] - queries.shape[2]
    position = torch.arange(queries.shape[2])[:, None] + past
    distance = torch.arange(keys.shape[2])[None] - position
    scores = queries @ keys.transpose(-1, -2) / math.sqrt(queries.shape[-1])
    scores = scores + alibi_slopes(queries.shape[1])[:, None, None] * distance
    seen = (distance <= 0) & (distance >= -window)
    return scores.masked_fill(~seen, -math.inf).softmax(-1) @ values


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("time", TIMES)
def test_local_attention_is_dense_attention_with_a_mask(time: int, window: int) -> None:
    for past in sorted({0, 1, window // 2, window}):
        queries = torch.randn(2, 3, time, 8)
        keys, values = torch.randn(2, 2, 3, past + time, 8).unbind()
        found = local_attention(queries, keys, values, window)
        expected = dense_attention(queries, keys, values, window)
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_a_window_of_w_is_w_earlier_keys_and_itself() -> None:
    keys = torch.zeros(1, 1, 10, 1)
    values = torch.eye(10)[None, None]
    seen = local_attention(keys, keys, values, 3)[0, 0] > 0
    assert seen[9].nonzero().flatten().tolist() == [6, 7, 8, 9]
    assert seen[1].nonzero().flatten().tolist() == [0, 1]


def test_alibi_slopes() -> None:
    """Powers of two begin at 1; others take every second of twice the power below."""
    assert alibi_slopes(1).tolist() == [1]
    assert alibi_slopes(8).tolist() == [2.0**-h for h in range(8)]
    assert alibi_slopes(3).tolist() == [1, 2**-4, 1]
    assert alibi_slopes(6).tolist() == [1, 2**-2, 2**-4, 2**-6, 1, 2**-2]
    assert alibi_slopes(12).tolist() == [*alibi_slopes(8).tolist(), 1, 2**-1, 2**-2, 2**-3]


@pytest.mark.parametrize("pad_mode", ["reflect", "replicate"])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (7, 1), (1, 1), (4, 2), (5, 2), (6, 3)])
@pytest.mark.parametrize("time", [1, 2, 5, 6, 7, 20])
def test_causal_convolution_is_the_plain_sum(
    time: int, kernel: int, stride: int, pad_mode: str
) -> None:
    conv = CausalConv1d(2, 3, kernel, stride, pad_mode)
    x = torch.randn(2, 2, time)
    pad = kernel - stride

    def before(index: int) -> Tensor:
        """x, continued to the left and right as the mode says."""
        if pad_mode == "replicate":
            return x[..., min(max(index, 0), time - 1)]
        index = abs(index)
        long = time + -time % stride
        length = time if max(pad, long - time) < time else pad + 1
        if index >= length:  # mirrored at the last one, of the signal or of its zeros
            index = 2 * (length - 1) - index
        return x[..., index] if index < time else torch.zeros_like(x[..., 0])

    expected = [
        sum(
            before(out * stride - pad + tap) @ conv.conv.weight[..., tap].T for tap in range(kernel)
        )
        for out in range(-(-time // stride))
    ]
    torch.testing.assert_close(conv(x), torch.stack(expected, -1), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("kernel", "stride"), [(4, 2), (2, 2), (3, 2), (5, 2), (9, 3)])
@pytest.mark.parametrize("time", [1, 2, 9])
def test_transposed_convolution_is_cut_and_streams(time: int, kernel: int, stride: int) -> None:
    conv = CausalConvTranspose1d(2, 3, kernel, stride)
    x = torch.randn(2, 2, time)
    expected = torch.zeros(2, 3, time * stride + kernel)
    for index in range(time):
        taps = torch.einsum("bi,iok->bok", x[..., index], conv.conv.weight)
        expected[..., index * stride : index * stride + kernel] += taps
    whole = conv(x)
    torch.testing.assert_close(whole, expected[..., : time * stride], atol=1e-5, rtol=0)
    state = StreamState()
    pieces = [conv(piece, state, "name") for piece in x.split(1, -1)]
    torch.testing.assert_close(torch.cat(pieces, -1), whole, atol=1e-5, rtol=0)
