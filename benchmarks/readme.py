"""README's speed table, made from `benchmarks/results/*.json`.

`python -m benchmarks.readme` writes it between the two markers; with `--check` it only says
whether it is current (exit code 1 if not).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import RESULTS, run
from engine.errors import VoxtralError

START, END = "<!-- speed:start -->", "<!-- speed:end -->"
README = Path(__file__).resolve().parent.parent / "README.md"
HEADER = (
    "Model, machine",
    "RTF, one row",
    "RTF, four rows",
    "First audio",
    "`--help`",
    "Peak memory",
    "Commit",
)
SHOWN = ("throughput", "first_audio", "startup", "memory", "frames")
"""Benchmarks whose figures are in a row, and whose commits."""
MISSING = "-"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write or check the table; see the top of the file.

    Raises:
        VoxtralError: If README has no markers, or the table is not current.
    """
    parser = argparse.ArgumentParser(description="README's speed table.")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--readme", type=Path, default=README)
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args(arguments)
    text = given.readme.read_text(encoding="utf-8")
    current = with_table(text, speed_table(read_results(given.results)))
    if text == current:
        return
    if given.check:
        raise VoxtralError(
            f"The speed table of {given.readme.name} is not the one of the results.",
            "Run `python -m benchmarks.readme`.",
        )
    given.readme.write_text(current, encoding="utf-8")


def read_results(folder: Path) -> list[dict[str, Any]]:
    """The records of a folder, in order of file name."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


def with_table(text: str, table: str) -> str:
    """`text` with `table` between the markers, in place of what was there.

    Raises:
        VoxtralError: If the markers are not there once each, in order.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end) or START in rest or END in after:
        raise VoxtralError(
            "The text has no single place for the speed table.", f"Put in {START} and {END}."
        )
    return f"{before}{START}\n{table}\n{END}{after}"


def speed_table(records: Sequence[dict[str, Any]]) -> str:
    """Markdown, a row for each model on each device; medians, the worst of the peaks.

    Runs with options of their own are in no row.
    """
    machines: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
    for record in records:
        if record["benchmark"] not in SHOWN or record.get("options"):
            continue
        key = record["model"], record["hardware"], record["device"]
        machines.setdefault(key, {})[record["benchmark"]] = record
    lines = [_line(HEADER), _line(["---", *["---:"] * (len(HEADER) - 1)])]
    for (model, hardware, device), found in sorted(machines.items()):
        how = ", mps" if device == "mps" else ""  # of other devices the hardware tells
        if any(record["figures"].get("kernels") for record in found.values()):
            how += ", `VOXTRAL_KERNELS=1`"
        lines.append(_line([f"{model}, {hardware}{how}", *_cells(found)]))
    return "\n".join(lines)


def _cells(found: dict[str, dict[str, Any]]) -> list[str]:
    figures = {name: record["figures"] for name, record in found.items()}
    cells = [MISSING] * 5
    if "throughput" in figures:
        rows = figures["throughput"]["by_rows"]
        for place, count in enumerate(("1", "4")):
            if count in rows:
                cells[place] = f"{rows[count]['rtf']['p50']:.2f}"
    if "first_audio" in figures:
        cells[2] = f"{figures['first_audio']['first_audio_s']['p50']:.1f} s"
    if "startup" in figures:
        cells[3] = f"{figures['startup']['help_s']['p50']:.2f} s"
    if "memory" in figures:
        cells[4] = f"{max(figures['memory']['peak_mb'].values()):.0f} MB"
    if "frames" in figures:
        cells = _cells_of_frames(figures["frames"])
    commits = dict.fromkeys(record["commit"] for record in found.values())
    return [*cells, ", ".join(commits)]


def _cells_of_frames(figures: dict[str, Any]) -> list[str]:
    """Of `benchmarks.frames`: first audio from the known prompt, as `--steps` was first given."""
    cells = [MISSING] * 5
    steps = figures["steps"][0]
    for place, rows in enumerate((1, 4)):
        found = figures["rows"].get(f"{rows}, {steps}", {})
        if "rtf" in found:
            cells[place] = f"{found['rtf']['p50']:.3f}"
    first = figures.get("first_audio_ms", {}).get(f"80 ms, {steps} steps, known voice")
    if first:
        cells[2] = f"{first['p50']:.0f} ms after the prompt"
    if "memory_gb" in figures:
        cells[4] = f"{figures['memory_gb']['reserved']:.1f} GB"
    return cells


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(run(main))
