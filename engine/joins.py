"""Chunks that were spoken apart, made ready to stand side by side.

The silence that a chunk happens to begin and end with is cut to a planned pause, its edges are
faded, and (where the whole chunk is at hand) its speech is brought to one level, so that neither
a click nor a jump is heard where chunks meet.
"""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np

from engine.speech import SpeechChunk
from engine.tempo import Tempo
from engine.text import Passage

BLOCK_S = 0.01
"""Levels are measured over this, and edges are faded over it."""
QUIET_DBFS = -50.0
"""What is below is silence."""
BEFORE, AFTER = 3, 6
"""Blocks of silence kept around the speech: soft onsets and reverberation lie there."""
LEVEL_DBFS = -23.0
"""RMS that speech is brought to (about EBU R128's programme level)."""
MOST_DB = 6.0
"""Largest change of a level: a chunk that is meant to be soft stays softer."""
PEAK = 0.9
"""Largest sample that a change of level may lead to."""


class Edges:
    """Cuts one chunk to its speech, with faded ends, in pieces of any size.

    What may be silence at the end is held back until speech follows or the chunk ends.

    Args:
        rate: Samples a second.
    """

    def __init__(self, rate: int) -> None:
        self._size = round(BLOCK_S * rate)
        self._held = np.zeros(0, np.float32)
        self._speaking = False

    def write(self, samples: np.ndarray) -> np.ndarray:
        """float32 [n] -> those that are known to be neither silent ends nor the last block."""
        self._held = np.concatenate([self._held, samples])
        loud = self._loud(len(self._held) // self._size)
        return self._take(int(loud[-1]) * self._size) if len(loud) else self._held[:0]

    def finish(self) -> np.ndarray:
        """The end of the speech: float32 [n]; nothing of a chunk without any."""
        loud = self._loud(-(-len(self._held) // self._size))
        if not self._speaking:
            return self._held[:0]
        last = int(loud[-1]) if len(loud) else 0  # the only one may be silence now, faded in
        end = self._take((last + 1 + AFTER) * self._size)
        ramp = np.linspace(1, 0, min(self._size, len(end)), dtype=np.float32)
        end[len(end) - len(ramp) :] *= ramp
        return end

    def _loud(self, count: int) -> np.ndarray:
        """Numbers of those that are no silence among the first `count` blocks that are held.

        The silence before the first one is dropped, and then that one is faded in.
        """
        powers = _powers(self._held[: count * self._size], self._size)
        loud = np.flatnonzero(powers > 10 ** (QUIET_DBFS / 10))
        if self._speaking:
            return loud
        silent = max(0, (loud[0] if len(loud) else count) - BEFORE)
        self._held = self._held[silent * self._size :].copy()
        if len(loud):
            self._speaking = True
            first = self._held[: self._size]
            first *= np.linspace(0, 1, len(first), dtype=np.float32)
        return loud - silent

    def _take(self, count: int) -> np.ndarray:
        taken, self._held = self._held[:count], self._held[count:]
        return taken


def edged(
    pieces: Generator[SpeechChunk, None, None],
    passages: Sequence[Passage],
    rate: int,
    speed: float = 1.0,
) -> Generator[SpeechChunk, None, None]:
    """A stream with its chunks cut to their speech, at a speed, with the planned pauses between.

    Those that marks ask for stand at the beginning and at the end as well, as long as they say.
    """
    edges, tempo, final, begun = Edges(rate), Tempo(rate, speed), len(passages) - 1, False
    with closing(pieces):
        for piece in pieces:
            passage, samples = passages[piece.index], tempo.write(edges.write(piece.samples))
            if not begun:
                lead, begun = np.zeros(round(passage.before * rate), np.float32), True
                samples = np.concatenate([lead, samples])
            if piece.last:
                pause = pause_after(passage, speed) if piece.index < final or passage.asked else 0.0
                rest = np.zeros(round(pause * rate), np.float32)
                end = [tempo.write(edges.finish()), tempo.finish()]
                samples = np.concatenate([samples, *end, rest])
                edges, tempo = Edges(rate), Tempo(rate, speed)
            yield replace(piece, samples=samples)


def pause_after(passage: Passage, speed: float) -> float:
    """Seconds; a pause that a mark asks for has no speed."""
    return passage.pause if passage.asked else passage.pause / speed


def levelled_speech(samples: np.ndarray, rate: int) -> np.ndarray:
    """A whole chunk, at the common level and cut to its speech: float32 [m]."""
    powers = _powers(samples, round(BLOCK_S * rate))
    loud = powers[powers > 10 ** (QUIET_DBFS / 10)]
    if not len(loud):
        return samples[:0]
    change = LEVEL_DBFS - 10 * np.log10(loud.mean())
    gain = 10 ** (np.clip(change, -MOST_DB, MOST_DB) / 20)
    gain = min(gain, max(1.0, PEAK / np.abs(samples).max()))
    edges = Edges(rate)
    return np.concatenate([edges.write(samples * np.float32(gain)), edges.finish()])


def _powers(samples: np.ndarray, size: int) -> np.ndarray:
    """Mean square of each block, the last one filled up with silence: float64 [blocks]."""
    whole = np.pad(samples, (0, -len(samples) % size)).reshape(-1, size)
    return np.square(whole, dtype=np.float64).mean(1)
