"""German days of a month and other ordinals in figures -> words."""

import re

from engine.text.foreign import in_words

_MONTHS = (
    *("Januar", "Februar", "M\u00e4rz", "April", "Mai", "Juni", "Juli", "August", "September"),
    *("Oktober", "November", "Dezember"),
)
_MONTH = "|".join(_MONTHS)
_STARTERS = "Er|Sie|Es|Wir|Ich|Ihr|Du|Das|Die|Der|Dann|Da|Und|Aber|Doch|Als|So|Nun"
_DATE = re.compile(
    r"\b(am|vom|zum|bis|ab|seit|nach|vor|dem|den|der) ([12]\d|3[01]|0?[1-9])\."
    rf"(1[0-2]|0?[1-9])\.(?!\d)(?P<end>(?-i:(?= (?:{_STARTERS})\b)))?",
    re.IGNORECASE,
)
_DAY = re.compile(
    rf"(?:\b(?P<n>(?:bis|ab)(?= \d{{1,2}}\. (?:{_MONTH})\b)"
    r"|am|vom|zum|zur|beim|im|dem|den|des"
    r"|(?:in|an|auf|aus|bei|mit|nach|seit|von|vor|zu|unter) der)|\b(?P<e>der|die|das))? ?"
    rf"(?<![\w.,])(?P<day>\d{{1,3}})\. (?=(?P<month>{_MONTH})\b|[^\W\d_])"
    rf"(?-i:(?!(?:{_STARTERS})\b))",
    re.IGNORECASE,
)
"""A figure with a full stop that ends no sentence."""

_OPENING = re.compile(r"(?:^|[.!?\n])[\s\"']*$")


def german_ordinals(text: str) -> str:
    """ "am 3. Mai" -> "am dritten Mai"; before lists are read, for it may begin a line."""
    return _DAY.sub(_day, _DATE.sub(_date, text))


def _date(match: re.Match[str]) -> str:
    """ "am 24.12." -> "am 24. Dezember"."""
    stop = "" if match["end"] is None else "."
    return f"{match[1]} {match[2].lstrip('0')}. {_MONTHS[int(match[3]) - 1]}{stop}"


def _day(match: re.Match[str]) -> str:
    article = match["n"] or match["e"]
    if not (article or match["month"]):
        return match[0]
    ending = "n" if match["n"] else "" if match["e"] else "r"
    lead = match[0][: match.start("day") - match.start()]
    words = in_words(int(match["day"]), "de", "ordinal") + ending
    if not lead.strip() and _OPENING.search(
        match.string[max(0, match.start() - 4) : match.start()]
    ):
        words = words.capitalize()
    return f"{lead}{words} "
