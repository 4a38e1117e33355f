"""Headings: where their lines end, their numbers, their capitals."""

import re
from functools import cache

from engine.text.capitals import lowered
from engine.text.numerals import cardinal, ordinal
from engine.text.roman import is_numeral, spoken_numerals

_WORDS = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_PART = re.compile(
    "(?:chapter|part|book|volume|act|scene|section|canto|stave|letter|lesson|lecture|episode|phase"
    "|adventure|appendix|chap|vol) (?:the )?(.+)"
)
_WHOLE = {"prologue", "epilogue", "introduction", "preface", "foreword", "interlude", "afterword"}
_LONG = 40
"""A line of so many characters was broken to fit the page."""


@cache
def _numbers() -> set[str]:
    """ "one", "first" and so on, without hyphens; not before they are needed."""
    return {
        words(str(number)).replace("-", " ")
        for words in (cardinal, ordinal)
        for number in range(1, 200)
    }


def ends_here(line: str, following: str) -> bool:
    """Whether the next line of a heading is another sentence: after "Chapter 1", not "CHAPTER"."""
    words, after = " ".join(_WORDS.findall(line)), _WORDS.findall(following)
    if not words or not after or len(line) >= _LONG or line.rstrip().endswith("-"):
        return False
    if after[0] in {"and", "by", "of", "or"}:
        return False
    lower = words.lower()
    part = _PART.fullmatch(lower)
    number = part[1] if part else words
    plain = number.isdecimal() or number.lower().replace("-", " ") in _numbers()
    return plain or is_numeral(number) or lower in _WHOLE


def spoken_heading(line: str) -> str:
    """ "CHAPTER IV. THE MAN-EATER" -> "Chapter four. The man-eater"."""
    numbered = spoken_numerals(line, heading=True)
    return lowered(numbered) if line.isupper() else numbered
