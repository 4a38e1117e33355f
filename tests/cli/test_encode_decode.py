"""`voxtral encode` and `voxtral decode`: what the token file holds, and what is refused."""

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from safetensors import safe_open
from safetensors.numpy import save_file
from typer.testing import Result

from tests.cli.fake_engine import PIECE, FakeEngine

Voxtral = Callable[..., Result]
LENGTH = 5 * PIECE - 700  # samples: the last frame is not full


def write_audio(name: str, rate: int = 24000, channels: int = 1, length: int = LENGTH) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, (length, channels))
    soundfile.write(name, samples, rate)


def write_codes(name: str = "t.safetensors", **changes: object) -> None:
    """A token file as `encode` makes it, but for `changes` to its codes or metadata."""
    codes = changes.pop("codes", np.full((37, 5), 3, dtype=np.int16))
    metadata = {
        "format": "voxtral-codes",
        "sample_rate": "24000",
        "samples": str(LENGTH),
        "fingerprint": "0123456789abcdef",
        "model": "fake",
    }
    metadata |= {key: str(value) for key, value in changes.items()}
    save_file({"codes": codes}, name, metadata)


def error_of(result: Result, code: int = 2) -> str:
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    first, *rest = result.stderr.splitlines()
    assert first.startswith("error: ")
    assert len(rest) <= 1
    return first


@pytest.mark.parametrize(("rate", "channels"), [(24000, 1), (48000, 2), (22050, 1)])
def test_there_and_back_keeps_the_length(
    voxtral: Voxtral, fake: FakeEngine, rate: int, channels: int
) -> None:
    write_audio("in.wav", rate, channels)
    result = voxtral("encode", "in.wav", "--json")
    assert json.loads(result.stdout)["codebooks"] == 37
    with safe_open("in.safetensors", "numpy") as file:
        codes, metadata = file.get_tensor("codes"), file.metadata()
    assert codes.dtype == np.int16
    assert metadata == {
        "format": "voxtral-codes",
        "sample_rate": "24000",
        "samples": str(round(LENGTH * 24000 / rate)),
        "fingerprint": fake.fingerprint,
        "model": "fake",
    }
    result = voxtral("decode", "in.safetensors", "-o", "out.wav", "--json")
    with soundfile.SoundFile("out.wav") as sound:
        assert sound.frames == round(LENGTH * 24000 / rate)
        assert "AI_GENERATED=true" in sound.copy_metadata()["comment"]
    assert json.loads(result.stdout)["samples"] == round(LENGTH * 24000 / rate)
    assert result.stderr.startswith("out.wav: ")


def test_formats_and_pipes(voxtral: Voxtral, fake: FakeEngine) -> None:
    for name in ("a.flac", "a.mp3", "a.ogg"):
        write_audio(name)
        assert voxtral("encode", name, "-o", "t.safetensors", "-q").stderr == ""
        piped = voxtral("decode", "t.safetensors", "-o", "-", "--format", "pcm").stdout_bytes
        assert len(piped) == 2 * LENGTH
    assert voxtral("decode", "t.safetensors").stdout_bytes.startswith(b"RIFF")
    assert error_of(voxtral("decode", "t.safetensors", "--json"))


def test_a_piped_wav_can_be_encoded(voxtral: Voxtral, fake: FakeEngine) -> None:
    Path("a.wav").write_bytes(voxtral("say", "One two three").stdout_bytes)
    assert "3 frames" in voxtral("encode", "a.wav").stderr


@pytest.mark.usefixtures("unloadable")
def test_audio_that_cannot_be_encoded(
    voxtral: Voxtral, programs: Callable[[str, str], Path]
) -> None:
    Path("folder").mkdir()
    Path("empty.wav").touch()
    Path("text.wav").write_text("not audio at all")
    Path("bare.pcm").write_bytes(bytes(100))
    soundfile.write("silent.wav", np.zeros(0), 24000)
    soundfile.write("nan.wav", np.array([0.0, np.nan, 0.1]), 24000, subtype="FLOAT")
    before = set(Path().iterdir())
    for name, message in (
        ("none.wav", "There is no file none.wav"),
        ("folder", "folder is a directory"),
        (".", ". is a directory"),
        ("empty.wav", "empty.wav is empty"),
        ("text.wav", "text.wav cannot be read as audio"),
        ("bare.pcm", "bare samples"),
        ("silent.wav", "holds no samples"),
        ("nan.wav", "no numbers"),
    ):
        assert message in error_of(voxtral("encode", name, "-o", "t.safetensors"))
    assert "no directory none" in error_of(voxtral("encode", "nan.wav", "-o", "none/t"))
    assert ". is a directory" in error_of(voxtral("encode", "."))
    assert "not to stdout" in error_of(voxtral("encode", "nan.wav", "-o", "-"))
    assert set(Path().iterdir()) == before


@pytest.mark.usefixtures("unloadable")
def test_tokens_never_take_the_place_of_the_audio(voxtral: Voxtral) -> None:
    write_audio("in.wav")
    before = Path("in.wav").read_bytes()
    assert "in.wav is read: it would be lost" in error_of(
        voxtral("encode", "in.wav", "-o", "./in.wav")
    )
    assert Path("in.wav").read_bytes() == before


def test_a_checkpoint_without_an_encoder(voxtral: Voxtral, fake: FakeEngine) -> None:
    fake.can_clone = False
    write_audio("in.wav")
    assert "no codec encoder" in error_of(voxtral("encode", "in.wav"))
    assert not Path("in.safetensors").exists()


@pytest.mark.usefixtures("unloadable")
def test_files_that_hold_no_tokens(voxtral: Voxtral) -> None:
    Path("folder").mkdir()
    Path("text").write_text("no tokens at all")
    Path("empty").touch()
    save_file({"codes": np.zeros((37, 2), np.int16)}, "foreign")
    write_codes("floats", codes=np.zeros((37, 2), np.float32))
    write_codes("flat", codes=np.zeros(37, np.int16))
    write_codes("nothing", codes=np.zeros((37, 0), np.int16))
    write_codes("negative", codes=np.full((37, 2), -1, np.int16))
    write_codes("wordy", samples="many")
    write_codes("minus", samples=-5)
    write_codes("still", sample_rate=0)
    other = json.dumps({"codes": {"dtype": "BF16", "shape": [37, 1], "data_offsets": [0, 74]}})
    facts = {"__metadata__": {"format": "voxtral-codes"}}
    head = json.dumps(json.loads(other) | facts).encode()
    Path("brain").write_bytes(struct.pack("<Q", len(head)) + head + bytes(74))
    before = set(Path().iterdir())
    for name in sorted([*(path.name for path in before), "none"]):
        assert name in error_of(voxtral("decode", name, "-o", "out.wav"))
    assert set(Path().iterdir()) == before


def test_tokens_of_another_checkpoint(voxtral: Voxtral, fake: FakeEngine) -> None:
    write_codes(fingerprint="feedbeef", model="other")
    refused = voxtral("decode", "t.safetensors", "-o", "out.wav")
    assert "made by other (feedbeef), this is fake (0123456789ab)" in error_of(refused)
    assert "--force" in refused.stderr
    assert voxtral("decode", "t.safetensors", "-o", "out.wav", "--force").exit_code == 0
    Path("out.wav").unlink()
    write_codes(codes=np.zeros((9, 2), np.int16))
    refused = voxtral("decode", "t.safetensors", "-o", "out.wav", "--force")
    assert "9 codebooks, fake has 37" in error_of(refused)
    write_codes(codes=np.full((37, 2), 30, np.int16))
    assert "range" in error_of(voxtral("decode", "t.safetensors", "-o", "out.wav"))
    assert list(Path().iterdir()) == [Path("t.safetensors")]


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="needs ffmpeg")
@pytest.mark.parametrize("name", ["a.m4a", "a.aac"])
def test_what_ffmpeg_writes_is_read(voxtral: Voxtral, fake: FakeEngine, name: str) -> None:
    assert voxtral("say", "One two three. " * 9, "-o", name).exit_code == 0
    assert voxtral("encode", name, "-o", "t.safetensors").exit_code == 0
    with safe_open("t.safetensors", "numpy") as file:
        samples = int(file.metadata()["samples"])
    assert samples == pytest.approx(27 * PIECE, abs=3000)  # padding at both ends
    Path("text.m4a").write_text("not audio at all")
    assert "nor by ffmpeg" in error_of(voxtral("encode", "text.m4a"))
