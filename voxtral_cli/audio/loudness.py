"""How loud speech is, and bringing it to what audiobooks ask for.

    levels = find_levels("acx", rate, listen)    listen() -> blocks: a book, or a chapter
    levelled(listen(), rate, levels)             the same at one gain, with its peaks held down

Loudness is that of ITU-R BS.1770-4 for one channel, gated; its filter is the usual analogue one
for any rate, here as an impulse response, so NumPy alone suffices. (pyebur128 0.1.1 has no wheels
for Python 3.13, pyloudnorm wants the whole book in memory.)
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from voxtral_cli.audio.limiter import Limiter, Pieces

HOPS = 7
"""Hops of 100 ms that are filtered at a time."""

WELL_ABOVE = 2.0
"""Decibels over the ceiling from which on holding peaks down is heard in the whole."""

BIN_LU = 0.01
QUIETEST = -70.0
QUIETEST_ENERGY = 10 ** ((QUIETEST + 0.691) / 10)
"""Below -70 LUFS BS.1770 hears nothing."""


@dataclass(frozen=True)
class Preset:
    """What a shop or a norm asks for.

    Args:
        lufs: Loudness to reach; NaN where `rms_db` counts.
        rms_db: Root mean square to reach, in dBFS; NaN where `lufs` counts.
        ceiling_db: Highest true peak, in dBFS: half a decibel under what is allowed, for what
            AAC and MP3 add (opus may add a decibel more).
    """

    lufs: float = math.nan
    rms_db: float = math.nan
    ceiling_db: float = 0.0


PRESETS = {
    "ebu": Preset(lufs=-18.0, ceiling_db=-1.5),
    "acx": Preset(rms_db=-20.0, ceiling_db=-3.5),
}
"""`ebu`: measured as EBU R128 says, but at -18 LUFS, what AES TD1008 recommends for speech that is
streamed (R128's own -23 is for television, too quiet for a telephone in a train), true peak under
-1 dBFS. `acx`: Audible's -23..-18 dB RMS, peaks under -3 dB."""


@dataclass(frozen=True)
class Levels:
    """What is done to the samples.

    Args:
        gain_db: Added to all.
        ceiling_db: Where peaks are held; infinite where they are not.
    """

    gain_db: float = 0.0
    ceiling_db: float = math.inf


def choose_levels(preset: str, meter: "Meter") -> Levels:
    """The gain that brings what was measured to the preset; none for silence.

    Args:
        preset: A name in PRESETS.
        meter: Has heard all of it.
    """
    wanted = PRESETS[preset]
    heard, goal = meter.lufs, wanted.lufs
    if math.isnan(goal):
        heard, goal = meter.rms_db, wanted.rms_db
    gain = goal - heard if math.isfinite(heard) else 0.0
    return Levels(gain, wanted.ceiling_db)


MOST_CORRECTIONS, NEAR_DB = 3, 0.3
"""Times that it is heard again; it is not when the last correction was smaller than this."""


def find_levels(preset: str, rate: int, listen: Callable[[], Iterable[np.ndarray]]) -> Levels:
    """The levels of a whole, heard once, and again where holding down its peaks makes it softer.

    Args:
        preset: A name in PRESETS, or "none", for which nothing is heard.
        rate: Samples a second.
        listen: Called anew each time; gives float32 blocks [n].
    """
    if preset == "none":
        return Levels()
    heard = measured(listen(), rate)
    levels = choose_levels(preset, heard)
    if heard.peak_db + levels.gain_db <= levels.ceiling_db + WELL_ABOVE:
        return levels
    for _ in range(MOST_CORRECTIONS):
        softer = choose_levels(preset, measured(levelled(listen(), rate, levels), rate))
        levels = replace(levels, gain_db=levels.gain_db + softer.gain_db)
        if abs(softer.gain_db) < NEAR_DB:
            break
    return levels


def measured(blocks: Iterable[np.ndarray], rate: int) -> "Meter":
    """A meter that has heard float32 blocks [n]."""
    meter = Meter(rate)
    for block in blocks:
        meter.write(block)
    return meter


def levelled(blocks: Iterable[np.ndarray], rate: int, levels: Levels) -> Iterator[np.ndarray]:
    """The same number of samples, at their levels; the blocks are of another size.

    Args:
        blocks: float32 [n] each.
    """
    if levels == Levels():
        yield from blocks
        return
    limiter = Limiter(rate, levels.ceiling_db)
    gain = np.float32(10 ** (levels.gain_db / 20))
    for block in blocks:
        yield limiter.write(block * gain)
    yield limiter.finish()


class Meter:
    """Listens to samples in pieces of any size; the result does not depend on the pieces.

    Energies of 400 ms go into a histogram, so ten hours take no more memory than one minute.

    Args:
        rate: Samples a second.
    """

    def __init__(self, rate: int) -> None:
        self._hop = round(rate / 10)
        self._response = np.fft.rfft(weighting(rate, self._hop), self._hop * (HOPS + 1))
        self._pieces = Pieces(self._hop * HOPS)
        self._tail = np.zeros(self._hop, np.float32)  # samples before those that wait
        self._recent = np.zeros(0)  # energies of the last three hops
        self._bins = _Histogram()
        self._squares = 0.0
        self._samples = 0
        self._peak = 0.0

    def write(self, samples: np.ndarray) -> None:
        """Hears float32 samples [n]."""
        for piece in self._pieces.add(samples):
            energies = self._energies(piece)
            hops = np.concatenate([self._recent, energies])
            self._bins.add(_windows(hops))
            self._recent = hops[-3:]
            self._tail = piece[-self._hop :]
            self._squares += _squares(piece)
        self._samples += len(samples)
        self._peak = max(self._peak, float(np.abs(samples).max(initial=0.0)))

    @property
    def lufs(self) -> float:
        """Integrated loudness; minus infinity for silence and for less than 0.4 s."""
        rest = np.concatenate([self._recent, self._energies(self._pieces.rest)])
        return self._bins.copy_with(_windows(rest)).loudness()

    @property
    def rms_db(self) -> float:
        """Root mean square of all samples, in dBFS; minus infinity for silence."""
        rest = self._pieces.rest
        squares = self._squares + _squares(rest)
        return _db(math.sqrt(squares / max(1, self._samples)))

    @property
    def peak_db(self) -> float:
        """The highest sample, in dBFS."""
        return _db(self._peak)

    def _energies(self, piece: np.ndarray) -> np.ndarray:
        """Samples [at most HOPS hops] -> mean square of each whole hop, weighted as one hears."""
        size = self._hop * (HOPS + 1)
        heard = np.fft.rfft(np.concatenate([self._tail, piece]), size)
        weighted = np.fft.irfft(heard * self._response, size)[self._hop :]
        hops = weighted[: len(piece) // self._hop * self._hop].reshape(-1, self._hop)
        return np.square(hops).mean(axis=1)  # type: ignore[no-any-return]


class _Histogram:
    """Windows of 400 ms by their loudness, each bin with its energy, so that means stay exact."""

    def __init__(self) -> None:
        size = round((10.0 - QUIETEST) / BIN_LU)
        self._counts = np.zeros(size)
        self._energies = np.zeros(size)

    def add(self, energies: np.ndarray) -> None:
        heard = energies[energies > QUIETEST_ENERGY]
        bins = ((_loudness(heard) - QUIETEST) / BIN_LU).astype(np.int64)
        bins = np.minimum(bins, len(self._counts) - 1)
        self._counts += np.bincount(bins, minlength=len(self._counts))
        self._energies += np.bincount(bins, heard, minlength=len(self._counts))

    def copy_with(self, energies: np.ndarray) -> "_Histogram":
        copy = _Histogram()
        copy._counts += self._counts
        copy._energies += self._energies
        copy.add(energies)
        return copy

    def loudness(self) -> float:
        """Mean over the windows that are no more than 10 LU below the mean of all."""
        if not self._counts.any():
            return -math.inf
        gate = float(_loudness(self._energies.sum() / self._counts.sum())) - 10.0
        first = max(0, round((gate - QUIETEST) / BIN_LU))
        return float(_loudness(self._energies[first:].sum() / self._counts[first:].sum()))


def weighting(rate: int, length: int) -> np.ndarray:
    """Impulse response [length] of BS.1770's two filters: the head's shelf, then the high pass.

    The norm gives them at 48 kHz; for other rates, the analogue filters behind them are made anew
    (De Man, "Evaluation of Implementations of the EBU R128 Loudness Measurement", AES 2018).
    """
    response = np.zeros(length)
    response[0] = 1.0
    gain = 10 ** (3.999843853973347 / 20)
    middle = gain**0.4996667741545416
    shelf, q = math.tan(math.pi * 1681.974450955533 / rate), 0.7071752369554196
    above = (gain + middle * shelf / q + shelf**2, 2 * (shelf**2 - gain))
    response = _filtered(response, (*above, gain - middle * shelf / q + shelf**2), shelf, q)
    high, q = math.tan(math.pi * 38.13547087602444 / rate), 0.5003270373238773
    scale = 1 + high / q + high**2  # the norm's high pass is not scaled
    return _filtered(response, (scale, -2 * scale, scale), high, q)


def _filtered(
    samples: np.ndarray, above: tuple[float, float, float], k: float, q: float
) -> np.ndarray:
    """A filter of second order; its denominator is that of a bilinear transform at k."""
    scale = 1 + k / q + k**2
    first, second = 2 * (k**2 - 1) / scale, (1 - k / q + k**2) / scale
    out = np.convolve(samples, np.array(above) / scale)[: len(samples)]
    for n in range(1, len(out)):
        out[n] -= first * out[n - 1] + (second * out[n - 2] if n > 1 else 0.0)
    return out


def _windows(hops: np.ndarray) -> np.ndarray:
    """Energies of hops [n] -> of windows of four [n - 3]."""
    return np.convolve(hops, np.full(4, 0.25), "valid") if len(hops) > 3 else np.zeros(0)


def _loudness(energy: np.ndarray) -> np.ndarray:
    """Mean square -> LUFS."""
    return -0.691 + 10 * np.log10(energy)


def _squares(samples: np.ndarray) -> float:
    return float(np.square(samples, dtype=np.float64).sum())


def _db(ratio: float) -> float:
    return 20 * math.log10(ratio) if ratio > 0 else -math.inf
