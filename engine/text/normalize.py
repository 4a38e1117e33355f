"""What the model should read: one line of words with the punctuation it was trained on.

English is written out (numbers, dates, money, symbols, abbreviations), of other languages the
numbers; text in a script that is not the language's is only cleaned of characters that cannot be
said. Every step is a linear pass over the text.
"""

import re
from string import digits

from engine.errors import NothingToSay
from engine.text.abbreviations import spoken_abbreviations
from engine.text.addresses import spoken_addresses
from engine.text.capitals import calmed
from engine.text.characters import printable, to_ascii
from engine.text.dates import spoken_dates
from engine.text.figures import spoken_figures
from engine.text.foreign import spoken_numbers
from engine.text.german import german_ordinals
from engine.text.headings import spoken_heading
from engine.text.hyphens import joined_lines
from engine.text.languages import language_code
from engine.text.markdown import plain_line
from engine.text.money import old_money
from engine.text.punctuation import arranged, finished, spoken_symbols, tidy
from engine.text.quantities import spoken_quantities
from engine.text.roman import spoken_numerals
from engine.text.scripture import spoken_places
from engine.text.shortened import before_figure

_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_PASSES = 6
"""Ordinary text needs two: one that reads, and one that finds nothing more to do."""

_START_MARK = "\ue000"  # private use: `printable` let none through
_NUMBER_START = re.compile(
    r"(^\s*|[.!?][\"')]{0,3}\s{1,3})(?=[\"'(]{0,3}(?:-?R?[$\u00a3\u20ac\u20b9+~#-]{1,2} ?)?\d)"
)
_MARKED = re.compile(rf"{_START_MARK}(\W{{0,5}})(\w?)")


def normalize(text: str, language: str = "en") -> str:
    """What will be spoken for a text, as one line that ends in a final mark.

    Args:
        text: Plain text or Markdown, of one paragraph.
        language: Such as "en" or "fr-FR". One without rules here: only markup is taken out.

    Example:
        >>> normalize("Dr. Who paid $5 on 3/4/2025")
        'Doctor Who paid five dollars on March fourth, twenty twenty-five.'

    Raises:
        NothingToSay: If nothing in the text can be said.
    """
    line = spoken_line(printable(text), language_code(language))
    if not line:
        raise nothing_to_say()
    return line


def nothing_to_say() -> NothingToSay:
    return NothingToSay(
        "The text has nothing to say: no letter and no digit.", "Give at least one word."
    )


def has_words(text: str) -> bool:
    """Whether a text holds a letter or a digit of any script."""
    return any(map(str.isalnum, text))


def spoken_line(text: str, language: str = "en", heading: bool = False) -> str:
    """`normalize` of printable text, but empty when there is nothing to say.

    Of an English heading lines end where their sense does, "I." is a number and capitals are no
    shouting.

    Read until nothing changes: words just written can be neighbours that give a sign a meaning
    ("St. 5"), and normalising twice must be the same as once.
    """
    for _ in range(_PASSES):
        line = _read(text, heading) if language == "en" else _read_foreign(text, language)
        if line == text:
            break
        text = line
    return text


def _read(text: str, heading: bool) -> str:
    """One pass over a text."""
    if not has_words(text):
        return ""
    if not _mostly_latin(text):
        return finished(" ".join(text.split()))
    line = spoken_addresses(spoken_places(plain_line(to_ascii(text), heading=heading)))
    line = spoken_figures(line)
    line = spoken_heading(line) if heading else spoken_numerals(line)
    line = spoken_abbreviations(calmed(line))
    if any(map(line.__contains__, digits)):
        line = spoken_symbols(_NUMBER_START.sub(rf"\1{_START_MARK}", old_money(line)))
        line = _capitalised(spoken_quantities(spoken_dates(line)))
    else:
        line = spoken_symbols(line)
    line = tidy(line)
    return finished(line) if has_words(line) else ""


def _read_foreign(text: str, language: str) -> str:
    """One pass over a text in another language than English, given by its code."""
    if not has_words(text):
        return ""
    text = to_ascii(text, said=False)
    text = joined_lines(text, language)
    line = plain_line(german_ordinals(text) if language == "de" else text, star="")
    line = _NUMBER_START.sub(lambda match: _start(match, language), line)
    line = arranged(_capitalised(spoken_numbers(line, language)), language)
    return finished(line) if has_words(line) else ""


def _mostly_latin(text: str) -> bool:
    letters = sum(map(str.isalpha, text))
    return 2 * len(_LATIN.findall(text)) >= letters


def _start(match: re.Match[str], language: str) -> str:
    """A mark where a sentence begins with a figure, but not after "ca."."""
    before = match.string[max(0, match.start() - 40) : match.start() + 1]
    stop = match[1][:2] == ". " and before_figure(before, language)
    return match[1] + _START_MARK * (not stop)


def _capitalised(text: str) -> str:
    """ "3 men came." began with a figure, and so begins with a capital now."""
    return _MARKED.sub(lambda match: match[1] + match[2].upper(), text)
