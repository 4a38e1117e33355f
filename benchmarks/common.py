"""What the benchmarks share: the text, the command line, quantiles, and where results go."""

import argparse
import datetime
import hashlib
import re
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.config import parse_config, read_params
from engine.errors import VoxtralError
from engine.hub import EMBEDDED, resolve
from evaluation import report

RESULTS = Path(__file__).parent / "results"
RUNS = 5
LONGEST = 40
"""Characters of an option's value in a file's name; of longer ones there are digits."""
TEXT = (
    "The harbour was quiet when the first boats came home. Gulls circled above the pier, and an "
    "old man mended his net without looking up. Somewhere a radio played, too softly for anyone "
    "to follow the tune. By noon the market would be full of voices, baskets and silver fish."
)


def count(text: str) -> int:
    """A number of the command line: 1 or more."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def duration(text: str) -> float:
    """Seconds of the command line: more than none."""
    if not 0 < (seconds := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no length of time")
    return seconds


FLAGS: dict[str, dict[str, Any]] = {
    "model": {"default": EMBEDDED, "help": "embedded name, folder or hub id"},
    "device": {"default": "cpu", "help": "cpu, cuda or mps"},
    "runs": {"type": count, "default": RUNS, "help": "runs measured, after the warm-up"},
    "steps": {"type": count, "help": "Euler steps a frame; default: voxtral's"},
}
UNNAMED = ("model", "device", "results", "params", "url")
"""Options that are in a file's name in another way, or not at all."""


def parser(what: str, *flags: str) -> argparse.ArgumentParser:
    """`--results`, and those of FLAGS that the benchmark uses."""
    made = argparse.ArgumentParser(description=what)
    made.set_defaults(model=EMBEDDED, device="cpu")  # of which README's rows are
    for flag in flags:
        made.add_argument(f"--{flag}", **FLAGS[flag])
    made.add_argument("--results", type=Path, default=RESULTS, help="folder of the result file")
    return made


def parse(
    parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None
) -> argparse.Namespace:
    """The command line, the `commit` that is measured, and the `options` that are not as ever."""
    given = parser.parse_args(arguments)
    given.options = {
        name: value
        for name, value in vars(given).items()
        if name not in UNNAMED and value != parser.get_default(name)
    }
    given.commit = report.commit()
    return given


def steps_of(given: argparse.Namespace) -> int:
    """Euler steps: those asked for, or the checkpoint's."""
    config = parse_config(read_params(resolve(given.model) / "params.json"))
    return given.steps or config.steps


def repeat(measure: Callable[[], float], runs: int, warm_up: int = 1) -> list[float]:
    """Figures of `runs` calls; the warm-up's are thrown away."""
    for _ in range(warm_up):
        measure()
    return [measure() for _ in range(runs)]


def quantiles(figures: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile (of few runs: between the two highest)."""
    if len(figures) == 1:
        return {"p50": figures[0], "p95": figures[0]}
    cuts = statistics.quantiles(figures, n=20, method="inclusive")
    return {"p50": statistics.median(figures), "p95": cuts[-1]}


def kernels(device: str) -> bool:
    """Whether the engine's own kernels run on a device."""
    if not device.startswith("cuda"):
        return False
    import torch  # after the measuring: see `Finished.peak_bytes`

    from engine.models.layers import fused

    with torch.inference_mode():
        return fused(torch.empty(1, device=device)) is not None


def publish(
    name: str,
    given: argparse.Namespace,
    figures: dict[str, Any],
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    path: Path | None = None,
) -> None:
    """Print the table and the last line, and store that line.

    Args:
        name: The benchmark.
        given: Its command line, of `parse`.
        figures: What was measured, JSON-ready.
        header: Column titles of the table.
        rows: The table.
        path: The file; None for that of `place`.
    """
    record = store(name, given, figures, path)
    print(f"{record['hardware']}, commit {record['commit']}, model {record['model']}")
    print(report.table(header, rows) + "\n")
    print(report.last_line(record))


def store(
    name: str, given: argparse.Namespace, figures: dict[str, Any], path: Path | None = None
) -> dict[str, Any]:
    """Write the result file; arguments as in `publish`. Returns the record."""
    record = {
        "benchmark": name,
        "model": called(given.model),
        "device": given.device,
        "options": given.options,
        "hardware": report.hardware(given.device),
        "commit": given.commit,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "figures": figures,
    }
    path = path or place(name, given)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(report.last_line(record) + "\n", encoding="utf-8")
    return record


def place(name: str, given: argparse.Namespace) -> Path:
    """The result file: another for each model, each device, and options that are not as ever."""
    parts = [name, called(given.model), slug(given.device)]
    for option, value in given.options.items():
        said = " ".join(map(str, value)) if isinstance(value, list) else str(value)
        parts += [option.replace("_", "-"), slug(said) if len(said) <= LONGEST else digits(said)]
    return given.results / f"{'-'.join(parts)}.json"


def called(model: str) -> str:
    """A model's name in results; of a folder with digits of its path: `nano` is the embedded one's.

    A hub id, and what a server calls its model, is its last part.
    """
    name = slug(Path(model).name) or "model"
    if model != EMBEDDED and (name == EMBEDDED or Path(model).is_dir()):
        name += f"-{digits(str(Path(model).resolve()))}"
    return name


def slug(text: str) -> str:
    """A text fit for a file name."""
    return re.sub(r"[^\w.-]+", "-", text)


def digits(text: str) -> str:
    """Eight that tell it from others."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def run(benchmark: Callable[[], None]) -> int:
    """Call it; 0 when it worked, 1 after an error that is said on stderr."""
    try:
        benchmark()
    except VoxtralError as error:
        print(f"error: {error.message}\nhint: {error.hint}", file=sys.stderr)
        return 1
    return 0
