"""Books of Project Gutenberg: what is put around them and into them is not read."""

from pathlib import Path

import pytest

from engine.errors import InputError
from tests.manuscripts_made import (
    chapter,
    line,
    nav,
    ncx,
    page,
    read,
    story,
    texts,
    titles,
    write_epub,
)
from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.read import read_document

HEADER = (
    "The Project Gutenberg EBook of The Harbour, by Ann Lee\n\nThis eBook is for the use of anyone "
    "anywhere at no cost.\n\nTitle: The Harbour\n\nAuthor: Ann Lee\n\n"
)
START = "*** START OF THIS PROJECT GUTENBERG EBOOK THE HARBOUR ***"
END = "End of the Project Gutenberg EBook of The Harbour, by Ann Lee"
LICENCE = f"*** END OF THIS PROJECT GUTENBERG EBOOK THE HARBOUR ***\n\n{story(2)}"
CREDITS = [
    "Produced by Bo Ray and the Online\nDistributed Proofreading Team",
    "E-text prepared by Bo Ray",
    "This etext was produced by Bo Ray",
    "Transcribed from the 1899 edition by Bo Ray, email bo@example.com",
    "[Transcriber's Note: Spelling was kept.\n\nMistakes were not.]",
]
APPARATUS = [
    ("It rained.\n\n[Illustration]\n\nIt stopped.", "It rained.\n\nIt stopped."),
    ("[Illustration: A ship [by Bo]\n\n_Frontispiece_]\n\nIt rained.", "It rained."),
    ("He said[A] that.\n\n[Footnote A: Or [so] he\n\nwrote.]\n\nSo.", "He said that.\n\nSo."),
    ("He said[1] that it rained.[2]\n\n[1] No.\n\n[2] So.", "He said that it rained."),
    ("He said,[*] \u201cSo.\u201d[\u2020]\n\nFOOTNOTES:\n\n[*] No.", "He said, \u201cSo.\u201d"),
    ("The {12} ship and the\n{13}\nboat{14}.", "The ship and the\nboat."),
    ("The [Pg 12]ship {xii}came [3] in {14}.", "The ship came in."),
    ("[Sidenote: A storm.] It blew.", "It blew."),
    ("[T]he [I]ll, said [A] Bo in [1899]. {He} wept.", None),
    ("[4] is a number. [Illustrated by Bo] Footnote 3 of it.", None),
]


def said(document: Document) -> list[str]:
    return [block.text for chapter in document.chapters for block in chapter.blocks]


@pytest.mark.parametrize(("text", "wanted"), APPARATUS)
def test_what_was_put_into_a_book(text: str, wanted: str | None) -> None:
    document = read("a.txt", f"{HEADER}{START}\n\n{text}\n\n{END}\n\n{LICENCE}")
    assert texts(document) == (wanted or text).split("\n\n")
    paragraphs = "".join(
        f"<p>{part}</p>" for part in text.replace("\n", "<br/>\n").split("<br/>\n<br/>\n")
    )
    html = f"<pre>{HEADER}{START}\n\n</pre>{paragraphs}<p>{END}</p><pre>{LICENCE}</pre>"
    assert texts(read("a.html", html)) == (wanted or text).split("\n\n")
    assert said(read("b.txt", text)) == text.split("\n\n")  # it is nobody's but its writer's


@pytest.mark.parametrize("credit", CREDITS)
def test_who_produced_a_text_is_not_read(credit: str) -> None:
    text = f"{HEADER}{START}\n\n{credit}\n\nThe Harbour\n\n{story(9)}\n\nProduced by Bo, it ran."
    document = read("a.txt", text)
    assert texts(document) == ["The Harbour", *story(9).split("\n\n"), "Produced by Bo, it ran."]


def test_breaks_stay() -> None:
    rained = "It rained.\n\n       *       *       *\n\nIt stopped."
    assert texts(read("a.txt", f"{START}\n\n{rained}")) == ["It rained.", "", "It stopped."]
    html = f"<p>{START}</p><p>It rained.</p><p>* * *</p><p>It stopped.</p>"
    assert texts(read("a.html", html)) == ["It rained.", "", "It stopped."]


def test_a_note_without_a_mark_is_read_and_the_others_are_not() -> None:
    text = f"{story(9)}[1]\n\n[1] No.\n\n{story(9)}[2]\n\n[2] So.\n\n[3] Lost."
    wanted = [*story(9).split("\n\n"), *story(9).split("\n\n"), "[3] Lost."]
    assert texts(read("a.txt", f"{START}\n\n{text}")) == wanted
    numbered = f"[1] It rained, see below.[3]\n\n[2] It blew.[3]\n\n[3] Rain.\n\n{story(9)}"
    assert texts(read("a.txt", f"{START}\n\n{numbered}"))[0].startswith("[1] It rained")


def test_a_heading_loses_its_mark() -> None:
    document = read("a.txt", f"{START}\n\nChapter 1[1]\n\nIt rained.\n\n[1] Or not.\n\n{LICENCE}")
    assert titles(document) == ["Chapter 1"]


def test_html_with_and_without_marks_of_the_library() -> None:
    book = "<h1>The Harbour</h1><p>[Illustration]</p><h2>One</h2><p>It rained.[1]</p>"
    old = f"<pre>{HEADER}{START}\n\nProduced by Bo\n</pre>{book}<pre>{LICENCE}</pre>"
    new = f'<div class="pg-boilerplate">{HEADER}</div>{book}<p>It stopped.</p>'
    for html, more in ((old, []), (new, ["It stopped."])):
        document = read("a.html", html)
        assert titles(document) == ["One"]
        assert texts(document) == ["The Harbour", "One", "It rained.", *more]
    document = read("a.html", f"{book}<p>*** END OF THE WORLD ***</p><p>It stopped.</p>")
    assert said(document)[1:] == [
        *("[Illustration]", "One", "It rained.[1]", "*** END OF THE WORLD ***", "It stopped.")
    ]


@pytest.mark.parametrize(
    "title",
    [
        *("The Project Gutenberg eBook of The Harbour, by Ann Lee", "The Harbour"),
        *("Project Gutenberg's The Harbour, by Ann Lee", "The Harbour | Project Gutenberg"),
        "The Project Gutenberg E-text of The Harbour by Ann Lee",
    ],
)
def test_the_title_of_a_page_is_the_books_alone(title: str) -> None:
    assert read("a.html", f"<title>{title}</title><p>It rained.</p>").title == "The Harbour"


def test_an_old_epub() -> None:
    header = "".join(f"<p>{part}</p>" for part in f"{HEADER}{START}".split("\n\n"))
    licence = "".join(f"<p>{part}</p>" for part in LICENCE.split("\n\n"))
    names = {"One": "a.xhtml#c1", "Two": "b.xhtml#c2", "THE FULL LICENSE": "c.xhtml"}
    pages = {
        "toc.ncx": ncx(names),
        "a.xhtml": page(
            f'{header}<p>Produced by Bo</p><h2 id="c1">One</h2><p>[Illustration]</p>'
            f"<p>{{3}}It rained.</p>"
        ),
        "b.xhtml": page(f'<h2 id="c2">Two</h2><p>It stopped.</p><p>{END}</p>{licence}'),
        "c.xhtml": page("<h2>LICENSE</h2><p>You may.</p>"),
    }
    document = read_document(write_epub(Path("a.epub"), pages))
    assert titles(document) == ["One", "Two"]
    assert [texts(document, n) for n in (0, 1)] == [["One", "It rained."], ["Two", "It stopped."]]


def nested(*below: str, title: str = "MOBY-DICK; or, THE WHALE.") -> list[str]:
    """Titles of an EPUB whose first file has all of these chapters, under the book's own line."""
    lines = "".join(line(name, f"a.xhtml#c{n}") for n, name in enumerate(below))
    body = "".join(f'<h2 id="c{n}">{name}</h2><p>{story(2)}</p>' for n, name in enumerate(below))
    pages = {
        "nav.xhtml": nav(line(title, "a.xhtml#top", lines) + line("Licence", "b.xhtml")),
        "a.xhtml": page(f'<h1 id="top">{title}</h1>{body}'),
        "b.xhtml": chapter("Licence", "You may."),
    }
    metadata = "<dc:title>Moby Dick; Or, The Whale</dc:title>"
    return titles(read_document(write_epub(Path("a.epub"), pages, metadata)))


def test_contents_that_stand_under_the_title_of_the_book() -> None:
    assert nested("CONTENTS", "One") == ["[CONTENTS]", "One", "Licence"]
    assert nested("One", "Two") == ["One", "Two", "Licence"]
    assert nested("Contents", "One", title="Other") == ["[Contents]", "One", "Licence"]
    assert nested("One", "Two", "Three", title="Other") == ["One", "Two", "Three", "Licence"]
    assert nested("One", "Two", title="Other") == ["Other", "Licence"]  # sections of a chapter


def test_sections_of_a_first_chapter_are_none_of_a_book() -> None:
    sections = "".join(line(f"Section {n}", f"a.xhtml#s{n}") for n in "abc")
    more = "".join(line(f"Chapter {n}", f"{n}.xhtml") for n in range(2, 6))
    body = "".join(f'<h2 id="s{n}">Section {n}</h2><p>Words.</p>' for n in "abc")
    pages = {
        "nav.xhtml": nav(line("Chapter 1", "a.xhtml", sections) + more),
        "a.xhtml": page(f"<h1>Chapter 1</h1>{body}"),
        **{f"{n}.xhtml": chapter(f"Chapter {n}", "Words.") for n in range(2, 6)},
    }
    document = read_document(write_epub(Path("a.epub"), pages))
    assert titles(document) == [f"Chapter {n}" for n in range(1, 6)]


@pytest.mark.parametrize("first", ["Chapter 1", "Introduction"])
def test_sections_of_a_long_first_chapter(first: str) -> None:
    names = [first, "Chapter 2", "Chapter 3", "Chapter 4"] + ["Chapter 5"] * (first[-1] == "1")
    lines, pages = "", {}
    for number, name in enumerate(names):
        ids = range(4) if not number or first == "Chapter 1" else ()
        file = f"{number}.xhtml"
        lines += line(name, file, "".join(line(f"Sec {n}", f"{file}#s{n}") for n in ids))
        body = "".join(f'<h2 id="s{n}">Sec {n}</h2><p>Words.</p>' for n in ids)
        pages[file] = page(f"<h1>{name}</h1><p>Words.</p>{body}")
    document = read_document(write_epub(Path("a.epub"), {"nav.xhtml": nav(lines), **pages}))
    assert titles(document) == names


def test_a_frame_around_nothing() -> None:
    framed = START + "\n\n" + LICENCE.partition("\n")[0] + "\n"
    html = "<div class='pg-boilerplate'>x</div>"
    Path("a.txt").write_text(framed)
    Path("a.html").write_text(html)
    write_epub(Path("a.epub"), {"a.xhtml": page(html)})
    for name in ("a.txt", "a.html", "a.epub"):
        with pytest.raises(InputError, match="no text to speak"):
            read_document(Path(name))


def test_paragraphs_that_are_numbered_are_no_notes() -> None:
    paragraphs = [
        *("CHAPTER I", "See the old law.[1] Yes.", "[1] Gallia est omnis divisa."),
        *("[2] Hi omnes lingua differunt. [3] Again.", "[3] Qua de causa Helvetii.", "CHAPTER II"),
        *("[1] His rebus adducti.", "[2] Ea res est. [2] foo"),
    ]
    text = "\n\n".join(paragraphs)
    kept = [part for part in paragraphs if not part.startswith(("CHAPTER", "See"))]
    html = "".join(f"<p>{part}</p>" for part in (START, *paragraphs, END))
    for document in (read("a.txt", f"{START}\n\n{text}\n\n{END}"), read("a.html", html)):
        heard = " ".join(said(document))
        assert all(part.split(" [")[0] in heard for part in kept)
    few = f"{START}\n\n{story(2)}\n\nSo.[1]\n\nFootnote [1]: No.\n\nFootnote [2]: Yes."
    assert texts(read("a.txt", few)) == [*story(2).split("\n\n"), "So."]
    mine = "It rained.\n\n*** START OF THE STORY ***\n\nSo.[1]\n\n[1] No."
    assert " ".join(said(read("a.txt", mine))) == " ".join(mine.split("\n\n"))
