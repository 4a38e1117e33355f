"""`say --live`: lines of stdin, spoken as they come."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from engine.errors import InputError
from tests.cli.fake_engine import PIECE, FakeEngine

Voxtral = Callable[..., Result]
LIVE = ("say", "--live", "-o", "-", "--format", "pcm", "--seed", "1")
LINES = b"Hello there. How are you?\n\n***\nAnd more."
PAUSE = bytes(2 * round(0.55 * 24000))


def alone(voxtral: Voxtral, text: str) -> bytes:
    line = ("say", text, "-o", "-", "--format", "pcm", "--seed", "1")
    return voxtral(*line).stdout_bytes


def test_lines_are_spoken_as_if_each_were_alone(voxtral: Voxtral, fake: FakeEngine) -> None:
    done = voxtral(*LIVE, stdin=LINES)
    first, second = (alone(voxtral, text) for text in ("Hello there. How are you?", "And more."))
    assert done.exit_code == 0
    assert done.stdout_bytes == first + PAUSE + second


def test_a_line_is_heard_before_the_next_is_there(
    fake_program: Callable[..., list[str]], voxtral: Voxtral, fake: FakeEngine
) -> None:
    """The same, in whatever pieces it comes."""
    command = fake_program(*LIVE, "-q")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        for part in (LINES[:3], LINES[3:30]):
            program.stdin.write(part)
            program.stdin.flush()
        heard = program.stdout.read(2 * 5 * PIECE)
        program.stdin.write(LINES[30:])
        program.stdin.close()
        heard += program.stdout.read()
        assert program.wait(60) == 0
    assert heard == voxtral(*LIVE, stdin=LINES).stdout_bytes


def test_chunks_are_counted_through(voxtral: Voxtral, fake: FakeEngine) -> None:
    fake.note = "too long"
    told = json.loads(voxtral("say", "--live", "-o", "a.wav", "--json", stdin=LINES).stdout)
    assert told["chunks"] == 3
    assert told["notes"] == [f"chunk {number}: too long" for number in (1, 2, 3)]


def test_a_line_that_cannot_be_spoken_is_left_out(
    voxtral: Voxtral, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak = fake.stream

    def stream(text: str, *rest: object) -> object:
        if "pause" in text:
            raise InputError("It asks for a pause that cannot be.")
        return speak(text, *rest)

    monkeypatch.setattr(fake, "stream", stream)
    done = voxtral(*LIVE, stdin=b"One.\n[pause:1h]\nTwo.\n")
    assert done.exit_code == 0
    assert done.stdout_bytes.count(PAUSE) == 1
    assert "note: line 2 is left out: It asks" in done.stderr


@pytest.mark.parametrize("stdin", [b"", b"\n***\n", b"One.\n\xff\xfe\n"])
def test_nothing_to_speak_is_no_file(voxtral: Voxtral, fake: FakeEngine, stdin: bytes) -> None:
    refused = voxtral("say", "--live", "-o", "a.wav", stdin=stdin)
    assert (refused.exit_code, Path("a.wav").exists()) == (2, False)
    assert refused.stderr.count("error:") == 1


@pytest.mark.usefixtures("unloadable")
@pytest.mark.parametrize("beside", ["Hello.", "-f a.txt", "--show-text"])
def test_lines_have_no_other_text_beside_them(voxtral: Voxtral, beside: str) -> None:
    Path("a.txt").write_text("Hello.")
    refused = voxtral("say", "--live", "-o", "a.wav", *beside.split(), stdin=LINES)
    assert (refused.exit_code, "--live speaks lines" in refused.stderr) == (2, True)
