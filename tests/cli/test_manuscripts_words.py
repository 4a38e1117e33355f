"""What is a word of a manuscript, and what is a mark, a link or a leftover of its editor."""

import itertools
import time
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement

from tests.manuscripts_made import chapter, line, nav, page, write_epub
from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.read import read_document


def texts(name: str, content: str) -> list[str]:
    Path(name).write_text(content)
    return [block.text for c in read_document(Path(name)).chapters for block in c.blocks]


@pytest.mark.parametrize(
    ("html", "read"),
    [
        ("See Chapter <a href='#c7'>7</a> and page <a href='x.html#p'>45</a>.", None),
        ("In <a href='#y'>1984</a>, see Figure&#160;<a href='#f2'>2</a>.", None),
        ("Pages 3\u2013<a href='#p5'>5</a> (<a href='#p6'>6</a>).", None),
        ("Regen\u201c \u201c<a href='#p6'>6</a>", None),
        ("It rained.<a href='#n1'>1</a> It stopped.", "It rained. It stopped."),
        ("It <i>rained</i><a href='#n1'>1</a> all day.", "It rained all day."),
        ("It <i>rained<a href='#n1'>1</a></i> all day.", "It rained all day."),
        ("It rained <a href='#n1'>[1]</a> all day.", "It rained all day."),
        ("\u201eRegen\u201c<a href='x#n'>1</a> und", "\u201eRegen\u201c und"),
        ("\u00bbRegen\u00ab<a href='x#n'>1</a> und", "\u00bbRegen\u00ab und"),
        ("sagte \u2013<a href='x#n'>1</a> und", "sagte \u2013 und"),
        ("Regen<a id='r1'></a><a href='x#n'>1</a> und", "Regen und"),
        ("It rained <a href='#n1'>*</a> all day.", "It rained all day."),
        ("It rained <sup><a href='#n1'>1</a></sup> all day.", "It rained all day."),
        ("It rained <a href='#n1'><sup>1</sup></a> all day.", "It rained all day."),
        ("It rained <a epub:type='noteref' href='#n1'>1</a> all day.", "It rained all day."),
    ],
)
def test_numbers_that_are_links_are_read_and_note_marks_are_not(
    html: str, read: str | None
) -> None:
    plain = html.replace("&#160;", " ")
    for tag in ("<a href='#c7'>", "<a href='x.html#p'>", "<a href='#y'>", "<a href='#f2'>"):
        plain = plain.replace(tag, "")
    for tag in ("<a href='#p5'>", "<a href='#p6'>", "</a>"):
        plain = plain.replace(tag, "")
    assert texts("a.html", f"<p>{html}</p>") == [plain if read is None else read]


def test_a_number_alone_in_a_cell_is_read() -> None:
    html = "<table><tr><td>Year</td><td><a href='#y'>1984</a></td></tr></table>"
    assert texts("a.html", html) == ["Year, 1984"]


def test_a_link_to_a_note_on_the_page_is_a_mark_whatever_stands_before() -> None:
    note = "<p id='n1'><a href='#r1'>1</a> A note.</p>"
    html = f"<p>It rained <a id='r1' href='#n1'>1</a> all day.</p>{note}"
    assert texts("a.html", html) == ["It rained all day."]


def test_numbers_that_are_links_in_markdown() -> None:
    words = texts("a.md", "In [1984](#y) he wrote chapter [7](#c7).\n")
    assert words == ["In 1984 he wrote chapter 7."]


def test_what_is_hidden_or_struck_out_is_not_read() -> None:
    html = (
        "<p>Seen <span style='visibility: hidden'>not</span> and "
        "<span aria-hidden='true'>not</span><s>not</s><del>not</del> read.</p>"
    )
    assert texts("a.html", html) == ["Seen and read."]


def test_hidden_and_struck_runs_of_word_are_not_read() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Hello ")
    for name, value in itertools.product(("vanish", "strike", "dstrike"), (None, "0")):
        run = paragraph.add_run("hidden " if value is None else "seen ")
        mark = OxmlElement(f"w:{name}")
        if value:
            mark.set(docx.oxml.ns.qn("w:val"), value)
        run._r.get_or_add_rPr().append(mark)
    paragraph.add_run("world.")
    document.save("a.docx")
    (only,) = read_document(Path("a.docx")).chapters
    assert [block.text for block in only.blocks] == ["Hello seen seen seen world."]


def test_what_writers_tools_add_to_markdown() -> None:
    content = """# One {#sec-one .unnumbered}

- [x] Done.
- [ ] Not done.
1. [link](a.md) kept

> [!note] Careful
> of the dog.

See [[Some Page|the page]], [[Other]] and ![[picture.png]]{curly}. ~~Gone.~~
"""
    Path("a.md").write_text(content)
    (only,) = read_document(Path("a.md")).chapters
    assert only.title == "One"
    assert [block.text for block in only.blocks] == [
        "One",
        "Done.",
        "Not done.",
        "link kept",
        "Careful\nof the dog.",
        "See the page, Other and {curly}.",
    ]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("One {#c1 .unnumbered}\n===\n\nTwo {-}\n---", "One Two"),
        ("# One {-} #\n\nTwo {#no}\n\nThree {x}\n===", "One Two {#no} Three {x}"),
        ("It rained^[See [Smith](a.md), p. 3,\nand *more*.] all day.", "It rained all day."),
        (
            "It is `^[a-z]` and \\^[that] and ^[never closed.",
            "It is ^[a-z] and ^[that] and ^[never",
        ),
        ("::: {.epigraph}\nTo be.\n:::\n\n> ::: note :::\n> Or not.\n> :::", "To be. Or not."),
        ("::: and ::: are {.x}\n::: note that is read", "::: and ::: are {.x}\n::: note that is"),
        ("It ends.\n\n\\newpage\n\nIt begins \\newpage.", "It ends. It begins \\newpage."),
        ("So $x^2$, $a_1 + b$, ($2x$) and $2 + 2 = 4$.", "So x^2, a_1 + b, (2x) and 2 + 2 = 4."),
        ("$$E = mc^2$$ and\n\n$$\nx\n$$", "E = mc^2 and x"),
        ("Not $5 and $6, US$5 or CA$, $5-$10.", "Not $5 and $6, US$5 or CA$, $5-$10."),
        ("\\[pause:1s] \\[/voice] \\[x] [pause]", "\\[pause:1s] \\[/voice] [x] [pause]"),
        ("$HOME and $PATH or $A/$B.", "$HOME and $PATH or $A/$B."),
        ("`\\[pause:1s]` is typed.", "\\[pause:1s] is typed."),
        ("`a^[b]`, ``$x$ ` [^a-z]``^[note] and `[[x]]`.", "a^[b], $x$ ` [^a-z] and [[x]]."),
        ("A ` or \\` is^[gone], not \ue0010\ue001 `$y$`.", "A or \\ is, not \ue0010\ue001 $y$."),
        ("::: note\n\n:::::{.x} ::\n\n::: x y", "::: x y"),
    ],
)
def test_what_else_they_add(content: str, wanted: str) -> None:
    assert " ".join(texts("a.md", content)).startswith(wanted)


@pytest.mark.parametrize(
    ("front", "title", "author"),
    [
        ("author:\n  - Ann A.\n  - 'Bo: B.'\ntitle: Rain", "Rain", "Ann A., Bo: B."),
        ("author:\n- name: Ann A.\n  place: X\n- name: Bo\ntags:\n- x", "a", "Ann A., Bo"),
        ("author:\n  name: Ann\ntitle: >-\n  The Rain:\n  A Tale", "The Rain: A Tale", "Ann"),
        ("title: |\n  The\n  Rain\nauthor: [Ann, Bo]", "The Rain", "Ann, Bo"),
        ('title: "The\n  Rain"\nauthor:\nlang: en', "The Rain", ""),
        ("author: Ann -- and > Bo\ntitle: '> Rain'", "> Rain", "Ann -- and > Bo"),
    ],
)
def test_lists_and_several_lines_on_top_of_markdown(front: str, title: str, author: str) -> None:
    Path("a.md").write_text(f"---\n{front}\n---\nIt rained.\n")
    document = read_document(Path("a.md"))
    assert (document.title, document.author) == (title, author)
    assert [block.text for block in document.chapters[0].blocks] == ["It rained."]


def test_many_signs_of_markdown_that_lead_nowhere() -> None:
    begun = time.monotonic()
    texts(
        "a.md",
        "".join(f"{sign * 2000}\n\n" for sign in ("$1= ", "^[x ", "a {#x ", ":::{.", "`a ``")),
    )
    for sign in (" ", ":", "x", "\t:"):
        texts("a.md", f"It.\n\n:::{sign * 3000}x y")
    assert time.monotonic() - begun < 3


def test_a_citation_in_two_brackets_is_a_link() -> None:
    content = "Smith [[1]](https://example.com/a_b) and [[2]](#ref2) too.\n"
    assert texts("a.md", content) == ["Smith [1] and too."]


def kept(document: Document) -> dict[str, str]:
    return {c.title: " ".join(b.text for b in c.blocks) for c in document.chapters if not c.matter}


def test_the_poem_that_a_collection_is_named_after_is_read() -> None:
    pages = {
        "nav.xhtml": nav(line("The Bells", "a.xhtml") + line("The Raven", "b.xhtml")),
        "title.xhtml": page("<p>The Raven</p><p>Edgar</p>"),
        "a.xhtml": chapter("The Bells", "Hear the sledges."),
        "b.xhtml": chapter("The Raven", "Once upon a midnight dreary."),
    }
    path = write_epub(Path("b.epub"), pages, "<dc:title>The Raven</dc:title>")
    assert kept(read_document(path)) == {
        "The Bells": "The Bells Hear the sledges.",
        "The Raven": "The Raven Once upon a midnight dreary.",
    }


def test_a_page_of_a_chapter_that_speaks_of_books_is_no_imprint() -> None:
    middle = "It was published in Paris; a friend held the copyright."
    imprint = "Published by Harbour Press. Copyright 2020. ISBN 1."
    pages = {
        "nav.xhtml": nav(line("One", "a.xhtml") + line("Two", "c.xhtml")),
        "a.xhtml": chapter("One", "It rained."),
        "b.xhtml": page(f"<p>{middle}</p>"),
        "c.xhtml": chapter("Two", "It stopped."),
        "d.xhtml": page(f"<p>{imprint}</p>"),
    }
    read = kept(read_document(write_epub(Path("b.epub"), pages)))
    assert read == {"One": f"One It rained. {middle}", "Two": "Two It stopped."}
