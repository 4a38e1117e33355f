"""DOCX (python-docx) -> blocks: headings by their styles, tables row by row, no footnotes."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.text.passages import Block
from voxtral_cli.manuscripts.archive import Archive
from voxtral_cli.manuscripts.decoding import read_bytes
from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.outline import assemble, block, by_headings, clean, full_lines
from voxtral_cli.manuscripts.superscripts import raised

_CONTENTS = ("toc ", "table of ", "index ")
"""How the names of the styles of a table of contents begin, in lower case."""

_OFF = {"0", "false", "off"}
_UNREAD = frozenset(["del", "moveFrom", "txbxContent", "rt", "Fallback"])
"""Elements whose text was deleted or stands elsewhere: in a box, above the line, or twice."""

_SIGNS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_LONGEST_CHAIN = 20
"""Styles that are based on each other."""

_DAMAGE = (KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError)


def read_docx(path: Path) -> Document:
    """Reads a Word document.

    Raises:
        InputError: If it is damaged, or protected by a password.
    """
    import docx
    from lxml.etree import XMLSyntaxError

    with Archive(path) as archive:
        for name in sorted(archive.names):  # python-docx has no limits, so all is read here first
            archive.read(name)
        try:
            word = docx.Document(io.BytesIO(read_bytes(path)))
            about = word.core_properties
            stated, author, language = about.title, about.author, about.language
            heading, sections = by_headings(list(_blocks(word)))
        except (*_DAMAGE, XMLSyntaxError) as error:
            raise archive.damaged(str(error)) from error
    title = heading or clean(stated) or path.stem
    return Document(
        path.stem,
        title,
        assemble(sections, title),
        author="" if author == "python-docx" else clean(author),  # its template's
        language=clean(language),
        source=path,
    )


def _blocks(word: Any) -> Iterator[Block]:
    """Paragraphs and rows, also those inside content controls, which python-docx passes over."""
    names = _style_names(word.styles.element)
    found = [(_styles_of(element, names), element) for element in _paragraphs(word.element.body)]
    below = int(any("title" in styles for styles, _ in found))
    initial = ""
    for styles, element in found:
        level = next((n for n in map(_level, styles) if n), 0)
        if "title" in styles:
            level = 1
        elif level:
            level = min(level + below, 6)
        if any(name.startswith(_CONTENTS) for name in styles):
            continue
        if (level or _is_row(element)) and (text := full_lines(initial)):
            initial = ""
            yield block(text)
        if _is_drop_cap(element):
            initial += _raw(element)
        elif text := full_lines(initial + _raw(element)):
            initial = ""
            yield block(text, level)
    if text := full_lines(initial):
        yield block(text)


def _paragraphs(body: Any) -> Iterator[Any]:
    """Paragraphs, and rows of more than one cell as a whole; none of a table of contents."""
    rows = set(filter(_is_row, body.iter("{*}tr")))
    passed = rows | set(filter(_is_contents, body.iter("{*}sdt")))
    for element in body.iter("{*}p", "{*}tr"):
        if passed.isdisjoint(element.iterancestors()) and (
            _local(element) == "p" or element in rows
        ):
            yield element


def _is_contents(control: Any) -> bool:
    return "Table of Contents" in map(_value, control.iterfind("{*}sdtPr//{*}docPartGallery"))


def _is_drop_cap(element: Any) -> bool:
    """Whether a paragraph is the first letter of the next one, made large."""
    frame = element.find("{*}pPr/{*}framePr")
    return frame is not None and _attribute(frame, "dropCap") in ("drop", "margin")


def _is_row(element: Any) -> bool:
    return _local(element) == "tr" and len(element.findall("{*}tc")) > 1


def _text(element: Any) -> str:
    return full_lines(_raw(element))


def _raw(element: Any) -> str:
    """Text of a paragraph, or of the cells of a row with commas between them."""
    if _is_row(element):
        cells = (" ".join(map(_text, cell.iter("{*}p"))) for cell in element.iterfind("{*}tc"))
        return ", ".join(filter(None, cells))
    parts: list[str] = []
    for part in element.iter("{*}t", *(f"{{*}}{sign}" for sign in _SIGNS)):
        above = map(_local, part.iterancestors())
        run = part.getparent()
        if _local(run) == "r" and not _is_hidden(run) and _UNREAD.isdisjoint(above):
            text = part.text or "" if _local(part) == "t" else _SIGNS[_local(part)]
            if _value(run.find("{*}rPr/{*}vertAlign")) == "superscript":
                text = raised(text, parts)
            parts.append(text)
    return "".join(parts)


def _is_hidden(run: Any) -> bool:
    """Whether a run is hidden or struck out."""
    marks = [run.find(f"{{*}}rPr/{{*}}{name}") for name in ("vanish", "strike", "dstrike")]
    return any(mark is not None and _OFF.isdisjoint(mark.values()) for mark in marks)


def _style_names(styles: Any) -> dict[str, list[str]]:
    """Of each paragraph's style its name and those of the styles that it is based on.

    Word calls its own in English everywhere.
    """
    known = {}
    for style in styles.iterfind("{*}style"):
        if _attribute(style, "type") in ("paragraph", ""):
            name, base = (style.find(f"{{*}}{part}") for part in ("name", "basedOn"))
            known[_attribute(style, "styleId")] = _value(name).lower(), _value(base)
    return {style: list(_chain(style, known)) for style in known}


def _chain(style: str, known: dict[str, tuple[str, str]]) -> Iterator[str]:
    for _ in range(_LONGEST_CHAIN):
        if style not in known:
            return
        name, style = known[style]
        yield name


def _value(element: Any) -> str:
    return "" if element is None else _attribute(element, "val")


def _attribute(element: Any, name: str) -> str:
    """Whatever its namespace."""
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")


def _styles_of(element: Any, names: dict[str, list[str]]) -> list[str]:
    style = element.find("{*}pPr/{*}pStyle")
    return [] if style is None else names.get(next(iter(style.values()), ""), [])


def _level(style: str) -> int:
    name, _, number = style.rpartition(" ")
    return int(number) if name == "heading" and number.isdecimal() else 0


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
