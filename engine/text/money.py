"""Money -> English words: signs and codes, and the shillings and pence of old books."""

import re

from engine.text.numerals import cardinal, number

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
SCALES = {
    "k": "thousand",
    "K": "thousand",
    "m": "million",
    "M": "million",
    "mn": "million",
    "bn": "billion",
    "B": "billion",
    "b": "billion",
    "T": "trillion",
    "tn": "trillion",
}
_SCALE = r"thousand|million|billion|trillion|mn|bn|tn|[kKmMbBT]"
_MONEY = {
    "$": ("dollar", "cent"),
    "\u00a3": ("pound", "penny"),
    "\u20ac": ("euro", "cent"),
    "\u00a5": ("yen", ""),
    "\u20b9": ("rupee", "paisa"),
    "\u00a2": ("cent", ""),
    "USD": ("dollar", "cent"),
    "GBP": ("pound", "penny"),
    "EUR": ("euro", "cent"),
}
_PLURALS = {"penny": "pence", "yen": "yen", "paisa": "paise"}

_MONEY_FIRST = re.compile(
    rf"(?:\b(?:US|CA|AU|HK|NZ|SG|C|A|S))?([$\u00a3\u20ac\u00a5\u20b9]) ?({NUMBER})"
    rf"(?:[ -]?({_SCALE})\b|s\b)?"
)
_MONEY_LAST = re.compile(
    rf"(?<![\d.,])({NUMBER})(?: ?({_SCALE}))? ?"
    r"([$\u00a3\u20ac\u00a5\u20b9\u00a2]|(?:USD|GBP|EUR)\b)"
)
_ARTICLE = re.compile(r"(?:(?<!\w)an?|(?:^|[.!?:][\"')]{0,3} |[\"'(])An?) $")
"""A capital "A" is one only where a sentence begins, not in "vitamin A"."""

_WORD = re.compile(
    r"[ -](?!(?:an?|after|and|are|as|at|be|before|but|by|can|each|for|from|had|has|have|he|if|in"
    r"|into|is|it|may|not|now|of|on|or|over|per|plus|she|so|than|that|the|then|they|to|was|we"
    r"|were|when|who|will|with|would|you)\b)[a-z]"
)
_NOUN = re.compile(r"-a-| (?:question|bills?|notes?|coins?|fines?|reward)\b")

_PENCE = r"(\d{1,2}(?: \d/\d)?)d\b"
_ALONE = r"(?![ -][a-z])"
_SHILLINGS = re.compile(
    r"(\u00a3 ?\d[\d,]{0,9} (?=1?\ds))?(?<![\w.,$'\u2019])(\d{1,3})s\b"
    rf"(?:\.?,?(?: and)? ?{_PENCE}(?:\.|(?(1)|{_ALONE}))|\.?)"
)
_POUNDS_PENCE = re.compile(rf"(\u00a3 ?\d[\d,]{{0,9}}),?(?: and)? {_PENCE}(?:\.|{_ALONE})")
_PAID = re.compile(
    r"\b(?:costs?|owed?|owes|paid|pays?|worth|(?:bought|buy|sell|sold)(?: \w{1,15}){0,3} for)"
    r"(?: (?:about|her|him|me|only|them|us|you))? $"
)
_RATE = re.compile(r" (?:(?:a|per) (?:day|week|month|year|head)|each|apiece)\b")
_CLOSES = re.compile(r"[\"')\]]{0,3}(?:$| +[\"'(]?[A-Z])")


def spoken_money(text: str) -> str:
    """ "$2.50, a \u00a310 note" -> "two dollars and fifty cents, a ten pound note"."""
    text = _MONEY_FIRST.sub(lambda match: _money(match, match[1], match[2], match[3]), text)
    return _MONEY_LAST.sub(lambda match: _money(match, match[3], match[1], match[2]), text)


def old_money(text: str) -> str:
    """ "\u00a33 4s. 6d." -> "\u00a33 4 shillings and 6 pence"; seconds and decades stay."""
    return _POUNDS_PENCE.sub(_pence, _SHILLINGS.sub(_shillings, text))


def after_article(match: re.Match[str]) -> bool:
    """Whether a quantity stands between "a" and a noun, which makes it singular: "a $5 bill"."""
    text, start = match.string, match.start()
    return bool(_ARTICLE.search(text, max(0, start - 9), start) and _WORD.match(text, match.end()))


def _money(match: re.Match[str], sign: str, digits: str, scale: str | None) -> str:
    name, small = _MONEY[sign]
    whole, _, part = digits.replace(",", "").partition(".")
    one = after_article(match) or bool(_NOUN.match(match.string, match.end()))
    many = name if one else _named(name, "2")
    if scale:
        return f"{number(digits)} {SCALES.get(scale, scale)} {many}"
    amount = f"{cardinal(whole)} {name if whole == '1' else many}"
    if not part.strip("0") and len(part) in {0, 2}:
        return amount
    if len(part) != 2 or not small:
        return f"{number(digits)} {many}"
    cents = str(int(part))
    coins = f"{cardinal(cents)} {'cent' if one and small == 'cent' else _named(small, cents)}"
    return coins if whole == "0" else f"{amount} and {coins}"


def _named(name: str, digits: str) -> str:
    return name if digits == "1" else _PLURALS.get(name, name + "s")


def _shillings(match: re.Match[str]) -> str:
    pounds, shillings, pence = match.groups()
    text, start, end = match.string, match.start(), match.end()
    if not pounds:
        paid = pence or _PAID.search(text, max(0, start - 80), start) or _RATE.match(text, end)
        if "." not in match[0] or not (paid or match[0] == text):
            return match[0]
    words = f"{pounds or ''}{shillings} shilling{'s' * (shillings != '1')}"
    return f"{words} and {_coins(pence)}{_stop(match)}" if pence else words + _stop(match)


def _pence(match: re.Match[str]) -> str:
    return f"{match[1]} and {_coins(match[2])}{_stop(match)}"


def _coins(pence: str) -> str:
    return f"{pence} {_named('penny', pence)}"


def _stop(match: re.Match[str]) -> str:
    """The full stop, if the sentence ends here too."""
    return "." * bool(match[0].endswith(".") and _CLOSES.match(match.string, match.end()))
