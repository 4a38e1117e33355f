"""Lines of a text that begin its chapters, told by their words: "Chapter 3", "PROLOGUE", "IV."."""

import re
from collections.abc import Sequence
from itertools import groupby, pairwise
from statistics import median

from voxtral_cli.manuscripts.matter import CLOSED, is_contents

_KINDS = (
    r"chapter|book|part|volume|section|act|scene|canto|letter|chapitre|livre|partie|tome|kapitel"
    r"|buch|teil|band|cap[i\u00ed]tulo|libro|parte|capitolo|livro|hoofdstuk|boek|deel"
    r"|\u0627\u0644\u0641\u0635\u0644|\u0905\u0927\u094d\u092f\u093e\u092f"
)
_NUMBERS = (
    r"\d{1,4}|[IVXLC]{1,8}|[ivxlc]{1,8}|(?:the )?(?:(?:twenty|thirty|forty|fifty)[- ])?(?:one|two"
    r"|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)"
    r"teen|twenty|thirty|forty|fifty|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
    r"|tenth|last)|premier|premi\u00e8re"
)
_ALONE = (
    r"prologue?|epilogue?|preface|foreword|introduction|afterword|interlude|conclusion|postscript"
    r"|appendix(?: \w{1,4})?|prolog|epilog|vorwort|einleitung|nachwort|pr\u00f3logo|ep\u00edlogo"
    r"|introducci\u00f3n|introdu\u00e7\u00e3o|prologo|prefazione|introduzione|voorwoord|inleiding"
)
_HEADING = re.compile(
    rf"(?P<kind>{_KINDS})\s(?P<number>{_NUMBERS})[.:]?(?P<title>\s*[.:\u2014\u2013-]+\s*\S.*"
    rf"|\s+(?-i:[^\W\d_a-z]|[\d\"'\u201c\u2018]).*)?|(?P<alone>{_ALONE})[.:]?",
    re.IGNORECASE,
)
_WIDE_PARTS = re.compile(
    r"(?:book|part|volume|act|livre|partie|tome|buch|teil|band|libro|parte|livro|boek|deel)\b",
    re.IGNORECASE,
)
LONGEST_HEADING = 80
_LONGEST_NAME = 3  # lines
_BARE = [
    re.compile(rf"[^\w\n]{{0,3}}(?P<number>{figures})[^\w\n]{{0,3}}")
    for figures in (r"[IVXLC]{1,7}", r"[0-9]{1,3}")
]
_TITLED = re.compile(r"(?P<number>[IVXLC]{1,7})\. +[\"'\u201c\u2018]?[^\W\d_a-z].*")
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_PAGE = re.compile(r" (?:\d{1,4}|[ivxlc]{1,7})$")
_NUMBERED = re.compile(r"^(?:\d{1,3}|[ivxlc]{1,7}) ")
_LIST = 3
"""Numbers side by side that are lines of a list."""

_SHORTEST_CHAPTER = 500
"""Characters from one number to the next, in most."""

_SHORTEST_ALONE = 2000
"""Those where it is one paragraph in most; else they are clauses, or stanzas."""

_PAGES = 8
"""More numbers at nearly equal distances are those of pages."""

_LOST = 4
"""Paragraphs, one after the other, that lead nowhere: a table of contents has ended."""


def chapter_lines(paragraphs: Sequence[str]) -> set[int]:
    """Which paragraphs begin chapters.

    They do by such words as "Chapter 3"; by standing in the table of contents in front; or by a
    number, where numbers follow each other. Numbers that stand under others are no chapters.
    """
    found = {number for number, text in enumerate(paragraphs) if _match(text)}
    if sum(_is_chapter(paragraphs[number]) for number in found) < 2:
        found |= _series(paragraphs, _TITLED)
    numbers = {number for pattern in _BARE for number in _series(paragraphs, pattern)}
    begun = _begun(paragraphs, found | numbers)
    several = sum(_is_chapter(paragraphs[number]) for number in found) > 1
    listed, contents = _listed(paragraphs, begun)
    found = found.difference(contents) | {
        number
        for number in listed
        if not (several and paragraphs[number].endswith((".", "!", "?")))
        or is_contents(paragraphs[number])
    }
    if sum(_is_chapter(paragraphs[number]) for number in found) > 1:
        numbers = {number for number in numbers if number + 1 in found}
    return found | numbers


def begins_chapter(title: str) -> bool:
    """Whether a title is one of a chapter, or of a part, by its words."""
    return _match(title) is not None


def is_part(title: str) -> bool:
    """Whether a title is one of a part, which has chapters in it."""
    return _WIDE_PARTS.match(title) is not None


def stands_alone(title: str) -> bool:
    """Whether a title is one of a chapter beside those with numbers: a prologue, an epilogue."""
    match = _match(title)
    return match is not None and match["alone"] is not None


def _is_chapter(paragraph: str) -> bool:
    """Whether a paragraph that begins one begins neither a part nor what stands beside chapters."""
    return not (is_part(paragraph) or stands_alone(paragraph) or is_contents(paragraph))


def _is_short(paragraph: str) -> bool:
    return len(paragraph) <= LONGEST_HEADING and paragraph.count("\n") < _LONGEST_NAME


def _match(paragraph: str) -> re.Match[str] | None:
    """A paragraph that is a chapter's number, its title or both, on up to three lines."""
    if not _is_short(paragraph):
        return None
    first, *rest = paragraph.split("\n")
    match = _HEADING.fullmatch(first)
    if match is None or not _is_title("\n".join([match["title"] or "", *rest])):
        return None
    others = [other for line in rest if (other := _HEADING.fullmatch(line))]
    return None if _are_listed([match, *others]) else match


def _are_listed(headings: Sequence[re.Match[str]]) -> bool:
    """Whether headings on lines side by side are several, and not one that is said twice.

    Such as "CHAPTER 1" and "CHAPTER ONE", or a preface that is an introduction.
    """
    if len(headings) == 2 and all(heading["alone"] for heading in headings):
        return False
    numbers: dict[tuple[str, str], set[str]] = {}
    for heading in headings:
        number = (heading["number"] or heading["alone"]).upper()
        roman = set(number) <= set(_ROMAN)
        style = "alone" if heading["alone"] else "0" if number.isdecimal() else "I" * roman
        numbers.setdefault(((heading["kind"] or "").lower(), style), set()).add(number)
    return any(len(same) > 1 for same in numbers.values())


def _is_title(text: str) -> bool:
    """Whether the words after a number are a title, and no sentence."""
    text = text.strip()
    if text.isupper():
        return True
    if text.endswith((",", ";", '"', "\u201d")):
        return False
    return not (text.endswith(".") and len(text.split()) > 5)


def _begun(paragraphs: Sequence[str], found: set[int]) -> int:
    """Where the first sentence stands that comes after the heading of a chapter."""
    places = range(len(paragraphs))
    first = min((n for n in found if _is_chapter(paragraphs[n])), default=len(places))
    said = (n for n in places[first:] if n not in found and CLOSED.search(paragraphs[n]))
    return next(said, len(places))


def _listed(paragraphs: Sequence[str], begun: int) -> tuple[set[int], set[int]]:
    """A table of contents and the first paragraphs that it names, where it names several.

    Args:
        begun: Where the first chapter has begun; what comes later is no table of contents.

    Returns:
        Where they stand; and where the lines of the contents do, unless each is a paragraph, which
        then come twice.
    """
    keys = {place: title_key(text) for place, text in enumerate(paragraphs) if _is_short(text)}
    last = {key: place for place, key in keys.items()}
    contents = next((place for place in keys if is_contents(paragraphs[place])), len(paragraphs))
    if contents >= begun:
        return set(), set()
    named: set[str] = set()
    listing: list[int] = []
    place, missed = contents + 1, 0
    while place < len(paragraphs) and missed < _LOST and keys.get(place) not in named:
        lines = paragraphs[place].split("\n")
        new = {key for line in lines for key in _keys(line) if last.get(key, 0) > place}
        missed = 0 if new else missed + 1
        named |= new
        listing += [place] * bool(new)
        place += 1
    found: dict[str, int] = {}
    for number, key in keys.items():
        if number >= place and key in named:
            found.setdefault(key, number)
    if len(found) < 2:
        return set(), set()
    alone = all(last.get(keys.get(number, ""), 0) >= place for number in listing)
    return {contents, *found.values()}, set() if alone else set(listing)


def title_key(text: str) -> str:
    """The words of a title alone."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _keys(line: str) -> set[str]:
    """What a line of the contents may be called where it leads: without its page or its number."""
    key = title_key(line)
    short = _PAGE.sub("", key)
    names = {key, short, _NUMBERED.sub("", key), _NUMBERED.sub("", short)}
    return {name for name in names if name and not any(p.fullmatch(name.upper()) for p in _BARE)}


def _series(paragraphs: Sequence[str], pattern: re.Pattern[str]) -> set[int]:
    """Paragraphs that begin with a number and count from 1, more than once for several parts.

    Not those of a list or of short pieces, and not the numbers of pages, which stand in the midst
    of sentences or at equal distances. Where they count anew, a title may stand before the first.
    """
    places: list[int] = []
    expected, highest = 1, 0
    numbered = {n: value for n, text in enumerate(paragraphs) if (value := _value(text, pattern))}
    for _, group in groupby(enumerate(numbered), lambda pair: pair[1] - pair[0]):
        together = [number for _, number in group]
        for number in together if len(together) < _LIST else ():
            if numbered[number] in (1, expected):
                places.append(number)
                expected = numbered[number] + 1
                highest = max(highest, numbered[number])
    within = sum(_is_within(paragraphs, place) for place in places[1:])
    if highest < 2 or 4 * within >= len(places):
        return set()
    spans = [sum(map(len, paragraphs[place:after])) for place, after in pairwise(places)]
    pages = pattern is _BARE[1] and len(places) > _PAGES and max(spans) < 2 * min(spans)
    alone = median(after - place for place, after in pairwise(places)) <= 2
    if pages or median(spans) < (_SHORTEST_ALONE if alone else _SHORTEST_CHAPTER):
        return set()
    again = (place for place in places[1:] if numbered[place] == 1)
    titles = (next(n for n in range(place - 1, -1, -1) if paragraphs[n]) for place in again)
    return {*places, *(n for n in titles if _is_name(paragraphs[n]))}


def _is_name(text: str) -> bool:
    return _is_short(text) and any(map(str.isalnum, text)) and not CLOSED.search(text)


def _value(paragraph: str, pattern: re.Pattern[str]) -> int:
    """The number that a paragraph begins with; 0 for none."""
    if not _is_short(paragraph):
        return 0
    first, *rest = paragraph.split("\n")
    match = pattern.fullmatch(first)
    if match is None or not _is_title(paragraph) or any(map(pattern.fullmatch, rest)):
        return 0
    if match["number"].isdecimal():
        return int(match["number"])
    values = [_ROMAN[figure] for figure in match["number"]]
    return sum(v if v >= max(values[place:]) else -v for place, v in enumerate(values))


def _is_within(paragraphs: Sequence[str], place: int) -> bool:
    """Whether a paragraph stands in the midst of a sentence."""
    before = paragraphs[place - 1]
    after = "".join(paragraphs[place + 1 : place + 2])
    broken = len(before) > LONGEST_HEADING and (before[-1].isalnum() or before[-1] in ",;-")
    return broken or after[:1].islower()
