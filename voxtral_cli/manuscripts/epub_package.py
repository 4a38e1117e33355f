"""What an EPUB says about itself: metadata, reading order, table of contents, kinds of pages."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from engine.errors import InputError
from voxtral_cli.manuscripts.archive import Archive, parse_xml
from voxtral_cli.manuscripts.footnotes import words
from voxtral_cli.manuscripts.html import decode_html, parse_html
from voxtral_cli.manuscripts.outline import clean

MATTER_TYPES = words(
    "cover titlepage title-page halftitlepage halftitle toc landmarks loi lot copyright-page "
    "copyright dedication acknowledgments acknowledgements colophon index footnotes endnotes "
    "rearnotes notes bibliography imprint imprimatur contributors other-credits errata seriespage "
    "backlink doc-cover doc-dedication doc-toc doc-index doc-endnotes doc-acknowledgments "
    "doc-bibliography doc-colophon doc-credits doc-errata"
)
"""epub:type, role or guide type of pages that are not read unless asked for."""

_WRITERS = words("aut author cre creator")
"""Roles by MARC's list, and as some write them."""

_FONTS_ONLY = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")  # JPEG and PNG
_PAGES = (".xhtml", ".html", ".htm", ".xml")


@dataclass(frozen=True)
class Entry:
    """A line of the table of contents.

    Args:
        path: The file in the archive; empty for a line that leads nowhere.
        fragment: The id in it; empty for its start.
        parent: Number of the line that it stands under; -1 for none.
    """

    title: str
    path: str
    fragment: str
    parent: int


@dataclass
class Package:
    """An EPUB's package document, resolved.

    Args:
        spine: Pages in reading order.
        kinds: Page -> what it is, as the landmarks and the guide say.
    """

    title: str = ""
    author: str = ""
    language: str = ""
    cover: bytes = b""
    spine: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    kinds: dict[str, set[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_package(archive: Archive) -> Package:
    """Reads what is needed before the pages.

    Raises:
        InputError: If it is protected (DRM), no EPUB, or points outside of itself.
    """
    _refuse_drm(archive)
    path = _package_path(archive)
    root = parse_xml(archive.read(path))
    if root is None:
        raise archive.damaged(f"{path} is empty")
    items = {
        item.get("id"): (resolved[0], item)
        for item in root.iter("{*}item")
        if (resolved := resolve(archive, path, item.get("href") or ""))
    }
    package = Package(
        title=next(iter(_stated(root, "title")), ""),
        author=", ".join(_authors(root)),
        language=next(iter(_stated(root, "language")), ""),
    )
    for itemref in root.iter("{*}itemref"):
        page, item = items.get(itemref.get("idref"), ("", None))
        if itemref.get("linear") == "no" or item is None or not _is_page(page, item):
            continue
        if page in archive.names:
            package.spine.append(page)
        else:
            package.notes.append(f"The page {clean(page)} is missing.")
    package.cover = _cover(archive, root, items)
    _read_guide(archive, path, root, package)
    _read_contents(archive, root, items, package)
    return package


def resolve(archive: Archive, base: str, href: str) -> tuple[str, str] | None:
    """The member and the id that a link in the member `base` leads to; None out into the web.

    Raises:
        InputError: If it leads outside of the archive.
    """
    try:
        link = urlsplit(href.strip())
    except ValueError:
        return None
    if link.scheme or link.netloc:
        return None
    path = unquote(link.path).replace("\\", "/")
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(base), path)) if path else base
    if joined.startswith(("/", "../")) or joined == "..":
        raise InputError(
            f"{archive.path} points outside of itself, to {clean(href)!r}.",
            "That is no sound EPUB; get the book from elsewhere.",
        )
    return joined, unquote(link.fragment)


def _refuse_drm(archive: Archive) -> None:
    locked = {"META-INF/rights.xml", "META-INF/sinf.xml"} & archive.names
    if "META-INF/encryption.xml" in archive.names:
        root = parse_xml(archive.read("META-INF/encryption.xml"))
        methods = () if root is None else root.iter("{*}EncryptionMethod")
        locked |= {m.get("Algorithm") for m in methods} - set(_FONTS_ONLY)
    if locked:
        raise InputError(
            f"{archive.path} is protected (DRM) and cannot be read.",
            "Give a copy without protection; many shops and libraries offer one.",
        )


def _package_path(archive: Archive) -> str:
    """The path of the package document; broken books may not say it."""
    container = "META-INF/container.xml"
    if container in archive.names:
        root = parse_xml(archive.read(container))
        for rootfile in () if root is None else root.iter("{*}rootfile"):
            found = resolve(archive, "", rootfile.get("full-path") or "")
            if found and found[0] in archive.names:
                return found[0]
    for name in sorted(archive.names):
        if name.endswith(".opf"):
            return name
    raise archive.damaged("it has no package document")


def _stated(root: Any, name: str) -> list[str]:
    found = (clean("".join(element.itertext())) for element in root.iter(f"{{*}}{name}"))
    return [text for text in found if text]


def _authors(root: Any) -> list[str]:
    """Those who wrote it, by their roles: in an attribute in EPUB 2, in a `meta` in EPUB 3.

    Where nobody did, all who made it: who collected an anthology, or translated an old tale.
    """
    roles: dict[str, set[str]] = {}
    for meta in root.iter("{*}meta"):
        if meta.get("property") == "role":
            roles.setdefault(meta.get("refines") or "", set()).add(_role("".join(meta.itertext())))
    made: dict[str, bool] = {}
    for creator in root.iter("{*}creator"):
        own = {_role(text) for name, text in creator.items() if name.endswith(("}role", ":role"))}
        own |= roles.get(f"#{creator.get('id')}", set())
        name = clean("".join(creator.itertext()))
        made[name] = made.get(name, False) or not own or not own.isdisjoint(_WRITERS)
    names = [name for name in made if name]
    return [name for name in names if made[name]] or names


def _role(text: str) -> str:
    return text.strip().lower()


def _is_page(path: str, item: Any) -> bool:
    kind = item.get("media-type") or ""
    return "html" in kind or kind == "text/x-oeb1-document" or path.lower().endswith(_PAGES)


def _cover(archive: Archive, root: Any, items: dict[Any, tuple[str, Any]]) -> bytes:
    """The image that is marked as the cover: a property in EPUB 3, a `meta` in EPUB 2."""
    wanted = {m.get("content") for m in root.iter("{*}meta") if m.get("name") == "cover"}
    for name, (path, item) in items.items():
        marked = "cover-image" in (item.get("properties") or "").split()
        if (marked or name in wanted) and path in archive.names:
            data = archive.read(path)
            if data.startswith(_IMAGES):
                return data
    return b""


def _read_guide(archive: Archive, path: str, root: Any, package: Package) -> None:
    for reference in root.iter("{*}reference"):
        _add_kind(archive, path, reference.get("href"), reference.get("type"), package)


def _add_kind(
    archive: Archive, base: str, href: str | None, kind: str | None, package: Package
) -> None:
    """Notes what a page is; of a mere place in a page it says nothing about the rest."""
    found = resolve(archive, base, href or "")
    if found and not found[1] and kind:
        package.kinds.setdefault(found[0], set()).update(kind.lower().split())


def _read_contents(
    archive: Archive, root: Any, items: dict[Any, tuple[str, Any]], package: Package
) -> None:
    """The navigation document of EPUB 3, or else the NCX of EPUB 2."""
    for path, item in items.values():
        if "nav" in (item.get("properties") or "").split() and path in archive.names:
            package.kinds.setdefault(path, set()).add("toc")
            shown = f"{archive.path}, {path}"
            tree = parse_html(decode_html(archive.read(path), shown).text, shown)
            for nav in () if tree is None else tree.iter("nav"):
                types = (nav.get("epub:type") or nav.get("role") or "").split()
                if "toc" in types or "doc-toc" in types:
                    package.entries += _nav_entries(archive, path, nav)
                elif "landmarks" in types:
                    for link in nav.iter("a"):
                        _add_kind(archive, path, link.get("href"), link.get("epub:type"), package)
    if package.entries:
        return
    for path, item in items.values():
        if item.get("media-type") == "application/x-dtbncx+xml" and path in archive.names:
            ncx = parse_xml(archive.read(path))
            package.entries += [] if ncx is None else _ncx_entries(archive, path, ncx)


def _nav_entries(archive: Archive, base: str, nav: Any) -> Iterator[Entry]:
    numbers: dict[Any, int] = {}
    for item in nav.iter("li"):
        label = next((child for child in item if child.tag in ("a", "span")), None)
        if label is None:
            continue
        above = next((up for up in item.iterancestors("li") if up in numbers), None)
        found = resolve(archive, base, label.get("href") or "") if label.get("href") else None
        path, fragment = found or ("", "")
        parent = -1 if above is None else numbers[above]
        numbers[item] = len(numbers)
        yield Entry(clean("".join(label.itertext())), path, fragment, parent)


def _ncx_entries(archive: Archive, base: str, root: Any) -> Iterator[Entry]:
    numbers: dict[Any, int] = {}
    for point in root.iter("{*}navPoint"):
        content, label = point.find("{*}content"), point.find("{*}navLabel")
        source = "" if content is None else content.get("src") or ""
        title = "" if label is None else clean("".join(label.itertext()))
        path, fragment = (resolve(archive, base, source) if source else None) or ("", "")
        above = next((up for up in point.iterancestors("{*}navPoint") if up in numbers), None)
        parent = -1 if above is None else numbers[above]
        numbers[point] = len(numbers)
        yield Entry(title, path, fragment, parent)
