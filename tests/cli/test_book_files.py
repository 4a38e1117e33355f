"""What a book is written as, read back by libsndfile and ffprobe."""

import json
import re
import resource
import shutil
import struct
import subprocess
import weakref
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from engine.errors import InputError, VoxtralError
from voxtral_cli.audio import book, encoders
from voxtral_cli.audio.book import require_book_format, write_book
from voxtral_cli.audio.formats import AAC, BY_NAME, FLAC, M4B, MP3, OPUS, PCM, WAV
from voxtral_cli.audio.id3 import id3
from voxtral_cli.audio.metadata import PNG, About, ChapterMark, ffmetadata

RATE = 24000
SECONDS = 12
CODED = ["m4b", "m4a", "mp3", "opus", "flac"]
TITLES = [r"One = a; #b \ c", "Zwei\nZeilen", "[CHAPTER]\nSTART=1", "", "日本 \x00\x1b[31mred"]
READ = [r"One = a; #b \ c", "Zwei Zeilen", "[CHAPTER] START=1", "4", "日本 [31mred"]
CHAPTERS = [ChapterMark(title, 2.4 * i, 2.4 * (i + 1)) for i, title in enumerate(TITLES)]

needs_ffmpeg = pytest.mark.skipif(
    not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="needs ffmpeg"
)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


PICTURE = (
    PNG
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 3, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0\x80\x80" * 3))
    + chunk(b"IEND", b"")
)
ABOUT = About(
    title="The Harbour; a =tale",
    author="Aïda #1",
    narrator="nano, neutral_male",
    track="3/12",
    comment="AI_GENERATED=true; tool=voxtral 1.0; seed=7",
    software="voxtral 1.0",
    cover=PICTURE,
)


def blocks(seconds: float = SECONDS) -> Iterator[np.ndarray]:
    """A sine, in blocks of half a second."""
    for start in range(0, round(seconds * RATE), RATE // 2):
        times = np.arange(start, start + RATE // 2) / RATE
        yield (0.5 * np.sin(2 * np.pi * 220 * times)).astype(np.float32)


def write(name: str, about: About = ABOUT, chapters: Any = CHAPTERS) -> str:
    path = Path(name)
    return write_book(path, blocks(), RATE, BY_NAME[path.suffix[1:]], about, chapters)


def probe(name: str) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams"]
    done = subprocess.run([*command, "-show_chapters", name], capture_output=True, check=True)
    assert not done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def tags_of(found: dict[str, Any]) -> dict[str, str]:
    parts = [found["format"], found["streams"][0]]
    return {name.lower(): text for part in parts for name, text in part.get("tags", {}).items()}


@needs_ffmpeg
@pytest.mark.parametrize("suffix", CODED)
def test_a_second_reader_finds_chapters_tags_and_cover(suffix: str) -> None:
    assert write(f"a.{suffix}") == ""
    found = probe(f"a.{suffix}")
    assert float(found["format"]["duration"]) == pytest.approx(SECONDS, abs=0.1)
    assert [chapter["tags"]["title"] for chapter in found["chapters"]] == READ
    starts = [float(chapter["start_time"]) for chapter in found["chapters"]]
    assert starts == pytest.approx([2.4 * i for i in range(5)], abs=0.001)
    tags = tags_of(found)
    assert tags["title"] == tags["album"] == ABOUT.title
    assert (tags["artist"], tags["composer"]) == (ABOUT.author, ABOUT.narrator)
    assert (tags["genre"], tags["track"]) == ("Audiobook", "3/12")
    assert tags["comment"] == ABOUT.comment
    assert ABOUT.software in tags.values()
    covers = [part for part in found["streams"] if part["disposition"]["attached_pic"]]
    assert [(part["codec_name"], part["width"], part["height"]) for part in covers] == [
        ("png", 2, 3)
    ]
    assert [path.name for path in Path().iterdir()] == [f"a.{suffix}"]


@needs_ffmpeg
@pytest.mark.parametrize("suffix", ["mp3", "opus", "flac"])
@pytest.mark.parametrize("voice", ["", "; voice=Zo\u00eb"])
def test_the_comment_is_where_others_look_for_one(suffix: str, voice: str) -> None:
    about = replace(ABOUT, comment=ABOUT.comment + voice)
    for cover in (PICTURE, b""):
        write(f"a.{suffix}", replace(about, cover=cover))
        with soundfile.SoundFile(f"a.{suffix}") as sound:
            assert sound.copy_metadata()["comment"] == about.comment
    assert not re.search(rb"TXXX|DESCRIPTION=", Path(f"a.{suffix}").read_bytes())


def test_what_ffmpeg_is_told_of_the_comment(programs: Callable[..., Path]) -> None:
    """It is not to name it so: of a `comment` it makes TXXX and DESCRIPTION."""
    comment = id3({"comment": ABOUT.comment})
    room = len(comment) - 10
    Path("made").write_bytes(comment[:10] + bytes(room) + b"sound")
    script = 'cat > heard; echo "$*" > told; for last; do :; done; cat made > "${last#file:}"'
    programs("ffmpeg", script)
    write("a.mp3", replace(ABOUT, cover=b""))
    assert f" -metadata_header_padding {room} " in Path("told").read_text()
    assert Path("a.mp3").read_bytes() == comment + b"sound"
    assert "AI_GENERATED" not in ffmetadata(MP3, ABOUT, ())
    for chosen in (FLAC, OPUS):
        named = "\nCOMMENT\\=AI_GENERATED=true\\; tool\\=voxtral 1.0\\; seed\\=7\n"
        assert named in ffmetadata(chosen, ABOUT, ())
        assert "\ncomment=by hand\n" in ffmetadata(chosen, About(comment="by hand"), ())
    assert "\ncomment=AI_GENERATED\\=true\\; " in ffmetadata(M4B, ABOUT, ())


@needs_ffmpeg
@pytest.mark.parametrize("suffix", CODED)
def test_the_picture_comes_back_as_it_was_and_all_bytes_the_second_time(suffix: str) -> None:
    subprocess.run(
        [
            "ffmpeg",
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=s=64x64",
            "-frames:v",
            "1",
            "c.jpg",
        ],
        check=True,
    )
    about = About(title="A", cover=Path("c.jpg").read_bytes())
    for name in ("a", "b"):
        assert write(f"{name}.{suffix}", about) == ""
    assert Path(f"a.{suffix}").read_bytes() == Path(f"b.{suffix}").read_bytes()
    extract = ["ffmpeg", "-v", "error", "-i", f"a.{suffix}", "-map", "0:v", "-c", "copy", "-f"]
    subprocess.run([*extract, "image2", "out.jpg"], check=True)
    assert Path("out.jpg").read_bytes() == about.cover


@needs_ffmpeg
@pytest.mark.parametrize("suffix", CODED)
def test_the_sound_is_whole(suffix: str) -> None:
    write(f"a.{suffix}")
    command = ["ffmpeg", "-v", "error", "-i", f"a.{suffix}", "-map", "0:a", "-f", "f32le"]
    done = subprocess.run([*command, "-ar", str(RATE), "-"], capture_output=True, check=True)
    heard, spoken = np.frombuffer(done.stdout, "<f4"), np.concatenate(list(blocks()))
    assert len(heard) == pytest.approx(len(spoken), abs=0.1 * RATE)
    assert np.sqrt(np.square(heard).mean()) == pytest.approx(0.5 / np.sqrt(2), abs=0.01)
    if suffix == "flac":
        np.testing.assert_allclose(heard, spoken, atol=1 / 32767)


@needs_ffmpeg
@pytest.mark.parametrize(("suffix", "most"), [("m4b", 1200), ("mp3", 255), ("opus", 1000)])
def test_many_short_chapters(suffix: str, most: int) -> None:
    marks = [ChapterMark(f"C{i}", i / 100, (i + 1) / 100) for i in range(1200)]
    note = write(f"a.{suffix}", chapters=marks)
    assert note == ("" if most == 1200 else f"{suffix} holds {most} of the 1200 chapter marks.")
    chapters = probe(f"a.{suffix}")["chapters"]
    assert [chapter["tags"]["title"] for chapter in chapters] == [f"C{i}" for i in range(most)]
    starts = [float(chapter["start_time"]) for chapter in chapters]
    assert starts == pytest.approx([i / 100 for i in range(most)], abs=0.001)


@needs_ffmpeg
def test_a_title_of_a_whole_page_is_cut() -> None:
    assert write("a.m4b", chapters=[ChapterMark("word " * 40_000, 0, 6), CHAPTERS[0]]) == ""
    assert len(probe("a.m4b")["chapters"][0]["tags"]["title"]) <= book.LONGEST_TITLE


def id3_frames(data: bytes) -> list[tuple[str, bytes]]:
    """Frames of an ID3v2.3 tag, or inside one of its chapters."""
    frames = []
    while data:
        size = int.from_bytes(data[4:8], "big")
        frames.append((data[:4].decode(), data[10 : 10 + size]))
        data = data[10 + size :]
    return frames


def id3_text(data: bytes) -> str:
    return data[1:].decode("utf-16" if data[0] else "latin-1")


def test_an_mp3_has_all_letters_chapters_and_cover_without_ffmpeg(
    programs: Callable[..., Path],
) -> None:
    russian = About(title="Война и мир", author="Лев Толстой", comment="by José", cover=PICTURE)
    assert write("a.mp3", russian) == ""
    with soundfile.SoundFile("a.mp3") as sound:  # mpg123's reader of tags
        tags = sound.copy_metadata()
        assert sound.frames == pytest.approx(SECONDS * RATE, abs=0.1 * RATE)
    assert (tags["title"], tags["artist"], tags["comment"]) == (
        "Война и мир",
        "Лев Толстой",
        "by José",
    )
    data = Path("a.mp3").read_bytes()
    assert data[:5] == b"ID3\x03\0"
    size = sum(byte << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    assert data[10 + size : 12 + size] == b"\xff\xf3"  # sound begins
    frames = id3_frames(data[10 : 10 + size])
    assert dict(frames)["APIC"].endswith(b"\x03\0" + PICTURE)
    marks = [content.split(b"\0", 1) for name, content in frames if name == "CHAP"]
    assert [id3_text(dict(id3_frames(rest[16:]))["TIT2"]) for _, rest in marks] == READ
    times = [struct.unpack(">II", rest[:8]) for _, rest in marks]
    assert times == [(2400 * i, 2400 * (i + 1)) for i in range(5)]
    contents = dict(frames)["CTOC"].split(b"\0", 1)[1]
    assert contents[:2] == bytes([3, 5])
    assert contents[2:].split(b"\0")[:-1] == [name for name, _ in marks]
    marks_of_many = [ChapterMark(f"C{i}", i / 100, (i + 1) / 100) for i in range(300)]
    assert write("b.mp3", About(title="A"), marks_of_many) == (
        "mp3 holds 255 of the 300 chapter marks."
    )


@needs_ffmpeg
@pytest.mark.parametrize("suffix", ["m4b", "opus"])
def test_a_title_that_ends_in_a_backslash(suffix: str) -> None:
    write(f"a.{suffix}", About(title="Up\\", author="Ann"), [ChapterMark("One\\", 0, SECONDS)])
    found = probe(f"a.{suffix}")
    assert (tags_of(found)["title"], tags_of(found)["artist"]) == ("Up", "Ann")
    assert [chapter["tags"]["title"] for chapter in found["chapters"]] == ["One"]


@needs_ffmpeg
def test_an_mp3_for_acx_has_the_rates_that_acx_asks_for() -> None:
    assert write_book(Path("a.mp3"), blocks(), RATE, MP3, ABOUT, CHAPTERS, acx=True) == ""
    sound = probe("a.mp3")["streams"][0]
    assert (sound["sample_rate"], sound["bit_rate"]) == ("44100", "192000")
    samples, _ = soundfile.read("a.mp3")
    assert np.abs(samples[4410:-4410]).max() == pytest.approx(0.5, rel=0.01)


def test_without_ffmpeg_it_is_said_that_acx_wants_more(programs: Callable[..., Path]) -> None:
    note = write_book(Path("a.mp3"), blocks(), RATE, MP3, About(), acx=True)
    assert note == "Without ffmpeg, mp3 has not the 44.1 kHz and 192 kbit/s that ACX asks for."


@pytest.mark.parametrize("suffix", ["wav", "flac", "opus"])
def test_without_ffmpeg(suffix: str, programs: Callable[..., Path]) -> None:
    note = write(f"a.{suffix}")
    assert "5 chapter marks and the cover" in note
    assert note.startswith("wav cannot" if suffix == "wav" else "Without ffmpeg, ")
    with soundfile.SoundFile(f"a.{suffix}") as sound:
        assert sound.frames == pytest.approx(SECONDS * RATE, abs=0.1 * RATE)
        tags = sound.copy_metadata()
    assert tags["title"] == ABOUT.title
    assert tags["artist"] == ABOUT.author
    assert ABOUT.comment in tags["comment"]
    assert write(f"b.{suffix}", About(title="A"), CHAPTERS[:1]) == ""


def test_wav_is_the_same_with_ffmpeg_and_without(programs: Callable[..., Path]) -> None:
    write("a.wav")
    first = Path("a.wav").read_bytes()
    programs("ffmpeg", "exit 1")
    assert "wav cannot hold 5 chapter marks" in write("a.wav")
    assert Path("a.wav").read_bytes() == first


def test_formats_are_checked_before_any_work(programs: Callable[..., Path]) -> None:
    for name in ("m4b", "m4a"):
        with pytest.raises(InputError, match="needs ffmpeg") as caught:
            require_book_format(BY_NAME[name])
        assert "mp3; opus, flac and wav then have no chapters" in caught.value.hint
    for chosen in (PCM, AAC):
        with pytest.raises(InputError, match="cannot be written as"):
            require_book_format(chosen)
    programs("ffmpeg", "exit 1")
    for name in ("m4b", "mp3", "ogg", "wav"):
        require_book_format(BY_NAME[name])


@needs_ffmpeg
@pytest.mark.parametrize("cover", [b"GIF89a", b"<svg>"])
def test_a_cover_that_is_no_picture(cover: bytes) -> None:
    with pytest.raises(InputError, match="neither a JPEG nor a PNG"):
        write("a.m4b", About(cover=cover))
    assert not list(Path().iterdir())


def test_when_ffmpeg_dies_the_old_file_stays(programs: Callable[..., Path]) -> None:
    Path("a.m4b").write_text("old")
    programs("ffmpeg", "head -c 1000 > /dev/null; echo 'No space left on device' >&2; exit 1")
    with pytest.raises(VoxtralError, match=r"^ffmpeg: No space left on device\.$"):
        write("a.m4b")
    assert {path.name: path.read_text() for path in Path().iterdir()} == {"a.m4b": "old"}


@needs_ffmpeg
@pytest.mark.parametrize("suffix", ["wav", "flac", "opus"])
def test_a_full_disk_leaves_nothing(suffix: str) -> None:
    """A limit on the size of files stands for the disk; it strikes ffmpeg and this process."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(VoxtralError):
            write(f"a.{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(Path().iterdir())


@pytest.mark.parametrize("suffix", ["wav", pytest.param("m4b", marks=needs_ffmpeg)])
def test_an_interrupted_book_leaves_nothing(suffix: str) -> None:
    def interrupted() -> Iterator[np.ndarray]:
        yield from blocks(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_book(Path(f"a.{suffix}"), interrupted(), RATE, BY_NAME[suffix], ABOUT, CHAPTERS)
    assert not list(Path().iterdir())


@pytest.mark.parametrize("suffix", ["wav", "mp3", pytest.param("m4b", marks=needs_ffmpeg)])
def test_blocks_are_not_kept(suffix: str) -> None:
    seen: list[weakref.ref] = []

    def watched() -> Iterator[np.ndarray]:
        for block in blocks(10):
            seen.append(weakref.ref(block))
            yield block

    write_book(Path(f"a.{suffix}"), counted(watched(), seen), RATE, BY_NAME[suffix], About())
    assert len(seen) == 20


def counted(made: Iterator[np.ndarray], seen: list[weakref.ref]) -> Iterator[np.ndarray]:
    for block in made:
        assert sum(reference() is not None for reference in seen) <= 3
        yield block


def test_a_wav_of_more_than_four_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "WAV_BYTES", 100_000)
    with pytest.raises(VoxtralError, match="4 GB"):
        write_book(Path("a.wav"), blocks(), RATE, WAV, About())
    assert not list(Path().iterdir())
