"""Titles -> file names that every file system takes, and the names of voices."""

import re
import unicodedata
from pathlib import Path

from engine.errors import InputError

LONGEST = 200
"""Bytes in UTF-8, without the suffix; most file systems take 255 with it."""

VOICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_REFUSED = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])(?=\.|$)"
)


def file_name(number: int, total: int, title: str) -> str:
    """A numbered name without suffix; as many digits as the last number has, two at least.

    Example:
        >>> file_name(1, 12, "The Harbour: a tale")
        '01 The Harbour - a tale'
    """
    digits = max(2, len(str(total)))
    return _cut(f"{number:0{digits}} {_plain(title)}".strip(), LONGEST)


def check_name(name: str, new: bool = False) -> str:
    """A name that can be a file's.

    Args:
        new: It may not be a device's name on Windows either.

    Raises:
        InputError: If it cannot.
    """
    if not VOICE_NAME.fullmatch(name) or (new and _RESERVED.match(name.lower())):
        shown = name if len(name) < 40 else f"{name[:37]}..."
        raise InputError(
            f"{shown!r} cannot be the name of a voice.",
            "Use up to 64 of a-z, A-Z, 0-9, dots, hyphens, underscores; a letter or digit first.",
        )
    return name


def name_of(clip: Path) -> str:
    """The name of a voice that is called after its recording.

    Raises:
        InputError: If none can be made of it.
    """
    plain = unicodedata.normalize("NFKD", clip.stem).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", plain).strip("-_.")[:64]
    if not name or _RESERVED.match(name.lower()):
        raise InputError(f"{clip.stem!r} cannot be the name of a voice.", "Give one with --name.")
    return name


def _plain(title: str) -> str:
    """One line without what some file system refuses, dots at the ends included."""
    kept = (" " if unicodedata.category(char) in {"Cc", "Cs"} else char for char in title)
    line = unicodedata.normalize("NFC", "".join(kept)).replace(": ", " - ")
    return " ".join(_REFUSED.sub("-", line).split()).strip(". ")


def _cut(name: str, most: int) -> str:
    """At most so many bytes, no letter cut in two, nothing at the end that Windows drops."""
    return name.encode()[:most].decode(errors="ignore").rstrip(". ")
