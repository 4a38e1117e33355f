"""What the codec's training is given and judged by: crops on a device, and what is heard."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soxr
import torch

from engine.config import parse_config
from engine.errors import InputError
from evaluation.phones import SYMBOLS, UNKNOWN, phone_labels
from training.codec.crops import Crops, HeldCrops
from training.codec.loudness import disturbance
from training.codec.train import CodecTrainer, Options
from training.data.manifest import MANIFEST_NAME, SAMPLE_RATE, Utterance, load_manifest
from training.presets import PRESETS

CONFIG = parse_config(PRESETS["tiny"]).codec
FRAMES = 6
PHONES = (("h", 0.1, 0.5), ("ˈ", 0.5, 0.6), ("A", 0.6, 1.0))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three ramps of other heights: a sample tells where it is from. The second is too short."""
    folder, start = tmp_path / "corpus", 0
    folder.mkdir()
    lines, pieces = [], []
    for number, samples in enumerate((13_000, 5_000, 12_001)):
        pieces.append(np.arange(samples) + 15_000 * number)
        phones = PHONES if number == 0 else None
        lines.append(
            Utterance(
                f"u{number}", "Hey.", "s", "a.npy", start, samples, "train", None, phones
            ).to_json()
        )
        start += samples
    np.save(folder / "a.npy", (np.concatenate(pieces) - 30_000).astype(np.int16))
    (folder / MANIFEST_NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=[pytest.mark.gpu, NO_GPU])])
def test_crops_on_a_device_are_stretches_of_the_corpus(corpus: Path, device: str) -> None:
    utterances = load_manifest(corpus, "train")
    crops = HeldCrops(utterances, FRAMES, CONFIG.frame_samples, 0, device)
    batch = crops.batch(200)
    assert all(part.device.type == device for part in batch)
    wave, labels = (part.cpu() for part in batch)
    assert wave.shape == (200, FRAMES * CONFIG.frame_samples)
    assert labels.shape == (200, FRAMES)
    seen = set()
    for row, label in zip(wave.double().numpy() * 32768, labels.numpy(), strict=True):
        gain = (row[-1] - row[0]) / (len(row) - 1)  # of a ramp of slope 1
        assert 10 ** (-6.1 / 20) < gain < 10 ** (6.1 / 20)
        place = round(row[0] / gain + 30_000)
        number, start = divmod(place, 15_000)
        np.testing.assert_allclose(row, gain * (np.arange(len(row)) + place - 30_000), atol=0.05)
        assert number in (0, 2)
        assert 0 <= start <= utterances[number].samples - len(row)
        times = (start + (np.arange(FRAMES) + 0.5) * CONFIG.frame_samples) / SAMPLE_RATE
        near = [phone_labels(utterances[number].phones, times + off) for off in (-0.006, 0.006)]
        assert ((label == near[0]) | (label == near[1])).all()
        seen.add(number)
    assert seen == {0, 2}


def test_the_same_seed_draws_the_same_and_another_others(corpus: Path) -> None:
    utterances = load_manifest(corpus, "train")
    first, again, other = (
        HeldCrops(utterances, FRAMES, CONFIG.frame_samples, seed, "cpu").batch(4)[0]
        for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    with pytest.raises(InputError, match="as long"):
        HeldCrops(utterances, 100, CONFIG.frame_samples, 0, "cpu")
    assert len(Crops(utterances, FRAMES, CONFIG.frame_samples, 0).utterances) == 2


def test_a_stress_mark_is_part_of_its_vowel() -> None:
    labels = phone_labels(PHONES, np.array([0.05, 0.3, 0.55, 0.7, 1.2]))
    assert [SYMBOLS[label] for label in labels] == [" ", "h", "A", "A", " "]
    assert (phone_labels(None, np.zeros(3)) == UNKNOWN).all()


@pytest.fixture
def speech() -> np.ndarray:
    """Something with harmonics and syllables, 2 s."""
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    voice = sum(np.sin(2 * np.pi * 130 * n * time + n * n) / n for n in range(1, 30))
    return (0.05 * voice * (1.2 + np.sin(2 * np.pi * 3 * time))).astype(np.float32)


def noisy(speech: np.ndarray, decibels: float) -> np.ndarray:
    """With white noise so far below it."""
    noise = np.random.default_rng(0).standard_normal(len(speech)).astype(np.float32)
    return speech + noise * speech.std() * 10 ** (-decibels / 20)


def test_what_is_heard_grows_with_noise_and_not_with_the_gain(speech: np.ndarray) -> None:
    real = torch.from_numpy(speech)[None]

    def points(made: np.ndarray) -> float:
        return float(disturbance(torch.from_numpy(made)[None], real))

    assert points(speech) < 0.01
    assert points(0.5 * speech) < 0.01
    assert points(np.zeros_like(speech)) > 2
    steps = [points(noisy(speech, decibels)) for decibels in (50, 35, 20, 5)]
    assert steps[0] > 0.02
    assert all(b > 1.3 * a for a, b in itertools.pairwise(steps))
    low = soxr.resample(speech, SAMPLE_RATE, 16_000)
    other = soxr.resample(noisy(speech, 20), SAMPLE_RATE, 16_000)
    slow = disturbance(torch.from_numpy(other)[None], torch.from_numpy(low)[None], 16_000)
    assert float(slow) == pytest.approx(steps[2], rel=0.1)  # of any rate


def test_it_has_a_gradient_that_leads_to_less(speech: np.ndarray) -> None:
    real = torch.from_numpy(speech)[None]
    made = torch.from_numpy(noisy(speech, 20))[None].requires_grad_()
    points = disturbance(made, real).sum()
    (slope,) = torch.autograd.grad(points, made)
    assert slope.isfinite().all()
    step = 0.02 * points / slope.square().sum()  # 2 % less, were it a straight line
    assert disturbance(made - step * slope, real).sum() < points
    noise = np.random.default_rng(1).standard_normal(len(speech)).astype(np.float32)
    for far in (0.05 * torch.from_numpy(noise)[None], torch.zeros_like(real)):
        (slope,) = torch.autograd.grad(disturbance(far.requires_grad_(), real).sum(), far)
        assert slope.isfinite().all()
        assert slope.norm() > 0 or not far.any()  # there is a way back from what is far off


def test_the_end_counts_too(speech: np.ndarray) -> None:
    """As many frames as a crop of 1.28 s has, of which 9 fit into no stretch."""
    real = torch.from_numpy(speech)[None, :30720]
    made = real.clone()
    made[:, -2400:] += 0.02 * torch.randn(2400, generator=torch.Generator().manual_seed(0))
    assert disturbance(made, real) > 0.1


def test_a_pause_is_not_made_as_loud_as_speech() -> None:
    faint = 3e-5 * torch.randn(1, 30720, generator=torch.Generator().manual_seed(0))
    made = (10 * faint.flip(1)).requires_grad_()
    points = disturbance(made, faint)
    (slope,) = torch.autograd.grad(points.sum(), made)
    assert points < 0.5
    assert slope.norm() < 50


def test_it_agrees_with_pesq(speech: np.ndarray) -> None:
    pesq = pytest.importorskip("pesq", reason="in the extra `eval`").pesq
    points, scores = [], []
    for decibels in (40, 30, 20, 10):
        made = noisy(speech, decibels)
        waves = [soxr.resample(x, SAMPLE_RATE, 16_000) for x in (speech, made)]
        scores.append(pesq(16_000, *waves, "wb"))
        points.append(
            float(disturbance(torch.from_numpy(made)[None], torch.from_numpy(speech)[None]))
        )
    assert scores == sorted(scores, reverse=True)
    assert points == sorted(points)


@pytest.mark.parametrize("name", ["loudness", "harmonics"])
def test_a_codec_learns_from_it(corpus: Path, tmp_path: Path, name: str) -> None:
    """The term is in the loss, by its weight; it is all that two runs differ by."""
    losses, terms = [], []
    for weight in (0.0, 1.0, 2.0):
        out = tmp_path / str(weight)
        options = Options(corpus, out, 1.0, preset="tiny", free=1.0)
        trainer = CodecTrainer(replace(options, **{name: weight}))
        generator = torch.Generator().manual_seed(0)
        wave = 0.1 * torch.randn(2, 15 * CONFIG.frame_samples, generator=generator)
        values, _ = trainer.update((wave, torch.zeros(2, 15, dtype=torch.long)), rate=1e-3)
        losses.append(values["loss"])
        terms.append(values.get(name))
    assert terms[0] is None
    assert terms[1] > 0
    assert terms[2] == pytest.approx(2 * terms[1])
    assert losses[1] - losses[0] == pytest.approx(terms[1], rel=1e-3)
