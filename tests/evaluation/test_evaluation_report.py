"""Tables, and a last line that any JSON reader takes."""

import json

from evaluation import report


def test_table() -> None:
    lines = report.table(["voice", "wer", "n"], [["ann", 0.25, 3], ["x", None, 12]]).splitlines()
    assert lines == ["voice    wer   n", "-----  -----  --", "ann    0.250   3", "x          -  12"]


def test_last_line_is_one_line_of_strict_json() -> None:
    line = report.last_line({"a": float("nan"), "b": [float("inf"), 1 / 3], "c": {1: "x\ny"}})
    assert "\n" not in line
    assert json.loads(line) == {"a": None, "b": [None, 0.33333], "c": {"1": "x\ny"}}


def test_the_machine_and_the_commit_have_names() -> None:
    assert f"{report.usable_cores()} cores" in report.hardware()
    assert report.commit()
