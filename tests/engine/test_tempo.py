"""Speech at another speed: as long as it should be, at the same pitch, in pieces of any size."""

from pathlib import Path

import numpy as np
import pytest

from engine.engine import Engine
from engine.errors import InputError
from engine.speech import SpeechOptions
from engine.tempo import Tempo, at_speed

RATE = 24_000
SPEEDS = [0.5, 0.8, 1.25, 2.0]


def tone(hertz: float, seconds: float) -> np.ndarray:
    times = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def noise(samples: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(samples).astype(np.float32)


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("hertz", [80.0, 180.0, 400.0])
def test_a_tone_keeps_its_pitch_and_its_level(speed: float, hertz: float) -> None:
    made = at_speed(tone(hertz, 2), RATE, speed)
    assert len(made) == round(2 * RATE / speed)
    spectrum = np.abs(np.fft.rfft(made * np.hanning(len(made))))
    assert spectrum.argmax() * RATE / len(made) == pytest.approx(hertz, abs=1)
    middle = made[RATE // 10 : -RATE // 10]
    assert np.sqrt(np.square(middle).mean()) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    assert np.abs(np.diff(made)).max() < 1.05 * np.pi * hertz / RATE  # no click


@pytest.mark.parametrize("speed", [1.0, *SPEEDS])
def test_pieces_of_any_size_are_the_whole(speed: float) -> None:
    samples = noise(50_000)
    tempo = Tempo(RATE, speed)
    pieces = np.split(samples, [0, 1, 5, 700, 701, 9_000, 30_000])
    made = np.concatenate([*map(tempo.write, pieces), tempo.finish()])
    np.testing.assert_array_equal(made, at_speed(samples, RATE, speed))


def test_its_own_speed_changes_nothing() -> None:
    np.testing.assert_array_equal(at_speed(noise(5000), RATE, 1.0), noise(5000))


@pytest.mark.parametrize("count", [0, 1, 100, 719])
@pytest.mark.parametrize("speed", SPEEDS)
def test_less_than_a_window(count: int, speed: float) -> None:
    assert len(at_speed(noise(count), RATE, speed)) == round(count / speed)


def test_it_is_heard_soon() -> None:
    """Nothing waits for more than a twentieth of a second of what follows."""
    samples, heard = noise(RATE), 0
    tempo = Tempo(RATE, 1.5)
    for start in range(0, RATE, 240):
        heard += len(tempo.write(samples[start : start + 240]))
        assert heard > (start + 240 - 0.05 * RATE) / 1.5


@pytest.fixture(scope="module")
def tiny() -> Engine:
    return Engine.from_folder(Path(__file__).parents[1] / "golden/tiny", device="cpu")


def test_the_same_codes_in_less_time_but_for_pauses_that_are_asked_for(tiny: Engine) -> None:
    text, spoken = "One two three. [pause:1s] Four five six.\n\nSeven.", []
    for speed in (1.0, 1.6):
        options = SpeechOptions(seed=1, steps=2, max_chars=20, speed=speed)
        spoken.append(list(tiny.stream(text, options=options)))
    for one, other in zip(*spoken, strict=True):
        np.testing.assert_array_equal(one.codes, other.codes)
    usual, fast = (sum(len(p.samples) for p in pieces) / tiny.sample_rate for pieces in spoken)
    assert usual > 2
    assert fast - 1 == pytest.approx((usual - 1) / 1.6, abs=0.001)


@pytest.mark.parametrize("speed", [0.4, 2.1, float("nan")])
def test_out_of_range(speed: float) -> None:
    with pytest.raises(InputError, match="speed"):
        SpeechOptions(speed=speed)
