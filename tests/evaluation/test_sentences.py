"""Kinds of sentences, and ends that were not said."""

from collections import Counter

import pytest

from evaluation.arguments import SENTENCES
from evaluation.sentences import KINDS, PLAIN, kinds, missing_end

for package in ("jiwer", "num2words"):
    pytest.importorskip(package, reason="extra eval")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The lamp flickered.", [PLAIN]),
        ("There were 27 passengers on the ferry.", ["numbers"]),
        ("It burned down in 1703.", ["numbers", "dates"]),
        ("He came on the 14th of March.", ["numbers", "dates"]),
        ("On March 3 it rained all Tuesday.", ["numbers", "dates"]),
        ("It costs $1500, I think.", ["numbers", "money"]),
        ("Mr. Harrison teaches.", ["names"]),
        ("Sophie is away, and Edward too.", ["names"]),
        ("Shall I wait?", ["questions"]),
        ('"Leave it," said Martha.', ["names", "quotes"]),
        ("word " * 16, ["long"]),
    ],
)
def test_kinds(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


def test_the_stored_set_has_sentences_of_every_kind() -> None:
    lines = SENTENCES.read_text(encoding="utf-8").splitlines()
    found = Counter(kind for line in lines for kind in kinds(line))
    assert set(found) == {PLAIN, *KINDS}
    assert min(found.values()) >= 2


@pytest.mark.parametrize(
    ("heard", "missing"),
    [
        ("She put it in a flower pot.", []),
        ("She put it in a flower.", ["pot"]),
        ("She put it in.", ["a", "flower", "pot"]),
        ("She put it in a flower pit.", []),
        ("She put it in a flour.", ["pot"]),
        ("She put it in a flowerpot.", []),
        ("She put it in a floorpit.", []),
        ("Put in a flower pot.", []),
        ("She put it in a flower pot pot pot.", []),
        ("", ["she", "put", "it", "in", "a", "flower", "pot"]),
    ],
)
def test_missing_ends(heard: str, missing: list[str]) -> None:
    assert missing_end("She put it in a flower pot.", heard) == missing


def test_a_last_word_that_is_alike_hides_no_missing_ones() -> None:
    text = "Read the first page and then the second page."
    assert missing_end(text, "Read the first pages.") == ["and", "then", "the", "second", "page"]
    assert missing_end("He was there and then he went there.", "He was their.") != []


def test_a_compound_that_is_heard_as_one_word_is_there() -> None:
    assert missing_end("It was the upside down house.", "It was the upsidedownhouse.") == []
