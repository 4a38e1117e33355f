"""Manuscripts that are damaged, locked, hostile or huge: one clear error, or read all the same."""

import zipfile
from pathlib import Path

import docx
import pytest

from engine.errors import InputError
from tests.manuscripts_made import CONTAINER, chapter, line, nav, page, write_epub
from voxtral_cli.manuscripts import archive
from voxtral_cli.manuscripts.gather import gather
from voxtral_cli.manuscripts.read import read_document


def refused(path: Path, message: str, hint: str = "") -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_document(path)
    assert hint in caught.value.hint
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message + caught.value.hint


def a_book(**more: str | bytes) -> Path:
    return write_epub(Path("book.epub"), {"a.xhtml": chapter("One", "Words.")}, more=more)


def test_a_zip_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = page("<p>" + "boom " * (20 << 18) + "</p>")
    refused(write_epub(Path("book.epub"), {"a.xhtml": bomb}), "unpacks to more than", "its text")
    document = docx.Document()
    document.add_paragraph("Hi")
    document.save("bomb.docx")
    with zipfile.ZipFile("bomb.docx", "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/media/a.bin", b"\0" * (20 << 20))
    refused(Path("bomb.docx"), "unpacks to more than")
    monkeypatch.setattr(archive, "LARGEST", 3000)  # many files, each small
    pages = {f"{n}.xhtml": chapter(f"Chapter {n}", "Words.") for n in range(20)}
    refused(write_epub(Path("book.epub"), pages), "unpacks to more than")


def test_a_size_that_the_header_hides_is_counted_as_it_is_read() -> None:
    path = write_epub(Path("book.epub"), {"a.xhtml": page("<p>" + "boom " * (20 << 18) + "</p>")})
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as file:
        info = file.getinfo("OEBPS/a.xhtml")
    size = info.file_size.to_bytes(4, "little")
    assert data.count(size) == 2  # beside the file, and in the directory
    path.write_bytes(data.replace(size, (100).to_bytes(4, "little")))
    refused(path, "is damaged|unpacks to more")


@pytest.mark.parametrize("target", ["../../etc/passwd", "/etc/passwd", "..%2F..%2Fsecret.txt"])
def test_no_link_leads_out_of_the_archive(target: str) -> None:
    Path("secret.txt").write_text("secret")
    item = f'<item id="x" href="{target}" media-type="application/xhtml+xml"/>'
    pages = {"a.xhtml": chapter("One", "Words.")}
    path = write_epub(Path("book.epub"), pages, items=item, spine='<itemref idref="x"/>')
    refused(path, "points outside of itself", "EPUB")
    pages["nav.xhtml"] = nav(line("One", target))
    refused(write_epub(Path("book.epub"), pages), "points outside of itself")


def test_members_with_names_from_outside_are_never_written() -> None:
    before = set(Path().absolute().parent.rglob("*"))
    path = a_book(**{"../../evil.txt": "evil", "/tmp/evil-voxtral.txt": "evil"})
    assert read_document(path).chapters[0].title == "One"
    assert set(Path().absolute().parent.rglob("*")) - before == {path.absolute()}
    assert not Path("/tmp/evil-voxtral.txt").exists()


def encryption(algorithm: str) -> str:
    return (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" '
        'xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>'
        f'<enc:EncryptionMethod Algorithm="{algorithm}"/></enc:EncryptedData></encryption>'
    )


def test_protected_books_are_refused_and_hidden_fonts_are_none() -> None:
    aes = encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc")
    refused(a_book(**{"META-INF/encryption.xml": aes}), r"is protected \(DRM\)", "without")
    refused(a_book(**{"META-INF/rights.xml": "<rights/>"}), r"is protected \(DRM\)")
    refused(a_book(**{"META-INF/sinf.xml": "<sinf/>"}), r"is protected \(DRM\)")
    fonts = encryption("http://www.idpf.org/2008/embedding")
    assert read_document(a_book(**{"META-INF/encryption.xml": fonts})).chapters


@pytest.mark.parametrize("depth", [2, 30])
def test_entities_are_neither_expanded_nor_fetched(depth: int) -> None:
    Path("secret.txt").write_text("secret words")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, depth + 1))
    doctype = (
        f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}<!ENTITY file SYSTEM "secret.txt">'
        f'<!ENTITY uri SYSTEM "{Path("secret.txt").absolute().as_uri()}">]>'
    )
    body = f"<html><body><p>Words &l{depth}; &file; &uri; end.</p></body></html>"
    path = write_epub(Path("book.epub"), {"a.xhtml": doctype + body})
    with zipfile.ZipFile(path) as file:
        package = file.read("OEBPS/book.opf").decode().removeprefix('<?xml version="1.0"?>')
    title = f"<dc:title>A&l{depth};&file;&uri;B</dc:title>"
    package = doctype + package.replace("<dc:title>The Harbour</dc:title>", title)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("META-INF/container.xml", CONTAINER)
        file.writestr("OEBPS/book.opf", package)
        file.writestr("OEBPS/a.xhtml", doctype + body)
    Path("a.html").write_text(doctype + body)
    documents = [read_document(Path("a.html"))]
    if depth == 2:
        documents.append(read_document(path))
    else:
        refused(path, "no text to speak")  # its package is read up to the bomb
    for document in documents:
        assert "secret" not in repr(document)
        assert "lollol" not in repr(document)
        assert document.chapters[0].blocks[0].text.startswith("Words")


def test_damaged_and_locked_files() -> None:
    path = a_book()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    refused(path, "is damaged, or no EPUB", "again")
    path.write_bytes(b"just text")
    refused(path, "is damaged, or no EPUB")
    path.write_bytes(b"")
    refused(path, "is damaged, or no EPUB")
    for name in ("book.epub", "book.docx"):
        path = a_book().rename(name)
        with zipfile.ZipFile(path) as file:
            offsets = [info.header_offset for info in file.infolist()]
        locked = bytearray(path.read_bytes())
        for offset in offsets:
            locked[offset + 6] |= 1  # "is encrypted", as in the directory
        start = locked.index(b"PK\x01\x02")
        for _ in offsets:
            locked[start + 8] |= 1
            start = locked.find(b"PK\x01\x02", start + 4)
        path.write_bytes(locked)
        refused(path, "is protected by a password", "without a password")
    Path("old.docx").write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    refused(Path("old.docx"), "is protected by a password, or of an older format")
    with zipfile.ZipFile("other.docx", "w") as file:
        file.writestr("readme", "no Word in it")
    refused(Path("other.docx"), "is damaged, or no DOCX")
    with zipfile.ZipFile("other.epub", "w") as file:
        file.writestr("readme", "no book in it")
    refused(Path("other.epub"), "no package document")


def test_empty_manuscripts() -> None:
    refused(write_epub(Path("book.epub"), {"a.xhtml": page("<p> \u2014 </p>")}), "no text to speak")
    refused(write_epub(Path("none.epub"), {}), "no text to speak")
    docx.Document().save("a.docx")
    for name in ("a.txt", "a.md", "a.html"):
        Path(name).write_text(" \n\n***\n\n")
        refused(Path(name), "no text to speak", "one word")
    refused(Path("a.docx"), "no text to speak")
    Path("a.jsonl").write_text("\n\n")
    with pytest.raises(InputError, match=r"a\.jsonl is empty"):
        gather(["a.jsonl"])


def test_a_sentence_of_200_kb_without_spaces() -> None:
    word = "a" * 200_000
    write_epub(Path("a.epub"), {"a.xhtml": page(f"<p>{word}</p>")})
    for name, text in [("a.txt", word), ("a.md", word), ("a.html", f"<p>{word}")]:
        Path(name).write_text(text)
    document = docx.Document()
    document.add_paragraph(word)
    document.save("a.docx")
    for suffix in ("epub", "txt", "md", "html", "docx"):
        (only,) = read_document(Path(f"a.{suffix}")).chapters
        assert [block.text for block in only.blocks] == [word]


@pytest.mark.parametrize(("suffix", "count"), [("txt", 10_000), ("md", 3_000), ("epub", 3_000)])
def test_thousands_of_chapters(suffix: str, count: int) -> None:
    path = Path(f"a.{suffix}")
    if suffix == "epub":
        contents = "".join(line(f"Chapter {n}", f"{n}.xhtml") for n in range(count))
        pages = {f"{n}.xhtml": chapter(f"Chapter {n}", "Words.") for n in range(count)}
        write_epub(path, {"nav.xhtml": nav(contents), **pages})
    else:
        mark = "# " if suffix == "md" else ""
        path.write_text("".join(f"{mark}Chapter {n}\n\nWords.\n\n" for n in range(count)))
    titles = [chapter.title for chapter in read_document(path).chapters]
    assert titles == [f"Chapter {n}" for n in range(count)]


def test_elements_nested_without_end() -> None:
    Path("a.html").write_text("<div>" * 50_000 + "<p>Words.")
    refused(Path("a.html"), "nested too deep", "tidy")
    Path("a.html").write_text("<font>" * 500 + "<p>Words.")
    assert "Words." in repr(read_document(Path("a.html")))
    Path("a.md").write_text("> " * 40 + "Words." + "[" * 5000 + "\n\n" + "> " * 5000 + "Deep.")
    assert "Words." in repr(read_document(Path("a.md")))
