"""How disturbed a reconstruction sounds, as PESQ counts it, with a gradient.

The perceptual model of ITU-T P.862 and P.862.2 (wide band) without its search for delays, in
the frequency domain alone: power in 49 Bark bands up to 8 kHz, both signals brought to one level,
slow differences of timbre and loudness forgiven, loudness by Zwicker's law, small differences
masked, and what was added counted more than what is missing.
"""

import functools

import torch
from torch import Tensor

WINDOW_S = 0.032
BANDS = 49
TOP_HZ = 8000
LEVEL = 1.9e8
"""Power between 325 and 3250 Hz to which both are brought: 83 dB."""
GAMMA = 0.23
LOUDNESS = 0.1866
QUIET = 1e-6
"""Of full scale squared: what is fainter than some -46 dBFS is not brought to that level."""
WORST, BEYOND = 45, 0.02
"""More than that P.862 does not count; here a little of it, so that there is a way back."""
STRETCH, HOP = 20, 10
"""Frames that are judged together."""
SYMMETRIC, ASYMMETRIC = 0.1, 0.0309
"""What the two disturbances take off a mean opinion score of 4.5."""
HEARING = (
    *((0, 77.0), (0.32, 64.0), (0.64, 48.5), (0.96, 36.9), (1.3, 30.7), (1.6, 25.9), (2, 20.2)),
    *((2.3, 16.6), (2.65, 12.5), (3, 9.9), (3.4, 6.9), (4.1, 2.8), (5, -0.8), (6, -4.4), (7, -5.7)),
    *((8.5, -6), (10.2, -5.6), (11.5, -4.5), (13, -3.4), (14.5, -3), (17, -2.8), (18.5, -3.6)),
    *((19.5, -4.4), (21.3, -2.7)),
)
"""The threshold of hearing: Bark, dB."""


def disturbance(made: Tensor, real: Tensor, rate: int = 24000) -> Tensor:
    """Points that PESQ would take off, less where nothing is disturbed.

    Args:
        made, real: Samples [batch, n], of a second or more.
        rate: Of both, in Hz.

    Returns:
        [batch], 0 for equal signals; P.862's raw score is 4.5 less this.
    """
    tables = _tables(rate, made.device)
    made, real = (_bark(wave, rate, tables) for wave in (made, real))  # [batch, bands, frames]
    loud = _audible(real, 100 * tables.quietest).sum(1, keepdim=True) > 1e7
    means = [
        (_audible(power, 100 * tables.quietest) * loud).mean(2, keepdim=True)
        for power in (made, real)
    ]
    real = real * ((means[0] + 1e3) / (means[1] + 1e3)).clamp(0.01, 100)
    totals = [_audible(power, tables.quietest).sum(1, keepdim=True) for power in (real, made)]
    gain = (totals[0] + 5e3) / (totals[1] + 5e3)
    gain = torch.cat([gain[..., :1], 0.8 * gain[..., 1:] + 0.2 * gain[..., :-1]], 2)
    made = made * gain.clamp(3e-4, 5)
    a, b = (tables.loudness(power) for power in (made, real))
    apart = a - b
    apart = apart.sign() * (apart.abs() - 0.25 * torch.minimum(a, b)).clamp(min=0)
    added = ((made.detach() + 50) / (real.detach() + 50)) ** 1.2
    added = torch.where(added < 3, 0, added.clamp(max=12))
    size = ((totals[0].squeeze(1) + 1e5) / 1e7) ** 0.04
    width = tables.width
    both = width.sum().sqrt() * ((apart * width).square().sum(1) + 1e-9).sqrt() / size
    more = (apart.abs() * added * width).sum(1) / size
    return SYMMETRIC * _over_time(both) + ASYMMETRIC * _over_time(more)


def _over_time(disturbed: Tensor) -> Tensor:
    """[batch, frames] -> [batch]: the worst count most within a stretch, less so over them."""
    disturbed = torch.where(disturbed < WORST, disturbed, WORST + BEYOND * (disturbed - WORST))
    missing = max(STRETCH - disturbed.shape[1], -(disturbed.shape[1] - STRETCH) % HOP)
    last = disturbed[:, -1:].expand(-1, missing)
    parts = torch.cat([disturbed, last], 1).unfold(1, STRETCH, HOP)
    parts = (parts.pow(6).mean(2) + 1e-12).pow(1 / 6)
    return parts.square().mean(1).sqrt()


def _audible(power: Tensor, threshold: Tensor) -> Tensor:
    return torch.where(power > threshold, power, 0)


def _bark(wave: Tensor, rate: int, tables: "_Tables") -> Tensor:
    """Samples [batch, n] -> power in Bark bands [batch, bands, frames], at the common level."""
    size = 2 * round(WINDOW_S * rate / 2)
    spectrum = torch.stft(
        wave, size, size // 2, window=tables.window, center=False, return_complex=True
    )[:, : tables.banks.shape[1]]
    power = torch.view_as_real(spectrum).square().sum(-1)
    level = (power * tables.voice).sum(1).mean(1)[:, None, None]
    return tables.banks @ (power * (LEVEL / (level + QUIET * size**2)))


class _Tables:
    """What depends on the rate alone.

    Attributes:
        banks: Weight of a bin in a band, with the high pass of P.862.2 [bands, bins].
        voice: 1 for bins from 325 to 3250 Hz [bins, 1].
        quietest: Threshold of hearing [bands, 1].
        width: Of bands, Bark [bands, 1].
    """

    def __init__(self, rate: int, device: torch.device) -> None:
        size = 2 * round(WINDOW_S * rate / 2)
        hertz = torch.arange(1 + int(TOP_HZ * size / rate)) * rate / size
        edges = _hertz(_bark_of(torch.tensor(float(TOP_HZ))) * torch.linspace(0, 1, BANDS + 1))
        low, high = edges[:-1, None], edges[1:, None]
        half = rate / size / 2  # a bin lies in a band as far as its width does
        inside = torch.minimum(high, hertz + half) - torch.maximum(low, hertz - half)
        self.banks = (inside.clamp(min=0) / (2 * half) * _high_pass(hertz)).to(device)
        self.voice = ((hertz > 325) & (hertz < 3250)).float()[:, None].to(device)
        self.window = torch.hann_window(size).to(device)
        centre = (_bark_of(low) + _bark_of(high)) / 2
        self.width = (_bark_of(high) - _bark_of(low)).to(device)
        self.quietest = 10 ** (_interpolated(centre, HEARING) / 10).to(device)
        self.power = GAMMA * (6 / (centre + 2)).clamp(1, 2).pow(0.15).to(device)

    def loudness(self, power: Tensor) -> Tensor:
        """Sone of each band [batch, bands, frames]; below the threshold there is none."""
        above = (0.5 + 0.5 * power / self.quietest).clamp(min=1)
        return LOUDNESS * (2 * self.quietest) ** self.power * (above**self.power - 1)


@functools.cache
def _tables(rate: int, device: torch.device) -> _Tables:
    return _Tables(rate, device)


def _bark_of(hertz: Tensor) -> Tensor:
    return 7 * torch.asinh(hertz / 650)


def _hertz(bark: Tensor) -> Tensor:
    return 650 * torch.sinh(bark / 7)


def _high_pass(hertz: Tensor) -> Tensor:
    """Power that the input filter of P.862.2 lets through, relative to that at 1 kHz."""

    def gain(at: Tensor) -> Tensor:
        z = torch.exp(-2j * torch.pi * at / 16000)
        ahead = 2.740826 - 5.4816519 * z + 2.740826 * z * z
        return (ahead / (1 - 1.9444777 * z + 0.94597794 * z * z)).abs() ** 2

    return gain(hertz) / gain(torch.tensor(1000.0))


def _interpolated(at: Tensor, points: tuple[tuple[float, float], ...]) -> Tensor:
    """Straight lines between points."""
    x, y = torch.tensor(points).T
    right = torch.searchsorted(x.contiguous(), at).clamp(1, len(x) - 1)
    part = (at - x[right - 1]) / (x[right] - x[right - 1])
    return y[right - 1] + part * (y[right] - y[right - 1])
