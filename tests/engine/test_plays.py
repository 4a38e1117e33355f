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
        "ALICE (V.O.)\n(Laughing)\n{}",
        "ALICE:\n{}",
    ],
)
def test_names_directions_and_speech(line: str) -> None:
    assert said(line.format(SPEECH)) == [("a", SPEECH)]


@pytest.mark.parametrize(
    ("text", "voice", "spoken"),
    [
        (f"ALICE: (I know.) {SPEECH}", "a", f"I know. {SPEECH}"),
        (f"ALICE: [pause:2s] {SPEECH}", "a", SPEECH),
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


def test_a_direction_alone_is_not_spoken() -> None:
    assert said("ALICE: (laughs)", SPEECH) == [("", SPEECH)]


def test_names_that_are_paragraphs() -> None:
    assert said("ALICE", "(laughing)", SPEECH, "BOB.", SPEECH, SPEECH) == [
        ("a", SPEECH),
        ("b", SPEECH),
        ("", SPEECH),
    ]
    assert said("Alice:", SPEECH, SPEECH) == [("a", SPEECH), ("", SPEECH)]


@pytest.mark.parametrize(
    "paragraphs",
    [
        (SPEECH, "ALICE", SPEECH),  # who has signed a letter
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
    scene = "CAROL (aside): Oh.\n\nCAROL [to DAN]: Ah.\n\nDAN.\u2014What?\n\nDAN.\nYes.\n\n"
    scene += "ANN.\nNo.\n\nANN (sings)\nLa.\n\nTHE END\n\nTHE END\n\nNote (a): b\n\nNote (a): b"
    assert likely_speakers([Block(text) for text in scene.split("\n\n")]) == ["CAROL", "DAN", "ANN"]


def test_many_names_in_one_paragraph() -> None:
    begun = time.monotonic()
    text = "\n".join(["ALICE. Yes.", "BOB", "ALICE (((", "BOB [[["] * 5000)
    speakers([Block(text)], CAST)
    likely_speakers([Block(text)])
    assert time.monotonic() - begun < 3
