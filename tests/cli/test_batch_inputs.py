"""`voxtral batch` with what people give it: EPUBs, lexicons, casts, clones, and bad input."""

import json
import os
import shutil
import struct
import subprocess
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import Result

from engine.hearing import asr
from tests import manuscripts_made as made
from tests.babble import babble
from tests.cli.fake_engine import FakeEngine
from voxtral_cli.manuscripts.gather import gather

Voxtral = Callable[..., Result]
ffmpeg = pytest.mark.skipif(
    not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="needs ffmpeg"
)


@pytest.fixture
def epub() -> str:
    pages = {
        "nav.xhtml": made.nav(made.line("The Pier", "a.xhtml") + made.line("Home", "b.xhtml")),
        "cover.xhtml": made.page("<p>A cover.</p>", "cover"),
        "a.xhtml": made.chapter("The Pier", "The harbour was quiet when the boats came."),
        "b.xhtml": made.chapter("Home", "An old man mended his net at home."),
    }
    picture = '<item id="c" href="c.png" media-type="image/png" properties="cover-image"/>'
    facts = "<dc:title>The Harbour</dc:title><dc:creator>A. Writer</dc:creator>"
    more = {"OEBPS/c.png": png()}
    made.write_epub(Path("book.epub"), pages, facts, more=more, items=picture)
    return "book.epub"


def png() -> bytes:
    """A picture of one white dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    dot = chunk(b"IDAT", zlib.compress(b"\0\xff"))
    return b"\x89PNG\r\n\x1a\n" + head + dot + chunk(b"IEND", b"")


def probed(path: str) -> dict:
    show = ["-show_format", "-show_chapters", "-show_streams"]
    command = ["ffprobe", "-v", "error", "-of", "json", *show, path]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


@ffmpeg
def test_an_epub_becomes_an_m4b_with_chapters_cover_and_names(
    fake: FakeEngine, voxtral: Voxtral, epub: str
) -> None:
    result = voxtral("batch", epub, "--subtitles", "json")
    assert result.exit_code == 0, result.stderr
    found = probed("book.m4b")
    tags = found["format"]["tags"]
    assert (tags["title"], tags["artist"]) == ("The Harbour", "A. Writer")
    assert tags["composer"] == "neutral_female"
    assert "AI_GENERATED=true" in tags["comment"]
    assert [chapter["tags"]["title"] for chapter in found["chapters"]] == ["The Pier", "Home"]
    assert any(stream.get("codec_name") == "png" for stream in found["streams"])
    cues = json.loads(Path("book.json").read_text())
    titles = {f"{title}.": title for title in ("The Pier", "Home")}  # written without a stop
    assert [cue["text"] for cue in cues] == [titles.get(text, text) for text in fake.rendered]
    second = float(found["chapters"][1]["start_time"])
    (home,) = [cue for cue in cues if cue["text"] == "Home"]
    assert home["chapter"] == "Home"
    assert second == pytest.approx(home["start"], abs=0.01)
    assert float(found["chapters"][0]["end_time"]) == second


@ffmpeg
def test_a_damaged_cover_does_not_stop_a_book(fake: FakeEngine, voxtral: Voxtral) -> None:
    Path("a.txt").write_text("A sentence of some length.")
    Path("c.png").write_bytes(made.PNG)
    result = voxtral("batch", "a.txt", "-o", "a.m4b", "--cover", "c.png")
    assert result.exit_code == 0, result.stderr
    assert "the cover is damaged" in result.stderr
    assert next(stream["codec_name"] for stream in probed("a.m4b")["streams"]) == "aac"


@ffmpeg
def test_twice_made_it_is_the_same_bytes(fake: FakeEngine, voxtral: Voxtral, epub: str) -> None:
    files = []
    for _ in range(2):
        assert voxtral("batch", epub, "--clean").exit_code == 0
        files.append(Path("book.m4b").read_bytes())
        Path("book.m4b").unlink()
    assert files[0] == files[1]


def test_without_ffmpeg_m4b_is_refused_and_mp3_is_the_default(
    fake: FakeEngine, voxtral: Voxtral, epub: str, programs: object
) -> None:
    refused = voxtral("batch", epub, "-o", "book.m4b")
    assert refused.exit_code == 2
    assert "ffmpeg" in refused.stderr
    result = voxtral("batch", epub)
    assert result.exit_code == 0
    assert "without" not in result.stderr
    written = Path("book.mp3").read_bytes()
    assert (written.count(b"CHAP"), written.count(b"APIC")) == (2, 1)
    assert soundfile.info("book.mp3").duration > 1


def test_a_clone_reads_it_and_is_marked(fake: FakeEngine, voxtral: Voxtral) -> None:
    soundfile.write("ref.wav", babble(5.0), 24_000)
    Path("a.txt").write_text("A sentence in a voice of somebody's own.")
    line = ["batch", "a.txt", "--voice", "ref.wav", "--consent", "-o"]
    assert "--no-watermark" not in voxtral(*line, "a.wav").stderr
    assert "without a watermark" in voxtral(*line, "b.wav", "--no-watermark").stderr
    marks = [soundfile.SoundFile(f"{n}.wav").comment.partition("watermark=")[2] for n in "ab"]
    assert marks == ["perth", "none"]
    one, other = (soundfile.read(name)[0] for name in ("a.wav", "b.wav"))
    assert len(one) == len(other)
    assert not np.array_equal(one, other)


def test_items_of_one_name_are_refused_where_they_would_be_one_file(
    fake: FakeEngine, unloadable: None, voxtral: Voxtral
) -> None:
    Path("a.jsonl").write_text('{"text": "One.", "name": "x"}\n{"text": "Two.", "name": "X"}\n')
    result = voxtral("batch", "a.jsonl", "-o", "out")
    assert result.exit_code == 2
    assert "Two outputs would be out/X." in result.stderr


def test_listening_changes_the_file_when_it_changes_a_take(
    fake: FakeEngine, voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As what is spoken changes, the file does, and to what a fresh one would be."""

    class Ears:
        unknown = frozenset[str]()

        def __init__(self, **_: object) -> None: ...

        def transcribe(self, samples: np.ndarray, rate: int, language: str) -> str:
            return "Nothing of that." if len(fake.rendered) < 3 else "A sentence of five words."

    monkeypatch.setattr(asr, "check_installed", lambda: None)
    monkeypatch.setattr(asr, "Ears", Ears)
    Path("a.txt").write_text("A sentence of five words.")
    voxtral("batch", "a.txt", "-o", "a.wav")
    plain = Path("a.wav").read_bytes()
    voxtral("batch", "a.txt", "-o", "a.wav", "--verify")
    assert len(fake.rendered) == 3
    heard = Path("a.wav").read_bytes()
    assert heard != plain
    Path("a.wav").unlink()
    voxtral("batch", "a.txt", "-o", "a.wav")
    assert Path("a.wav").read_bytes() == heard


def test_lexicons_are_found_and_named(fake: FakeEngine, voxtral: Voxtral) -> None:
    Path("deep").mkdir()
    Path("deep/a.txt").write_text("Nguyen reads SQL and Qi every day.")
    Path("voxtral.lexicon").write_text("Nguyen = win\nQi = chee\n")
    Path("own.txt").write_text("# mine\nQi = key\nSQL = sequel\n")
    assert voxtral("batch", "deep/a.txt", "-o", "a.wav", "--lexicon", "own.txt").exit_code == 0
    assert fake.rendered == ["win reads sequel and key every day."]


def test_a_cast_gets_its_voices(fake: FakeEngine, voxtral: Voxtral) -> None:
    Path("a.txt").write_text(
        "ALICE: Good morning to you, my dear.\n\nBOB: And to you, I am sure.\n\n"
        "BOB: What a day.\n\nThey sit down. [voice:casual_male] The end of this."
    )
    line = ["batch", "a.txt", "-o", "a.wav", "--cast", "ALICE=casual_male"]
    told = json.loads(voxtral(*line, "--dry-run", "--json").stdout)
    assert [passage["voice"] for passage in told] == ["casual_male", "", "casual_male"]
    assert "speakers without a voice (--cast NAME=VOICE): BOB" in voxtral(*line).stderr
    Path("b.txt").write_text("JOS\u00c9: Hello.\n\nJOS\u00c9: It is warm.\n")
    accents = voxtral("batch", "b.txt", "--cast", "Jose\u0301=casual_male", "--show-text")
    assert (accents.stdout, accents.stderr) == ("Hello. It is warm.\n", "")


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Hello there, all of you.", ("--cast", "X=nobody")),
        ("Hello. [voice:nobody] Who is it?", ()),
    ],
)
def test_an_unknown_voice_is_told_before_the_model(
    unloadable: None, voxtral: Voxtral, text: str, more: tuple[str, ...]
) -> None:
    Path("a.txt").write_text(f"{text}\n\nX: It is me, and nobody else.")
    result = voxtral("batch", "a.txt", "-o", "a.wav", *more)
    assert (result.exit_code, result.stderr.count("error:")) == (2, 1)
    assert "nobody" in result.stderr
    assert os.listdir() == ["a.txt"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.epub", b"PK\x03\x04 cut off", "a.epub"),
        ("a.docx", b"no zip at all", "a.docx"),
        ("a.txt", b"\x00\x01\x02\x03" * 100, "a.txt"),
        ("a.txt", b"", "a.txt"),
        ("a.txt", b"... --- !!!", "no text to speak"),
        ("a.md", b"[pause:99s] Hello.", "pause"),
        ("a.jsonl", b'{"text": 3}', "line 1"),
        ("a.pdf", b"%PDF", "pdftotext"),
    ],
)
def test_bad_input_is_one_error_and_writes_nothing(
    unloadable: None, voxtral: Voxtral, name: str, content: bytes, message: str
) -> None:
    Path(name).write_bytes(content)
    result = voxtral("batch", name, "-o", "a.wav")
    assert (result.exit_code, result.stderr.count("error:")) == (2, 1), result.stderr
    assert message in result.stderr
    assert os.listdir() == [name]


def test_old_encodings_are_read_and_noted(fake: FakeEngine, voxtral: Voxtral) -> None:
    Path("a.txt").write_bytes(
        "The caf\u00e9 \u2013 \u201cquite\u201d small \u2013 opened.".encode("cp1252")
    )
    result = voxtral("batch", "a.txt", "-o", "a.wav")
    assert result.exit_code == 0
    assert "cp1252" in result.stderr
    assert "caf\u00e9" in fake.rendered[0]


def test_one_sentence_of_200_kb_without_spaces(fake: FakeEngine, voxtral: Voxtral) -> None:
    Path("a.txt").write_text("a" * 200_000)
    lines = voxtral("batch", "a.txt", "--dry-run").stdout.splitlines()
    assert "".join(lines).replace(".", "").replace(" ", "").lower() == "a" * 200_000
    assert max(map(len, lines)) <= 140  # nano's max_chunk_chars


def test_the_recogniser_is_asked_for_before_the_model(
    unloadable: None, voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asr, "LIBRARIES", ("no_such_library",))
    Path("a.txt").write_text("Hello there.")
    result = voxtral("batch", "a.txt", "-o", "a.wav", "--verify")
    assert result.exit_code == 2
    assert "voxtral[verify]" in result.stderr


def test_verify_keeps_the_best_take_and_listens_to_what_was_kept_before(
    fake: FakeEngine, voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = iter(["A sentence quite so words.", "A sentence of some words.", "Another one."])

    class Ears:
        unknown = frozenset[str]()

        def __init__(self, **_: object) -> None: ...

        def transcribe(self, samples: np.ndarray, rate: int, language: str) -> str:
            return next(heard, "A sentence of five words.")

    monkeypatch.setattr(asr, "check_installed", lambda: None)
    monkeypatch.setattr(asr, "Ears", Ears)
    Path("a.txt").write_text("A sentence of five words.")
    assert voxtral("batch", "a.txt", "-o", "a.wav").exit_code == 0
    result = voxtral("batch", "a.txt", "-o", "a.wav", "--verify", "--json")
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["wer"] == 0.2
    assert len(fake.rendered) == 2
    assert json.loads(voxtral("batch", "a.txt", "-o", "a.wav", "--verify", "--json").stdout)[
        "passages"
    ] == {"spoken": 0, "reused": 1, "flawed": []}


@pytest.fixture
def folder() -> None:
    """With manuscripts, with what other programs write, and with what nobody would read."""
    names = ["01.txt", "02.odt", "03.txt", "04.rtf", "part 2/05.txt", "old/deep/06.doc", "notes"]
    beside = ["voxtral.lexicon", ".07.txt", "~$08.docx", "cover.JPG", "03.mp3", "03.srt"]
    for name in [*names, *beside, "art/a.png", "part 2/.git/a.txt"]:
        path = Path("book") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Words = words.")


@pytest.mark.parametrize(
    ("inputs", "lines", "note"),
    [
        (
            ["book"],
            2,
            "book/02.odt, book/04.rtf, book/notes, book/old/, book/part 2/"
            " ('book/**' reads such folders)",
        ),
        (["book/*t*"], 2, "book/02.odt, book/04.rtf, book/notes, book/part 2/ ('book/**' reads"),
        (["book", "book/part 2"], 2 + 1, "book/02.odt, book/04.rtf, book/notes, book/old/ ('book"),
        (["book/**"], 3, "book/02.odt, book/04.rtf, book/notes, book/old/deep/06.doc\n"),
        (["book/01.txt", "book/03.txt"], 2, ""),
        (["book/0*.txt"], 2, ""),
    ],
    ids=str,
)
def test_what_a_folder_holds_besides_is_named(
    folder: None, voxtral: Voxtral, inputs: list[str], lines: int, note: str
) -> None:
    result = voxtral("batch", *inputs, "--list")
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, lines), result.stderr
    assert result.stderr.count("not read") == bool(note)
    assert f"note: not read: {note}" in result.stderr or not note


def test_many_are_counted_and_folders_alone_are_named(folder: None, voxtral: Voxtral) -> None:
    for number in range(10, 20):
        Path(f"book/{number}.odt").write_text("Words.")
    told = voxtral("batch", "book", "--list").stderr
    assert "book/10.odt, book/11.odt, book/12.odt, 10 more ('book/**'" in told
    Path("shelf").mkdir()
    Path("book").rename("shelf/book")
    result = voxtral("batch", "shelf", "--list")
    assert result.exit_code == 2
    assert "Not read: shelf/book/ ('shelf/**' reads such folders). Kinds: " in result.stderr


def test_many_files_of_both_kinds(tmp_path: Path) -> None:
    for number in range(8000):
        (tmp_path / f"{number}.{'jpg' if number % 8 else 'txt'}").write_text("Words.")
    begun = time.monotonic()
    assert len(gather([str(tmp_path)])[0]) == 1000
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("ALICE (laughing): Hello, Bob.", False),
        ("ALICE\n[Aside.]\nHello, Bob.", False),
        ("Who is it? [voice:ALICE] Me.", False),
        ("Alice. Hello, Bob.", True),
        ("\u201cALICE: hello,\u201d it says.", True),
    ],
)
def test_a_role_without_a_line_is_named(
    fake: FakeEngine, voxtral: Voxtral, text: str, silent: bool
) -> None:
    Path("a.txt").write_text(f"{text}\n\nThe end of all this.")
    told = voxtral("batch", "a.txt", "--show-text", "--cast", "ALICE=casual_male")
    note = "note: no line begins with the name of ALICE (as in ALICE: Hello)\n"
    assert told.stderr == note * silent


def test_a_voice_lasts_over_chapters_whichever_are_chosen(
    fake: FakeEngine, voxtral: Voxtral
) -> None:
    """To the end of its file at most; not where its chapter is not read."""
    Path("a").mkdir()
    chapters = [
        ("Dedication", "[voice:nobody]To you."),
        ("One", "Ann speaks. [voice:CAROL] Now it is Carol."),
        ("Two", "Carol goes on. [pause:1s]"),
        ("Three", "Carol ends. [voice:] Ann again."),
        ("Four", "Ann ends. [voice:CAROL]"),
    ]
    text = "".join(f"# {title}\n\n{words}\n\n" for title, words in chapters)
    Path("a/1.md").write_text(text)
    Path("a/2.md").write_text("Another file.")

    def voices(*more: str) -> list[tuple[str, str]]:
        line = ("batch", "a", "--cast", "Carol=casual_male", "--dry-run", "--json", *more)
        said = json.loads(voxtral(*line).stdout)
        return [(p["chapter"], p["voice"]) for p in said]

    whole = voices()
    by_chapter = {title: [v for t, v in whole if t == title] for title, _ in chapters}
    assert set(by_chapter["Two"]) == {"casual_male"}
    assert by_chapter["Three"][0] == "casual_male"
    assert {by_chapter[title][-1] for title in ("Three", "Four")} == {""}
    assert whole[-1] == ("2", "")
    for number, title in enumerate(("One", "Two", "Three", "Four"), 1):
        assert voices("--chapters", str(number)) == [(t, v) for t, v in whole if t == title]
