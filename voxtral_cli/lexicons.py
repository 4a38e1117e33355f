"""Files of words and how they are spoken: those beside a manuscript, and those named."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from engine.text import Lexicon
from voxtral_cli.text_input import gather_text

FILE_NAME = "voxtral.lexicon"


def find_lexicons(path: Path) -> list[Path]:
    """Lexicons from a manuscript's folder upwards to home or the root, the nearest first.

    Above that folder, such as in `/tmp`, only those of its owner, of the user and of root count.
    """
    here, home = path.resolve(), None
    with suppress(RuntimeError):  # a container's user may have none
        home = Path.home()
    trusted = {_owner(here), 0, os.getuid() if os.name != "nt" else 0}
    found = []
    for folder in (here, *here.parents):
        lexicon = folder / FILE_NAME
        if lexicon.is_file() and (folder == here or _owner(lexicon) in trusted):
            found.append(lexicon)
        if folder == home:
            break
    return found


def _owner(path: Path) -> int:
    """Number of the user; 0 on Windows."""
    return path.stat().st_uid


def read_lexicons(paths: Sequence[Path]) -> Lexicon:
    """All in one; where several give a word, the first of them.

    Raises:
        InputError: If one cannot be read, is not UTF-8 or has a line that is no entry.
    """
    lexicon = Lexicon({})
    for path in reversed(paths):
        lexicon |= Lexicon.parse(gather_text(None, [str(path)]), str(path))
    return lexicon
