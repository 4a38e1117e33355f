"""Figures of formulas, tables and machines -> figures and words that the later steps read."""

import re

from engine.text.dates import MONTHS
from engine.text.numerals import cardinal, spelled, year

_SCIENTIFIC = re.compile(
    r"(?<![\w.:])(?<!\w-)(?<!U\+)((?:0|[1-9]\d{0,2})(?:\.\d{1,20})?)([eE])([+-]?)"
    r"0{0,2}([1-9]\d{0,2}|0)(?![\w:]|[.-]\w)"
)
_RAISED = re.compile(r"(?:(?<=[kcdmn\u03bc/]m)|(?<=\d m)|(?<=\dm)|(?<=/s))\^([23])(?!\d)")
_EQUATION = re.compile(
    r"(?<![\w.-])\d+(?:\.\d+)?(?: ?[-+] ?\d+(?:\.\d+)?){1,9}"
    r"(?= ?==? ?(?:(-?\d{1,9}(?:\.\d{1,9})?)(?![\w.]\d)|[-?]|[a-z]\b))"
)
_TERM = r"(?:\d|\(|[a-z](?![\w'.-]))"
_VARIABLE = re.compile(
    r"(?P<before>(?:\b[a-z](?:\([a-z]\))? ?= ?|[\d)x\u00b2\u00b3] \+ )-?)?"
    rf"(?<![\w.,])(\d{{1,4}}(?:\.\d+)?)x(?(before)(?!\w)|(?=\^|[\u00b2\u00b3]| ?[+*=] ?{_TERM}"
    r"| - \d{1,4}(?![\dx%])))"
)
"""3x of a formula, not of "a 3x increase"."""

_MULTIPLES = re.compile(r"(?<=\d)x[-\u2013](?=\d{1,4}(?:\.\d{1,3})?x(?!\w))")
_NEGATIVE = re.compile(
    r"(?:(?<=[=<>+*] )|(?<=[=<>*^|])|(?<=\w\())-(?=[A-Za-z](?![\w'-]))"
    rf"|(?<![^\s(])-(?=[b-hj-z] ?[+*/^] ?{_TERM})"
)
_LESS = re.compile(
    r"(?:(?<=[nt-z])(?<![\w'.-].)|(?<=[\u00b2\u00b3])|(?<=\d[t-z])) - "
    r"(?=\d{1,4}(?! ?[A-Za-z]{2})|[nt-z](?!\w|'|\.\w))"
    r"|(?<=\d) - (?=[t-z](?: ?[=+*/^)]|[.,;]|$))|(?:(?<=\^\d)|(?<=\^\d\d)) ?- ?(?=\d)"
)
_ZONE = re.compile(
    r"(?<![\d:])(\d\d:\d\d:\d\d(?:[.,]\d{1,9})?) ?([+-])([01]\d):?([0-5]\d)(?![\d:])"
)
_GROUPED = re.compile(
    r"(?<![\w.,:/+])(?<!\d )(?<!\) )([1-9]\d{0,2})((?: \d{3}){1,5})"
    r"(?!\d|[,:/]\d| \d|-\d{4})"
)
_PART = re.compile(r"\.\d")
_COMPOUND = re.compile("-[A-Za-z]")
_COUNTED = re.compile(
    r" ?(?!(?:and|are|at|for|in|is|of|on|or|to|was|were)\b)(?:[a-z%\u00b0$\u00a3\u20ac]|[A-Z]{3}\b)"
)
_LABEL = re.compile(
    rf"\b(?:{'|'.join(MONTHS)}|(?i:abn|account|act|apartment|apollo|apt|article|box|building|bus|call"
    r"|cell|chapter|class|code|contact|day|dial|event|extension|fax|fig(?:ure)?\.?|flight|gate|grade"
    r"|group|heat|hymn|id|isbn|item|lane|leg|level|line|lot|mobile|model|no\.?|number|page|part|phase"
    r"|phone|pincode|psalm|race|ref|ring|room|round|rule|seat|section|stage|step|study|table|tel\.?"
    r"|text|top|trial|type|unit|version|week|whatsapp|windows|year|zip))"
    r"(?: (?:at|is|me|on|us))*[:,]? {0,2}$|#$"
)
_HEX = re.compile(
    r"(?<!\w)0([xX](?=[0-9A-Fa-f]{1,32}\b)|[bB](?=[01]{1,64}\b))(\w+)( ?[-\u2013] ?(?=0x))?"
)
_VULNERABILITY = re.compile(r"\bCVE-(\d{4})-(\d{4,7})\b")


def spoken_figures(text: str) -> str:
    """ "1.5e-7, 12 000, y = -x" -> "1.5 times 10 to the minus 7, 12,000, y = minus x"."""
    text = _LESS.sub(" minus ", _NEGATIVE.sub("minus ", text))
    text = _EQUATION.sub(_equation, text)
    text = _VARIABLE.sub(lambda match: f"{match['before'] or ''}{match[2]} x", text)
    text = _MULTIPLES.sub(" to ", text)
    text = _RAISED.sub(lambda match: "\u00b2\u00b3"[match[1] == "3"], text)
    text = _HEX.sub(_hexadecimal, _SCIENTIFIC.sub(_scientific, text))
    text = _VULNERABILITY.sub(lambda match: f"CVE {year(match[1])}, {spelled(match[2])}", text)
    return _GROUPED.sub(_grouped, _ZONE.sub(_zone, text))


def _equation(match: re.Match[str]) -> str:
    """ "7-3=4" -> "7 minus 3=4", but not "18-24 = 1", which says what a range is worth."""
    terms = re.findall(r"[-+]?\d+(?:\.\d+)?", match[0].replace(" ", ""))
    right = match[1] and abs(sum(map(float, terms)) - float(match[1])) < 1e-6
    if not right and re.search(r"\d-\d", match[0]):
        return match[0]
    return re.sub(" ?- ?", " minus ", match[0])


def _scientific(match: re.Match[str]) -> str:
    factor, e, sign, power = match.groups()
    if "." not in factor and not sign and (e == "E" or _labelled(match)):
        return match[0]
    times = "" if factor == "1" else f"{factor} times "
    return f"{times}10 to the {'minus ' * (sign == '-')}{power}"


def _grouped(match: re.Match[str]) -> str:
    """ "12 000" -> "12,000", but not phone numbers, columns of numbers or "3 200-page books"."""
    first, rest = match.groups()
    text, end = match.string, match.end()
    if len(match[0]) == 5 and rest != " 000" and not _PART.match(text, end):
        return match[0]  # "2 500 mg tablets"
    apart = _COMPOUND.match(text, end) or (len(first) == 3 and not _COUNTED.match(text, end))
    if (apart and not rest.endswith("000")) or _labelled(match):
        return match[0]
    return match[0].replace(" ", ",")


def _labelled(match: re.Match[str]) -> bool:
    return bool(_LABEL.search(match.string, max(0, match.start() - 24), match.start()))


def _hexadecimal(match: re.Match[str]) -> str:
    """ "0x1F" -> "0 x one F"."""
    parts = re.findall(r"\d+|[A-F]{1,4}", match[2].upper())
    said = (spelled(part) if part.isdecimal() else part for part in parts)
    return " ".join(["0", match[1].lower(), *said]) + " to " * bool(match[3])


def _zone(match: re.Match[str]) -> str:
    """ "08:23:45+02:00" -> "08:23:45 UTC plus two"; without an offset as with "Z"."""
    time, sign, hours, minutes = match.groups()
    words = [cardinal(str(int(part))) for part in (hours, minutes) if part != "00"]
    return " ".join([time, "UTC", "plus" if sign == "+" else "minus", *words] if words else [time])
