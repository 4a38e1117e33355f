"""Pseudo-speakers: other voices made from one teacher by changing its source and its filter."""

import functools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

VOICED_HZ = 40.0
SLOPE_HZ, FLOOR = 100.0, 6.0
"""Of the end of a band: Hz for a neper, and nepers in all."""
BEND_HZ = 1000.0
PLACES_HZ = (300.0, 800.0, 1500.0, 2500.0, 3800.0, 6000.0)
"""Where `Style.stretch` is given; linear between them on a logarithmic scale."""
CURVE_HZ = (80.0, 200.0, 400.0, 800.0, 1500.0, 2500.0, 4000.0, 6500.0, 11000.0)
"""Where `Style.curve` is given, likewise."""
HELD_OUT = tuple(f"h{n:04d}" for n in range(1, 9))
"""Speakers that no training hears."""


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
        bend: Further stretch of the lowest formant alone, against the others.
        stretch: Further stretch of each region of the spectrum, natural logarithms at PLACES_HZ.
        curve: Colour of the voice and of its microphone, nepers at CURVE_HZ.
        top: Upper end of the recording's band in Hz.
    """

    warp: float = 1.0
    pitch: float = 1.0
    range: float = 1.0
    tilt: float = 0.0
    breath: float = 0.0
    rate: float = 1.0
    bend: float = 0.0
    stretch: tuple[float, ...] = ()
    curve: tuple[float, ...] = ()
    top: float = math.inf


PRESETS: dict[str, Style] = {
    "casual_female": Style(0.96, 0.86, 0.8, -0.06, 0.3, 0.94),
    "casual_male": Style(0.91, 0.59, 1.05, 0.06, 0.1, 1.06),
    "cheerful_female": Style(1.08, 1.20, 1.25, 0.08, -0.1, 1.05),
    "neutral_female": Style(),
    "neutral_male": Style(0.85, 0.51, 0.9, 0.0, 0.0, 0.97),
}
"""The five voices that every checkpoint of this project has, clearly apart from each other."""


def random_style(name: str) -> Style:
    """The pseudo-speaker of this name; half are male-like, half female-like.

    Every second one differs from the teacher in every region of the spectrum by itself, as people
    and their microphones do, and not along a few straight lines alone.
    """
    rng = random.Random(f"speaker {name}")
    style = _style([rng.random() for _ in range(DIMENSIONS)])
    if rng.random() < 0.5:
        return style
    return replace(
        style,
        stretch=tuple(rng.gauss(0, STRETCH) for _ in PLACES_HZ),
        curve=tuple(rng.gauss(0, CURVE) for _ in CURVE_HZ),
        top=rng.uniform(*TOP_HZ) if rng.random() < 0.3 else math.inf,
    )


def held_out_styles(count: int) -> list[Style]:
    """Speakers that are never trained on, evenly spread in every dimension (a Latin hypercube).

    Drawn freely, two of eight are often as alike as one speaker is to itself.
    """
    rng = random.Random("held out")
    columns = []
    for _ in range(DIMENSIONS):
        places = [(n + 0.5) / count for n in range(count)]
        rng.shuffle(places)
        columns.append(places)
    return [_style(list(places)) for places in zip(*columns, strict=True)]


DIMENSIONS = 7
STRETCH, CURVE, TOP_HZ = 0.08, 0.8, (3400.0, 8000.0)
BAND_HZ = 12_000.0
"""Half of the sample rate: the whole band."""
STYLE_VALUES = DIMENSIONS + 1 + len(PLACES_HZ) + len(CURVE_HZ)


def _style(places: list[float]) -> Style:
    """The style at a place of the unit cube; the first coordinate moves tract and pitch alike."""

    def between(low: float, high: float, place: float) -> float:
        return low + (high - low) * place

    male, body = places[0] < 0.5, places[0] * 2 % 1
    mixed = (body + 0.35 * (places[1] - 0.5)) % 1  # long tracts tend to low voices
    return Style(
        warp=between(0.80, 0.94, body) if male else between(0.95, 1.15, body),
        pitch=between(0.44, 0.70, mixed) if male else between(0.78, 1.26, mixed),
        range=between(0.6, 1.45, places[2]),
        tilt=between(-0.22, 0.22, places[3]),
        breath=between(-0.5, 0.7, places[4]),
        rate=between(0.86, 1.16, places[5]),
        bend=between(-0.12, 0.12, places[6]),
    )


@functools.cache
def style_of(speaker: str) -> Style:
    """The style of a preset, of a held-out speaker (h0001 to h0008) or of any other name."""
    if speaker in PRESETS:
        return PRESETS[speaker]
    if speaker in HELD_OUT:
        return held_out_styles(len(HELD_OUT))[HELD_OUT.index(speaker)]
    return random_style(speaker)


@functools.cache
def style_values(style: Style) -> np.ndarray:
    """A style as numbers of about 1 in size, 0 for the teacher's: float32 [STYLE_VALUES]."""
    straight = (
        math.log(style.warp) / 0.1,
        math.log(style.pitch) / 0.3,
        math.log(style.range) / 0.25,
        style.tilt / 0.13,
        style.breath / 0.35,
        math.log(style.rate) / 0.09,
        style.bend / 0.07,
        math.log2(min(style.top, BAND_HZ) / BAND_HZ),
    )
    stretch = np.divide(style.stretch or (0.0,) * len(PLACES_HZ), STRETCH)
    curve = np.divide(style.curve or (0.0,) * len(CURVE_HZ), CURVE)
    return np.concatenate([straight, stretch, curve]).astype(np.float32)


def unknown_style() -> np.ndarray:
    """In the place of `style_values` where nobody knows them: NaN."""
    return np.full(STYLE_VALUES, np.nan, np.float32)


def warp_frequency(spectrum: np.ndarray, style: Style) -> np.ndarray:
    """Move every bin of `spectrum` [bins, frames] from f to warp * f (linear interpolation).

    Below some 1 kHz the factor is `1 + bend` times larger, which fades out above; near each of
    PLACES_HZ it is larger by its `stretch`.
    """
    bins, bend = len(spectrum), style.bend
    place = np.arange(bins) / style.warp
    if style.stretch:
        place = place / np.exp(_between(bins, BAND_HZ, PLACES_HZ, style.stretch))
    place = place / (1 + bend * np.exp(-np.square(place / (BEND_HZ / BAND_HZ * bins))))
    source = np.minimum(place, bins - 1)
    low = np.minimum(source.astype(np.int64), bins - 2)
    part = (source - low).astype(np.float32)[:, None]
    return spectrum[low] * (1 - part) + spectrum[low + 1] * part


def gain_curve(bins: int, nyquist: float, style: Style) -> np.ndarray:
    """Log gain [bins, 1]: `tilt` an octave and 0 at 1 kHz, the `curve`, and nothing above `top`."""
    hertz = np.linspace(0.0, nyquist, bins)
    gain = style.tilt * np.log2(np.maximum(hertz, 100.0) / 1000.0)
    if style.curve:
        gain = gain + _between(bins, nyquist, CURVE_HZ, style.curve)
    gain = gain - np.clip((hertz - style.top) / SLOPE_HZ, 0.0, FLOOR)
    return gain.astype(np.float32)[:, None]


def _between(
    bins: int, nyquist: float, places: Sequence[float], values: Sequence[float]
) -> np.ndarray:
    """The value of every bin [bins]; linear along log frequency, level beyond the ends."""
    hertz = np.maximum(np.linspace(0.0, nyquist, bins), 1.0)
    return np.interp(np.log(hertz), np.log(places), values)


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
