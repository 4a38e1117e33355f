"""Numbers of a text not in English -> words of its language.

A run of digits and signs is read as what it looks like in that language: a number, a decimal, a
range, an amount of money, a time of day, an ordinal, degrees. Anything else (a date in figures, a
version, a telephone number with several hyphens) stays as it is written.
"""

import re
from unicodedata import normalize

from engine.text.amounts import spoken_amounts
from engine.text.arabic import spoken_centuries
from engine.text.clock import spoken_times
from engine.text.counting import in_words
from engine.text.hindi import plain_figures
from engine.text.languages import LANGUAGES
from engine.text.ordinals import spoken_ordinals
from engine.text.runs import MINUS, RUN, apart, value

_ARABIC = str.maketrans(
    "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u066a\u066b\u066c",
    "0123456789%.,",
)
_NUMBER = re.compile(rf"({MINUS}(?=\d))?({RUN})( ?%)?", re.ASCII)
_CELSIUS = re.compile(r"(?<=\d) ?[\u00b0\u00ba] ?C(?:elsius)?\b")
_DEGREES = {
    "de": re.compile(r"(?<=\d) ?\u00b0(?= [a-z\u00e4\u00f6\u00fc]|[.,;:!?)]|$)"),
    "nl": re.compile(r"(?<=\d) ?\u00b0(?= [a-z]|[.,;:!?)]|$)"),
    "fr": re.compile(
        r"(?<=\d\d)(?<!(?:n\u00b0|[Ll][ea]|t\.) \d\d) ?\u00b0"
        r"(?= (?:\u00e0|au|d[eu]?|dans|en|et|ou|sous|sur|dehors|ici)\b"
        r"|[.,;:!?)]|$)"
    ),
}
"""Degrees of which no scale is told, where the sign can be no ordinal's."""

_PERCENTAGE = re.compile(r"(?<=\d) ?%-?(?=ige?[mnrs]?\b)")
_POWER = re.compile(r"(?<=\d)(?<!\d{4})(?:\^(?=-?\d)|([\u00b2\u00b3]))", re.ASCII)
"""Not after a year, where it is a footnote's."""

_BEFORE, _AFTER = 40, 60
"""Characters beside a number that tell how it is read."""


def spoken_numbers(text: str, code: str) -> str:
    """ "Il a payé 12,50 € le 1er mai." -> "Il a payé douze euros et cinquante centimes le ..."."""
    language = LANGUAGES.get(code)
    if not language:
        return text
    if code == "ar":
        text = spoken_centuries(text.translate(_ARABIC), lambda n: in_words(n, "ar", "cardinal"))
    if code == "hi":
        text = plain_figures(text)
    if code == "de":
        text = _PERCENTAGE.sub("prozent", text)
    text = spoken_times(text, code)
    if degrees := language.degrees:
        text = _CELSIUS.sub(lambda match: _degrees(match, degrees) + " Celsius", text)
        if code in _DEGREES:
            text = _DEGREES[code].sub(lambda match: _degrees(match, degrees), text)
    text = spoken_amounts(spoken_ordinals(text, code), code)
    if language.power:
        text = _POWER.sub(lambda match: _power(match[1], language.power), text)
    text = _NUMBER.sub(lambda match: _number(match, code), text)
    return text.replace("un' ", "un'") if code == "it" else text


def _number(match: re.Match[str], code: str) -> str:
    language, text = LANGUAGES[code], match.string
    before = text[max(0, match.start(2) - _BEFORE) : match.start(2)]
    words = value(match[2], code, before, text[match.end(2) : match.end(2) + _AFTER])
    if not words:
        return match[0]
    if match[1]:
        words = f"{language.minus} {words}"
    if match[3]:
        words = f"{words} {language.percent}"
    return apart(match, words)


def _degrees(match: re.Match[str], names: tuple[str, str]) -> str:
    one = re.search(r"(?<![\d.,])1$", match.string[max(0, match.start() - 2) : match.start()])
    return f" {names[0 if one else 1]}"


def _power(raised: str | None, word: str) -> str:
    """ "²" -> " hoch 2", and "^" -> " hoch "."""
    return f" {word} {normalize('NFKC', raised or '')}"
