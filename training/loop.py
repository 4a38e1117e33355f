"""What every training run shares: a clock, a resumable state file, a curve on disk.

Schedules are functions of the share of the time budget that has passed, because the budget here
is hours of a machine, not a number of steps.
"""

import argparse
import csv
import json
import math
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import torch

from engine.errors import InputError, VoxtralError
from training.command import Stopped, stopping, unwritten

T = TypeVar("T")
TOLD_SECONDS = 30.0
"""Longest time without a word, if no step takes longer."""


def check_same(
    path: Path, options: dict[str, Any], absent: Mapping[str, Any] | None = None
) -> None:
    """Note what a run begins with; refuse to go on with one that was begun with something else.

    Of several processes only the first looks.

    Args:
        absent: What options are where a file does not know them yet; the others are as given.

    Raises:
        InputError: If it was, or the note cannot be read or written.
    """
    if os.environ.get("RANK", "0") != "0":
        return
    options = {name: str(v) if isinstance(v, Path) else v for name, v in options.items()}
    known = read_note(path)
    before = {**options, **(absent or {} if known else {}), **known}
    if other := [f"{name} {before[name]}" for name in options if before[name] != options[name]]:
        raise InputError(
            f"{path.parent} was begun with other options ({', '.join(other)}).",
            "Give what it was begun with, or another --out.",
        )
    write_note(path, {**known, **options})


def write_note(path: Path, options: dict[str, Any]) -> None:
    """Note what a run is begun with, whole or not at all.

    Raises:
        InputError: If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(options, indent=1) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        reason = f"{path.parent} cannot be written: {error.strerror}."
        raise InputError(reason, "Give another --out, or make room.") from None


def read_note(path: Path) -> dict[str, Any]:
    """What a run was begun with; empty where it was not begun.

    Raises:
        InputError: If the file is not whole.
    """
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    except ValueError:
        raise InputError(f"{path} is not whole.", "Give another --out.") from None


def parsed(kind: type[T], description: str, choices: Mapping[str, list[str]] | None = None) -> T:
    """Options from the command line: one for each field of a dataclass, required if it must be.

    The `Args` of its docstring are their help.
    """
    parser = argparse.ArgumentParser(description=description)
    types, told = get_type_hints(kind), _told(kind)
    for option in fields(kind):  # type: ignore[arg-type]
        flag, kind_of = f"--{option.name.replace('_', '-')}", types[option.name]
        if kind_of is bool:
            parser.add_argument(flag, action="store_true", help=told.get(option.name))
            continue
        several = get_origin(kind_of) is list
        inner = [one for one in get_args(kind_of) if one is not NoneType] or [kind_of]
        needed = option.default is MISSING and not several
        shown = "" if needed or several or option.default is None else f" ({option.default})"
        parser.add_argument(
            flag,
            type=inner[0],
            required=needed,
            default=[] if several else None if needed else option.default,
            choices=(choices or {}).get(option.name),
            nargs="+" if several else None,
            help=told.get(option.name, "").replace("%", "%%") + shown,
        )
    return kind(**vars(parser.parse_args()))


def _told(kind: type) -> dict[str, str]:
    """What the docstring of a class says of each of its `Args`."""
    text = (kind.__doc__ or "").partition("    Args:\n")[2]
    entries = re.findall(r"^ {8}(\w+): (.+(?:\n {12}.+)*)", text, re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in entries}


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
    stopped: int = 0
    """Number of the signal that asked the run to end."""

    def __post_init__(self) -> None:
        if not self.budget > 0:
            raise InputError(f"A run cannot last {self.budget / 60:g} minutes.", "Give more.")
        if self.before >= self.budget:
            print(f"this run ended already, after {self.before / 60:.1f} minutes", file=sys.stderr)

    @property
    def elapsed(self) -> float:
        return self.before + time.perf_counter() - self.started

    @property
    def progress(self) -> float:
        """0 at the start, 1 when the budget is spent, infinite when the run is to stop."""
        return math.inf if self.stopped else min(1.0, self.elapsed / self.budget)

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Let a signal end the run after its step, so that it is saved; a second one at once.

        Raises:
            Stopped: Afterwards, if there was one.
        """
        with stopping(self._stop):
            yield
        if self.stopped:
            raise Stopped(self.stopped)

    def _stop(self, number: int) -> None:
        if self.stopped:
            raise Stopped(number)
        self.stopped = number
        print(
            "stopping after this step; the same command goes on (once more ends at once, unsaved)",
            file=sys.stderr,
            flush=True,
        )


def tell(clock: Clock, progress: float, step: int, loss: float, told: float) -> float:
    """Say on stderr how far a run is, at the end and where nothing was said for a while.

    Args:
        told: When that was, of `time.perf_counter`.

    Returns:
        When something was said at last.
    """
    now = time.perf_counter()
    if math.isinf(progress) or (now - told < TOLD_SECONDS and progress < 1):
        return told
    share = max(progress, min(1.0, clock.elapsed / clock.budget), 1e-9)
    left = clock.elapsed / 60 * (1 / share - 1)
    words = f"step {step}, loss {loss:.3f}, {left:.1f} minutes left"
    print(words, file=sys.stderr, flush=True)
    return now


def check_finite(norm: float, step: int, rate: float) -> None:
    """Refuse gradients that are no numbers, before the weights are saved.

    Raises:
        VoxtralError: If they are.
    """
    if not math.isfinite(norm):
        raise VoxtralError(
            f"What step {step} learned is no number; it is not kept.",
            f"Lower --rate ({rate:g}), with another --out.",
        )


def learning_rate(peak: float, progress: float, step: int, warmup: int = 100) -> float:
    """Linear warm-up over steps, then a cosine over the time budget down to 2 % of the peak."""
    cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress))
    return peak * cosine * min(1.0, (step + 1) / warmup)


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Of every group, times the group's `scale` where it has one."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("scale", 1.0)


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write a resumable state; the former one stays whole until the new one is.

    Raises:
        VoxtralError: If it cannot be written.
    """
    temporary = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, temporary)
        temporary.replace(path)
    except (OSError, RuntimeError) as error:  # the latter is torch's word for a full disk
        raise unwritten(path, error) from None
    finally:
        temporary.unlink(missing_ok=True)


def load_state(path: Path) -> dict[str, Any] | None:
    """The state of an earlier session, or None.

    Raises:
        InputError: If the file is not whole.
    """
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except PermissionError:  # it may be whole
        raise
    except Exception:  # what torch raises of half a file may be anything
        hint = "Delete it to train anew, or give another --out."
        raise InputError(f"{path} is not a whole state.", hint) from None
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
