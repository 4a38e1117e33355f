"""Word and character error rates, after both texts have been written the same way.

`normalize` does, in this order (of another language than English: 1, whole numbers as words where
num2words knows the language, and punctuation off):
1. Unicode NFKC, lower case, curly apostrophes straight.
2. Digits become words, with num2words: `$5.20` five dollars twenty cents, `3:05` three oh five,
   `21st` twenty first, `1,500` one thousand five hundred, `1984` (1100-1999 and 2010-2099, without
   a comma) as a year, `3.5` three point five, `40%` forty percent. Whisper writes some times of
   day with a point: `at 6.45` is six forty five.
3. `&` is and; all other punctuation parts words (hyphens too), except the apostrophe inside a
   word: contractions stay as they are said.
4. `mr`, `mrs`, `dr`, `ok` become mister, missus, doctor, okay; the commonest British spellings
   become American, which is what Whisper writes (harbour, metre, grey, apologise).
5. The `and` inside numbers and sums goes: one hundred and five = one hundred five.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import InputError

CURRENCIES = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent")}
WRITTEN_SHORT = {"mr": "mister", "mrs": "missus", "dr": "doctor", "ok": "okay", "grey": "gray"}
_NUMBER = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_MONEY = re.compile(rf"([$£€])\s?({_NUMBER})(?: (thousand|million|billion|trillion)\b)?")
_CLOCK = re.compile(r"\b(\d{1,2}):([0-5]\d)\b")
_CLOCK_POINT = re.compile(
    r"\b((?:at|by|from|until|till|before|after) \d{1,2})\.(?=[0-5]\d\b(?! ?(?:%|percent)))"
)
_APOSTROPHES = str.maketrans("\u2019\u02bc", "''")
_BRITISH = (
    (
        re.compile(
            r"\b((?:arm|behavi|col|endeav|fav|flav|harb|hon|hum|lab|neighb|od|rum|savi|vap|vig)o)ur"
        ),
        r"\1r",
    ),
    (re.compile(r"\b((?:kilo|centi|milli)?met|cent|theat|lit)re(?=s?\b)"), r"\1er"),
    (
        re.compile(r"\b((?:apolog|critic|organ|real|recogn|special)i)s(?=e[ds]?\b|ing\b|ation)"),
        r"\1z",
    ),
)
_VOWEL_SIGNS = re.compile("[\u0640\u064b-\u0652\u0670]")
_ORDINAL = re.compile(r"\b(\d+(?:,\d{3})*)(?:st|nd|rd|th)\b")
_PLAIN = re.compile(_NUMBER)
_DIGITS = re.compile(r"\d+")
_UNITS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_NUMBER_AND = re.compile(
    rf"\b(hundred|thousand|million|billion) and (?=(?:{_UNITS})\b)"
    rf"|\b(dollars?|pounds?|euros?) and (?=(?:(?:{_UNITS}) ){{1,2}}(?:cents?|pence|penny)\b)"
)


@dataclass(frozen=True)
class Score:
    """How far what was heard is from what was to be said.

    Args:
        wer: Word errors / reference words (may exceed 1).
        cer: Character errors / reference characters, spaces counted.
        words: Words in the references.
    """

    wer: float
    cer: float
    words: int


def score(references: Sequence[str], hypotheses: Sequence[str], language: str = "en") -> Score:
    """Corpus error rates: all errors over all reference words, after `normalize`.

    Raises:
        InputError: If a reference has no words, or there is none.
    """
    import jiwer

    said = [normalize(text, language) for text in references]
    heard = [normalize(text, language) for text in hypotheses]
    if not said or not all(said):
        raise InputError("A sentence to score against has no words.", "Take it out of the list.")
    words = jiwer.process_words(said, heard)
    return Score(
        wer=words.wer,
        cer=jiwer.process_characters(said, heard).cer,
        words=sum(len(text.split()) for text in said),
    )


def normalize(text: str, language: str = "en") -> str:
    """Lower-case words with single spaces between them; see the rules at the top of the file."""
    plain = unicodedata.normalize("NFKC", text).lower().translate(_APOSTROPHES)
    if language != "en":
        return _bare(_DIGITS.sub(lambda match: f" {_named(match[0], language)} ", plain))
    plain = _MONEY.sub(_money, plain)
    plain = _CLOCK.sub(_clock, _CLOCK_POINT.sub(r"\1:", plain))
    plain = _ORDINAL.sub(lambda m: f" {_words(m[1], to='ordinal')} ", plain)
    plain = _PLAIN.sub(_number, plain)
    plain = plain.replace("%", " percent ").replace("&", " and ")
    plain = " ".join(WRITTEN_SHORT.get(word, word) for word in _bare(plain).split())
    for british, american in _BRITISH:
        plain = british.sub(american, plain)
    return _NUMBER_AND.sub(lambda m: m[0].removesuffix("and "), plain)


def _bare(text: str) -> str:
    """Without punctuation; vowel signs and accents (marks of Unicode) belong to their words, but
    for those of Arabic, which are seldom written."""
    text = _VOWEL_SIGNS.sub("", text).replace("\u0153", "oe").replace("\u00e6", "ae")
    kept = (c if c == "'" or unicodedata.category(c)[0] in "LNM" else " " for c in text)
    return " ".join(re.sub(r"(?<!\w)'|'(?!\w)", " ", "".join(kept)).split())


def _named(digits: str, language: str) -> str:
    base, _, region = language.partition("-")
    return _num2words(digits, f"{base}_{region.upper()}" if region else base)


def _words(digits: str, to: str = "cardinal") -> str:
    return _num2words(digits, "en", to)


def _num2words(digits: str, language: str, to: str = "cardinal") -> str:
    """As they are, where the language has no words for them, or none for so many."""
    from num2words import num2words

    try:
        return str(num2words(int(digits.replace(",", "")), lang=language, to=to))
    except (NotImplementedError, OverflowError, LookupError, ValueError):
        return " ".join(digits)


def _number(match: re.Match[str]) -> str:
    digits = match[0]
    if "." in digits:
        whole, fraction = digits.split(".")
        return f" {_words(whole)} point {' '.join(map(_words, fraction))} "
    is_year = re.fullmatch(r"1[1-9]\d\d|20[1-9]\d", digits)
    return f" {_words(digits, to='year' if is_year else 'cardinal')} "


def _money(match: re.Match[str]) -> str:
    unit, small = CURRENCIES[match[1]]
    whole, _, fraction = match[2].replace(",", "").partition(".")
    if match[3]:  # "$3.5 million"
        return f" {_PLAIN.sub(_number, match[2])} {match[3]} {unit}s "
    said = f"{_words(whole)} {unit}{'' if whole == '1' else 's'}"
    cents = int(fraction.ljust(2, "0")[:2])
    if cents:
        many = "pence" if small == "penny" else small + "s"
        said += f" {_words(str(cents))} {small if cents == 1 else many}"
    return f" {said} "


def _clock(match: re.Match[str]) -> str:
    hour, minute = match.groups()
    if minute == "00":
        return f" {_words(hour)} o'clock "
    return f" {_words(hour)} {'oh ' if minute[0] == '0' else ''}{_words(minute)} "
