"""Chunks and what of the manuscript they say."""

import random
import time

import pytest

from engine.text import Block, Lexicon, plan_passages
from engine.text.chunk import phrases
from engine.text.written import as_written

STORY = (
    "On 3/4/2025 Dr. Smith paid $1,250.50 \u2014 far too much \u2014 to St. Mary\u2019s. "
    "\u201cI don\u2019t care,\u201d he said; it was 5 \u00b0C at 10:30 a.m. "
    "In 1999, 23 men came. 4 left again\u2014nobody knew why. The U.S. won 3\u20132. & so on."
)


def test_sentences_as_they_are_written() -> None:
    passages = plan_passages([Block(STORY)], max_chars=80)
    found = {passage.text: passage.written for passage in passages}
    assert found['"I don\'t care," he said; it was five degrees Celsius at ten thirty AM.'] == (
        "\u201cI don\u2019t care,\u201d he said; it was 5 \u00b0C at 10:30 a.m."
    )
    said = "Four left again, nobody knew why. The US won three to two. and so on."
    assert found[said] == ("4 left again\u2014nobody knew why. The U.S. won 3\u20132. & so on.")


@pytest.mark.parametrize("longest", [20, 45, 80, 300])
def test_nothing_is_lost_and_nothing_comes_twice(longest: int) -> None:
    passages = plan_passages(
        [Block(STORY), Block("**A** [link](http://x.org).")], max_chars=longest
    )
    whole = " ".join(passage.written for passage in passages if passage.written)
    assert whole.replace("\u2014 ", "\u2014").split() == (
        f"{STORY} A link.".replace("\u2014 ", "\u2014").split()
    )


def test_words_of_the_lexicon_marks_and_neighbours() -> None:
    """Marks are not shown; short paragraphs that are spoken together are written together."""
    lexicon = Lexicon({"Nguyen": "win"})
    blocks = [Block("Mr. Nguyen went. [pause:1s] No. 5 came."), Block("Yes."), Block("Why, at 7?")]
    passages = plan_passages(blocks, lexicon=lexicon)
    assert [(passage.text, passage.written) for passage in passages] == [
        ("Mister win went.", "Mr. Nguyen went."),
        ("Number five came.", "No. 5 came."),
        ("Yes. Why, at seven?", "Yes. Why, at 7?"),
    ]


def test_text_that_is_not_rewritten() -> None:
    parts = ["One fish, two fish.", "Red fish."]
    assert as_written(parts, " ".join(parts)) == parts
    assert as_written(parts, "") == parts
    assert as_written(
        ["\u4f60\u597d\u3002", "\u518d\u89c1\u3002"], "\u4f60\u597d\u3002 \u518d\u89c1\u3002"
    ) == [
        "\u4f60\u597d\u3002",
        "\u518d\u89c1\u3002",
    ]
    assert as_written(["one thousand two.", "hundred and fifty."], "1,250.") == ["1,250.", ""]


def test_words_in_any_order_are_all_there() -> None:
    """Whatever is written: the parts are the words, in order."""
    draw = random.Random(1)
    for _ in range(300):
        written = [draw.choice(["a", "b", "5", "\u2014", "the", "cat", "&"]) for _ in range(40)]
        said = [draw.choice(["a", "b", "five", "the", "cat", "..."]) for _ in range(30)]
        cuts = sorted(draw.sample(range(1, 30), 4))
        parts = [
            " ".join(said[start:end]) for start, end in zip([0, *cuts], [*cuts, 30], strict=True)
        ]
        found = as_written(parts, " ".join(written))
        assert len(found) == len(parts)
        assert " ".join(found).split() == written


def test_a_long_paragraph_takes_its_time_once() -> None:
    """100,000 words of which none are spoken as they are written."""
    start = time.process_time()
    as_written(["five hundred"] * 50_000, "500 " * 50_000)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["It cost $1,250.50.", "3 men paid.", "It is 12:30.", "5:45.", "6:15."]),
        (
            "fr",
            [
                "Il regarda.",
                "« Bonjour ! » dit-il.",
                "« Un ami ? » dit-elle.",
                "— Oui, 5 €.",
                "7 fois.",
            ],
        ),
        (
            "zh",
            [
                "\u4f60\u597d\uff0c\u6211\u4eec\u4eca\u5929\u53bb\u516c\u56ed\u3002",
                "\u5929\u6c14\u5f88\u597d\uff0c\u300c\u6211\u4eec\u300d\u4e00\u8d77\u5403\u996d\u3002",
                "\u518d\u89c1\u3002",
            ],
        ),
    ],
)
def test_signs_belong_to_their_words(language: str, sentences: list[str]) -> None:
    """Figures about a full stop, blanks before French signs, scripts without blanks."""
    text = ("" if language == "zh" else " ").join(sentences)
    (passage,) = plan_passages([Block(text)], language=language)
    said = phrases(passage.text, 300, False, language)
    assert as_written(said, passage.written) == sentences
    for passage in plan_passages([Block(text)], max_chars=20, language=language):
        assert passage.written in text
