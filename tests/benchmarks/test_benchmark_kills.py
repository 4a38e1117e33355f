"""A small program in the place of `voxtral batch` is killed, fails, or is too fast."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import kills
from engine.errors import VoxtralError

SPEAK = """
import time
with open("book.voxtral", "w") as ledger:
    ledger.write('{"key": "a"}')
time.sleep(0.3)
open("book.flac", "w").close()
"""


def python(program: str) -> list[str]:
    return [sys.executable, "-S", "-c", program]


def test_it_is_killed_so_often(tmp_path: Path) -> None:
    program = "open('starts', 'a').write('x')\n" + SPEAK
    kills.kill_often(python(program), tmp_path, wanted=2, longest=0.2)
    assert 1 <= len((tmp_path / "starts").read_text()) <= 3
    assert (tmp_path / "book.flac").exists()


@pytest.mark.parametrize("program", ["import sys; sys.exit(3)", "pass"])
def test_a_run_that_fails_ends_it(tmp_path: Path, program: str) -> None:
    with pytest.raises(VoxtralError, match=r"ended with [03]"):
        kills.kill_often(python(program), tmp_path, wanted=1, longest=9)


def test_a_book_that_is_there_too_early_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(VoxtralError, match="after 0 kills"):
        kills.kill_often(python(SPEAK), tmp_path, wanted=1, longest=99)


@pytest.mark.parametrize("context", ["none", "chunks"])
def test_each_context_has_a_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, context: str
) -> None:
    def started(command: list[str], place: Path) -> subprocess.Popen[bytes]:
        assert command[command.index("--context") + 1] == context
        return subprocess.Popen(python(SPEAK), cwd=place)

    monkeypatch.setattr(kills, "started", started)
    place = ["--results", str(tmp_path), "--context", context]
    kills.main(["--kills", "1", "--longest", "0.1", *place])
    name = f"kills-nano-cpu-kills-1-longest-0.1-context-{context}.json"
    record = json.loads((tmp_path / name).read_text())
    assert record["options"]["context"] == context
    assert record["figures"]["same_bytes"]


@pytest.mark.parametrize("asked", ["--model nowhere", "--device toaster"])
def test_what_is_not_here_is_said_before(tmp_path: Path, asked: str) -> None:
    with pytest.raises(VoxtralError, match=r"There is no .* '(nowhere|toaster)'"):
        kills.main([*asked.split(), "--results", str(tmp_path)])
