"""Numbers of a text not in English -> words of its language, by num2words and indic-numtowords.

A run of digits and signs is read as what it looks like in that language: a number, a decimal, a
range, an amount of money, a time of day, an ordinal. Anything else (a date in figures, a version,
a telephone number with hyphens) stays as it is written.
"""

import re
from functools import lru_cache

from engine.text.languages import LANGUAGES, Language, Money

_LONGEST = 12
"""More digits than these are read one by one."""

_ARABIC = str.maketrans(
    "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u066a\u066b\u066c",
    "0123456789%.,",
)

_DEVANAGARI = str.maketrans(
    "\u0966\u0967\u0968\u0969\u096a\u096b\u096c\u096d\u096e\u096f", "0123456789"
)
_LAKHS = re.compile(r"(?<![\d,])\d{1,2}(?:,\d{2})+,\d{3}(?![\d,])", re.ASCII)
"""Grouped as in India: 12,34,567."""

_MOST = {"hi": 9}
"""Digits that are read as one number, where these are fewer than _LONGEST."""

_RUN = r"(?<!\d)\d+(?:(?:[.,:/'\u2013-]| (?=\d{3}(?!\d)))\d+){0,40}"
_NUMBER = re.compile(rf"((?<![\w)%.,-])[-\u2212](?=\d))?({_RUN})( ?%)?", re.ASCII)
_SCALED = r"(?! ?(?:[kKmM]\b|[kM]?\u20ac|mill|milh|mili|Mill|Mrd|mrd|mila\b|mil\b|tausend))"
_SIGNS = r"R\$|[$\u20ac\u00a3]"
_MONEY = re.compile(
    rf"(?P<before>{_SIGNS}) ?(?P<first>{_RUN}){_SCALED}"
    rf"|(?P<last>{_RUN}) ?(?P<after>{_SIGNS}|(?:EUR|USD|GBP)\b)",
    re.ASCII,
)
_RANGE = re.compile(r"(\d+)[\u2013-](\d+)", re.ASCII)

_ORDINALS = {
    "fr": re.compile(r"(?<![\w.,])(\d{1,4})(ers?|[e\u00e8]?res?|[e\u00e8]mes?|es?|nde?s?)(?!\w)"),
    "es": re.compile(r"(?<![\w.,])(\d{1,3})\.?(\u00ba|\u00aa|er\b)"),
    "it": re.compile(r"(?<![\w.,])(\d{1,4})\.?(\u00ba|\u00aa)"),
    "pt": re.compile(r"(?<![\w.,])(\d{1,3})\.?(\u00ba|\u00aa)"),
    "nl": re.compile(r"(?<![\w.,])(\d{1,4})(ste|de|e)(?!\w)"),
}
_NOUN = {
    "de": re.compile(r" (?!(?:Der|Die|Das|Ein|Eine|Er|Sie|Es)\b)[A-ZÄÖÜ]| ?%"),
    "es": re.compile(
        r" (?!(?:al?|así|con|contra|de|del|e|el|en|entre|es|está|fue|hasta|la|lo|los|las|mis|más"
        r"|menos|no|nos|o|para|pero|por|que|se|si|sin|sobre|son|sus|tras|u|y|ya)\b)[a-záéíóúñ]+\b"
    ),
}
"""What a number counts, after it."""

_FEMININE_NOUN = {
    "de": re.compile(
        r" (?!(?:Auge|Ende|Gebäude|Interesse|Junge|Kunde|Name)\b)"
        r"(?:\w+(?:e|heit|ion|keit|schaft|tät|ung)|Frau|Nacht|Person|Stadt)\b"
    ),
    "es": re.compile(
        r" (?!(?:días?|mapas?|planetas?|\w+[aeo]mas?)\b)\w+(?:as?|ción|ciones|dad|dades)\b"
    ),
}
_LABEL = re.compile(
    r"\b(?:Kapitel|Nummer|Nr\.|Platz|Band|Teil|Seite|Artikel|Klasse|Gruppe|Liga|Stufe|Zimmer|Tag"
    r"|capítulo|número|núm\.|página|tomo|parte|artículo|día|grupo|sala|el|la) $",
    re.IGNORECASE,
)
"""What goes before a number that counts nothing."""

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
    if language.clock:
        text = _clock(language.clock, language.alone).sub(lambda match: _time(match, code), text)
    if code in _ORDINALS:
        text = _ORDINALS[code].sub(lambda match: _ordinal(match[1], match[2], code), text)
    if language.money:
        text = _MONEY.sub(lambda match: _money(match, code), text)
    return _NUMBER.sub(lambda match: _number(match, code), text)


@lru_cache(maxsize=65536)
def in_words(number: int, code: str, kind: str) -> str:
    """A number as num2words says it, in the way of the language."""
    # Here, because it takes 40 ms and many texts have no number.
    if code == "hi":
        from indic_numtowords import num2words as hindi  # type: ignore[import-untyped]

        return str(hindi(number, lang="hi"))
    from num2words import num2words  # type: ignore[import-untyped]

    words: str = num2words(number, lang=code, to=kind)
    if code == "ar":
        return words.replace(" \u0648 ", " \u0648")
    if code == "it" and words.endswith("tre") and words != "tre" and words[-4] != " ":
        return words[:-1] + "\u00e9"
    return words.replace(" honderd", "honderd") if kind == "year" else words


def _cardinal(digits: str, code: str, feminine: bool = False) -> str:
    if len(digits) > _MOST.get(code, _LONGEST) or (len(digits) > 1 and digits[0] == "0"):
        return " ".join(in_words(int(digit), code, "cardinal") for digit in digits)
    words = in_words(int(digits), code, "cardinal")
    return _feminine(words, code) if feminine else words


def _feminine(words: str, code: str) -> str:
    """ "veintiuno" -> "veintiuna", "vingt et un" -> "vingt et une", "duzentos" -> "duzentas"."""
    if code == "fr":
        return words + "e" if re.search(r"\bun$", words) else words
    if code == "it":
        return "una" if words == "uno" else words
    words = re.sub(r"(?<=[eé]nt)os\b", "as", words)
    words = re.sub(r"\bdois$", "duas", re.sub(r"\bum$", "uma", words))
    return re.sub(r"uno$", "una", words)


def _counted(digits: str, code: str, feminine: bool = False) -> str:
    """A number before a noun: "ein Euro", "un euro", "veintiún euros"."""
    words = _cardinal(digits, code, feminine)
    if code == "es":
        return re.sub(r"\buno$", "un", re.sub(r"veintiuno$", "veinti\u00fan", words))
    if code == "it":
        return "un" if words == "uno" else words
    if (code, words) == ("de", "eins"):
        return "eine" if feminine else "ein"
    return words


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
    language, run = LANGUAGES[code], match[2]
    if ends := _RANGE.fullmatch(run):
        words = f"{_cardinal(ends[1], code)} {language.to} {_cardinal(ends[2], code)}"
    elif not (parsed := _parsed(run, language)):
        return match[0]
    elif parsed[1]:
        decimals = " ".join(in_words(int(digit), code, "cardinal") for digit in parsed[1])
        words = f"{_cardinal(parsed[0], code)} {language.point} {decimals}"
    elif language.years and run.isdecimal() and len(run) == 4 and "1100" <= run <= "1999":
        words = in_words(int(run), code, "year")
    elif _counts(match, parsed[0], code):
        feminine = _FEMININE_NOUN[code].match(match.string, match.end(2))
        words = _counted(parsed[0], code, bool(feminine))
    else:
        words = _cardinal(parsed[0], code)
    if match[1]:
        words = f"{language.minus} {words}"
    if match[3]:
        words = f"{words} {language.percent}"
    return _apart(match, words)


def _counts(match: re.Match[str], digits: str, code: str) -> bool:
    """Whether a noun follows, where the language has another form of the number before one."""
    text, start = match.string, match.start(2)
    if code not in _NOUN or _LABEL.search(text, max(0, start - 12), start):
        return False
    noun = _NOUN[code].match(text, match.end(2))
    if noun and code == "es" and digits != "1":
        return noun[0].endswith("s") and len(match[2]) != 4  # no year
    return bool(noun)


def _apart(match: re.Match[str], words: str) -> str:
    """Words set off from letters beside them ("MP3" -> "MP trois"), but "1980er"."""
    before = match.string[max(0, match.start() - 1) : match.start()]
    after = _BESIDE.match(match.string, match.end())
    return " " * before.isalnum() + words + " " * bool(after)


def _money(match: re.Match[str], code: str) -> str:
    language = LANGUAGES[code]
    money = language.money.get(match["before"] or match["after"])
    parsed = _parsed(match["first"] or match["last"], language)
    if not money or not parsed or len(parsed[1]) not in (0, 2):
        return match[0]
    whole, part = parsed
    amount = f"{_counted(whole, code, money.feminine)} {_named(whole, money)}"
    if part.strip("0"):
        cents = str(int(part))
        coins = f"{_counted(cents, code)} {money.cent if cents == '1' else money.cents}"
        amount = coins if not whole.strip("0") else f"{amount}{language.joint}{coins}"
    return _apart(match, amount)


def _named(digits: str, money: Money) -> str:
    return money.one if digits == "1" else money.many


@lru_cache
def _clock(signs: str, alone: str) -> re.Pattern[str]:
    """Hours and minutes, or an hour with its word."""
    hour = r"(?<![\w:.,-])(?P<{}>[01]?\d|2[0-4])"
    return re.compile(
        rf"{hour.format('hour')}(?:{signs})(?P<minute>[0-5]\d)(?![\w:]|[.,]\d)(?: (?:Uhr|uur|h)\b)?"
        + (rf"|{hour.format('alone')} ?(?:{alone})\b" if alone else ""),
        re.ASCII,
    )


def _time(match: re.Match[str], code: str) -> str:
    one, many, before_minutes = LANGUAGES[code].hour
    found = match.groupdict()
    hour = str(int(found["hour"] or found["alone"]))
    feminine = code in {"fr", "es", "pt"} or (code == "it" and hour == "1")
    words = _counted(hour, code, feminine) + (one if hour in {"0", "1"} else many)
    minute = int(found["minute"] or 0)
    return words + (before_minutes + _cardinal(str(minute), code) if minute else "")


def _ordinal(digits: str, ending: str, code: str) -> str:
    words = in_words(int(digits), code, "ordinal")
    if code == "fr":
        plural = "s" if ending.endswith("s") else ""
        if digits == "1":
            return ("premi\u00e8re" if "re" in ending else "premier") + plural
        if ending.startswith("nd"):
            words = "seconde" if ending.startswith("nde") else "second"
        return words + plural
    if ending == "\u00aa":
        return " ".join(re.sub("o$", "a", word) for word in words.split())
    return words.removesuffix("o") if ending == "er" else words
