"""What every training run shares: a clock, a resumable state file, a curve on disk.

Schedules are functions of the share of the time budget that has passed, because the budget here
is hours of a machine, not a number of steps.
"""

import csv
import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch


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
    """Means of what is logged between two lines, appended to a CSV file and printed."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.count = path, 0
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
        new = not self.path.exists()
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(row)
            writer.writerow(row.values())
        print(json.dumps(row), flush=True)
        return row
