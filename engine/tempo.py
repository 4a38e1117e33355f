"""Speech made faster or slower at the same pitch.

Waveform similarity overlap-add (WSOLA; Verhelst and Roelands, ICASSP 1993): windows are taken from
the sound at another pace than they are laid down, each from where it goes on best from the last.
"""

import numpy as np

HOP_S = 0.015
"""Half a window; two windows overlap by it."""
SEEK_S = 0.0075
"""How far from its place a window may be taken: together a period of 67 Hz."""


class Tempo:
    """One stretch of sound at another speed, in pieces of any size.

    Args:
        rate: Samples a second.
        speed: Factor; 2.0 takes half the time.
    """

    def __init__(self, rate: int, speed: float) -> None:
        self._speed, self._hop, self._seek = speed, round(HOP_S * rate), round(SEEK_S * rate)
        ramp = np.arange(self._hop, dtype=np.float32) + 0.5
        self._rise = np.square(np.sin(np.pi / 2 / self._hop * ramp))
        self._held = np.zeros(0, np.float32)
        self._start, self._read = 0, 0  # of what is held, and of all that was given
        self._window, self._last = 0, 0  # its number, and where the last one was taken
        self._fading = np.zeros(0, np.float32)

    def write(self, samples: np.ndarray) -> np.ndarray:
        """float32 [n] -> what can be heard of it now: float32 [m]."""
        self._read += len(samples)
        if self._speed == 1:
            return samples
        self._held = np.concatenate([self._held, samples])
        made: list[np.ndarray] = []
        while self._needs() <= self._start + len(self._held):
            made.append(self._next())
        return np.concatenate(made) if made else self._held[:0]

    def finish(self) -> np.ndarray:
        """The rest, so that all is as long as what was given, divided by the speed."""
        if self._speed == 1:
            return self._held
        missing = round(self._read / self._speed) - self._window * self._hop
        made: list[np.ndarray] = []
        while self._hop * len(made) < missing:
            short = self._needs() - self._start - len(self._held)
            self._held = np.concatenate([self._held, np.zeros(max(0, short), np.float32)])
            made.append(self._next())
        return np.concatenate([*made, self._held[:0]])[: max(0, missing)]

    def _place(self) -> int:
        """Where the next window stands in what was given."""
        return round(self._window * self._hop * self._speed)

    def _needs(self) -> int:
        """Samples that must have been given for the next window."""
        return max(self._place() + self._seek, self._last + self._hop) + 2 * self._hop

    def _next(self) -> np.ndarray:
        """Lay one window down: float32 [hop], its first half over the end of the one before."""
        hop, at = self._hop, 0
        if self._window:
            first = max(0, self._place() - self._seek)
            wanted = self._taken(self._last + hop, 2 * hop)
            around = self._taken(first, self._place() + self._seek + 2 * hop - first)
            at = first + _likest(wanted, around)
        window = self._taken(at, 2 * hop)
        done = self._fading + self._rise * window[:hop] if self._window else window[:hop]
        self._fading = window[hop:] * self._rise[::-1]
        self._window, self._last = self._window + 1, at
        kept = min(self._last + hop, max(0, self._place() - self._seek)) - self._start
        if kept > 0:
            self._held, self._start = self._held[kept:], self._start + kept
        return done

    def _taken(self, start: int, count: int) -> np.ndarray:
        return self._held[start - self._start : start - self._start + count]


def _likest(wanted: np.ndarray, around: np.ndarray) -> int:
    """Where in `around` [n] the stretch begins whose shape is most like `wanted` [m]."""
    powers = np.concatenate([[0.0], np.cumsum(np.square(around, dtype=np.float64))])
    norms = np.sqrt(np.maximum(powers[len(wanted) :] - powers[: -len(wanted)], 0) + 1e-9)
    return int(np.argmax(np.correlate(around, wanted, "valid") / norms))


def at_speed(samples: np.ndarray, rate: int, speed: float) -> np.ndarray:
    """All of a sound at another speed: float32 [n] -> [n / speed]."""
    tempo = Tempo(rate, speed)
    return np.concatenate([tempo.write(samples), tempo.finish()])
