"""The speaker encoder and the sums over voices."""

import numpy as np
import pytest

from evaluation.similarity import Gallery, SpeakerEncoder, Verdict, cosine, within_and_between

RATE = 24_000


def test_cosine() -> None:
    assert cosine(np.array([1.0, 0.0]), np.array([2.0, 0.0])) == pytest.approx(1.0)
    assert cosine(np.array([1.0, 0.0]), np.array([0.0, 3.0])) == pytest.approx(0.0)


def test_within_is_leave_one_out_and_between_compares_means() -> None:
    east, north = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    within, between = within_and_between({"a": [east, east], "b": [north, east], "c": [north]})
    assert within == pytest.approx({"a": 1.0, "b": 0.0})
    assert between == pytest.approx((2**-0.5 + 0.0 + 2**-0.5) / 3)


def test_one_voice_has_nobody_to_differ_from() -> None:
    within, between = within_and_between({"a": [np.ones(2)], "b": []})
    assert within == {}
    assert np.isnan(between)


def at(degrees: float) -> np.ndarray:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


def test_a_gallery_tells_whose_voice_it_is() -> None:
    gallery = Gallery({"ann": [at(0), at(20)], "bob": [at(90)], "eve": [at(150)]})
    verdict = gallery.judge("ann", at(30))
    assert (verdict.speaker, verdict.nearest) == ("ann", "ann")
    assert verdict.similarity == pytest.approx(np.cos(np.radians(20)))
    assert verdict.others == pytest.approx((np.cos(np.radians(60)) + np.cos(np.radians(120))) / 2)
    assert gallery.judge("ann", at(60)).nearest == "bob"


def test_recordings_of_the_gallery_are_judged_without_themselves() -> None:
    gallery = Gallery({"ann": [at(0), at(60)], "bob": [at(100)]})
    first, second = gallery.judge_own("ann")
    assert first.similarity == second.similarity == pytest.approx(0.5)
    assert (first.nearest, second.nearest) == ("ann", "bob")
    assert gallery.judge_own("bob") == []


def test_a_gallery_of_one_has_no_others() -> None:
    assert Gallery({"ann": [at(0)]}).judge("ann", at(0)) == Verdict("ann", 1.0, None, "ann")


@pytest.fixture(scope="module")
def encoder() -> SpeakerEncoder:
    for package in ("resemblyzer", "librosa", "soxr"):
        pytest.importorskip(package, reason="extra eval, and resemblyzer with --no-deps")
    return SpeakerEncoder()


def hum(pitch: float, seed: int) -> np.ndarray:
    """Two seconds of harmonics with a random walk of loudness, float32 [48000]."""
    time = np.arange(2 * RATE) / RATE
    wave = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, int(4000 / pitch)))
    steps = np.random.default_rng(seed).uniform(0.3, 1.0, 20)
    return (0.1 * wave * np.repeat(steps, len(time) // 20)).astype(np.float32)


def test_same_source_is_nearer_than_another(encoder: SpeakerEncoder) -> None:
    low, low_again, high = (
        encoder.embed(hum(pitch, seed), RATE) for pitch, seed in ((100, 1), (100, 2), (260, 3))
    )
    assert low is not None
    assert low_again is not None
    assert high is not None
    assert low.shape == (256,)
    assert cosine(low, low_again) > cosine(low, high)


def test_silence_has_no_speaker(encoder: SpeakerEncoder) -> None:
    assert encoder.embed(np.zeros(RATE, np.float32), RATE) is None
    assert encoder.embed(hum(100, 1)[:2400], RATE) is None
