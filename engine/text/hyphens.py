"""Hyphens and dashes whose sense hangs on the words of a language: kept, made pauses, or joined."""

import re
from functools import lru_cache

HYPHEN = "\ue001"
"""A hyphen that stays while punctuation is put in order; no text has it after `printable`."""

_LOOSE = re.compile("-[ ,/]")
_AND = {
    "de": r"und|u\.|oder|od\.|bis|sowie|bzw|beziehungsweise|als auch|wie|noch",
    "nl": "en|of|tot",
    "fr": "et|ou",
    "en": "and|or|to",
    "es": "y|e|o|u",
    "it": "e|ed|o",
    "pt": "e|ou",
}
_SURE = {"de", "nl", "fr"}
"""Where a dash is never written like a hyphen after a word."""

_PREFIX = (
    r"(?:pre|pr\u00e9|post|pos|p\u00f3s|anti|contra|pro|pr\u00f3|sub|supra|super|inter|intra|extra|infra"
    r"|hyper|hypo|hiper|hipo|iper|ipo|macro|micro|mega|mono|bi|tri|multi|poly|poli|mid|non|semi"
    r"|socio|neo|franco|anglo|uni|trans|cis|under(?=- (?:and|or) over)|over(?=- (?:and|or) under)"
    r"|in(?=- (?:and|or) out)|out(?=- (?:and|or) in)|up(?=- (?:and|or) down)"
    r"|down(?=- (?:and|or) up))"
)
_CHAIN = r"(?:, [\w-]{1,40}-){0,5},?"
_SHORTENED = re.compile(r"(?<![^\W_])([^\W\d_]{1,4}\.)-(?=[^\W\d_])")
"""A hyphen after a shortened word: "Dr.-Ing."."""

_SPEAKING = re.compile(r"(?<=\w) -(?=[^\W\d_]{2})")
_ASIDE_BETWEEN = re.compile(
    r"(?<=\w) -(?=[^\W\d_](?:[^-\n]|(?<=\w)-(?=\w)){0,100}\w-(?:[\s.,;:!?\"]|$))"
)
_SPEECH = re.compile(r"\s*-(?:[\u00bf\u00a1]|Y |(?![a-z])[^\W\d_][a-z\u00e0-\u00ff])")
"""Hyphens for dashes: in a paragraph like "-Hola -dijo", or around an aside. Others are options."""

_SPEAKING_IN = {"es", "it", "pt"}
_ASIDE = re.compile(r"\s*[\u2013\u2014] +(?=[^\W\d_])")


def kept_hyphens(text: str, code: str) -> str:
    """ "pre- and post-war": a hyphen for the rest of the word, which comes later, is no pause."""
    code = code[:2]
    if code in _AND and _LOOSE.search(text):
        text = _suspended(code).sub(rf"\g<kept>{HYPHEN}", text)
    if code in _SURE:
        text = _SHORTENED.sub(rf"\1{HYPHEN}", text)
    if code in _SPEAKING_IN and " -" in text:
        pattern = _SPEAKING if _SPEECH.match(text) else _ASIDE_BETWEEN
        text = pattern.sub(", ", text)
    return text


@lru_cache
def _suspended(code: str) -> re.Pattern[str]:
    words = rf"{_CHAIN} (?:{_AND[code]})\b"
    if code in _SURE:
        return re.compile(rf"(?P<kept>[^\W\d_])-(?={words}|/[^\W\d_])")
    sure = rf"(?<![\w-])(?i:{_PREFIX})"
    if code == "en":  # or a word with a hyphen follows
        hyphenated = r" (?:[\w']{1,20} )?[^\W\d_]{1,20}-[^\W\d_]"
        return re.compile(rf"(?P<kept>{sure}(?=-{words})|[^\W\d_](?=-{words}{hyphenated}))-")
    return re.compile(rf"(?P<kept>{sure})-(?={words})")


def joined_lines(text: str, code: str) -> str:
    """Lines that end with such a hyphen, or before a dash within a sentence, with the next one."""
    code = code[:2]
    if "\n" not in text:
        return text
    if code in _SURE:
        text = _wrapped(code).sub("- ", text)
    lines = text.split("\n")
    asides = [*map(_is_aside, lines), False]
    joined = lines[:1]
    for number in range(1, len(lines)):
        alone = not asides[number - 1] and not asides[number + 1]
        if asides[number] and alone and lines[number - 1].rstrip()[-1:] not in {"", ":"}:
            joined[-1] = f"{joined[-1]} {lines[number].lstrip()}"
        else:
            joined.append(lines[number])
    return "\n".join(joined)


@lru_cache
def _wrapped(code: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=[^\W\d_])- {{0,9}}\n {{0,9}}(?=(?:{_AND[code]})\b(?!-))")


def _is_aside(line: str) -> bool:
    """Whether a line goes on with a dash, like "- he said": no item of a list, if it is alone."""
    found = _ASIDE.match(line)
    return found is not None and line[found.end()].islower()
