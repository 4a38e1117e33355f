"""Files of text -> str, whatever they were encoded in; what is no text is refused."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError

LARGEST = 512 << 20
"""Bytes of a manuscript, unpacked: some 80,000 hours of speech."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # begins like the mark of UTF-16, so it comes first
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_GUESSES = ["cp1252", "cp1256"]
"""What the nine languages were written in before UTF-8: Western European and Arabic Windows."""

_LATIN1 = ("iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii")
"""Declared, all of them mean cp1252, as in browsers."""

_DECLARABLE = re.compile(r"(?:iso-?8859|windows-|cp\d|koi8|mac|gb|big5|shift|euc)[\w-]*")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1c-\x1f\x7f]")
"""Without tab, line ends and feeds, DOS's end of file and what begins escapes of terminals."""


@dataclass(frozen=True)
class Text:
    """A decoded file and what had to be assumed about it."""

    text: str
    notes: tuple[str, ...] = ()


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        InputError: If it cannot be read, or is larger than any manuscript.
    """
    try:
        if path.is_file() and path.stat().st_size > LARGEST:
            raise InputError(
                f"{path} is larger than {LARGEST >> 20} MB.", "Give the book in several files."
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.", "Check the path.") from error


def decode(data: bytes, name: str, declared: str = "") -> Text:
    """Text by its byte order mark, as UTF-8, as it declares, or by a guess that is noted.

    Args:
        name: What to call it in errors and notes.
        declared: The encoding that the text itself names.

    Raises:
        InputError: If it is no text, or of an encoding that cannot be told.
    """
    for encoding in (marked(data), "utf-8", _usable(declared.lower())):
        if (text := _decoded(data, encoding)) is not None:
            return Text(_checked(text, name))
    if b"\0" in data:
        raise not_text(name)
    if text := _mended(data):
        return Text(_checked(text, name), (f"{name} is not all UTF-8; what is not was left out.",))
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=_GUESSES).best()
    if best is None:
        raise InputError(
            f"{name} is neither UTF-8 nor any other text that can be told.",
            f"Convert it first, for example: iconv -f LATIN1 -t UTF-8 {name}",
        )
    guess = f"{name} is not UTF-8; it was read as {best.encoding}."
    return Text(_checked(str(best), name), (guess,))


def _mended(data: bytes) -> str:
    """Text in which what is UTF-8, beyond ASCII, outweighs what is not; else nothing."""
    lost = data.decode("utf-8", "replace").count("\ufffd")
    text = data.decode("utf-8", "ignore")
    return text if sum(char > "\x7f" for char in text) > 10 * lost else ""


def not_text(name: str) -> InputError:
    """The error for a file that only bears the name of a text."""
    return InputError(f"{name} is no text, whatever its name.", "Give the text itself.")


def marked(data: bytes) -> str:
    return next((name for mark, name in _MARKS.items() if data.startswith(mark)), "")


def _usable(declared: str) -> str:
    """The encoding to try for a declared one: none that would find text in anything."""
    if declared in _LATIN1:
        return "cp1252"
    return declared if _DECLARABLE.fullmatch(declared) else ""


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding) if encoding else None
    except (UnicodeError, LookupError):
        return None


def _checked(text: str, name: str) -> str:
    if "\0" in text or len(_CONTROL.findall(text)) > len(text) / 1000:
        raise not_text(name)
    return text
