"""HTML, and the XHTML of EPUBs, however broken: lxml's lenient parser -> blocks.

Dropped: scripts, navigation, images, hidden text, page numbers, code, footnotes and the marks
that point to them. No entity is expanded but HTML's own, and nothing is fetched.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.text.passages import Block
from voxtral_cli.manuscripts.decoding import Text, decode, read_bytes
from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.footnotes import (
    is_note_mark,
    is_title,
    marks,
    notes_without_marks,
    types_of,
    words,
)
from voxtral_cli.manuscripts.gutenberg import of_the_book, title_alone
from voxtral_cli.manuscripts.outline import assemble, block, by_headings, clean
from voxtral_cli.manuscripts.superscripts import raised

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DROPPED = words(
    "head script style template noscript nav svg math img picture audio video canvas object embed "
    "iframe button select textarea input rp rt s strike del"
)
_BLOCKS = words(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption "
    "figure footer header hgroup hr li main ol p pre section summary table tbody tfoot thead tr ul"
) | set(_HEADINGS)
_HIDDEN_TYPES = words(
    "noteref footnote footnotes endnote endnotes rearnote rearnotes pagebreak page-list toc "
    "landmarks doc-noteref doc-footnote doc-endnote doc-endnotes doc-pagebreak doc-toc "
    "doc-backlink navigation"
)
"""epub:type and role of what is not read."""

_HIDDEN_CLASSES = words(
    "noteref footnote footnotes endnote endnotes footnote-ref pagenum pageno pg-boilerplate"
)
_LIBRARY_CLASS = "pg-boilerplate"
_DECLARED = re.compile(rb"""(?:encoding|charset)\s*=\s*["']?([A-Za-z0-9_.:-]+)""")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_LETTER = re.compile(r"[\"'\u201c\u2018]?[^\W\d_]")
"""What the picture of a drop cap says it is."""

_CELL = "\ue000"  # private use: what separates the cells of a row until it is joined


@dataclass
class Page:
    """An HTML file as it is read.

    Args:
        anchors: id -> number of the block at or before which it stands.
        types: epub:type and role of the body and of the sections that wrap all of it.
        skipped_code: Whether there was code, which is not read.
        free: Whether it is marked as one of Project Gutenberg's.
    """

    blocks: list[Block] = field(default_factory=list)
    anchors: dict[str, int] = field(default_factory=dict)
    types: frozenset[str] = frozenset()
    title: str = ""
    author: str = ""
    language: str = ""
    skipped_code: bool = False
    free: bool = False


def read_html(path: Path) -> Document:
    """Reads an HTML file.

    Raises:
        InputError: If it is no text.
    """
    text = decode_html(read_bytes(path), str(path))
    return document_of(read_page(text.text, str(path)), path, text.notes)


def document_of(page: Page, path: Path, notes: tuple[str, ...] = ()) -> Document:
    """The document of a page that is all of it."""
    blocks = [item for item in of_the_book(page.blocks, page.free) if item is not None]
    heading, sections = by_headings(blocks)
    title = page.title or heading or path.stem
    if page.skipped_code:
        notes += ("Blocks of code are not read.",)
    return Document(
        path.stem,
        title,
        assemble(sections, heading or title),
        author=page.author,
        language=page.language,
        notes=notes,
        source=path,
    )


def decode_html(data: bytes, name: str) -> Text:
    """Text of a file that may name its encoding in its first lines."""
    declared = _DECLARED.search(data[:2048])
    return decode(data, name, declared[1].decode() if declared else "")


def parse_html(text: str, name: str) -> Any:
    """The tree of a text; None where there is no element in it.

    Raises:
        InputError: If elements lie in each other deeper than the parser goes.
    """
    from lxml import etree

    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True
    )
    tree = etree.fromstring(text.encode() or b" ", parser)
    if any("Excessive depth" in error.message for error in parser.error_log):
        raise InputError(
            f"{name} is nested too deep: elements are opened and never closed.",
            "Mend it first, for example with tidy.",
        )
    return tree


def read_page(text: str, name: str, marked: Mapping[str, str] = {}) -> Page:
    """Reads a page of HTML.

    Args:
        name: What errors call it.
        marked: Ids to which note marks on other pages lead (`footnotes.led_to`).
    """
    from lxml import etree

    tree = parse_html(text, name)
    page = Page()
    if tree is None:
        return page
    page.title = title_alone(clean(tree.findtext("head/title") or ""))
    author = tree.find("head/meta[@name='author']")
    page.author = "" if author is None else clean(author.get("content") or "")
    page.language = clean(tree.get("lang") or tree.get("xml:lang") or "")
    page.types = frozenset(_outer_types(tree))
    notes = notes_without_marks(tree, marked)
    dropped = notes | marks(tree, notes)
    reader = _Reader(page)
    titles: set[int] = set()
    walker = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walker:
        if event == "end":
            reader.end(element)
        elif element in dropped or _is_hidden(element):
            reader.skip(element)
            walker.skip_subtree()
            if element in notes and page.blocks and is_title(page.blocks[-1].text):
                titles.add(len(page.blocks) - 1)
        else:
            reader.start(element)
    reader.flush()
    for place in sorted(titles, reverse=True):
        if place + 1 == len(page.blocks) or page.blocks[place + 1].level:
            _take(page, place)  # nothing is left under it
    return page


def _take(page: Page, place: int) -> None:
    """Takes a block away."""
    del page.blocks[place]
    page.anchors = {name: at - (at > place) for name, at in page.anchors.items()}


class _Reader:
    """Gathers the text of a walk over elements into blocks."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.parts: list[str] = []
        self.level = 0
        self.preformatted = 0
        self.superscript = 0
        self.skipped: Any = None

    def start(self, element: Any) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self.flush()
        self.anchor(element)
        if tag in _HEADINGS:
            self.level = _HEADINGS[tag]
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "hr":
            self.page.blocks.append(Block(""))
        elif tag in ("td", "th"):
            self.parts.append(_CELL)
        elif tag == "pre":
            self.preformatted += 1
        elif tag == "sup":
            self.superscript += 1
        self.add(element.text)

    def anchor(self, element: Any) -> None:
        for key in ("id", "name"):
            if anchor := element.get(key):
                self.page.anchors.setdefault(anchor, len(self.page.blocks))

    def skip(self, element: Any) -> None:
        """Leaves an element out, but not the places in it that the contents may lead to."""
        self.skipped = element
        self.page.skipped_code |= element.tag == "pre"
        self.page.free |= _LIBRARY_CLASS in (element.get("class") or "").split()
        if element.tag in _BLOCKS:
            self.flush()
        for inner in element.iter():
            self.anchor(inner)
        initial = element.get("alt") or ""
        if element.tag == "img" and _LETTER.fullmatch(initial) and self.begins(element):
            self.add(initial)

    def begins(self, element: Any) -> bool:
        """Whether an element is the first thing in a paragraph."""
        inside = next(element.iterancestors("p"), None) is not None
        return inside and not any(map(str.strip, self.parts))

    def end(self, element: Any) -> None:
        tag = element.tag
        if element is self.skipped:
            self.skipped = None
        elif tag in _BLOCKS:
            self.flush()
            self.preformatted -= tag == "pre"
        else:
            self.superscript -= tag == "sup"
        if tag in _HEADINGS:
            self.level = 0
        self.add(element.tail)

    def add(self, text: str | None) -> None:
        if text and self.superscript:
            text = raised(text, self.parts)
        if text:
            self.parts.append(text if self.preformatted else _SPACE.sub(" ", text))

    def flush(self) -> None:
        """Ends the block that is being gathered; empty lines end one too."""
        whole = "".join(self.parts)
        self.parts.clear()
        if not whole or whole.isspace():
            return
        if _CELL in whole:
            whole = ", ".join(filter(None, map(str.strip, whole.split(_CELL))))
        lines = [" ".join(line.split()) for line in whole.split("\n")]
        for text in re.split(r"\n{2,}", "\n".join(lines)):
            if text := text.strip("\n"):
                self.page.blocks.append(block(text, self.level))


def _outer_types(tree: Any) -> Iterator[str]:
    """Types of the body, and of an only child of it, and so on."""
    element = tree.find("body")
    while element is not None:
        yield from types_of(element)
        children = [child for child in element if isinstance(child.tag, str)]
        element = children[0] if len(children) == 1 else None


def _is_hidden(element: Any) -> bool:
    tag = element.tag.rpartition(":")[2]
    if tag in _DROPPED or element.get("hidden") is not None:
        return True
    if element.get("aria-hidden") == "true":
        return True
    if tag == "footer" and element.getparent().tag == "body":
        return True
    if tag == "pre" and element.find(".//code") is not None:
        return True
    if not types_of(element).isdisjoint(_HIDDEN_TYPES):
        return True
    if not _HIDDEN_CLASSES.isdisjoint((element.get("class") or "").lower().split()):
        return True
    style = (element.get("style") or "").replace(" ", "").lower()
    if "display:none" in style or "visibility:hidden" in style:
        return True
    if tag == "sup":
        link = element.find(".//a")
        return link is not None and is_note_mark(link)
    return False
