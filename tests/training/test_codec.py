"""Codec training: losses, bottleneck, codebook, labels, discriminators, and runs of seconds."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.config import parse_config
from engine.models.codec.codec import Codec
from engine.models.codec.distance import (
    MELS,
    LossWeights,
    colour_distance,
    harmonic_distance,
    mel_bank,
    phase_distance,
    reconstruction_loss,
    spectrum,
    third_octaves,
)
from training.codec.codebook import bottleneck, init_codebook, update_codebook
from training.codec.discriminator import Discriminators, feature_matching, hinge_loss, match
from training.codec.init import grow, init_codec, mdct_basis
from training.codec.phones import UNKNOWN, PhoneProbe
from training.codec.train import STATE, CodecTrainer, Options, train
from training.codec.weights import loss_weights
from training.data.manifest import MANIFEST_NAME, SAMPLE_RATE, Utterance
from training.loop import Clock, learning_rate
from training.presets import PRESETS

CONFIG = parse_config(PRESETS["tiny"]).codec


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def codec() -> Codec:
    codec = Codec(CONFIG)
    init_codec(codec, generator())
    return codec


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two tones of 1.5 s, one of them with phones."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    time = np.arange(36000) / SAMPLE_RATE
    tones = np.concatenate([0.3 * np.sin(2 * np.pi * hertz * time) for hertz in (220, 330)])
    np.save(folder / "audio-000.npy", (tones * 32767).astype(np.int16))
    phones = (("h", 0.1, 0.5), ("ˈ", 0.5, 0.6), ("A", 0.6, 1.4))
    lines = [
        Utterance("a", "Hey.", "s", "audio-000.npy", 0, 36000, "train", None, phones).to_json(),
        Utterance("b", "Hey.", "s", "audio-000.npy", 36000, 36000, "train").to_json(),
    ]
    (folder / MANIFEST_NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_loss_is_zero_for_equal_and_grows_with_noise() -> None:
    wave = torch.randn(2, 6000, generator=generator()) * 0.1
    noise = torch.randn(2, 6000, generator=generator().manual_seed(1))

    def total(made: torch.Tensor) -> float:
        return float(sum(reconstruction_loss(made, wave, LossWeights()).values()))

    assert total(wave) == 0
    assert 0 < total(wave + 0.001 * noise) < total(wave + 0.01 * noise) < total(wave + noise)


def test_phases_count_only_where_they_are_asked_for() -> None:
    """Noise with the magnitudes of other noise: any phases do for spectra, not for the waveform."""
    wave = torch.randn(2, 24000, generator=generator())
    other = torch.randn(2, 24000, generator=generator().manual_seed(1))
    near = wave + 0.1 * other
    spectra = [torch.view_as_real(spectrum(x, 512)) for x in (wave, other, near)]
    for power in torch.tensor([1.0, 0.6]):
        far, close = (phase_distance(s, spectra[0], power).item() for s in spectra[1:])
        assert 1.1 < far < 1.5
        assert 0.05 < close < 0.2
        assert phase_distance(spectra[0], spectra[0], power) < 1e-3
    assert "phase" not in reconstruction_loss(other, wave, LossWeights())
    assert "phase" in reconstruction_loss(other, wave, loss_weights(0.5))


def test_harmonics_count_wherever_their_phases_are() -> None:
    time = torch.arange(24000) / 24000

    def voice(f0: float, phase: float = 0.0) -> torch.Tensor:
        harmonics = [(2 * torch.pi * n * (f0 * time + phase)).sin() for n in range(1, 30)]
        return torch.stack(harmonics).mean(0, keepdim=True)

    real = voice(95)
    noise = torch.randn(1, 24000, generator=generator()) * real.std()
    assert harmonic_distance(real, real) < 1e-5
    assert harmonic_distance(voice(95, 0.3), real) < 0.05
    assert harmonic_distance(voice(100), real) > 0.6  # a comb of the decoder's patches
    assert harmonic_distance(noise, real) > 0.6


def test_colour_is_told_by_band_and_not_by_time() -> None:
    real = torch.randn(1, 24000, generator=generator())
    hertz = torch.fft.rfftfreq(24000, 1 / 24000)
    bright = torch.fft.irfft(torch.fft.rfft(real) * torch.where(hertz > 3000, 2.0, 1.0))
    assert colour_distance(real, real) < 1e-5
    assert colour_distance(real.roll(6000), real) < 0.05
    bands = third_octaves(2048, 24000)
    assert bands.sum(0).eq(1).all()
    above = (bands.argmax(0).unique() > bands[:, 256].argmax()).float().mean()  # 256: 3 kHz
    apart = colour_distance(bright, real).item()
    assert apart == pytest.approx(math.log(2) * float(above), rel=0.1)
    assert colour_distance(bright[:, :12000], real) > 0.2  # of another length, too


def test_the_waveform_comes_first() -> None:
    first, last = loss_weights(0), loss_weights(1)
    assert first.mel < 0.1 < last.mel == 1
    assert first.wave == last.wave > 0
    mels = [loss_weights(step / 20).mel for step in range(21)]
    assert mels == sorted(mels)


@pytest.mark.parametrize("size", list(MELS))
def test_mel_bands_sum_to_one_and_rise(size: int) -> None:
    bank = mel_bank(size, SAMPLE_RATE)
    assert bank.shape == (MELS[size], size // 2 + 1)
    torch.testing.assert_close(bank.sum(1), torch.ones(MELS[size]))
    centres = (bank * torch.arange(size // 2 + 1)).sum(1)
    assert (centres.diff() > 0).all()


def test_a_codec_that_grew_says_nearly_the_same(codec: Codec) -> None:
    taller = replace(CONFIG, encoder_lengths=(2, 3, 2, 4), decoder_lengths=(4, 2, 3, 2))
    grown = Codec(taller)
    init_codec(grown, generator().manual_seed(1))
    wave = 0.1 * torch.randn(1, 24000, generator=generator())
    before = codec.latent(wave)
    assert (grown.latent(wave) - before).abs().mean() > before.abs().mean()
    grow(grown, codec)
    assert (grown.latent(wave) - before).abs().mean() < 0.1 * before.abs().mean()
    for name, values in codec.state_dict().items():
        torch.testing.assert_close(grown.state_dict()[name], values)
    with pytest.raises(ValueError, match="other sizes"):
        grow(codec, grown)


def test_mdct_pair_reconstructs() -> None:
    size = 16
    basis = mdct_basis(size)
    wave = torch.randn(10 * size, generator=generator())
    frames = wave.unfold(0, 2 * size, size)
    pieces = frames @ basis @ basis.T
    made = torch.zeros_like(wave)
    for index, piece in enumerate(pieces):
        made[index * size : (index + 2) * size] += piece
    torch.testing.assert_close(made[size:-size], wave[size:-size], atol=1e-5, rtol=0)


def test_bottleneck_rounds_half_and_lets_gradients_through(codec: Codec) -> None:
    latent = torch.randn(64, CONFIG.latent_dim, 5, generator=generator(), requires_grad=True)
    passed, commitment, codes = bottleneck(codec.quantizer, latent, generator(), quantise=True)
    acoustic = passed[:, CONFIG.semantic_dim :]
    levels = (acoustic + 1) / 2 * (CONFIG.acoustic_codebook_size - 1)
    on_grid = ((levels - levels.round()).abs() < 1e-4).all(-1).all(-1)
    exact = codec.quantizer.decode(codec.quantizer.encode(latent.detach()))
    snapped = (passed - exact)[:, : CONFIG.semantic_dim].abs().amax((1, 2)) < 1e-5
    assert 20 <= int(on_grid.sum()) <= 44
    assert snapped.all()
    assert codes.shape == (64, 5)
    (passed.sum() + commitment).backward()
    assert latent.grad is not None
    assert (latent.grad != 0).all()


def test_codebook_follows_its_vectors_and_replaces_dead_codes(codec: Codec) -> None:
    book = codec.quantizer.semantic_codebook
    centres = torch.randn(64, CONFIG.semantic_dim, generator=generator()) * 10
    vectors = centres.repeat(20, 1) + 0.01 * torch.randn(1280, CONFIG.semantic_dim)
    init_codebook(book, vectors[torch.randperm(1280, generator=generator())], generator())
    before = torch.cdist(vectors, book.embedding).amin(1).mean()
    shifted = vectors + 5
    for _ in range(100):
        update_codebook(book, shifted, book.encode(shifted), generator())
    assert len(book.encode(shifted).unique()) > 40
    assert torch.cdist(shifted, book.embedding).amin(1).mean() < 1.2 * before
    book.cluster_usage[3] = 1e-9
    assert update_codebook(book, vectors, book.encode(vectors), generator()) >= 1


def test_probe_ignores_unlabelled_frames() -> None:
    probe = PhoneProbe(CONFIG.semantic_dim)
    semantic = torch.randn(2, CONFIG.semantic_dim, 4, generator=generator())
    none = torch.full((2, 4), UNKNOWN)
    assert probe(semantic, none)[0].item() == 0
    some = none.clone()
    some[0, 1] = 5
    assert probe(semantic, some)[0].item() > 0


def test_matching_asks_nothing_of_the_discriminators() -> None:
    judges = Discriminators(channels=4, sizes=(126, 76))
    real = torch.randn(2, 2400, generator=generator())
    made = torch.zeros(2, 2400, requires_grad=True)
    distance, known = match(judges, real, made)
    assert distance.item() == pytest.approx(feature_matching(judges(real), judges(made)).item())
    distance.backward()
    assert made.grad is not None
    assert made.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in judges.parameters())
    hinge_loss(known, judges(made.detach())).backward()
    assert all(parameter.grad is not None for parameter in judges.parameters())


def test_discriminators_tell_and_features_match() -> None:
    judges = Discriminators(channels=4, sizes=(126, 76))
    real, made = torch.randn(2, 2400, generator=generator()), torch.zeros(2, 2400)
    optimiser = torch.optim.Adam(judges.parameters(), lr=1e-2)
    first = None
    for _ in range(20):
        loss = hinge_loss(judges(real), judges(made))
        first = first if first is not None else loss.item()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < first
    assert feature_matching(judges(real), judges(real)).item() == 0
    assert feature_matching(judges(real), judges(made)).item() > 0


def test_clock_and_rate_follow_the_budget() -> None:
    assert Clock(100.0, before=50.0).progress == pytest.approx(0.5, abs=0.01)
    assert learning_rate(1.0, 0.0, 1000) == pytest.approx(1.0)
    assert learning_rate(1.0, 1.0, 1000) == pytest.approx(0.02)
    assert learning_rate(1.0, 0.0, 0) < 0.02


def options(corpus: Path, out: Path, **others: object) -> Options:
    base = Options(corpus, out, minutes=2 / 60, preset="tiny", batch=2, frames=10, free=0.5)
    return replace(base, **others)  # type: ignore[arg-type]


class Ticking(Clock):
    """A clock that moves by a twelfth of the budget each time that it is asked."""

    @property
    def elapsed(self) -> float:
        self.before += self.budget / 12
        return self.before


def test_a_run_learns_saves_and_goes_on(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.codec.train.Clock", Ticking)
    run = options(corpus, tmp_path / "run", free=0.0)
    train(run)
    state = torch.load(run.out / STATE, weights_only=True)
    assert state["quantise"]
    assert state["step"] >= 2
    again = CodecTrainer(run)
    assert again.resume() >= 60 * run.minutes
    assert again.step == state["step"]
    for name, tensor in again.codec.state_dict().items():
        torch.testing.assert_close(tensor, state["model"][name])


def test_updates_lower_the_loss(corpus: Path, tmp_path: Path) -> None:
    trainer = CodecTrainer(options(corpus, tmp_path / "run"))
    batch = trainer.crops().batch(2)
    losses = [trainer.update(batch, 2e-3)[0]["loss"] for _ in range(12)]
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("phases", [False, True])
def test_the_waveform_is_learned_only_with_phases(
    corpus: Path, tmp_path: Path, phases: bool
) -> None:
    trainer = CodecTrainer(options(corpus, tmp_path / "run", phases=phases))
    values, _ = trainer.update(trainer.crops().batch(2), 2e-3)
    assert {"wave", "phase"} & values.keys() == ({"wave", "phase"} if phases else set())


def test_what_is_learned_is_for_weights_as_they_are_stored(corpus: Path, tmp_path: Path) -> None:
    whole, stored = (CodecTrainer(options(corpus, tmp_path / "run")) for _ in range(2))
    batch = whole.crops().batch(2)
    with torch.no_grad():
        for parameter in stored.trained:
            parameter.copy_(parameter.bfloat16())
    assert not torch.equal(whole.codec.latent(batch[0]), stored.codec.latent(batch[0]))
    assert whole.update(batch, 2e-3)[0]["loss"] == stored.update(batch, 2e-3)[0]["loss"]


def test_a_run_from_a_codec_begins_with_its_codes(corpus: Path, tmp_path: Path) -> None:
    first = CodecTrainer(options(corpus, tmp_path / "first"))
    first.start_codebook(first.crops())
    first.save(0.0)
    second = CodecTrainer(options(corpus, tmp_path / "second", initial=tmp_path / "first" / STATE))
    second.resume()
    assert second.quantise
    wave, _ = first.crops().batch(2)
    assert torch.equal(second.codec.encode(wave), first.codec.encode(wave))


def test_decoder_mode_leaves_the_codes_alone(corpus: Path, tmp_path: Path) -> None:
    whole = CodecTrainer(options(corpus, tmp_path / "whole"))
    batch = whole.crops().batch(2)
    whole.start_codebook(whole.crops())
    whole.save(0.0)
    start = tmp_path / "whole" / STATE
    part = CodecTrainer(
        options(corpus, tmp_path / "part", part="decoder", initial=start, channels=2)
    )
    part.resume()
    codes = part.codec.encode(batch[0])
    before = part.codec.decode(codes)
    values, _ = part.update((batch[0], codes), 1e-3)
    assert values["hinge"] > 0
    assert torch.equal(part.codec.encode(batch[0]), codes)
    assert not torch.equal(part.codec.decode(codes), before)
