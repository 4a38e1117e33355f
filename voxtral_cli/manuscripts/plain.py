"""Plain text -> chapters: headings are lines such as "Chapter 3" or "PROLOGUE" that stand alone."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from voxtral_cli.manuscripts.chapter_lines import LONGEST_HEADING, chapter_lines
from voxtral_cli.manuscripts.decoding import Text, decode, read_bytes
from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.gutenberg import without_apparatus, without_frame
from voxtral_cli.manuscripts.matter import is_contents, is_matter
from voxtral_cli.manuscripts.outline import Section, assemble, block, clean

_WRAPPED = 120
"""A longer line is a paragraph of its own; shorter ones may be one paragraph, wrapped."""


def read_plain(path: Path) -> Document:
    """Reads a file of plain text.

    Raises:
        InputError: If it is no text.
    """
    return plain_document(decode(read_bytes(path), str(path)), path.stem, path)


def plain_document(text: Text, name: str, source: Path | None = None) -> Document:
    """The document of a text."""
    body, stated = without_frame(text.text)
    texts = list(paragraphs(body))
    if stated is not None:
        texts = [text for text in without_apparatus(texts) if text is not None]
    title = clean((stated or {}).get("Title", "")) or name
    return Document(
        name,
        title,
        assemble(_sections(texts), title),
        author=clean((stated or {}).get("Author", "")),
        notes=text.notes,
        source=source,
    )


def paragraphs(text: str) -> Iterator[str]:
    """What blank lines and rules separate; a line too long to be wrapped stands alone."""
    lines: list[str] = []
    for line in [*map(str.strip, text.replace("\f", "\n\n").splitlines()), ""]:
        if line and not _is_rule(line):
            lines.append(line)
            continue
        if lines:
            longest = max(map(len, lines))
            yield from lines if longest > _WRAPPED else ["\n".join(lines)]
            lines = []
        if line:
            yield line


def _is_rule(line: str) -> bool:
    return len(line) > 2 and not any(map(str.isalnum, line)) and len(set(line) - {" "}) == 1


def _sections(texts: Sequence[str]) -> Iterator[Section]:
    """Titles of front matter count until the first chapter; later they may be words of the book."""
    section, begun = Section(), False
    chapters = chapter_lines(texts)
    for number, text in enumerate(texts):
        front = not begun and len(text) <= LONGEST_HEADING and is_matter(text)
        heading = number in chapters or (front and (is_contents(text) or not text.endswith(".")))
        begun |= number in chapters and not is_matter(text)
        if heading:
            yield section
            section = Section(clean(text))
        section.blocks.append(block(text, int(heading)))
    yield section
