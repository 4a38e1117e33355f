"""`voxtral batch` over a fake engine: files, resume, what is spoken again, failures."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import Result

from engine.errors import VoxtralError
from tests.cli.fake_engine import FakeEngine
from voxtral_cli.audio.book import write_book
from voxtral_cli.books import assembly
from voxtral_cli.books.ledger import open_ledger

BOOK = """# A Book

## The Harbour

The harbour was quiet. The boats came home.

An old man mended his net.

## The Market

By noon the market was full. [pause:2s] There was silver fish.
"""
TEXTS = [
    "A Book.",
    "The Harbour.",
    "The harbour was quiet. The boats came home.",
    "An old man mended his net.",
    "The Market.",
    "By noon the market was full.",
    "There was silver fish.",
]


@pytest.fixture
def book() -> Path:
    path = Path("book.md")
    path.write_text(BOOK)
    return path


def samples(path: str | Path) -> np.ndarray:
    return soundfile.read(path, dtype="float32")[0]


def keys(ledger: str) -> list[str]:
    lines = [json.loads(line) for line in Path(ledger).read_text().splitlines()]
    return [line["text"] for line in lines if "key" in line]


def test_a_book_becomes_a_file(
    fake: FakeEngine, voxtral: Callable[..., Result], book: Path
) -> None:
    result = voxtral("batch", "book.md", "-o", "book.flac", "--json")
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert fake.rendered == TEXTS == keys("book.voxtral")
    assert said["passages"] == {"spoken": 7, "reused": 0, "flawed": []}
    (file,) = said["files"]
    assert file["new"]
    sound = samples("book.flac")
    assert len(sound) / 24_000 == pytest.approx(file["seconds"], abs=1e-3)
    speech = sum(map(len, TEXTS)) * 0.08
    pauses = 1.2 + 0.9 + 0.55 + 1.6 + 0.9 + 2.0 + 0.25 + 0.5
    assert file["seconds"] == pytest.approx(speech + pauses, abs=0.7)
    assert set(os.listdir()) == {"book.md", "book.flac", "book.voxtral"}


def test_again_speaks_nothing_and_writes_nothing(
    fake: FakeEngine, voxtral: Callable[..., Result], book: Path
) -> None:
    voxtral("batch", "book.md", "-o", "book.flac")
    first, stamp = Path("book.flac").read_bytes(), os.stat("book.flac").st_mtime_ns
    fake.rendered.clear()
    result = voxtral("batch", "book.md", "-o", "book.flac")
    assert result.exit_code == 0
    assert fake.rendered == []
    assert os.stat("book.flac").st_mtime_ns == stamp
    Path("book.flac").unlink()
    assert voxtral("batch", "book.md", "-o", "book.flac").exit_code == 0
    assert fake.rendered == []
    assert Path("book.flac").read_bytes() == first


@pytest.mark.parametrize(
    "more",
    [
        ("-o", "book.wav"),
        ("-o", "book.flac", "--loudness", "acx"),
        ("-o", "book.flac", "--title", "Other"),
        ("-o", "book.flac", "--subtitles", "srt"),
        ("-o", "book.flac", "--chapters", "2"),
        ("-o", "book.flac", "--rows", "1"),
    ],
)
def test_another_way_of_writing_it_needs_no_speaking(
    fake: FakeEngine, voxtral: Callable[..., Result], book: Path, more: tuple[str, ...]
) -> None:
    voxtral("batch", "book.md", "-o", "book.flac")
    fake.rendered.clear()
    result = voxtral("batch", "book.md", *more, "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["files"][0]["new"] == ("--rows" not in more)
    assert fake.rendered == []


def test_a_changed_sentence_is_the_only_one_that_is_spoken_again(
    fake: FakeEngine, voxtral: Callable[..., Result], book: Path
) -> None:
    voxtral("batch", "book.md", "-o", "book.flac")
    fake.rendered.clear()
    book.write_text(
        "A new first line.\n\n" + BOOK.replace("an old man", "x").replace("net", "nets")
    )
    assert voxtral("batch", "book.md", "-o", "book.flac").exit_code == 0
    assert fake.rendered == ["A new first line.", "An old man mended his nets."]


@pytest.mark.parametrize(
    "more", [("--seed", "1"), ("--voice", "casual_male"), ("--force",)], ids=str
)
def test_what_changes_the_speech_is_spoken_again(
    fake: FakeEngine, voxtral: Callable[..., Result], book: Path, more: tuple[str, ...]
) -> None:
    voxtral("batch", "book.md", "-o", "book.flac")
    fake.rendered.clear()
    assert voxtral("batch", "book.md", "-o", "book.flac", *more).exit_code == 0
    assert fake.rendered == TEXTS


def test_a_sentence_that_comes_twice_is_spoken_once(
    fake: FakeEngine, voxtral: Callable[..., Result]
) -> None:
    Path("a.txt").write_text("This is said again and again.\n\nThere is another sentence.\n\n" * 3)
    assert voxtral("batch", "a.txt", "-o", "a.wav").exit_code == 0
    assert len(fake.rendered) == 2
    sound = samples("a.wav")
    assert len(sound) > 3 * 0.08 * 24_000 * sum(map(len, fake.rendered))


def test_a_file_a_chapter(fake: FakeEngine, voxtral: Callable[..., Result], book: Path) -> None:
    result = voxtral("batch", "book.md", "-o", "out.flac", "--split", "--subtitles", "vtt")
    assert result.exit_code == 0, result.stderr
    names = ["01 The Harbour", "02 The Market"]
    assert sorted(os.listdir("out")) == [f"{n}.{s}" for n in names for s in ("flac", "vtt")]
    assert "silver fish" in Path("out/02 The Market.vtt").read_text()
    assert os.path.exists("out.voxtral")


def test_subtitles_are_as_written(fake: FakeEngine, voxtral: Callable[..., Result]) -> None:
    Path("a.txt").write_text("Dr. Who paid $5 \u2014 in 1999. \u201cNo. 7 is here,\u201d said he.")
    Path("voxtral.lexicon").write_text("Who = Hoo\n")
    result = voxtral("batch", "a.txt", "-o", "a.wav", "--subtitles", "json")
    assert result.exit_code == 0, result.stderr
    said = 'Doctor Hoo paid five dollars, in nineteen ninety-nine. "Number seven is here," said he.'
    assert fake.rendered == [said]
    assert [cue["text"] for cue in json.loads(Path("a.json").read_text())] == [
        "Dr. Who paid $5 \u2014 in 1999.",
        "\u201cNo. 7 is here,\u201d said he.",
    ]
    Path("a.txt").write_text(
        'Doctor Who paid five dollars, in 1999. "Number seven is here," said he.'
    )
    assert voxtral("batch", "a.txt", "-o", "a.wav", "--subtitles", "json").exit_code == 0
    assert fake.rendered == [said]  # nothing is spoken again
    assert json.loads(Path("a.json").read_text())[0]["text"] == (
        "Doctor Who paid five dollars, in 1999."
    )


def test_items_become_files_and_one_bad_voice_stops_it_before_the_model(
    unloadable: None, voxtral: Callable[..., Result]
) -> None:
    Path("a.jsonl").write_text('{"text": "One."}\n{"text": "Two.", "voice": "nobody"}\n')
    result = voxtral("batch", "a.jsonl", "-o", "out", "--format", "wav")
    assert result.exit_code == 2
    assert "no voice 'nobody'" in result.stderr
    assert os.listdir() == ["a.jsonl"]


def test_items(fake: FakeEngine, voxtral: Callable[..., Result]) -> None:
    items = [{"text": "One.", "name": "one"}, {"text": "Two.", "voice": "casual_male"}]
    Path("a.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    result = voxtral("batch", "a.jsonl", "-o", "out", "--format", "wav")
    assert result.exit_code == 0, result.stderr
    assert sorted(os.listdir("out")) == ["batch.voxtral", "item-0002.wav", "one.wav"]
    assert result.stdout.splitlines() == ["out/one.wav", "out/item-0002.wav"]


def test_what_cannot_be_read_of_several_is_listed_and_the_rest_is_made(
    fake: FakeEngine, voxtral: Callable[..., Result], book: Path
) -> None:
    Path("bad.txt").write_bytes(b"\x00\x01\x02" * 99)
    result = voxtral("batch", "bad.txt", "book.md", "-o", "out", "--format", "wav")
    assert result.exit_code == 3
    assert "error: bad.txt is no text" in result.stderr
    assert sorted(os.listdir("out")) == ["batch.voxtral", "book.wav"]


def test_a_file_that_cannot_be_written_does_not_stop_the_others(
    fake: FakeEngine,
    voxtral: Callable[..., Result],
    book: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails_first(path: Path, *rest: object) -> str:
        if path.name.startswith("01"):
            raise VoxtralError(f"Cannot write {path}: No space left on device.")
        return write_book(path, *rest)

    monkeypatch.setattr(assembly, "write_book", fails_first)
    result = voxtral("batch", "book.md", "-o", "out", "--split", "--format", "wav", "--json")
    assert result.exit_code == 3
    assert result.stderr.count("01 The Harbour.wav: No space") == 1
    assert os.path.getsize("out/02 The Market.wav")
    said = json.loads(result.stdout)
    assert len(said["failures"]) == len(said["files"]) == 1
    assert keys("out/batch.voxtral") == TEXTS
    assert sorted(os.listdir("out")) == ["02 The Market.wav", "batch.voxtral"]


def test_takes_at_fault_are_spoken_again_and_the_best_is_kept(
    fake: FakeEngine, voxtral: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = fake.decode

    def silent_at_first(codes: np.ndarray) -> np.ndarray:
        return plain(codes) * (len(fake.rendered) in (2, 4))

    monkeypatch.setattr(fake, "decode", silent_at_first)
    Path("a.txt").write_text("A sentence of some length.\n\nAnother sentence, somewhat longer.")
    result = voxtral("batch", "a.txt", "-o", "a.wav", "--json")
    assert result.exit_code == 0, result.stderr
    assert len(fake.rendered) == 4
    assert json.loads(result.stdout)["passages"]["flawed"] == []


def test_faults_that_stay_are_reported(
    fake: FakeEngine, voxtral: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake, "decode", lambda codes: np.zeros(1920 * codes.shape[1], np.float32))
    Path("a.txt").write_text("A sentence of some length.")
    result = voxtral("batch", "a.txt", "-o", "a.wav")
    assert result.exit_code == 0
    assert len(fake.rendered) == 3
    assert "flawed: silent: A sentence of some length." in result.stderr


def test_the_list_and_the_plan_need_no_model(
    unloadable: None, voxtral: Callable[..., Result], book: Path
) -> None:
    assert voxtral("batch", "book.md", "--list").stdout.splitlines()[1].split("\t")[:3] == [
        "2",
        "A Book",
        "The Market",
    ]
    assert voxtral("batch", "book.md", "--dry-run").stdout.splitlines() == TEXTS
    told = json.loads(voxtral("batch", "book.md", "--show-text", "--json").stdout)
    assert [passage["pause"] for passage in told] == [1.2, 0.9, 0.55, 1.6, 0.9, 2.0, 1.6]
    assert os.listdir() == ["book.md"]


def test_a_cast(fake: FakeEngine, voxtral: Callable[..., Result]) -> None:
    Path("play.txt").write_text("ALICE: Hello, Bob, my friend.\n\nBob leaves the room at once.")
    result = voxtral("batch", "play.txt", "-o", "a.wav", "--cast", "ALICE=casual_male", "--json")
    assert result.exit_code == 0, result.stderr
    assert fake.rendered == ["Hello, Bob, my friend.", "Bob leaves the room at once."]


def test_clean_leaves_the_sound_alone(
    fake: FakeEngine, voxtral: Callable[..., Result], book: Path
) -> None:
    assert voxtral("batch", "book.md", "-o", "book.wav", "--clean").exit_code == 0
    assert sorted(os.listdir()) == ["book.md", "book.wav"]


def test_forced_it_keeps_what_it_does_not_speak(
    fake: FakeEngine, voxtral: Callable[..., Result], book: Path
) -> None:
    line = ("batch", "book.md", "-o", "out", "--format", "wav", "--split")
    voxtral(*line)
    fake.rendered.clear()
    voxtral(*line, "--chapters", "2", "--force")
    assert fake.rendered == TEXTS[4:]
    fake.rendered.clear()
    assert voxtral(*line).exit_code == 0
    assert fake.rendered == []


def test_passages_that_begin_alike_are_spoken_once_each_in_chains(
    fake: FakeEngine, voxtral: Callable[..., Result]
) -> None:
    verse = "The moon is up, and all is quiet now. [pause:0.5s] "
    ends = ["The first end of the song.", "The second end of it.", "The first end of the song."]
    Path("a.txt").write_text("\n\n".join(verse + end for end in ends))
    for more in ((), ("--rows", "1")):
        line = ["batch", "a.txt", "-o", "a.wav", "--context", "chunks", "--json", *more]
        said = json.loads(voxtral(*line).stdout)
    assert said["passages"]["reused"] == 4
    lines = [json.loads(line) for line in Path("a.voxtral").read_text().splitlines()]
    names = [line["key"] for line in lines if "key" in line]
    assert len(names) == len(set(names)) == 4


def test_another_process_at_work_is_a_refusal(
    fake: FakeEngine, voxtral: Callable[..., Result], book: Path
) -> None:
    with open_ledger(Path("book.voxtral")):
        result = voxtral("batch", "book.md", "-o", "book.wav")
    assert result.exit_code == 1
    assert "Another voxtral is at work" in result.stderr


def spoken() -> int:
    """Whole lines of the ledger."""
    path = Path("book.voxtral")
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_killed_and_started_again_it_ends_with_the_same_bytes(
    fake: FakeEngine,
    fake_program: Callable[..., list[str]],
    voxtral: Callable[..., Result],
    book: Path,
) -> None:
    voxtral("batch", "book.md", "-o", "book.flac")
    wanted, lines = Path("book.flac").read_bytes(), keys("book.voxtral")
    Path("book.flac").unlink()
    Path("book.voxtral").unlink()
    command = fake_program("batch", "book.md", "-o", "book.flac", delay=0.05)
    kills = 0
    while not Path("book.flac").exists():
        process, before = subprocess.Popen(command, stderr=subprocess.DEVNULL), spoken()
        while process.poll() is None:
            if kills < 3 and spoken() >= before + 2:
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.005)
        process.wait()
    assert kills >= 2
    assert Path("book.flac").read_bytes() == wanted
    assert sorted(keys("book.voxtral")) == sorted(lines)
    assert set(os.listdir()) == {"book.md", "book.flac", "book.voxtral"}
