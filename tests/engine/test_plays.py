"""Speakers of plays: their names, the directions behind these, and whose line it is then."""

import time

import pytest

from engine.text import Block, likely_speakers, plan_passages
from engine.text.marks import speakers

CAST = {"Alice": "a", "BOB": "b", "Old Man": "o", "X": "x"}
SPEECH = "Well, well, who would have thought of that?"


def said(*paragraphs: str | Block) -> list[tuple[str, str]]:
    """Who says what."""
    blocks = [Block(item) if isinstance(item, str) else item for item in paragraphs]
    found = [(p.voice, p.text) for p in plan_passages(blocks, cast=CAST)]
    heard = {name for name, voice in CAST.items() if voice in dict(found)}
    assert speakers(blocks, CAST) == heard
    return found


@pytest.mark.parametrize(
    "line",
    [
        "ALICE (laughing): {}",
        "Alice [aside] : {}",
        "**ALICE** (to BOB,\nlaughing): {}",
        "ALICE, very sadly: {}",
        "ALICE: (laughing) {}",
        "ALICE: [She laughs.] {}",
        "ALICE. {}",
        "ALICE.\u2014{}",
        "_ALICE._ {}",
        "ALICE (aside). {}",
        "ALICE. (_aside_) {}",
        "ALICE. _[Stiffly.]_ {}",
        "ALICE\n{}",
        "ALICE.\n{}",
        "ALICE (V.O.)\n(laughing)\n{}",
        "ALICE:\n{}",
        "ALICE: (aside) [Laughs] {}",
        "ALICE: (to BOB,\nlaughing) {}",
    ],
)
def test_names_directions_and_speech(line: str) -> None:
    assert said(line.format(SPEECH)) == [("a", SPEECH)]


@pytest.mark.parametrize(
    ("text", "voice", "spoken"),
    [
        (f"ALICE: (I know.) {SPEECH}", "a", f"I know. {SPEECH}"),
        (f"ALICE: [pause:2s] {SPEECH}", "a", SPEECH),
        ("ALICE: (if you must know) I did it.", "a", "if you must know, I did it."),
        ("ALICE: [The president] came in very late.", "a", "The president, came in very late."),
        ("ALICE: [President] Lincoln came in late.", "a", "President, Lincoln came in late."),
        ("ALICE: [Prof.] Lincoln came in very late.", "a", "Professor Lincoln came in very late."),
        ("ALICE: [He] said so, and I believe it.", "a", "He, said so, and I believe it."),
        ("ALICE: (sadly, it rained) I stayed at home.", "a", "sadly, it rained, I stayed at home."),
        ("ALICE: (thirty) days were all that I had.", "a", "thirty, days were all that I had."),
        ("ALICE: (laughing)Is what we did all day.", "a", "laughing, Is what we did all day."),
        ("ALICE: (a) is the first of several.", "a", "a, is the first of several."),
        (
            "ALICE, queen of Scots: born in a palace.",
            "",
            "Alice, queen of Scots: born in a palace.",
        ),
        ("I called for her.\nALICE\nwas not at home any more.", "", None),
        ("ALICE: [Hello](http://x.org), my very dear old friend.", "a", None),
        (f"Alice. {SPEECH}", "", f"Alice. {SPEECH}"),
        (f"Alice, she said: {SPEECH}", "", f"Alice, she said: {SPEECH}"),
        (f"ALICE and BOB: {SPEECH}", "", f"Alice and BOB: {SPEECH}"),
        (f"X. {SPEECH}", "", f"X. {SPEECH}"),
        ("They saw old\nBOB. He had come in the meantime.", "", None),
        ("Yours for ever and ever,\nALICE\nRichmond Hill, on the Thames", "", None),
        ("That is all for today, farewell.\nALICE", "", None),
    ],
)
def test_what_is_a_part_of_the_text(text: str, voice: str, spoken: str | None) -> None:
    [(speaker, words)] = said(text)
    assert (speaker, words) == (voice, spoken or words)


def test_a_mark_behind_a_name_is_no_direction() -> None:
    [passage] = plan_passages([Block(f"ALICE: [voice:zoe] {SPEECH}")], cast=CAST)
    assert (passage.voice, passage.text) == ("zoe", SPEECH)
    [passage] = plan_passages([Block(f"ALICE: [pause:2s] {SPEECH}")], cast=CAST)
    assert passage.before == 2.0


@pytest.mark.parametrize(
    ("speech", "spoken"),
    [
        ("(laughs)", "laughs."),
        ("(I knew it.)", "I knew it."),
        ("(42)", "Forty-two."),
        ("[She laughs.]", "She laughs."),
        ("(laughing) [pause:1s]", "laughing."),
        ("(laughing) ...", "laughing..."),
    ],
)
def test_a_whole_speech_is_spoken(speech: str, spoken: str) -> None:
    assert said(f"**ALICE:** {speech}", SPEECH) == [("a", spoken), ("", SPEECH)]


def test_names_that_are_paragraphs() -> None:
    assert said("ALICE", "(laughing)", SPEECH, "BOB", SPEECH, SPEECH) == [
        ("a", SPEECH),
        ("b", SPEECH),
        ("", SPEECH),
    ]
    assert said("Alice:", SPEECH, SPEECH) == [("a", SPEECH), ("", SPEECH)]
    assert said("ALICE", "(I know.)", SPEECH, "BOB", SPEECH)[0] == ("a", "I know.")


@pytest.mark.parametrize("mark", ["[pause:1s]", "[voice:]", "[voice:zoe] [pause]"])
def test_marks_between_a_name_and_its_speech(mark: str) -> None:
    scene = [Block(text) for text in ("ALICE", mark, SPEECH, "BOB", "(sings)", mark, SPEECH)]
    found = plan_passages([Block("They meet at the harbour."), *scene], cast=CAST)
    assert [(p.voice, p.text) for p in found[1:]] == [("a", SPEECH), ("b", SPEECH)]
    assert ("pause" in mark) == any(p.pause == 1.0 for p in found)


@pytest.mark.parametrize(
    "paragraphs",
    [
        (SPEECH, "ALICE", SPEECH),  # who has signed a letter
        (SPEECH, "ALICE.", SPEECH, SPEECH, "BOB.", SPEECH),  # letters
        ("ALICE", "BOB", "OLD MAN", SPEECH),  # persons of a play
        ("ALICE", Block("Act One", 1), "BOB", Block(""), SPEECH),
        ("Alice", SPEECH, "Bob", SPEECH),
        (SPEECH, "BOB", SPEECH, "ALICE"),
    ],
)
def test_names_that_are_no_turns(paragraphs: tuple[str | Block, ...]) -> None:
    found = said(*paragraphs)
    assert {voice for voice, _ in found} <= {"", "b"}
    words = " ".join(text for _, text in found).lower()
    assert "alice" in words


def test_likely_speakers_with_directions() -> None:
    scene = "CAROL (aside): Oh.\n\nCAROL [to DAN]: Ah.\n\nTHE END\n\nTHE END\n\n"
    scene += "Note (a): b\n\nNote (a): b"
    assert likely_speakers([Block(text) for text in scene.split("\n\n")]) == ["CAROL"]


@pytest.mark.parametrize(
    "line", ["NO ENTRY", "IV", "II.", "AUTUMN", "NEW YORK", "CHAPTER ONE", "LONDON.\u2014", "NOTE"]
)
def test_lines_in_capitals_suggest_no_speakers(line: str) -> None:
    assert likely_speakers([Block(f"{line}\nIt rained all day.")] * 3) == []


def test_many_names() -> None:
    begun = time.monotonic()
    text = "\n".join(["ALICE. Yes.", "BOB", "ALICE (((", "BOB [[["] * 5000)
    speakers([Block(text)], CAST)
    likely_speakers([Block(text)])
    speakers([Block("ALICE"), Block(SPEECH)] * 20_000, CAST)
    speakers([Block("ALICE"), Block("BOB"), *[Block("(laughs)")] * 40_000] * 2, CAST)
    speakers([Block("ALICE:"), *[Block("[pause]")] * 40_000], CAST)
    speakers([Block("ALICE: " + "(laughs) " * 20_000 + "(")], CAST)
    assert time.monotonic() - begun < 3
