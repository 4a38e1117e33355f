"""Which chapters are read: all but front and back matter, or those with the given numbers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.errors import InputError
from engine.text.characters import printable
from engine.text.marks import voice_after
from voxtral_cli.manuscripts.document import Chapter, Document

_RANGE = re.compile(r"\s*(\d{1,9})\s*(?:(-)\s*(\d{1,9})?\s*)?", re.ASCII)


def select(
    documents: Sequence[Document], numbers: str = "", matter: bool = False
) -> list[Document]:
    """The documents with the chosen chapters alone; those with none are left out.

    Args:
        numbers: Such as "3-7,9" or "12-": counted from 1 over the chapters of all documents, as
            they would be without a choice. Empty for all.
        matter: Whether front and back matter is read, and counted.

    Raises:
        InputError: If a number is none, or of no chapter.
    """
    counted: list[Document] = []
    total = 0
    for document in documents:
        read = [chapter for chapter in document.chapters if matter or not chapter.matter]
        numbered = tuple(
            replace(chapter, number=total + place, place=place, voice=voice)
            for place, (chapter, voice) in enumerate(zip(read, _voices(read), strict=True), 1)
        )
        counted.append(replace(document, chapters=numbered, places=len(read)))
        total += len(read)
    wanted = _wanted(numbers, total) if numbers else set(range(1, total + 1))
    chosen = [
        replace(document, chapters=tuple(c for c in document.chapters if c.number in wanted))
        for document in counted
    ]
    return [document for document in chosen if document.chapters]


def _voices(chapters: Sequence[Chapter]) -> Iterator[str]:
    """The voice that marks ask for at the beginning of each chapter."""
    voice = ""
    for chapter in chapters:
        yield voice
        for block in chapter.blocks:
            voice = voice_after(printable(block.text), voice) if "[" in block.text else voice


def _wanted(numbers: str, count: int) -> set[int]:
    """The numbers of a list of ranges."""
    there = "There is 1 chapter." if count == 1 else f"There are {count} chapters."
    wanted: set[int] = set()
    for part in numbers.split(","):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise InputError(f"{part!r} is no chapter or range.", 'Give such as "3-7,9" or "12-".')
        first = int(match[1])
        last = int(match[3]) if match[3] else count if match[2] else first
        if not 1 <= first <= last <= count:
            raise InputError(
                f"There are no chapters {part.strip()}.", f"{there} --list names them."
            )
        wanted.update(range(first, last + 1))
    return wanted
