"""Abbreviations with a full stop, dotted acronyms and Roman numerals -> English words."""

import re

from engine.text.dates import DAYS, MONTHS
from engine.text.numerals import cardinal, ordinal

_TITLES = {
    "Mr": "Mister",
    "Mrs": "Missus",
    "Ms": "Miz",
    "Prof": "Professor",
    "Rev": "Reverend",
    "Gen": "General",
    "Col": "Colonel",
    "Capt": "Captain",
    "Lt": "Lieutenant",
    "Sgt": "Sergeant",
    "Sen": "Senator",
    "Gov": "Governor",
    "Hon": "Honorable",
    "Mt": "Mount",
    "Ft": "Fort",
}
_BEFORE_NUMBER = {
    "No": "number",
    "no": "number",
    "Nos": "numbers",
    "nos": "numbers",
    "Fig": "figure",
    "fig": "figure",
    "Vol": "volume",
    "vol": "volume",
    "Ch": "chapter",
    "ch": "chapter",
    "Sec": "section",
    "sec": "section",
    "p": "page",
    "pp": "pages",
}
_ANYWHERE = {
    "e.g.": "for example",
    "i.e.": "that is",
    "vs.": "versus",
    "cf.": "compare",
    "approx.": "approximately",
    "dept.": "department",
}
_CLOSING = {
    "etc": "et cetera",
    "Jr": "Junior",
    "Sr": "Senior",
    "Inc": "Incorporated",
    "Ltd": "Limited",
    "Corp": "Corporation",
    "Ave": "Avenue",
    "Blvd": "Boulevard",
    "Rd": "Road",
}
_STARTERS = (
    "The|He|She|We|It|They|I|This|That|These|Those|But|And|In|On|At|A|An|You|There|When|If|So|My"
    "|His|Her|Our|For|What|Why|How|Who|Yet|Or|As|No|Then"
)
_NOT_A_STREET = (
    "In|At|On|The|From|To|And|Near|For|Of|By|With|Saint|St|Our|Is|Was|Visit|Mister|Missus|Miz|But"
)
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}

_ENDS = re.compile(rf"[\"')\]]{{0,3}}(?:$| +[\"'(]?(?:{_STARTERS})\b)")
_CAPITAL = re.compile(
    r"[\"')\]]{0,3}(?:$| +[\"'(]?(?!(?:[A-Z]{1,3}T|UTC|Eastern|Central|Mountain|Pacific"
    rf"|{'|'.join([*DAYS.values(), *MONTHS])})\b)[A-Z])"
)
"""A capital that begins a sentence, not a zone or a day that goes with a time."""

_SINCE_START = re.compile(
    r"(?:^|[.!?][\"')]{0,3} )[\"'(]{0,3}(?:About|After|Around|At|Before|Between|By|From|Just|On"
    r"|Since|Shortly|Till|Until)(?: (?:about|after|and|around|at|before|the|to|until|[ap]\.m\."
    r"|[A-Z\d][\w.:]{0,12}),?){0,4} [\d:]{1,8} ?$"
)
"""A time that opens its sentence, which goes on: "At 5 p.m. John left"."""

_TITLE = re.compile(rf"\b({'|'.join(_TITLES)})\.(?= ?[A-Z])")
_MISTER = re.compile(r"\b(Mrs?|Ms)(?:\.|(?= [A-Z]))(?!\w)")
_NUMBERED = re.compile(rf"\b({'|'.join(_BEFORE_NUMBER)})\. ?(?=\d)")
_MONTH = re.compile(r"\b(Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.(?= ?\d)")
_MEASURE = re.compile(r"(?<=\d)( ?(?:ft|lbs?|hrs?|mins?))\.(?= \d{1,2} ?(?:in|oz|mins?|secs?)\b)")
_SAID = re.compile(
    rf"(?<![\w.])({'|'.join(map(re.escape, _ANYWHERE))})(?!\w)(,)?|(?<![\w.])(eg|ie)(?=,)",
    re.IGNORECASE | re.ASCII,
)
_CLOCK = re.compile(r"(?<=\d)( ?[AaPp])\.([Mm])\.(?!\w)")
_ENDING = re.compile(rf"\b({'|'.join(_CLOSING)})\.(?!\w)")
_SAINT = re.compile(r"\b(St|Dr)\.(?= ?[A-Z\d])")
_STREET = re.compile(
    rf"\b((?!(?:{_NOT_A_STREET})\b)[A-Z][a-z]{{1,30}}|\d+(?:st|nd|rd|th)) (St|Dr)\."
)
_DOTTED = re.compile(r"(?<![\w.])((?:[A-Za-z]\.){2,12}|Ph\.D\.)(?!\w)")
_COUNTED = ("Chapter", "Part", "Book", "Volume", "Act", "Scene", "War", "Section", "Article")
_NUMERAL = re.compile(
    rf"\b({'|'.join([*_COUNTED, *map(str.upper, _COUNTED)])}|Henry|Louis|Elizabeth|Charles"
    r"|George|Edward|William|James|Richard|Philip|Paul|Pius|Benedict|Napoleon) "
    r"(?![CL]\b)(C?(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))(?!\w|\.\w|'(?!s\b))"
)
_LOUD_BEFORE, _LOUD_AFTER = re.compile(r"[A-Z]{2} $"), re.compile(r" (?=[A-Z]{2})")
_PRONOUN = re.compile(r"(?:PART|BOOK|WAR|SECTION|ARTICLE) I(?= \w)")
_CIRCA = re.compile(r"(?<![\w.])c\. ?(?=(?:1[1-9]|20)\d\d\b)")


def spoken_abbreviations(text: str) -> str:
    """ "Dr. Smith, e.g., lives on Main St." -> "Doctor Smith, for example, lives on Main Street."

    A full stop that also ends the sentence stays.
    """
    text = _TITLE.sub(lambda match: _TITLES[match[1]], text)
    text = _MISTER.sub(lambda match: _TITLES[match[1]], text)
    text = _MONTH.sub(r"\1", _NUMBERED.sub(_numbered, _CIRCA.sub("circa ", text)))
    text = _SAID.sub(_said, _MEASURE.sub(r"\1", text))
    text = _CLOCK.sub(lambda match: match[1] + match[2] + _clock_stop(match), text)
    text = _ENDING.sub(_closed, text)
    text = _STREET.sub(_street, text)
    text = _SAINT.sub(lambda match: {"St": "Saint", "Dr": "Doctor"}[match[1]], text)
    return _DOTTED.sub(lambda match: match[1].replace(".", "") + _stop(match), text)


def spoken_numerals(text: str) -> str:
    """ "CHAPTER XIV of Louis XVI's life" -> "Chapter fourteen of Louis the sixteenth's life"."""
    return _NUMERAL.sub(_roman, text)


def _starts_sentence(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - 3) : match.start()].rstrip(" \"'(")
    return before[-1:] in {"", ".", "!", "?"}


def _numbered(match: re.Match[str]) -> str:
    word = _BEFORE_NUMBER[match[1]]
    return (word.capitalize() if _starts_sentence(match) else word) + " "


def _said(match: re.Match[str]) -> str:
    short = (match[1] or {"eg": "e.g.", "ie": "i.e."}[match[3].lower()]).lower()
    words = _ANYWHERE[short]
    if _starts_sentence(match):
        words = words.capitalize()
    return words + ("," if short in {"e.g.", "i.e."} and not match[3] else "")


def _stop(match: re.Match[str]) -> str:
    """The full stop, if the sentence ends here too."""
    return "." if _ENDS.match(match.string, match.end()) else ""


def _closed(match: re.Match[str]) -> str:
    ends = match[1] == "etc" and _CAPITAL.match(match.string, match.end())
    return _CLOSING[match[1]] + ("." if ends else _stop(match))


def _clock_stop(match: re.Match[str]) -> str:
    """The same after a time: before any capital, unless the sentence has only begun."""
    text, start, end = match.string, match.start(), match.end()
    if _SINCE_START.search(text, max(0, start - 60), start):
        return "" if text.startswith(" I ", end) else _stop(match)
    return "." if _CAPITAL.match(text, end) else ""


def _street(match: re.Match[str]) -> str:
    name, short = match.groups()
    before_name = match.string[match.end() : match.end() + 2].strip().isupper()
    if short == "Dr" and before_name and not _stop(match):
        return match[0]
    return f"{name} {'Street' if short == 'St' else 'Drive'}{_stop(match)}"


def _roman(match: re.Match[str]) -> str:
    word, numeral = match.groups()
    counted = word.capitalize() in _COUNTED
    values = [_ROMAN[letter] for letter in numeral]
    pronoun = (numeral == "I" and not counted) or _PRONOUN.match(match.string, match.start())
    if not values or pronoun:
        return match[0]
    total = sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )
    if not counted:
        return f"{word} the {ordinal(str(total))}"
    words = f"{word.capitalize() if word.isupper() else word} {cardinal(str(total))}"
    follows = _LOUD_AFTER.match(match.string, match.end())
    before = match.string[max(0, match.start() - 3) : match.start()]
    if word.isupper() and (follows or _LOUD_BEFORE.search(before)):
        return words.replace("-", " ").upper() + "," * bool(follows)  # part of what is shouted
    return words
