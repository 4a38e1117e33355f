"""How far a book is: a bar on a terminal, a line now and then elsewhere, all on stderr."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from voxtral_cli.console import Console

LINE_SECONDS = 20.0
"""Between lines where there is no terminal."""


@dataclass
class Progress:
    """Counts passages that are spoken, and chapters that are complete.

    Args:
        console: Where it is said.
        characters: Of the passages that are to be spoken.
        passages: How many these are.
        chapters: Of every chapter the keys of its passages that are to be spoken.
    """

    console: Console
    characters: int
    passages: int
    chapters: Sequence[set[str]]
    done: int = 0
    spoken: int = 0
    seconds: float = 0.0
    flawed: int = 0
    failed: int = 0
    began: float = field(default_factory=time.perf_counter)
    _said: float = 0.0
    _bar: Any = None
    _task: Any = None

    @property
    def took(self) -> float:
        """Seconds since it began."""
        return time.perf_counter() - self.began

    def __post_init__(self) -> None:
        self._chapters_of: dict[str, list[set[str]]] = {}
        for chapter in self.chapters:
            for key in chapter:
                self._chapters_of.setdefault(key, []).append(chapter)
        self.complete = sum(not chapter for chapter in self.chapters)

    def add(self, key: str, characters: int, seconds: float, flawed: bool) -> None:
        """One more passage, of so many characters and seconds of sound."""
        for chapter in self._chapters_of.get(key, []):
            chapter.discard(key)
            self.complete += not chapter
        self.done += 1
        self.spoken += characters
        self.seconds += seconds
        self.flawed += flawed
        if self._bar is not None:
            self._show(self._status())
        elif time.perf_counter() - self._said > LINE_SECONDS:
            self._said = time.perf_counter()
            self.console.note(f"{self._status()}, {self._left()}")

    def writing(self, name: str) -> None:
        """A file is being written now."""
        if self._bar is not None:
            self._show(f"writing {name}")

    def _show(self, status: str) -> None:
        self._bar.update(self._task, completed=self.spoken, status=status)

    def _status(self) -> str:
        took = max(1e-9, self.took)
        parts = [
            f"{self.done}/{self.passages} passages",
            f"{self.complete}/{len(self.chapters)} chapters",
            f"{self.done / took:.1f} a second, {self.seconds / took:.1f} x real time",
            f"{self.flawed} flawed" if self.flawed else "",
            f"{self.failed} failed" if self.failed else "",
        ]
        return ", ".join(filter(None, parts))

    def _left(self) -> str:
        seconds = self.took * (self.characters - self.spoken) / max(1, self.spoken)
        return f"{seconds / 60:.0f} min left" if seconds >= 90 else f"{seconds:.0f} s left"

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Shows a bar meanwhile, where there is a terminal to show it on."""
        self.began = self._said = time.perf_counter()
        if self.console.quiet or not sys.stderr.isatty():
            yield
            return
        from rich.console import Console as Terminal
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        status = TextColumn("{task.fields[status]}", markup=False)
        columns = (BarColumn(bar_width=20), TaskProgressColumn(), TimeRemainingColumn(), status)
        with Bar(*columns, console=Terminal(stderr=True), transient=True) as self._bar:
            self._task = self._bar.add_task("", total=max(1, self.characters), status="")
            try:
                yield
            finally:
                self._bar = None
