"""Single characters: which are dropped, which become plain ASCII, which are spoken.

Two tables for `str.translate`. `printable` is for every text and language; `to_ascii` is the
first step of reading English.
"""

import re
import unicodedata

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"  # colours, cursor
    r"|(?:\x1b[\]PX^_]|\x9d)[^\x07\x1b\x9c\n]{0,4000}(?:\x07|\x1b\\|\x9c)"  # titles, links
    r"|\x1b[ -/]{0,8}[0-Z\\^_`-~]"
)
"""What programs tell a terminal."""

_LINE_ENDS = re.compile(r"\r\n|[\r\x85\u2028]")
_PARAGRAPH_ENDS = re.compile(r"[\f\u2029]")
_JOINERS = re.compile(r"(?<![\u0590-\u1fff])[\u200c\u200d]")  # they shape Arabic and Indic letters
_STRETCHED = re.compile(r"(?<=[\u0621-\u0652])\u0640+(?=[\u0621-\u0652])")  # a line in a word
_LATIN_ACCENTS = re.compile(r"([A-Za-z\u00c0-\u024f\u1e00-\u1eff])([\u0300-\u036f]+)")
_LOOSE_ACCENTS = re.compile(  # with neither a letter nor another accent before them
    r"(?<![^\W\d_\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2079\u2080-\u2089\u2150-\u2189\u2460-\u24ff])"
    r"(?<![\u0300-\u036f])[\u0300-\u036f]+"
)
_KEPT_FORMATS = {0x200C, 0x200D}
_EMOJI_MARKS = {*range(0xFE00, 0xFE10), *range(0x20D0, 0x2100), *range(0xE0100, 0xE01F0)}


class _Printable(dict[int, str | None]):
    """Filled as characters are met: spaces -> " ", controls and invisible marks -> dropped."""

    def __missing__(self, code: int) -> str | None:
        category = unicodedata.category(chr(code))
        result: str | None = chr(code)
        if category == "Zs" or chr(code) in "\t\v\x1c\x1d\x1e\x1f":
            result = " "
        elif code in _EMOJI_MARKS or (
            category in {"Cc", "Cf", "Cs", "Co", "Cn"} and code not in _KEPT_FORMATS
        ):
            result = None
        elif 0xFB50 <= code <= 0xFDFF or 0xFE70 <= code <= 0xFEFE:  # shapes of Arabic letters
            result = unicodedata.normalize("NFKC", chr(code))
        self[code] = result
        return result


_PRINTABLE = _Printable({ord("\n"): "\n"})


def printable(text: str) -> str:
    r"""Text without controls, NULs, zero-width or private characters; lines end in "\n".

    Letters of every script stay as they are; a Latin letter and its combining accent become one.
    """
    text = _LINE_ENDS.sub("\n", _ESCAPES.sub("", text))
    text = _PARAGRAPH_ENDS.sub("\n\n", text).translate(_PRINTABLE)
    text = _STRETCHED.sub("", _JOINERS.sub("", text))
    return _LOOSE_ACCENTS.sub("", _LATIN_ACCENTS.sub(_composed, text))


def _composed(match: re.Match[str]) -> str:
    composed = unicodedata.normalize("NFC", match[1] + match[2][:8])
    return "".join(char for char in composed if not "\u0300" <= char <= "\u036f")


_SPELLED = {
    "\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc\uff07": "'",
    "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u301d\u301e\uff02": '"',
    "\u2039\u203a": "'",
    "\u2010\u2011\u2212\ufe63\uff0d": "-",
    "\u2012\u2013": "\u2013",  # ranges or pauses: decided where the neighbours are known
    "\u2014\u2015\u2e3a\u2e3b": "\u2014",
    "\u2026": "...",
    "\u2022\u2023\u25e6\u2043\u25aa\u25cf": "\u2022",  # bullets: one kind, for the line pass
    "\u00b7\u2027": ", ",
    "\u2044\u2215": "/",
    "\u00bc": " 1/4",
    "\u00bd": " 1/2",
    "\u00be": " 3/4",
    "\u2153": " 1/3",
    "\u2154": " 2/3",
    "\u215b": " 1/8",
    "\u2103": "\u00b0C",
    "\u2109": "\u00b0F",
    "\u00b5": "\u03bc",
    "\u2126": "\u03a9",
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
}
"""Characters written in another way, in every language."""

_SAID = {
    "\u00d7": " times ",
    "\u00f7": " divided by ",
    "\u00b1": " plus or minus ",
    "\u2248": " approximately ",
    "\u2260": " is not equal to ",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u221e": " infinity ",
    "\u221a": " the square root of ",
    "\u2190\u2192\u21d2\u27a1": " to ",
    "\u00a7": " section ",
    "\u2116": "No. ",
    "\u2030": " per mille ",
    "\u00ba": "\u00b0",
    "\u00a1\u00bf": "",
}
"""Signs read in English, or of other languages only."""

_EUROPEAN_MARKS = {*range(0x80, 0x370), *range(0x2000, 0x3000)}
_SYMBOLS_KEPT = "$\u00a3\u20ac\u00a5\u20b9\u00a2+<=>^`|~\u00b0\u00b2\u00b3"


_RAISED = re.compile(
    "(?<=[0-9])(?:[\u207b\u2070\u00b9\u2074-\u2079][\u2070\u00b9\u00b2\u00b3\u2074-\u2079]{0,5}"
    "|[\u00b2\u00b3][\u2070\u00b9\u00b2\u00b3\u2074-\u2079]{1,5})"
)
_REFERENCE = re.compile(
    "(?<=[^\\W\\d_])[\u00b9\u2070\u2074-\u2079]+"
    "|(?<=[.,;:!?\"'\u2019\u201d\u00bb])[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]+"
)
"""A raised figure after a word or its stop: a footnote. But m\u00b2 and m\u00b3."""


class _Ascii(dict[int, str]):
    """Filled as characters are met: symbols and rare punctuation without a reading -> " "."""

    def __init__(self, spelled: dict[str, str], kept: str) -> None:
        super().__init__({ord(char): said for group, said in spelled.items() for char in group})
        self._kept = kept

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        result = char
        if char in self._kept:
            pass
        elif category == "No" or 0xFF10 <= code <= 0xFF5A:
            result = unicodedata.normalize("NFKC", char)
            if "\u2044" in result:
                result = " " + result.replace("\u2044", "/")
        elif category[0] == "S" or (category[0] == "P" and code in _EUROPEAN_MARKS):
            result = " "
        self[code] = result
        return result


_ASCII = _Ascii(_SPELLED | _SAID, _SYMBOLS_KEPT)
_UNSAID = _Ascii(_SPELLED, _SYMBOLS_KEPT + "".join(_SAID))
_STAR = re.compile(r"(?<=\d) ?\* ?(?=\d)")
_GUILLEMETS = re.compile(
    r"(?<![\w.!?,\u2026])\u00ab ([^\u00ab\u00bb]*) \u00bb(?!\w)"
    r"|(?:^|(?<=[\s(]))\u00ab |(?<=[\w.!?\u2026]) \u00bb(?=[\s.,;:!?)]|$)"
)
"""With the blanks of French inside: both, or one whose other stands in another sentence. (German
has them the other way round, with its blanks outside.)"""


def to_ascii(text: str, said: bool = True) -> str:
    """Quotes, ellipses, fractions and signs in ASCII or in words; emoji dropped.

    Stays out of ASCII: letters, the two dashes, money signs and degrees, which later steps read.
    With `said` false, signs that English has words for stay too.
    """
    text = _RAISED.sub(lambda match: "^" + unicodedata.normalize("NFKC", match[0]), text)
    text = _REFERENCE.sub("", text)
    if said:
        return text.replace("\u00a7\u00a7", " sections ").translate(_ASCII)
    text = _GUILLEMETS.sub(lambda quote: '"' if quote[1] is None else f'"{quote[1]}"', text)
    return _STAR.sub(" \u00d7 ", text).translate(_UNSAID)
