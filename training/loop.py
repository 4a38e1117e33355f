"""What every training run shares: a clock, a resumable state file, a curve on disk.

Schedules are functions of the share of the time budget that has passed, because the budget here
is hours of a machine, not a number of steps.
"""

import argparse
import csv
import json
import math
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import torch

T = TypeVar("T")


def check_same(
    path: Path, options: dict[str, Any], absent: Mapping[str, Any] | None = None
) -> None:
    """Note what a run begins with; refuse to go on with one that was begun with something else.

    Of several processes only the first looks.

    Args:
        absent: What options are where a file does not know them yet; the others are as given.

    Raises:
        SystemExit: If it was.
    """
    if os.environ.get("RANK", "0") != "0":
        return
    options = {name: str(v) if isinstance(v, Path) else v for name, v in options.items()}
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    before = {**options, **(absent or {} if known else {}), **known}
    if other := [f"{name} {before[name]}" for name in options if before[name] != options[name]]:
        raise SystemExit(
            f"error: {path.parent} was begun with other options ({', '.join(other)})\n"
            "hint: give what it was begun with, or another --out."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(options, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def parsed(kind: type[T], description: str, choices: Mapping[str, list[str]] | None = None) -> T:
    """Options from the command line: one for each field of a dataclass, required if it must be."""
    parser = argparse.ArgumentParser(description=description)
    types = get_type_hints(kind)
    for option in fields(kind):  # type: ignore[arg-type]
        flag, kind_of = f"--{option.name.replace('_', '-')}", types[option.name]
        if kind_of is bool:
            parser.add_argument(flag, action="store_true")
            continue
        several = get_origin(kind_of) is list
        inner = [one for one in get_args(kind_of) if one is not NoneType] or [kind_of]
        needed = option.default is MISSING and not several
        parser.add_argument(
            flag,
            type=inner[0],
            required=needed,
            default=[] if several else None if needed else option.default,
            choices=(choices or {}).get(option.name),
            nargs="+" if several else None,
        )
    return kind(**vars(parser.parse_args()))


@dataclass
class Clock:
    """Training time over all sessions of a run.

    Args:
        budget: Seconds that the run is to last in all.
        before: Seconds that earlier sessions took.
    """

    budget: float
    before: float = 0.0
    started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        if self.before >= self.budget:
            print(f"this run ended already, after {self.before / 60:.1f} minutes", file=sys.stderr)

    @property
    def elapsed(self) -> float:
        return self.before + time.perf_counter() - self.started

    @property
    def progress(self) -> float:
        """0 at the start, 1 when the budget is spent."""
        return min(1.0, self.elapsed / self.budget)


def learning_rate(peak: float, progress: float, step: int, warmup: int = 100) -> float:
    """Linear warm-up over steps, then a cosine over the time budget down to 2 % of the peak."""
    cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress))
    return peak * cosine * min(1.0, (step + 1) / warmup)


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Of every group, times the group's `scale` where it has one."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("scale", 1.0)


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write a resumable state; the former one stays whole until the new one is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(path)


def load_state(path: Path) -> dict[str, Any] | None:
    """The state of an earlier session, or None."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


class Curve:
    """Means of what is logged between two lines, appended to a CSV file and printed.

    A file has one header: rows of other columns go to `name-2.csv` and so on.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.stem, self.count = path, path.stem, 0
        self.sums: dict[str, float] = {}

    def add(self, values: dict[str, float]) -> None:
        self.count += 1
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value

    def line(self, **extra: float) -> dict[str, float]:
        """Write the means since the last line."""
        means = {name: total / max(1, self.count) for name, total in self.sums.items()}
        row = {name: round(value, 5) for name, value in {**extra, **means}.items()}
        self.sums, self.count = {}, 0
        number = 1
        while self.path.exists() and _first_line(self.path) != ",".join(row):
            number += 1  # it goes on with other terms
            self.path = self.path.with_stem(f"{self.stem}-{number}")
        new = not self.path.exists()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(row)
            writer.writerow(row.values())
        print(json.dumps(row), flush=True)
        return row


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline().strip()
