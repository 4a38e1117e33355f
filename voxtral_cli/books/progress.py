"""How far a book is: a bar on a terminal, a line now and then elsewhere, all on stderr."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from voxtral_cli.console import Console

LINE_SECONDS = 20.0
"""Between lines where there is no terminal."""


@dataclass
class Progress:
    """Counts passages that are spoken.

    Args:
        console: Where it is said.
        characters: Of the passages that are to be spoken.
        passages: How many these are.
    """

    console: Console
    characters: int
    passages: int
    done: int = 0
    spoken: int = 0
    seconds: float = 0.0
    flawed: int = 0
    began: float = field(default_factory=time.perf_counter)
    _said: float = field(default_factory=time.perf_counter)
    _bar: Any = None
    _task: Any = None

    @property
    def took(self) -> float:
        """Seconds since it began."""
        return time.perf_counter() - self.began

    @property
    def speed(self) -> float:
        """Seconds of sound a second."""
        return self.seconds / max(1e-9, self.took)

    def add(self, characters: int, seconds: float, flawed: bool) -> None:
        """One more passage, of so many characters and seconds of sound."""
        self.done += 1
        self.spoken += characters
        self.seconds += seconds
        self.flawed += flawed
        if self._bar is not None:
            self._bar.update(self._task, completed=self.spoken, status=self._status())
        elif time.perf_counter() - self._said > LINE_SECONDS:
            self._said = time.perf_counter()
            self.console.note(
                f"{self.done}/{self.passages} passages, {self._status()}, {self._left()}"
            )

    def _status(self) -> str:
        flawed = f", {self.flawed} flawed" if self.flawed else ""
        return (
            f"{self.speed:.1f} x real time, {self.done / max(1e-9, self.took):.1f} a second{flawed}"
        )

    def _left(self) -> str:
        seconds = self.took * (self.characters - self.spoken) / max(1, self.spoken)
        return f"{seconds / 60:.0f} min left" if seconds >= 90 else f"{seconds:.0f} s left"

    @contextmanager
    def shown(self) -> Iterator["Progress"]:
        """Shows a bar meanwhile, where there is a terminal to show it on."""
        self.began = self._said = time.perf_counter()
        if self.console.quiet or not sys.stderr.isatty():
            yield self
            return
        from rich.console import Console as Terminal
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Bar(
            "speaking",
            *columns,
            TextColumn("{task.fields[status]}"),
            console=Terminal(stderr=True),
            transient=True,
        ) as self._bar:
            self._task = self._bar.add_task("speaking", total=self.characters, status="")
            yield self
        self._bar = None
