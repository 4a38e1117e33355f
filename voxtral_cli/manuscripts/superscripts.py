"""Raised figures, which are powers or marks of notes: written so that they stay apart."""

import re

_FIGURES = str.maketrans(
    "0123456789-\u2212",
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b\u207b",
)
_NUMBER = re.compile("[ \n]*[-\u2212]?[0-9]+[ \n]*")
_WORD = re.compile(r"[^\W\d_]{4}$")


def raised(text: str, before: str) -> str:
    """A superscript's text with its number in raised figures; none after a word: it is a note's.

    Args:
        before: What stands before it; up to three letters are a unit, as in m\u00b2.
    """
    if not _NUMBER.fullmatch(text):
        return text
    return "" if _WORD.search(before) else text.translate(_FIGURES)
