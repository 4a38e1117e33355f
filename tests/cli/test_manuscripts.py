"""Plain text, Markdown, HTML, DOCX and lists of items; what is gathered and chosen of them."""

import io
import json
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement

from engine.errors import InputError
from engine.text.passages import Block
from tests.manuscripts_made import read, texts, titles
from voxtral_cli.manuscripts import gather as gathering
from voxtral_cli.manuscripts.document import Chapter, Document
from voxtral_cli.manuscripts.gather import gather
from voxtral_cli.manuscripts.read import read_document
from voxtral_cli.manuscripts.selection import select

BREAK = Block("")


def test_plain_text_without_headings_is_one_chapter() -> None:
    document = read(
        "tale.txt", "\ufeffIt rained\nall day.\r\n\r\n\n* * *\n\nThen it\fstopped.\n---\n"
    )
    assert (document.name, document.title, document.notes) == ("tale", "tale", ())
    (only,) = document.chapters
    wanted = (Block("It rained\nall day."), BREAK, Block("Then it"), Block("stopped."))
    assert only == Chapter("tale", wanted)


HEADINGS = [
    "Chapter 3",
    "CHAPTER III. The Storm",
    "Chapter Twenty-One: Home",
    "Chapter 4 The Way Back",
    "PROLOGUE",
    "Part Two",
    "Book the First",
    "Chapter 1\nA Storm",
    "Kapitel 7",
    "CHAPITRE IV \u2014 La mer",
    "Cap\u00edtulo 2.",
    "Ep\u00edlogo",
    "\u0627\u0644\u0641\u0635\u0644 3",
]


@pytest.mark.parametrize("heading", HEADINGS)
def test_headings_in_plain_text(heading: str) -> None:
    document = read("a.txt", f"Before it.\n\n{heading}\n\nAfter it.\n\nMore.")
    assert titles(document) == ["a", " ".join(heading.split())]
    assert document.chapters[1].blocks[0] == Block(heading, 1)


@pytest.mark.parametrize(
    "text",
    [
        "Chapter 3 was dull.",
        "Part of the crew left.",
        "Part I knew by heart, and more",
        "Chapter and verse.",
        "Introduction to sailing was what he taught.",
        "Act now.",
        "Chapter 3 of the long book that he had been reading for the whole of the winter, he said.",
        "Contents",
    ],
)
def test_what_only_begins_like_a_heading(text: str) -> None:
    document = read("a.txt", f"Chapter 1\n\nBefore it.\n\n{text}\n\nAfter it.")
    assert titles(document) == ["Chapter 1"]
    assert texts(document) == ["Chapter 1", "Before it.", text, "After it."]


def test_long_lines_are_paragraphs_and_short_ones_are_wrapped() -> None:
    long = "word " * 40
    assert texts(read("a.txt", f"{long}\nShort.\n\nTwo\nlines.")) == [
        long.strip(),
        "Short.",
        "Two\nlines.",
    ]


def test_a_free_book_loses_its_frame_and_its_contents() -> None:
    text = (
        "Title: The Harbour\nAuthor: Ann Lee\n\n"
        "*** START OF THE PROJECT GUTENBERG EBOOK THE\nHARBOUR ***\n\nThe Harbour\n\n"
        "Contents\n\nCHAPTER I. Rain\n\nCHAPTER II. Sun\n\n"
        "PART ONE\n\nCHAPTER I. Rain\n\nIt fell.\n\nCHAPTER II. Sun\n\nIt shone.\n\n"
        "*** END OF THE PROJECT GUTENBERG EBOOK THE HARBOUR ***\n\nLicence.\n"
    )
    document = read("a.txt", text)
    assert (document.title, document.author) == ("The Harbour", "Ann Lee")
    assert titles(document) == ["The Harbour", "CHAPTER I. Rain", "CHAPTER II. Sun"]
    assert texts(document, 1) == ["PART ONE", "CHAPTER I. Rain", "It fell."]
    assert texts(document, 2) == ["CHAPTER II. Sun", "It shone."]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "It cost \u00a35 in the caf\u00e9 \u2014 \u201cdear\u201d, she said."),
        ("cp1252", "Die Stra\u00dfe f\u00fchrt \u00fcber die Br\u00fccke."),
        ("cp1256", "\u0643\u0627\u0646 \u064a\u0627 \u0645\u0627 \u0643\u0627\u0646 \u0641\u064a"),
    ],
)
def test_text_that_is_not_utf8_is_guessed_and_the_guess_is_noted(encoding: str, text: str) -> None:
    document = read("a.txt", text.encode(encoding))
    assert texts(document) == [text]
    assert document.notes == (f"a.txt is not UTF-8; it was read as {encoding}.",)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-8"])
def test_text_with_a_mark_is_not_guessed(encoding: str) -> None:
    document = read("a.txt", "Caf\u00e9 \u0928\u092e\u0938\u094d\u0924\u0947".encode(encoding))
    assert texts(document) == ["Caf\u00e9 \u0928\u092e\u0938\u094d\u0924\u0947"]
    assert not document.notes


def test_utf8_with_a_broken_byte_stays_utf8() -> None:
    text = "Il \u00e9tait \u00e0 l\u2019\u00e9t\u00e9. " * 9
    document = read("a.txt", text.encode() + b"\xff fin.")
    assert texts(document) == [text + " fin."]
    assert document.notes == ("a.txt is not all UTF-8; what is not was left out.",)


@pytest.mark.parametrize(
    "data", [b"text\0text", b"\x89PNG\r\n\x1a\n\0\0", bytes(range(1, 256)) * 4, b"\x01\x02ab"]
)
@pytest.mark.parametrize("suffix", ["txt", "md", "html", "jsonl"])
def test_binary_under_the_name_of_a_text(data: bytes, suffix: str) -> None:
    Path(f"a.{suffix}").write_bytes(data)
    with pytest.raises(InputError, match=r"a\.\w+ is (no text|neither)"):
        gather([f"a.{suffix}"])


def test_markdown() -> None:
    text = (
        '---\ntitle: "The Harbour"\nauthor: [Ann Lee, Bo Ray]\nlang: en\ntags:\n  - sea\n---\n'
        "# One\n\nA *very* [long](http://x.org) **day**,[^1] `she`\nsaid &amp; left.\n\n"
        "- fish\n- chips\n\n> Quoted.\n\n```\ncode()\n```\n\n![ship](a.png)\n\n* * *\n\n"
        "[voice:bo] Hi. [pause:1.5s]\n\n| a | b |\n|---|---|\n| c |   |\n| d | e |\n\n"
        "[^1]: A note\n    that goes on.\n\n## Inside\n\nMore.\n\nTwo\n===\n\n<b>End</b>.<!-- -->"
    )
    document = read("a.md", text)
    assert (document.title, document.author, document.language) == (
        "The Harbour",
        "Ann Lee, Bo Ray",
        "en",
    )
    assert titles(document) == ["One", "Two"]
    assert document.chapters[0].blocks[0] == Block("One", 1)
    first = ["A very long day, she\nsaid & left.", "fish", "chips", "Quoted.", ""]
    rest = ["[voice:bo] Hi. [pause:1.5s]", "a, b", "c", "d, e", "Inside", "More."]
    assert texts(document)[1:] == first + rest
    assert texts(document, 1) == ["Two", "End."]
    assert document.notes == ("Blocks of code are not read.",)


def test_a_single_title_on_top_is_the_documents_and_chapters_are_below() -> None:
    document = read("a.md", "# Book\n\n## One\n\nFirst.\n\n### Deep\n\nx.\n\n## Two\n\nSecond.")
    assert (document.title, titles(document)) == ("Book", ["One", "Two"])
    assert texts(document) == ["Book", "One", "First.", "Deep", "x."]
    document = read("a.md", "# Book\n\nAbout it.\n\n## One\n\nFirst.\n\n## Dedication\n\nTo you.")
    assert titles(document) == ["Book", "One", "[Dedication]"]
    assert titles(read("a.md", "By Bo.\n\n# Book\n\n## One\n\nFirst.")) == ["Book", "One"]
    assert titles(read("a.md", "# Only\n\nText.")) == ["Only"]
    assert titles(read("b.md", "Text.")) == ["b"]
    assert titles(read("b.md", "# Notes\n\nAll there is.")) == ["Notes"]
    assert texts(read("c.md", "---\n\nText: here.\n\n---\n\nMore.")) == ["Text: here.", "", "More."]


def test_html() -> None:
    text = (
        "<html lang=de><head><title>Der Hafen</title><meta name=author content='Ann Lee'>"
        "<style>p{}</style></head><body><nav>Home</nav><h1>One</h1><p>A\n<em>day</em><br>off.<hr>"
        "<ul><li>fish<li>chips</ul><script>x()</script><p style='display: none'>no</p>"
        "<p>x<br><br>y</p><pre>two\n  lines</pre><pre><code>code</code></pre>"
        "<ruby>\u6f22<rt>kan</rt></ruby><h1>Two</h1><blockquote>Said.</blockquote>"
        "<footer>Imprint</footer></body></html>"
    )
    document = read("a.html", text)
    assert (document.title, document.author, document.language) == ("Der Hafen", "Ann Lee", "de")
    assert titles(document) == ["One", "Two"]
    first = ["One", "A day\noff.", "", "fish", "chips", "x", "y", "two\nlines", "\u6f22"]
    assert texts(document) == first
    assert texts(document, 1) == ["Two", "Said."]
    latin = '<meta charset="iso-8859-1"><p>Caf\u00e9 \u201copen\u201d'.encode("cp1252")
    document = read("b.html", latin)
    assert (texts(document), document.notes) == (["Caf\u00e9 \u201copen\u201d"], ())


def test_docx() -> None:
    word = docx.Document()
    word.core_properties.title = "Stale"
    word.core_properties.author = "Ann Lee"
    word.core_properties.language = "en-GB"
    word.add_paragraph("The Harbour", "Title")
    word.add_paragraph("Chapter One\t1", word.styles.add_style("toc 1", 1))
    word.add_paragraph("Chapter One", "Heading 1")
    paragraph = word.add_paragraph("It ")
    paragraph.add_run("rained").bold = True
    paragraph.add_run(".").add_break()
    deleted = OxmlElement("w:moveFrom")
    deleted.append(paragraph.add_run("Moved.")._r)
    paragraph._p.append(deleted)
    inserted = OxmlElement("w:ins")
    inserted.append(paragraph.add_run("Inserted.")._r)
    paragraph._p.append(inserted)
    word.add_paragraph("* * *")
    box = OxmlElement("w:txbxContent")
    box.append(word.add_paragraph("In a box.")._p)
    paragraph.add_run()._r.append(box)
    table = word.add_table(2, 2)
    for cell, text in zip(table._cells, ("a", "b", "", "d"), strict=True):
        cell.text = text
    word.add_paragraph("Inside", "Heading 2")
    own = word.styles.add_style("My chapter", 1)
    own.base_style = word.styles["Heading 1"]
    word.add_paragraph("Chapter Two", own)
    word.add_paragraph("The end.")
    word.save("a.docx")
    document = read_document(Path("a.docx"))
    assert (document.title, document.author, document.language) == (
        "The Harbour",
        "Ann Lee",
        "en-GB",
    )
    assert titles(document) == ["Chapter One", "Chapter Two"]
    first = ["The Harbour", "Chapter One", "It rained.\nInserted.", "", "a, b", "d", "Inside"]
    assert texts(document) == first
    assert texts(document, 1) == ["Chapter Two", "The end."]


def test_items() -> None:
    lines = [
        {"text": "Hello.\n\nAgain."},
        {
            "text": "Hi.",
            "name": "greeting",
            "title": "A\ngreeting",
            "voice": "bo",
            "language": "en",
        },
    ]
    Path("a.jsonl").write_text("\n\n".join(map(json.dumps, lines)))
    (first, second), _ = gather(["a.jsonl"])
    assert (first.name, first.title, texts(first)) == (
        "item-0001",
        "item-0001",
        ["Hello.", "Again."],
    )
    assert (second.name, second.title, second.voice) == ("greeting", "A greeting", "bo")
    assert (second.language, second.source) == ("en", Path("a.jsonl"))
    assert titles(second) == ["A greeting"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "Hi."', "line 2 is no JSON"),
        ('["Hi."]', "line 2 is no JSON object"),
        ("[" * 100_000, "line 2 is no JSON"),
        ('{"text": "Hi.", "speed": 2}', "line 2 has an unknown key, 'speed'"),
        ('{"text": 5}', "line 2: text is no text"),
        ('{"text": "..."}', "line 2 has no text to speak"),
        ('{"name": "a"}', "line 2 has no text to speak"),
        ('{"text": "Hi. \\ud800"}', "line 2: text holds half a character"),
        *[
            (json.dumps({"text": "Hi.", "name": name}), "line 2: .* cannot be the name of a file")
            for name in ("../a", "a/b", "..", " a", "a\0", "x" * 201, "a:b", ".hidden")
        ],
    ],
)
def test_bad_items(line: str, message: str) -> None:
    Path("a.jsonl").write_text('{"text": "One."}\n' + line)
    with pytest.raises(InputError, match=message):
        gather(["a.jsonl"])


def test_files_folders_globs_and_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("book/deep").mkdir(parents=True)
    names = ["2.txt", "10.md", "1.html", ".hidden.txt", "cover.jpg", "deep/3.txt"]
    for name in names:
        (Path("book") / name).write_text("Words.")
    Path("[odd]*.txt").write_text("Words.")
    stdin = io.TextIOWrapper(io.BytesIO(b"Chapter 1\n\nPiped."))
    monkeypatch.setattr(gathering.sys, "stdin", stdin)
    found, _ = gather(["-", "book", "[odd]*.txt", "book/*/*"])
    assert [d.name for d in found] == ["stdin", "1", "2", "10", "[odd]*", "3"]
    assert (titles(found[0]), found[0].source) == (["Chapter 1"], None)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("gone.txt", "There is no file gone.txt", "path"),
        ("gone/*.txt", r"There is no manuscript in gone/\*.txt", ".epub"),
        ("empty", "There is no manuscript in empty", ".epub"),
        ("a.xyz", "a.xyz is of a kind that is not read", ".docx, .epub, .htm"),
        ("a.pdf", "a.pdf cannot be read", "pdftotext a.pdf a.txt"),
        ("a.mobi", "a.mobi cannot be read", "ebook-convert a.mobi a.epub"),
        ("a.AZW3", "a.AZW3 cannot be read", "ebook-convert a.AZW3 a.epub"),
        ("a.doc", "a.doc cannot be read", "soffice"),
        ("x" * 300, "Cannot read 'xxx", "path"),
        ("a\0b.txt", "There is no file|Cannot read", "path"),
    ],
)
def test_inputs_that_cannot_be_read(name: str, message: str, hint: str) -> None:
    Path("empty").mkdir()
    for made in ("a.xyz", "a.pdf", "a.mobi", "a.AZW3", "a.doc"):
        Path(made).write_text("x")
    with pytest.raises(InputError, match=message) as caught:
        gather([name])
    assert hint in caught.value.hint


def test_files_and_folders_without_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    Path("book").mkdir()
    for name in ("a.txt", "a.epub", "a.docx"):
        Path(name).write_text("Words.")
    for method in ("iterdir", "read_bytes", "open"):
        monkeypatch.setattr(Path, method, refuse)
    for name in ("book", "a.txt", "a.epub", "a.docx"):
        with pytest.raises(InputError, match=f"Cannot read {name}: Permission denied"):
            gather([name])


def test_all_inputs_are_looked_at_before_any_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "read_document", lambda _: pytest.fail("it was read"))
    Path("a.txt").write_text("Words.")
    with pytest.raises(InputError, match="There is no file"):
        gather(["a.txt", "gone.txt"])


def test_what_is_damaged_of_several_is_told_beside_the_others() -> None:
    Path("a.txt").write_text("Words.")
    Path("b.txt").write_bytes(b"\0\1\2" * 99)
    found, unread = gather(["b.txt", "a.txt"])
    assert [document.name for document in found] == ["a"]
    assert [name for name, _ in unread] == ["b.txt"]


def book(name: str, *marks: str) -> Document:
    """A document of chapters; those whose name is in brackets are front or back matter."""
    chapters = [Chapter(m.strip("[]"), (Block("x"),), m.startswith("[")) for m in marks]
    return Document(name, name, tuple(chapters))


@pytest.mark.parametrize(
    ("numbers", "matter", "wanted"),
    [
        ("", False, ["A", "B", "C", "D"]),
        ("", True, ["cover", "A", "B", "C", "D", "notes"]),
        ("2-3", False, ["B", "C"]),
        ("4, 1,1-2", False, ["A", "B", "D"]),
        ("3-", False, ["C", "D"]),
        ("1,6", True, ["cover", "notes"]),
    ],
)
def test_chosen_chapters(numbers: str, matter: bool, wanted: list[str]) -> None:
    documents = [book("one", "[cover]", "A", "B"), book("two", "C", "D", "[notes]")]
    chosen = select(documents, numbers, matter)
    assert [chapter.title for d in chosen for chapter in d.chapters] == wanted
    assert all(document.chapters for document in chosen)


@pytest.mark.parametrize(
    "numbers", ["5", "0", "3-2", "1-5", "9999999999", "a", "1,,2", "-3", " ", "1--2"]
)
def test_chapters_that_are_not_there(numbers: str) -> None:
    with pytest.raises(InputError, match="no chapter") as caught:
        select([book("one", "A", "B", "C", "D", "[notes]")], numbers)
    assert "4 chapters" in caught.value.hint or "3-7,9" in caught.value.hint
