"""Files of words and how they are spoken: those beside a manuscript, and those named."""

import os
from collections.abc import Sequence
from pathlib import Path

from engine.text import Lexicon
from voxtral_cli.text_input import gather_text

FILE_NAME = "voxtral.lexicon"


def find_lexicons(path: Path) -> list[Path]:
    """Lexicons from a manuscript's folder upwards to home or the root, the nearest first.

    Above that folder, such as in `/tmp`, only the user's own and the administrator's count.
    """
    here, home = path.resolve(), Path(os.path.expanduser("~"))
    found = []
    for folder in (here, *here.parents):
        lexicon = folder / FILE_NAME
        if lexicon.is_file() and (folder == here or _trusted(lexicon)):
            found.append(lexicon)
        if folder == home:
            break
    return found


def _trusted(path: Path) -> bool:
    return os.name == "nt" or path.stat().st_uid in (os.getuid(), 0)


def read_lexicons(paths: Sequence[Path]) -> Lexicon:
    """All in one; where several give a word, the first of them.

    Raises:
        InputError: If one cannot be read, is not UTF-8 or has a line that is no entry.
    """
    lexicon = Lexicon({})
    for path in reversed(paths):
        lexicon |= Lexicon.parse(gather_text(None, [str(path)]), str(path))
    return lexicon
