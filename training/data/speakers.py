"""Pseudo-speakers: other voices made from one teacher by changing its source and its filter."""

import random
from dataclasses import dataclass

import numpy as np

VOICED_HZ = 40.0


@dataclass(frozen=True)
class Style:
    """How a pseudo-speaker differs from the teacher.

    Attributes:
        warp: Stretch of the spectral envelope along frequency; below 1 is a longer vocal tract.
        pitch: Factor on the median of F0.
        range: Exponent on F0 about its median; above 1 is livelier.
        tilt: Spectral tilt in nepers an octave about 1 kHz; above 0 is brighter.
        breath: Nepers added to the noise branch.
        rate: Speaking rate; above 1 is faster.
    """

    warp: float = 1.0
    pitch: float = 1.0
    range: float = 1.0
    tilt: float = 0.0
    breath: float = 0.0
    rate: float = 1.0


PRESETS: dict[str, Style] = {
    "casual_female": Style(0.96, 0.86, 0.8, -0.06, 0.3, 0.94),
    "casual_male": Style(0.91, 0.59, 1.05, 0.06, 0.1, 1.06),
    "cheerful_female": Style(1.08, 1.20, 1.25, 0.08, -0.1, 1.05),
    "neutral_female": Style(),
    "neutral_male": Style(0.85, 0.51, 0.9, 0.0, 0.0, 0.97),
}
"""The five voices that every checkpoint of this project has, clearly apart from each other."""


def random_style(name: str) -> Style:
    """The pseudo-speaker of this name; half are male-like, half female-like."""
    rng = random.Random(f"speaker {name}")
    male = rng.random() < 0.5
    return Style(
        warp=rng.uniform(0.82, 0.94) if male else rng.uniform(0.95, 1.13),
        pitch=rng.uniform(0.45, 0.68) if male else rng.uniform(0.80, 1.22),
        range=rng.uniform(0.65, 1.35),
        tilt=rng.uniform(-0.15, 0.15),
        breath=rng.uniform(-0.4, 0.5),
        rate=rng.uniform(0.88, 1.15),
    )


def style_of(speaker: str) -> Style:
    """The style of a preset or of any other name."""
    return PRESETS[speaker] if speaker in PRESETS else random_style(speaker)


def warp_frequency(spectrum: np.ndarray, factor: float) -> np.ndarray:
    """Move every bin of `spectrum` [bins, frames] from f to factor * f (linear interpolation)."""
    bins = len(spectrum)
    source = np.minimum(np.arange(bins) / factor, bins - 1)
    low = np.minimum(source.astype(np.int64), bins - 2)
    part = (source - low).astype(np.float32)[:, None]
    return spectrum[low] * (1 - part) + spectrum[low + 1] * part


def tilt_curve(bins: int, nyquist: float, nepers: float) -> np.ndarray:
    """Log gain [bins, 1] that rises by `nepers` an octave and is 0 at 1 kHz."""
    hertz = np.maximum(np.linspace(0.0, nyquist, bins), 100.0)
    return (nepers * np.log2(hertz / 1000.0)).astype(np.float32)[:, None]


def shape_pitch(f0: np.ndarray, style: Style) -> np.ndarray:
    """F0 [frames] in Hz with another median and range; unvoiced frames stay as they are."""
    voiced = f0 > VOICED_HZ
    if not voiced.any():
        return f0
    median = float(np.median(f0[voiced]))
    shaped = f0.copy()
    wanted = median * style.pitch * (f0[voiced] / median) ** style.range
    shaped[voiced] = np.clip(wanted, 60.0, 500.0)
    return shaped
