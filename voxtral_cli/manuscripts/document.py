"""What a manuscript is once it was read: a document of chapters, a chapter of blocks."""

from dataclasses import dataclass
from pathlib import Path

from engine.text.passages import Block


@dataclass(frozen=True)
class Chapter:
    """A stretch of a document that gets a chapter mark, or a file of its own.

    Args:
        title: One line; never empty.
        blocks: Its heading, where it has one, comes first.
        matter: Whether it is front or back matter (cover, contents, copyright, notes, index),
            which is skipped unless asked for.
        number: Among the chapters of all documents that are read, from 1 (`selection.select`).
        place: Among those of its document, from 1.
        voice: That marks in those before it ask for; empty for the narrator's.
    """

    title: str
    blocks: tuple[Block, ...]
    matter: bool = False
    number: int = 0
    place: int = 0
    voice: str = ""


@dataclass(frozen=True)
class Document:
    """A manuscript, or one item of a list.

    Args:
        name: Stem of the file or name of the item, fit for a file name.
        title: As stated or found; else the name.
        chapters: At least one has something to say.
        author: Names joined by commas; empty where none is stated.
        language: As stated, BCP 47; else empty.
        cover: A JPEG or PNG file, or nothing.
        voice: The voice that an item asks for.
        notes: What was assumed or left out, a sentence each.
        source: Where it was read; nothing for stdin.
        places: How many chapters are read of it, chosen or not.
    """

    name: str
    title: str
    chapters: tuple[Chapter, ...]
    author: str = ""
    language: str = ""
    cover: bytes = b""
    voice: str = ""
    notes: tuple[str, ...] = ()
    source: Path | None = None
    places: int = 0
