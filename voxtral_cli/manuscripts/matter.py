"""Front and back matter: its titles in the nine languages, and what only stands under one."""

import re
from collections.abc import Iterable

from engine.text.passages import Block

_CONTENTS = (
    r"(?:table of )?contents|table des mati\u00e8res|sommaire|inhalt(?:sverzeichnis)?|\u00edndice"
    r"|sum\u00e1rio|contenido|indice|sommario|inhoud(?:sopgave)?"
    r"|\u0627\u0644\u0645\u062d\u062a\u0648\u064a\u0627\u062a"
    r"|\u0627\u0644\u0641\u0647\u0631\u0633|\u0905\u0928\u0941\u0915\u094d\u0930\u092e\u0923"
    r"\u093f\u0915\u093e"
)
_LONG = r"(?:end|foot)?notes|index|bibliography|works cited|references"
_NAMES = r"(?:[^.!?]|\b(?:\w|[djs]r|st|mrs?)\.){1,60}"
_MATTER = re.compile(
    rf"{_CONTENTS}|{_LONG}|cover|dedication|imprint|acknowledge?ments?|colophon"
    r"|(?:half[- ]?)?title[- ]?page|half[- ]?title"
    r"|copyright(?: page| notice| information| statement| ?(?:\(c\)|\u00a9).{0,100})?"
    r"|copyright \d{4}(?:,? by .{1,100}| ?(?:\(c\)|\u00a9).{0,100})?|\u00a9.{0,100}|newsletter"
    r"|about the (?:authors?|publisher|translator)"
    rf"|(?:also|(?:other |more )?(?:books|titles)) by {_NAMES}"
    r"|list of (?:illustrations|figures|tables)|illustrations|transcriber['\u2019]s notes?"
    r"|d\u00e9dicace|remerciements"
    r"|impressum|widmung|danksagung|\u00fcber (?:den autor|die autorin)"
    r"|dedicatoria|dedicat\u00f3ria|agradecimientos|agradecimentos|derechos de autor"
    r"|dedica|ringraziamenti|opdracht|dankwoord|colofon"
)
"""Titles, in lower case."""

_DOUBTFUL = re.compile(
    r"(?:advance |early |more )?praise for .{1,100}|(?:other|more) (?:books|titles)"
    r"|(?:(?:sign[- ]?up|join|subscribe)\b.{0,60} )?newsletter(?: sign[- ]?up)?!?"
    rf"|also available(?: (?:as|at|from|in|on) {_NAMES})?"
)
"""Titles that may also be those of chapters."""

_AROUND = " .:\u2014-"
CLOSED = re.compile("[.!?\u2026\u0964\u061f][\"'\u201d\u2019\u00bb)_*\\]]*$")
LONGEST_FRONT = 6000
_SHORTEST_BOOK = 1000
"""Characters of prose."""


def is_matter(title: str) -> bool:
    """Whether a title is one of front or back matter."""
    return is_doubtful(title) or _MATTER.fullmatch(_bare(title)) is not None


def is_doubtful(title: str) -> bool:
    """Whether a title is one of matter in front and at the back, but between chapters of one."""
    return _MATTER.fullmatch(_bare(title)) is None and bool(_DOUBTFUL.fullmatch(_bare(title)))


def is_contents(title: str) -> bool:
    """Whether a title is one of a table of contents."""
    return re.fullmatch(_CONTENTS, _bare(title)) is not None


def prose(blocks: Iterable[Block]) -> int:
    """Characters of the paragraphs that end as sentences do; lists and names do not."""
    return sum(len(item.text) for item in blocks if not item.level and CLOSED.search(item.text))


def holds_the_book(title: str, size: int, before: int, chapters: int, whole: int) -> bool:
    """Whether the book itself stands under a title of front matter, as none of its own follows.

    Args:
        size, before: Prose under the title, and read before it.
        chapters, whole: Prose of all that is no front or back matter, and of the document.
    """
    if before >= _SHORTEST_BOOK or re.fullmatch(_LONG, _bare(title)):
        return False
    if size > LONGEST_FRONT and (3 * size > whole or not chapters):
        return True
    return size > _SHORTEST_BOOK and 2 * size > whole


def _bare(title: str) -> str:
    return title.casefold().strip(_AROUND)
