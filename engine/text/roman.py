"""Roman numerals up to 199 -> English words: of chapters, kings, centuries and headings; years."""

import re
from collections.abc import Callable

from engine.text.numerals import cardinal, ordinal

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_BELOW_100 = "(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_UPPER = rf"(?=[IVXLC])C?{_BELOW_100}"
_LOWER = _UPPER.lower()
_END = r"(?!\w|\.\w|'(?!s\b))"
_ALL = re.compile(f"{_UPPER}|{_LOWER}")

_PARTS = "Chapter|Part|Book|Volume|Act|Scene|War|Section|Article"
_KINDS = (
    "Canto|Psalm|Stave|Stanza|Sonnet|Lesson|Lecture|Episode|Letter|Number|Figure|Appendix|Plate"
    "|Table|Type|Title|Phase|Essay|Fable|Tale|Adventure|Epistle|Exhibit|Page|Bowl|Apollo"
)
"""What an "I" after it mostly does not count ("Lesson I learned"), nor a letter a small one."""

_TYPED = re.compile(
    r" (?:errors?|diabetes|diabetics?|collagen|civili[sz]ations?|hypersensitivity|supernovae?"
    r"|interferons?|(?:and|or) (?:[Tt]ype )?(?:II|2))\b"
)
"""What follows a type that is numbered, not a letter to be typed."""

_LETTERS = {"C", "L", "CI", "CV"}
_SHORT = "Chap|Ch|Vol|Bk|Pt|Fig|Sec|Sc|No|pp?"
_NAMES = (
    "Henry|Louis|Elizabeth|Charles|George|Edward|William|James|Richard|Philip|Paul|Pius|Benedict"
    "|Napoleon|Adrian|Albert|Alexander|Alfonso|Catherine|Christian|Clement|Constantine|David"
    "|Ferdinand|Francis|Frederick|Friedrich|Gregory|Gustavus|Haakon|Innocent|Isabella|Ivan|John"
    "|Joseph|Julius|Leo|Leopold|Ludwig|Mary|Maximilian|Nicholas|Otto|Peter|Ptolemy|Ramesses|Ramses"
    "|Robert|Rudolf|Sixtus|Stephen|Urban|Victor|Wilhelm"
)
_RULER = re.compile(
    r"\b(?:King|Queen|Pope|Emperor|Empress|Tsar|Czar|Kaiser|Sultan|Prince|Princess|Duke) $"
)
_OWNED = re.compile(r"'s\b|\)| of [A-Z]")
_REIGNED = re.compile(r" (?:and|became|died|in|is|reigned|ruled|was|who)\b")
_TENTHS = "Alfonso|Benedict|Charles|Christian|Clement|Gregory|Innocent|John|Leo|Louis|Pius"
_FOLLOWED = re.compile(r"[.,:;)!?]|'s\b|$| ?[\u2013\u2014]| -{1,2} | of\b")
_INITIAL = re.compile(r"\. (?!(?:But|He|His|In|It|She|The|Then|They|This|When)\b)[A-Z]")
_PRONOUN = re.compile(
    r"(?:(?:PART|BOOK|WAR|SECTION|ARTICLE)|(?<=[Tt]he )(?:Part|Book|Section|Article)) I(?= \w)"
)
_LOUD_BEFORE, _LOUD_AFTER = re.compile(r"[A-Z]{2} $"), re.compile(r" (?=[A-Z]{2})")

_YEAR = re.compile(
    rf"\b(?=[MDCLXVI]{{4}})(?!MC(?:MI|CC)\b)M{{1,2}}(?:CM|CD|D?C{{0,3}}){_BELOW_100}\b(?!['.]\w)"
)
_WORLD_WAR = re.compile(r"\bWW(?:([123])|(I{1,3}))(?!\w|-\d)")
_CENTURY = re.compile(
    r"\b([IVX]+)(?:(?:th|st|nd|rd)\b"
    r"|(?=(?:(?: (?:and|or|to) |[-\u2013])[IVX]+)? (?:[Cc]entur(?:y|ies)|Dynasty|Corps|Legion)\b))"
)
_COUNTED = re.compile(rf"\b((?i:{_PARTS}|{_KINDS})) ({_UPPER}|{_LOWER}){_END}")
_RULING = re.compile(rf"\b({_NAMES}) ({_UPPER}){_END}")
_LOUD_RULING = re.compile(rf"\b({_NAMES.upper()}) ({_UPPER}){_END}")
_SHORTENED = re.compile(rf"\b((?i:{_SHORT}))\. ?({_UPPER}|{_LOWER}){_END}")
_FIRST = re.compile(
    rf"[\"'(]?({_UPPER}|{_LOWER}){_END}(?:(?=\W{{0,3}}$|[.:)](?!\w| ?[A-Z]\.)| ?[\u2013\u2014]"
    r"| -{1,2} ))"
)
_LAST = re.compile(r"(?<=[\w,:.] )([IVX]{2,})(?=[.!?]?[\"')]{0,2}$|[:.] )")
_ARTICLE = re.compile(r"\b(?i:an?|the) $")
_EDITED = re.compile(r"\b(?i:exit|use|using|in) $")
_GOES_ON = re.compile(r"(?::| ?[\u2013\u2014]| -{1,2}) ?[a-z]")
"""After what is no numeral: "IV: given daily", "VI - the editor"."""


def is_numeral(word: str) -> bool:
    """Whether it is one: "XIV" and "xiv", but not "Xiv" or "XIIII"."""
    return bool(_ALL.fullmatch(word))


def spoken_numerals(text: str, heading: bool = False) -> str:
    """ "CHAPTER XIV of Louis XVI's life" -> "Chapter fourteen of Louis the sixteenth's life".

    A line that begins with "XIV." is numbered by it; a heading also with "I.". A year of four
    letters or more becomes figures: "MCMXLVIII" -> "1948".
    """
    text = _YEAR.sub(lambda match: _value(match[0]), text)
    text = _WORLD_WAR.sub(_world_war, text)
    text = _CENTURY.sub(lambda match: _in_words(match, ordinal), text)
    text = _RULING.sub(_ruler, _COUNTED.sub(lambda match: _counted(match, heading), text))
    text = _LOUD_RULING.sub(_ruler, text) if heading else text
    text = _SHORTENED.sub(_shortened, text)
    if (match := _FIRST.match(text)) and (number := _numbering(match, heading)):
        text = text[: match.start(1)] + number + text[match.end() :]
    return _LAST.sub(_last, text) if heading else text


def _value(numeral: str) -> str:
    values = [_VALUES[letter] for letter in numeral.upper()]
    return str(
        sum(
            -value if value < following else value
            for value, following in zip(values, [*values[1:], 0], strict=True)
        )
    )


def _in_words(match: re.Match[str], words: Callable[[str], str]) -> str:
    return words(_value(match[1])) if is_numeral(match[1]) else match[0]


def _numbering(match: re.Match[str], heading: bool) -> str:
    """What a numeral that begins a line says; empty where it may be a word."""
    numeral = match[1]
    plain = len(numeral) > 1 and numeral.isupper()
    if numeral.upper() in _LETTERS:
        return ""
    if numeral in {"IV", "VI"} and _GOES_ON.match(match.string, match.end()):
        return ""
    if not heading and not (plain and _VALUES.keys() - set(numeral) >= {"L", "C"}):
        return ""
    return cardinal(_value(numeral)).capitalize()


def _last(match: re.Match[str]) -> str:
    """A numeral that ends a heading, but not a drip ("an IV") nor an editor ("using VI")."""
    text, start = match.string, match.start()
    edited = match[1] == "VI" and _EDITED.search(text, max(0, start - 7), start)
    if edited or _ARTICLE.search(text, max(0, start - 5), start):
        return match[0]
    return _in_words(match, cardinal)


def _world_war(match: re.Match[str]) -> str:
    """Shouted where the words beside it are."""
    words = f"World War {cardinal(match[1] or _value(match[2]))}"
    return words.upper() if _is_loud(match) else words


def _is_loud(match: re.Match[str]) -> bool:
    """Whether a word beside it is in capitals."""
    before = match.string[max(0, match.start() - 3) : match.start()]
    return bool(_LOUD_BEFORE.search(before) or _LOUD_AFTER.match(match.string, match.end()))


def _follows(match: re.Match[str]) -> str:
    """The mark after a numeral that "I" does not have before a verb: "Part I, "."""
    found = _FOLLOWED.match(match.string, match.end())
    return (found[0] or "$") if found else ""


def _counted(match: re.Match[str], heading: bool) -> str:
    word, numeral = match.groups()
    if not _counts(match, heading):
        return match[0]
    words = f"{word.capitalize() if word.isupper() else word} {cardinal(_value(numeral))}"
    if word.isupper() and _is_loud(match):
        follows = _LOUD_AFTER.match(match.string, match.end())
        return words.replace("-", " ").upper() + "," * bool(follows)  # part of what is shouted
    return words


def _counts(match: re.Match[str], heading: bool) -> bool:
    """Whether it is a number, not what is typed, nor a letter."""
    word, numeral = match.groups()
    kind, single = word.capitalize(), len(numeral) == 1
    if kind == "Type" and (single or numeral.upper() in {"XL", "VI"}):
        return numeral.upper() not in _LETTERS and bool(_TYPED.match(match.string, match.end()))
    if kind == "Letter" and (single or numeral == "XL") and word == "letter":
        return False
    if kind == "Letter" and numeral in "VX" and not heading:
        return False
    return not single or _counts_one(match)


def _counts_one(match: re.Match[str]) -> bool:
    """Whether a single letter is a number."""
    word, numeral = match.groups()
    part = word.capitalize() in _PARTS.split("|")
    if numeral.upper() != "I":
        return numeral in "VX" and (part or not word.islower())
    if part and not word.islower() and numeral == "I":
        return not _PRONOUN.match(match.string, match.start())
    follows = _follows(match)
    return bool(follows) and not (follows in {",", " of"} and word.islower())


def _shortened(match: re.Match[str]) -> str:
    """ "Vol. II" -> "Vol. 2": the rest is done with the abbreviations."""
    short, numeral = match.groups()
    single = len(numeral) == 1
    if single and (numeral in "CLcl" or short == "no"):
        return match[0]
    if numeral in "Ii" and (short.lower() in {"no", "p", "pp"} or not _follows(match)):
        return match[0]
    return f"{short.capitalize() if short.isupper() else short}. {_value(numeral)}"


def _ruler(match: re.Match[str]) -> str:
    name, numeral = match.groups()
    text, end = match.string, match.end()
    if len(numeral) == 1 and (numeral in "CL" or _INITIAL.match(text, end)):
        return match[0]
    if numeral == "X" and name.capitalize() not in _TENTHS.split("|"):
        return match[0]
    ruler = _RULER.search(text, max(0, match.start() - 10), match.start())
    reigned = ruler and (_follows(match) or _REIGNED.match(text, end))
    if numeral == "I" and not (reigned or _OWNED.match(text, end)):
        return match[0]
    return f"{name.capitalize()} the {ordinal(_value(numeral))}"
