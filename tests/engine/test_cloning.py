"""Voices of one's own: what the engine makes of codes, and for which checkpoints."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import Engine, SpeechOptions
from engine.checkpoint import has_encoder
from engine.cloning import embed_codes
from engine.errors import InputError, VoiceError
from engine.speech import Voice
from tests.babble import babble

GOLDEN = Path(__file__).parents[1] / "golden"
OPTIONS = SpeechOptions(seed=1, steps=2)


@pytest.fixture(scope="module")
def tiny() -> Engine:
    return Engine.from_folder(GOLDEN / "tiny", "cpu")


@pytest.fixture(scope="module")
def voice(tiny: Engine) -> Voice:
    return tiny.clone(babble(1.0), 24000)


def test_a_voice_is_the_codes_of_the_clip(tiny: Engine, voice: Voice) -> None:
    assert np.array_equal(voice.codes, tiny.encode(babble(1.0), 24000)[:, : voice.codes.shape[1]])
    assert voice.codes.shape == (tiny.num_codebooks, 12)


@pytest.mark.parametrize("frames", [1, 29, 57, 58])
def test_whole_frames_stay_and_a_part_of_one_does_not(tiny: Engine, frames: int) -> None:
    wave = babble(5.0)
    for extra in (0, 1919):
        assert tiny.clone(wave[: frames * 1920 + extra], 24000).codes.shape[1] == frames


def test_rows_are_the_codes_embedded_and_the_end_row(tiny: Engine, voice: Voice) -> None:
    rows = embed_codes(tiny._model, voice.codes.T)
    table = tiny._model.mm_audio_embeddings.audio_codebook_embeddings
    first = table(torch.from_numpy(voice.codes[:, :1].T.astype(np.int64) + 2))
    end = table(torch.tensor([[1] + [0] * (tiny.num_codebooks - 1)]))
    assert torch.equal(rows[:1], first)
    assert torch.equal(rows[-1:], end)
    assert len(rows) == voice.codes.shape[1] + 1


def test_it_is_spoken_in_and_matters(tiny: Engine, voice: Voice) -> None:
    spoken = tiny.speak("Hello there.", voice, OPTIONS)
    assert np.array_equal(spoken, tiny.speak("Hello there.", voice, OPTIONS))
    assert not np.array_equal(spoken, tiny.speak("Hello there.", options=OPTIONS))


def test_another_checkpoint_with_the_same_codec_speaks_in_it(tiny: Engine, voice: Voice) -> None:
    moved = replace(voice, fingerprint="0" * 16)
    spoken = tiny.speak("Hello there.", voice, OPTIONS)
    assert np.array_equal(tiny.speak("Hello there.", moved, OPTIONS), spoken)


def test_a_checkpoint_with_other_codes_refuses(tiny: Engine, voice: Voice) -> None:
    other = replace(voice, quantizer="0" * 16, model="another")
    with pytest.raises(VoiceError, match="made for another"):
        tiny.stream("Hello.", other)


@pytest.mark.parametrize("codes", [np.full((37, 3), 99), np.zeros((36, 3)), np.zeros((37, 0))])
def test_codes_that_claim_to_be_of_this_checkpoint(
    tiny: Engine, voice: Voice, codes: np.ndarray
) -> None:
    with pytest.raises(InputError, match="codes"):
        tiny.stream("Hello.", replace(voice, codes=codes.astype(np.int16)))


def test_whether_there_is_an_encoder_is_known_without_weights() -> None:
    assert has_encoder(GOLDEN / "tiny")
    assert not has_encoder(GOLDEN / "tiny-open")
    with pytest.raises(VoiceError, match="no codec encoder"):
        Engine.from_folder(GOLDEN / "tiny-open", "cpu").clone(babble(1.0), 24000)
