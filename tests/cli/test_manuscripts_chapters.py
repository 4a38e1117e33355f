"""Where chapters begin that no heading names, and front matter that would swallow the book."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.manuscripts_made import chapter, line, nav, page, read, story, texts, titles, write_epub
from voxtral_cli.manuscripts.chapter_lines import begins_chapter, chapter_lines
from voxtral_cli.manuscripts.matter import is_matter
from voxtral_cli.manuscripts.read import read_document

STORIES = ["The Sisters", "An Encounter", "Araby"]


def chapters(*headings: str) -> str:
    return "\n\n\n".join(f"{heading}\n\n{story(3)}" for heading in headings)


def test_chapters_that_are_numbers_alone() -> None:
    front = "The Harbour\n\nTable of Contents\n\n{}\n\nOnce again\nto\nZelda\n\n\n"
    for numbers in ("I\nII\nIII", "I\n\nII\n\nIII", "I\nII\nIII\nIV"):
        document = read("a.txt", front.format(numbers) + chapters("I", "II", "III"))
        assert titles(document) == ["a", "[Table of Contents]", "I", "II", "III"]
        assert texts(document, 1)[-1] == "Once again\nto\nZelda"
    document = read("a.txt", f"Dedication\n\nTo you.\n\n{chapters('1', '2.', '3')}")
    assert titles(document) == ["[Dedication]", "1", "2.", "3"]
    listed = "Contents\n\nPART ONE\nI\nII\nPART TWO\nI\nII\nIII\n\n"
    body = chapters("PART ONE\n\nI", "II", "PART TWO\n\nI", "II", "III")
    document = read("a.txt", listed + body)
    assert titles(document) == ["[Contents]", "I", "II", "I", "II", "III"]
    assert texts(document, 3)[:2] == ["PART TWO", "I"]
    document = read("a.txt", chapters("Prologue", "1", "2", "Epilogue"))
    assert titles(document) == ["Prologue", "1", "2", "Epilogue"]
    long = "".join(f"{n}\n\n{story(n + 9, ' ')}\n\n" for n in (1, 2, 3))  # a paragraph each
    assert titles(read("a.txt", long)) == ["1", "2", "3"]
    parts = chapters("\u2014 I \u2014\n\n[ 1 ]", "[ 2 ]", "\u2014 II \u2014\n\n[ 3 ]")
    document = read("a.txt", f"Contents\n\nIt has some.\n\n{parts}")
    assert titles(document) == ["[Contents]", "[ 1 ]", "[ 2 ]", "[ 3 ]"]
    assert texts(document, 3)[:2] == ["\u2014 II \u2014", "[ 3 ]"]


def test_chapters_that_are_numbers_and_titles() -> None:
    names = ["I. A SCANDAL IN BOHEMIA.", "II. THE ADVENTURE OF THE LONG BLUE LINE.", "III. Rain"]
    first = f"{names[0]}\n\nI.\n\n{story(2)}\n\nII.\n\n{story(2)}\n\n"
    for front in ("", "CONTENTS.\n\n I.   A Scandal in Bohemia  3\n III.  Rain ... 99\n\n\n"):
        document = read("a.txt", front + first + chapters(*names[1:]))
        assert titles(document) == ["[CONTENTS.]"] * bool(front) + names
    document = read("a.txt", chapters("I.\nIntroduction", "II.\nThe Machine", "Epilogue"))
    assert titles(document) == ["I. Introduction", "II. The Machine", "Epilogue"]


def test_chapters_that_the_contents_name() -> None:
    contents = "\n".join(f" {title:20} {n}" for n, title in enumerate(STORIES, 3))
    text = f"DUBLINERS\n\nContents\n\n{contents}\n\n\n{chapters(*map(str.upper, STORIES))}"
    document = read("a.txt", f"{text}\n\nAraby\n\nsaid he.")
    assert titles(document) == ["a", "[Contents]", *map(str.upper, STORIES)]
    assert texts(document, 4)[-2:] == ["Araby", "said he."]  # it is named for the second time
    front = "Dedication\n\nTo you.\n\nCopyright\n\nMine.\n\n"  # not all of it is listed
    document = read("a.txt", f"Contents\n\nDedication\nAraby\n\n{front}{chapters('Araby')}")
    assert titles(document) == ["[Contents]", "[Dedication]", "[Copyright]", "Araby"]
    contents = "CONTENTS\n\nCHAP.     PAGE\n\nPREFACE     iv\n\n"
    contents += "".join(f"{n}.  {title}   {n}\n\n" for n, title in enumerate(STORIES, 1))
    body = chapters(*(f"Chapter {n}\n\n{title}" for n, title in enumerate(STORIES, 1)))
    document = read("a.txt", f"PREFACE\n\n{story(2)}\n\n{contents}{body}")
    assert titles(document) == ["PREFACE", "[CONTENTS]", *STORIES]
    assert texts(document, 2)[:2] == ["Chapter 1", "The Sisters"]
    listed = "I. The Sisters\nII. Araby"
    body = chapters("I\n\nThe Sisters", "II\n\nAraby")
    document = read("a.txt", f"Contents\n\n{listed}\n\n{body}")
    assert titles(document) == ["[Contents]", "The Sisters", "Araby"]
    assert texts(document, 2)[:2] == ["II", "Araby"]


PARTS = chapters(
    "PART ONE\n\nChapter I. The Start",
    "Chapter II. The Pool",
    "PART TWO\n\nChapter III. The End",
    "Chapter IV. After",
)


@pytest.mark.parametrize(
    "listed",
    [
        "PART ONE\nChapter I. The Start\nChapter II. The Pool\n\nPART TWO\nChapter III. The End",
        "PART ONE\nChapter I. The Start\n\nPART TWO\nChapter III. The End",
        "PART ONE\n\nChapter I. The Start\nChapter II. The Pool\n\nPART TWO\n\nChapter IV. After",
        "Chapter I. The Start\nChapter II. The Pool\nChapter III. The End",
        "Chapter I. The Start   3\nChapter II. The Pool   9",
    ],
)
def test_contents_by_parts_and_short_ones(listed: str) -> None:
    document = read("a.txt", f"The Harbour\n\nCONTENTS\n\n{listed}\n\n{PARTS}")
    names = [f"Chapter {name}" for name in ("I. The Start", "II. The Pool", "III. The End")]
    assert titles(document) == ["a", "[CONTENTS]", *names, "Chapter IV. After"]
    assert texts(document, 2)[:2] == ["PART ONE", "Chapter I. The Start"]
    assert texts(document, 4)[:2] == ["PART TWO", "Chapter III. The End"]


def test_headings_on_several_lines() -> None:
    headings = ["PART ONE\nCHAPTER I\nTHE START", "ACT I\nSCENE II", "BOOK II\nPart One\nPrologue"]
    document = read("a.txt", chapters(*headings, "Chapter 1\nPart of it\nis true"))
    assert titles(document)[:3] == [heading.replace("\n", " ") for heading in headings]
    assert len(document.chapters) == 4
    assert begins_chapter("Chapter 1\nOf Chapter 2")
    assert not begins_chapter("Chapter 1\nChapter 2")
    assert not begins_chapter("Prologue\nChapter 1\nEpilogue")
    assert not begins_chapter("BOOK I\nBOOK II")
    assert not begins_chapter("Chapter One\nChapter Two")
    for heading in ("CHAPTER 1\nCHAPTER ONE", "BOOK I\nBOOK ONE", "INTRODUCTION\nPREFACE"):
        assert begins_chapter(heading)


@pytest.mark.parametrize("first", ["Prologue", "CHAPTER I\nThe Storm"])
def test_short_lines_that_come_twice_are_no_contents(first: str) -> None:
    """They would stretch the table over the first headings of the book."""
    listed = "CONTENTS\n\nChapter I 1\nChapter II 9\nChapter III 12"
    book = [f"{first}\n\nYes.\n\n{story(3)}", f"CHAPTER II\n\n{story(3)}\n\nYes."]
    text = "\n\n".join([listed, *book, f"CHAPTER III\n\n{story(3)}"])
    document = read("a.txt", text)
    wanted = ["[CONTENTS]", first.replace("\n", " "), "CHAPTER II", "CHAPTER III"]
    assert titles(document) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"{story(1)} And then\n\n{n}\n\nBo went.\n\n" for n in range(1, 9)),  # pages
        "".join(f"{story(1)}\n\n{n}\n\nand on.\n\n" for n in range(1, 9)),
        "".join(f"{story(1)}\n\n{n}\n\n" for n in (1984, 7, 12)),
        f"{story(1)}\n\n1\n\n2\n\n3\n\n4\n\n{story(1)}",
        f"I. A man,\n\n{story(1)}\n\nII. Another man,\n\n{story(1)}",
        f"C. Auguste Dupin\n\n{story(1)}\n\nD. Copperfield\n\n{story(1)}",
        f"I\n\n{story(1)}",
        f"Contents\n\nOf a box\n\n{story(1)}\n\nOf a box\n\n{story(1)}",
        "1\n\nTake flour.\n\n2\n\nAdd milk.\n\n3\n\nFry.",
        "".join(f"{n}\n\n{story(1)}\n\n" for n in range(1, 5)),  # stanzas
        f"I. Parties\n\n{story(1)}\n\nII. Rent\n\n{story(1)}\n\nIII. Keys\n\n{story(1)}",
        "".join(f"{n}.\n\n{story(n + 2, ' ')}\n\n" for n in range(1, 6)),  # clauses
        "".join(f"{n}\n\n{story(8)}\n\n" for n in range(1, 21)),  # pages with whole sentences
        f"Contents\n\n{story(4)}\n\nHome\n\nHere\n\n{story(1)}\n\nHome\n\nHere\n\nSo.",
    ],
)
def test_numbers_and_names_that_begin_no_chapter(text: str) -> None:
    assert not chapter_lines(text.split("\n\n"))


def test_numbers_within_chapters_are_none() -> None:
    for numbers in (("I", "II"), ("I. Rain", "II. Sun")):
        text = f"Chapter 1\n\n{chapters(*numbers)}\n\n{chapters('Chapter 2')}"
        assert titles(read("a.txt", text)) == ["Chapter 1", "Chapter 2"]


def test_a_list_within_the_book_is_no_table_of_contents() -> None:
    listed = "Contents\n\nA knife\n\nA rope\n\nHe looked again.\n\nA rope\n\n"
    text = f"{chapters('Chapter 1')}\n\n{listed}{story(2)}\n\n{chapters('Chapter 2')}"
    document = read("a.txt", f"{text}\n\nA knife\n\n{story(2)}")
    assert titles(document) == ["Chapter 1", "Chapter 2"]
    assert "He looked again." in texts(document, 0)


def test_sentences_of_one_word_are_not_what_the_contents_name() -> None:
    text = f"{chapters('Chapter 1: Home')}\n\nWhere to?\n\nHome.\n\n{story(2)}\n\n"
    text += f"{chapters('Chapter 2: Away')}\n\nAway!\n\n{story(2)}"
    document = read("a.txt", f"Contents\n\n1 Home 5\n\n2 Away 9\n\n{text}")
    assert titles(document) == ["[Contents]", "Chapter 1: Home", "Chapter 2: Away"]


def test_a_title_before_numbers_that_count_anew() -> None:
    body = chapters("One\n\nI", "II", "Two\n\nI", "II")
    document = read("a.md", f"# Stories\n\n{body}")
    assert titles(document)[1:] == ["I", "II", "I", "II"]
    assert texts(document, 2)[-1] != "Two"
    assert texts(document, 3)[:2] == ["Two", "I"]


@pytest.mark.parametrize("suffix", ["md", "html"])
def test_chapters_in_bold_among_headings(suffix: str) -> None:
    def made(*parts: str) -> tuple[str, list[str]]:
        lines = []
        for part in parts:
            level = len(part) - len(part.lstrip("#"))
            words = part.lstrip("# ")
            markdown = part if level else f"**{words}**"
            html = f"<h{level}>{words}</h{level}>" if level else f"<p><b>{words}</b></p>"
            lines += [html, f"<p>{story(1)}</p>"] if suffix == "html" else [markdown, story(1)]
        document = read(f"a.{suffix}", "\n\n".join(lines))
        return document.title, titles(document)

    wanted = ["[Dedication]", "Chapter One", "Chapter Two", "Epilogue"]
    assert made("# Dedication", "Chapter One", "Chapter Two", "# Epilogue") == ("a", wanted)
    wanted = ["Novel", "Chapter 1", "Chapter 2"]
    assert made("# Novel", "Chapter 1", "Chapter 2") == ("Novel", wanted)
    assert made("Chapter 1", "Chapter 2") == ("a", ["Chapter 1", "Chapter 2"])
    wanted = ["Rain", "Sun", "Epilogue"]
    assert made("# Rain", "Chapter 1", "# Sun", "# Epilogue") == ("a", wanted)


def test_the_level_of_chapters_is_not_that_of_matter() -> None:
    parts = ["# Novel", "## One", "First.", "## Two", "Second.", "# About the Author", "Bo."]
    document = read("a.md", "\n\n".join(parts))
    assert (document.title, titles(document)) == ("Novel", ["One", "Two", "[About the Author]"])
    document = read("a.md", "\n\n".join(["# Copyright", "Mine.", *parts]))
    assert (document.title, titles(document)[1]) == ("Novel", "One")
    document = read("a.md", "# Story\n\nIt rained.\n\n## About the Author\n\nBo.")
    assert (document.title, titles(document)) == ("Story", ["Story", "[About the Author]"])
    parts = ["# Rain", "It rained.", "# Acknowledgements", "To Bo."]
    document = read("a.md", "\n\n".join(parts))
    assert (document.title, titles(document)) == ("a", ["Rain", "[Acknowledgements]"])
    parts = ["# Chapter 1", "It rained.", "## Letter", "Come.", *parts[2:]]
    document = read("a.md", "\n\n".join(parts))
    assert (document.title, titles(document)) == ("a", ["Chapter 1", "[Acknowledgements]"])


@pytest.mark.parametrize("matter", ["Dedication", "Contents", "Copyright"])
def test_what_holds_the_book_is_no_matter(matter: str) -> None:
    for name, mark in (("a.txt", ""), ("a.md", "# ")):
        text = f"{mark}{matter}\n\nTo you.\n\n{story()}\n\n{mark}Epilogue\n\nThe end."
        document = read(name, text)
        assert titles(document) == [matter, "Epilogue"]
        assert (document.title, document.notes) == ("a", ())
    document = read("a.md", f"# {matter}\n\n{story(30)}\n\n# One\n\n{story(50)}\n\n# Two\n\nIt.")
    assert titles(document) == [matter, "One", "Two"]


def test_long_matter_stays_matter() -> None:
    listed = "\n".join(f"{n}. The name of a chapter of some length" for n in range(300))
    for front in (f"# Contents\n\n{listed}", f"# Notes\n\n{story(30)}", "# Dedication\n\nTo you."):
        document = read("a.md", f"{front}\n\n# One\n\n{story(8)}\n\n# Two\n\n{story(8)}")
        assert titles(document) == [f"[{front.split()[1]}]", "One", "Two"]
    back = f"# One\n\n{story(8)}\n\n# Two\n\n{story(8)}\n\n# Acknowledgements\n\n{story(40)}"
    document = read("a.md", back)
    assert titles(document) == ["One", "Two", "[Acknowledgements]"]


def test_long_acknowledgements_in_front_are_not_read() -> None:
    names = ["Acknowledgements", "One", "Two", "Three"]
    sizes = [33, 130, 130, 130]
    parts = [f"# {name}\n\n{story(n)}" for name, n in zip(names, sizes, strict=True)]
    wanted = ["[Acknowledgements]", *names[1:]]
    assert titles(read("a.md", "\n\n".join(parts))) == wanted
    for count in (130, 10):  # marked by the file, even where it is the longest
        pages = {"a.xhtml": page(f"<h1>Acknowledgements</h1><p>{story(33)}</p>", "acknowledgments")}
        pages |= {f"{name}.xhtml": chapter(name, story(count)) for name in names[1:]}
        assert titles(read_document(write_epub(Path("a.epub"), pages))) == wanted


@pytest.mark.parametrize(
    "title",
    ["Praise for the Dead", "Join the newsletter", "More Titles", "Also available in blue"],
)
def test_doubtful_titles_are_matter_only_around_the_chapters(title: str) -> None:
    def made(*names: str, size: int = 3) -> list[str]:
        return titles(read("a.md", "\n\n".join(f"# {name}\n\n{story(size)}" for name in names)))

    assert made("One", title, "Two") == ["One", title, "Two"]
    assert made("One", "Two", title) == ["One", "Two", f"[{title}]"]
    assert made(title, "One", "Two", "Three") == [f"[{title}]", "One", "Two", "Three"]
    assert made("One", "Two", title, size=40) == ["One", "Two", title]  # too long for it
    pages = {f"{n}.xhtml": chapter(name, story(3)) for n, name in enumerate(["One", title, "Two"])}
    assert titles(read_document(write_epub(Path("a.epub"), pages))) == ["One", title, "Two"]


def test_it_is_said_where_most_is_left_out(voxtral: Callable[..., Result]) -> None:
    book = f"# One\n\n{story(8)}\n\n# Two\n\nIt.\n\n"
    for size, said in ((4, ": Notes"), (40, ", more than half of the text: Notes")):
        Path("a.md").write_text(f"{book}# Notes\n\n{story(size)}", encoding="utf-8")
        assert f"not read (--all-matter){said}\n" in voxtral("batch", "a.md", "--list").stderr
        assert "not read" not in voxtral("batch", "a.md", "--list", "--all-matter").stderr


def test_a_prologue_before_all_that_the_contents_name_is_read() -> None:
    pages = {
        "nav.xhtml": nav(line("One", "b.xhtml") + line("Two", "c.xhtml")),
        "title.xhtml": page("<p>The Harbour</p><p>Bo</p>"),
        "for.xhtml": page("<p>For Ann.</p>"),
        "a.xhtml": page(f"<p>{story(12, '</p><p>')}</p>"),
        "a2.xhtml": page("<p>And so it went on.</p>"),
        "b.xhtml": chapter("One", "First."),
        "c.xhtml": chapter("Two", "Second."),
    }
    document = read_document(write_epub(Path("a.epub"), pages))
    prologue = "It rained on the harbour\u2026"
    assert titles(document) == ["[The Harbour]", "[For Ann.]", prologue, "One", "Two"]
    assert texts(document, 2)[-1] == "And so it went on."


@pytest.mark.parametrize(
    "title",
    [
        *("Also by J. K. Rowling", "Books by Dr. Seuss", "Other Titles", "More books by Bo Ray"),
        *("Also available", "Also available from Harbour Press", "Praise for The Harbour"),
        *("Half Title", "Halftitle", "half-title page", "Copyright Information"),
        *("Copyright (c) 2021 by Bo Ray.", "\u00a9 2021 Bo Ray", "Copyright 2021"),
        *("Newsletter", "Sign up for my newsletter!", "Join the Harbour Newsletter"),
    ],
)
def test_titles_of_matter(title: str) -> None:
    assert is_matter(title)


@pytest.mark.parametrize(
    "title",
    [
        *("Also by night. They came", "Copyright Law", "In Praise of Rain", "The Newsletter"),
        *("Copyright 2020 was a bad year", "Copyright 2020: a year"),
        *("Available Light", "The Other Titles", "Titles and Deeds", "Half of It"),
    ],
)
def test_titles_of_chapters(title: str) -> None:
    assert not is_matter(title)


def test_an_offer_that_the_contents_do_not_name_is_matter() -> None:
    pages = {
        "nav.xhtml": nav(line("One", "a.xhtml")),
        "a.xhtml": chapter("One", "They asked him to join and write their newsletter.", story()),
        "b.xhtml": page("<p>Want more?</p><p>Sign up for Bo's newsletter at example.com.</p>"),
        "c.xhtml": page(f"<p>He said: join our mailing list.</p><p>{story()}</p>"),
    }
    document = read_document(write_epub(Path("a.epub"), pages))
    assert titles(document) == ["One", "[Want more?]", "He said: join our mailing\u2026"]


def test_a_chapter_without_a_title_is_called_by_its_first_words() -> None:
    pages = {f"{n}.xhtml": page(f"<p>{text}</p>") for n, text in enumerate(STORIES)}
    long = "It rained on the harbour all day."
    document = read_document(write_epub(Path("a.epub"), {**pages, "x.xhtml": page(f"<p>{long}")}))
    assert titles(document)[1:] == [*STORIES[1:], "It rained on the harbour\u2026"]
