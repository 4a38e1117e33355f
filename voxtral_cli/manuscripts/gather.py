"""Inputs of the command line (files, folders, globs, stdin) -> documents, in order."""

import glob
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.errors import InputError, VoxtralError
from voxtral_cli.manuscripts.decoding import decode
from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.items import SUFFIX as ITEMS
from voxtral_cli.manuscripts.items import read_items
from voxtral_cli.manuscripts.plain import plain_document
from voxtral_cli.manuscripts.read import READABLE, check_full, check_readable, read_document

STDIN = "-"


def gather(inputs: Sequence[str]) -> tuple[list[Document], list[tuple[str, VoxtralError]]]:
    """Reads everything that was given.

    Args:
        inputs: Files, folders (the manuscripts in them, not those in folders below), globs, lists
            of items (.jsonl), or `-` for text from stdin.

    Returns:
        The documents, and of several files those that are damaged or empty, with the reason.

    Raises:
        InputError: If a file is missing or of another kind, or nothing can be read.
    """
    paths = [path for name in inputs for path in _paths(name)]
    documents: list[Document] = []
    unread: list[tuple[str, VoxtralError]] = []
    for path in paths:
        if path is not None:
            check_readable(path)
    for path in paths:
        try:
            documents += _read(path)
        except InputError as error:
            if len(paths) == 1:
                raise
            unread.append((str(path or "stdin"), error))
    if not documents:
        raise unread[0][1]
    return documents, unread


def natural(text: str) -> list[tuple[int, str]]:
    """A key that sorts "2" before "10"."""
    parts = re.split(r"(\d+)", text.casefold())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def _paths(name: str) -> Iterator[Path | None]:
    """The files of one input; None for stdin."""
    if name == STDIN:
        yield None
        return
    path = Path(name)
    try:
        folder, there = path.is_dir(), path.exists()
    except (OSError, ValueError):  # check_readable has the words for it
        folder, there = False, True
    if folder:
        found = [str(inner) for inner in _inside(path) if not inner.name.startswith(".")]
    elif there or not glob.has_magic(name):
        yield path
        return
    else:
        found = glob.glob(name, recursive=True)
    manuscripts = [p for p in map(Path, found) if p.suffix.lower() in READABLE and p.is_file()]
    if not manuscripts:
        known = ", ".join(sorted(READABLE))
        raise InputError(f"There is no manuscript in {name}.", f"Kinds: {known}.")
    yield from sorted(manuscripts, key=lambda p: natural(str(p)))


def _inside(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise InputError(f"Cannot read {folder}: {error.strerror}.", "Check the path.") from error


def _read(path: Path | None) -> list[Document]:
    if path is None:
        text = decode(sys.stdin.buffer.read(), "stdin")
        return [check_full(plain_document(text, "stdin"), "stdin")]
    return read_items(path) if path.suffix.lower() == ITEMS else [read_document(path)]
