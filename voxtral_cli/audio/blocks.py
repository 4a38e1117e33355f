"""Any audio file, a few seconds at a time, with its tags: for what need not hold it whole."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import InputError
from voxtral_cli.audio.read import check_readable, check_whole, mixed, open_sound, unreadable

if TYPE_CHECKING:
    import soundfile

FFMPEG_RATE = 24000  # to which ffmpeg brings what it reads for us
_HEAD = 1 << 20
"""Bytes at the start of a file in which its tags are looked for."""

_FIELD = re.compile(rb"(..)\0\0(?=DESCRIPTION=)", re.DOTALL | re.IGNORECASE)
_FRAME = re.compile(rb"TXXX(....)..(?=[\0-\3])", re.DOTALL)
_CODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")


@dataclass(frozen=True)
class Stream:
    """An open audio file.

    Args:
        rate: Samples a second.
        seconds: Its length, as far as its header tells.
        tags: Name -> text.
        blocks: float32 [n] each, mono; all but the last of the length that was asked for.
    """

    rate: int
    seconds: float
    tags: dict[str, str]
    blocks: Iterator[np.ndarray]


@contextmanager
def open_audio(path: Path, block_s: float) -> Iterator[Stream]:
    """Yields a file as blocks of `block_s` seconds; several channels become one.

    Raises:
        InputError: If it is missing or no audio; while it is read: if it is damaged.
    """
    check_readable(path)
    file = open_sound(path)
    if isinstance(file, str):
        if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
            raise unreadable(path, file)
        with _by_ffmpeg(path, block_s) as stream:
            yield stream
        return
    with file:
        blocks = _blocks(path, file, round(block_s * file.samplerate))
        tags = dict(_elsewhere(path)) | file.copy_metadata()
        yield Stream(file.samplerate, file.frames / file.samplerate, tags, blocks)


def _elsewhere(path: Path) -> Iterator[tuple[str, str]]:
    """Tags where ffmpeg puts comments, and libsndfile does not look: DESCRIPTION and TXXX."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith((b"fLaC", b"OggS")):
        for field in _found(head, _FIELD, lambda size: int.from_bytes(size, "little")):
            yield "description", field.decode(errors="replace").partition("=")[2]
    if head.startswith(b"ID3"):
        bits = 7 if head[3:4] == b"\4" else 8  # of each byte of a size, from ID3v2.4 on
        for frame in _found(
            head, _FRAME, lambda size: sum(n << bits * i for i, n in enumerate(size[::-1]))
        ):
            name, _, text = frame[1:].decode(_CODINGS[frame[0]], "replace").partition("\0")
            yield name.lower(), text.strip("\0\ufeff")


def _found(
    head: bytes, begins: re.Pattern[bytes], size_of: Callable[[bytes], int]
) -> Iterator[bytes]:
    """What lies behind these beginnings, where it is whole; none lies within another.

    Args:
        begins: Its group is the size.
    """
    place = 0
    while found := begins.search(head, place):
        place = found.end()
        if 0 < (size := size_of(found[1])) <= len(head) - place:
            yield head[place : place + size]
            place += size


def _blocks(path: Path, file: "soundfile.SoundFile", size: int) -> Iterator[np.ndarray]:
    import soundfile

    done = 0
    while True:
        try:
            channels = file.read(size, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise unreadable(path, error.error_string) from None
        done += len(channels)
        if not len(channels):
            check_whole(path, done, file)
            return
        yield mixed(channels)


@contextmanager
def _by_ffmpeg(path: Path, block_s: float) -> Iterator[Stream]:
    facts = _probe(path)
    parts = [facts["format"], *facts["streams"]]
    tags = {name.lower(): text for part in parts for name, text in part.get("tags", {}).items()}
    command = ["ffmpeg", "-v", "error", "-i", f"file:{path}", "-map", "0:a:0", "-ac", "1"]
    command += ["-ar", str(FFMPEG_RATE), "-f", "f32le", "pipe:1"]
    program = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )

    def blocks() -> Iterator[np.ndarray]:
        assert program.stdout is not None
        while data := program.stdout.read(4 * round(block_s * FFMPEG_RATE)):
            yield np.frombuffer(data, "<f4")
        if program.wait():
            raise InputError(f"{path} cannot be read to its end.", "Make the file again.")

    with program:
        try:
            yield Stream(FFMPEG_RATE, float(facts["format"].get("duration", 0)), tags, blocks())
        finally:
            program.kill()  # does nothing to a program that has ended


def _probe(path: Path) -> dict[str, Any]:
    """What ffprobe says of the container and its first audio stream.

    Raises:
        InputError: If there is no audio in it.
    """
    command = ["ffprobe", "-v", "error", "-of", "json", "-select_streams", "a:0"]
    command += ["-show_format", "-show_streams", f"file:{path}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    facts: dict[str, Any] = json.loads(done.stdout or "{}")
    if done.returncode or not facts.get("streams"):
        raise InputError(f"{path} cannot be read as audio, nor by ffmpeg.", "")
    return facts
