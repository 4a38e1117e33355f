"""Inputs of the command line (files, folders, globs, stdin) -> documents, in order."""

import glob
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from engine.errors import InputError, VoxtralError
from voxtral_cli.manuscripts.decoding import decode
from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.footnotes import words
from voxtral_cli.manuscripts.items import SUFFIX as ITEMS
from voxtral_cli.manuscripts.items import read_items
from voxtral_cli.manuscripts.plain import plain_document
from voxtral_cli.manuscripts.read import (
    READABLE,
    TEXTS,
    check_full,
    check_readable,
    read_document,
)

STDIN = "-"
_NO_TEXT = words(
    ".aac .aif .aiff .amr .flac .m4a .m4b .mka .mp3 .oga .ogg .opus .pcm .raw .wav .wma .avi "
    ".m4v .mkv .mov .mp4 .webm .avif .bmp .gif .heic .ico .jpeg .jpg .png .psd .svg .tif .tiff "
    ".webp .css .eot .js .otf .ttf .woff .woff2 .ass .json .lrc .srt .vtt .ini .lexicon .lnk "
    ".m3u .m3u8 .safetensors .voxtral"
)
"""Suffixes of what may lie beside manuscripts, and nobody would miss when it is not read."""

_LOCKS = (".", "~$")
"""What names of hidden files begin with, and those that Word makes beside an open document."""

_SEEN = 10_000
"""Files that are looked at in a folder within a folder."""
_NAMED = 5
"""Files and folders that a note lists."""


def gather(
    inputs: Sequence[str], tell: Callable[[str], None] = lambda note: None
) -> tuple[list[Document], list[tuple[str, VoxtralError]]]:
    """Reads everything that was given.

    Args:
        inputs: Files, folders (the manuscripts in them, not those in folders below), globs, lists
            of items (.jsonl), or `-` for text from stdin.
        tell: Gets a line about what a folder or glob holds besides, and seems to be text.

    Returns:
        The documents, and of several files those that are damaged or empty, with the reason.

    Raises:
        InputError: If a file is missing or of another kind, or nothing can be read.
    """
    left: list[Path] = []
    paths = [path for name in inputs for path in _paths(name, left)]
    if others := _missed(left, list(filter(None, paths))):
        tell(f"note: not read: {others}")
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


def _paths(name: str, left: list[Path]) -> Iterator[Path | None]:
    """The files of one input; None for stdin.

    Args:
        left: Gets what else is there.
    """
    if name == STDIN:
        yield None
        return
    path = Path(name)
    try:
        folder, there = path.is_dir(), path.exists()
    except (OSError, ValueError):  # check_readable has the words for it
        folder, there = False, True
    if folder:
        found = [str(inner) for inner in _inside(path)]
    elif there or not glob.has_magic(name):
        yield path
        return
    else:
        found = glob.glob(name, recursive=True)
    shown = [p for p in map(Path, found) if not p.name.startswith(_LOCKS)]
    manuscripts = [p for p in shown if p.suffix.lower() in READABLE and p.is_file()]
    others = sorted(set(shown).difference(manuscripts), key=lambda p: natural(str(p)))
    left += others
    if not manuscripts:
        kinds = f"Kinds: {', '.join(sorted(READABLE))}."
        missed = _missed(others)
        hint = f"Not read: {missed}. {kinds}" if missed else kinds
        raise InputError(f"There is no manuscript in {name}.", hint)
    yield from sorted(manuscripts, key=lambda p: natural(str(p)))


def _missed(paths: Sequence[Path], read: Sequence[Path] = ()) -> str:
    """Names what holds text by its kind: files, and folders into which nobody has looked."""
    folders = {folder for path in (*paths, *read) for folder in path.parents}
    passed = folders.union(read)
    texts = [p for p in dict.fromkeys(paths) if p not in passed and _is_text(p)]
    within = next((p for p in texts if p.is_dir()), None)
    more = [f"{len(texts) - _NAMED} more"] if len(texts) > _NAMED else []
    named = ", ".join([*(f"{p}/" if p.is_dir() else str(p) for p in texts[:_NAMED]), *more])
    hint = f" ('{glob.escape(str(within.parent))}/**' reads such folders)" if within else ""
    return named + hint


def _is_text(path: Path) -> bool:
    if path.is_dir():
        inside = islice(path.rglob("*"), _SEEN)
        return any(p.suffix.lower() in TEXTS and not p.name.startswith(_LOCKS) for p in inside)
    return path.suffix.lower() not in _NO_TEXT


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
