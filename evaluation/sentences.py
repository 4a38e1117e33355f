"""Sentences in a file; of one that was heard its kinds, and whether its end was said."""

import difflib
import re
from pathlib import Path

from engine.errors import InputError
from engine.hearing.wer import normalize

LONG = 80
"""Characters of a long sentence."""
PLAIN = "plain"
ALIKE = 0.66
"""Share of equal letters from which a last word counts as heard wrong, not as missing."""
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_YEAR = r"(?<![$£€])\b(?:1[1-9]|20)\d\d\b"
KINDS = {
    "numbers": re.compile(r"\d"),
    "dates": re.compile(rf"{_YEAR}|\b(?:{_MONTHS}) \d|\d[a-z]* (?:of )?(?:{_MONTHS})\b"),
    "money": re.compile(r"[$£€]\s?\d"),
    "names": re.compile(rf"(?:[a-z,;]|\b(?:Mr|Mrs|Dr)\.) (?!(?:{_MONTHS}|{_DAYS})\b)[A-Z][a-z]"),
    "questions": re.compile(r"\?"),
    "quotes": re.compile(r"[\"“”]"),
    "long": re.compile(f".{{{LONG}}}"),
}
"""What a sentence of a kind has in it; a name is a capital that begins no sentence."""


def kinds(text: str) -> list[str]:
    """The kinds of a sentence, in the order of KINDS; one of none is plain."""
    return [kind for kind, pattern in KINDS.items() if pattern.search(text)] or [PLAIN]


def missing_end(text: str, heard: str) -> list[str]:
    """Words at the end of a text that were not heard.

    Of the words after the last that was heard right, as many were said as others were heard in
    their place; and what was heard there ends otherwise than the text: a last word that is
    misheard is not missing.
    """
    import jiwer

    words = jiwer.process_words(normalize(text), normalize(heard))
    right = [part for part in words.alignments[0] if part.type == "equal"]
    wanted = words.references[0][right[-1].ref_end_idx if right else 0 :]
    got = words.hypotheses[0][right[-1].hyp_end_idx if right else 0 :]
    last, joined = wanted[-1] if wanted else "", "".join(got)
    one_less = len(wanted) <= len(got) + 1  # else one word that is alike hides a sentence
    if one_less and alike(last, joined[-len(last) :] if last else ""):  # flower pot, floorpit
        return []
    return [] if alike("".join(wanted), joined) else wanted[len(got) :]


def alike(one: str, other: str) -> bool:
    """Whether one may have been heard for the other."""
    return difflib.SequenceMatcher(None, one, other).ratio() >= ALIKE


def read_sentences(path: Path, limit: int | None = None) -> list[str]:
    """The sentences of a file, one a line; empty lines and lines that start with # do not count.

    Raises:
        InputError: If the file cannot be read.
    """
    lines = [line.strip() for line in read_text(path).splitlines()]
    return [line for line in lines if line and not line.startswith("#")][:limit]


def read_text(path: Path) -> str:
    """A text file.

    Raises:
        InputError: If it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.", "Give another file.") from error
