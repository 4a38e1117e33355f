"""Processes of their own: closed pipes, signals, a full stdout, and what is imported when."""

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.speech import Voice
from tests.cli.conftest import ROOT
from voxtral_cli.voice_files import VoiceFile, VoiceStore, write_voice_file

Program = Callable[..., list[str]]
LONG = "word " * 400


def run(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, timeout=60, check=False, **options)


def test_a_closed_pipe_is_quiet(fake_program: Program) -> None:
    command = fake_program("say", LONG, "-o", "-", "--format", "pcm", "--seed", "1")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert len(program.stdout.read(100)) == 100
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait(30) == 0


def test_a_closed_pipe_of_words_is_quiet(fake_program: Program) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        fake_program("say", LONG, "--show-text"), stdout=writer, stderr=subprocess.PIPE, timeout=60
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.parametrize("how", ["-o out", "--list", "--show-text"])
def test_a_failure_is_one_though_nobody_reads_on(fake_program: Program, how: str) -> None:
    Path("a.txt").write_text("One two three.")
    Path("empty.txt").write_text("")
    command = fake_program("batch", "a.txt", "empty.txt", *how.split(), "-q")
    read = run(command)
    reader, writer = os.pipe()
    os.close(reader)
    unread = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writer)
    assert read.stdout
    assert unread.returncode == read.returncode == 3


def test_words_are_utf8_and_json_is_ascii_in_any_locale(fake_program: Program) -> None:
    Path("a.txt").write_text("Naïve 😀 words.", encoding="utf-8")
    old = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    shown = run(fake_program("batch", "a.txt", "--show-text"), env=old)
    assert "Naïve" in shown.stdout.decode("utf-8")
    listed = run(fake_program("batch", "a.txt", "--show-text", "--json"), env=old)
    assert "Naïve" in json.loads(listed.stdout.decode("ascii"))[0]["text"]
    code = "from voxtral_cli import app; app.app = lambda **_: print('\\udce9'); app.main()"
    assert run([sys.executable, "-c", code], env=old).stdout == b"\xe9\n"  # a path as it is


@pytest.mark.parametrize("closed", ["2> >(true)", "2>&-", "2>&- <&-"])
def test_the_work_goes_on_when_nobody_reads_stderr(fake_program: Program, closed: str) -> None:
    Path("a.txt").write_text("One two three.")
    command = shlex.join(fake_program("batch", "a.txt", "-o", "a.wav", "--json"))
    result = run(["bash", "-c", f"{command} {closed}"])
    assert result.returncode == 0
    assert json.loads(result.stdout)["failures"] == []
    assert Path("a.wav").stat().st_size > 1000
    assert run(["bash", "-c", f"{command} --bogus {closed}"]).returncode == 2


def buffered() -> dict[str, str]:
    """The environment, without the switch that would hide what stdout still holds at the end."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.mark.parametrize("arguments", ["--version", "say --help", "say Hi --show-text", "voices"])
def test_few_words_for_nobody_are_quiet(fake_program: Program, arguments: str) -> None:
    """So few that they are in a buffer until the end."""
    reader, writer = os.pipe()
    os.close(reader)
    command = fake_program(*arguments.split())
    result = subprocess.run(
        command, stdout=writer, stderr=subprocess.PIPE, timeout=60, env=buffered()
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", ["--version", "say Hi --show-text"])
def test_few_words_for_a_full_disk_are_one_line(fake_program: Program, arguments: str) -> None:
    command = fake_program(*arguments.split())
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, timeout=60, env=buffered()
        )
    assert (result.returncode, result.stderr) == (1, b"error: No space left on device\n")


def test_ctrl_c_when_the_reader_has_gone_too(fake_program: Program) -> None:
    """Ctrl-C strikes every program of a pipeline."""
    code = (
        "import sys; from tests.cli.fake_engine import FakeEngine, install\n"
        "def before(number):\n    sys.stdout.write('held back')\n    raise KeyboardInterrupt\n"
        "install(FakeEngine(before=before))\n"
        "from voxtral_cli.app import main; main()"
    )
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", code, "say", "Hi", "-o", "a.wav"]
    result = subprocess.run(
        command, stdout=writer, stderr=subprocess.PIPE, timeout=60, env=buffered()
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (130, b"interrupted\n")
    assert not list(Path().iterdir())


def test_closed_streams_are_no_accident(fake_program: Program) -> None:
    shell = 'exec "$@" <&- >&- 2>&-'
    for line, code in ((["say", "Hi", "-o", "a.wav"], 0), (["say", "-o", "b.wav"], 2)):
        result = run(["sh", "-c", shell, "sh", *fake_program(*line)])
        assert (result.returncode, result.stdout, result.stderr) == (code, b"", b"")
    assert list(Path().iterdir()) == [Path("a.wav")]


def test_a_full_stdout_is_one_line(fake_program: Program) -> None:
    with open("/dev/full", "wb") as full:
        command = fake_program("say", LONG, "-o", "-")
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert result.returncode == 1
    assert result.stderr.decode().splitlines() == [
        "error: Cannot write stdout: No space left on device.",
        "hint: Free some space or write elsewhere.",
    ]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_leaves_no_half_file(fake_program: Program, number: int, code: int) -> None:
    command = fake_program("say", LONG, "-o", "a.opus", delay=0.02)
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # jobs of `&` ignore SIGINT
    ) as program:
        deadline = time.monotonic() + 30
        while not any(path.stat().st_size for path in Path().iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        program.send_signal(number)
        _, words = program.communicate(timeout=30)
    assert program.returncode == code
    assert words == (b"interrupted\n" if number == signal.SIGINT else b"")
    assert not list(Path().iterdir())


def test_first_samples_come_long_before_the_last(fake_program: Program) -> None:
    command = fake_program("say", "word " * 20, "-o", "-", delay=0.1)
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        program.stdout.read(200)
        first = time.monotonic() - start
        program.communicate(timeout=30)
    assert time.monotonic() - start - first > 1.0


def test_a_terminal_is_no_place_for_audio(fake_program: Program) -> None:
    main, terminal = pty.openpty()
    result = subprocess.run(
        fake_program("say", "Hi", "-o", "-"),
        stdout=terminal,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    os.close(terminal)
    os.close(main)
    assert result.returncode == 2
    assert b"error: stdout is a terminal." in result.stderr


@pytest.mark.parametrize(
    "arguments",
    ["--help", "-h", "--version", "say --help", "models --help", "models pull -h", "say --wrong"],
)
def test_help_imports_nothing_heavy(arguments: str) -> None:
    code = (
        "import atexit, sys\n"
        "heavy = {'torch', 'numpy', 'soundfile', 'pydub', 'rich', 'huggingface_hub'}\n"
        "atexit.register(lambda: print('heavy:', sorted(heavy & set(sys.modules))))\n"
        "from voxtral_cli.app import main\n"
        "main()"
    )
    result = run([sys.executable, "-c", code, *arguments.split()])
    assert result.stdout.decode().splitlines()[-1] == "heavy: []"


def test_voices_are_kept_without_torch() -> None:
    voice = Voice(np.zeros((37, 5), np.int16), "f", "q", "nano")
    path = VoiceStore().path("ann")
    path.parent.mkdir()
    write_voice_file(path, VoiceFile({"default": voice}, ("a.wav",), "asked", "today"))
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('torch' in sys.modules))\n"
        "from voxtral_cli.app import main\n"
        "main()"
    )
    for line in (
        "voices show ann",
        "voices export ann a.safetensors",
        "voices import a.safetensors",
    ):
        result = run([sys.executable, "-c", code, *line.split()])
        assert (result.returncode, result.stdout.split()[-1]) == (0, b"False"), result.stderr


def test_python_m_runs_it() -> None:
    result = run([sys.executable, "-m", "voxtral_cli", "--version"])
    assert result.returncode == 0
    assert result.stdout.startswith(b"voxtral ")
    assert run([sys.executable, "-m", "voxtral_cli"]).stdout.startswith(b"Usage: voxtral ")
    result = run([sys.executable, "-m", "voxtral_cli", "sya"])
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.startswith(b"error: No such command 'sya'")


def test_ctrl_c_while_it_is_imported() -> None:
    """Which takes a tenth of a second."""
    code = (
        "import sys\n"
        "class Hasty:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'typer': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Hasty())\n"
        "from {} import {}\n"
        "main()"
    )
    project = tomllib.loads(Path(ROOT, "pyproject.toml").read_text(encoding="utf-8"))["project"]
    result = run([sys.executable, "-c", code.format(*project["scripts"]["voxtral"].split(":"))])
    assert (result.returncode, result.stdout, result.stderr) == (130, b"", b"")
