"""What the command reads, writes and refuses; the tiny golden checkpoint goes all the way."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError
from evaluation import asr, run, similarity
from evaluation.run import main, read_corpus, read_references, read_sentences

soundfile = pytest.importorskip("soundfile", reason="extra eval")
for package in ("librosa", "pesq", "pystoi", "soxr", "jiwer", "num2words"):
    pytest.importorskip(package, reason="extra eval")

TINY = Path(__file__).resolve().parents[1] / "golden" / "tiny"


def test_sentences(tmp_path: Path) -> None:
    path = tmp_path / "set.txt"
    path.write_text("# comment\n\n One. \nTwo.\nThree.\n", encoding="utf-8")
    assert read_sentences(path) == ["One.", "Two.", "Three."]
    assert read_sentences(path, limit=2) == ["One.", "Two."]
    with pytest.raises(InputError, match="cannot be read"):
        read_sentences(tmp_path)


def test_the_stored_set_is_long_enough_and_has_no_sentence_twice() -> None:
    sentences = read_sentences(run.SENTENCES)
    assert len(sentences) >= 100
    assert len(set(sentences)) == len(sentences)


def test_references_are_named_after_voices(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "ann.wav", np.full(80, 0.5), 8000)
    samples, rate = read_references(tmp_path)["ann"]
    assert (len(samples), rate) == (80, 8000)


def test_a_training_corpus_gives_its_held_out_part(tmp_path: Path) -> None:
    np.save(tmp_path / "audio-000.npy", np.arange(1000, dtype=np.int16))
    common = {"speaker": "s", "shard": "audio-000.npy", "samples": 10, "text": "Words."}
    splits = ["train", *["heldout"] * 6]
    lines = [
        json.dumps({"id": f"u{i}", "start": 100 * i, "split": split, **common})
        for i, split in enumerate(splits)
    ]
    (tmp_path / "manifest.jsonl").write_text("".join(f"{line}\n" for line in lines))
    clips = list(read_corpus(tmp_path, limit=3))
    assert [clip.name for clip in clips] == ["u1", "u3", "u5"]
    assert clips[1].samples[0] == pytest.approx(300 / 32768)
    assert (clips[0].rate, clips[0].text) == (24_000, "Words.")

    (tmp_path / "manifest.jsonl").write_text(lines[0] + "\n")
    with pytest.raises(InputError, match="holds no utterance out"):
        list(read_corpus(tmp_path, limit=3))


def test_any_folder_of_audio_is_a_corpus(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(80), 8000)
    assert [clip.name for clip in read_corpus(tmp_path, limit=3)] == ["a.wav"]


def test_codec_without_recordings_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codec"]) == 2
    assert capsys.readouterr().err.endswith("hint: Give --corpus DIR.\n")


def test_a_missing_package_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    assert main(["speech", "--model", str(TINY)]) == 1
    error = capsys.readouterr().err
    assert "faster_whisper" in error
    assert "resemblyzer" in error


class Fixed:
    """Ears and speaker encoder in one, both without an opinion."""

    def __init__(self, cpu_threads: int = 1) -> None: ...

    def transcribe(self, samples: np.ndarray, rate: int) -> str:
        return "two words"

    def embed(self, samples: np.ndarray, rate: int) -> np.ndarray | None:
        return np.ones(3, np.float32)


@pytest.fixture
def quick_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asr, "Ears", Fixed)
    monkeypatch.setattr(similarity, "SpeakerEncoder", Fixed)


@pytest.mark.usefixtures("quick_tools")
def test_all_on_the_tiny_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    corpus.mkdir()
    noise = np.random.default_rng(0).uniform(-0.2, 0.2, 16_000)
    soundfile.write(corpus / "a.wav", noise, 16_000)
    (tmp_path / "set.txt").write_text("Two words.\nTwo other words.\n", encoding="utf-8")
    options = ["--model", str(TINY), "--device", "cpu", "--set", str(tmp_path / "set.txt")]
    assert main(["all", *options, "--corpus", str(corpus), "--out", str(out), "--steps", "1"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["speech"]["sentences"] == 2
    assert set(last["speech"]["voices"]) == {"neutral_female", "casual_male"}
    assert last["codec"]["clips"] == 1
    assert last["codec"]["wer"] == 0.0
    records = [json.loads(line) for line in (out / "speech.jsonl").read_text().splitlines()]
    assert [record["voice"] for record in records] == ["neutral_female", "casual_male"]
    names = sorted(path.name for path in out.iterdir())
    assert names == [
        "codec-a.wav",
        "codec.jsonl",
        "speech-000-neutral_female.wav",
        "speech-001-casual_male.wav",
        "speech.jsonl",
    ]


@pytest.mark.usefixtures("quick_tools")
def test_an_unknown_voice_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speech", "--model", str(TINY), "--voices", "nobody", "--limit", "1"]) == 2
    captured = capsys.readouterr()
    assert "nobody" in captured.err
    assert captured.out == ""
