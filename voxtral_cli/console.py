"""Words for people, on stderr: notes and a progress bar. stdout is for data alone."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_COMMANDS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Console:
    """Says what happens, unless `quiet`."""

    quiet: bool = False

    def note(self, message: str) -> None:
        """Writes one line on stderr."""
        if not self.quiet:
            tell(message)

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        """Yields a function to call once for each of `total` parts done.

        A bar shows only for several parts, on a terminal, and never when quiet.
        """
        if self.quiet or total < 2 or not sys.stderr.isatty():
            yield lambda: None
            return
        from rich.console import Console as Terminal
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Terminal(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda: bar.advance(task)


def tell(message: str, end: str = "\n") -> None:
    """Writes on stderr, if anybody reads it: the work goes on without."""
    message = "\n".join(map(printable, message.split("\n")))
    try:
        print(message, end=end, file=sys.stderr, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def printable(text: str) -> str:
    """Without what could command a terminal: texts and names of files may come from anywhere."""
    return _COMMANDS.sub("?", text)


def print_json(value: Any) -> None:
    """Writes one JSON value on stdout; to programs in ASCII, which is JSON in any encoding."""
    print(json.dumps(value, ensure_ascii=not sys.stdout.isatty()))


def print_table(columns: list[str], rows: list[list[str]]) -> None:
    """Writes a table on stdout: drawn on a terminal, tab-separated lines in a pipe."""
    rows = [[printable(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(row))
        return
    from rich.console import Console as Terminal
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Terminal().print(table)
