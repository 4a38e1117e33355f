"""Text that is still being written: its sentences, each as soon as it is whole."""

import random
from collections.abc import Iterator

import pytest

from engine.text import arriving

STORY = (
    "Dr. Smith lives at No. 5 Main St. near the U.S. Senate building. He paid $3.50 for it. "
    'Yes. No! Really? "Go on," she said. "I will. You know it." Then he left for good... '
    "And **this. All of it** is bold.\r\n\n1. Take the bread and the butter. 2. Eat it. "
    "At 5 a.m. Monday we left.\tOn Jan. 5 we came back\n\n\n  It is the end, is it not"
)
SENTENCES = [
    "Dr. Smith lives at No. 5 Main St. near the U.S. Senate building. ",
    "He paid $3.50 for it. Yes. ",
    'No! Really? "Go on," she said. ',
    '"I will. You know it." Then he left for good... ',
    "And **this. All of it** is bold.\r\n",
    "\n",
    "1. Take the bread and the butter. ",
    "2. Eat it. At 5 a.m. Monday we left.\t",
    "On Jan. 5 we came back\n",
    "\n",
    "\n",
    "  It is the end, is it not",
]


def test_sentences_and_lines_are_handed_out_whole() -> None:
    assert list(arriving([STORY])) == SENTENCES


@pytest.mark.parametrize("seed", range(5))
def test_it_does_not_matter_how_the_text_is_cut(seed: int) -> None:
    drawn = random.Random(seed)
    pieces, start = [], 0
    while start < len(STORY):
        end = start + drawn.choice([0, 1, 2, 7, 30])
        pieces.append(STORY[start:end])
        start = end
    assert list(arriving(pieces)) == SENTENCES


@pytest.mark.parametrize(
    ("written", "there"),
    [
        ("Here is the first of them. And", 0),
        ("Here is the first of them. And ", 1),
        ("Here is the first of them.", 0),
        ("Here is the first of them.\n", 1),
        ("Here is the first of them. \u2014 ", 0),
        ("It is so great to see you all! \U0001f642 Next ", 1),
        ("Too short. And ", 0),
        ("We live at the old house, at No. 5 ", 0),
        ("We heard a talk of the good Dr. Smith ", 0),
    ],
)
def test_no_more_is_waited_for_than_it_takes(written: str, there: int) -> None:
    def pieces() -> Iterator[str]:
        yield from written
        raise TimeoutError

    handed = arriving(pieces())
    for _ in range(there):
        assert next(handed)
    with pytest.raises(TimeoutError):
        next(handed)


@pytest.mark.parametrize(
    "whole",
    [
        "Look at this: [The Art of War. A new translation](https://example.com/a.html). ",
        "It is there. <!-- A hidden comment. " + "It is long. " * 40 + "--> And shown. ",
        "# The House at Pooh Corner Street. A Novel of sorts.\n",
        'It is <a href="x. Y z">a link</a> of theirs. ',
    ],
)
def test_what_may_be_left_out_is_not_cut(whole: str) -> None:
    assert list(arriving([whole, "Then we go."])) == [whole, "Then we go."]


def test_other_languages_have_their_own_ends() -> None:
    german = "Am 5. Mai kam Dr. M\u00fcller z. B. nach Berlin zur\u00fcck. Das war alles."
    whole = "Am 5. Mai kam Dr. M\u00fcller z. B. nach Berlin zur\u00fcck. "
    assert list(arriving([german], "de-DE")) == [whole, "Das war alles."]


def test_a_number_belongs_to_its_sign_where_it_is_read_with_it() -> None:
    text = "It was in the year before Vol. 2 came."
    assert list(arriving([text])) == [text]
    assert list(arriving([text], normalize=False)) == [text[:31], text[31:]]


@pytest.mark.parametrize(
    "text",
    ["x" * 5500, "No. 5 " * 900, '"' + "A thing. " * 900, "w, " * 2000, "- " * 3000, "[No. " * 900],
)
def test_what_does_not_end_is_cut(text: str) -> None:
    found = list(arriving([text]))
    assert "".join(found) == text
    assert max(map(len, found)) <= 2000
