"""Blocks -> chapters: where they begin, what they are called, which are front or back matter."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from engine.text.passages import Block
from voxtral_cli.manuscripts.document import Chapter

BREAK = Block("")
_LONGEST_TITLE = 120
_MATTER = re.compile(
    r"(?:table of )?contents|copyright(?: page| notice)?|title page|cover|dedication|index|imprint"
    r"|(?:end|foot)?notes|bibliography|works cited|references|acknowledge?ments?|colophon"
    r"|about the (?:authors?|publisher|translator)|newsletter"
    r"|(?:also|(?:other )?books) by [^.!?]{1,60}"
    r"|list of (?:illustrations|figures|tables)|illustrations|transcriber['\u2019]s notes?"
    r"|table des mati\u00e8res|sommaire|d\u00e9dicace|remerciements|inhalt(?:sverzeichnis)?"
    r"|impressum|widmung|danksagung|\u00fcber (?:den autor|die autorin)|\u00edndice|sum\u00e1rio"
    r"|contenido|dedicatoria|dedicat\u00f3ria|agradecimientos|agradecimentos|derechos de autor"
    r"|indice|sommario|dedica|ringraziamenti|inhoud(?:sopgave)?|opdracht|dankwoord|colofon"
    r"|\u0627\u0644\u0645\u062d\u062a\u0648\u064a\u0627\u062a"
    r"|\u0627\u0644\u0641\u0647\u0631\u0633|\u0905\u0928\u0941\u0915\u094d\u0930\u092e\u0923"
    r"\u093f\u0915\u093e"
)
"""Titles of front and back matter, in lower case, in the nine languages."""


@dataclass
class Section:
    """A chapter in the making.

    Args:
        title: Empty where none is known yet.
        matter: Whether it is known to be front or back matter; None leaves it to the title.
    """

    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    matter: bool | None = None


def block(text: str, level: int = 0) -> Block:
    """A heading or a paragraph; a break where it has no letter and no digit."""
    return Block(text, level) if any(map(str.isalnum, text)) else BREAK


def clean(text: str) -> str:
    """One line that is safe to print: of a title or a name."""
    line = "".join(char if char.isprintable() else " " for char in " ".join(text.split()))
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1].rstrip()}\u2026"


def by_headings(blocks: Sequence[Block]) -> tuple[str, list[Section]]:
    """The title of a document and its sections.

    Chapters begin at the highest headings; where the highest is a single one before all others, it
    is the title of the whole and chapters begin one level below.
    """
    levels = Counter(item.level for item in blocks if item.level)
    title, chapter_level = "", min(levels, default=0)
    below = sorted(levels)[1:]
    if levels[chapter_level] == 1:
        first = next(item for item in blocks if item.level)
        if first.level == chapter_level:
            title = clean(first.text)
            chapter_level = below[0] if below else chapter_level
    sections = [Section()]
    for item in blocks:
        if 0 < item.level <= chapter_level:
            sections.append(Section(clean(item.text)))
        sections[-1].blocks.append(item)
    return title, sections


def assemble(sections: Iterable[Section], title: str) -> tuple[Chapter, ...]:
    """Chapters of sections: none is empty, none is a mere heading, each has a title.

    A heading alone (the title of a part) goes to the chapter after it; one whose title comes
    again is a line of a table of contents and falls away. Where all would be front or back
    matter, nothing is.

    Args:
        title: Of the document; for what stands before its first heading.
    """
    chapters: list[Chapter] = []
    heading: list[Block] = []
    full = [section for section in sections if section.blocks]
    seen_later = Counter(section.title.casefold() for section in full)
    for number, section in enumerate(full):
        seen_later[section.title.casefold()] -= 1
        blocks = list(_tidy(section.blocks))
        last = number == len(full) - 1
        if all(item.level for item in blocks) and not last and not section.matter:
            if not seen_later[section.title.casefold()] and not is_matter(section.title):
                heading += blocks
            continue
        if not any(item.text for item in blocks):
            continue
        matter = is_matter(section.title) if section.matter is None else section.matter
        taken = [] if matter else heading
        name = section.title or (_opening(blocks) if chapters or taken else title)
        chapters.append(Chapter(name or title, (*taken, *blocks), matter))
        heading = heading if matter else []
    if heading:  # only front and back matter came after it
        chapters.append(Chapter(clean(heading[0].text), tuple(heading)))
    if all(chapter.matter for chapter in chapters):
        return tuple(Chapter(chapter.title, chapter.blocks) for chapter in chapters)
    return tuple(chapters)


def is_matter(title: str) -> bool:
    """Whether a title is one of front or back matter."""
    return _MATTER.fullmatch(title.casefold().strip(" .:\u2014-")) is not None


def _tidy(blocks: Iterable[Block]) -> Iterator[Block]:
    """Without breaks at either end, and never two in a row."""
    waiting = begun = False
    for item in blocks:
        if item.text:
            if waiting and begun:
                yield BREAK
            yield item
            waiting, begun = False, True
        else:
            waiting = True


def _opening(blocks: Sequence[Block]) -> str:
    """A title for a chapter that has none: its first words."""
    first = next(item for item in blocks if item.text)
    words = first.text.split(maxsplit=5)
    return clean(first.text) if first.level else clean(" ".join(words[:5])[:60]) + "\u2026"
