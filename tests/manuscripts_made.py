"""Small manuscripts for tests: EPUBs by zipfile, word by word."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.read import read_document

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="OEBPS/book.opf" '
    'media-type="application/oebps-package+xml"/></rootfiles></container>'
)


def read(name: str, content: str | bytes) -> Document:
    """The document of a file that is written under this name."""
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return read_document(Path(name))


def titles(document: Document) -> list[str]:
    """Titles of chapters; of front and back matter in brackets."""
    return [f"[{c.title}]" if c.matter else c.title for c in document.chapters]


def texts(document: Document, number: int = 0) -> list[str]:
    """What the blocks of a chapter say."""
    return [block.text for block in document.chapters[number].blocks]


def story(count: int = 20, between: str = "\n\n") -> str:
    """Paragraphs of prose, some 200 characters each."""
    sentence = "It rained on the harbour all day, and nobody left the house but the dog. "
    return between.join(f"{sentence * 3}That was day {n}." for n in range(count))


def page(body: str, kind: str = "") -> str:
    """An XHTML page; `kind` is the epub:type of its body."""
    marked = f' epub:type="{kind}"' if kind else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>'
        '<html xmlns="http://www.w3.org/1999/xhtml" '
        'xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head>'
        f"<body{marked}>{body}</body></html>"
    )


def chapter(title: str, *texts: str) -> str:
    """A page of a heading and paragraphs."""
    return page(f"<h1>{title}</h1>" + "".join(f"<p>{text}</p>" for text in texts))


def nav(lines: str, landmarks: str = "") -> str:
    """A navigation document; `lines` are its list items."""
    return page(
        f'<nav epub:type="toc"><h1>Contents</h1><ol>{lines}</ol></nav>'
        f'<nav epub:type="landmarks"><ol>{landmarks}</ol></nav>'
    )


def line(title: str, href: str, below: str = "") -> str:
    """An item of a navigation document."""
    inner = f"<ol>{below}</ol>" if below else ""
    return f"<li><a href={quoteattr(href)}>{escape(title)}</a>{inner}</li>"


def ncx(points: Mapping[str, str]) -> str:
    """A table of contents of EPUB 2: title -> target."""
    inner = "".join(
        f"<navPoint><navLabel><text>{title}</text></navLabel><content src={quoteattr(target)}/>"
        "</navPoint>"
        for title, target in points.items()
    )
    return f'<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>{inner}</navMap></ncx>'


def write_epub(
    path: Path,
    pages: Mapping[str, str],
    metadata: str = "<dc:title>The Harbour</dc:title>",
    guide: str = "",
    more: Mapping[str, str | bytes] | None = None,
    items: str = "",
    spine: str = "",
) -> Path:
    """Writes an EPUB.

    Args:
        pages: Name in OEBPS/ -> content. `nav.xhtml` and `toc.ncx` are no part of the spine.
        more: Other members of the archive by their full names.
        items: More items of the manifest.
        spine: What follows in the spine.
    """
    kinds = {
        "nav.xhtml": 'properties="nav" media-type="application/xhtml+xml"',
        "toc.ncx": 'media-type="application/x-dtbncx+xml"',
    }
    manifest = "".join(_item(number, name, kinds.get(name)) for number, name in enumerate(pages))
    order = "".join(
        f'<itemref idref="i{number}"/>' for number, name in enumerate(pages) if name not in kinds
    )
    package = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
        f"<manifest>{manifest}{items}</manifest><spine>{order}{spine}</spine>"
        f"<guide>{guide}</guide></package>"
    )
    members: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": package,
        **{f"OEBPS/{name}": content for name, content in pages.items()},
        **(more or {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _item(number: int, name: str, kind: str | None) -> str:
    kind = kind or 'media-type="application/xhtml+xml"'
    return f'<item id="i{number}" href={quoteattr(name)} {kind}/>'
