"""Where two chunks of speech meet: does the level jump, is there a click?

A border is the index of the first sample of the chunk after. Where silence was put between two
chunks, both of its edges count as seams.
"""

import itertools
from collections.abc import Sequence

import numpy as np

from engine.reference.activity import FRAME_S, levels

ACTIVE_DB = -25.0
"""Below the loud frames: a pause (as in `engine.hearing.judge`)."""
BESIDE_S = 1.0
SEAM_S, AROUND_S = 0.005, 0.05
"""On either side of a place."""
QUIETEST = 1e-3
"""RMS that a jump is at least compared with (-60 dBFS): in silence any noise would stand out."""
PLACES = 1000


def level_jumps(chunks: Sequence[np.ndarray], rate: int) -> list[float]:
    """dB from the last second of speech in a chunk to the first of the next, for each join.

    Chunks without speech are passed over.
    """
    beside = round(BESIDE_S / FRAME_S)
    spoken = [loudness for one in chunks if len(loudness := _active(one, rate))]
    pairs = itertools.pairwise(spoken)
    return [_mean_level(after[:beside]) - _mean_level(before[-beside:]) for before, after in pairs]


def seams(samples: np.ndarray, borders: Sequence[int]) -> list[int]:
    """Where a chunk's sound ends or begins: the borders, and where the zeros before them start."""
    places: list[int] = []
    for border in borders:
        sounding = np.flatnonzero(samples[:border])
        end = int(sounding[-1]) + 1 if len(sounding) else border
        places += [end, border] if end < border else [border]
    return places


def roughness(samples: np.ndarray, places: Sequence[int], rate: int) -> list[float]:
    """Of each place: the largest step between two samples within 5 ms, over the RMS around.

    Vowels have about 0.4, fricatives as any noise about 4; an impulse in a vowel has more.
    """
    near, around = round(SEAM_S * rate), round(AROUND_S * rate)
    found = []
    for place in places:
        steps = np.abs(np.diff(samples[max(0, place - near) : place + near]))
        wide = samples[max(0, place - around) : place + around].astype(np.float64)
        rms = float(np.sqrt(np.square(wide).mean())) if len(wide) else 0.0
        found.append(float(steps.max(initial=0.0)) / max(rms, QUIETEST))
    return found


def places_in_speech(samples: np.ndarray, rate: int, seed: int = 0) -> list[int]:
    """Indices drawn from the speech in samples, to compare seams with."""
    loudness = levels(samples, rate)
    size = round(rate * FRAME_S)
    frames = np.flatnonzero(loudness > _threshold(loudness))
    if not len(frames):
        return []
    random = np.random.default_rng(seed)
    drawn = random.choice(frames, PLACES) * size + random.integers(0, size, PLACES)
    return [int(place) for place in drawn]


def _threshold(loudness: np.ndarray) -> float:
    return float(np.percentile(loudness, 95)) + ACTIVE_DB if len(loudness) else 0.0


def _active(samples: np.ndarray, rate: int) -> np.ndarray:
    """Levels of the frames with speech, dB."""
    if not np.any(samples):
        return np.zeros(0)
    loudness = levels(samples, rate)
    return loudness[loudness > _threshold(loudness)]


def _mean_level(loudness: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(10 ** (loudness / 10))))
