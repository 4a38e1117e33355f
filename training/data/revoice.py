"""Speech in another voice, by the vocoder WORLD (package pyworld, MIT licence): pitch, liveliness,
tract, colour and breath change apart from each other, and times stay.

Morise et al., "WORLD: a vocoder-based high-quality speech synthesis system", IEICE Trans. 2016.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.data.manifest import SAMPLE_RATE
from training.data.speakers import Style, gain_curve, shape_pitch, warp_frequency

PITCH_HZ = (60.0, 600.0)
"""Where F0 is looked for."""
SOFTEST = 1e-12
"""Power that is taken for nothing."""


@dataclass(frozen=True)
class Analysis:
    """What WORLD finds in a sound, every 5 ms.

    Attributes:
        f0: Hz, 0 where nothing is voiced, [frames].
        envelope: Power [frames, bins].
        noise: Share of the amplitude that is no harmonic, [frames, bins].
    """

    f0: np.ndarray
    envelope: np.ndarray
    noise: np.ndarray


def analysed(samples: np.ndarray) -> Analysis:
    """float32 [n] at 24 kHz; took a fourteenth of its length beside other work."""
    pyworld = _world()
    wave = samples.astype(np.float64)
    rough, times = pyworld.dio(wave, SAMPLE_RATE, f0_floor=PITCH_HZ[0], f0_ceil=PITCH_HZ[1])
    f0 = pyworld.stonemask(wave, rough, times, SAMPLE_RATE)
    envelope = pyworld.cheaptrick(wave, f0, times, SAMPLE_RATE)
    return Analysis(f0, envelope, pyworld.d4c(wave, f0, times, SAMPLE_RATE))


def revoiced(speech: Analysis, style: Style) -> np.ndarray:
    """The sound as the voice `style` says it, float32 [n]; `rate` does nothing."""
    pyworld = _world()
    envelope = np.log(speech.envelope.T + SOFTEST).astype(np.float32) / 2
    gain = gain_curve(len(envelope), SAMPLE_RATE / 2, style)
    envelope = 2 * (warp_frequency(envelope, style) + gain).T
    noise = warp_frequency(speech.noise.T, style).T.clip(1e-3, 1 - 1e-3) ** 2
    odds = noise / (1 - noise) * np.exp(2 * style.breath)
    made = pyworld.synthesize(
        shape_pitch(speech.f0, style),
        np.ascontiguousarray(np.exp(envelope.astype(np.float64))),
        np.ascontiguousarray(np.sqrt(odds / (1 + odds))),
        SAMPLE_RATE,
    )
    return np.asarray(made, np.float32)


def _world() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 0.3.5 asks for pkg_resources
        import pyworld
    return pyworld
