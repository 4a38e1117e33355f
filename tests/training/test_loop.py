"""What training runs share: the curve on disk, the options that a run was begun with."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from training.loop import Clock, Curve, check_same, parsed


def test_a_curve_of_other_columns_goes_to_another_file(tmp_path: Path) -> None:
    for values in ({"loss": 1.0}, {"loss": 2.0}, {"mel": 1.0, "loss": 3.0}, {"loss": 4.0}):
        curve = Curve(tmp_path / "c.csv")
        curve.add(values)
        curve.line(step=1)
    assert (tmp_path / "c.csv").read_text().split() == ["step,loss", "1,1.0", "1,2.0", "1,4.0"]
    assert (tmp_path / "c-2.csv").read_text().split() == ["step,mel,loss", "1,1.0,3.0"]


def test_a_run_goes_on_with_what_it_was_begun_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run/options.json"
    check_same(path, {"initial": Path("a"), "part": "all"})
    check_same(path, {"initial": Path("a"), "part": "all", "new": 1})
    with pytest.raises(SystemExit, match=r"begun with other options \(initial a\)"):
        check_same(path, {"initial": Path("b"), "part": "all"})
    with pytest.raises(SystemExit, match=r"other options \(each 1\)"):
        check_same(path, {"initial": Path("a"), "each": 4}, {"each": 1})
    check_same(tmp_path / "new/options.json", {"each": 4}, {"each": 1})
    monkeypatch.setenv("RANK", "1")
    check_same(path, {"initial": Path("b"), "part": "all"})


def test_a_run_that_has_ended_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Clock(60.0, before=59.0)
    assert capsys.readouterr().err == ""
    assert Clock(60.0, before=60.0).progress == 1.0
    assert "ended already, after 1.0 minutes" in capsys.readouterr().err


@dataclass(frozen=True)
class Options:
    out: Path
    minutes: float
    part: str = "all"
    initial: Path | None = None
    codes: list[Path] = field(default_factory=list)
    save_minutes: float = 5.0
    compile: bool = False


def test_options_are_the_fields_of_a_dataclass(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(line: str) -> Options:
        monkeypatch.setattr("sys.argv", ["train", *line.split()])
        return parsed(Options, "Trains.", {"part": ["all", "decoder"]})

    assert read("--out o --minutes 3") == Options(Path("o"), 3.0)
    more = "--part decoder --initial i --codes a b --save-minutes 1 --compile"
    assert read(f"--out o --minutes 3 {more}") == Options(
        Path("o"), 3.0, "decoder", Path("i"), [Path("a"), Path("b")], 1.0, True
    )
    for wrong in ("--minutes 3", "--out o --minutes 3 --part none"):
        with pytest.raises(SystemExit):
            read(wrong)
