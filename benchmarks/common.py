"""What the benchmarks share: the text, the command line, quantiles, and where results go."""

import argparse
import datetime
import re
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.config import parse_config, read_params
from engine.errors import VoxtralError
from engine.hub import resolve
from evaluation import report

RESULTS = Path(__file__).parent / "results"
RUNS = 5
TEXT = (
    "The harbour was quiet when the first boats came home. Gulls circled above the pier, and an "
    "old man mended his net without looking up. Somewhere a radio played, too softly for anyone "
    "to follow the tune. By noon the market would be full of voices, baskets and silver fish."
)


def parser(what: str, steps: bool = False) -> argparse.ArgumentParser:
    """The flags that every benchmark has, and `--steps` for those that speak as they are asked."""
    made = argparse.ArgumentParser(description=what)
    made.add_argument("--model", default="nano", help="embedded name, folder or hub id")
    made.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    made.add_argument("--runs", type=int, default=RUNS, help="runs measured, after the warm-up")
    made.add_argument("--results", type=Path, default=RESULTS, help="folder of the result file")
    if steps:
        made.add_argument("--steps", type=int, help="Euler steps a frame; default: voxtral's")
    return made


def steps_of(given: argparse.Namespace) -> int:
    """Euler steps: those asked for, or the checkpoint's."""
    config = parse_config(read_params(resolve(given.model) / "params.json"))
    return given.steps or config.steps


def repeat(measure: Callable[[], float], runs: int, warm_up: int = 1) -> list[float]:
    """Figures of `runs` calls; the warm-up's are thrown away."""
    for _ in range(warm_up):
        measure()
    return [measure() for _ in range(max(1, runs))]


def quantiles(figures: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile (of few runs: between the two highest)."""
    if len(figures) == 1:
        return {"p50": figures[0], "p95": figures[0]}
    cuts = statistics.quantiles(figures, n=20, method="inclusive")
    return {"p50": statistics.median(figures), "p95": cuts[-1]}


def publish(
    name: str,
    given: argparse.Namespace,
    figures: dict[str, Any],
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
) -> None:
    """Print the table and the last line, and store that line in `given.results`.

    Args:
        name: The benchmark.
        given: Its command line: model, device, results.
        figures: What was measured, JSON-ready.
        header: Column titles of the table.
        rows: The table.
    """
    record = store(name, given, figures)
    print(f"{record['hardware']}, commit {record['commit']}, model {record['model']}")
    print(report.table(header, rows) + "\n")
    print(report.last_line(record))


def store(name: str, given: argparse.Namespace, figures: dict[str, Any]) -> dict[str, Any]:
    """Write the result file; arguments as in `publish`. Returns the record."""
    model = slug(given.model)
    record = {
        "benchmark": name,
        "model": model,
        "device": given.device,
        "hardware": report.hardware(given.device),
        "commit": report.commit(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "figures": figures,
    }
    given.results.mkdir(parents=True, exist_ok=True)
    path = given.results / f"{name}-{model}-{slug(given.device)}.json"
    path.write_text(report.last_line(record) + "\n", encoding="utf-8")
    return record


def slug(model: str) -> str:
    """A model's name fit for a file name: the last part of a path or hub id."""
    last = Path(model.rstrip("/")).name
    return re.sub(r"[^\w.-]+", "-", last) or "model"


def run(benchmark: Callable[[], None]) -> int:
    """Call it; 0 when it worked, 1 after an error that is said on stderr."""
    try:
        benchmark()
    except VoxtralError as error:
        print(f"error: {error.message}\nhint: {error.hint}", file=sys.stderr)
        return 1
    return 0
