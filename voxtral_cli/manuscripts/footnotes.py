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
_OPENING = "([{</|\u00b7\u00a7\u00b6#\u2116\u201e\u201a"
_QUOTES = "\u00ab\u201c\u2018"
"""They open in one language and close in another."""
_DASHES = "-\u2010\u2011\u2012\u2013\u2014"
_WORD = re.compile(
    r"(?<![^\W_])(?!(?:abs|art|bd|cf|ch|col|eq|fig|kap|no|nos|nr|pp?|s|sec|st|vol|vv?)\b)"
    r"[^\W\d_](?:['\u2019]?[^\W\d_])*"
    r"[.,;:!?\u2026\"'\u201d\u2019\u00bb\u00ab\u201c\u2018)]{0,3}$",
    re.IGNORECASE,
)
"""At the end of a text; an abbreviation before the number of a place that is read is none."""

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
    if last in _DASHES and not before:  # behind another link
        return True
    return last in _OPENING or (last in _DASHES + ":" and before.isdigit())


def led_to(tree: Any) -> Iterator[tuple[str, str]]:
    """Where the links lead that are note marks wherever they lead, each with its `_number`.

    A number alone must be raised or glued to a word: "3,16" is a verse.
    """
    plain = marks(tree, set())
    for link in tree.iter("a"):
        number = _number(link)
        sign = link in plain and not "".join(link.itertext()).strip().isdigit()
        if number or sign or _is_marked(link):
            yield link.get("href") or "", number


def _is_marked(link: Any) -> bool:
    return not types_of(link).isdisjoint({"noteref", "doc-noteref"})


def _number(link: Any) -> str:
    """The number of a mark that is raised or glued to a word; else empty."""
    number = "".join(link.itertext()).strip(" []()")
    if not (number.isdecimal() and is_note_mark(link)):
        return ""
    raised = link.find(".//sup") is not None or next(link.iterancestors("sup"), None) is not None
    return number if raised or _WORD.search(_before(link)[-16:]) else ""


def notes_without_marks(tree: Any, marked: Mapping[str, str] = {}) -> set[Any]:
    """The elements that hold notes: a mark leads to each, and a link leads back.

    None does where the mark is on another page and the note begins with its number, under a title.
    Of two that lead to each other, the first is no note: the verse of a Bible that has one. Nor is
    one that leads to itself, as the number of a page may.

    Args:
        marked: Places to which marks on other pages lead (`led_to`) -> their numbers.
    """
    targets = dict(marked)
    for link in tree.iter("a"):
        if is_note_mark(link) or _is_marked(link):
            targets.setdefault(_place(link), "")
    titled = _under_title(tree) if any(marked.values()) else set()
    places: dict[Any, bool] = {}
    named: dict[str, Any] = {}
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
                places[holder] = _is_note(holder, targets[name] if holder in titled else "")
        named.setdefault(name, place)
    notes = [place for place, is_note in places.items() if is_note]
    leads = {place: named.get(_within(_first_link(place))) for place in notes}
    order = {place: number for number, place in enumerate(notes)}
    return {
        place
        for place, other in leads.items()
        if other not in order or leads[other] is not place or order[other] < order[place]
    }


def _place(link: Any) -> str:
    """The name of the place that a link leads to."""
    return str(link.get("href") or "").rpartition("#")[2]


def _within(link: Any) -> str:
    """The name of the place on the same page that a link leads to; empty for none."""
    return _place(link) if link is not None and link.get("href").startswith("#") else ""


def _under_title(tree: Any) -> set[Any]:
    """The elements that may be notes and stand under a title of notes."""
    found: set[Any] = set()
    title = 0  # its level; 0 for none
    for element in tree.iter(*_HEADINGS, *_NOTE_PLACES):
        level = int(element.tag[1]) if element.tag in _HEADINGS else 7
        if element.tag in _HEADINGS | {"p"} and is_title("".join(element.itertext())):
            title = level
        elif level <= title and element.tag in _HEADINGS:
            title = 0
        elif title:
            found.add(element)
    return found


def is_title(text: str) -> bool:
    """Whether a text is a title of notes alone."""
    return _TITLE.fullmatch(text.casefold().strip(" .:")) is not None


def _is_note(place: Any, number: str) -> bool:
    """Whether an element is short, without headings, and starts with a link back into the text.

    Args:
        number: With which it may start as well; empty for none.
    """
    inside = list(islice(place.iter(), _LONGEST_NOTE + 1))
    if len(inside) > _LONGEST_NOTE or any(child.tag in _HEADINGS for child in inside):
        return False
    text = "".join(place.itertext()).strip()
    first = _first_link(place)
    if len(text) > _LONGEST_NOTE:
        return False
    if number and re.match(rf"[\[(]?{number}[\])]?[.:\s]", text):
        return True
    if first is None:
        return False
    mark = "".join(first.itertext()).strip(" \t\n.")
    if _NOTE_MARK.fullmatch(mark):  # a paragraph of the book may end with such a mark
        return text.startswith(mark)
    return text.endswith(mark)


def _first_link(place: Any) -> Any:
    return next((link for link in place.iter("a") if "#" in (link.get("href") or "")), None)
