"""A hardly audible mark in samples, which tells that a machine made them, and how to find it again.

    marked(pieces, rate) -> pieces     float32 pieces of one stream; joined, as long as what came in
    score(samples, rate) -> number     about 0 without the mark, about 1 with it

The networks are Perth's (Resemble AI, MIT licence, https://github.com/resemble-ai/perth). Only
their weights are used, out of the installed package `resemble-perth`; this code is our own. One
network reads the levels of a spectrogram below 2 kHz and says by how many decibels each place is to
change. Three others, for three speeds of playing, say how marked each frame seems. They were
trained at 32 kHz on windows of 64 ms, every 10 ms. Such windows have the same bins at any rate, so
nothing is resampled here: levels are brought to those of a window of 2048 samples.

The mark is faded by `STRENGTH`, chosen by `python -m evaluation watermark` (docs/watermark.md).
"""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.errors import VoxtralError

STRENGTH = 0.6
"""Share of the change, in decibels, that Perth's network asks for."""
MARKED_FROM = 0.6
"""A score from which on samples count as marked."""
SHORTEST_S = 2.0
"""Fewer seconds are not judged."""
LOWEST_RATE = 4000
"""Samples a second that the band of the mark needs."""
OFFSET = 0.01
"""Of the standard deviation: what is less is no matter."""
SOFTEST = 1e-5
"""What has no louder sample is silent."""

PACKAGE = "resemble-perth"
WEIGHTS = "perth/perth_net/pretrained/implicit/perth_net_250000.pth.tar"
BINS = 128  # of 15.625 Hz each
TRAINED_SIZE = 2048  # samples of a window
CONVOLUTIONS = 7  # over time, of widths 1, 7, 7, 7, 7, 7, 1
AHEAD, WIDEST = 15, 7  # frames of either side that a frame's change depends on; the width of most
EARLY, AT_ONCE = 100, 50  # after so many frames of a stream, fewer at a time wait: they cost twice
SPEEDS = {"slow": 1.25, "normal": 1.0, "fast": 0.75}
LOWEST_DB, SPAN_DB = -180.0, 195.0  # of levels 0 to 1
LINE_DB, MAINS = 10.0, slice(3, 5)  # of hum; the bins of 50 and 60 Hz
QUIET = 0.05  # of the highest mean level: frames below are digital silence

Network = list[tuple[Tensor, Tensor]]  # weight [out, in, width] and bias [out] of each convolution


def marked(
    pieces: Iterable[np.ndarray], rate: int, strength: float = STRENGTH
) -> Iterator[np.ndarray]:
    """Marks a stream while it is made.

    Args:
        pieces: float32 [n] each, mono, -1 to 1; together one stream.
        rate: Samples a second.
        strength: 0 (nothing) to 1 (as Perth does it).

    Yields:
        float32 pieces, 0.2 s behind what came in, later up to 0.7 s; a last one with the rest.
    """
    marking = Marking(rate, strength)
    for piece in pieces:
        yield marking.write(piece)
    yield marking.finish()


class Marking:
    """The mark of one stream, piece by piece.

    Pieces of any size join into what one piece gives, up to rounding: the convolutions keep what
    they need of the past, and samples wait for the frames that come after them.
    """

    def __init__(self, rate: int, strength: float = STRENGTH) -> None:
        self._spectra, self._strength, self._network = Spectra(rate), strength, encoder()
        half = self._spectra.size // 2
        self._heard = torch.zeros(half)  # what the next frames begin with
        self._frames = torch.zeros(BINS, 0, dtype=torch.complex64)  # those without a change so far
        self._past = [torch.zeros(1, len(bias), WIDEST // 2) for _, bias in self._network]
        self._overlap = torch.zeros(self._spectra.size - self._spectra.hop)
        self._early = half  # samples of change that lie before the first sample
        self._waiting = torch.zeros(0)  # samples not given out yet
        self._taken = 0  # frames so far

    @torch.inference_mode()
    def write(self, samples: np.ndarray) -> np.ndarray:
        """Takes float32 [n], any number; returns the next marked samples, float32 [m]."""
        new = torch.tensor(samples, dtype=torch.float32)
        self._waiting = torch.cat([self._waiting, new])
        change = self._change(new)
        early = min(self._early, len(change))
        self._early -= early
        change = change[early:][: len(self._waiting)]
        ready, self._waiting = self._waiting.tensor_split([len(change)])
        return (ready + change).numpy()

    def finish(self) -> np.ndarray:
        """The rest of the marked samples, float32 [m]; nothing may be written afterwards."""
        rest, size = len(self._waiting), self._spectra.size
        silence = np.zeros(size + (AHEAD + AT_ONCE) * self._spectra.hop, dtype=np.float32)
        return self.write(silence)[:rest]

    def _change(self, samples: Tensor) -> Tensor:
        """Samples [n] -> what is to be added to earlier ones [m], from half a window before."""
        size, hop = self._spectra.size, self._spectra.hop
        heard = torch.cat([self._heard, samples])
        count = max(0, (len(heard) - size) // hop + 1)
        count = count if self._taken < EARLY or count >= AT_ONCE else 0
        self._taken += count
        self._heard = heard[count * hop :]
        if not count:
            return samples[:0]
        frames = self._spectra.of(heard[: (count - 1) * hop + size])
        change_db = SPAN_DB * run(self._network, self._spectra.levels(frames), self._past)
        frames = torch.cat([self._frames, frames], dim=1)
        ready, self._frames = frames.tensor_split([change_db.shape[1]], dim=1)
        if not ready.shape[1]:
            return samples[:0]
        added = self._spectra.joined(ready * (10 ** (self._strength * change_db / 20) - 1))
        added[: len(self._overlap)] += self._overlap
        done, self._overlap = added.tensor_split([ready.shape[1] * hop])
        return done


@torch.inference_mode()
def score(samples: np.ndarray, rate: int) -> float | None:
    """How marked some seconds of sound are.

    Args:
        samples: Floating point [n], mono.
        rate: Samples a second; any from LOWEST_RATE.

    Returns:
        About 0 to 1; None where it cannot be told: too short, too low a rate, or silent.
    """
    if len(samples) < SHORTEST_S * rate or rate < LOWEST_RATE:
        return None
    offset = float(np.mean(samples, dtype=np.float64))
    if abs(offset) > OFFSET * np.std(samples):  # it would hide a mark
        samples = samples - offset
    if not np.abs(samples).max() > SOFTEST:
        return None
    spectra = Spectra(rate)
    wave = torch.tensor(samples, dtype=torch.float32)
    levels = spectra.levels(spectra.of(F.pad(wave, [spectra.size // 2] * 2)))
    loudness = levels.mean(dim=0)
    heard = loudness > QUIET * loudness.max()
    if not heard.any():
        return None
    value, quiet = _opinion(levels, heard.float()), without_hum(levels, heard)
    return value if quiet is levels else min(value, _opinion(quiet, heard.float()))


def _opinion(levels: Tensor, heard: Tensor) -> float:
    """Of the networks, on levels [BINS, frames] of which `heard` [frames] count: 0 to 1."""
    means = []  # of each speed: weight of its opinion, and its opinion
    for speed, factor in SPEEDS.items():
        length = int(len(heard) * factor)
        stretched = F.interpolate(levels[None], length, mode="linear", align_corners=True)[0]
        mask = F.interpolate(heard[None, None], length)[0, 0]
        means.append((run(decoder(speed), stretched) * mask).sum(dim=1) / mask.sum())
    weights, opinions = torch.stack(means, dim=1)
    return float((weights.softmax(dim=0) * opinions).sum().clamp(0, 1))


def without_hum(levels: Tensor, heard: Tensor) -> Tensor:
    """Levels [BINS, frames] without the hum of the mains, which the networks take for a mark.

    A line of it is LINE_DB louder than what is around it even in the softest tenth of the frames,
    and gets the levels of its neighbours. Without one at 50 or 60 Hz nothing hums.
    """
    floor = levels[:, heard].quantile(0.1, dim=1)
    around = F.pad(floor[None, None], (6, 6), mode="replicate")[0, 0].unfold(0, 13, 1)
    loud = (floor - around.median(dim=1).values) * SPAN_DB > LINE_DB
    wide = F.max_pool1d(loud.float()[None], 5, 1, 2)[0] > 0  # as wide as a window smears it
    if not loud[MAINS].any() or wide.all():
        return levels
    kept, places = (~wide).nonzero()[:, 0], torch.arange(BINS)
    after = torch.searchsorted(kept, places)
    low, high = kept[(after - 1).clamp(min=0)], kept[after.clamp(max=len(kept) - 1)]
    part = ((places - low) / (high - low).clamp(min=1)).clamp(0, 1)[:, None]
    return torch.where(wide[:, None], levels[low].lerp(levels[high], part), levels)


class Spectra:
    """Windows of 64 ms, every 10 ms, at one rate."""

    def __init__(self, rate: int) -> None:
        self.size, self.hop = rate * 8 // 125, rate // 100
        self._window = torch.hann_window(self.size)

    def of(self, samples: Tensor) -> Tensor:
        """Samples [n] -> the lowest bins of all whole windows: complex [BINS, frames]."""
        spectra = torch.stft(
            samples, self.size, self.hop, window=self._window, center=False, return_complex=True
        )
        return spectra[:BINS]

    def levels(self, spectra: Tensor) -> Tensor:
        """[BINS, frames] -> decibels in the scale that the networks know, about 0 to 1."""
        magnitudes = spectra.abs() * (TRAINED_SIZE / self.size)
        decibels = 20 * torch.log10(magnitudes.clip(10 ** (LOWEST_DB / 20)))
        return (decibels - LOWEST_DB) / SPAN_DB

    def joined(self, spectra: Tensor) -> Tensor:
        """[BINS, frames] -> samples [(frames - 1) * hop + size]; the inverse of `of` where windows
        overlap fully (up to the ripple of their sum, below 1 %)."""
        count = spectra.shape[1]
        pieces = torch.fft.irfft(spectra.T, self.size) * self._window
        parts = F.pad(pieces, (0, -self.size % self.hop)).unflatten(1, (-1, self.hop))
        summed = torch.zeros(count + parts.shape[1] - 1, self.hop)
        for later, part in enumerate(parts.unbind(1)):  # twice as fast as F.fold
            summed[later : later + count] += part
        summed = summed.flatten()[: (count - 1) * self.hop + self.size]
        return summed * (self.hop / float(self._window.square().sum()))


def run(network: Network, x: Tensor, past: list[Tensor] | None = None) -> Tensor:
    """[BINS, frames] through the convolutions: [channels of the last, frames].

    Args:
        past: Of a stream, what each convolution has read already [1, channels, up to 6]; changed
            here. The result is then AHEAD frames behind, and may be empty. None for the whole:
            silence stands before and after.
    """
    x = x[None]
    for number, (weight, bias) in enumerate(network):
        edge = weight.shape[2] // 2
        if edge and past is None:
            x = F.pad(x, (edge, edge))
        elif edge and past is not None:
            x = torch.cat([past[number], x], dim=2)
            past[number] = x[..., -2 * edge :]
            if x.shape[2] <= 2 * edge:
                return x.new_zeros(len(network[-1][1]), 0)
        x = F.conv1d(x, weight, bias)
        if number < len(network) - 1:
            x = F.leaky_relu(x)
    return x[0]


def encoder() -> Network:
    """What changes a spectrogram: [BINS, frames] -> [BINS, frames]."""
    return _network("encoder.layers")


def decoder(speed: str) -> Network:
    """What finds the mark at one of SPEEDS: [BINS, frames] -> [weight and opinion, frames]."""
    return _network(f"decoder.{speed}_layers")


def _network(name: str) -> Network:
    prefixes = [f"{name}.{number}.conv" for number in range(CONVOLUTIONS)]
    return [(_weights()[f"{p}.weight"], _weights()[f"{p}.bias"]) for p in prefixes]


@cache
def _weights() -> dict[str, Tensor]:
    """All tensors of Perth's file; only those that are used are read from the disk."""
    hint = f"Install it again: pip install --force-reinstall --no-deps {PACKAGE}"
    try:
        path = distribution(PACKAGE).locate_file(WEIGHTS)
        tensors: dict[str, Tensor] = torch.load(str(path), "cpu", weights_only=True, mmap=True)[
            "model"
        ]
    except PackageNotFoundError:
        raise VoxtralError(f"The package {PACKAGE} is not installed.", hint) from None
    except (OSError, RuntimeError, KeyError) as error:
        raise VoxtralError(f"The weights of {PACKAGE} cannot be read: {error}.", hint) from error
    return tensors
