"""Symbols said or dropped, then punctuation put in order: the last steps before the model."""

import re
from collections.abc import Callable

from engine.text.hyphens import HYPHEN, kept_hyphens
from engine.text.units import RATE, spoken_rate

_AMOUNT = r"(?=[$\u00a3\u20ac]?\.?\d)"
_OPENS, _GOES_ON = r"(?:^ *|(?<=[(\[\"]))", r"(?:(?<=[,;] )|(?<=\d[,;])|(?<=[a-z]{2} ))"
_BOUNDS = {"<=": "at most", ">=": "at least", "<": "less than", ">": "more than"}
_WORDS = [
    (re.compile(r"(?<=[\w)])\^(?=\w|-\d)"), " to the power of "),
    (re.compile(r"\b([CF])#(?!\w)"), r"\1 sharp"),
    (re.compile(r"#(?=[^\W\d])"), " hashtag "),
    (re.compile(r"#(?= ?\d)"), " number "),
    (re.compile(r"~ ?(?=[$\u00a3\u20ac]?\d)"), " about "),
    *(
        (re.compile(rf"(?:{_OPENS}{sign} ?|{_GOES_ON}{sign}){_AMOUNT}"), f"{words} ")
        for sign, words in _BOUNDS.items()  # "by >50%", "(< 5", but "mass < 5"
    ),
    (re.compile(r"<="), " is at most "),
    (re.compile(r">="), " is at least "),
    (re.compile(r"[-=]>"), " to "),
    (re.compile(r"(?<=\w) ?!= ?(?=\w)"), " is not "),
    (re.compile(r"(?<=\w)~= ?(?=\d)"), " is compatible with "),
    (re.compile(r"(?<=\w)\+\+(?!\w)"), " plus plus"),
    (re.compile(r"(?<=[\w)]) ?\+= ?(?=[\w($-])"), " plus equals "),
    (re.compile(r"\+(?=[\w $\u00a3\u20ac.]{0,2}\w)|(?<=\w)\+"), " plus "),
    (re.compile(r"(?<=[\w)]) ?={1,3} ?(?=[\w($-]|\.\d)"), " equals "),
    (re.compile(r"(?<=[\w)]) ?< ?(?=[\w($\u00a3\u20ac-]|\.\d)"), " is less than "),
    (re.compile(r"(?<=[\w)]) ?> ?(?=[\w($\u00a3\u20ac-]|\.\d)"), " is greater than "),
    (re.compile(r"(?<=\w)&(?=\w)|&(?=\s*\w)"), " and "),
    (re.compile(r"@(?=\s*\w)"), " at "),
    (re.compile(r"\band/or\b"), "and or"),
    (re.compile(r"\bw/o\b"), "without"),
    (re.compile(r"\bw/(?=\s?\w)"), "with "),
    (re.compile(r"(?<=\w)\\(?=\w)"), " backslash "),
]
"""Signs with neighbours that give them a meaning; in other places they are dropped."""

_LATE = {"$": "dollars", "\u00a3": "pounds", "\u20ac": "euros", "%": "percent", "\u00b0": "degrees"}
_SIGN = re.compile(r"[\^#~<>=+&@\\]|!=|\bw/|d/or")

_LATE_WORDS: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (RATE, spoken_rate),
    (re.compile(r"(?<=\w)\u00b2"), " squared "),
    (re.compile(r"(?<=\w)\u00b3"), " cubed "),
    (re.compile(r"(?<=[^\W\d])/(?=[^\W\d])"), " slash "),
]
"""Signs that are part of a unit ("m/s") until the units have been read."""

_MEASURE = re.compile(r"(?<=[\w ])([$\u00a3\u20ac%\u00b0])(?=[ .,;:!?]|$)")
_DROPPED = re.compile(r"[\\#$%&*+/<=>@^`~{}\u00a3\u20ac\u00a5\u20b9\u00a2\u00b0\u00b2\u00b3\u2022]")
_MARKUP = re.compile(r"[\\#*^`~{}\u2022]")
_JOINING = re.compile(r"(?:(?<=[\u064b-\u0652\u0900-\u0dff])|(?<=[A-Z]\.))-(?=\w)")
"""One that joins words, though no letter is before it: a vowel sign, or an initial ("J.-C.")."""

_OTHERS = "\u060c\u061b\u061f\u0964\u0965"
"""Marks of Arabic and of Hindi."""


def _strongest(match: re.Match[str]) -> str:
    """The one mark that stays of several pauses in a row."""
    return next((mark for mark in ":;" if mark in match[0]), ",")


_PAUSES: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(r"\s+"), " "),
    (re.compile(r"(?<!\S)-{1,2}(?=[^\W\d_])"), ""),  # --option, -x
    (re.compile(r"(?<=[^\W\d_])\u2013(?=[^\W\d_])"), "-"),
    (re.compile(r"[\u2013\u2014]|-{2,}|(?<![\w'])-+|-+(?![\w'])|[()\[\]|]"), ", "),
    (re.compile(rf"\s+(?=[,;:.!?{_OTHERS}])"), ""),
    (re.compile(r"(?<=[A-Za-z])([,;!?])(?=[A-Za-z])"), r"\1 "),
    (re.compile(r"(?<=[a-z]{2})([.:])(?=[A-Z])"), r"\1 "),
    (re.compile(r"\.(?: ?\.){1,}"), "..."),
    (re.compile(r"(?<!!)!*+\?[!?]*"), "?"),
    (re.compile(r"!+"), "!"),
    (re.compile(r"[,;:](?:[,;: ]*[,;:])+"), _strongest),
    (re.compile(r"(?<=[.!?])[,;:]+|[,;:]+(?=[.!?])"), ""),
    (re.compile(rf"(?<=[{_OTHERS}]) ?[,;:]|[,;:](?=[{_OTHERS}])"), ""),
    (re.compile(rf"(?<=[{_OTHERS}])(?=[^\W\d_])"), " "),
    (re.compile(r"(?<=[.!?])([\"']?)(?: ?[,;:])+"), r"\1"),
    (re.compile(r"(?<=[!?])\.+|(?<=\.\.\.)[.]+|(?<!\.)\.(?=[!?])"), ""),
    (re.compile(r"([,;:])(?=[\"'][^\W\d_])"), r"\1 "),
    (re.compile(r"(?<!\S)([\"'])(?: ?[,;:.])+ ?"), r"\1"),
    (re.compile(r"(?<=[.!?])([\"'])\."), r"\1"),
    (re.compile(r"(?<!\S)([\"'])\s*\1(?!\S)"), " "),
    (re.compile(r"^[\s,;:.!?-]+"), ""),
    (re.compile(r"\s+"), " "),
]
_INTERRUPTED = re.compile(
    r" ?(?<![\u2013\u2014-])(?!-')[\u2013\u2014-]++ ?"
    r"(?=[\"']{1,3}(?:(?P<more>[,;:]? (?:[A-Z][\w'-]{0,20} ){0,2}(?:said|asked|began|cried"
    r"|whispered|replied|shouted|muttered|called|snapped|answered|stammered|stuttered|interrupted"
    r"|exclaimed|protested|gasped|faltered|murmured|demanded|screamed|yelled|sobbed|groaned"
    r"|laughed|panted|pleaded|sputtered|spluttered|sighed|whimpered|insisted|admitted|added|says"
    r"|broke|put in)\b|[,;:]? [^\"'.!?\u2013\u2014]{1,60}[\u2013\u2014-][\"'][a-z]"
    r"|[,;:]? [^\W\d_])"
    r"|[ .,;:!?]|$))"
)
_CLOSING = re.compile(r"(?<=[.,!?]) (?=[\"'](?: |$))")
_FINAL = re.compile(r"[.!?\u2026\u3002\uff01\uff1f\u061f\u06d4\u0964\u0965][\"')\]\u300d\u300f]*$")
_TRAILING = re.compile(
    r"(?<![\s,;:\-\u2013\u2014\u060c\u061b])[\s,;:\-\u2013\u2014\u060c\u061b]+([\"']*)$"
)


def spoken_symbols(text: str) -> str:
    """ "R&D @ home #1" -> "R and D at home number 1"; symbols without a reading are dropped."""
    if _SIGN.search(text):
        for pattern, words in _WORDS:
            text = pattern.sub(words, text)
    return text


def tidy(text: str) -> str:
    """Drops leftover symbols, turns dashes and brackets into commas, spaces and marks once each."""
    text = _MEASURE.sub(lambda match: f" {_LATE[match[1]]}", text)
    for pattern, words in _LATE_WORDS:
        text = pattern.sub(words, text)
    text = _INTERRUPTED.sub(_broken_off, text)
    text = kept_hyphens(_DROPPED.sub(" ", text), "en")
    return _CLOSING.sub("", _paused(text).replace(HYPHEN, "-"))


def arranged(text: str, code: str) -> str:
    """`tidy` for any language: signs that have a meaning are left for the model to read."""
    text = kept_hyphens(_JOINING.sub(HYPHEN, _MARKUP.sub(" ", text)), code)
    return _paused(text).replace(HYPHEN, "-")


def _broken_off(match: re.Match[str]) -> str:
    """The mark for a dash before a closing quote: a comma where the sentence goes on after it."""
    more = match["more"] or ""
    return "" if more[:1] in {",", ";", ":"} else "," if more[-1:].islower() else "."


def _paused(text: str) -> str:
    for pattern, replacement in _PAUSES:
        text = pattern.sub(replacement, text)
    return text.strip()


def finished(text: str) -> str:
    """Ends in a final mark: without one the model may never stop."""
    text = text.strip()
    if not text or _FINAL.search(text[-8:]):
        return text
    return _TRAILING.sub(r"\1", text) + "."
