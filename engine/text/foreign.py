"""Numbers of a text not in English -> words of its language.

A run of digits and signs is read as what it looks like in that language: a number, a decimal, a
range, an amount of money, a time of day, an ordinal, degrees. Anything else (a date in figures, a
version, a telephone number with several hyphens) stays as it is written.
"""

import re
from functools import lru_cache
from unicodedata import normalize

from engine.text.counting import cardinal, counted, in_words, is_large, number_between, one_by_one
from engine.text.languages import LANGUAGES, Language

_ARABIC = str.maketrans(
    "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u066a\u066b\u066c",
    "0123456789%.,",
)

_DEVANAGARI = str.maketrans(
    "\u0966\u0967\u0968\u0969\u096a\u096b\u096c\u096d\u096e\u096f", "0123456789"
)
_LAKHS = re.compile(r"(?<![\d,])\d{1,2}(?:,\d{2})+,\d{3}(?![\d,])", re.ASCII)
"""Grouped as in India: 12,34,567."""

_RUN = r"(?<!\d)(?>\d+(?:(?:[.,:/'\u2013-]| (?=\d{3}(?!\d)))\d+){0,40})"
_NUMBER = re.compile(
    rf"((?<!(?u:[\w)%.,\u064b-\u0652\u0900-\u0dff-]))[-\u2212](?=\d))?({_RUN})( ?%)?", re.ASCII
)
_RANGE = re.compile(r"(\d+)[\u2013-](\d+)", re.ASCII)
_YEAR = re.compile(r"1[1-9]\d\d", re.ASCII)

_COUNTED_DEGREES = (
    r"(?<!\d{3})\u00b0(?= (?i:anno|anniversario|capitolo|giorno|grado|piano|posto|premio|secolo"
    r"|gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre"
    r"|andar|ano|cap[i\u00ed]tulo|dia|d\u00eda|grau|lugar|s\u00e9culo|a\u00f1o|piso|premio|puesto|siglo)\b)"
)
"""A sign of degrees in the place of the raised o: "5\u00b0 piano"."""

_RAISED = rf"\u00ba(?! ?C\b)|\u00aa|{_COUNTED_DEGREES}"
_ORDINALS = {
    "fr": re.compile(r"(?<![\w.,])(\d{1,4})(ers?|[e\u00e8]?res?|[e\u00e8]mes?|es?|nde?s?)(?!\w)"),
    "es": re.compile(rf"(?<![\w.,])(\d{{1,3}})\.?({_RAISED}|(?:er|[rdtmvn][oa])(?!\w))"),
    "it": re.compile(rf"(?<![\w.,])(\d{{1,4}})\.?({_RAISED})"),
    "pt": re.compile(rf"(?<![\w.,])(\d{{1,3}})\.?({_RAISED})"),
    "nl": re.compile(r"(?<![\w.,])(\d{1,4})(ste|de|e)(?!\w)"),
}
_CELSIUS = re.compile(r"(?<=\d) ?[\u00b0\u00ba] ?C(?:elsius)?\b")

_POWER = re.compile(r"(?<=\d)(?<!\d{4})(?:\^(?=-?\d)|([\u00b2\u00b3]))", re.ASCII)
"""Not after a year, where it is a footnote's."""

_HOUR = r"(?:[01]?\d|2[0-4])"
_HOUR_WORD = " ?(?:Uhr|uur|h)"
_ITALIAN_TIME = re.compile(
    rf"\b((?:d?alle|delle|ore|(?:dopo|sono|verso) le) {_HOUR})\.([0-5]\d)"
    rf"(?:( ?[\u2013-] ?{_HOUR})\.([0-5]\d))?(?!\d|[.,]\d| ?%)",
    re.IGNORECASE,
)
"""Hours and minutes with a full stop, after a word that tells them from a decimal."""

_BESIDE = re.compile(r"(?!(?:er[ns]?|ige?[mnrs]?)\b)[^\W_\u00b2\u00b3]")
"""A letter that is no ending of the number, as in "1980er"."""


def spoken_numbers(text: str, code: str) -> str:
    """ "Il a payé 12,50 € le 1er mai." -> "Il a payé douze euros et cinquante centimes le ..."."""
    language = LANGUAGES.get(code)
    if not language:
        return text
    if code == "ar":
        text = text.translate(_ARABIC)
    if code == "hi":
        text = _LAKHS.sub(lambda m: m[0].replace(",", ""), text.translate(_DEVANAGARI))
    if code == "it":
        text = _ITALIAN_TIME.sub(_with_colons, text)
    if language.clock:
        text = _hours(code).sub(lambda match: _from_hour(match, language.to), text)
        text = _clock(code).sub(lambda match: _time(match, code), text)
    if degrees := language.degrees:
        text = _CELSIUS.sub(lambda match: _degrees(match, degrees), text)
    if ordinals := _ORDINALS.get(code[:2]):
        text = ordinals.sub(lambda match: _ordinal(match[1], match[2], code), text)
    if language.money:
        text = _amounts(code).sub(lambda match: _money(match, code), text)
    if language.power:
        text = _POWER.sub(lambda match: _power(match[1], language.power), text)
    text = _NUMBER.sub(lambda match: _number(match, code), text)
    return text.replace("un' ", "un'") if code == "it" else text


def _parsed(run: str, language: Language) -> tuple[str, str] | None:
    """Digits before and after the decimal sign; None where a run is no number."""
    if run.isdecimal():
        return run, ""
    for sign in f"{language.groups}.,":  # the other way round where that is the only reading
        grouped, decimal = rf"(\d{{1,3}}(?:\{sign}\d{{3}})+)", "." if sign == "," else ","
        optional = "?" if sign in language.groups else ""
        if found := re.fullmatch(rf"{grouped}(?:\{decimal}(\d+)){optional}", run, re.ASCII):
            return found[1].replace(sign, ""), found[2] or ""
    found = re.fullmatch(r"(\d+)[.,](\d+)", run, re.ASCII)
    return (found[1], found[2]) if found else None


def _number(match: re.Match[str], code: str) -> str:
    language, text = LANGUAGES[code], match.string
    before = text[max(0, match.start(2) - 16) : match.start(2)]
    words = _value(match[2], code, before, text[match.end(2) : match.end(2) + 60])
    if not words:
        return match[0]
    if match[1]:
        words = f"{language.minus} {words}"
    if match[3]:
        words = f"{words} {language.percent}"
    return _apart(match, words)


def _value(run: str, code: str, before: str, after: str) -> str:
    """A run in words; empty where it is no number."""
    language = LANGUAGES[code]
    if ends := _RANGE.fullmatch(run):
        return _range(ends[1], ends[2], code)
    if not (parsed := _parsed(run, language)):
        return ""
    whole, decimals = parsed
    if decimals:
        return f"{cardinal(whole, code)} {language.point} {one_by_one(decimals, code)}"
    if len(run) == 4 and code != "ar":  # it may be a year
        return _alone(run, code)
    return number_between(whole, code, before, after)


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


def _apart(match: re.Match[str], words: str) -> str:
    """Words set off from letters beside them ("MP3" -> "MP trois"), but "1980er"."""
    before = match.string[max(0, match.start() - 1) : match.start()]
    after = _BESIDE.match(match.string, match.end())
    return " " * before.isalnum() + words + " " * bool(after)


@lru_cache
def _amounts(code: str) -> re.Pattern[str]:
    """Money, its sign before or after, perhaps in thousands or millions."""
    sizes = LANGUAGES[code].sizes
    words = sorted({*sizes, *(word for pair in sizes.values() for word in pair)}, key=len)
    size = rf"(?:mil )?(?:{'|'.join(reversed(words))})(?u:\b)"
    signs = r"R\$|[$\u20ac\u00a3]"
    return re.compile(
        rf"(?P<before>{signs}) ?(?P<first>{_RUN})(?: ?(?P<size>{size})(?:\.(?= [a-z]))?)?"
        rf"|(?P<last>{_RUN})(?: ?(?P<sized>{size})\.?(?: d(?:e|i|'))?)?"
        rf" ?(?P<after>{signs}|(?:EUR|USD|GBP)\b)",
        re.ASCII,
    )


def _money(match: re.Match[str], code: str) -> str:
    language = LANGUAGES[code]
    money = language.money.get(match["before"] or match["after"])
    run, size = match["first"] or match["last"], match["size"] or match["sized"]
    if not money:
        return match[0]
    if size or _RANGE.fullmatch(run):
        words = _sized(run, size or "", code)
        return _apart(match, words + _currency(words, money.many, code)) if words else match[0]
    parsed = _parsed(run, language)
    if not parsed or len(parsed[1]) not in (0, 2):
        return match[0]
    whole, part = parsed
    amount = counted(whole, code, money.feminine)
    amount += _currency(amount, money.one if whole == "1" else money.many, code)
    if part.strip("0"):
        cents = str(int(part))
        coins = f"{counted(cents, code)} {money.cent if cents == '1' else money.cents}"
        amount = coins if not whole.strip("0") else f"{amount}{language.joint}{coins}"
    return _apart(match, amount)


def _sized(run: str, size: str, code: str) -> str:
    """ "20" and "M" -> "vingt millions"."""
    if forms := LANGUAGES[code].sizes.get(size):
        halves = code[:2] in {"fr", "pt"} and re.fullmatch(r"[01][.,]\d{1,3}", run)
        size = forms[0 if run == "1" or halves else 1]
    words = _value(run, code, "", f" {size}")
    return words and f"{words} {size}".rstrip()


def _currency(amount: str, name: str, code: str) -> str:
    """ " euros", but " d'euros" after millions."""
    of = LANGUAGES[code].of
    if not (of and is_large(amount)):
        return f" {name}"
    return f" d'{name}" if code == "fr" and name[0] == "e" else f" {of} {name}"


@lru_cache
def _clock(code: str) -> re.Pattern[str]:
    """Hours and minutes, or an hour with its word."""
    language, hour = LANGUAGES[code], rf"(?<![\w:.,-])(?P<{{}}>{_HOUR})"
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
    """ "14h30-" -> "14:30 à "."""
    minute = f":{match['minute']}" if match["minute"] else match["word"] or ""
    return f"{match['hour']}{minute} {to} "


def _with_colons(match: re.Match[str]) -> str:
    """ "alle 10.30" -> "alle 10:30"."""
    return f"{match[1]}:{match[2]}" + (f"{match[3]}:{match[4]}" if match[3] else "")


def _time(match: re.Match[str], code: str) -> str:
    one, many, before_minutes = LANGUAGES[code].hour
    found = match.groupdict()
    hour = str(int(found["hour"] or found["alone"]))
    feminine = code[:2] in {"fr", "es", "pt"} or (code == "it" and hour == "1")
    words = counted(hour, code, feminine) + (one if hour in {"0", "1"} else many)
    minute = int(found["minute"] or 0)
    return words + (before_minutes + cardinal(str(minute), code) if minute else "")


def _degrees(match: re.Match[str], names: tuple[str, str]) -> str:
    one = re.search(r"(?<![\d.,])1$", match.string[max(0, match.start() - 2) : match.start()])
    return f" {names[0 if one else 1]} Celsius"


def _power(raised: str | None, word: str) -> str:
    """ "²" -> " hoch 2", and "^" -> " hoch "."""
    return f" {word} {normalize('NFKC', raised or '')}"


def _ordinal(digits: str, ending: str, code: str) -> str:
    words = in_words(int(digits), code, "ordinal")
    if code == "fr":
        plural = "s" if ending.endswith("s") else ""
        if digits == "1":
            return ("premi\u00e8re" if "re" in ending else "premier") + plural
        if ending.startswith("nd"):
            words = "seconde" if ending.startswith("nde") else "second"
        return words + plural
    if ending[-1] in "a\u00aa":
        return " ".join(re.sub("o$", "a", word) for word in words.split())
    if code == "es" and ending in {"er", "\u00b0"}:  # before a noun
        return re.sub("ero$", "er", words)
    return words
