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


ROLE = '<meta refines="#{}" property="role" scheme="marc:relators">{}</meta>'


@pytest.mark.parametrize(
    ("metadata", "author"),
    [
        ("<dc:creator>Ann</dc:creator><dc:creator>Bo</dc:creator>", "Ann, Bo"),
        (
            '<dc:creator id="a">Ann</dc:creator><dc:creator id="b">Bo</dc:creator>'
            f"<dc:creator id='c'>Cy</dc:creator>{ROLE.format('a', 'aut')}{ROLE.format('b', 'ill')}",
            "Ann, Cy",
        ),
        (
            '<dc:creator opf:role="ill">Bo</dc:creator><dc:creator opf:role="AUT">Ann</dc:creator>'
            '<dc:creator opf:role="trl">Cy</dc:creator>',
            "Ann",
        ),
        (
            f'<dc:creator id="a">Ann</dc:creator>{ROLE.format("a", "ill")}{ROLE.format("a", "aut")}'
            '<dc:creator opf:file-as="Bo, A">A. Bo</dc:creator>',
            "Ann, A. Bo",
        ),
        ('<dc:creator opf:role="edt">Ann</dc:creator>', "Ann"),
        ("<dc:creator> </dc:creator>", ""),
    ],
)
def test_authors_are_those_who_wrote_it(metadata: str, author: str) -> None:
    facts = f"<dc:title>The Harbour</dc:title>{metadata}"
    path = write_epub(Path("a.epub"), {"a.xhtml": chapter("One", "It rained.")}, facts)
    assert read_document(path).author == author


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


def noted(mark: str, notes: str, last: str = "") -> list[list[str]]:
    """What is read of two chapters with a mark in the first, and of notes in a file behind them."""
    pages = {
        "nav.xhtml": nav(line("Chapter 1", "a.xhtml") + line("Chapter 2", "b.xhtml")),
        "a.xhtml": chapter("Chapter 1", f"It rained{mark} all day.", "It stopped."),
        "b.xhtml": chapter("Chapter 2", "The sun came out."),
        "c.xhtml": page(f"{last}{notes}"),
    }
    document = read_document(write_epub(Path("a.epub"), pages))
    return [texts(document, number) for number in range(len(document.chapters))]


FIRST = ["Chapter 1", "It rained all day.", "It stopped."]
SECOND = ["Chapter 2", "The sun came out."]
RAISED = '<a id="r1" href="c.xhtml#n1"><sup>1</sup></a>'


@pytest.mark.parametrize(
    "notes",
    [
        '<p id="n1"><a href="a.xhtml#r1">1</a> A first endnote.</p>',
        '<h2>Notes</h2><p id="n1"><a href="a.xhtml#r1">1.</a> A first endnote.</p>',
        '<p>NOTES</p><p><a id="n1" href="a.xhtml#r1">1</a> A first endnote.</p>',
        '<h2>Notes to the Text</h2><ul><li id="n1">A. <a href="a.xhtml#r1">\u21a9</a></li></ul>',
        '<p>Endnotes.</p><p id="n1">1. A first endnote without a way back.</p>',
        '<h2>Notes</h2><div id="n1">[1] A first endnote.</div>',
    ],
)
def test_notes_in_another_file_than_their_marks(notes: str) -> None:
    for mark in (RAISED, f"<sup>{RAISED}</sup>", '<a href="c.xhtml#n1">1</a>'):
        assert noted(mark, notes) == [FIRST, SECOND]
    last = "<p>The last words of it.</p>"
    assert noted(RAISED, notes, last) == [FIRST, [*SECOND, "The last words of it."]]


@pytest.mark.parametrize(
    ("mark", "notes", "read"),
    [
        (
            ", see \u00a7<a href='c.xhtml#n1'>1</a>,",
            "<p id='n1'>1. A section.</p>",
            "1. A section.",
        ),
        (RAISED, "<p>Notes</p><p>Nobody leads here.</p>", "Notes Nobody leads here."),
        (RAISED, f"<p>Notes</p><p id='n1'>1. One.</p>{'<p>More.</p>'}", "Notes More."),
        (
            ", see <a href='c.xhtml#n1'>1</a>,",
            "<p id='n1'><a href='a.xhtml#r'>1</a> A.</p>",
            "1 A.",
        ),
        (RAISED, "<p id='n1'>10 boys came.</p>", "10 boys came."),
        (RAISED.replace("c.x", "../../c.x"), "<p id='n1'>1. One.</p>", "1. One."),
        (RAISED, "<p id='n1'>1. Four, the answer.</p>", "1. Four, the answer."),
        (RAISED, "<p>Notes</p><h2>Law</h2><p id='n1'>1. So be it.</p>", "Notes Law 1. So be it."),
        (
            RAISED,
            '<p id="n1"><a href="a.xhtml#r1">1</a> One.</p><p><a href="b.xhtml#r2">2</a> And.</p>',
            "2 And.",
        ),
        (
            ", 3,<a href='c.xhtml#n1'>3</a>,",
            "<p>Notes</p><p id='n1'><a href='a.xhtml#r'>3</a> But of the fruit.</p>",
            "Notes 3 But of the fruit.",
        ),
        (
            ", Art.<a href='c.xhtml#n1'>2</a>,",
            "<p>Notes</p><p id='n1'>2. None are slaves.</p>",
            "Notes 2. None are slaves.",
        ),
        (
            ", the year<a href='c.xhtml#n1'>1914</a>,",
            "<p id='n1'>1914: War breaks out.</p>",
            "1914: War breaks out.",
        ),
        (
            ", 1912-<a href='c.xhtml#n1'>1918</a>,",
            "<p id='n1'>1918: Peace.</p>",
            "1918: Peace.",
        ),
    ],
)
def test_what_looks_like_notes_in_another_file(mark: str, notes: str, read: str) -> None:
    assert " ".join(noted(mark, notes)[1][2:]) == read


def test_chapters_to_which_numbers_lead_are_no_notes() -> None:
    """A table of contents leads to them, and they lead back; so does the mark of a note."""
    lines = "".join(f'<p id="t{n}"><a href="{n}.xhtml#c{n}">{n}</a></p>' for n in (1, 2))
    pages = {"contents.xhtml": page(f"<h1>Contents</h1>{lines}")} | {
        f"{n}.xhtml": page(
            f'<p id="c{n}"><a href="contents.xhtml#t{n}">{n}</a></p><p>It rained.</p>'
            f'<p id="r{n}"><a href="3.xhtml#n{n}"><sup>{n}</sup></a> It stopped.</p>'
        )
        for n in (1, 2)
    }
    back = "".join(
        f'<p id="n{n}"><sup><a href="{n}.xhtml#r{n}">{n}</a></sup> A.</p>' for n in (1, 2)
    )
    document = read_document(write_epub(Path("a.epub"), pages | {"3.xhtml": page(back)}))
    said = [block.text for chapter in document.chapters for block in chapter.blocks]
    assert said[-6:] == ["1", "It rained.", "It stopped.", "2", "It rained.", "It stopped."]
