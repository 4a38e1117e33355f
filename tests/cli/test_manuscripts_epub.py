"""EPUBs: reading order, contents, what is skipped, metadata."""

from pathlib import Path

import pytest

from tests.manuscripts_made import (
    PNG,
    chapter,
    line,
    nav,
    ncx,
    page,
    story,
    texts,
    titles,
    write_epub,
)
from voxtral_cli.manuscripts.read import read_document


def test_reading_order_and_metadata() -> None:
    pages = {
        "nav.xhtml": nav(line("One", "b.xhtml") + line("Two", "a%20a.xhtml")),
        "b.xhtml": chapter("Chapter One", "It rained.", "It  stopped\n soon."),
        "a a.xhtml": chapter("Chapter Two", "The end."),
        "extra.xhtml": chapter("Extra", "Not in line."),
    }
    metadata = (
        "<dc:title>The <b>Harbour</b></dc:title><dc:creator>Ann Lee</dc:creator>"
        "<dc:creator>Bo Ray</dc:creator><dc:language>en-GB</dc:language>"
        '<meta name="cover" content="c"/>'
    )
    path = write_epub(
        Path("book.epub"),
        pages,
        metadata,
        items='<item id="c" href="c.png" media-type="image/png"/>'
        '<item id="n" href="note.xhtml" media-type="application/xhtml+xml"/>',
        spine='<itemref idref="n" linear="no"/>',
        more={"OEBPS/c.png": PNG, "OEBPS/note.xhtml": chapter("Note", "Aside.")},
    )
    document = read_document(path)
    assert (document.name, document.title) == ("book", "The Harbour")
    assert (document.author, document.language) == ("Ann Lee, Bo Ray", "en-GB")
    assert (document.cover, document.source) == (PNG, path)
    assert titles(document) == ["One", "Two", "Extra"]
    first = document.chapters[0].blocks
    assert [(b.text, b.level) for b in first] == [
        ("Chapter One", 1),
        ("It rained.", 0),
        ("It stopped soon.", 0),
    ]


def test_the_cover_of_epub_3_and_one_that_is_no_picture() -> None:
    pages = {"a.xhtml": chapter("One", "Words.")}
    item = '<item id="x" href="x" media-type="image/png" properties="cover-image"/>'
    for data in (PNG, b"GIF89a"):
        path = write_epub(Path("book.epub"), pages, items=item, more={"OEBPS/x": data})
        assert read_document(path).cover == (data if data == PNG else b"")


def test_front_and_back_matter_is_told_by_marks_guide_landmarks_titles_and_words() -> None:
    pages = {
        "nav.xhtml": nav(
            line("The Storm", "storm.xhtml") + line("About the Author", "about.xhtml"),
            '<li><a epub:type="loi" href="plates.xhtml">Plates</a></li>',
        ),
        "cover.xhtml": page("<p>A picture of ships.</p>", "cover"),
        "title.xhtml": page("<p>The Harbour</p><p>Ann Lee</p>"),
        "legal.xhtml": page("<p>Copyright 2001. ISBN 978-3.</p>"),
        "for.xhtml": page("<p>For Bo.</p>"),
        "toc.xhtml": chapter("In this book", "The Storm"),
        "plates.xhtml": chapter("Plates", "A ship."),
        "storm.xhtml": chapter("The Storm", "It came."),
        "about.xhtml": chapter("About", "She writes."),
    }
    guide = '<reference type="toc" href="toc.xhtml"/><reference type="text" href="storm.xhtml"/>'
    document = read_document(write_epub(Path("book.epub"), pages, guide=guide))
    assert [c.title for c in document.chapters if not c.matter] == ["The Storm"]
    assert len(document.chapters) == 8
    assert titles(document)[-1] == "[About the Author]"


def test_where_all_is_matter_nothing_is() -> None:
    path = write_epub(Path("book.epub"), {"a.xhtml": page("<p>Only this.</p>", "dedication")})
    assert titles(read_document(path)) == ["The Harbour"]


@pytest.mark.parametrize("kind", ["nav", "ncx"])
def test_several_chapters_in_one_file_and_one_chapter_in_several(kind: str) -> None:
    targets = {"One": "a.xhtml#c1", "Two": "a.xhtml#c2", "Three": "b.xhtml#c3"}
    contents = "".join(line(title, target) for title, target in targets.items())
    pages = {
        "nav.xhtml": nav(contents) if kind == "nav" else nav(""),
        "toc.ncx": ncx(targets) if kind == "ncx" else "",
        "a.xhtml": page(
            '<h2 id="c1">I</h2><p>First.</p><div><a name="c2"></a><h2>II</h2><p>Second.</p></div>'
        ),
        "a2.xhtml": page("<h4>A section</h4><p>Still second.</p>"),
        "b.xhtml": page('<p>The last of it.</p><h2 id="c3">III</h2><p>Third.</p>'),
    }
    document = read_document(write_epub(Path("book.epub"), pages))
    assert titles(document) == ["One", "Two", "Three"]
    second = ["II", "Second.", "A section", "Still second.", "The last of it."]
    assert [texts(document, n) for n in range(3)] == [["I", "First."], second, ["III", "Third."]]


def test_nested_contents_sections_stay_in_their_chapter_and_parts_are_cut() -> None:
    section = line("A detail", "a.xhtml#s")
    below = line("Book I", "b.xhtml", line("Alpha", "b.xhtml#x") + line("Beta", "b.xhtml#y"))
    pages = {
        "nav.xhtml": nav(line("One", "a.xhtml", section) + below),
        "a.xhtml": page('<h1>One</h1><p>First.</p><h2 id="s">A detail</h2><p>More.</p>'),
        "b.xhtml": page(
            '<h1>Book I</h1><h2 id="x">Alpha</h2><p>X.</p><h2 id="y">Beta</h2><p>Y.</p>'
        ),
    }
    document = read_document(write_epub(Path("book.epub"), pages))
    assert titles(document) == ["One", "Alpha", "Beta"]
    assert texts(document, 0)[-2:] == ["A detail", "More."]
    assert texts(document, 1) == ["Book I", "Alpha", "X."]  # the part is said before its chapter


def test_footnotes_and_the_marks_to_them_are_not_read() -> None:
    body = (
        '<p>A ship<a epub:type="noteref" href="#n1">1</a> came<sup><a href="#n2">2</a></sup> in'
        '<a href="notes.xhtml#n3">[3]</a>, all 30 m<sup>2</sup> of her, '
        '<span epub:type="pagebreak" id="p9">9</span>and see <a href="b.xhtml#x">chapter 2</a>.</p>'
        '<section class="pg-boilerplate"><p>Free.</p></section>'
        '<aside epub:type="footnote" id="n1"><p>Not read 1.</p></aside>'
        '<p id="n2"><a href="#r2">2</a> Not read 2.</p>'
        '<section role="doc-endnotes"><ol><li>Not read 3.</li></ol></section>'
        '<p>It rained again.<a href="#n5" id="r5">5</a></p>'
        '<p id="n5"><a href="#r5">5</a> Not read 5.</p>'
        '<p id="r3">It ended well.<a href="#n4" id="r4">*</a></p>'
        '<ol><li id="n4"><p>Not read 4. <a href="#r4">\u21a9</a></p></li></ol>'
    )
    document = read_document(write_epub(Path("book.epub"), {"a.xhtml": page(body)}))
    wanted = "A ship came in, all 30 m\u00b2 of her, and see chapter 2."
    assert texts(document) == [wanted, "It rained again.", "It ended well."]


def test_a_missing_page_and_a_missing_table_of_contents() -> None:
    item = '<item id="x" href="gone.xhtml" media-type="application/xhtml+xml"/>'
    pages = {"a.xhtml": chapter("One", "First."), "b.xhtml": page("<p>Second, it went on.</p>")}
    path = write_epub(Path("book.epub"), pages, items=item, spine='<itemref idref="x"/>')
    document = read_document(path)
    assert titles(document) == ["One", "Second, it went on."]
    assert document.notes == ("The page OEBPS/gone.xhtml is missing.",)


def test_a_book_in_one_page_is_cut_at_its_headings() -> None:
    body = "<h1>The Harbour</h1><h2>One</h2><p>First.</p><h2>Two</h2><p>Second.</p>"
    document = read_document(write_epub(Path("book.epub"), {"a.xhtml": page(body)}))
    assert titles(document) == ["One", "Two"]
    assert texts(document, 0) == ["The Harbour", "One", "First."]


def test_broken_pages_are_read_as_far_as_they_go() -> None:
    body = "<h1>One</h1><p>Fish &amp; chips &nbsp;&mdash; <i>a <b>lot</i></b>.<p>Then &no; <br>x"
    pages = {"a.xhtml": page(body), "b.xhtml": "<p>no head", "c.xhtml": "", "d.xhtml": "<<<&&&"}
    document = read_document(write_epub(Path("book.epub"), pages))
    assert texts(document, 0) == ["One", "Fish & chips \u2014 a lot.", "Then &no;\nx"]
    assert texts(document, 1) == ["no head"]


def test_praise_and_offers_that_the_contents_do_not_name() -> None:
    offer = "Come, join us and get the village newsletter."
    blurbs = "".join(f"<p>{text}</p>" for text in story(13).split("\n\n"))
    for praise in ("PRAISE FOR THE HARBOUR", "PRAISE FROM ALL"):
        pages = {
            "nav.xhtml": nav(line("One", "one.xhtml") + line("Two", "two.xhtml")),
            "praise.xhtml": page(f"<p>{praise}</p>{blurbs}"),
            "for.xhtml": page("<p>For Bo.</p>"),
            "epigraph.xhtml": page("<p>All rivers run.</p>"),
            "one.xhtml": chapter("One", story(20)),
            "two.xhtml": chapter("Two", "It ended."),
            "coda.xhtml": chapter("Coda", offer),
            "offer.xhtml": page(f"<p>{offer}</p>"),
        }
        document = read_document(write_epub(Path("a.epub"), pages))
        read = [chapter.title for chapter in document.chapters if not chapter.matter]
        assert read == ["One", "Two", "Coda"]
