"""What may come in as audio."""

import numpy as np
import soxr

from engine.errors import InputError

RATES = (1_000, 768_000)
"""Sample rates that are taken."""


def checked_samples(samples: np.ndarray, rate: int) -> np.ndarray:
    """Samples as float32 [n].

    Raises:
        InputError: If they are not mono floating point, empty or not finite; or the rate is odd.
    """
    array = np.asarray(samples)
    if array.ndim != 1 or array.dtype.kind != "f":
        raise InputError(
            f"Audio must be floating point [n], not {array.dtype} {list(array.shape)}.",
            "Mix the channels to one, and scale integers to -1 to 1.",
        )
    if not len(array):
        raise InputError("The audio is empty.", "Give at least a few milliseconds.")
    if not np.isfinite(array).all():
        raise InputError("The audio holds values that are no numbers.", "Repair the recording.")
    if not RATES[0] <= rate <= RATES[1]:
        raise InputError(
            f"The sample rate is {rate}, outside {RATES[0]} to {RATES[1]}.", "Check the recording."
        )
    return np.ascontiguousarray(array, dtype=np.float32)


def resampled(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Samples at another rate, as float32 [n].

    Raises:
        InputError: As `checked_samples`, or if nothing is left.
    """
    wave = checked_samples(samples, rate)
    if rate != wanted:
        wave = soxr.resample(wave, rate, wanted)
    if not len(wave):
        raise InputError("The audio is too short.", "Give at least a few milliseconds.")
    return wave
