"""Level and edges of an utterance."""

import numpy as np

from training.data.manifest import SAMPLE_RATE, PhoneSpan, WordSpan

TARGET_RMS = 10 ** (-24 / 20)
PEAK = 0.97
LEAD_S, TAIL_S = 0.10, 0.20
_HOP = SAMPLE_RATE // 200
_QUIET = 10 ** (-40 / 20)


def speech_bounds(samples: np.ndarray) -> tuple[int, int]:
    """First and one past the last sample that is within 40 dB of the loudest 5 ms."""
    blocks = len(samples) // _HOP
    if blocks == 0:
        return 0, len(samples)
    power = np.square(samples[: blocks * _HOP].reshape(blocks, _HOP)).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * _QUIET**2)
    if len(loud) == 0:
        return 0, len(samples)
    return int(loud[0]) * _HOP, min(int(loud[-1] + 1) * _HOP, len(samples))


def trim(
    samples: np.ndarray,
    words: tuple[WordSpan, ...] | None,
    phones: tuple[PhoneSpan, ...] | None = None,
) -> tuple[np.ndarray, tuple[WordSpan, ...] | None, tuple[PhoneSpan, ...] | None]:
    """Cut silence to at most 0.10 s before and 0.20 s after the speech; shift times with it.

    No time lies after the speech: a teacher counts the silence there as part of the last word.
    """
    first, last = speech_bounds(samples)
    start = max(first - round(LEAD_S * SAMPLE_RATE), 0)
    end = min(last + round(TAIL_S * SAMPLE_RATE), len(samples))
    cut = samples[start:end]
    shift, speech_end = start / SAMPLE_RATE, (last - start) / SAMPLE_RATE

    def moved(time: float) -> float:
        return round(min(max(time - shift, 0.0), speech_end), 4)

    if words is not None:
        words = tuple((a, b, moved(s), moved(e)) for a, b, s, e in words)
    if phones is not None:
        phones = tuple((symbol, moved(s), moved(e)) for symbol, s, e in phones)
    return cut, words, phones


def level(samples: np.ndarray) -> np.ndarray:
    """int16 [n] with an rms of -24 dBFS over the speech, or less where a peak would clip."""
    first, last = speech_bounds(samples)
    speech = samples[first:last]
    rms = float(np.sqrt(np.mean(np.square(speech, dtype=np.float64)))) if len(speech) else 0.0
    peak = float(np.abs(samples).max(initial=0.0))
    if rms == 0.0:
        return np.zeros(len(samples), np.int16)
    gain = min(TARGET_RMS / rms, PEAK / peak)
    fade = np.ones(len(samples), np.float32)
    edge = min(_HOP, len(samples) // 2)
    if edge:
        ramp = np.linspace(0.0, 1.0, edge, dtype=np.float32)
        fade[:edge], fade[-edge:] = ramp, ramp[::-1]
    return np.round(samples * fade * gain * 32767.0).astype(np.int16)
