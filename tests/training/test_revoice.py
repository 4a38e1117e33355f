"""WORLD: a voice comes back as it was, and changes as it is told, nothing else."""

import importlib.util

import numpy as np
import pytest

from tests.babble import babble
from training.data.manifest import SAMPLE_RATE
from training.data.revoice import Analysis, analysed, revoiced
from training.data.speakers import Style

if not importlib.util.find_spec("pyworld"):
    pytest.skip("needs pyworld", allow_module_level=True)


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return babble(2.0, pitch=150.0)


@pytest.fixture(scope="module")
def analysis(speech: np.ndarray) -> Analysis:
    return analysed(speech)


def median_pitch(samples: np.ndarray) -> float:
    f0 = analysed(samples).f0
    return float(np.median(f0[f0 > 0]))


def spectrum(samples: np.ndarray) -> np.ndarray:
    """Mean power of 24 bands of 500 Hz, dB."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    return 10 * np.log10(np.array([part.mean() for part in np.array_split(power, 24)]))


def test_unchanged_it_sounds_as_before(speech: np.ndarray, analysis: Analysis) -> None:
    again = revoiced(analysis, Style())
    assert len(again) == pytest.approx(len(speech), abs=0.01 * SAMPLE_RATE)
    assert median_pitch(again) == pytest.approx(median_pitch(speech), rel=0.02)
    loud = spectrum(speech) > spectrum(speech).max() - 40
    assert np.abs(spectrum(again) - spectrum(speech))[loud].max() < 4
    assert np.array_equal(again, revoiced(analysis, Style()))


@pytest.mark.parametrize("factor", [0.7, 1.5])
def test_pitch_alone(analysis: Analysis, factor: float) -> None:
    moved, plain = revoiced(analysis, Style(pitch=factor)), revoiced(analysis, Style())
    assert median_pitch(moved) == pytest.approx(factor * median_pitch(plain), rel=0.02)
    assert len(moved) == len(plain)


def test_breath_is_noise_between_the_harmonics(analysis: Analysis) -> None:
    quiet, breathy = (analysed(revoiced(analysis, Style(breath=b))) for b in (0.0, 2.0))
    assert breathy.noise.mean() > quiet.noise.mean() + 0.05


def test_tilt_is_brightness(analysis: Analysis) -> None:
    dull, bright = (spectrum(revoiced(analysis, Style(tilt=t))) for t in (0.0, 0.2))
    assert bright[8] - bright[1] > dull[8] - dull[1] + 2
