"""Peaks held under a ceiling, in a stream; those between the samples too, after BS.1770-4."""

from collections.abc import Iterator

import numpy as np

PIECE = 4096
AHEAD_S, RELEASE_S = 0.005, 0.08
"""How long before a peak the gain begins to fall; time constant of its recovery."""
TAPS = 12
"""Samples before and after a point between two samples from which its height is found."""

SMALLEST = 1e-4
"""A cut of less, a thousandth of a decibel, is none: so the gain comes back to exactly one."""

NEAR = 0.7
"""Beside samples that are lower than this part of the ceiling, nothing is above the ceiling."""


class Limiter:
    """The gain falls before a peak and recovers after it.

    No delay, not a sample more or less, the same result from pieces of any size; where nothing
    comes near the ceiling, the samples stay as they are, bit for bit.

    Args:
        rate: Samples a second.
        ceiling_db: Highest true peak, in dBFS; samples never pass it.
    """

    def __init__(self, rate: int, ceiling_db: float) -> None:
        self._ceiling = float(np.float32(10 ** (ceiling_db / 20)))
        self._window = max(2, round(rate * AHEAD_S))
        self._decay = 1.0 / (rate * RELEASE_S)
        self._pieces = Pieces(max(PIECE, self._window))
        self._past = np.zeros(TAPS, np.float32)  # the last samples that are settled
        self._held = np.zeros(
            self._window - 1 + TAPS, np.float32
        )  # the next, which wait for a look
        self._early = len(self._held)  # the silence that these begin with never goes out
        self._cuts = np.zeros(self._window - 1)  # 1 - gain at the last settled, not smoothed

    def write(self, samples: np.ndarray) -> np.ndarray:
        """Takes float32 samples [n]; gives those [m] that are settled."""
        settled = [self._settle(piece) for piece in self._pieces.add(samples)]
        return np.concatenate([np.zeros(0, np.float32), *settled])

    def finish(self) -> np.ndarray:
        """The samples that were held back, float32 [m]."""
        silence = np.zeros(len(self._held), np.float32)
        return self._settle(np.concatenate([self._pieces.rest, silence]))

    def _settle(self, piece: np.ndarray) -> np.ndarray:
        """The next samples [n] -> n samples, those held before come first."""
        n = len(piece)
        samples = np.concatenate([self._past, self._held, piece])
        self._past, self._held = samples[n : n + TAPS], samples[n + TAPS :]
        settled = samples[TAPS : TAPS + n]
        if np.abs(samples).max() > NEAR * self._ceiling or self._cuts.any():
            lacking = 1.0 - self._ceiling / np.maximum(
                _true_peaks(samples, NEAR * self._ceiling), self._ceiling
            )
            released = self._released(_highest(lacking, self._window))
            cuts = np.concatenate([self._cuts, released])
            self._cuts = cuts[n:]
            sums = np.cumsum(np.concatenate([[0.0], cuts]))
            smooth = (sums[self._window :] - sums[: -self._window]) / self._window
            settled = (settled * (1.0 - smooth)).astype(np.float32)
            settled = np.clip(settled, -self._ceiling, self._ceiling)  # what rounding left over
        early, self._early = self._early, max(0, self._early - n)
        return settled[early:]

    def _released(self, cuts: np.ndarray) -> np.ndarray:
        """Each cut, or what is left of an earlier one: max over k <= n of cuts[k] e^-(n-k)decay."""
        times = np.arange(len(cuts) + 1) * self._decay
        logs = np.log(np.maximum(np.concatenate([self._cuts[-1:], cuts]), 1e-30))
        left = np.exp(np.maximum.accumulate(logs + times) - times)[1:]
        return np.where(left < SMALLEST, 0.0, left)


class Pieces:
    """Cuts a stream into pieces of one size, whatever the sizes in which it comes.

    Args:
        size: Of a piece, in samples.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self.rest = np.zeros(0, np.float32)
        """What makes no whole piece yet."""

    def add(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        """Takes float32 samples [n] and yields the whole pieces [size] there are now."""
        waiting = np.concatenate([self.rest, samples])
        whole = len(waiting) // self._size * self._size
        self.rest = waiting[whole:].copy()
        yield from waiting[:whole].reshape(-1, self._size)


def _true_peaks(samples: np.ndarray, floor: float) -> np.ndarray:
    """[n] -> [n - 2 TAPS]: the height at each inner sample, or at three points up to the next.

    Points beside which no sample is above `floor` are not looked at.
    """
    heights = np.abs(samples)
    peaks = heights[TAPS:-TAPS]
    near = np.flatnonzero(np.maximum(peaks, heights[TAPS + 1 : len(heights) - TAPS + 1]) > floor)
    around = np.lib.stride_tricks.sliding_window_view(samples, 2 * TAPS)[near + 1]
    distances = np.arange(1 - TAPS, TAPS + 1)[:, None] - np.array([0.25, 0.5, 0.75])
    weights = np.sinc(distances) * np.cos(np.pi * distances / (2 * TAPS)) ** 2
    result = peaks.astype(np.float64)
    result[near] = np.maximum(result[near], np.abs(around @ weights).max(axis=1))
    return result


def _highest(values: np.ndarray, width: int) -> np.ndarray:
    """[n] -> [n - width + 1]: the highest of each `width` neighbours."""
    reach = 1
    while 2 * reach <= width:
        values = np.maximum(values[:-reach], values[reach:])
        reach *= 2
    rest = width - reach
    return np.maximum(values[: len(values) - rest], values[rest:])
