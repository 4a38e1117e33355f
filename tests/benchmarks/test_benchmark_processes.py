"""Measured on small Python programs instead of the real command."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.processes import finish, say
from engine.errors import VoxtralError

ROOT = Path(__file__).resolve().parents[2]


def python(program: str) -> list[str]:
    return [sys.executable, "-S", "-c", program]


def test_first_byte_comes_before_the_end() -> None:
    program = (
        "import sys, time; sys.stdout.write('a'); sys.stdout.flush(); time.sleep(0.3); "
        "sys.stdout.write('b' * 99999)"
    )
    finished = finish(python(program))
    assert finished.output_bytes == 100_000
    assert 0 < finished.first_byte_s < finished.seconds - 0.25


def test_peak_is_that_of_the_process() -> None:
    """Measured from a process of its own, as the benchmark is: pytest's size would count too."""
    program = (
        "import sys, benchmarks.memory; from benchmarks.processes import finish; "
        "measured = [sys.executable, '-S', '-c', 'print(len(b\"1\" * 200_000_000))']; "
        "print(finish(measured).peak_bytes, 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    peak, torch_imported = done.stdout.split()
    assert 200_000_000 < int(peak) < 260_000_000
    assert torch_imported == "False"


@pytest.mark.parametrize(
    "program", ["pass", "import sys; sys.exit('it broke')", "print(1); raise SystemExit(3)"]
)
def test_a_failed_or_silent_process_is_an_error(program: str) -> None:
    with pytest.raises(VoxtralError, match=r"ended with [013]"):
        finish(python(program))


def test_the_command_asks_for_raw_sound_on_stdout() -> None:
    command = say("Hello.", "nano", "cpu")
    assert command[1:6] == ["-m", "voxtral_cli", "say", "Hello.", "-o"]
    assert command[6] == "-"
