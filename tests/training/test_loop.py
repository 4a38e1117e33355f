"""What training runs share: the curve on disk, the options that a run was begun with."""

import math
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.errors import InputError, VoiceError, VoxtralError
from training.command import Stopped, finish
from training.loop import Clock, Curve, check_same, load_state, parsed, save_state, tell


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
    with pytest.raises(InputError, match=r"begun with other options \(initial a\)"):
        check_same(path, {"initial": Path("b"), "part": "all"})
    with pytest.raises(InputError, match=r"other options \(each 1\)"):
        check_same(path, {"initial": Path("a"), "each": 4}, {"each": 1})
    check_same(tmp_path / "new/options.json", {"each": 4}, {"each": 1})
    monkeypatch.setenv("RANK", "1")
    check_same(path, {"initial": Path("b"), "part": "all"})


def test_a_run_that_has_ended_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Clock(60.0, before=59.0)
    assert capsys.readouterr().err == ""
    assert Clock(60.0, before=60.0).progress == 1.0
    assert "ended already, after 1.0 minutes" in capsys.readouterr().err

    for minutes in (0, -1, math.nan):
        with pytest.raises(InputError, match="cannot last"):
            Clock(60 * minutes)


def test_a_signal_ends_a_run_after_its_step_and_a_second_one_at_once() -> None:
    clock, done = Clock(60), []

    def run(*numbers: int) -> None:
        with clock.stoppable():
            for number in numbers:
                os.kill(os.getpid(), number)
                done.append(clock.progress)

    with pytest.raises(Stopped) as stopped:
        run(signal.SIGTERM)
    assert (stopped.value.code, done) == (143, [math.inf])
    with pytest.raises(Stopped) as stopped:
        run(signal.SIGINT)
    assert (stopped.value.code, done) == (130, [math.inf])


def test_how_commands_end(capsys: pytest.CaptureFixture[str]) -> None:
    def failing(error: BaseException) -> Callable[[], None]:
        def fail() -> None:
            raise error

        return fail

    assert finish(lambda: None) == 0
    assert finish(failing(InputError("No.", "Do."))) == finish(failing(VoiceError("No.", ""))) == 2
    assert finish(failing(VoxtralError("No.", "Do."))) == 1
    capsys.readouterr()
    assert finish(failing(OSError(28, "No space left on device", "a/b"))) == 1
    assert capsys.readouterr().err.startswith("error: a/b: No space left on device.\nhint: Make")
    for number in (signal.SIGINT, signal.SIGTERM):
        assert finish(lambda number=number: os.kill(os.getpid(), number)) == 128 + number  # type: ignore[misc]
        assert capsys.readouterr().err == "stopped; the same command goes on\n"


def test_a_full_disk_leaves_the_former_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "speech.pt"
    save_state(path, {"step": 1})

    def full(_: object, file: Path) -> None:
        file.write_bytes(b"PK")
        raise RuntimeError("[enforce fail at inline_container.cc:668] unexpected pos 64 vs 0\nmore")

    with monkeypatch.context() as patched:
        patched.setattr("torch.save", full)
        with pytest.raises(VoxtralError, match=r"speech\.pt: .* may be full .*vs 0\)\.$"):
            save_state(path, {"step": 2})
    assert [one.name for one in tmp_path.iterdir()] == ["speech.pt"]
    assert load_state(path) == {"step": 1}
    for damaged in (b"", path.read_bytes()[:50], b"junk"):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"speech\.pt is not a whole state"):
            load_state(path)


def test_a_word_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock(600, before=60)
    told = tell(clock, 0.25, 7, 1.5, -math.inf)
    assert capsys.readouterr().err == "step 7, loss 1.500, 3.0 minutes left\n"
    assert tell(clock, 0.25, 8, 1.5, told) == told
    assert capsys.readouterr().err == ""
    tell(clock, 0.25, 9, 1.5, told - 31)
    tell(clock, 1.0, 10, 1.5, told)
    tell(clock, math.inf, 11, 1.5, -math.inf)  # it was stopped
    assert len(capsys.readouterr().err.splitlines()) == 2


@dataclass(frozen=True)
class Options:
    """Of a run.

    Args:
        minutes: Of training,
            100 % of them.
    """

    out: Path
    minutes: float
    part: str = "all"
    initial: Path | None = None
    codes: list[Path] = field(default_factory=list)
    save_minutes: float = 5.0
    compile: bool = False


def test_options_are_the_fields_of_a_dataclass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
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
    capsys.readouterr()
    with pytest.raises(SystemExit):
        read("--help")
    assert "Of training, 100 % of them." in " ".join(capsys.readouterr().out.split())
