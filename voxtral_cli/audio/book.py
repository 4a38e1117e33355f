"""An audiobook in one file: sound, chapters, cover, and who wrote and who reads it.

    require_book_format(chosen)                          before any work
    write_book(path, blocks, rate, chosen, about, chapters) -> what the file could not hold

ffmpeg writes all but wav, and the same bytes each time; without it libsndfile does, and mp3 alone
has chapters and cover then. Read back with ffprobe, chapters are where players look for them: m4b
and m4a in a text track and in `chpl`, mp3 in CHAP frames, opus and flac in CHAPTERnnn comments.
"""

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InputError
from voxtral_cli.audio.encoders import Encoder, PcmEncoder, open_encoder
from voxtral_cli.audio.formats import (
    FLAC,
    M4A,
    M4B,
    MP3,
    OPUS,
    WAV,
    Format,
    check_rate,
    ffmpeg_lacks,
    require_ffmpeg,
)
from voxtral_cli.audio.id3 import HEADER, id3, length
from voxtral_cli.audio.metadata import (
    JPEG,
    LONGEST_TITLE,
    MOST_CHAPTERS,
    PNG,
    About,
    ChapterMark,
    ffmetadata,
    one_line,
    picture,
    tags_of,
)
from voxtral_cli.audio.output import Output, whole_file
from voxtral_cli.audio.programs import fed

if TYPE_CHECKING:
    import numpy as np

_AAC = "-c:a aac -aac_coder fast -b:a 64k"
_MP3 = "-c:a libmp3lame -compression_level 7 -id3v2_version 3 -af aformat=sample_fmts=fltp,"
CODINGS = {
    M4B: _AAC,
    M4A: _AAC,
    MP3: _MP3 + "volume=1/0.95 -b:a 64k",
    OPUS: "-c:a libopus -b:a 32k -compression_level 3 -frame_duration 40",
    FLAC: "-c:a flac",
}
"""Rates of bits that are ample for one voice; of the encoders' settings, the fast ones. LAME makes
what it codes at a constant rate softer, by 0.95 at this one, which would spoil the loudness."""

ACX_MP3 = _MP3 + "volume=1/0.97 -b:a 192k -ar 44100"
"""The rates that ACX asks for."""

CONTAINERS = {M4B: "ipod", M4A: "ipod", MP3: "mp3", OPUS: "opus", FLAC: "flac"}


def require_book_format(chosen: Format) -> None:
    """Refuses what no book can be written as on this machine.

    Raises:
        InputError: If the format is none for books, or ffmpeg is needed and cannot write it.
    """
    if chosen != WAV and chosen not in CODINGS:
        names = ", ".join(known.name for known in (*CODINGS, WAV))
        raise InputError(f"A book cannot be written as {chosen.name}.", f"Formats: {names}.")
    require_ffmpeg(chosen, "write mp3; opus, flac and wav then have no chapters.")


def check_cover(cover: bytes) -> None:
    """Refuses a picture that players cannot show.

    Raises:
        InputError: If it is neither JPEG nor PNG.
    """
    if cover and not cover.startswith((JPEG, PNG)):
        raise InputError("The cover is neither a JPEG nor a PNG.", "Convert it: cover.jpg.")


def left_out(chosen: Format, chapters: int, cover: bool, acx: bool = False) -> str:
    """What a file of this format will not hold; empty when it holds all.

    Args:
        chapters: How many there are.
        cover: Whether there is one.
        acx: Whether it is for ACX.
    """
    missing = [f"{chapters} chapter marks"] * (chapters > 1) + ["the cover"] * cover
    if chosen == WAV:
        return f"wav cannot hold {' and '.join(missing)}." if missing else ""
    lacking = _lacking(chosen)
    if lacking and missing and chosen != MP3:
        return f"Without {lacking}, {chosen.name} is written without {' and '.join(missing)}."
    notes, most = [], MOST_CHAPTERS.get(chosen, chapters)
    if lacking and chosen == MP3 and acx:
        notes.append(
            f"Without {lacking}, mp3 has not the 44.1 kHz and 192 kbit/s that ACX asks for."
        )
    if chapters > most:
        notes.append(f"{chosen.name} holds {most} of the {chapters} chapter marks.")
    return " ".join(notes)


def codings_of(chosen: Format, acx: bool) -> list[str]:
    """ffmpeg's options for a format, empty where libsndfile writes it: now, and where it is better.

    Without ffmpeg, a file that ffmpeg has written is still as good as it can be.
    """
    if chosen == WAV:
        return [""]
    best = ACX_MP3 if acx and chosen == MP3 else CODINGS[chosen]
    return ["", best] if _lacking(chosen) else [best]


def write_book(
    path: Path,
    blocks: Iterable["np.ndarray"],
    rate: int,
    chosen: Format,
    about: About,
    chapters: Sequence[ChapterMark] = (),
    acx: bool = False,
) -> str:
    """Writes a file that appears when it is whole; returns what is `left_out`.

    Args:
        path: Replaced if it is there.
        blocks: float32 [n] in -1..1 each, taken as they are made and not kept.
        rate: Samples a second.
        chosen: One that `require_book_format` lets pass.
        chapters: In order.
        acx: Whether an mp3 is at the rates that ACX asks for.

    Raises:
        InputError: If the format cannot hold that rate, or the cover is no picture.
        VoxtralError: If it cannot be written.
    """
    require_book_format(chosen)
    check_rate(chosen, rate)
    check_cover(about.cover)
    coding = codings_of(chosen, acx)[0]
    damaged = bool(about.cover and coding) and not _is_readable(about.cover)
    if damaged:
        about = replace(about, cover=b"")
    with ExitStack() as stack:
        output = stack.enter_context(whole_file(path))
        if not coding:
            marks = [
                (one_line(mark.title)[:LONGEST_TITLE] or str(number), mark.start_s, mark.end_s)
                for number, mark in enumerate(chapters[: MOST_CHAPTERS[MP3]], 1)
            ]
            encoder = open_encoder(output, chosen, rate, tags_of(about), marks, about.cover)
        elif output.path is None:
            raise InputError(f"{path} cannot hold {chosen.name}.", "Write a file.")
        else:
            encoding = _ffmpeg(output.path, rate, chosen, coding, about, chapters)
            encoder = stack.enter_context(encoding)
        for block in blocks:
            encoder.write(block)
        encoder.finish()
    note = left_out(chosen, len(chapters), bool(about.cover), acx)
    return f"{note} It has no cover: the cover is damaged.".strip() if damaged else note


def _lacking(chosen: Format) -> str:
    """As `ffmpeg_lacks`, of what CODINGS has."""
    return ffmpeg_lacks(CODINGS[chosen].split()[1], CONTAINERS[chosen])


def _is_readable(cover: bytes) -> bool:
    """Whether ffmpeg can decode a picture; one that it cannot would spoil the whole file."""
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        f"{picture(cover)}_pipe",
        "-i",
        "pipe:0",
        "-f",
        "null",
        "-",
    ]
    return not subprocess.run(command, input=cover, capture_output=True).returncode


@contextmanager
def _ffmpeg(
    path: Path,
    rate: int,
    chosen: Format,
    options: str,
    about: About,
    chapters: Sequence[ChapterMark],
) -> Iterator[Encoder]:
    """Yields an encoder; `path` is a finished file once the block has ended well."""
    command = ["ffmpeg", "-y", "-loglevel", "error", "-threads", "1"]
    command += ["-thread_queue_size", "1024"]  # else ffmpeg sleeps between packets of the pipe
    command += ["-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0"]
    with tempfile.TemporaryDirectory() as folder:
        facts, cover = Path(folder) / "facts", Path(folder) / "cover"
        facts.write_text(ffmetadata(chosen, about, chapters), encoding="utf-8", newline="\n")
        command += ["-f", "ffmetadata", "-i", str(facts)]
        if about.cover and chosen != OPUS:
            cover.write_bytes(about.cover)
            command += [
                "-f",
                f"{picture(about.cover)}_pipe",
                "-i",
                str(cover),
                "-map",
                "2:v",
                "-c:v",
                "copy",
            ]
            command += ["-disposition:v", "attached_pic", "-metadata:s:v", "comment=Cover (front)"]
        command += ["-map", "0:a", "-map_metadata", "1", "-map_chapters", "1"]
        command += [*options.split(), "-fflags", "+bitexact", "-flags:a", "+bitexact"]
        comment = id3({"comment": tags_of(about).get("comment", "")})[HEADER:]
        if chosen == MP3:
            command += ["-metadata_header_padding", str(len(comment))]
        with fed([*command, "-f", CONTAINERS[chosen], f"file:{path}"]) as stdin:
            yield PcmEncoder(Output(stdin, "ffmpeg"))
        if chosen == MP3:
            _end_tag(path, comment)


def _end_tag(path: Path, frames: bytes) -> None:
    """Writes frames where the tag of an mp3 ends in as many empty bytes."""
    with path.open("r+b") as file:
        if end := length(file.read(HEADER)):
            file.seek(end - len(frames))
            file.write(frames)
