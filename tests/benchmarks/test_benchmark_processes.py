"""Measured on small Python programs instead of the real command."""

import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks import common
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


def test_repeat_throws_the_warm_up_away() -> None:
    figures = iter([9.0, 1.0, 2.0])
    assert common.repeat(lambda: next(figures), runs=2) == [1.0, 2.0]


def test_quantiles() -> None:
    assert common.quantiles([2.0]) == {"p50": 2.0, "p95": 2.0}
    result = common.quantiles([3.0, 1.0, 2.0])
    assert result["p50"] == 2.0
    assert 2.8 < result["p95"] <= 3.0


@pytest.mark.parametrize(
    ("model", "expected"),
    [("nano", "nano"), ("a/b c/", "b-c"), ("mistralai/Voxtral-4B", "Voxtral-4B"), ("/", "model")],
)
def test_slug(model: str, expected: str) -> None:
    assert common.slug(model) == expected


def test_publish_writes_what_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = Namespace(model="x/tiny", device="cpu", results=tmp_path / "results")
    common.publish("startup", given, {"help_s": {"p50": 0.25}}, ["seconds", "p50"], [["a", 0.25]])
    last = capsys.readouterr().out.splitlines()[-1]
    assert (tmp_path / "results" / "startup-tiny-cpu.json").read_text() == last + "\n"
    assert '"help_s": {"p50": 0.25}' in last


def test_run_turns_an_error_into_words(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise VoxtralError("No such thing.", "Do this.")

    assert common.run(broken) == 1
    assert capsys.readouterr().err == "error: No such thing.\nhint: Do this.\n"
