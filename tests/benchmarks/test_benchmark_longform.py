"""The long text has no sentence twice; a program in voxtral's place is measured by its file."""

import json
import re
import sys
from pathlib import Path

import pytest

from benchmarks import longform
from engine.errors import InputError

PROGRAM = """
import sys, wave
_, text, out, rows = sys.argv[:4]
assert "--model" in sys.argv
with wave.open(out, "wb") as file:
    file.setparams((1, 2, 100, 0, "NONE", ""))
    file.writeframes(bytes(2 * len(open(text).read())))
"""


def test_no_sentence_comes_twice() -> None:
    sentences = re.split(r"(?<=\.)\s+", longform.text_of(10))
    assert len(set(sentences)) == len(sentences) == 150
    assert max(map(len, sentences)) < 100
    ratio = len(longform.text_of(10)) / len(longform.text_of(1))
    assert ratio == pytest.approx(10, rel=0.01)


def test_a_command_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    monkeypatch.setattr(longform, "VOXTRAL", (sys.executable, "-S", str(program)))
    asked = ["--command", "{text} {out} {rows}", "--rows", "1", "2", "--minutes", "1", "2"]
    longform.main([*asked, "--results", str(tmp_path)])
    record = json.loads(next(tmp_path.glob("longform-nano-cpu-*.json")).read_text())
    assert capsys.readouterr().out.endswith(json.dumps(record) + "\n")
    figures = record["figures"]
    assert figures["by_minutes"]["1"]["sound_s"] == len(longform.text_of(1)) / 100
    assert figures["sound_ratio"] == pytest.approx(2, rel=0.01)
    assert set(figures["by_rows"]) == {"1", "2"}
    assert figures["time_ratio"] > 0
    assert abs(figures["more_mb"]) < 50


def test_a_command_must_say_where_text_and_sound_are() -> None:
    with pytest.raises(InputError, match=r"no \{out\}"):
        longform.main(["--command", "say -f {text}"])
