"""A file -> its document, by its suffix."""

from collections.abc import Callable
from pathlib import Path

from engine.errors import InputError
from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.docx import read_docx
from voxtral_cli.manuscripts.epub import read_epub
from voxtral_cli.manuscripts.html import read_html
from voxtral_cli.manuscripts.items import SUFFIX as ITEMS
from voxtral_cli.manuscripts.markdown import read_markdown
from voxtral_cli.manuscripts.plain import read_plain

_READERS: dict[str, Callable[[Path], Document]] = {
    ".txt": read_plain,
    ".text": read_plain,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".epub": read_epub,
    ".docx": read_docx,
}
READABLE = frozenset(_READERS) | {ITEMS}
"""Suffixes of manuscripts, in lower case."""

_CALIBRE = "Convert it with calibre: ebook-convert {path} {stem}.epub"
_OFFICE = "Convert it with LibreOffice: soffice --convert-to docx {path}"
_HINTS = {
    ".pdf": "Take the text out of it: pdftotext {path} {stem}.txt",
    **dict.fromkeys((".mobi", ".azw", ".azw3", ".kfx", ".prc", ".lit", ".fb2"), _CALIBRE),
    **dict.fromkeys((".doc", ".odt", ".rtf"), _OFFICE),
}
TEXTS = READABLE | frozenset(_HINTS)
"""Suffixes of those too that other programs convert."""


def read_document(path: Path) -> Document:
    """Reads a manuscript; a list of items, which holds several, is for `read_items`.

    Raises:
        InputError: If it is missing, of a kind that is not read, damaged, protected or empty.
    """
    check_readable(path)
    assert path.suffix.lower() != ITEMS, path
    document = _READERS[path.suffix.lower()](path)
    return check_full(document, str(path))


def check_full(document: Document, name: str) -> Document:
    """Refuses a document with nothing to say.

    Raises:
        InputError: If it has no chapter.
    """
    if not document.chapters:
        raise InputError(f"{name} has no text to speak.", "Give one with at least one word.")
    return document


def check_readable(path: Path) -> None:
    """Refuses a path that is no manuscript, without reading it.

    Raises:
        InputError: If it is missing, no plain file, or of a kind that is not read.
    """
    try:
        there, plain = path.exists(), path.is_file()
    except (OSError, ValueError) as error:  # too long a name, or a NUL in it
        complaint = getattr(error, "strerror", None) or error
        raise InputError(f"Cannot read {str(path)!r}: {complaint}.", "Check the path.") from None
    if not there:
        raise InputError(f"There is no file {path}.", "Check the path.")
    suffix = path.suffix.lower()
    if hint := _HINTS.get(suffix):
        raise InputError(f"{path} cannot be read.", hint.format(path=path, stem=path.stem))
    if suffix not in READABLE:
        known = ", ".join(sorted(READABLE))
        raise InputError(f"{path} is of a kind that is not read.", f"Kinds: {known}.")
    if not plain:
        raise InputError(f"{path} is no plain file.", "Give a manuscript.")
