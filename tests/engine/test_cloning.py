"""Voices of one's own: what the engine makes of codes, and for which checkpoints."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import Engine, SpeechOptions
from engine.checkpoint import has_encoder
from engine.cloning import Voice
from engine.errors import VoiceError
from tests.babble import babble

GOLDEN = Path(__file__).parents[1] / "golden"
OPTIONS = SpeechOptions(seed=1, steps=2)


@pytest.fixture(scope="module")
def tiny() -> Engine:
    return Engine.from_folder(GOLDEN / "tiny", "cpu")


@pytest.fixture(scope="module")
def voice(tiny: Engine) -> Voice:
    return tiny.clone(babble(1.0), 24000)


def test_a_voice_is_the_codes_of_the_clip_and_their_rows(tiny: Engine, voice: Voice) -> None:
    codes = tiny.encode(babble(1.0), 24000)
    frames = int(1.0 * tiny.frame_rate)
    assert np.array_equal(voice.codes, codes[:, :frames])
    assert voice.rows.shape == (frames + 1, tiny._config.backbone.dim)
    table = tiny._model.mm_audio_embeddings.audio_codebook_embeddings
    first = table(torch.from_numpy(codes[:, :1].T.astype(np.int64) + 2))
    assert np.array_equal(voice.rows[:1], first.numpy())
    end = table(torch.tensor([[1] + [0] * (tiny.num_codebooks - 1)]))
    assert np.array_equal(voice.rows[-1:], end.numpy())


def test_it_is_spoken_in_and_matters(tiny: Engine, voice: Voice) -> None:
    spoken = tiny.speak("Hello there.", voice, OPTIONS)
    assert np.array_equal(spoken, tiny.speak("Hello there.", voice, OPTIONS))
    assert not np.array_equal(spoken, tiny.speak("Hello there.", options=OPTIONS))


def test_a_checkpoint_with_the_same_codes_embeds_them_anew(tiny: Engine, voice: Voice) -> None:
    moved = replace(voice, fingerprint="0" * 16, rows=voice.rows * 0)
    spoken = tiny.speak("Hello there.", voice, OPTIONS)
    assert np.array_equal(tiny.speak("Hello there.", moved, OPTIONS), spoken)


def test_a_checkpoint_with_other_codes_refuses(tiny: Engine, voice: Voice) -> None:
    other = replace(voice, fingerprint="0" * 16, quantizer="0" * 16, model="another")
    with pytest.raises(VoiceError, match="made for another"):
        tiny.stream("Hello.", other)


def test_whether_there_is_an_encoder_is_known_without_weights() -> None:
    assert has_encoder(GOLDEN / "tiny")
    assert not has_encoder(GOLDEN / "tiny-open")
    with pytest.raises(VoiceError, match="no codec encoder"):
        Engine.from_folder(GOLDEN / "tiny-open", "cpu").clone(babble(1.0), 24000)
