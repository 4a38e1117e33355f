"""The text to speak: from arguments, files or stdin, always whole.

It is UTF-8, or what its byte order mark says.
"""

import sys
from pathlib import Path

from engine.errors import InputError
from voxtral_cli.manuscripts.decoding import marked

STDIN = "-"


def gather_text(words: list[str] | None, files: list[str] | None) -> str:
    """Takes the text from the one place that was given.

    Args:
        words: Arguments, joined by spaces. A lone `-` means stdin.
        files: Paths of text files, `-` for stdin; a paragraph break comes between them.

    Raises:
        InputError: If there is no text, more than one place, or it cannot be read.
    """
    if words and files:
        raise InputError("Text was given twice, as words and as a file.", "Give one of the two.")
    if files:
        return "\n\n".join(_read(name) for name in files)
    if words and words != [STDIN]:
        return _checked(" ".join(words))
    if not words and sys.stdin.isatty():
        raise InputError(
            "There is no text to speak.", 'voxtral say "Hello." or -f FILE or a pipe into voxtral.'
        )
    return _read(STDIN)


def _read(name: str) -> str:
    if name == STDIN:
        return decode(sys.stdin.buffer.read(), "stdin")
    path = Path(name)
    if path.is_dir():
        raise InputError(f"{name} is a directory.", "Give a text file with -f.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {name}: {error.strerror}.", "Check the path.") from error
    except ValueError as error:  # a NUL byte in the path
        raise InputError(f"Cannot read {name!r}: {error}.", "Check the path.") from error
    return decode(data, name)


def decode(data: bytes, name: str, mark: str | None = None) -> str:
    """Text as it is encoded, by its byte order mark unless given. InputError if it is none."""
    mark = marked(data) if mark is None else mark
    try:
        return data.decode(mark or "utf-8")
    except UnicodeDecodeError as error:
        what = "" if name == "stdin" else f" {name}"
        place = f"byte 0x{data[error.start]:02x} at offset {error.start}"
        if mark:
            raise InputError(
                f"{name} begins as {mark} text and is damaged: {place}.", "Give all of it."
            ) from error
        raise InputError(
            f"{name} is not UTF-8 text: {place}.",
            f"Convert it first, for example: iconv -f LATIN1 -t UTF-8{what}",
        ) from error


def _checked(text: str) -> str:
    """Arguments that were no valid UTF-8 arrive with lone surrogates in them."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"The text is not UTF-8: character {error.start} cannot be read.",
            "Check the terminal's encoding, or give the text in a file with -f.",
        ) from error
    return text
