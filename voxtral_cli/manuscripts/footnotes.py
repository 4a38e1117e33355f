"""Footnotes in HTML that nothing marks as such but the links to them and back."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

_NOTE_MARK = re.compile(
    r"[\[({]?\s*(?:\d{1,4}|[*\u2020\u2021\u00a7]{1,3})\s*[\])}]?|\[[A-Za-z]{1,2}\]"
)
_TITLE = re.compile(
    r"(?:(?:chapter|end|foot)[- ]?)?notes?(?: (?:on|to) (?:the )?\w+)?|(?:end|fuss|voet|eind)?noten"
    r"|anmerkungen|notas|note"
)
"""Of notes, in small letters."""

_COMMENT = re.compile(r"cmnt\d+")  # as Google Docs calls those who it exports beside a text
_NOTE_PLACES = frozenset(["p", "li", "dd", "div", "aside", "tr"])
_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
_LONGEST_NOTE = 5000
"""Characters, and elements."""
_OPENING = "([{</\u201e\u201a"
_QUOTES = "\u00ab\u201c\u2018"
"""They open in one language and close in another."""
_DASHES = "-\u2010\u2011\u2012\u2013\u2014"
_NUMBERED = "\u00a7\u00b6#\u2116"
"""Signs before the number of a place that is read."""

_INLINE = frozenset(["a", "b", "em", "i", "small", "span", "strong", "sup"])


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


def types_of(element: Any) -> set[str]:
    """What an element is for: epub:type and role."""
    both = f"{element.get('epub:type') or ''} {element.get('role') or ''}"
    return set(both.lower().split())


def is_note_mark(link: Any) -> bool:
    """Whether a link is a number, a star or `[a]` that points to a place in the book."""
    text = "".join(link.itertext()).strip()
    return "#" in (link.get("href") or "") and _NOTE_MARK.fullmatch(text) is not None


def marks(tree: Any, notes: set[Any]) -> set[Any]:
    """The links that are note marks, and no words of the text as in "see page 45".

    A number alone must be raised, be glued to the word before it, or lead to one of the notes. What
    lies in `sup` is the reader's business, as all of that goes.
    """
    named = {e.get("id") or e.get("name") for note in notes for e in (note, *note.iter())}
    return {
        link
        for link in tree.iter("a")
        if is_note_mark(link)
        and (
            not "".join(link.itertext()).strip().isdigit()
            or link.find(".//sup") is not None
            or link.get("href").rpartition("#")[2] in named
            or _is_glued(link)
        )
    }


def _is_glued(link: Any) -> bool:
    """Whether the character before a link is a letter or the end of a clause."""
    text = _before(link)
    return bool(text) and not (text[-1].isspace() or _opens(text))


def _before(link: Any) -> str:
    """The text before a link in its paragraph, or the end of that; empty where there is none."""
    while (parent := link.getparent()) is not None:
        before = link.getprevious()
        text = parent.text if before is None else before.tail or "".join(before.itertext())
        if text:
            return str(text)
        if before is None and parent.tag in _NOTE_PLACES | _HEADINGS | {"td", "th"}:
            return ""
        if before is not None and before.tag not in _INLINE:
            return ""
        link = parent if before is None else before
    return ""


def _opens(text: str) -> bool:
    """Whether a text ends in what belongs to the next word: a bracket, a quote, half of a range."""
    last, before = text[-1], text[-2:-1]
    if last in _QUOTES:
        return not before or before.isspace()
    return last in _OPENING or (last in _DASHES and before.isdigit())


def led_to(tree: Any) -> Iterator[tuple[str, str]]:
    """Where the links lead that are note marks wherever they lead, each with its `_number`."""
    plain = marks(tree, set())
    for link in tree.iter("a"):
        number = _number(link)
        if number or link in plain or _is_marked(link):
            yield link.get("href") or "", number


def _is_marked(link: Any) -> bool:
    return not types_of(link).isdisjoint({"noteref", "doc-noteref"})


def _number(link: Any) -> str:
    """The number of a mark that is raised or glued to a word; else empty."""
    number = "".join(link.itertext()).strip(" []()")
    if not (number.isdecimal() and is_note_mark(link)):
        return ""
    raised = link.find(".//sup") is not None or next(link.iterancestors("sup"), None) is not None
    return number if raised or (_is_glued(link) and _before(link)[-1] not in _NUMBERED) else ""


def notes_without_marks(tree: Any, marked: Mapping[str, str] = {}) -> set[Any]:
    """The elements that hold notes: a mark leads to each, and a link leads back, or its number.

    Args:
        marked: Places to which marks on other pages lead (`led_to`) -> their numbers.
    """
    targets = dict(marked)
    for link in tree.iter("a"):
        if is_note_mark(link) or _is_marked(link):
            targets.setdefault((link.get("href") or "").rpartition("#")[2], _number(link))
    places: dict[Any, bool] = {}
    nearest: dict[Any, Any] = {}  # what may be a note and holds an element
    for element in tree.iter() if targets else ():
        here = element.tag in _NOTE_PLACES
        place = nearest[element] = element if here else nearest.get(element.getparent())
        name = element.get("id") or element.get("name")
        if place is None or name not in targets:
            continue
        holders = [place]
        if _COMMENT.fullmatch(element.get("id") or ""):
            holders += place.xpath("parent::div")  # a comment may have several paragraphs
        for holder in holders:
            if holder not in places:
                places[holder] = _is_note(holder, targets[name])
    notes = {place for place, is_note in places.items() if is_note}
    for place in list(notes):  # and those behind them to which no mark leads
        while (place := place.getnext()) is not None and place not in notes:
            if place.tag not in _NOTE_PLACES or not _is_note(place, "", back=False):
                break
            notes.add(place)
    return notes


def is_title(text: str) -> bool:
    """Whether a text is a title of notes alone."""
    return _TITLE.fullmatch(text.casefold().strip(" .:")) is not None


def _is_note(place: Any, number: str, back: bool = True) -> bool:
    """Whether an element is short, without headings, and starts with a link back into the text.

    Args:
        number: With which it may start as well; empty for none.
        back: Whether it may end with the link.
    """
    inside = list(islice(place.iter(), _LONGEST_NOTE + 1))
    if len(inside) > _LONGEST_NOTE or any(child.tag in _HEADINGS for child in inside):
        return False
    text = "".join(place.itertext()).strip()
    first = next((link for link in place.iter("a") if "#" in (link.get("href") or "")), None)
    if len(text) > _LONGEST_NOTE:
        return False
    if number and re.match(rf"[\[(]?{number}[\])]?[.:\s]", text):
        return True
    if first is None:
        return False
    mark = "".join(first.itertext()).strip(" \t\n.")
    if _NOTE_MARK.fullmatch(mark):  # a paragraph of the book may end with such a mark
        return text.startswith(mark)
    return back and text.endswith(mark)
