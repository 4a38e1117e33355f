"""Identity is perfect, noise is worse, more noise is worse still."""

import numpy as np
import pytest

from engine.errors import InputError
from evaluation import codec_metrics

for package in ("librosa", "pystoi", "soxr"):
    pytest.importorskip(package, reason="extra eval")

RATE = 24_000


@pytest.fixture(scope="module")
def voiced() -> np.ndarray:
    """Two seconds of gliding harmonics in syllables, float32 [48000]."""
    time = np.arange(2 * RATE) / RATE
    phase = 2 * np.pi * np.cumsum(120 + 30 * np.sin(2 * np.pi * 1.3 * time)) / RATE
    wave = sum(np.sin(k * phase) / k for k in range(1, 30))
    envelope = np.clip(np.sin(2 * np.pi * 3.1 * time), 0, None) ** 0.5
    return (0.1 * wave * envelope).astype(np.float32)


def noisy(samples: np.ndarray, level: float) -> np.ndarray:
    noise = np.random.default_rng(1).standard_normal(len(samples))
    return (samples + level * noise).astype(np.float32)


def test_distances_are_zero_for_equal_and_grow_with_noise(voiced: np.ndarray) -> None:
    copies = [voiced, noisy(voiced, 0.003), noisy(voiced, 0.03)]
    mel = [codec_metrics.mel_distance(voiced, copy, RATE) for copy in copies]
    stft = [codec_metrics.stft_distance(voiced, copy) for copy in copies]
    assert mel[0] == stft[0] == 0.0
    assert mel[0] < mel[1] < mel[2]
    assert stft[0] < stft[1] < stft[2]


def test_distance_of_a_gain_is_the_gain_in_decades() -> None:
    """Ten times quieter noise: 2 decades of power a window in the logarithm, 2 windows."""
    noise = noisy(np.zeros(RATE, np.float32), 1.0)
    magnitudes = sum(
        float(np.mean(codec_metrics._magnitudes(noise, window))) for window in (2048, 512)
    )
    distance = codec_metrics.stft_distance(noise, noise * np.float32(0.1))
    assert distance == pytest.approx(4.0 + 0.9 * magnitudes, rel=1e-3)


def test_short_clips_are_measured(voiced: np.ndarray) -> None:
    assert codec_metrics.stft_distance(voiced[:300], voiced[:300]) == 0.0
    assert codec_metrics.estoi(voiced[:300], voiced[:300], RATE) is None
    padded = np.concatenate([voiced[: RATE // 4], np.zeros(RATE, np.float32)])
    assert codec_metrics.estoi(padded, padded, RATE) is None


def test_pesq(voiced: np.ndarray) -> None:
    pytest.importorskip("pesq", reason="extra eval; compiled when installed")
    same = codec_metrics.pesq_wide(voiced, voiced, RATE)
    worse = codec_metrics.pesq_wide(voiced, noisy(voiced, 0.03), RATE)
    assert same == pytest.approx(4.64, abs=0.01)
    assert worse is not None
    assert worse < 3.0


def test_pesq_without_speech_does_not_apply(voiced: np.ndarray) -> None:
    pytest.importorskip("pesq", reason="extra eval; compiled when installed")
    assert codec_metrics.pesq_wide(voiced[:300], voiced[:300], RATE) is None
    silent = np.zeros(RATE, np.float32)
    assert codec_metrics.pesq_wide(silent, voiced[:RATE], RATE) is None
    assert codec_metrics.pesq_wide(voiced, np.zeros_like(voiced), RATE) is None


def test_estoi(voiced: np.ndarray) -> None:
    same = codec_metrics.estoi(voiced, voiced, RATE)
    worse = codec_metrics.estoi(voiced, noisy(voiced, 0.1), RATE)
    assert same == pytest.approx(1.0, abs=1e-3)
    assert worse is not None
    assert worse < 0.8


def test_code_use() -> None:
    codes = np.stack([np.arange(8) % 4, np.arange(8) % 2, np.zeros(8)]).astype(np.int16)
    use = codec_metrics.code_use(codes)
    assert (use.frames, use.semantic_used) == (8, 4)
    assert use.semantic_perplexity == pytest.approx(4.0)
    assert use.acoustic_bits == pytest.approx((1.0, 0.0))


def test_code_agreement() -> None:
    true = np.array([[5, 5, 7, 8], [0, 10, 20, 3], [1, 1, 1, 1]], np.int16)
    other = np.array([[5, 6, 7, 7], [0, 11, 0, 3], [1, 3, 1, 1]], np.uint8)
    found = codec_metrics.code_agreement(true, other)
    assert (found.frames, found.semantic_used, found.semantic_used_other) == (4, 3, 3)
    assert found.semantic_equal == 0.5
    assert found.acoustic_error == pytest.approx((1 + 20 + 2) / 8)
    assert found.acoustic_near == pytest.approx(6 / 8)
    same = codec_metrics.code_agreement(true, true)
    assert (same.semantic_equal, same.acoustic_error, same.acoustic_near) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize("shape", [(3, 4), (2, 5), (1, 4), (2, 0), (4,)])
def test_codes_that_cannot_be_compared(shape: tuple[int, ...]) -> None:
    like = (2, 4) if shape in ((3, 4), (2, 5)) else shape
    with pytest.raises(InputError, match="cannot be compared"):
        codec_metrics.code_agreement(np.zeros(like, np.int16), np.zeros(shape, np.int16))
