"""`voxtral batch`: where its files go, what they are called, and what is refused beforehand."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from typer.testing import Result

from tests.cli.fake_engine import FakeEngine
from voxtral_cli.books.assembly import HEAD_S, TAIL_S


@pytest.fixture
def book() -> Path:
    path = Path("book.md")
    path.write_text("# A Book\n\n## One\n\nIt rained all day.\n\n## Two\n\nThen it stopped.\n")
    return path


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--rows", "-1"), "rows is -1"),
        (("--rows", "many"), "--rows"),
        (("--loudness", "loud"), "loudness"),
        (("--speed", "0.2"), "speed is 0.2"),
        (("--subtitles", "ass"), "subtitles"),
        (("--context", "all"), "context"),
        (("--cast", "ALICE"), "--cast"),
        (("--chapters", "9"), "chapters 9"),
        (("--format", "pcm", "-o", "out"), "pcm"),
        (("--cover", "none.png"), "none.png"),
        (("--cover", "book.md"), "JPEG"),
        (("--lexicon", "none.txt"), "none.txt"),
        (("-o", "nowhere/at/book.wav"), "nowhere/at"),
        (("-o", "book.xyz"), "book.xyz"),
        (("-o", "-"), "a file or a folder"),
        (("-o", ""), "a file or a folder"),
        (("-o", "/dev/null"), "/dev/null"),
        (("-o", "book.md/"), "book.md"),
        (("-o", "a.m4b", "--format", "mp3"), "a.m4b is no name for mp3"),
        (("--language", "klingon"), "klingon"),
        (("--cast", "A=neutral_female", "--cast", "a=casual_male"), "twice"),
        (("--cast", "ALICE=nobody", "-o", "a.wav"), "nobody"),
        (("--voice", "nobody", "-o", "a.wav"), "nobody"),
    ],
)
def test_wrong_options_are_told_before_the_model(
    unloadable: None,
    voxtral: Callable[..., Result],
    book: Path,
    more: tuple[str, ...],
    message: str,
) -> None:
    result = voxtral("batch", "book.md", *more)
    assert result.exit_code == 2, result.stderr
    assert message in result.stderr
    assert result.stderr.count("error:") == 1
    assert os.listdir() == ["book.md"]


@pytest.mark.parametrize("output", ["..", ".", "new/folders/", "out"])
def test_folders_of_any_name(
    fake: FakeEngine, voxtral: Callable[..., Result], book: Path, output: str
) -> None:
    result = voxtral("batch", "book.md", "-o", output, "--format", "wav")
    assert result.exit_code == 0, result.stderr
    assert {"batch.voxtral", "book.wav"} <= set(os.listdir(output))


def test_the_root_of_all_folders_is_a_folder(
    unloadable: None, voxtral: Callable[..., Result], book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # as for anybody but root
    result = voxtral("batch", "book.md", "-o", "/", "--format", "wav")
    assert (result.exit_code, result.stderr.count("error:")) == (1, 1)
    assert "Cannot write into /." in result.stderr


def test_numbers_stay_whatever_is_chosen(fake: FakeEngine, voxtral: Callable[..., Result]) -> None:
    Path("a.md").write_text("# ***\n\n[pause:1s]\n\n# C\n\nText of c here.\n\n# D\n\nMore text.\n")
    lines = voxtral("batch", "a.md", "--list").stdout.splitlines()
    number, title = lines[-1].split("\t")[0], lines[-1].split("\t")[2]
    assert title == "D"
    chosen = voxtral("batch", "a.md", "--list", "--chapters", number).stdout
    assert chosen.splitlines() == [lines[-1]]
    voxtral("batch", "a.md", "-o", "out", "--format", "wav", "--split", "--chapters", number)
    assert f"0{number} D.wav" in os.listdir("out")


def test_several_books_in_one_have_a_title_and_authors(
    fake: FakeEngine, voxtral: Callable[..., Result]
) -> None:
    Path("n").mkdir()
    for number in (1, 2, 10):
        Path(f"n/{number}.txt").write_text(f"This is chapter number {number} of it.")
    line = ["batch", "n", "-o", "n.flac", "--title", "My Novel", "--author", "Me"]
    assert voxtral(*line).exit_code == 0
    with soundfile.SoundFile("n.flac") as sound:
        assert (sound.title, sound.artist) == ("My Novel", "Me")
    assert [text.split()[4] for text in fake.rendered] == ["one", "two", "ten"]
    refused = voxtral("batch", "n", "-o", "out", "--title", "My Novel")
    assert refused.exit_code == 2


def test_pauses_stand_at_the_ends_as_well(fake: FakeEngine, voxtral: Callable[..., Result]) -> None:
    seconds = []
    for text in ("It rained.", "[pause:3s] It rained. [pause:1.5s]"):
        Path("a.txt").write_text(text)
        assert voxtral("batch", "a.txt", "-o", "a.wav", "--loudness", "none").exit_code == 0
        samples, rate = soundfile.read("a.wav")
        seconds.append(len(samples) / rate)
        loud = abs(samples) > 0.01
    assert seconds[1] - seconds[0] == pytest.approx(4.5, abs=0.01)
    assert loud.argmax() / rate == pytest.approx(3.25, abs=0.05)


def test_another_speed_takes_other_time_and_no_model(
    fake: FakeEngine, voxtral: Callable[..., Result]
) -> None:
    """The silence at the ends and the pause that is asked for stay as long as they are."""
    Path("a.txt").write_text("It rained all day. [pause:2s] Then it stopped.\n\nSo be it.")
    lengths, ends = [], []
    for speed in ("1", "2", "1"):
        line = f"batch a.txt -o a.flac --subtitles json --speed {speed}"
        assert voxtral(*line.split()).exit_code == 0
        lengths.append(soundfile.info("a.flac").duration)
        ends.append(json.loads(Path("a.json").read_text())[-1]["end"])
    assert lengths[0] == lengths[2] > 3.5
    silence = HEAD_S + TAIL_S + 2
    assert lengths[1] - silence == pytest.approx((lengths[0] - silence) / 2, abs=0.002)
    assert ends[1] == pytest.approx(lengths[1] - TAIL_S, abs=0.1)
    assert len(fake.rendered) == 3
    assert voxtral("batch", "a.txt", "-o", "b.flac", "--speed", "2").exit_code == 0
    comment = soundfile.SoundFile("b.flac").copy_metadata()["comment"]
    assert "speed=2" in comment
