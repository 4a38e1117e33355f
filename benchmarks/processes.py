"""A command in a fresh process: when its first byte came, how long it took, how big it grew."""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import VoxtralError

VOXTRAL = (sys.executable, "-m", "voxtral_cli")


@dataclass(frozen=True)
class Finished:
    """A process that ended well.

    Args:
        first_byte_s: From start to the first byte on stdout.
        seconds: From start to end.
        output_bytes: Bytes on stdout.
        peak_bytes: Largest resident set. Linux counts the parent's size before exec too, so the
            measuring process must stay small: it imports no torch.
    """

    first_byte_s: float
    seconds: float
    output_bytes: int
    peak_bytes: int


def say(text: str, model: str, device: str, *more: str) -> list[str]:
    """The command that speaks `text` as raw PCM to stdout, with `more` options."""
    options = ["--format", "pcm", "--quiet", "--model", model, "--device", device]
    return [*VOXTRAL, "say", text, "-o", "-", *options, *more]


def finish(command: Sequence[str], silent: bool = False) -> Finished:
    """Run a command to its end, reading what it writes.

    Args:
        command: The program and its arguments.
        silent: Whether it may write nothing to stdout; its "first byte" is then its end.

    Raises:
        VoxtralError: If it fails, or writes nothing though it should.
    """
    with tempfile.TemporaryFile() as complaints:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints)
        assert process.stdout is not None
        received = len(os.read(process.stdout.fileno(), 1))
        first_byte = time.perf_counter() - begin
        while piece := os.read(process.stdout.fileno(), 1 << 16):
            received += len(piece)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        complaints.seek(0)
        words = complaints.read().decode(errors="replace").strip()
    if process.returncode or not (received or silent):
        message = f"The measured command ended with {process.returncode}: {words[-500:]}"
        raise VoxtralError(message, f"By hand: {shlex.join(command)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Finished(first_byte, seconds, received, usage.ru_maxrss * unit)
