"""Subtitles beside a book: those of this sound, and no others, are up to date."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.fake_engine import FakeEngine

Voxtral = Callable[..., Result]
BOOK = "# A Book\n\n## One\n\nIt rained all day.\n\n## Two\n\nThen it stopped.\n"
FIRST = ("-o", "book.flac", "--subtitles", "srt")


@pytest.fixture(autouse=True)
def book(fake: FakeEngine) -> None:
    Path("book.md").write_text(BOOK)


@pytest.fixture
def batch(voxtral: Voxtral) -> Callable[..., tuple[bool, str]]:
    """Makes the book: whether it was written, and what was said about it."""

    def run(*options: str) -> tuple[bool, str]:
        result = voxtral("batch", "book.md", *options, "--json")
        assert result.exit_code == 0, result.stderr
        return bool(json.loads(result.stdout)["files"][0]["new"]), result.stderr

    return run


@pytest.mark.parametrize(
    "other",
    [
        ("-o", "book.wav", "--loudness", "acx", "--subtitles", "srt"),
        ("-o", "book.wav", "--chapters", "2", "--subtitles", "srt"),
    ],
    ids=str,
)
def test_those_of_another_output_are_written_anew(
    batch: Callable[..., tuple[bool, str]], other: tuple[str, ...]
) -> None:
    batch(*FIRST)
    first = Path("book.srt").read_bytes()
    batch(*other)
    assert Path("book.srt").read_bytes() != first
    assert batch(*FIRST)[0]
    assert Path("book.srt").read_bytes() == first
    assert not batch(*FIRST)[0]


def test_another_format_with_the_same_times_keeps_them(
    batch: Callable[..., tuple[bool, str]],
) -> None:
    batch(*FIRST)
    batch("-o", "book.wav", "--subtitles", "srt")
    assert not batch(*FIRST)[0]
    assert not batch("-o", "book.flac")[0]  # nor does it matter that none are asked for


CHANGED = "note: book.srt was changed by hand"


@pytest.mark.parametrize("before", [FIRST, ("-o", "book.wav", "--subtitles", "srt")], ids=str)
def test_other_hands_in_them(
    batch: Callable[..., tuple[bool, str]], before: tuple[str, ...]
) -> None:
    """They stay as long as the words and times do, even if the sound is made anew."""
    batch(*before)
    mine = Path("book.srt").read_text().replace("rained", "poured")
    Path("book.srt").write_text(mine)
    assert batch(*FIRST)[0] == (before != FIRST)
    assert not batch(*FIRST)[0]
    Path("book.flac").unlink()
    new, told = batch(*FIRST)
    assert new
    assert CHANGED not in told
    assert Path("book.srt").read_text() == mine
    Path("book.md").write_text(BOOK.replace("rained", "snowed"))
    assert CHANGED in batch(*FIRST)[1]
    assert "snowed" in Path("book.srt").read_text()
    assert CHANGED not in batch(*FIRST, "--loudness", "acx")[1]


def test_missing_ones_are_written_anew(batch: Callable[..., tuple[bool, str]]) -> None:
    batch(*FIRST)
    first = Path("book.srt").read_bytes()
    Path("book.srt").unlink()
    assert batch(*FIRST)[0]
    assert Path("book.srt").read_bytes() == first


def test_old_ones_are_named(batch: Callable[..., tuple[bool, str]]) -> None:
    note = "note: book.srt is of other words or times (--subtitles srt)"
    assert note not in batch(*FIRST)[1]
    Path("book.md").write_text(BOOK.replace("rained", "snowed"))
    assert batch("-o", "book.flac")[0]
    assert note in batch("-o", "book.flac")[1]
    Path("book.srt").write_text("Somebody's own.")
    assert note not in batch("-o", "book.flac")[1]
    assert note not in batch(*FIRST)[1]
    assert "snowed" in Path("book.srt").read_text()
