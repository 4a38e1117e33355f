"""Crops as other microphones, rooms and lines would have coloured them."""

import functools
import math

import torch
from torch import Tensor

SHARE, BAND_SHARE = 0.5, 0.4
"""Of the crops that are coloured, and of those the ones whose band ends early."""
NODES, NODES_HZ, DEVIATION_DB = 28, (80.0, 11_000.0), 4.0
"""Gains are drawn at so many frequencies, evenly spaced between these on a logarithmic scale."""
TOP_HZ, BOTTOM_HZ = (3_400.0, 11_000.0), (40.0, 300.0)
SLOPE_DB, FLOOR_DB = 0.1, 60.0
"""Of an end of the band: dB for a Hz, and dB in all."""


def coloured(wave: Tensor, generator: torch.Generator, rate: int = 24_000) -> Tensor:
    """Half of the crops with another spectrum, as loud as before: a random curve, and of some
    only a band. People's recordings differ so; a corpus of one teacher does not.

    Args:
        wave: float32 samples [batch, n].
        generator: On the CPU.

    Returns:
        Samples of the same shape and time.
    """
    size, bins = len(wave), wave.shape[1] // 2 + 1
    chosen = torch.rand(size, generator=generator) < SHARE
    curve = DEVIATION_DB * torch.randn(size, NODES, generator=generator)
    banded = torch.rand(size, generator=generator) < BAND_SHARE
    places = torch.rand(2, size, 1, generator=generator)
    bottom, top = (
        a + (b - a) * place for (a, b), place in zip((BOTTOM_HZ, TOP_HZ), places, strict=True)
    )
    hertz = torch.linspace(0, rate / 2, bins)
    outside = torch.maximum(bottom - hertz, hertz - top).clamp(min=0)
    gain = curve @ _between(bins, rate) - (SLOPE_DB * outside).clamp(max=FLOOR_DB) * banded[:, None]
    factor = torch.where(chosen[:, None], 10 ** (gain / 20), 1.0).to(wave.device)
    made = torch.fft.irfft(torch.fft.rfft(wave) * factor, wave.shape[1])
    loudness = [(part.square().mean(1, keepdim=True) + 1e-10).sqrt() for part in (wave, made)]
    return made * loudness[0] / loudness[1]


@functools.cache
def _between(bins: int, rate: int) -> Tensor:
    """[nodes, bins]: what each node adds to each bin, linear along log frequency."""
    low, high = map(math.log, NODES_HZ)
    hertz = torch.linspace(0, rate / 2, bins).clamp(min=1)
    place = ((hertz.log() - low) / (high - low) * (NODES - 1)).clamp(0, NODES - 1)
    return (1 - (place - torch.arange(NODES)[:, None]).abs()).clamp(min=0)
