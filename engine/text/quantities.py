"""Units, percentages, ordinals, fractions, ranges, phone numbers -> English words."""

import re
from math import gcd

from engine.text.money import NUMBER, SCALES, spoken_money
from engine.text.numerals import cardinal, group_by_group, number, ordinal, plural, spelled
from engine.text.units import NAMES, STOP, UNITS, spoken_marks, spoken_units

_PARTS = {"2": "half", "4": "quarter"}
_DENOMINATORS = {"2", "3", "4", "5", "6", "7", "8", "9", "10", "16", "32", "64", "100"}
_PAIRS = {("24", "7"), ("9", "11"), ("50", "50"), ("20", "20")}

_PHONE = re.compile(
    r"(?<![\w.,$-])(?:\+?\d{1,3}[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\d.,-]?\d)"
    r"|(?<![\w.,$-])\d{3}-\d{4}(?![\d.,-]?\d)|(?<![\w.,$-])\d{1,9}(?:-\d{1,9}){2,8}(?![\d-])"
)
_EMERGENCY = re.compile(
    r"\b((?<!\b[Aa] )(?i:call|dial|phon|ring|rang)(?:l?ed|es?|l?ing|s)? "
    r"|(?=\d{3} (?:call|dispatcher|operator)))"
    r"(?<![.,$])(911|999|112)(?![\w%]|[.,:-]\d| (?:and|to) \d| (?:men|more|people|women)\b"
    r"| (?!(?:always|days|hours|minutes|perhaps|seconds|this)\b)[a-z]{3,20}s\b)"
)
_RANGE = re.compile(
    r"(?<![\w.,-])([$\u00a3\u20ac]?)(\d[\d,.]{0,20}(?<!,)[%\u00b0]?)"
    r" ?(?:\u2013|\u2014| to |-(?! )) ?(?=([$\u00a3\u20ac]?)\d)"
)
_COINS = re.compile(r"(?<=[$\u00a3\u20ac])\.(?=\d)")
_MINUS = re.compile(r"(?<![\w.)\u00b0%'-])-(?=[$\u00a3\u20ac]?\.?\d)")
_TIMES = re.compile(r"(?<=\d)x(?!\w)")
_BY = re.compile(r"(?<=\d) ?x ?(?=\d)")
_PRODUCT = re.compile(r"(?<=\d) ?x ?(?=[\d.,x ]{1,30}(?<=\d) equals )")
_MANY = re.compile(r"(?<![\w.,$\u00a3\u20ac])(\d{3,12})s\b")
_LETTERS_DASH = re.compile(r"(?<=[^\W\d_])-(?=\d)")
_SUBTRACT = re.compile(r"(?<=\d) - (?=\d)")
_ORDINAL = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th)\b")
_FRACTION = re.compile(
    r"(?<![\d/.,])(?:(\d{1,9}) )?(\d{1,3}) ?/ ?(\d{1,3})(?![\d/]|[.,]\d)"
    rf"(?:s\b|r?ds\b|ths\b|(?: |(?=\w\w))({NAMES})(?![\w\u00b0/']){STOP})?"
)
_MINUTES = re.compile(
    r"(?<=\d)( ?h(?:rs?)? ?[0-5]?\d ?)m\b"
    r"|(?<![\d.,])((?!50)[1-5]?\d ?)m(?= ?[0-5]?\d(?:\.\d{1,3})? ?s\b)"
)
_RACE = re.compile(r"(?<![\d:.,])(\d{1,2}):(?:(0)(?=\d\.\d)|(?=[1-5]\d\.\d))")
"""Minutes before seconds with decimals."""

_RATIO = re.compile(r"(?<![\d:])(\d{1,4}):(\d{1,4})(?![\d:])")
_SHORT_SCALE = re.compile(
    rf"(?<![\w.,])({NUMBER})(k|bn|(?:(?<=\.\d)|(?<=\.\d\d))[KMB]|[KMB](?= [a-z])"
    r"(?! (?:and|are|at|by|for|from|has|in|is|of|on|or|to|was|were|will|with)\b))\b"
)
"""A capital after a whole number is mostly part of a name: seat 14K."""
_DECIMAL = re.compile(
    r"((?<!\d,)\d{1,3}(?:,\d{3}){1,5}(?:\.\d+)?(?!,?\d)|\d+(?:\.\d+)*|(?<![\d.])\.\d+)"
)


def spoken_quantities(text: str) -> str:
    """ "$1,234.56 (50% off)" -> "one thousand ... dollars and fifty-six cents (fifty percent off)".

    No ASCII digit is left.
    """
    text = _EMERGENCY.sub(lambda match: match[1] + spelled(match[2]), spoken_marks(text))
    text = _PHONE.sub(lambda match: group_by_group(match[0]), text)
    text = _LETTERS_DASH.sub(" ", text)
    text = _TIMES.sub(" times", _BY.sub(" by ", _PRODUCT.sub(" times ", text)))
    text = _MINUTES.sub(lambda match: f"{match[1] or match[2]}min", text)
    text = _RACE.sub(lambda match: f"{cardinal(match[1])} {'oh ' if match[2] else ''}", text)
    text = _MANY.sub(lambda match: plural(cardinal(match[1])), text)
    text = _SUBTRACT.sub(" minus ", text)
    text = _RANGE.sub(_range, _COINS.sub("0.", text))
    text = spoken_money(_MINUS.sub("minus ", text))
    text = _ORDINAL.sub(lambda match: ordinal(match[1]), text)
    text = spoken_units(_FRACTION.sub(_part, text))
    text = _SHORT_SCALE.sub(lambda match: f"{number(match[1])} {SCALES[match[2]]}", text)
    text = _RATIO.sub(lambda match: f"{cardinal(match[1])} to {cardinal(match[2])}", text)
    return _DECIMAL.sub(_apart, text)


def _apart(match: re.Match[str]) -> str:
    """Words of a number, set off from letters beside it ("MP3" -> "MP three")."""
    text, start, end = match.string, match.start(), match.end()
    before = start > 0 and (text[start - 1].isalnum() or text[start - 1] in ".,")
    after = end < len(text) and text[end].isalnum() and text[end] not in "\u00b2\u00b3"
    return " " * before + number(match[1]) + " " * after


def _range(match: re.Match[str]) -> str:
    """ "$5-10" -> "5 to $10": the sign is said once, after the second number."""
    sign = "" if match[3] else match[1]
    first = match[2] if sign else match[1] + match[2]
    if match.string.startswith(match[2], match.end()):
        return f"{first} {sign}"  # fifty-fifty
    return f"{first} to {sign}"


def _is_part(above: str, below: str) -> bool:
    return below in _DENOMINATORS and int(above) < int(below) and above[0] != "0"


def _fraction(match: re.Match[str]) -> str:
    whole, above, below, _ = match.groups()
    if not _is_part(above, below):
        slash = " " if (above, below) in _PAIRS else " slash "
        return (cardinal(whole) + " " if whole else "") + slash.join(map(cardinal, (above, below)))
    name = _PARTS.get(below) or ordinal(below)
    if above != "1":
        name = "halves" if below == "2" else name + "s"
    if not whole:
        return f"{cardinal(above)} {name}"
    one = "an" if name[0] == "e" else "a"
    return f"{cardinal(whole)} and {one if above == '1' else cardinal(above)} {name}"


def _part(match: re.Match[str]) -> str:
    """A fraction, and what it is of: "1 1/2 oz"."""
    whole, above, below, unit = match.groups()
    text, end = match.string, match.end()
    if (above, below) in _PAIRS:
        return _fraction(match) + text[match.end(3) : end]
    if unit and not whole and gcd(int(above), int(below)) > 1:  # 16/32 GB
        return f"{cardinal(above)} slash {cardinal(below)} {UNITS[unit][1]}"
    if unit:
        return f"{_fraction(match)} {UNITS[unit][not _is_part(above, below) or bool(whole)]}"
    return _fraction(match) + " " * text[end : end + 1].isalpha()
