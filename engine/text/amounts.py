"""Amounts of money, and of millions, in other languages than English -> words."""

import re
from functools import lru_cache

from engine.text.counting import counted, is_large
from engine.text.german import STARTERS
from engine.text.languages import LANGUAGES, Money
from engine.text.runs import MINUS, RANGE, RUN, apart, parsed, value

_NO_CENTS = re.compile(
    r"(\u20ac ?\d[\d.]{0,15}),(?:--?|\u2013|\u2014)(?![\w-])"
    r"|(\d),(?:--?|\u2013|\u2014)(?= ?(?:\u20ac|(?:Euro|euro|EUR|DM|Mark|Franken)\b))"
)
"""A dash in the place of the cents: "5,- Euro"."""

_SHORT_SIZES = {"de": "Mio|Mrd|Tsd", "nl": "mln|mld|mrd"}
_COUNTED = (
    "[a-z\u00e4\u00f6\u00fc]|(?:Euro|Dollar|Mark|DM|Franken|Pfund|Menschen|Personen|Einwohner|Leute|Kinder"
    r"|Besucher|Kunden|Nutzer|Zuschauer|B\u00fcrger|Tonnen|Kilometer|Liter|St\u00fcck|Jahre)(?u:\b)"
)
"""What is counted; before it a full stop ends no sentence. Before another noun it may."""


def spoken_amounts(text: str, code: str) -> str:
    """ "12,50 €" -> "zwölf Euro und fünfzig Cent", "3 Mio. Menschen" -> "drei Millionen ..."."""
    if not LANGUAGES[code].money:
        return text
    if code in _SHORT_SIZES:
        text = _NO_CENTS.sub(lambda match: match[1] or match[2], text)
    text = _amounts(code).sub(lambda match: _money(match, code), text)
    if code in _SHORT_SIZES:
        text = _large(code).sub(lambda match: _counted(match, code), text)
    return text


@lru_cache
def _amounts(code: str) -> re.Pattern[str]:
    """Money, its sign before or after, perhaps in thousands or millions."""
    sizes = LANGUAGES[code].sizes
    words = sorted({*sizes, *(word for pair in sizes.values() for word in pair)}, key=len)
    size = rf"(?:mil )?(?:{'|'.join(reversed(words))})(?u:\b)"
    signs = r"R\$|[$\u20ac\u00a3]"
    return re.compile(
        rf"(?P<minus>(?<![$\u20ac\u00a3]){MINUS}(?=[$\u20ac\u00a3\d]|R\$))?"
        rf"(?:(?P<before>{signs}) ?(?P<first>{RUN})(?: ?(?P<size>{size})(?:\.(?= [a-z]))?)?"
        rf"|(?P<last>{RUN})(?: ?(?P<sized>{size})\.?(?: d(?:e|i|'))?)?"
        rf" ?(?P<after>{signs}|(?:EUR|USD|GBP)\b"
        rf"|(?<=[.,]\d\d )(?i:{'|'.join(_named(code))})(?u:\b)))",
        re.ASCII,
    )


@lru_cache
def _named(code: str) -> dict[str, Money]:
    """Currencies by their names; not those that are weights, too."""
    known = LANGUAGES[code].money
    moneys = [known[sign] for sign in ("\u20ac", "$", "R$") if sign in known]
    names = {name.lower(): money for money in moneys for name in (money.one, money.many)}
    return dict(sorted(names.items(), key=lambda item: -len(item[0])))


@lru_cache
def _large(code: str) -> re.Pattern[str]:
    """A number of millions, shortened."""
    maybe = rf"(?!(?:{STARTERS})\b)[A-Z\u00c4\u00d6\u00dc]" if code == "de" else "(?!)"
    return re.compile(
        rf"(?P<minus>{MINUS}(?=\d))?(?P<run>{RUN}) (?P<size>{_SHORT_SIZES[code]})(?u:\b)"
        rf"(?:\.(?= (?:{_COUNTED}))|(?!\. {maybe}))",
        re.ASCII,
    )


def _counted(match: re.Match[str], code: str) -> str:
    words = _sized(match["run"], match["size"], code)
    return _signed(match, words, code) if words else match[0]


def _signed(match: re.Match[str], words: str, code: str) -> str:
    return apart(match, f"{LANGUAGES[code].minus} {words}" if match["minus"] else words)


def _money(match: re.Match[str], code: str) -> str:
    language = LANGUAGES[code]
    sign = match["before"] or match["after"]
    money = language.money.get(sign) or _named(code).get(sign.lower())
    run, size = match["first"] or match["last"], match["size"] or match["sized"]
    if not money:
        return match[0]
    if size or RANGE.fullmatch(run):
        words = _sized(run, size or "", code)
        words = words and words + _currency(words, money.many, code)
        return _signed(match, words, code) if words else match[0]
    found = parsed(run, language)
    if not found or len(found[1]) not in (0, 2):
        return match[0]
    whole, part = found
    amount = counted(whole, code, money.feminine)
    amount += _currency(amount, money.one if whole == "1" else money.many, code)
    if part.strip("0"):
        cents = str(int(part))
        coins = f"{counted(cents, code)} {money.cent if cents == '1' else money.cents}"
        amount = coins if not whole.strip("0") else f"{amount}{language.joint}{coins}"
    return _signed(match, amount, code)


def _sized(run: str, size: str, code: str) -> str:
    """ "20" and "M" -> "vingt millions"."""
    if forms := LANGUAGES[code].sizes.get(size):
        halves = code[:2] in {"fr", "pt"} and re.fullmatch(r"[01][.,]\d{1,3}", run)
        size = forms[0 if run == "1" or halves else 1]
    words = value(run, code, "", f" {size}")
    return words and f"{words} {size}".rstrip()


def _currency(amount: str, name: str, code: str) -> str:
    """ " euros", but " d'euros" after millions."""
    of = LANGUAGES[code].of
    if not (of and is_large(amount)):
        return f" {name}"
    return f" d'{name}" if code == "fr" and name[0] == "e" else f" {of} {name}"
