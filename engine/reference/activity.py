"""Where somebody speaks: WebRTC's voice activity detector, and runs of its frames.

All masks are boolean, one entry a frame of 20 ms.
"""

import itertools
import warnings

import numpy as np
import soxr

RATE = 16_000
FRAME_S = 0.02
STRICTNESS = 2
"""Of the detector, 0 to 3."""
QUIETEST_DB, SILENCE_DBFS = -45.0, -70.0
"""What is so far below the loudest frames, or below full scale, is no speech."""
LONGEST_GAP_S = 0.25
"""Pauses up to so long belong to the speech around them (closures of plosives)."""
SHORTEST_RUN_S = 0.1


def speech_mask(samples: np.ndarray, rate: int) -> np.ndarray:
    """Which frames hold speech.

    Args:
        samples: float32 [n].
        rate: Samples a second.

    Returns:
        bool [frames]; a last frame that is not whole counts as silence.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # webrtcvad's, about pkg_resources, in some versions
        import webrtcvad

    loudness = levels(samples, rate)
    if not len(loudness):
        return np.zeros(0, dtype=bool)
    wave = soxr.resample(samples, rate, RATE) if rate != RATE else samples
    size = round(RATE * FRAME_S)
    scale = 16_000 / max(peak_of(wave, RATE), 1e-9)  # the detector has fixed thresholds
    pcm = np.rint(np.clip(wave * scale, -32_768, 32_767)).astype("<i2")
    detector = webrtcvad.Vad(STRICTNESS)
    count = min(len(pcm) // size, len(loudness))
    heard = [
        detector.is_speech(pcm[n * size : (n + 1) * size].tobytes(), RATE) for n in range(count)
    ]
    mask = np.zeros(len(loudness), dtype=bool)
    mask[:count] = heard
    mask &= loudness > max(np.percentile(loudness, 95) + QUIETEST_DB, SILENCE_DBFS)
    return _without_short(_closed(mask), round(SHORTEST_RUN_S / FRAME_S))


def levels(samples: np.ndarray, rate: int) -> np.ndarray:
    """dB (full scale = 0) of each whole frame, float [frames]."""
    size = round(rate * FRAME_S)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    return 10 * np.log10(np.square(frames, dtype=np.float64).mean(1) + 1e-12)


def peak_of(samples: np.ndarray, rate: int) -> float:
    """The highest of float32 [n], but of two frames: a click is in no more."""
    size = round(rate * FRAME_S)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    highest = np.sort(np.abs(frames).max(axis=1, initial=0.0))[::-1]
    return float(highest[min(2, len(highest) - 1)]) if len(highest) else 0.0


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """First frame and the one after the last of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _closed(mask: np.ndarray) -> np.ndarray:
    """Short pauses between speech filled."""
    filled = mask.copy()
    stretches = runs(mask)
    for (_, end), (start, _) in itertools.pairwise(stretches):
        if (start - end) * FRAME_S <= LONGEST_GAP_S:
            filled[end:start] = True
    return filled


def _without_short(mask: np.ndarray, shortest: int) -> np.ndarray:
    kept = mask.copy()
    for start, end in runs(mask):
        if end - start < shortest:
            kept[start:end] = False
    return kept
