"""A run of figures of a text not in English -> the number that it is, in words."""

import re

from engine.text.counting import cardinal, in_words, number_between, one_by_one
from engine.text.languages import LANGUAGES, Language

RUN = r"(?<!\d)(?>\d+(?:(?:[.,:/'\u2013-]| (?=\d{3}(?!\d)))\d+){0,40})"
MINUS = r"(?<!(?u:[\w)%.,\u064b-\u0652\u0900-\u0dff-]))[-\u2212]"
"""Before a figure, in a pattern of ASCII."""

RANGE = re.compile(r"(\d+)[\u2013-](\d+)", re.ASCII)
_YEAR = re.compile(r"1[1-9]\d\d", re.ASCII)

_BESIDE = re.compile(
    r"(?!(?:er[ns]?|ige?[mnrs]?|prozentige?[mnrs]?)\b"
    r"|(?:\u0935\u0940\u0902?|\u0935\u0947\u0902|\u0935\u093e[\u0901\u0902]?)(?![\u0900-\u0963]))"
    r"[^\W_\u00b2\u00b3]"
)
"""A letter that is no ending of the number, as in "1980er"."""

_TELEPHONE = re.compile(
    r"\b(?:(?P<sure>(?:t[e\u00e9]l|tfno|tlf|tlm|fax)(?=[.:]))"
    r"|fax|handy|m\u00f3vil|telef\w{2,6}|t\u00e9l\u00e9ph\w{2,4}"
    r"|telem\u00f3v\w{2,3}|llam\w{1,4} al|appelez (?:le|au)|chiam\w{1,4} (?:il|al)"
    r"|lig\w{1,3} (?:para|ao?))\b\W{1,3}$",
    re.IGNORECASE,
)
_AREA_BEFORE = re.compile(r"(?<![\d.,])0\d{1,4} $", re.ASCII)
_PAIRS_AFTER = re.compile(r" \d\d \d\d(?!\w|[.,:]\d| \d{3}(?!\d))", re.ASCII)
_CODE_BEFORE = re.compile(r"(?:\+\d[\d ]{0,14}|(?<![\d.,])(?:0\d{1,5}|\d{3})) $", re.ASCII)
"""What tells the groups of a telephone number from thousands."""


def parsed(run: str, language: Language) -> tuple[str, str] | None:
    """Digits before and after the decimal sign; None where a run is no number."""
    if run.isdecimal():
        return run, ""
    for sign in f"{language.groups}.,":  # the other way round where that is the only reading
        grouped = rf"(\d{{1,3}}(?:\{sign}\d{{3}})+)"
        decimal = {",": r"\.", "'": "[.,]"}.get(sign, ",")
        optional = "?" if sign in language.groups else ""
        if found := re.fullmatch(rf"{grouped}(?:{decimal}(\d+)){optional}", run, re.ASCII):
            return found[1].replace(sign, ""), found[2] or ""
    found = re.fullmatch(r"(\d+)[.,](\d+)", run, re.ASCII)
    return (found[1], found[2]) if found else None


def value(run: str, code: str, before: str, after: str) -> str:
    """A run in words; empty where it is no number."""
    language = LANGUAGES[code]
    if ends := RANGE.fullmatch(run):
        return _range(ends[1], ends[2], code)
    if _in_groups(run, before, after):
        return " ".join(cardinal(group, code) for group in run.split(" "))
    if run.isdecimal() and len(run) > 5 and _CODE_BEFORE.search(before):
        return one_by_one(run, code)
    if not (found := parsed(run, language)):
        return ""
    whole, decimals = found
    if decimals:
        return f"{cardinal(whole, code)} {language.point} {one_by_one(decimals, code)}"
    if len(run) == 4 and code != "ar":  # it may be a year
        return _alone(run, code)
    return number_between(whole, code, before, after)


def _in_groups(run: str, before: str, after: str) -> bool:
    """Whether blanks in a run part a telephone number, not thousands."""
    groups = run.split(" ")
    if len(groups) < 2 or "000" in groups or not re.fullmatch(r"[\d ]+", run, re.ASCII):
        return False
    if _AREA_BEFORE.search(before) or (len(groups[0]) > 1 and _PAIRS_AFTER.match(after)):
        return True
    if before.endswith("+"):
        return len(groups) > 2 or bool(re.match(r" \d\d", after, re.ASCII))
    called = _TELEPHONE.search(before)
    return called is not None and bool(called["sure"] or len(groups) > 2)


def _alone(digits: str, code: str) -> str:
    if LANGUAGES[code].years and _YEAR.fullmatch(digits):
        return in_words(int(digits), code, "year")
    return cardinal(digits, code)


def _range(first: str, last: str, code: str) -> str:
    """ "1914-18"; but a code ("347-1234567", "01310-100") is read digit by digit."""
    long = max(len(first), len(last)) > 4 and not (first[-2:] == last[-2:] == "00")
    if long or any(len(digits) > 1 and digits[0] == "0" for digits in (first, last)):
        return f"{one_by_one(first, code)}, {one_by_one(last, code)}"
    return f"{_alone(first, code)} {LANGUAGES[code].to} {_alone(last, code)}"


def apart(match: re.Match[str], words: str) -> str:
    """Words set off from letters beside them ("MP3" -> "MP trois"), but "1980er"."""
    before = match.string[max(0, match.start() - 1) : match.start()]
    after = _BESIDE.match(match.string, match.end())
    return " " * before.isalnum() + words + " " * bool(after)
