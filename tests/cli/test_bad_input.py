"""Bad input: one `error:` line, a hint, the right exit code, nothing written, no model loaded."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import Result

from tests.cli.fake_engine import FakeEngine
from voxtral_cli.audio import output

Voxtral = Callable[..., Result]


def assert_refused(result: Result, code: int, message: str, hint: str = "") -> None:
    lines = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert lines[0].startswith("error: ")
    assert message in lines[0]
    assert len(lines) <= 2
    if hint:
        assert lines[1].startswith("hint: ")
        assert hint in lines[1]


@pytest.mark.usefixtures("unloadable")
@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ("-o a.wav", "There is nothing to speak", "words"),
        ("-o a.wav ... !?", "There is nothing to speak", "words"),
        ("-o a.wav Hi -f a.txt", "twice", "one of the two"),
        ("-o a.wav -f none.txt", "Cannot read none.txt: No such file", "path"),
        ("-o a.wav -f folder", "folder is a directory", "-f"),
        ("-o folder Hi", "folder is a directory", "folder/out.wav"),
        ("-o none/a.wav Hi", "no directory none", "mkdir -p none"),
        ("-o a.xyz Hi", "suffix '.xyz'", ".wav, "),
        ("-o a Hi", "missing suffix", "--format"),
        ("-o .wav Hi", "missing suffix", "--format"),
        ("-o a.wav --format xyz Hi", "no format 'xyz'", "wav, "),
        ("-o a.flac --format mp3 Hi", "a.flac is no name for mp3", "--format"),
        ("-o - --format m4a Hi", "m4a", "-o FILE" if shutil.which("ffmpeg") else "wav"),
        ("-o - --json Hi", "stdout", "-o FILE"),
        ("--json Hi", "stdout", "-o FILE"),
        ("-o - --play Hi", "--play", "-o FILE"),
        ("-o a.wav --seed -1 Hi", "seed is -1", "between"),
        ("-o a.wav --steps 0 Hi", "steps is 0", "between"),
        ("-o a.wav --cfg nan Hi", "cfg is nan", "between"),
        ("-o a.wav --seed x Hi", "--seed", "--help"),
        ("-o a.wav --wrong Hi", "--wrong", "--help"),
    ],
)
def test_refused_before_the_model_loads(
    voxtral: Voxtral, arguments: str, message: str, hint: str
) -> None:
    Path("folder").mkdir()
    assert_refused(voxtral("say", *arguments.split()), 2, message, hint)
    assert list(Path().iterdir()) == [Path("folder")]


@pytest.mark.usefixtures("unloadable")
def test_text_that_is_not_utf8_is_named_by_its_offset(voxtral: Voxtral) -> None:
    Path("a.txt").write_bytes(b"caf\xe9 au lait")
    result = voxtral("say", "-f", "a.txt", "-o", "a.wav")
    assert_refused(result, 2, "a.txt is not UTF-8 text: byte 0xe9 at offset 3", "iconv")
    result = voxtral("say", "-o", "a.wav", stdin=b"\xff\xff")
    assert_refused(result, 2, "stdin is not UTF-8 text: byte 0xff at offset 0", "iconv")
    result = voxtral("say", "-o", "a.wav", stdin="caf\u00e9".encode("utf-16")[:-1])
    assert_refused(result, 2, "stdin begins as utf-16 text and is damaged", "all of it")
    result = voxtral("say", "caf\udce9", "-o", "a.wav")
    assert_refused(result, 2, "character 3", "-f")


@pytest.mark.usefixtures("unloadable")
def test_no_text_on_a_terminal(voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch) -> None:
    from voxtral_cli import text_input

    class Terminal:
        stdin = type("stdin", (), {"isatty": staticmethod(lambda: True)})

    monkeypatch.setattr(text_input, "sys", Terminal)
    assert_refused(voxtral("say", "-o", "a.wav"), 2, "no text", "voxtral say")


@pytest.mark.usefixtures("unloadable")
def test_a_folder_or_file_without_write_permission(
    voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output.os, "access", lambda path, mode: Path(path) != Path())
    assert_refused(voxtral("say", "Hi", "-o", "a.wav"), 1, "Cannot write into .", "elsewhere")
    monkeypatch.setattr(output.os, "access", lambda path, mode: Path(path) == Path())
    Path("a.wav").write_text("kept")
    assert_refused(voxtral("say", "Hi", "-o", "a.wav"), 1, "Cannot write a.wav", "elsewhere")
    assert Path("a.wav").read_text() == "kept"


def test_an_unknown_voice(voxtral: Voxtral, fake: FakeEngine) -> None:
    result = voxtral("say", "Hi", "-v", "netral_female", "-o", "a.wav")
    assert_refused(result, 2, "'netral_female'", "neutral_female")
    assert not list(Path().iterdir())


@pytest.mark.parametrize(("name", "rates"), [("a.mp3", "24000"), ("a.opus", "24000")])
def test_a_rate_that_a_format_cannot_hold(
    voxtral: Voxtral, fake: FakeEngine, name: str, rates: str
) -> None:
    fake.sample_rate = 23000
    assert_refused(voxtral("say", "Hi", "-o", name), 2, "cannot hold 23000 Hz (only 8000", "wav")
    assert not list(Path().iterdir())
    assert voxtral("say", "Hi", "-o", "a.flac").exit_code == 0


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.opus", "a.pcm"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(errno.EIO, "lost")])
def test_an_interrupted_speech_leaves_no_file(
    voxtral: Voxtral, fake: FakeEngine, name: str, failure: BaseException
) -> None:
    def fail(number: int) -> None:
        if number == 2:
            raise failure

    Path(name).write_text("kept")
    fake.before = fail
    result = voxtral("say", "One two three four", "-o", name)
    interrupted = isinstance(failure, KeyboardInterrupt)
    assert result.exit_code == (130 if interrupted else 1)
    assert result.stderr == ("interrupted\n" if interrupted else "error: lost\n")
    assert list(Path().iterdir()) == [Path(name)]
    assert Path(name).read_text() == "kept"


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.opus", "a.pcm"])
def test_a_full_disk(
    voxtral: Voxtral, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    class Full:
        def __init__(self, file: object) -> None:
            self.file = file

        def write(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    original = output.Output.__init__

    def fill(self: output.Output, file: object, *rest: object, **more: object) -> None:
        original(self, Full(file), *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(output.Output, "__init__", fill)
    result = voxtral("say", "One two three", "-o", name)
    assert_refused(result, 1, f"Cannot write {name}: No space left on device", "space")
    assert not list(Path().iterdir())


def test_a_real_full_device(voxtral: Voxtral, fake: FakeEngine) -> None:
    result = voxtral("say", "One two", "-o", "/dev/full", "--format", "wav")
    assert_refused(result, 1, "Cannot write /dev/full: No space left on device", "space")


@pytest.mark.parametrize("command", ["say Hi -o a.wav", "encode in.wav", "voices", "doctor"])
def test_an_unknown_model(voxtral: Voxtral, command: str) -> None:
    soundfile.write("in.wav", np.zeros(2400), 24000)
    result = voxtral(*command.split(), "--model", "nowhere")
    assert result.exit_code == 1
    assert "There is no checkpoint 'nowhere'" in result.output
    assert list(Path().iterdir()) == [Path("in.wav")]


@pytest.mark.usefixtures("unloadable")
def test_a_name_that_is_too_long(voxtral: Voxtral) -> None:
    result = voxtral("say", "Hi", "-o", f"{'a' * 300}.wav")
    assert_refused(result, 1, "File name too long")
