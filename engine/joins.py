"""Chunks that were spoken apart, made ready to stand side by side.

The silence that a chunk happens to begin and end with is cut to a planned pause, its speech is
brought to one level, and its edges are faded, so that neither a click nor a jump is heard where
chunks meet.
"""

import numpy as np

BLOCK_S = 0.01
"""Levels are measured over this."""
QUIET_DB, SILENT_DBFS = -40.0, -60.0
"""What is so far below the loudest blocks, or below full scale, is silence."""
BEFORE_S, AFTER_S = 0.03, 0.06
"""Kept of the silence around the speech: soft onsets and reverberation lie there."""
FADE_S = 0.01
LEVEL_DBFS = -23.0
"""RMS that speech is brought to (EBU R128's programme level, about)."""
MOST_DB = 6.0
"""Largest change of a level: a chunk that is meant to be soft stays softer."""
PEAK = 0.9
"""Largest sample that a change of level may lead to."""


def joined(samples: np.ndarray, rate: int, pause: float) -> np.ndarray:
    """A chunk, cut to its speech, levelled and faded, with a pause behind it.

    Args:
        samples: float32 [n], mono.
        rate: Samples a second.
        pause: Seconds of silence.

    Returns:
        float32 [m]; of a chunk without any speech only the pause.
    """
    size = round(BLOCK_S * rate)
    powers = _powers(samples, size)
    levels = 10 * np.log10(powers + 1e-12)
    loud = max(levels.max(initial=-120.0) + QUIET_DB, SILENT_DBFS)
    heard = np.flatnonzero(levels > loud)
    silence = np.zeros(round(pause * rate), np.float32)
    if not len(heard):
        return silence
    start = max(0, heard[0] * size - round(BEFORE_S * rate))
    end = min(len(samples), (heard[-1] + 1) * size + round(AFTER_S * rate))
    speech = samples[start:end] * _gain(samples, powers[levels > loud])
    ramp = np.linspace(0, 1, min(round(FADE_S * rate), len(speech) // 2), dtype=np.float32)
    speech[: len(ramp)] *= ramp
    speech[len(speech) - len(ramp) :] *= ramp[::-1]
    return np.concatenate([speech, silence])


def _powers(samples: np.ndarray, size: int) -> np.ndarray:
    """Mean square of each block, the last one filled up with silence: float64 [blocks]."""
    whole = np.pad(samples, (0, -len(samples) % size)).reshape(-1, size)
    return np.square(whole, dtype=np.float64).mean(1)


def _gain(samples: np.ndarray, powers: np.ndarray) -> np.float32:
    """Factor to the common level, without a peak above PEAK."""
    change = LEVEL_DBFS - 10 * np.log10(powers.mean())
    gain = 10 ** (np.clip(change, -MOST_DB, MOST_DB) / 20)
    return np.float32(min(gain, max(1.0, PEAK / (np.abs(samples).max() + 1e-9))))
