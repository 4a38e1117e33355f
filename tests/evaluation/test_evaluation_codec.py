"""The loop over recordings, with a codec that is perfect or loses half of the level."""

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError, VoiceError
from evaluation.audio import Clip, read_clips, resample
from evaluation.codec import evaluate_codec

for package in ("librosa", "pesq", "pystoi", "soxr", "jiwer", "num2words"):
    pytest.importorskip(package, reason="extra eval")
soundfile = pytest.importorskip("soundfile", reason="extra eval")


class Keeping:
    """A codec that keeps the samples aside and hands out whole frames of 1,000."""

    sample_rate = 24_000
    can_clone = True

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def encode(self, samples: np.ndarray, rate: int) -> np.ndarray:
        self.kept = samples * np.float32(self.gain)
        return np.zeros((3, -(-len(samples) // 1000)), np.int16)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        return np.pad(self.kept, (0, codes.shape[1] * 1000 - len(self.kept)))


class Level:
    """Ears that hear `loud` or `soft`."""

    def transcribe(self, samples: np.ndarray, rate: int) -> str:
        return "loud words" if np.abs(samples).max() > 0.3 else "soft words"


def clip(text: str = "") -> Clip:
    noise = np.random.default_rng(0).uniform(-0.4, 0.4, 20_500).astype(np.float32)
    return Clip("noise", noise, 24_000, text)


def test_a_perfect_codec() -> None:
    figures = evaluate_codec(Keeping(), [clip("Loud words."), clip()], Level()).figures()
    assert figures["mel"] == figures["stft"] == 0.0
    assert figures["pesq"] == pytest.approx(4.64, abs=0.01)
    assert (figures["wer"], figures["wer_original"]) == (0.0, 0.0)
    assert figures["clips"] == 2
    assert figures["seconds"] == pytest.approx(2 * 20_500 / 24_000)
    assert figures["similarity"] is None


def test_what_the_ears_hear_is_no_text_for_themselves() -> None:
    said = clip("Soft words.")
    both = evaluate_codec(Keeping(), [said, clip()], Level()).figures()
    assert (both["wer"], both["wer_original"]) == (0.25, 0.5)
    unknown = evaluate_codec(Keeping(), [clip()], Level()).figures()
    assert (unknown["wer"], unknown["wer_original"]) == (0.0, None)


def test_a_codec_that_loses() -> None:
    heard: list[int] = []
    done = evaluate_codec(
        Keeping(0.5), [clip()], Level(), on_clip=lambda clip, samples: heard.append(len(samples))
    )
    assert done.figures()["mel"] > 0.5
    assert done.figures()["wer"] == pytest.approx(0.5)
    assert done.records()[0]["heard_original"] == "loud words"
    assert heard == [21_000]


def test_without_ears_there_is_no_word_error() -> None:
    assert evaluate_codec(Keeping(), [clip("text")]).figures()["wer"] is None


def test_what_cannot_be_coded() -> None:
    deaf = Keeping()
    deaf.can_clone = False
    with pytest.raises(VoiceError):
        evaluate_codec(deaf, [clip()])
    with pytest.raises(InputError):
        evaluate_codec(Keeping(), [])


def test_clips_of_a_folder(tmp_path: Path) -> None:
    stereo = np.stack([np.full(800, 0.5), np.zeros(800)], axis=1)
    soundfile.write(tmp_path / "b.wav", stereo, 8000)
    soundfile.write(tmp_path / "a.flac", np.zeros(10), 16_000)
    (tmp_path / "b.txt").write_text(" Said. \n", encoding="utf-8")
    first, second = read_clips(tmp_path)
    assert (first.name, second.name, second.text, second.rate) == ("a.flac", "b.wav", "Said.", 8000)
    assert second.samples == pytest.approx(0.25, abs=1e-3)
    assert len(list(read_clips(tmp_path, limit=1))) == 1
    soundfile.write(tmp_path / "c.wav", stereo, 8000)
    assert [clip.name for clip in read_clips(tmp_path, limit=2)] == ["a.flac", "b.wav"]
    soundfile.write(tmp_path / "d.wav", stereo, 8000)
    assert [clip.name for clip in read_clips(tmp_path, limit=2)] == ["a.flac", "c.wav"]
    with pytest.raises(InputError, match="no recordings"):
        list(read_clips(tmp_path / "nowhere"))


def test_resample_keeps_duration() -> None:
    assert len(resample(np.zeros(24_000, np.float32), 24_000, 16_000)) == 16_000
