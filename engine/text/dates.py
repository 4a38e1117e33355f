"""Dates, years, decades and times of day -> English words."""

import re

from engine.text.numerals import cardinal, decade, number, ordinal, year
from engine.text.units import LONG_NAMES, SMALL_NAMES

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SHORT = {name[:3]: name for name in MONTHS} | {"Sept": "September"}
MONTH = "|".join([*MONTHS, *(rf"{short}\b\.?" for short in _SHORT if short != "May")])
"""A pattern of all, abbreviated too."""

DAYS = {
    "Mon": "Monday",
    "Tue": "Tuesday",
    "Tues": "Tuesday",
    "Wed": "Wednesday",
    "Thu": "Thursday",
    "Thur": "Thursday",
    "Thurs": "Thursday",
    "Fri": "Friday",
    "Sat": "Saturday",
    "Sun": "Sunday",
}
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_ANY_YEAR = r"10[1-9]\d|1[1-9]\d\d|20\d\d"
_YEAR = rf"(?:,? ({_ANY_YEAR})(?![\d:,.-]?\d))?"

_ISO = re.compile(r"(?<![\d-])(\d{4})-(\d\d)-(\d\d)(?:T(?=\d\d:)|(?![\d-]))")
_YEAR_FIRST = re.compile(r"(?<![\w/.])(\d{4})/(\d{1,2})/(\d{1,2})(?![\w/])")
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)(?![\d/])")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\.?\d)")
_DAYS = rf"{_DAY}(?: ?[-\u2013] ?{_DAY})?"
_MONTH_DAY = re.compile(rf"\b({MONTH}) {_DAYS}(?![\d:,.%-]?\d|%|[A-Za-z]){_YEAR}")
_DAY_MONTH = re.compile(rf"(?<![\d.,:])(?<!\d-)(\b[Tt]he )?\b{_DAYS} (?:of )?({MONTH})\b{_YEAR}")
_MONTH_YEAR = re.compile(rf"\b({MONTH}),? ({_ANY_YEAR})(?![\d:,.-]?\d)")
_WEEKDAY = re.compile(rf"\b({'|'.join(sorted(DAYS, key=len, reverse=True))})\.?,(?= )")

_DECADE = re.compile(r"(?:\b(1[1-9]\d0|20\d0)|(?<![\w.,$])'?([2-9]0))'?s\b")
_SPAN = re.compile(
    r"(?<![\d.,$\u00a3\u20ac-])(1[1-9]\d\d|20\d\d) ?[-\u2013\u2014] ?(1[1-9]\d\d|20\d\d|\d\d)"
    r"(?![\d%-]|[.,]\d)"
)
_BARE_YEAR = re.compile(
    r"(?:\b([Ii]n|[Ss]ince|[Yy]ear|[Cc]irca|[Uu]ntil|[Dd]uring|[Ss]pring|[Ss]ummer|[Aa]utumn"
    r"|[Ww]inter|[Tt]he(?= (?:1[789]|20)\d[1-9]\b(?! (?:people|men|women|children"
    r"|passengers|patients|students|workers|soldiers|members|employees|voters|victims|prisoners"
    r"|participants)\b))) )?"
    r"(?:(?<=\b[Pp]re-)|(?<=\b[Mm]id-)|(?<=\b[Pp]ost-)|(?<![\w.,$\u00a3\u20ac#+-]))"
    rf"({_ANY_YEAR})"
    r"(?![\d%\u00b0$\u00a3\u20ac+=/-]|[.,:]\d|'?[A-Za-z])"
    rf"(?! (?:percent|million|billion|[mgl]|x|{SMALL_NAMES})\b)(?! [+*/=])"
    r"(?:(?(1)(?:(?<=1[789]\d\d)|(?<=20\d\d))|(?!))|(?! (?:people|men|women|children"
    rf"|{LONG_NAMES}|(?!(?:always|as|does|has|his|is|its|this|thus|was)\b)[a-z]{{1,30}}s)\b))"
)
"""Not before a plural, which is what is counted: 1984 men. But in 1984 men were ..., where a word
that years stand after is before one of the last centuries."""

_TO_NOW = re.compile(r"(?<=\b(?:1[1-9]|20)\d\d) ?[-\u2013] ?(?=(?:now|present|today)\b)")
_SEASON = re.compile(r"(?<![\w.,/])(1[1-9]\d\d|20\d\d)/(\d\d)(?![\w/])")
_TIME_SPAN = re.compile(
    r"(?<=\d)((?: ?[AaPp][Mm]\b)?) ?[-\u2013] ?(?=\d{1,2}(?::\d\d| ?[AaPp][Mm]\b))"
)
_TIME_DOT = re.compile(r"(?<![\d:.,])(1[0-2]|0?[1-9])\.(?=[0-5]\d ?[AaPp][Mm]\b)")
_MEASURED = (
    r" ?(?:[%\u00b0$\u00a3\u20ac/*=+^\u00d7]|(?:per|percent|pence|times|points?|degrees|thousand"
    r"|million|billion|miles|feet|inches|seconds|minutes|pounds|dollars|euros|cents|knots"
    r"|tons|tonnes|\w{0,6}(?:met(?:er|re)s|grams)|[kcm]?m|[km]?g|ms|s|lbs?|oz|ft"
    r"|[kmMG]?Hz|[km]?V|[kM]?W|[MGk]B|[mk]ph|x|p|an?|against|apiece|each|stars|units|to the"
    r"|to \d{1,9}|for (?:adults|children))\b)"
)
_TOLD = re.compile(
    r"((?P<at>\b[Aa]t )|\b[Tt]he (?=\d\d?\.\d\d (?:bus|express|from|train)\b)"
    r"|\b(?:catch|caught|miss|missed|took) the (?=\d\d?\.\d\d(?! (?!(?:and|at|back|bus|down"
    r"|express|for|from|home|in|on|to (?=[A-Z])|train|up)\b)[a-z])))"
    rf"(0?[1-9]|1\d|2[0-3])\.(?=[0-5]\d\b(?![.,:/-]?\d|{_MEASURED}))"
)
"""Hours and minutes, if it is no decimal: "left at 8.15", "the 4.50 from Paddington"."""

_EVENT = re.compile(
    r"\b(?:(?:arriv|call|depart|leav|return|start|wak)[a-z]{0,3}|left|met|meet|meets|meeting|woke"
    r"|rose|breakfast|lunch|tea|dine|dines|dined|dinner|supper|trains?|beg[aiu]n|begins|came|come"
    r"|comes|coming|got (?:back|home|here|off|there|up)) (?:[\w'\u2019-]{1,20} ){0,4}$"
)
_DAYTIME = re.compile(
    r"\d\d (?:hours|sharp|tonight|tomorrow|in the (?:morning|afternoon|evening)"
    r"|th(?:is|at) (?:morning|afternoon|evening|night)"
    r"|on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b"
)
_PRICED = re.compile(
    r"\b(?:averag|bought|clock|clos|end|estimat|held|measur|open|peg|pric|quot|rat|remain|scor|sell"
    r"|sold|stand|stood|trad|valu)[a-z]{0,4} $|\bin $"
    r"|\b(?:average|[Cc]urrency|dollar|ERA|euro|GPA|[Gg]rowth|[Ii]ndex|[Ii]nflation|[Ii]nterest"
    r"|[Oo]dds|pound|[Pp]rices?|[Rr]ates?|[Ss]hares?|[Ss]tocks?|[Tt]rading|[Uu]nemployment|yen"
    r"|[Yy]ields?|[Cc]osts?|[Ll]oss|pH|[Ss]cales?|[Rr]atios?|[Rr]atings?|[Ss]cores?|[Ss]ugar"
    r"|[Ff]und|peso|ruble|[Tt]ickets?|[Vv]ersion|[Ss]upport|[Bb]eers?|[Mm]emberships?)\b"
)
_HOURS = re.compile(
    r"\b((?:[Aa]t|[Aa]fter|[Bb]efore|[Bb]y|[Ff]rom|[Ss]ince|[Uu]ntil|about|around|till|to) )?"
    r"(?<![\w.,:$\u00a3\u20ac-])([01]\d|2[0-4])([0-5]\d)( hours\b)?(?![\w%]|[ .,:/-]\d)"
)
_LASTING = re.compile(r" (?:of|in a|a|per|each|to [12]000)\b")
"""After hours that are counted, not told."""

_TOLD_AFTER = re.compile(
    r"\b(?:[Aa]t|[Bb]y|[Uu]ntil|till|[Bb]efore|[Ss]ince|[Ff]rom(?= 0[1-9][0-5][05] to \d{4}\b)"
    r"|(?:(?<=\b[Aa]t 0\d\d\d )|(?<=\b[Ff]rom 0[1-9]\d[05] ))to)(?= 0)"
)
_FIGURES = re.compile(r"(?i:\b(?:(?:mode|code|PIN|permission|set|change)[ds]?|chmod|umask)\b)")
_LASTED = re.compile(
    r"\b((?:(?i:in|duration|length|runtime)|clock(?:ed|s)|lasted|lasts|ran|takes?|took)"
    r"(?: about| only|:)? )(?!0:00:00)(\d):([0-5]\d):([0-5]\d)"
    r"(?![:\d]|[.,]\d| ?[AaPp]\.?[Mm])"
)
_TIME = re.compile(
    r"(?<![\d:.,])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d(?:\.\d{1,9}|,\d{3}(?!\d))?)Z?)?"
    r"(?![:\d]|\.\d)(?: ?([AaPp])[Mm]\b(?!'))?"
)
_HOUR = re.compile(r"(?<![\d:.,])([1-9]|1[0-2]) ?([AaPp])[Mm]\b(?!')")


def spoken_dates(text: str) -> str:
    """ "on 2026-11-21 at 17:45" -> "on November twenty-first, twenty twenty-six at ..."."""
    text = _WEEKDAY.sub(lambda match: DAYS[match[1]] + ",", text)
    text = _LASTED.sub(_lasted, text)
    text = _ISO.sub(lambda match: _numeric(match, match[1], match[2], match[3]), text)
    text = _YEAR_FIRST.sub(lambda match: _numeric(match, *match.groups()), text)
    text = _SLASHED.sub(_american, text)
    text = _DOTTED.sub(lambda match: _numeric(match, match[3], match[2], match[1]), text)
    text = _MONTH_DAY.sub(_month_day, text)
    text = _DAY_MONTH.sub(_day_month, text)
    text = _MONTH_YEAR.sub(lambda match: f"{_month(match[1])} {year(match[2])}", text)
    text = _HOURS.sub(_hours, _TOLD.sub(_told, text))
    text = _TIME_SPAN.sub(r"\1 to ", _TIME_DOT.sub(r"\1:", text))
    text = _HOUR.sub(lambda match: f"{cardinal(match[1])} {match[2].upper()}M", text)
    text = _TIME.sub(_time, text)
    text = _SEASON.sub(_season, _SPAN.sub(_span, _TO_NOW.sub(" to ", text)))
    text = _DECADE.sub(lambda match: decade(match[1] or match[2]), text)
    return _BARE_YEAR.sub(_bare_year, text)


def _month(name: str) -> str:
    name = name.rstrip(".")
    return _SHORT.get(name, name)


def _date(month: str, day: str, of_year: str | None) -> str:
    words = f"{month} {_ordinal(day)}"
    return f"{words}, {year(of_year)}" if of_year else words


def _numeric(match: re.Match[str], of_year: str, month: str, day: str) -> str:
    """A date in figures; left as it was when there is no such day."""
    if len(of_year) == 2:
        of_year = ("20" if of_year < "70" else "19") + of_year
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31 and 1000 <= int(of_year) <= 2999):
        return match[0]
    space = " " if match[0].endswith("T") else ""
    return _date(MONTHS[int(month) - 1], day, of_year) + space


def _american(match: re.Match[str]) -> str:
    """Month first, unless that cannot be."""
    first, second = match[1], match[2]
    if int(first) > 12:
        first, second = second, first
    return _numeric(match, match[3], first, second)


def _month_day(match: re.Match[str]) -> str:
    month, day, last, of_year = match.groups()
    if not _in_order(day, last):
        return match[0]
    words = _month(month) + " " + " to ".join(map(_ordinal, filter(None, (day, last))))
    return f"{words}, {year(of_year)}" if of_year else words


def _day_month(match: re.Match[str]) -> str:
    the, day, last, month, of_year = match.groups()
    if not _in_order(day, last):
        return match[0]
    to = f" to the {_ordinal(last)}" if last else ""
    words = f"{the or 'the '}{_ordinal(day)}{to} of {_month(month)}"
    return f"{words}, {year(of_year)}" if of_year else words


def _in_order(day: str, last: str | None) -> bool:
    """Whether these are days of a month."""
    return 1 <= int(day) < int(last or 32) <= 32


def _ordinal(day: str) -> str:
    return ordinal(day.lstrip("0"))


def _told(match: re.Match[str]) -> str:
    """ "left at 8.15" -> "left at 8:15", but not what is sold at that."""
    text, start = match.string, match.start()
    if match["at"]:
        event = _EVENT.search(text, max(0, start - 100), start) or _DAYTIME.match(text, match.end())
        if not event or _PRICED.search(text, max(0, start - 60), start):
            return match[0]
    return f"{match[1]}{match[3]}:"


def _hours(match: re.Match[str]) -> str:
    """ "at 0600" -> "at oh six hundred", "1400 hours" -> "fourteen hundred hours"."""
    at, hour, minute, hours = match.groups()
    text, start = match.string, match.start()
    if hour[0] == "0":
        told = hours or (
            _TOLD_AFTER.match(text, start) and not _FIGURES.search(text, max(0, start - 40), start)
        )
    elif minute == "00" and hour in {"10", "20"}:  # "2000 hours" of work
        told = (at or "").lower().strip() in {"at", "since", "until", "till", "from"}
    else:
        told = at or minute == "00"
    if not told or (hour[0] != "0" and (not hours or _LASTING.match(text, match.end()))):
        return match[0]
    past = "hundred" if minute == "00" else _two_digits(minute)
    return f"{at or ''}{'zero' if hour == '00' else _two_digits(hour)} {past}{hours or ''}"


def _two_digits(digits: str) -> str:
    return f"oh {cardinal(digits[1])}" if digits[0] == "0" else cardinal(digits)


def _lasted(match: re.Match[str]) -> str:
    """ "in 2:01:09" -> "in 2 hours, 1 minute and 9 seconds"."""
    word, *figures = match.groups()
    parts = zip(map(int, figures), ("hour", "minute", "second"), strict=True)
    said = [f"{value} {unit}{'s' * (value != 1)}" for value, unit in parts if value]
    return word + " and ".join(filter(None, (", ".join(said[:-1]), *said[-1:])))


def _time(match: re.Match[str]) -> str:
    hour, minute, second, letter = match.groups()
    words = [cardinal(str(int(hour)))]
    if minute != "00":
        words.append(_two_digits(minute))
    elif not letter and not second:
        if 1 <= int(hour) <= 12:
            words.append("o'clock")
        else:
            words = ["midnight"] if int(hour) in {0, 24} else [*words, "hundred"]
    seconds = f"{float((second or '0').replace(',', '.')):.9f}".rstrip("0").rstrip(".")
    if seconds != "0":
        words.append(f"and {number(seconds)} second{'s' * (seconds != '1')}")
    if letter:
        words.append(f"{letter.upper()}M")
    return " ".join(words)


def _span(match: re.Match[str]) -> str:
    last = cardinal(match[2]) if len(match[2]) == 2 else year(match[2])
    return f"{year(match[1])} to {last}"


def _season(match: re.Match[str]) -> str:
    """ "1984/85": the second year follows the first."""
    first, second = match.groups()
    if int(second) != (int(first) + 1) % 100 or second[0] == "0":
        return match[0]
    return f"{year(first)} {cardinal(second)}"


def _bare_year(match: re.Match[str]) -> str:
    """Four figures are a year after "in" or "since", or when they lie in the last centuries."""
    word, digits = match.groups()
    if word is None and not 1700 <= int(digits) <= 2099:
        return match[0]
    return f"{word} {year(digits)}" if word else year(digits)
