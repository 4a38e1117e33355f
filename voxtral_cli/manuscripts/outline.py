"""Blocks -> chapters: where they begin, what they are called, which are front or back matter."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from engine.text.passages import Block
from voxtral_cli.manuscripts.chapter_lines import begins_chapter, chapter_lines, stands_alone
from voxtral_cli.manuscripts.document import Chapter
from voxtral_cli.manuscripts.matter import (
    LONGEST_FRONT,
    holds_the_book,
    is_doubtful,
    is_matter,
    prose,
)

BREAK = Block("")
_LONGEST_TITLE = 120


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


def full_lines(text: str) -> str:
    """Without empty lines, and no more space than is needed."""
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))


def clean(text: str) -> str:
    """One line that is safe to print: of a title or a name."""
    line = "".join(char if char.isprintable() else " " for char in " ".join(text.split()))
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1].rstrip()}\u2026"


def by_headings(blocks: Sequence[Block]) -> tuple[str, list[Section]]:
    """The title of a document and its sections.

    Chapters begin at the highest headings but those of front and back matter; where the highest is
    a single one before all others, it is the title of the whole and chapters begin one level below.
    Where matter stands as high, it is so only if chapters stand below it and it names none.
    """
    blocks = _with_chapter_lines(blocks)
    headings = [item for item in blocks if item.level]
    named = [item for item in headings if not is_matter(item.text)] or headings
    title, levels = "", [item.level for item in named]
    alone = levels and levels[0] < min(levels[1:], default=9)
    highest = named[:1] == headings[:1] and all(item.level > levels[0] for item in headings[1:])
    if alone and (highest or (levels[1:] and not begins_chapter(named[0].text))):
        title = clean(named[0].text)
        below = [item.level for item in headings if item.level > levels[0]]
        levels = levels[1:] or below or levels
    chapter_level = min(levels, default=0)
    sections = [Section()]
    for item in blocks:
        if 0 < item.level <= chapter_level:
            sections.append(Section(clean(item.text)))
        sections[-1].blocks.append(item)
    return title, sections


def _with_chapter_lines(blocks: Sequence[Block]) -> Sequence[Block]:
    """With paragraphs such as "Chapter One" as headings, where the headings name no chapters."""
    named = [item for item in blocks if item.level and not is_matter(item.text)]
    beside = [item.level for item in named if stands_alone(item.text)]
    if len(named) - len(beside) > 1:
        return blocks
    lines = chapter_lines([item.text for item in blocks])
    level = min(beside or [min(item.level + 1, 6) for item in named] or [1])
    return [
        replace(item, level=level) if number in lines and not item.level else item
        for number, item in enumerate(blocks)
    ]


def assemble(sections: Iterable[Section], title: str) -> tuple[Chapter, ...]:
    """Chapters of sections: none is empty, none is a mere heading, each has a title.

    A heading alone (the title of a part) goes to the chapter after it; one whose title comes
    again is a line of a table of contents and falls away. Where all would be front or back
    matter, nothing is; nor what holds the book itself.

    Args:
        title: Of the document; for what stands before its first heading.
    """
    chapters: list[Chapter] = []
    heading: list[Block] = []
    full = [section for section in sections if section.blocks]
    seen_later = Counter(section.title.casefold() for section in full)
    sizes = [prose(section.blocks) for section in full]
    matters = _matters(full, sizes)
    named = sum(size for size, matter in zip(sizes, matters, strict=True) if not matter)
    said = 0
    for number, section in enumerate(full):
        seen_later[section.title.casefold()] -= 1
        blocks = list(_tidy(section.blocks))
        last = number == len(full) - 1
        if all(item.level for item in blocks) and not last and not section.matter:
            if not seen_later[section.title.casefold()] and not matters[number]:
                heading += blocks
            continue
        if not any(item.text for item in blocks):
            continue
        matter, size = matters[number], sizes[number]
        if matter and not (section.matter and named):  # a file may say it, and have chapters
            matter = not holds_the_book(section.title, size, said, named, sum(sizes))
        said += 0 if matter else size
        taken = [] if matter else heading
        name = section.title or (_opening(blocks) if chapters or taken else title)
        chapters.append(Chapter(name or title, (*taken, *blocks), matter))
        heading = heading if matter else []
    if heading:  # only front and back matter came after it
        chapters.append(Chapter(clean(heading[0].text), tuple(heading)))
    if all(chapter.matter for chapter in chapters):
        return tuple(Chapter(chapter.title, chapter.blocks) for chapter in chapters)
    return tuple(chapters)


def _matters(sections: Sequence[Section], sizes: Sequence[int]) -> list[bool]:
    """Which are front or back matter; none is so by a doubtful title between chapters, or if long.

    Args:
        sizes: Their prose.
    """
    found = [is_matter(item.title) if item.matter is None else item.matter for item in sections]
    read = [place for place, size in enumerate(sizes) if size and not found[place]]
    for place, section in enumerate(sections):
        between = bool(read) and read[0] < place < read[-1]
        if is_doubtful(section.title) and (between or sizes[place] > LONGEST_FRONT):
            found[place] = False
    return found


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
    opening = clean(" ".join(first.text.split()[:5])[:60])
    whole = first.level or opening == clean(first.text)
    return clean(first.text) if whole else f"{opening}\u2026"
