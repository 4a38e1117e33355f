"""Blocks -> passages: every word once and in order, pauses, marks, voices, short paragraphs."""

import random

import pytest

from engine.errors import InputError
from engine.text import Block, Lexicon, likely_speakers, passages_of, plan_passages, plan_text
from engine.text.marks import voice_after
from engine.text.normalize import has_words
from engine.text.plan import (
    AFTER_HEADING,
    AFTER_PARAGRAPH,
    AT_BREAK,
    BEFORE_HEADING,
    WITHIN_PARAGRAPH,
)

LONG = "The harbour was quiet and grey that morning. "


def words(text: str) -> list[str]:
    for mark in ".,;:!?":
        text = text.replace(mark, " ")
    return text.lower().split()


def random_blocks(rng: random.Random) -> list[Block]:
    blocks = []
    for number in range(rng.randint(1, 25)):
        sentences = []
        for index in range(rng.choice([1, 1, 2, 6])):
            count = rng.choice([1, 2, 6, 14, 70])
            body = [f"w{'abcdefghij'[index]}x{'k' * number}" + rng.choice(["", "", ","])] * count
            sentences.append(" ".join(body).rstrip(",").capitalize() + rng.choice([".", "?", "!"]))
        level = rng.choice([0, 0, 0, 0, 1])
        blocks.append(Block("" if rng.random() < 0.1 else " ".join(sentences), level))
    return blocks


@pytest.mark.parametrize("max_chars", [60, 120, 300])
@pytest.mark.parametrize("normalize", [True, False])
def test_every_word_once_in_order_and_no_chunk_too_long(max_chars: int, normalize: bool) -> None:
    rng = random.Random(max_chars)
    for _ in range(15):
        blocks = random_blocks(rng)
        passages = plan_passages(blocks, normalize=normalize, max_chars=max_chars)
        assert all(0 < len(passage.text) <= max_chars for passage in passages)
        spoken = " ".join(passage.text for passage in passages)
        assert words(spoken) == words(" ".join(block.text for block in blocks))


def test_none_crosses_a_block_but_very_short_ones() -> None:
    rng = random.Random(1)
    for _ in range(15):
        blocks = [block for block in random_blocks(rng) if len(block.text) >= 25]
        passages = plan_passages(blocks, max_chars=150)
        assert sum(passage.opens for passage in passages) == len(blocks)
        begun = [passage.text for passage in passages if passage.opens]
        for text, block in zip(begun, blocks, strict=True):
            assert block.text.lower().startswith(words(text)[0])


def test_planning_what_was_planned_changes_nothing() -> None:
    rng = random.Random(2)
    for language, text in {
        "en": "Dr. X paid $5 on 3/4/2026: so!",
        "fr": "Le 1er, 12,50 €.",
    }.items():
        blocks = [*random_blocks(rng), Block(text)]
        once = [passage.text for passage in plan_passages(blocks, language=language)]
        headings = [Block(text, level=1) for text in once]  # which join no neighbour
        assert [passage.text for passage in plan_passages(headings, language=language)] == once


def test_pauses() -> None:
    blocks = [
        Block("The Harbour", 1),
        Block(LONG * 3),
        Block("A second paragraph of some length."),
        Block(""),
        Block("A third paragraph of some length."),
        Block("Part Two", 2),
        Block("Part Two, again", 3),
        Block("The last paragraph of this chapter."),
    ]
    passages = plan_passages(blocks, max_chars=100)
    assert [(passage.text.split()[0], passage.pause, passage.opens) for passage in passages] == [
        ("The", AFTER_HEADING, True),
        ("The", WITHIN_PARAGRAPH, True),
        ("The", AFTER_PARAGRAPH, False),
        ("A", AT_BREAK, True),
        ("A", BEFORE_HEADING, True),
        ("Part", BEFORE_HEADING, True),
        ("Part", AFTER_HEADING, True),
        ("The", AFTER_PARAGRAPH, True),
    ]


@pytest.mark.parametrize("normalize", [True, False])
def test_marks_of_pauses(normalize: bool) -> None:
    text = "[pause:3] One. [pause:1.5s] Two.[Pause:800ms][pause: 2 s] Three [pause] four."
    after = [Block(text), Block("[pause:.05]"), Block(LONG + "[pause:5s]"), Block("End", 1)]
    passages = plan_passages(after, normalize=normalize)
    assert [passage.pause for passage in passages] == [1.5, 2.8, 1.0, 0.05, 5.0, AFTER_HEADING]
    assert [passage.before for passage in passages] == [3.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert [passage.asked for passage in passages] == [True] * 5 + [False]
    assert [passage.opens for passage in passages] == [True, False, False, False, True, True]
    assert "".join(passage.text for passage in passages).count("[") == 0


@pytest.mark.parametrize("mark", ["0.04s", "11", "10001ms", "99999999999999999999"])
def test_pauses_out_of_range(mark: str) -> None:
    with pytest.raises(InputError, match=rf"\[pause:{mark}\] is too (short|long)"):
        plan_passages([Block(f"One [pause:{mark}] two.")])


@pytest.mark.parametrize("mark", ["long", "", "-1", "1m", "1,5"])
def test_pauses_that_are_none(mark: str) -> None:
    with pytest.raises(InputError, match="is no pause") as caught:
        plan_passages([Block(f"One [pause:{mark}] two.")])
    assert "[pause:1.5s]" in caught.value.hint


def test_other_brackets_are_text() -> None:
    text = r"One \[pause:1s] two [paused] three [pause](http://x.org) [voice] [note: no]."
    assert [p.text for p in plan_passages([Block(text)], normalize=False)] == [
        text.replace("\\", "")
    ]
    assert len(plan_passages([Block(text)])) == 1


def test_marks_of_voices_last_until_the_next() -> None:
    blocks = [
        Block(f"{LONG}[voice:alice] Hello there. [voice: bob ] Hi."),
        Block("Still it is Bob who speaks here."),
        Block("Not here, where the block has a voice.", voice="carol"),
        Block("Bob once more, to the end of it.[/voice] Now the narrator. [voice:alice][voice:]"),
        Block("And the narrator until the end."),
    ]
    passages = plan_passages(blocks)
    voices = [passage.voice for passage in passages]
    inner, outer = WITHIN_PARAGRAPH, AFTER_PARAGRAPH
    pauses = [inner, inner, outer, outer, outer, inner, outer, outer]
    assert [passage.pause for passage in passages] == pauses
    assert voices == ["", "alice", "bob", "bob", "carol", "bob", "", ""]
    cast = plan_passages(blocks[:1], cast={"Alice": "fr_female"})
    assert [passage.voice for passage in cast] == ["", "fr_female", "bob"]


def test_a_voice_from_before() -> None:
    blocks = [Block("She goes on. [voice:] And he."), Block("So it is.", voice="bob")]
    said = [(p.voice, p.text) for p in plan_passages(blocks, cast={"Ann": "a"}, voice="ANN")]
    assert said == [("a", "She goes on."), ("", "And he."), ("bob", "So it is.")]
    texts = ["One", r"\[voice:x]", "[voice: ann ] [pause]", "[voice:y][/voice]", "[voice:y](z)"]
    assert [voice_after(text, "old") for text in texts] == ["old", "old", "ann", "", "old"]


SCRIPT = [
    Block("ALICE", 1),
    Block("They meet at the harbour, early in the day."),
    Block(
        "ALICE: Hello, you there,\nwho are you?\n**Bob:** I am *Bob*: hello.\n  __old man__ : Ha!"
    ),
    Block("alice : Is that so? I never would have thought it."),
    Block("Alice went home without saying: goodbye."),
    Block("CAROL: I am not in the cast. NOTE: text."),
]


def test_lines_of_a_cast() -> None:
    cast = {"Alice": "a", "BOB": "b", "Old Man": "o"}
    assert [(p.voice, p.text) for p in plan_passages(SCRIPT, cast=cast)] == [
        ("", "Alice."),
        ("", "They meet at the harbour, early in the day."),
        ("a", "Hello, you there, who are you?"),
        ("b", "I am Bob: hello."),
        ("o", "Ha!"),
        ("a", "Is that so? I never would have thought it."),
        ("", "Alice went home without saying: goodbye."),
        ("", "Carol: I am not in the cast. NOTE: text."),
    ]


def test_a_name_of_the_cast_in_other_letters() -> None:
    for name, line in [
        ("K\u0131l\u0131\u00e7", "KILI\u00c7"),
        ("Irem", "\u0130rem"),
        ("Jose\u0301", "JOS\u00c9"),
    ]:
        [passage] = plan_passages([Block(f"{line}: Merhaba.")], cast={name: "a"})
        assert (passage.voice, passage.text) == ("a", "Merhaba.")


def test_no_chunk_is_of_signs_alone() -> None:
    long = "The " + "word " * 26 + "ends."
    passages = plan_passages([Block(f'{long} "?" {long}')], max_chars=140)
    assert [passage.text for passage in passages] == [long, long]
    signs = plan_passages([Block("Bonjour " + "\u3002" * 700)], max_chars=140, language="fr")
    assert [has_words(passage.text) for passage in signs] == [True]


def test_likely_speakers() -> None:
    blocks = [*SCRIPT, Block("CAROL: Again.\nALICE: Yes."), Block("Note: small.\n\nNote: letters.")]
    assert likely_speakers(blocks) == ["ALICE", "CAROL"]
    assert likely_speakers(blocks, {"Alice": "a"}) == ["CAROL"]


def test_very_short_paragraphs_share_a_chunk() -> None:
    blocks = [Block("Is it you?"), Block("Yes."), Block(LONG), Block("Title", 1), Block("No.")]
    assert [passage.text for passage in plan_passages(blocks)] == [
        f"Is it you? Yes. {LONG.strip()}",
        "Title.",
        "No.",
    ]
    apart = [
        [Block("Yes."), Block("No.", voice="bob")],
        [Block("Yes.[pause:1s]"), Block("No.")],
        [Block("Yes."), Block(""), Block("No.")],
        [Block(LONG * 6 + "Here it ends, at last."), Block("No, no, no, no, no, no.")],
    ]
    for blocks in apart:
        assert sum(p.opens for p in plan_passages(blocks)) == 2
    unended = [Block("Yes"), Block("No")]
    assert [p.text for p in plan_passages(unended, normalize=False)] == ["Yes", "No"]


def test_no_scrap_at_the_end() -> None:
    sentence = "w" * 60 + ", " + "x" * 60 + ", " + "y" * 60 + ", " + "z" * 110 + "."
    texts = [passage.text for passage in plan_passages([Block(f"{sentence} It is so.")])]
    assert [len(text) for text in texts] == [123, 183]
    assert texts[1].endswith("z. It is so.")
    speech = f'"{"W" * 100}. {"X" * 60}, {"y" * 20}. {"Z" * 100}," she said. It is so.'
    texts = [passage.text for passage in plan_passages([Block(speech)], normalize=False)]
    assert [text[-2:] for text in texts] == ["y.", "o."]


@pytest.mark.parametrize("text", ["", " ", "?!", "* * *", "[pause:1s][voice:x]", "\u0301", "\x00"])
def test_nothing_to_say(text: str) -> None:
    assert plan_passages([Block(text), Block(text, 1)]) == []
    assert plan_passages([]) == []
    with pytest.raises(InputError, match="nothing to say"):
        passages_of(text)


def test_plain_text() -> None:
    text = "# One\n\nTwo. [voice:x] Two more.\n\n***\n\nThree. [pause:2s] Four.\n\n## Five\n\nSix"
    assert [(p.text, p.pause, p.voice) for p in passages_of(text)] == [
        ("One.", AFTER_HEADING, ""),
        ("Two.", WITHIN_PARAGRAPH, ""),
        ("Two more.", AT_BREAK, ""),
        ("Three.", 2.0, ""),
        ("Four.", BEFORE_HEADING, ""),
        ("Five.", AFTER_HEADING, ""),
        ("Six.", AFTER_PARAGRAPH, ""),
    ]
    assert plan_text(text) == [passage.text for passage in passages_of(text)]


def test_lexicon_is_read_before_numbers() -> None:
    lexicon = Lexicon({"Dr. Who": "Doctor Huu", "R2D2": "artoo detoo"})
    blocks = [Block("Dr.\nWho met R2D2 and 2 more.")]
    expected = ["Doctor Huu met artoo detoo and two more."]
    assert [p.text for p in plan_passages(blocks, lexicon=lexicon)] == expected
    assert plan_text(blocks[0].text, lexicon=lexicon) == expected
    assert plan_text(blocks[0].text) != expected
    marked = plan_text("[pause:1s] A pause.", lexicon=Lexicon({"pause": "rest"}))
    assert marked == ["A rest."]


def test_language_of_a_plan() -> None:
    blocks = [Block("Chapitre 1", 1), Block("M. Dupont a 21 ans.")]
    assert [p.text for p in plan_passages(blocks, language="fr-FR")] == [
        "Chapitre un.",
        "M. Dupont a vingt et un ans.",
    ]


def test_a_chapter_without_spaces_and_many_chapters() -> None:
    endless = plan_passages([Block("x" * 200_000)])
    assert sum(passage.text.count("x") for passage in endless) == 200_000
    many = [block for n in range(300) for block in (Block(f"Chapter {n}", 1), Block(LONG))]
    assert len(plan_passages(many)) == 600
