"""Command lines, names of results, the commit that they belong to."""

import re
import subprocess
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import common, first_audio, kills, memory, server, startup
from engine.errors import VoxtralError
from evaluation import report


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
    [("nano", "nano"), ("a/b c/", "b-c"), ("mistralai/Voxtral-4B", "Voxtral-4B")],
)
def test_names_of_models(model: str, expected: str) -> None:
    assert common.called(model) == expected


def test_only_the_embedded_model_is_called_as_it_is(tmp_path: Path) -> None:
    folders = [tmp_path / name / "nano" for name in "ab"]
    for folder in folders:
        folder.mkdir(parents=True)
    names = {common.called(model) for model in ("nano", "other/nano", *map(str, folders))}
    assert len(names) == 4
    assert all(re.fullmatch(r"nano(-[0-9a-f]{8})?", name) for name in names)


def test_publish_writes_what_it_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = Namespace(model="x/tiny", device="cpu", results=tmp_path / "results")
    given.options, given.commit = {}, "abc"
    common.publish("startup", given, {"help_s": {"p50": 0.25}}, ["seconds", "p50"], [["a", 0.25]])
    last = capsys.readouterr().out.splitlines()[-1]
    assert (tmp_path / "results" / "startup-tiny-cpu.json").read_text() == last + "\n"
    assert '"help_s": {"p50": 0.25}' in last
    assert '"commit": "abc"' in last


def test_run_turns_an_error_into_words(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise VoxtralError("No such thing.", "Do this.")

    assert common.run(broken) == 1
    assert capsys.readouterr().err == "error: No such thing.\nhint: Do this.\n"


def parsed(*arguments: str) -> Namespace:
    parser = common.parser("A test.", *common.FLAGS)
    parser.add_argument("--rows", type=common.count, nargs="+", default=[1, 4])
    parser.add_argument("--command", default="say")
    return common.parse(parser, ["--results", "there", *arguments])


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ([], "test-nano-cpu"),
        (["--rows", "1", "4", "--runs", "5"], "test-nano-cpu"),
        (["--device", "cuda:1", "--rows", "1"], "test-nano-cuda-1-rows-1"),
        (["--rows", "1", "4", "16", "--steps", "8"], "test-nano-cpu-steps-8-rows-1-4-16"),
        (["--command", "x" * 41], "test-nano-cpu-command-3164596d"),
    ],
)
def test_options_are_in_the_name_of_the_file(arguments: list[str], name: str) -> None:
    assert common.place("test", parsed(*arguments)) == Path("there", f"{name}.json")


def test_the_commit_is_that_of_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(report, "commit", lambda: "before")
    given = parsed("--results", str(tmp_path), "--steps", "8")
    monkeypatch.setattr(report, "commit", lambda: "after")
    record = common.store("test", given, {})
    assert record["commit"] == "before"
    assert record["options"] == {"steps": 8}


def test_changes_of_what_measures_count_and_results_do_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(report, "ROOT", tmp_path)
    files = [tmp_path / name for name in ("engine/a.py", "benchmarks/a.py", "evaluation/a.py")]
    result = tmp_path / "benchmarks" / "results" / "a.json"
    for file in (*files, result):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("1\n")
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "All"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    result.write_text("2\n")
    clean = report.commit()
    assert re.fullmatch("[0-9a-f]{10}", clean)
    for file in files:
        file.write_text("2\n")
        assert report.commit() == f"{clean}-dirty"
        file.write_text("1\n")
    assert report.commit() == clean


@pytest.mark.parametrize(
    ("main", "arguments"),
    [
        (memory.main, "--runs 0"),
        (memory.main, "--steps -1"),
        (first_audio.main, "--rows none"),
        (startup.main, "--model bogus"),
        (startup.main, "--device cuda"),
        (kills.main, "--runs 3"),
        (kills.main, "--passages 2"),
        (kills.main, "--longest nan"),
        (server.main, "--url x --model x --voice x --concurrency 0"),
        (server.main, "--url x --model x --voice x --timeout -1"),
    ],
)
def test_what_has_no_sense_or_no_use_is_refused(
    main: Callable[[list[str]], None], arguments: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments.split())
    assert capsys.readouterr().err.splitlines()[-1].count("error: ") == 1


def test_only_gpus_have_kernels() -> None:
    assert not common.kernels("cpu")
