"""Times of day in other languages than English -> words."""

import re
from functools import lru_cache

from engine.text.counting import cardinal, counted
from engine.text.languages import LANGUAGES

_HOUR = r"(?:[01]?\d|2[0-4])"
_HOUR_WORD = " ?(?:Uhr|uur|h)"

_BEFORE = {
    "it": r"(?:(?:d?alle|delle|ore|(?:dopo|sono|verso) le) |d?all')",
    "es": r"(?:(?:a|de|desde|hasta|hacia|sobre|entre|tras|para) las? |(?<=\d )y las? )",
    "pt": r"(?:(?:\u00e0s?|das|pelas|(?:at\u00e9|desde|entre|para) as) )",
    "nl": r"(?<!\bgaat )(?<!\bgaan )(?<!\bging )(?<!\bdraait )(?<!\bdraaide )om ",
}
"""Words that tell hours and minutes with a full stop from a decimal."""

_COMMA = r"|(?:(?<=\bore \d)|(?<=\bore \d\d)|(?<=\bsono le \d)|(?<=\bsono le \d\d)),"
"""Between Italian hours and minutes, only where nothing else can be meant."""

_NO_TIME = (
    r"(?!\d|[.,]\d| ?[%\u20ac$\u00a3\u00b0]| ?(?:[kcmd]?[mgl]|mila?|mill[eo]\w{0,3}|milh\w{2,4}"
    r"|milion\w|euros?|d\u00f3lar(?:es)?|dollar[oi]?|libras?|sterlin[ae]|lire|pesetas?|reais|ponden?|procent"
    r"|met(?:ros?|ri|er)|lit(?:ros?|ri|er)|gra(?:dos?|di|us)|chili|qui?los?|p[eo]r ci?ento|ton\w*"
    r"|pesos?|gram|kilo\w*|mil?joen|miljard|pond|punten|keer|mensen)\b(?!'))"
)
_HOURS_AFTER = {"pt": r"(?: ?(?:horas|hrs?|h)\b)?"}
"""Said before the minutes instead."""

_DUTCH_END = r"(?: ?u\.(?= [a-z])| ?u(?=[.,;:!?)]|$| ?[\u2013-] ?\d)|u\b(?!'))"
_DUTCH = re.compile(
    rf"(?<![\w:.,/-])(?<![Vv]ersie )(?P<hour>{_HOUR})"
    rf"(?:u(?P<after>[0-5]\d)\b|[.:](?P<minute>[0-5]\d){_DUTCH_END}"
    rf"|(?P<alone>u\b(?!')|(?:(?<=\b[Oo]m \d)|(?<=\b[Oo]m \d\d)){_DUTCH_END}))",
    re.MULTILINE,
)
"""Hours with "u" for "uur"; where it may be the pronoun, it is not taken for one."""

_TIME_BEFORE = re.compile(r"\b(?:om|tot|vanaf|tegen|rond|omstreeks) $", re.IGNORECASE)
_TIME_AFTER = re.compile(r" tot \d")


def spoken_times(text: str, code: str) -> str:
    """ "alle 14.30" -> "alle quattordici e trenta"."""
    language = LANGUAGES[code]
    if code == "nl":
        text = _DUTCH.sub(_with_uur, text)
    if code[:2] in _BEFORE:
        text = _stopped(code[:2]).sub(_with_colons, text)
    if language.clock:
        text = _hours(code).sub(lambda match: _from_hour(match, language.to), text)
        text = _clock(code).sub(lambda match: _time(match, code), text)
    return text


@lru_cache
def _stopped(code: str) -> re.Pattern[str]:
    """Hours and minutes with a full stop between them, perhaps a range of them."""
    sign = rf"\.{_COMMA}" if code == "it" else r"\."
    return re.compile(
        rf"\b(?P<lead>{_BEFORE[code]})(?P<hour>{_HOUR})(?P<sign>{sign})(?P<minute>[0-5]\d)"
        rf"(?:(?P<to> ?[\u2013-] ?{_HOUR})(?P=sign)(?P<last>[0-5]\d))?{_NO_TIME}"
        + _HOURS_AFTER.get(code, ""),
        re.IGNORECASE,
    )


def _with_colons(match: re.Match[str]) -> str:
    """ "alle 10.30" -> "alle 10:30"."""
    last = f"{match['to']}:{match['last']}" if match["to"] else ""
    return f"{match['lead']}{match['hour']}:{match['minute']}{last}"


def _with_uur(match: re.Match[str]) -> str:
    """ "8u30" -> "8:30", "20.30 u" -> "20:30 uur"."""
    if minute := match["after"]:
        return f"{match['hour']}:{minute}"
    if match["minute"]:
        return f"{match['hour']}:{match['minute']} uur"
    before = match.string[max(0, match.start() - 20) : match.start()]
    if not (_TIME_BEFORE.search(before) or _TIME_AFTER.match(match.string, match.end())):
        return match[0]
    return f"{match['hour']} uur"


@lru_cache
def _clock(code: str) -> re.Pattern[str]:
    """Hours and minutes, or an hour with its word."""
    language, hour = LANGUAGES[code], rf"(?<![\w:.,-])(?<!\d/)(?P<{{}}>{_HOUR})"
    return re.compile(
        rf"{hour.format('hour')}(?:{language.clock})(?P<minute>[0-5]\d)"
        rf"(?:(?:{_HOUR_WORD}|min)(?u:\b)|(?![\w:]|[.,]\d))"
        rf"|{hour.format('alone')} ?(?:{language.alone})(?u:\b)",
        re.ASCII,
    )


@lru_cache
def _hours(code: str) -> re.Pattern[str]:
    """The first of two hours with a dash between them."""
    signs, alone = LANGUAGES[code].clock, LANGUAGES[code].alone
    return re.compile(
        rf"(?<![\w:.,-])(?P<hour>{_HOUR})"
        rf"(?:(?:{signs}|\.)(?P<minute>[0-5]\d)(?:{_HOUR_WORD})?|(?P<word> ?(?:{alone}))(?u:\b))?"
        r"(?:[\u2013-]|(?(minute)|(?(word)|(?!))) ?[\u2013-] ?)"
        rf"(?={_HOUR}(?:(?:{signs})[0-5]\d| ?(?:{alone})(?u:\b)))",
        re.ASCII,
    )


def _from_hour(match: re.Match[str], to: str) -> str:
    """ "14h30-" -> "14:30 \u00e0 "."""
    minute = f":{match['minute']}" if match["minute"] else match["word"] or ""
    return f"{match['hour']}{minute} {to} "


def _time(match: re.Match[str], code: str) -> str:
    one, many, before_minutes = LANGUAGES[code].hour
    found = match.groupdict()
    hour = str(int(found["hour"] or found["alone"]))
    feminine = code[:2] in {"fr", "es", "pt"} or (code == "it" and hour == "1")
    words = counted(hour, code, feminine) + (one if hour in {"0", "1"} else many)
    minute = int(found["minute"] or 0)
    return words + (before_minutes + cardinal(str(minute), code) if minute else "")
