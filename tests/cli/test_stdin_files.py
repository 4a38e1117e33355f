"""Audio and tokens that come from stdin: `-` in the place of a file."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from typer.testing import Result

from tests.babble import babble
from tests.cli.fake_engine import FakeEngine
from voxtral_cli import stdin_file
from voxtral_cli.tokens import read_tokens
from voxtral_cli.voice_files import VoiceStore, read_voice_file

Voxtral = Callable[..., Result]


@pytest.fixture(autouse=True)
def piped(fake: FakeEngine) -> bytes:
    soundfile.write("a.wav", babble(5.0), 24000)
    return Path("a.wav").read_bytes()


def test_marks_of_what_comes_from_stdin(voxtral: Voxtral, piped: bytes) -> None:
    told = [
        json.loads(voxtral("detect", name, "--json", stdin=piped).stdout) for name in ("a.wav", "-")
    ]
    assert told[1].pop("file") == "-"
    assert told[0].pop("file") == "a.wav"
    assert told[0] == told[1]
    spoken = voxtral("say", "Hello there.", "-o", "-", "--format", "flac").stdout_bytes
    assert "AI-generated" in voxtral("detect", "-", stdin=spoken).stdout


def test_there_and_back_from_stdin(voxtral: Voxtral, piped: bytes) -> None:
    for name, tokens in (("a.wav", "a.safetensors"), ("-", "b.safetensors")):
        assert voxtral("encode", name, "-o", tokens, stdin=piped).exit_code == 0
    file, stdin = (read_tokens(Path(f"{name}.safetensors")) for name in "ab")
    assert np.array_equal(file.codes, stdin.codes)
    assert file.samples == stdin.samples
    unnamed = voxtral("encode", "-", stdin=piped)
    assert (unnamed.exit_code, "-o FILE" in unnamed.stderr) == (2, True)
    tokens = Path("b.safetensors").read_bytes()
    assert voxtral("decode", "-", "-o", "c.wav", stdin=tokens).exit_code == 0
    assert soundfile.info("c.wav").frames == 5 * 24000


def test_a_voice_of_what_comes_from_stdin(voxtral: Voxtral, piped: bytes) -> None:
    unnamed = voxtral("clone", "-", "--consent", stdin=piped)
    assert (unnamed.exit_code, "--name" in unnamed.stderr) == (2, True)
    for name, clip in (("one", "-"), ("two", "a.wav")):
        made = voxtral("clone", clip, "--name", name, "--consent", stdin=piped)
        assert made.exit_code == 0, made.stderr
    one, two = (read_voice_file(VoiceStore().path(name)) for name in ("one", "two"))
    assert np.array_equal(one.style("", "one").codes, two.style("", "two").codes)
    assert (one.origin, two.origin) == (("stdin",), ("a.wav",))


@pytest.mark.parametrize("command", ["detect -", "encode - -o a", "decode - -o b.wav"])
def test_what_is_wrong_with_stdin_is_said(
    voxtral: Voxtral, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(tmp_path.iterdir())
    refused = voxtral(*command.split(), stdin=b"nothing of the kind")
    assert (refused.exit_code, "stdin" in refused.stderr) == (2, True)
    assert set(tmp_path.iterdir()) == before
    typed = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(stdin_file, "sys", typed)
    assert "Nothing is piped" in voxtral(*command.split()).stderr
