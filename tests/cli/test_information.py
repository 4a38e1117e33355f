"""`voxtral voices`, `models` and `doctor`; docs/cli.md."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from engine import hub
from engine.errors import CheckpointError, DownloadError
from engine.hub import KnownModel
from tests.cli.conftest import ROOT
from tests.cli.fake_engine import FakeEngine
from voxtral_cli import console, loading

Voxtral = Callable[..., Result]


@pytest.fixture
def hub_models(monkeypatch: pytest.MonkeyPatch) -> None:
    nano = KnownModel("nano", "embedded", "Apache-2.0", Path("/nano"), 40_000_000)
    monkeypatch.setattr(hub, "known", lambda: [nano, hub.PUBLIC])


def test_voices(voxtral: Voxtral, fake: FakeEngine) -> None:
    fake.voices = ("neutral_female", "fr_male")
    assert voxtral("voices").stdout == "neutral_female\tEnglish\tdefault\nfr_male\tFrench\t\n"
    assert json.loads(voxtral("voices", "--json").stdout) == [
        {"name": "neutral_female", "kind": "preset", "language": "English", "default": True},
        {"name": "fr_male", "kind": "preset", "language": "French", "default": False},
    ]
    fake.voices = ("FR_Male",)
    assert voxtral("voices").stdout == "FR_Male\tFrench\tdefault\n"


def test_voices_are_read_without_torch() -> None:
    code = (
        "import sys; from voxtral_cli import loading;"
        f"print(loading.read_voices({str(ROOT / 'tests/golden/tiny')!r}), 'torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert result.stdout.decode().strip() == "('neutral_female', 'casual_male') False"


@pytest.mark.usefixtures("hub_models")
def test_models(voxtral: Voxtral) -> None:
    first, second = voxtral("models").stdout.splitlines()
    assert first == "nano\there\t40 MB\tApache-2.0\t"
    assert second.startswith("mistralai/Voxtral-4B-TTS-2603\tnot here\t8.0 GB\tCC BY-NC 4.0\t")
    [nano, public] = json.loads(voxtral("models", "--json").stdout)
    assert (nano["here"], nano["path"]) == (True, "/nano")
    assert (public["here"], public["size_bytes"]) == (False, 8_004_706_784)


@pytest.mark.usefixtures("hub_models")
def test_pull(voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def pull(name: str, revision: str | None) -> Path:
        asked.append((name, revision))
        return Path("/pulled")

    monkeypatch.setattr(hub, "pull", pull)
    result = voxtral("models", "pull", hub.PUBLIC.name, "--revision", "v1")
    assert result.stdout == "/pulled\n"
    assert "8.0 GB, licence CC BY-NC 4.0" in result.stderr
    assert f"--model {hub.PUBLIC.name}@v1" in result.stderr
    assert asked == [(hub.PUBLIC.name, "v1")]
    assert "licence CC BY-NC 4.0" in voxtral("models", "pull", f"{hub.PUBLIC.name}@v1").stderr
    assert voxtral("models", "pull", "a/b", "-q").stderr == ""

    def fail(name: str, revision: str | None) -> Path:
        raise DownloadError("a/b cannot be fetched: no network", "Check the network.")

    monkeypatch.setattr(hub, "pull", fail)
    result = voxtral("models", "pull", "a/b", "-q")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: a/b cannot be fetched: no network\nhint: Check the network.\n"


def test_doctor(voxtral: Voxtral, fake: FakeEngine, programs: Callable[[str, str], Path]) -> None:
    result = voxtral("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(result.stdout)}
    assert result.exit_code == 0
    assert checks["checkpoint nano"]["found"].startswith("fake 0123456789ab, 2 voices, 24000 Hz")
    assert checks["devices"]["found"].startswith("cpu (")
    assert checks["player"]["state"] == checks["ffmpeg"]["state"] == "missing"
    programs("ffmpeg", "")
    programs("aplay", "")
    lines = voxtral("doctor").stdout.splitlines()
    assert "player\tok\taplay" in lines
    assert any(line.startswith("ffmpeg\tok\t/") and line.endswith("ffmpeg") for line in lines)


def test_doctor_tells_what_an_ffmpeg_lacks(
    voxtral: Voxtral, fake: FakeEngine, programs: Callable[[str, str], Path]
) -> None:
    path = programs("ffmpeg", "test $2 = -encoders || exit 1; echo ' A....D aac'")
    line = f"ffmpeg\tok\t{path}, without ffmpeg's muxer ipod: no m4a or m4b"
    assert line in voxtral("doctor").stdout.splitlines()


def test_doctor_fails_when_no_speech_can_be_made(
    voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise CheckpointError("nano is not here.", "Install voxtral again.")

    monkeypatch.setattr(loading, "load_engine", fail)
    result = voxtral("doctor")
    assert result.exit_code == 1
    assert "checkpoint nano\tbroken\tnano is not here. Install voxtral again." in result.stdout


def test_tables_are_drawn_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    console.print_table(["voice", ""], [["[bold]", "b"]])
    printed = capsys.readouterr().out
    assert "voice" in printed
    assert "[bold]" in printed


def test_the_reference_page_is_current() -> None:
    command = [sys.executable, "-m", "voxtral_cli.reference"]
    made = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout.decode()
    page = ROOT / "docs" / "cli.md"
    assert page.read_text() == made, "run: python -m voxtral_cli.reference > docs/cli.md"
