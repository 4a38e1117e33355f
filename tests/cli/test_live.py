"""`say --live`: what comes on stdin, spoken meanwhile."""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from typer.testing import Result

from engine.errors import InputError
from engine.joins import edged
from engine.speech import SpeechChunk
from engine.text import passages_of
from engine.watermark import Marking
from tests.babble import babble
from tests.cli.fake_engine import PIECE, FakeEngine

Voxtral = Callable[..., Result]
RATE = 24_000
LIVE = ("say", "--live", "-o", "-", "--format", "pcm", "--seed", "1")
LINES = b"Hello there. How are you?\n\n***\nAnd more."
PAUSE = bytes(2 * round(0.55 * 24000))


def alone(voxtral: Voxtral, text: str) -> bytes:
    line = ("say", text, "-o", "-", "--format", "pcm", "--seed", "1")
    return voxtral(*line).stdout_bytes


@contextmanager
def running(command: list[str], **pipes: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A program that hears Ctrl-C, as jobs of `&` do not, and is killed after two minutes."""
    with subprocess.Popen(
        command, **pipes, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    ) as program:
        timer = threading.Timer(120, program.kill)
        timer.start()
        try:
            yield program
        finally:
            timer.cancel()
            program.kill()


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


def test_a_sentence_is_heard_while_its_line_is_written(
    fake_program: Callable[..., list[str]], voxtral: Voxtral, fake: FakeEngine
) -> None:
    first, second = "This is one sentence of a line.", "And caf\u00e9 No. 5 is another one of it."
    within = bytes(2 * round(0.25 * 24000))
    line = f"{first} {second}".encode()
    cut = len(first) + len(" And ")
    command = fake_program(*LIVE, "-q")
    with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(line[:cut])
        program.stdin.flush()
        heard = program.stdout.read(2 * 7 * PIECE)
        assert heard == alone(voxtral, first)
        for byte in line[cut:]:
            program.stdin.write(bytes([byte]))
            program.stdin.flush()
        program.stdin.close()
        heard += program.stdout.read()
        assert program.wait(60) == 0
    assert heard == alone(voxtral, first) + within + alone(voxtral, second)


def test_part_of_a_line_is_left_out(voxtral: Voxtral, fake: FakeEngine) -> None:
    done = voxtral(*LIVE, stdin=b"One.\nThis is one sentence of a line. And b\xff is no text.\n")
    assert "note: a part of line 2 is left out: a part of line 2 is not UTF-8" in done.stderr
    line = alone(voxtral, "This is one sentence of a line.")
    assert done.stdout_bytes == alone(voxtral, "One.") + PAUSE + line


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("One.\n[pause:3s]\n\nTwo.\n", 3.0),
        ("One.\n[pause:3s] [pause:500ms]\n[pause]\nTwo.\n", 4.5),
        ("One.\n[pause:2\u00a0s]\n[pause:3s] Two.\n", 5.0),
        ("One.[pause:2s]\n\nTwo.\n", 2.0),
        ("# One\nTwo.\n", 0.9),
        ("One.\n\n\nTwo.\n", 0.55),
        ("One.\n[pause:99s]\nTwo.\n", 0.55),
        ("One.\nTwo.\n[pause:2s]\n***\n", 2.55),
    ],
)
def test_pauses_are_those_of_a_text(
    voxtral: Voxtral, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch, text: str, seconds: float
) -> None:
    speak = fake.stream

    def stream(text: str, *rest: Any) -> Iterator[SpeechChunk]:
        passages = passages_of(text)
        return edged(speak(passages[0].text, *rest), passages, RATE)  # type: ignore[arg-type]

    monkeypatch.setattr(fake, "plan", lambda text, options: passages_of(text))
    monkeypatch.setattr(fake, "stream", stream)
    done = voxtral(*LIVE, stdin=text.encode())
    assert len(done.stdout_bytes) == 2 * (2 * PIECE + round(RATE * seconds))


def test_what_is_left_out_is_told_to_programs(voxtral: Voxtral, fake: FakeEngine) -> None:
    lines = b"One.\n***\nbad \xff\nab\xff\xfe\nTwo."
    told = json.loads(voxtral("say", "--live", "-o", "a.wav", "--json", stdin=lines).stdout)
    assert [note.partition(":")[0] for note in told["notes"]] == [
        "line 3 is left out",
        "line 4 is left out",
    ]


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


def test_what_is_no_text_is_left_out(voxtral: Voxtral, fake: FakeEngine) -> None:
    done = voxtral(*LIVE, stdin=b"\xef\xbb\xbfOne.\r\nbad \xff\nTwo.\n")
    assert done.exit_code == 0
    assert done.stdout_bytes == alone(voxtral, "One.") + PAUSE + alone(voxtral, "Two.")
    assert (
        "note: line 2 is left out: line 2 is not UTF-8 text: byte 0xff at offset 4." in done.stderr
    )


def test_ctrl_c_between_lines_ends_them(
    fake_program: Callable[..., list[str]], voxtral: Voxtral, fake: FakeEngine
) -> None:
    command = fake_program(*LIVE)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with running(command, **pipes) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdin.write(b"One.\n")
        program.stdin.flush()
        heard = program.stdout.read(2 * PIECE)
        time.sleep(1)
        program.send_signal(signal.SIGINT)
        rest, told = program.communicate(timeout=60)
    assert (program.returncode, rest) == (0, b"")
    assert heard == alone(voxtral, "One.")
    assert b"s of speech, voice" in told  # nothing of the time, which was spent waiting


def test_ctrl_c_stops_what_is_played(
    fake_program: Callable[..., list[str]], programs: Callable[[str, str], Path]
) -> None:
    programs("aplay", "head -c 100 > /dev/null; > heard; kill -STOP $$")
    command = fake_program("say", "--live", "--play")
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    with running(command, **pipes) as program:
        assert program.stdin is not None
        program.stdin.write(b"One.\n")
        program.stdin.flush()
        while not Path("heard").exists() and program.poll() is None:
            time.sleep(0.05)
        time.sleep(1)  # until it waits for the next line
        program.send_signal(signal.SIGINT)
        told = program.stderr.read()
        assert (program.wait(60), told.endswith(b"interrupted\n")) == (130, True)


def test_the_end_of_a_marked_line_does_not_wait_for_the_next(
    voxtral: Voxtral, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = [0]

    class Counted(Marking):
        def write(self, samples: np.ndarray) -> np.ndarray:
            made = super().write(samples)
            waiting[-1] += len(samples) - len(made)
            return made

        def finish(self) -> np.ndarray:
            made = Marking.write(self, np.zeros(RATE, np.float32))[: waiting[-1]]
            waiting.append(0)
            return made

    speak = fake.stream

    def stream(text: str, *rest: object) -> object:
        held.append(waiting[-1])
        return speak(text, *rest)

    held: list[int] = []
    monkeypatch.setattr("engine.watermark.Marking", Counted)
    monkeypatch.setattr(fake, "stream", stream)
    soundfile.write("me.wav", babble(5.0), RATE)
    done = voxtral(*LIVE, "--voice", "me.wav", "--consent", stdin=LINES)
    assert done.exit_code == 0
    assert held == [0, 0, 0, 0]
    assert len(done.stdout_bytes) == 2 * 7 * PIECE + len(PAUSE)


@pytest.mark.parametrize("stdin", [b"", b"\n***\n", "One.\nTwo.".encode("utf-16")])
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
