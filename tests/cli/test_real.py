"""The command line over the real engine and a tiny checkpoint of random weights."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.numpy import load_file, save_file
from typer.testing import Result

from engine import checkpoint
from engine.models.codec.codec import Codec
from tests.babble import babble
from tests.cli.conftest import ROOT

Voxtral = Callable[..., Result]
GOLDEN = ROOT / "tests" / "golden"
TINY = str(GOLDEN / "tiny")
OPEN = str(GOLDEN / "tiny-open")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint, to be damaged."""
    return Path(shutil.copytree(TINY, tmp_path / "broken"))


def test_the_same_seed_says_the_same(voxtral: Voxtral) -> None:
    line = ["say", "Hello there. How are you?", "--model", TINY, "--seed", "4", "--steps", "2"]
    result = voxtral(*line, "-o", "a.wav", "--json")
    facts = json.loads(result.stdout)
    assert facts["voice"] == "neutral_female"
    assert facts["model"] == "tiny"
    assert facts["chunks"] == 1
    samples, rate = soundfile.read("a.wav", dtype="int16")
    assert rate == facts["sample_rate"] == 24000
    assert len(samples) / rate == pytest.approx(facts["seconds"], abs=0.001)
    assert len(samples) > 1000
    piped = voxtral(*line, "-o", "-", "--format", "pcm", "--rows", "1").stdout_bytes
    np.testing.assert_array_equal(np.frombuffer(piped, "<i2"), samples)
    sooner = voxtral(*line, "-o", "-", "--format", "pcm", "--first-chunk-ms", "80").stdout_bytes
    np.testing.assert_allclose(np.frombuffer(sooner, "<i2"), samples, atol=2, rtol=0)


def test_a_process_of_its_own(tmp_path: Path) -> None:
    line = ["say", "--model", TINY, "-v", "casual_male", "--steps", "1", "-o", "a.flac"]
    result = subprocess.run(
        [sys.executable, "-m", "voxtral_cli", *line],
        input=b"One.",
        capture_output=True,
        timeout=120,
    )
    assert (result.returncode, result.stdout) == (0, b""), result.stderr
    assert b"voice casual_male, seed " in result.stderr
    assert len(soundfile.read("a.flac")[0]) > 1000


def test_say_speaks_as_its_lexicon_says(voxtral: Voxtral) -> None:
    Path("own.txt").write_text("Nguyen = win\nfive = six\n")
    line = ["say", "--model", TINY, "--seed", "4", "--steps", "2"]
    shown = voxtral(*line, "Nguyen has five.", "--lexicon", "own.txt", "--show-text")
    assert shown.stdout == "win has six.\n"
    assert voxtral(*line, "Nguyen has five.", "--lexicon", "own.txt", "-o", "a.wav").exit_code == 0
    assert voxtral(*line, "win has six.", "-o", "b.wav").exit_code == 0
    assert soundfile.read("a.wav")[0].tolist() == soundfile.read("b.wav")[0].tolist()
    wrong = voxtral(*line, "Hello.", "--lexicon", "none.txt", "-o", "c.wav")
    assert (wrong.exit_code, Path("c.wav").exists()) == (2, False)
    assert "none.txt" in wrong.stderr


def test_tokens_there_and_back(voxtral: Voxtral) -> None:
    soundfile.write("in.wav", np.random.default_rng(0).normal(0, 0.1, 30_000), 44100)
    assert voxtral("encode", "in.wav", "--model", TINY).exit_code == 0
    assert voxtral("decode", "in.safetensors", "-o", "out.wav", "--model", TINY).exit_code == 0
    assert soundfile.info("out.wav").frames == round(30_000 * 24000 / 44100)
    result = voxtral("decode", "in.safetensors", "-o", "other.wav", "--model", OPEN)
    assert result.exit_code == 2
    assert "made by tiny" in result.stderr
    result = voxtral("encode", "in.wav", "-o", "t.safetensors", "--model", OPEN)
    assert result.exit_code == 2
    assert "has no codec encoder" in result.stderr
    assert not Path("t.safetensors").exists()


def test_an_encoder_file_makes_a_checkpoint_clone(voxtral: Voxtral) -> None:
    known = checkpoint.load(Path(OPEN)).audio_tokenizer
    codec = Codec(known.config)
    codec.load_state_dict(
        codec.state_dict() | {n: t.float() for n, t in known.state_dict().items()}
    )
    checkpoint.save_encoder(Path("e.safetensors"), codec, "tiny-open", "random")
    soundfile.write("me.wav", babble(4.0), 24000)
    line = ["--model", OPEN, "--encoder", "e.safetensors"]
    result = voxtral("clone", "me.wav", "--consent", "--json", *line)
    assert result.exit_code == 0, result.stderr
    frames = json.loads(result.stdout)["frames"]
    assert voxtral("encode", "me.wav", "-o", "t.safetensors", *line).exit_code == 0
    assert load_file("t.safetensors")["codes"].shape[1] >= frames > 0
    said = ["say", "Hi.", "--steps", "1", "--seed", "1", "-o"]
    assert voxtral(*said, "a.wav", "-v", "me", "--model", OPEN).exit_code == 0
    assert voxtral(*said, "b.wav", "-v", "me.wav", "--consent", *line).exit_code == 0
    np.testing.assert_array_equal(soundfile.read("a.wav")[0], soundfile.read("b.wav")[0])
    wrong = voxtral("encode", "me.wav", "-o", "u.safetensors", "--model", TINY, *line[2:])
    assert wrong.exit_code == 1
    assert "mean other sounds to tiny" in wrong.stderr
    assert not Path("u.safetensors").exists()


def test_voices_and_doctor(voxtral: Voxtral) -> None:
    names = [voice["name"] for voice in json.loads(voxtral("voices", "-m", TINY, "--json").stdout)]
    assert names == ["neutral_female", "casual_male"]
    result = voxtral("doctor", "--model", OPEN)
    assert result.exit_code == 0
    assert "2 voices, 24000 Hz, no codec encoder" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("-v netral_female", 2, "Did you mean neutral_female"),
        ("--device xyz", 1, "no device 'xyz'"),
        ("--device cuda:99", 1, "cuda:99 is not here"),
    ],
)
def test_what_the_engine_refuses(voxtral: Voxtral, arguments: str, code: int, message: str) -> None:
    result = voxtral("say", "Hi.", "-m", TINY, "-o", "a.wav", *arguments.split())
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    "text", ["", " \n", "...!?", "\0\0", "\u0301\u0302", "\u200b\ufeff", "--- *** ___"]
)
def test_text_without_words(voxtral: Voxtral, text: str) -> None:
    Path("a.txt").write_text(text, encoding="utf-8")
    result = voxtral("say", "-f", "a.txt", "-m", "nano", "-o", "a.wav")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert "\nhint: " in result.stderr
    assert list(Path().iterdir()) == [Path("a.txt")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Nul\0 byte\0s.", "Nul bytes."),
        ("It is 3 o\u2019clock.", "It is three o'clock."),
        ("\u0301Lone e\u0301 marks.", None),
        ("\u05e9\u05dc\u05d5\u05dd \u202eworld.", None),
    ],
)
def test_odd_text_is_shown(voxtral: Voxtral, text: str, shown: str | None) -> None:
    result = voxtral("say", "--show-text", stdin=text.encode())
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.strip()
    if shown is not None:
        assert result.stdout == f"{shown}\n"


def drop_tensor(folder: Path) -> None:
    _change_weights(folder, lambda weights: weights.pop("norm.weight"))


def add_tensor(folder: Path) -> None:
    _change_weights(folder, lambda weights: weights.update(extra=np.zeros(3, np.float32)))


def reshape_tensor(folder: Path) -> None:
    _change_weights(folder, lambda w: w.update({"norm.weight": np.zeros(3, np.float32)}))


def cut_weights(folder: Path) -> None:
    path = folder / "consolidated.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def spoil_params(folder: Path) -> None:
    (folder / "params.json").write_text("{not json")


def lose_tokens(folder: Path) -> None:
    (folder / "tekken.json").unlink()


def spoil_voice(folder: Path) -> None:
    (folder / "voice_embedding" / "neutral_female.pt").write_bytes(b"no pickle")


def foreign_voice(folder: Path) -> None:
    torch.save({"run": Path}, folder / "voice_embedding" / "neutral_female.pt")


def _change_weights(folder: Path, change: Callable[[dict[str, np.ndarray]], object]) -> None:
    path = folder / "consolidated.safetensors"
    weights = load_file(path)
    change(weights)
    save_file(weights, path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (drop_tensor, "norm.weight"),
        (add_tensor, "extra"),
        (reshape_tensor, "norm.weight"),
        (cut_weights, "consolidated.safetensors"),
        (spoil_params, "params.json"),
        (lose_tokens, "tekken.json"),
        (spoil_voice, "neutral_female.pt"),
        (foreign_voice, "neutral_female.pt"),
    ],
)
def test_a_damaged_checkpoint(
    voxtral: Voxtral, broken: Path, damage: Callable[[Path], None], message: str
) -> None:
    damage(broken)
    result = voxtral("say", "Hi.", "--model", str(broken), "-o", "a.wav")
    assert (result.exit_code, result.stdout) == (1, "")
    first, second = result.stderr.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert second.startswith("hint: ")
    assert not list(Path().iterdir())


def test_a_book_is_the_same_bytes_for_any_rows_and_in_two_sittings(voxtral: Voxtral) -> None:
    text = "One morning, early.\n\n## Noon\n\nThe boats came home. [pause:0.1s] All was well."
    for name, rows in (("a", "1"), ("b", "3")):
        Path(f"{name}.md").write_text(text)
        line = [f"{name}.md", "-o", f"{name}.wav", "--rows", rows, "--title", "T"]
        result = voxtral("batch", *line, "--context", "chunks")
        assert result.exit_code == 0, result.stderr
    assert Path("a.wav").read_bytes() == Path("b.wav").read_bytes()
    lines = Path("b.voxtral").read_bytes().splitlines(keepends=True)
    Path("b.voxtral").write_bytes(b"".join(lines[:2]) + lines[2][:50])
    Path("b.wav").unlink()
    line = ["batch", "b.md", "-o", "b.wav", "--title", "T", "--context", "chunks", "--json"]
    again = voxtral(*line)
    assert json.loads(again.stdout)["passages"]["reused"] == 1
    assert Path("a.wav").read_bytes() == Path("b.wav").read_bytes()
    sound = soundfile.read("a.wav")[0]
    assert 3 < len(sound) / 24_000 < 15
    assert 0.02 < np.sqrt(np.square(sound).mean()) < 0.3


def test_a_preset_tells_the_language(voxtral: Voxtral) -> None:
    french = ("-m", OPEN, "--voice", "fr_female")
    line = ("say", "Il a 3 chats.", "--show-text", *french)
    assert "trois chats" in voxtral(*line).stdout
    assert "three chats" in voxtral(*line, "--language", "en").stdout
    Path("livre.txt").write_text("Il a 3 chats.")
    read = voxtral("batch", "livre.txt", "--dry-run", *french)
    assert "trois chats" in read.stdout
    lines = [{"text": "I have 3 cats.", "voice": "neutral_male"}, {"text": "Il a 3 chats."}]
    Path("two.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    planned = voxtral("batch", "two.jsonl", "--dry-run", "-o", "out/", *french).stdout
    assert planned.splitlines() == ["I have three cats.", "Il a trois chats."]


def test_numbers_are_left_as_they_are_when_asked(voxtral: Voxtral) -> None:
    assert voxtral("say", "3 boats", "--no-normalize", "--show-text").stdout == "3 boats\n"
