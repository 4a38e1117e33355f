"""Codes found by descent through the decoder: they come near, alone or in pieces."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from engine import Engine, SpeechOptions, optimise
from engine.errors import InputError
from engine.models.layers import Linear
from engine.models.packed import PackedWeight
from engine.optimise import judged, pieces
from engine.speech import Voice

GOLDEN = Path(__file__).parents[1] / "golden"
FRAMES = 8


@pytest.fixture(scope="module")
def engine() -> Engine:
    """It has no encoder, and its weights are packed."""
    return Engine.from_folder(GOLDEN / "tiny-open", "cpu")


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    """Of a wave that the decoder can make."""
    random = np.random.default_rng(0)
    return np.concatenate(
        [random.integers(0, 64, (1, FRAMES)), random.integers(0, 21, (36, FRAMES))]
    )


def test_the_codes_of_a_decoded_wave_are_found_again(engine: Engine, codes: np.ndarray) -> None:
    wave, done = engine.decode(codes), []
    early = engine.optimise(wave, 24000, steps=2)
    late = engine.optimise(wave, 24000, steps=40, advance=lambda: done.append(1))
    assert len(done) == 40
    assert late.distance_db < 0.7 * early.distance_db
    found = late.voice.codes
    assert found.shape == codes.shape
    chance = np.abs(codes[1:] - np.random.default_rng(1).integers(0, 21, codes[1:].shape)).mean()
    assert np.abs(codes[1:] - found[1:]).mean() < 0.8 * chance
    assert len(engine.speak("Hello.", late.voice, SpeechOptions(steps=1))) > 1000
    again = engine.optimise(wave, 24000, steps=2)
    assert np.array_equal(again.voice.codes, early.voice.codes)


def test_a_long_clip_is_taken_in_pieces(
    engine: Engine, codes: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave = engine.decode(np.tile(codes, (1, 4)))
    taken: list[tuple[int, int]] = []
    latent = optimise.CodeFit.latent

    def noted(self: optimise.CodeFit, first: int, last: int, temperature: float) -> torch.Tensor:
        taken.append((first, last))
        return latent(self, first, last, temperature)

    monkeypatch.setattr(optimise.CodeFit, "latent", noted)
    whole = engine.optimise(wave, 24000, steps=6)
    assert set(taken) == {(0, 32)}
    taken.clear()
    monkeypatch.setattr(optimise, "PIECE_S", 0.9)
    monkeypatch.setattr(optimise, "CONTEXT_S", 0.5)
    parts = engine.optimise(wave, 24000, steps=6)
    assert set(taken) == {(0, 10), (3, 21), (14, 32)}
    assert parts.distance_db == pytest.approx(whole.distance_db, rel=0.1)


def test_left_context_is_long_enough(engine: Engine, codes: np.ndarray) -> None:
    """A piece after its context is what one call over the whole would give."""
    codec = engine._model.audio_tokenizer
    latent = codec.quantizer.decode(torch.from_numpy(np.tile(codes, (1, 7)))[None])
    with torch.no_grad():
        whole, piece = codec.synthesize(latent), codec.synthesize(latent[..., 15:])
    torch.testing.assert_close(piece[:, 25 * 1920 :], whole[:, 40 * 1920 :], atol=1e-5, rtol=0)


def test_pieces_are_about_equal_and_leave_nothing_out() -> None:
    assert list(pieces(10, 100)) == [(0, 10)]
    assert list(pieces(101, 100)) == [(0, 50), (50, 101)]
    spans = list(pieces(625, 200))
    assert [first for first, _ in spans[1:]] == [last for _, last in spans[:-1]]
    assert max(last - first for first, last in spans) <= 200


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(2000, np.float32)])
def test_too_little_is_refused(engine: Engine, samples: np.ndarray) -> None:
    with pytest.raises(InputError):
        engine.optimise(samples, 24000)


def test_the_score_is_in_words(codes: np.ndarray) -> None:
    voice = Voice(codes.astype(np.int16), "", "", "")
    wave = 0.1 * torch.randn(24000, generator=torch.Generator().manual_seed(0))
    assert judged(voice, wave, wave, 24000).distance_db == 0
    verdicts = [judged(voice, gain * wave, wave, 24000).verdict for gain in (0.99, 0.35, 0.0)]
    assert verdicts == ["close", "usable", "poor"]


def test_gradients_pass_packed_weights() -> None:
    layer = Linear(16, 8)
    layer.weight.data = layer.weight.data.bfloat16().float()
    weight = layer.weight.detach().clone()
    packed = PackedWeight(layer)
    x = torch.randn(3, 16, requires_grad=True)
    made = packed(x)
    torch.testing.assert_close(made, F.linear(x, weight))
    made.sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, weight.sum(0).expand(3, -1))
