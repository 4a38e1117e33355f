"""Running the command line over a fake engine, in this process and in one of its own."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.cli.fake_engine import FakeEngine, fake_plan
from voxtral_cli import loading
from voxtral_cli.app import app

ROOT = Path(__file__).parents[2]
ABLE = """case "$*" in
*-encoders*) printf ' A..... %s\\n' aac libmp3lame libopus flac; exit;;
*-muxers*) printf ' E %s\\n' ipod adts mp3 opus flac; exit;;
esac"""
"""What a stand-in of ffmpeg says that it can, unless its script tells."""


@pytest.fixture(autouse=True)
def clean_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test starts in an empty folder, with no settings of the user's."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    settings = ("MODEL", "DEVICE", "ENCODER", "QUANTIZE", "SIGN_CERT", "SIGN_KEY")
    for name in (f"VOXTRAL_{setting}" for setting in settings):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VOXTRAL_VOICES", str(tmp_path / "voices"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    """The engine that every command gets to see."""
    engine = FakeEngine()
    monkeypatch.setattr(loading, "load_engine", lambda *_: engine)
    monkeypatch.setattr(loading, "plan", fake_plan)
    monkeypatch.setattr(loading, "read_voices", lambda model: engine.voices)
    return engine


@pytest.fixture
def voxtral() -> Callable[..., Result]:
    """Runs a command line in this process: `voxtral("say", "Hello.", "-o", "a.wav")`."""

    def run(*arguments: str, stdin: bytes | str = b"") -> Result:
        return CliRunner().invoke(app, list(arguments), input=stdin, catch_exceptions=False)

    return run


@pytest.fixture
def unloadable(fake: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes loading a model a failure of the test."""

    def refuse(*_: object) -> None:
        pytest.fail("the model was loaded before the input was checked")

    monkeypatch.setattr(loading, "load_engine", refuse)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Puts shell scripts on an otherwise bare PATH: `programs("ffplay", "cat > heard.raw")`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat", "head"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))

    def add(name: str, script: str) -> Path:
        path = folder / name
        path.unlink(missing_ok=True)  # a link would lead out of here
        able = ABLE if name == "ffmpeg" and "-encoders" not in script else ""
        path.write_text(f"#!/bin/sh\n{able}\n{script}\n")
        path.chmod(0o755)
        return path

    return add


@pytest.fixture
def fake_program() -> Callable[..., list[str]]:
    """The command of a process that runs voxtral over a fake engine with the given fields."""

    def command(*arguments: str, **fields: object) -> list[str]:
        code = (
            "from tests.cli.fake_engine import FakeEngine, install;"
            f"install(FakeEngine(**{fields!r}));"
            "from voxtral_cli.app import main; main()"
        )
        return [sys.executable, "-c", code, *arguments]

    return command
