"""EPUB 2 and 3 -> chapters: the pages in reading order, cut where the table of contents says."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice, pairwise
from pathlib import Path

from engine.errors import InputError
from voxtral_cli.manuscripts.archive import Archive
from voxtral_cli.manuscripts.chapter_lines import is_part, title_key
from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.epub_package import (
    MATTER_TYPES,
    Entry,
    Package,
    read_package,
    resolve,
)
from voxtral_cli.manuscripts.footnotes import led_to
from voxtral_cli.manuscripts.gutenberg import of_the_book
from voxtral_cli.manuscripts.html import Page, decode_html, parse_html, read_page
from voxtral_cli.manuscripts.matter import is_contents, is_matter, prose
from voxtral_cli.manuscripts.outline import Section, assemble, by_headings, clean

_LEGAL = re.compile(
    r"\bISBN\b|\u00a9|\bcopyright\b|all rights reserved|\bpublished (?:in|by)\b", re.IGNORECASE
)
_PLAINLY_LEGAL = {"isbn", "\u00a9", "all rights reserved"}
_OFFER = re.compile(
    r"(?:sign up|subscribe|join)\b[^.!?]{0,80}\b(?:newsletter|mailing list)\b", re.IGNORECASE
)
_LINK = re.compile(r"""href\s*=\s*["']?[^"'#<>]+#""", re.IGNORECASE)  # to a place on a page
_LICENCE = re.compile(r"\blicen[cs]e$", re.IGNORECASE)
_LONGEST_LEGAL = 6000
_LONGEST_TITLE_PAGE = 400
_LONGEST_OFFER = 1500
"""Characters of a page; longer ones hold more than a copyright notice, a title, an offer."""

_LONGEST_EPIGRAPH = 2000
"""Characters of prose of a page in front that the contents do not name; more are a prologue."""


def read_epub(path: Path) -> Document:
    """Reads an EPUB.

    Raises:
        InputError: If it is damaged, protected, or no book.
    """
    with Archive(path) as archive:
        package = read_package(archive)
        title = package.title or path.stem
        notes = dict.fromkeys(package.notes)
        pages = list(_pages(archive, package, notes))
    sections = list(_sections(pages, package))
    free = any(page.free for _, page in pages)
    blocks = iter(of_the_book([item for section in sections for item in section.blocks], free))
    for section in sections:
        kept = islice(blocks, len(section.blocks))
        section.blocks = [item for item in kept if item is not None]
    return Document(
        path.stem,
        title,
        assemble(sections, title),
        author=package.author,
        language=package.language,
        cover=package.cover,
        notes=tuple(notes),
        source=path,
    )


def _pages(
    archive: Archive, package: Package, notes: dict[str, None]
) -> Iterator[tuple[str, Page]]:
    names = dict.fromkeys(package.spine)
    shown = {name: f"{archive.path}, {name}" for name in names}
    texts = {name: decode_html(archive.read(name), shown[name]) for name in names}
    marked = _marked(archive, {name: (text.text, shown[name]) for name, text in texts.items()})
    for name, text in texts.items():
        page = read_page(text.text, shown[name], marked.get(name, {}))
        notes.update(dict.fromkeys(text.notes))
        if page.skipped_code:
            notes["Blocks of code are not read."] = None
        yield name, page


def _marked(archive: Archive, pages: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Page -> places to which note marks on pages before it lead, and their numbers.

    Args:
        pages: Text, and what errors call it.
    """
    found: dict[str, dict[str, str]] = {}
    later = set(pages)
    for name, (text, shown) in pages.items():
        later.remove(name)
        tree = parse_html(text, shown) if later and _LINK.search(text) else None
        for href, number in () if tree is None else led_to(tree):
            with suppress(InputError):  # one that leads out of the archive
                page, place = resolve(archive, name, href) or ("", "")
                if page in later:
                    found.setdefault(page, {}).setdefault(place, number)
    return found


def _sections(pages: Sequence[tuple[str, Page]], package: Package) -> Iterator[Section]:
    entries: dict[str, list[Entry]] = {}
    for entry in _chapter_entries(package):
        entries.setdefault(entry.path, []).append(entry)
    section = Section()
    begun = False
    alone = len(package.spine) == 1
    for name, page in pages:
        listed = entries.get(name, [])
        names = {entry.title for entry in listed}
        known = not alone and _is_matter(page, package, name, bool(listed), begun)
        for part in _parts(page, listed, alone):
            fresh = not entries or part.title in names
            if fresh or known or section.matter or _opens(part, section) or not begun:
                yield section
                section = part
                full = fresh or _is_prologue(part)
                before = not (full or begun or _opens(part, Section()))
                section.matter = known or before or is_matter(part.title)
                begun |= full and not section.matter
            else:
                section.blocks += part.blocks
    yield section


def _is_prologue(part: Section) -> bool:
    """Whether a part in front that the contents do not name is long, and no praise."""
    first = next((clean(block.text) for block in part.blocks if block.text), "")
    praise = first.isupper() and first.startswith("PRAISE")
    return prose(part.blocks) > _LONGEST_EPIGRAPH and not (praise or is_matter(first))


def _chapter_entries(package: Package) -> Iterator[Entry]:
    """Lines of the contents that begin a chapter.

    One in the same file as the line above it is a section of that chapter, unless that one is a
    part, or the book.
    """
    book = title_key(package.title)
    first = _holds_all(package.entries)
    for entry in package.entries:
        above = package.entries[entry.parent] if entry.parent >= 0 else None
        within = (
            above is not None
            and above.path == entry.path
            and not (is_part(above.title) or title_key(above.title) == book)
            and not (first and entry.parent == 0)
        )
        if entry.path and not within:
            yield entry


def _holds_all(entries: Sequence[Entry]) -> bool:
    """Whether the first line of the contents is the book.

    Most others, or a table of contents, stand under it, and nothing but matter beside it.
    """
    under = {0}
    for number, entry in enumerate(entries):
        if entry.parent in under:
            under.add(number)
    most = 2 * (len(under) - 1) > len(entries)
    beside = [entry.title for entry in entries[1:] if entry.parent == -1]
    return (most or any(is_contents(entry.title) for entry in entries if entry.parent == 0)) and (
        all(is_matter(title) or _LICENCE.search(title) for title in beside)
    )


def _parts(page: Page, entries: list[Entry], alone: bool) -> list[Section]:
    """The sections of a page: by the contents, or by its headings where it is the whole book."""
    if not entries:
        if alone:
            return by_headings(page.blocks)[1]
        return [Section(_heading(page), page.blocks)]
    starts: dict[int, str] = {}
    for entry in entries:
        found = page.anchors.get(entry.fragment) if entry.fragment else 0
        if found is not None:
            starts.setdefault(found, entry.title)
    if not starts:
        starts[0] = entries[0].title
    cuts = sorted(starts)
    spans = pairwise([*cuts, len(page.blocks)])
    parts = [Section(starts[start], page.blocks[start:end]) for start, end in spans]
    before = page.blocks[: cuts[0]]
    return [Section("", before), *parts] if before else parts


def _heading(page: Page) -> str:
    return next((clean(block.text) for block in page.blocks if block.level), "")


def _opens(part: Section, before: Section) -> bool:
    """Whether a part that the contents do not name begins a chapter.

    It does by a heading, unless that is one of a section of the chapter before.
    """
    first = next((block for block in part.blocks if block.text), None)
    above = next((block.level for block in before.blocks if block.level), 6)
    return first is not None and 0 < first.level <= above


def _is_matter(page: Page, package: Package, name: str, listed: bool, begun: bool) -> bool:
    """Whether a page is front or back matter: as it is marked, or by its words.

    Args:
        listed: Whether the contents name it.
        begun: Whether a chapter that they name came before; words must then be plainer.
    """
    if not MATTER_TYPES.isdisjoint(page.types | package.kinds.get(name, set())):
        return True
    texts = [block.text for block in page.blocks if block.text]
    size = sum(map(len, texts))
    legal = {match.lower() for text in texts for match in _LEGAL.findall(text)}
    plain = not begun or bool(legal & _PLAINLY_LEGAL)
    if not listed and size < _LONGEST_LEGAL and len(legal) > 1 and plain:
        return True
    heading = _heading(page)
    offer = (not heading or is_matter(heading)) and any(map(_OFFER.search, texts))
    if not listed and size < _LONGEST_OFFER and offer:
        return True
    is_title = (
        bool(texts) and not (listed and begun) and title_key(texts[0]) == title_key(package.title)
    )
    return is_title and size < _LONGEST_TITLE_PAGE
