"""What the model should read: one line of words with the punctuation it was trained on.

English is written out (numbers, dates, money, symbols, abbreviations), of other languages the
numbers; text in a script that is not the language's is only cleaned of characters that cannot be
said. Every step is a linear pass over the text.
"""

import re
from string import digits

from engine.errors import InputError
from engine.text.abbreviations import spoken_abbreviations, spoken_numerals
from engine.text.addresses import spoken_addresses
from engine.text.characters import printable, to_ascii
from engine.text.dates import spoken_dates
from engine.text.foreign import spoken_numbers
from engine.text.german import german_ordinals
from engine.text.languages import language_code
from engine.text.markdown import plain_line
from engine.text.punctuation import arranged, finished, spoken_symbols, tidy
from engine.text.quantities import spoken_quantities
from engine.text.scripture import spoken_places

_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de"
_SHOUTED = re.compile(rf"(?<![\w&'-])[{_UPPER}']+(?:[ ,]{{1,2}}[{_UPPER}']+)+(?![\w&'-])")
_CAPITALS = re.compile(rf"(?<![\w'-])[{_UPPER}]{{5,}}(?![\w])")
_COMMON = re.compile(
    r"\b(?:THE|AND|OF|YOU|IS|TO|IN|NOT|NO|ME|MY|ON|WE|ARE|DO|GO|STOP|NOW|END|FOR|THIS|THAT|WITH"
    r"|HE|SHE|BE)\b"
)
"""Short words that nobody writes in capitals, unless everything is."""

_VOWEL = re.compile(r"[AEIOUY\u00c0-\u00dd]")
_PASSES = 6
"""Ordinary text needs two: one that reads, and one that finds nothing more to do."""

_START_MARK = "\ue000"  # private use: `printable` let none through
_NUMBER_START = re.compile(
    r"(^\s*|[.!?][\"')]{0,3}\s{1,3})(?=[\"'(]{0,3}(?:R?[$\u00a3\u20ac\u20b9+~#-]{1,2} ?)?\d)"
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
        InputError: If nothing in the text can be said.
    """
    line = spoken_line(printable(text), language_code(language))
    if not line:
        raise nothing_to_say()
    return line


def nothing_to_say() -> InputError:
    return InputError(
        "The text has nothing to say: no letter and no digit.", "Give at least one word."
    )


def has_words(text: str) -> bool:
    """Whether a text holds a letter or a digit of any script."""
    return any(map(str.isalnum, text))


def spoken_line(text: str, language: str = "en") -> str:
    """`normalize` of printable text, but empty when there is nothing to say.

    Read until nothing changes: words just written can be neighbours that give a sign a meaning
    ("St. 5"), and normalising twice must be the same as once.
    """
    for _ in range(_PASSES):
        line = _read(text) if language == "en" else _read_foreign(text, language)
        if line == text:
            break
        text = line
    return text


def _read(text: str) -> str:
    """One pass over a text."""
    if not has_words(text):
        return ""
    if not _mostly_latin(text):
        return finished(" ".join(text.split()))
    line = spoken_places(plain_line(to_ascii(text)))
    line = spoken_abbreviations(_calmed(spoken_numerals(spoken_addresses(line))))
    if any(map(line.__contains__, digits)):
        line = spoken_symbols(_NUMBER_START.sub(rf"\1{_START_MARK}", line))
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
    line = plain_line(german_ordinals(text) if language == "de" else text, star="")
    line = spoken_numbers(_NUMBER_START.sub(rf"\1{_START_MARK}", line), language)
    line = arranged(_capitalised(line))
    return finished(line) if has_words(line) else ""


def _mostly_latin(text: str) -> bool:
    letters = sum(map(str.isalpha, text))
    return 2 * len(_LATIN.findall(text)) >= letters


def _calmed(text: str) -> str:
    """Shouting in words: "STOP RIGHT NOW" -> "Stop right now"; acronyms of up to four stay."""
    text = _SHOUTED.sub(_spoken_shout, text)
    return _CAPITALS.sub(
        lambda match: match[0].capitalize() if _VOWEL.search(match[0]) else match[0], text
    )


def _spoken_shout(match: re.Match[str]) -> str:
    words = [word.strip(",'") for word in match[0].split()]
    long = len(words) > 2 and any(len(word) >= 5 for word in words)
    listed = match[0].count(",") == len(words) - 1 == len(set(words)) - 1  # PDF, PNG, GIF, BMP
    if not (long or (len(words) > 3 and not listed) or _COMMON.search(match[0])):
        return match[0]
    lowered = re.sub(r"\bi\b", "I", match[0].lower())
    return lowered[0].upper() + lowered[1:]


def _capitalised(text: str) -> str:
    """ "3 men came." began with a figure, and so begins with a capital now."""
    return _MARKED.sub(lambda match: match[1] + match[2].upper(), text)
