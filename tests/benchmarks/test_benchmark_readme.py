"""The speed table comes from result files and from nowhere else."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.readme import END, START, main, speed_table, with_table
from engine.errors import VoxtralError

QUANTILES = {"p50": 0.314, "p95": 0.4}
FIGURES: dict[str, dict[str, Any]] = {
    "throughput": {"by_rows": {"1": {"rtf": QUANTILES}, "4": {"rtf": {"p50": 0.2, "p95": 0.2}}}},
    "first_audio": {"first_audio_s": {"p50": 2.96, "p95": 3.0}},
    "startup": {"help_s": QUANTILES},
    "memory": {"peak_mb": {"1x": 610.2, "10x": 640.7}},
}


def record(benchmark: str, model: str = "nano", commit: str = "abc") -> dict[str, Any]:
    return {
        "benchmark": benchmark,
        "model": model,
        "device": "cpu",
        "hardware": "a box",
        "commit": commit,
        "figures": FIGURES[benchmark],
    }


@pytest.fixture
def readme(tmp_path: Path) -> Path:
    path = tmp_path / "README.md"
    path.write_text(f"# Title\n\n{START}\nold\n{END}\n\nRest.\n", encoding="utf-8")
    return path


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    for name in FIGURES:
        (folder / f"{name}-nano-cpu.json").write_text(json.dumps(record(name)))
    return folder


def test_table_of_all_benchmarks() -> None:
    last = speed_table([record(name) for name in FIGURES]).splitlines()[-1]
    assert last == "| nano, a box | 0.31 | 0.20 | 3.0 s | 0.31 s | 641 MB | abc |"


def test_what_was_not_measured_stays_open() -> None:
    table = speed_table([record("memory", "big", "x"), record("startup"), record("memory")])
    assert table.splitlines()[2:] == [
        "| big, a box | - | - | - | - | 641 MB | x |",
        "| nano, a box | - | - | - | 0.31 s | 641 MB | abc |",
    ]


def test_random_weights_on_a_gpu_have_a_line() -> None:
    figures = {
        "steps": [8, 7],
        "rows": {"1, 8": {"rtf": {"p50": 0.0481}}, "4, 8": {"frame_ms": QUANTILES}},
        "first_audio_ms": {"80 ms, 8 steps, known voice": {"p50": 17.6}},
        "memory_gb": {"allocated": 8.9, "reserved": 9.12},
    }
    made = {"benchmark": "frames", "model": "random-4b", "hardware": "a GPU", "commit": "x"}
    made["device"] = "cuda"
    lines = speed_table([record("startup"), {**made, "figures": figures}]).splitlines()[2:]
    assert lines == [
        "| nano, a box | - | - | - | 0.31 s | - | abc |",
        "| random-4b, a GPU | 0.048 | - | 18 ms after the prompt | - | 9.1 GB | x |",
    ]
    nothing = {**made, "figures": {"steps": [8], "rows": {}}}
    assert speed_table([nothing]).splitlines()[-1] == "| random-4b, a GPU | - | - | - | - | - | x |"


@pytest.mark.parametrize("other", ["server", "longform", "kills", "assembly"])
def test_other_benchmarks_and_their_commits_are_not_in_the_table(other: str) -> None:
    records = [record("memory"), {**record("memory"), "benchmark": other, "commit": "other"}]
    assert speed_table(records) == speed_table(records[:1])


def test_runs_with_options_are_not_in_the_table() -> None:
    asked = {**record("memory", commit="other"), "options": {"rows": 1}}
    assert speed_table([record("memory"), asked]) == speed_table([record("memory")])


def test_devices_of_one_machine_have_lines_of_their_own() -> None:
    slow = {**record("throughput"), "figures": {"by_rows": {"1": {"rtf": {"p50": 0.9}}}}}
    table = speed_table([record("throughput"), {**slow, "device": "mps"}])
    assert [line.split(" | ")[:2] for line in table.splitlines()[2:]] == [
        ["| nano, a box", "0.31"],
        ["| nano, a box, mps", "0.90"],
    ]


def test_kernels_that_are_asked_for_are_told() -> None:
    figures = {**FIGURES["throughput"], "kernels": True}
    table = speed_table([{**record("throughput"), "figures": figures}])
    assert "| nano, a box, `VOXTRAL_KERNELS=1` | 0.31 |" in table


def test_write_then_check(readme: Path, results: Path) -> None:
    command = ["--readme", str(readme), "--results", str(results)]
    before = readme.read_text()
    with pytest.raises(VoxtralError, match=r"README\.md"):
        main([*command, "--check"])
    assert readme.read_text() == before
    main(command)
    main([*command, "--check"])
    written = readme.read_text()
    assert written.startswith("# Title\n\n")
    assert written.endswith(f"{END}\n\nRest.\n")
    assert "old" not in written
    assert "641 MB" in written


@pytest.mark.parametrize(
    "text",
    ["nothing", f"{END} {START}", START, f"{START}{END}{START}{END}", f"{START}{START}{END}"],
)
def test_markers_must_be_there_once(text: str) -> None:
    with pytest.raises(VoxtralError, match="no single place"):
        with_table(text, "table")
