"""Raised figures, drop caps, comments and places: what HTML and Word write around the words."""

import time
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from tests.manuscripts_made import line, nav, page, read, story, texts, titles, write_epub
from voxtral_cli.manuscripts.read import read_document

RAISED = [
    ("10<sup>6</sup> ships", "10\u2076 ships"),
    ("10<sup><i>-12</i></sup> m<sup>2</sup>", "10\u207b\u00b9\u00b2 m\u00b2"),
    ("10<sup>\u22123</sup>", "10\u207b\u00b3"),
    ("a word.<sup>3</sup> Then", "a word.\u00b3 Then"),
    ("a word<sup>3</sup> and", "a word and"),
    ("a metre<sup>2</sup>, Kilometers<sup>3</sup>", "a metre\u00b2, Kilometers\u00b3"),
    ("sinh<sup>2</sup>x, alpha<sup>-1</sup>", "sinh\u00b2x, alpha\u207b\u00b9"),
    ("perimetre<sup>2</sup>, metre<sup>4</sup>", "perimetre, metre"),
    ("the 1<sup>st</sup>, XIX<sup>e</sup>", "the 1st, XIXe"),
    ("10<sup>2</sup> <i>45</i>", "10\u00b2 45"),
    ("Ca<sup>2+</sup>", "Ca2+"),
    ("H<sub>2</sub>O 2", "H2O 2"),
]


@pytest.mark.parametrize(("html", "wanted"), RAISED)
def test_raised_figures(html: str, wanted: str) -> None:
    assert texts(read("a.html", f"<p>{html}</p>")) == [wanted]
    document = docx.Document()
    paragraph = document.add_paragraph()
    parts = html.replace("<i>", "").replace("</i>", "").replace("<sub>", "").split("<sup>")
    paragraph.add_run(parts[0].replace("</sub>", ""))
    for part in parts[1:]:
        raised, after = part.split("</sup>")
        paragraph.add_run(raised).font.superscript = True
        paragraph.add_run(after)
    document.save("a.docx")
    assert texts(read_document(Path("a.docx"))) == [wanted]


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ('<p><span><img alt="I"/></span>T is a truth.</p>', "IT is a truth."),
        ('<p>\n<img src="a.png" alt="\u201cI"/> was there.</p>', "\u201cI was there."),
        ('<p><img alt="A ship"/>It rained.</p>', "It rained."),
        ('<p>It <img alt="X"/>rained.</p>', "It rained."),
        ('<div><img alt="I"/></div><p>It rained.</p>', "It rained."),
        ("<p><img/>It rained.</p>", "It rained."),
    ],
)
def test_a_picture_of_the_first_letter(html: str, wanted: str) -> None:
    assert texts(read("a.html", html)) == [wanted]


def test_comments_that_google_docs_exports() -> None:
    html = (
        '<p>A comment<sup><a href="#cmnt1" id="cmnt_ref1">[a]</a></sup>.</p>'
        '<p>Another<a href="#cmnt27" id="cmnt_ref27">[aa]</a> one, see <a href="#x">a</a>.</p>'
        '<div><p><a href="#cmnt_ref1" id="cmnt1">[a]</a><span>Check this.</span></p>'
        "<p>And that.</p></div>"
        '<div><p><a href="#cmnt_ref27" id="cmnt27">[aa]</a><span>Yes.</span></p></div>'
    )
    assert texts(read("a.html", html)) == ["A comment.", "Another one, see a."]


def test_chapters_that_begin_at_what_is_not_read() -> None:
    mark = '<span epub:type="pagebreak" id="p{0}">{0}</span>'
    wrapped = f'<div class="pagenum"><a id="p3"></a>{story(1)}</div>'
    pages = {
        "nav.xhtml": nav("".join(line(f"Chapter {n}", f"a.xhtml#p{n}") for n in (1, 2, 3))),
        "a.xhtml": page(
            f"{mark.format(1)}<p>First.</p><p>{mark.format(2)}Second.</p>{wrapped}<p>Third.</p>"
        ),
    }
    document = read_document(write_epub(Path("a.epub"), pages))
    assert titles(document) == ["Chapter 1", "Chapter 2", "Chapter 3"]
    assert [texts(document, n) for n in range(3)] == [["First."], ["Second."], ["Third."]]


def test_the_contents_of_google_docs_in_word() -> None:
    document = docx.Document()
    document.add_paragraph("Chapter One", "Heading 1")
    document.add_paragraph("It rained.")
    for gallery, text in (("Table of Contents", "Chapter One"), ("Bibliographies", "Smith.")):
        document.element.body.insert(
            0,
            parse_xml(
                f"<w:sdt {nsdecls('w')}><w:sdtPr><w:docPartObj>"
                f'<w:docPartGallery w:val="{gallery}"/></w:docPartObj></w:sdtPr>'
                f"<w:sdtContent><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:sdtContent></w:sdt>"
            ),
        )
    document.save("a.docx")
    read = read_document(Path("a.docx"))
    assert [b.text for c in read.chapters for b in c.blocks] == [
        "Smith.",
        "Chapter One",
        "It rained.",
    ]


def test_drop_caps_of_word() -> None:
    document = docx.Document()
    for kind, letter, text in (("drop", "T", "he rain fell."), ("margin", "I", " was there.")):
        paragraph = document.add_paragraph(letter)
        frame = f'<w:framePr {nsdecls("w")} w:dropCap="{kind}" w:lines="3"/>'
        paragraph._p.get_or_add_pPr().append(parse_xml(frame))
        document.add_paragraph(text)
    framed = document.add_paragraph("A")
    framed._p.get_or_add_pPr().append(parse_xml(f'<w:framePr {nsdecls("w")} w:w="9"/>'))
    document.add_paragraph("frame.")
    last = document.add_paragraph("Z")
    last._p.get_or_add_pPr().append(parse_xml(f'<w:framePr {nsdecls("w")} w:dropCap="drop"/>'))
    document.save("a.docx")
    read = texts(read_document(Path("a.docx")))
    assert read == ["The rain fell.", "I was there.", "A", "frame.", "Z"]


def test_chapters_of_word_without_styles() -> None:
    document = docx.Document()
    for text in ("Dedication", "To you.", "Chapter One", "It rained.", "Chapter Two", "It ended."):
        document.add_paragraph().add_run(text).bold = True
    document.save("a.docx")
    assert titles(read_document(Path("a.docx"))) == ["a", "Chapter One", "Chapter Two"]


def test_contents_and_titles_of_word_without_styles() -> None:
    document = docx.Document()
    for text in ("Contents", "Araby\t3", "Clay\t9", "Araby", "It rained.", "Clay", "It ended."):
        document.add_paragraph(text)
    document.save("a.docx")
    assert titles(read_document(Path("a.docx"))) == ["[Contents]", "Araby", "Clay"]


def test_drop_caps_before_headings_and_rows() -> None:
    document = docx.Document()
    for style, text in (("Heading 1", "Three"), ("", "")):
        paragraph = document.add_paragraph("Once" if text else "A")
        frame = f'<w:framePr {nsdecls("w")} w:dropCap="drop"/>'
        paragraph._p.get_or_add_pPr().append(parse_xml(frame))
        if text:
            document.add_paragraph(text, style)
    for cell, text in zip(document.add_table(1, 2).rows[0].cells, "xy", strict=True):
        cell.text = text
    document.save("a.docx")
    read = read_document(Path("a.docx"))
    assert [b.text for c in read.chapters for b in c.blocks] == ["Once", "Three", "A", "x, y"]


def test_many_raised_figures_after_a_long_paragraph() -> None:
    begun = time.monotonic()
    assert texts(read("a.html", f"<p>{'x' * 100_000}{'<sup>1</sup>' * 2000}")) == ["x" * 100_000]
    assert time.monotonic() - begun < 3


def test_many_links_to_places_that_lie_deep() -> None:
    links = "".join(f'<a href="#n{n}" id="n{n}">{n}</a>' for n in range(2000))
    begun = time.monotonic()
    assert texts(read("a.html", f"<p>It rained.</p>{'<span>' * 1500}{links}"))[0] == "It rained."
    assert time.monotonic() - begun < 3


LINES = ["1 Now the serpent.", "2 And the woman.", "3 But of the fruit."]
PLACES = "".join(f'<p id="v{n}">{text}</p>' for n, text in enumerate(LINES, 1))


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ('Gen. 3:<a href="#v2">2</a> and', "Gen. 3:2 and"),
        ('<a href="#v1">1</a>|<a href="#v2">2</a>\u00b7<a href="#v3">3</a>', "1|2\u00b73"),
        ('see \u00a7<a href="#v2">2</a>, #<a href="#v3">3</a>', "see \u00a72, #3"),
        ('<a href="#v1">1</a>-<a href="#v3">3</a>', "1-3"),
        ('rules 1,<a href="#v2">2</a>', None),
        ('under s.<a href="#v2">2</a>', None),
        ('the year<a href="#v2">2</a>', None),
        ('<a href="#v1">1</a><a href="#v2">2</a><a href="#v3">3</a>', None),
        ('raised<sup><a href="#v2">2</a></sup>', None),
    ],
)
def test_places_to_which_numbers_lead_are_read(html: str, wanted: str | None) -> None:
    first, *rest = texts(read("a.html", f"<p>{html}</p>{PLACES}"))
    assert wanted in (first, None)
    assert rest == LINES


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        (  # behind a note
            '<p>Text<a href="#n1">1</a></p><p id="n1"><a href="#r1">1</a> A note.</p>'
            '<p><a href="#x">2</a> And it came to pass.</p>',
            ["Text", "2 And it came to pass."],
        ),
        (
            '<p>The keel<a href="#g1">[a]</a> broke.</p><p id="g1"><a href="#r">[a]</a> keel.</p>'
            '<p><a href="#r2">[b]</a> mast: pole</p>',
            ["The keel broke.", "mast: pole"],
        ),
        (  # verses with notes
            '<p id="v1"><sup><a href="#n1">1</a></sup>In the beginning</p>'
            '<p id="v2"><sup><a href="#n2">2</a></sup>And the earth</p>'
            '<p id="n1"><a href="#v1">1</a> A note.</p><p id="n2"><a href="#v2">2</a> Another.</p>',
            ["In the beginning", "And the earth"],
        ),
        (  # numbers of pages
            '<p id="r1">A mast<a href="#m">[1]</a>.</p><p id="m"><a href="#r1">[1]</a> A note.</p>'
            '<p><a id="P45" href="#P45">[45]</a> And so it went on.</p>',
            ["A mast.", "And so it went on."],
        ),
    ],
)
def test_paragraphs_like_notes_are_read(html: str, wanted: list[str]) -> None:
    assert texts(read("a.html", html)) == wanted
