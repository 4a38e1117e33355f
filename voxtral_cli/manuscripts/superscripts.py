"""Raised figures, which are powers or marks of notes: written so that they stay apart."""

import re
from collections.abc import Sequence

_FIGURES = str.maketrans(
    "0123456789-\u2212",
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b\u207b",
)
_NUMBER = re.compile("[ \n]*[-\u2212]?[0-9]+[ \n]*")
_WORD = re.compile(r"[^\W\d_]{4}$")
_MEASURE = re.compile(
    r"(?<![^\W\d_])(?:(?:kilo|centi|milli)?met(?:re|er)|mile|yard|f(?:ee|oo)t|inch(?:es)?"
    r"|sinh|cosh|tanh|alpha|beta|gamma|delta|theta|lambda|sigma|omega)s?$",
    re.IGNORECASE,
)
_SEEN = 12
"""Characters before that tell a word from a unit."""


def raised(text: str, parts: Sequence[str]) -> str:
    """A superscript's text with its number in raised figures; none after a word: it is a note's.

    Args:
        parts: What stands before it; up to three letters are a unit, as in m\u00b2.
    """
    if not _NUMBER.fullmatch(text):
        return text
    before = "".join(part[-_SEEN:] for part in parts[-_SEEN:])
    power = text.strip() in ("2", "3") and _MEASURE.search(before)
    is_note = _WORD.search(before) and not power and text.strip().isdecimal()
    return "" if is_note else text.translate(_FIGURES)
