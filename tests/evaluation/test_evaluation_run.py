"""What the command reads, writes and refuses; the tiny golden checkpoint goes all the way."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import Engine, checkpoint
from engine.errors import InputError
from engine.hearing import asr
from evaluation import similarity
from evaluation.arguments import SENTENCES
from evaluation.run import main, read_references
from evaluation.sentences import read_sentences
from tests.babble import babble

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
    sentences = read_sentences(SENTENCES)
    assert len(sentences) >= 100
    assert len(set(sentences)) == len(sentences)


def test_references_are_named_after_voices(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "ann.wav", np.full(80, 0.5), 8000)
    samples, rate = read_references(tmp_path)["ann"]
    assert (len(samples), rate) == (80, 8000)


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["codec"], "Give --corpus DIR."),
        (["clone"], "Give --corpus DIR."),
        (["clone", "--corpus", "here", "--encoder", "nowhere"], "Give --encoder FILE."),
        (["speech", "--encoder", "nowhere"], "Evaluate `clone` with --encoder."),
        (["speech", "--context", "none"], "Evaluate `longform` with --context."),
        (["longform", "--text", "nowhere"], "Give --text FILE."),
        (["clone", "--corpus", "here", "--limit", "0"], "Give at least 1."),
        (["clone", "--corpus", "here", "--seconds", "nan"], "Give at least 1."),
        (["clone", "--corpus", "here"], "Give a folder with .wav, .flac, .ogg, .mp3 files."),
    ],
)
def test_bad_input_is_told_before_a_model_is_loaded(
    options: list[str],
    hint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Engine, "from_folder", None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    assert main([*options, "--model", str(TINY)]) == 2
    assert capsys.readouterr().err.endswith(f"hint: {hint}\n")


def test_missing_packages_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with monkeypatch.context() as without_models:
        without_models.setattr(Engine, "from_folder", None)
        assert main(["speech", "--model", str(TINY)]) == 2
    assert "faster_whisper" in (error := capsys.readouterr().err)
    assert "voxtral[verify]" in error
    monkeypatch.setattr(asr, "check_installed", lambda: None)
    monkeypatch.setattr(asr, "Ears", Fixed)
    monkeypatch.setitem(sys.modules, "resemblyzer", None)
    assert main(["speech", "--model", str(TINY)]) == 1
    assert "resemblyzer is not installed" in capsys.readouterr().err


class Fixed:
    """Ears and speaker encoder in one, both without an opinion."""

    def __init__(self, cpu_threads: int = 1) -> None: ...

    def transcribe(self, samples: np.ndarray, rate: int) -> str:
        return "two words"

    def embed(self, samples: np.ndarray, rate: int) -> np.ndarray | None:
        return np.ones(3, np.float32)


@pytest.fixture
def quick_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asr, "check_installed", lambda: None)
    monkeypatch.setattr(asr, "Ears", Fixed)
    monkeypatch.setattr(similarity, "SpeakerEncoder", Fixed)


@pytest.fixture
def speakers(tmp_path: Path) -> Path:
    """Two of them, with two recordings each."""
    for name, pitch in (("ann", 210.0), ("bob", 110.0)):
        (tmp_path / "speakers" / name).mkdir(parents=True)
        for index, seconds in enumerate((5.0, 2.5)):
            path = tmp_path / "speakers" / name / f"{name}{index}.wav"
            soundfile.write(path, babble(seconds, pitch, 16_000, seed=index), 16_000)
    return tmp_path / "speakers"


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """The tiny checkpoint, two sentences, quickly."""
    (tmp_path / "set.txt").write_text("Two words.\nTwo other words.\n", encoding="utf-8")
    chosen = ["--model", str(TINY), "--device", "cpu", "--set", str(tmp_path / "set.txt")]
    return [*chosen, "--steps", "1", "--out", str(tmp_path / "out")]


@pytest.mark.usefixtures("quick_tools")
def test_all_on_the_tiny_checkpoint(
    speakers: Path, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["all", *options, "--corpus", str(speakers), "--limit", "2"]) == 0
    printed = capsys.readouterr().out
    last = json.loads(printed.splitlines()[-1])
    for header in ("missing end", "letters per s", "kind ", "semantic_share", "phone_accuracy"):
        assert header in printed
    assert last["speech"]["sentences"] == 2
    assert last["speech"]["delivery_teacher"] is None
    assert set(last["speech"]["voices"]) == {"neutral_female", "casual_male"}
    assert last["codec"]["clips"] == 2
    assert last["codec"]["wer"] == 0.0
    assert (last["codec"]["recordings"], last["codec"]["phone_accuracy"]) == (4, None)
    assert (last["clone"]["speakers"], last["clone"]["sentences"]) == (2, 4)
    assert last["clone"]["wer"] == pytest.approx(0.2)
    assert set(last["clone"]["people"]) == {"ann", "bob"}
    assert 3.0 <= last["clone"]["reference_seconds"] <= 5.0
    out = tmp_path / "out"
    records = [json.loads(line) for line in (out / "speech.jsonl").read_text().splitlines()]
    assert [record["voice"] for record in records] == ["neutral_female", "casual_male"]
    records = [json.loads(line) for line in (out / "clone.jsonl").read_text().splitlines()]
    assert [record["voice"] for record in records] == ["ann", "ann", "bob", "bob"]
    names = sorted(path.name for path in out.iterdir())
    assert names == [
        "clone-ann-own-000.wav",
        "clone-ann-own-001.wav",
        "clone-ann-reference.wav",
        "clone-bob-own-002.wav",
        "clone-bob-own-003.wav",
        "clone-bob-reference.wav",
        "clone.jsonl",
        "codec-ann-ann0.wav",
        "codec-bob-bob0.wav",
        "codec.jsonl",
        "speech-000-neutral_female.wav",
        "speech-001-casual_male.wav",
        "speech.jsonl",
    ]


@pytest.mark.usefixtures("quick_tools")
def test_one_bad_file_or_speaker_loses_nothing_else(
    speakers: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (speakers / "eve").mkdir()
    (speakers / "eve/eve0.wav").write_bytes(b"no sound")
    soundfile.write(speakers / "eve/eve1.wav", np.zeros(0), 16_000)
    for what, count in (("codec", ("clips", 4)), ("clone", ("speakers", 2))):
        assert main([what, *options, "--corpus", str(speakers)]) == 0
        printed = capsys.readouterr()
        figures = json.loads(printed.out.splitlines()[-1])[what]
        assert (figures[count[0]], figures["left_out"]) == (count[1], 2)
        assert "left out: " in printed.err
        assert printed.err.splitlines()[-1] == "2 left out"


@pytest.mark.usefixtures("quick_tools")
def test_another_encoder_is_compared_with_the_own(
    speakers: Path,
    options: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    codec = checkpoint.load(TINY).audio_tokenizer
    codec.input_proj.conv.weight = -codec.input_proj.conv.weight  # hears the negated wave
    other = tmp_path / "encoder.safetensors"
    checkpoint.save_encoder(other, codec, "tiny", "negated")
    wanted = ["--corpus", str(speakers), "--limit", "1", "--encoder", str(other)]
    assert main(["clone", *options, *wanted]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed.splitlines()[-1])["encoder"] == "negated"
    figures = json.loads(printed.splitlines()[-1])["clone"]
    assert (figures["sentences"], figures["other"]["sentences"]) == (2, 2)
    assert figures["similarity_ratio"] == pytest.approx(1.0)
    difference = figures["other"]["wer"] - figures["wer"]
    assert figures["wer_difference"] == pytest.approx(difference, abs=1e-4)
    assert 0.0 < figures["agreement"]["acoustic_near"] < 1.0
    assert "own encoder" in printed
    assert "other encoder" in printed
    assert "semantic_equal" in printed
    assert (tmp_path / "out" / "clone-bob-other-001.wav").is_file()


@pytest.mark.usefixtures("quick_tools")
def test_an_unknown_voice_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speech", "--model", str(TINY), "--voices", "nobody", "--limit", "1"]) == 2
    captured = capsys.readouterr()
    assert "nobody" in captured.err
    assert captured.out == ""


@pytest.mark.usefixtures("quick_tools")
def test_a_long_text_on_the_tiny_checkpoint(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("Two words.\n\nTwo words.", encoding="utf-8")
    wanted = ["--text", str(text), "--voices", "casual_male"]
    assert main(["longform", *options, *wanted]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])["longform"]["casual_male"]
    (context,) = figures
    assert [minute["minute"] for minute in figures[context]["minutes"]] == [1]
    assert figures[context]["seconds"] > 1
    samples, rate = soundfile.read(tmp_path / "out" / "longform-casual_male.wav")
    assert len(samples) / rate == pytest.approx(figures[context]["seconds"])
    records = (tmp_path / "out" / "longform-casual_male.jsonl").read_text().splitlines()
    assert json.loads(records[0]) == {"text": "Two words. Two words.", "heard": "two words"}
