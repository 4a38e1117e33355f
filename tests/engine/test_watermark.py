"""The watermark: streamed = whole, as Perth's own code does it, small, and found again."""

import numpy as np
import pytest
import soxr

from engine import watermark
from engine.errors import VoxtralError
from engine.watermark import MARKED_FROM, Marking, marked, score
from tests.babble import babble

RATE = 24_000


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return babble(4.0)


def mark(samples: np.ndarray, rate: int = RATE, strength: float = 0.6) -> np.ndarray:
    return np.concatenate(list(marked([samples], rate, strength)))


def judged(samples: np.ndarray, rate: int = RATE) -> float:
    value = score(samples, rate)
    assert value is not None
    return value


@pytest.mark.parametrize("size", [101, 1920, 24_000])
def test_streamed_is_whole(speech: np.ndarray, size: int) -> None:
    pieces = np.split(speech[:60_000], range(size, 60_000, size))
    streamed = np.concatenate(list(marked([*pieces, pieces[0][:0]], RATE)))
    whole = mark(speech[:60_000])
    assert streamed.shape == whole.shape == (60_000,)
    np.testing.assert_allclose(streamed, whole, atol=1e-6)
    assert np.abs(whole - speech[:60_000]).max() > 0.005


def test_a_stream_is_never_far_behind(speech: np.ndarray) -> None:
    marking, given, got = Marking(RATE), 0, 0
    for piece in np.split(speech[:48_000], 100):
        given += len(piece)
        got += len(marking.write(piece))
        assert 0 <= given - got <= (0.24 if given < RATE else 0.74) * RATE
    assert got + len(marking.finish()) == given


@pytest.mark.parametrize("length", [0, 1, 239, 1000, 5000])
def test_short_streams_keep_their_length(speech: np.ndarray, length: int) -> None:
    assert mark(speech[:length]).shape == (length,)


def test_it_does_what_perths_own_code_does(speech: np.ndarray) -> None:
    """Every 100th sample of `resemble-perth` 1.0.1 at 32 kHz, resampled, less the original."""
    added = [0.00019, -0.00048, -0.00018, -0.00026, 0.00016, -0.00053, -0.00057, 0.00001, -0.0008]
    added += [0.00378, 0.00222, 0.01033, -0.00167, -0.00368, 0.0138, -0.00871, 0.01517, -0.01993]
    whole = mark(speech, strength=1.0)
    ours = (whole - speech)[48_000:49_800:100]
    np.testing.assert_allclose(ours, added, atol=1e-4)
    assert judged(whole) == pytest.approx(0.99783, abs=1e-3)
    assert judged(speech) == pytest.approx(0.07582, abs=1e-3)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
def test_it_is_found_at_any_rate(speech: np.ndarray, rate: int) -> None:
    assert judged(soxr.resample(mark(speech), RATE, rate), rate) >= MARKED_FROM
    assert judged(soxr.resample(speech, RATE, rate), rate) < 0.2


def test_another_rate_is_marked_as_well(speech: np.ndarray) -> None:
    other = soxr.resample(speech, RATE, 44_100)
    whole = mark(other, 44_100)
    assert whole.shape == other.shape
    assert judged(whole, 44_100) >= MARKED_FROM


def test_a_crop_is_found_and_loudness_does_not_matter(speech: np.ndarray) -> None:
    whole = mark(speech)
    assert judged(whole[7777 : 7777 + 3 * RATE]) >= MARKED_FROM
    assert judged(0.1 * whole) == pytest.approx(judged(whole), abs=0.15)


def test_an_offset_neither_hides_nor_makes_a_mark(speech: np.ndarray) -> None:
    for offset in (0.01, 0.1):
        for sound in (speech, mark(speech)):
            there = judged(sound + np.float32(offset))
            assert there == pytest.approx(judged(sound), abs=0.02)
    assert score(np.full(5 * RATE, 0.5, np.float32), RATE) is None


def test_only_the_band_below_2_khz_changes_and_little(speech: np.ndarray) -> None:
    added = mark(speech) - speech
    power = np.abs(np.fft.rfft(added)) ** 2
    hertz = np.fft.rfftfreq(len(added), 1 / RATE)
    assert power[hertz > 2100].sum() < 1e-4 * power.sum()
    assert 10 * np.log10(np.sum(speech**2) / np.sum(added**2)) > 15


def test_silence_stays_silence_and_no_strength_changes_nothing(speech: np.ndarray) -> None:
    assert not mark(np.zeros(30_000, np.float32)).any()
    np.testing.assert_array_equal(mark(speech, strength=0.0), speech)


def test_what_cannot_be_judged(speech: np.ndarray) -> None:
    assert score(speech[: RATE * 2 - 1], RATE) is None
    assert score(speech, 2000) is None
    assert score(np.zeros(4 * RATE, np.float32), RATE) is None
    assert score(speech[:0], RATE) is None


def test_noise_is_not_marked() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 4 * RATE).astype(np.float32)
    assert judged(noise) < 0.1


@pytest.mark.parametrize("damage", ["package", "file"])
def test_missing_weights_are_told(damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = {"package": "PACKAGE", "file": "WEIGHTS"}[damage]
    monkeypatch.setattr(watermark, name, "no-such-thing")
    watermark._weights.cache_clear()
    with pytest.raises(VoxtralError, match=r"is not installed|cannot be read") as caught:
        Marking(RATE)
    assert "pip install" in caught.value.hint
