"""A ledger's codes -> one file: decoded, joined, levelled, marked, with chapters and subtitles.

    codes -> samples -> joins, speed -> spool (a temporary file) -> mark -> levels -> container

The spool is read again once the loudness and the chapters' times are known, so that memory does not
grow with the length of a book. It takes 346 MB an hour, beside the output, while that is written.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from engine.joins import levelled_speech, pause_after
from engine.tempo import at_speed
from engine.text import Passage
from engine.watermark import marked
from voxtral_cli.audio.book import write_book
from voxtral_cli.audio.formats import OPUS
from voxtral_cli.audio.loudness import find_levels, levelled
from voxtral_cli.audio.metadata import About, ChapterMark
from voxtral_cli.audio.output import whole_file, write_error
from voxtral_cli.books.ledger import Ledger
from voxtral_cli.books.plan import Finish, subtitle_path
from voxtral_cli.subtitles import Cue, cues, write_subtitles

if TYPE_CHECKING:
    from engine.engine import Engine

BLOCK_S = 10
"""Seconds of the spool that are read at a time."""
HEAD_S, TAIL_S = 0.25, 0.5
ACX_HEAD_S, ACX_TAIL_S = 0.75, 2.0
"""Silence before and after all, in seconds; ACX asks for 0.5 to 1 and 1 to 5."""

OPUS_MARGIN_DB = 0.8
"""Opus adds so much to peaks (measured on nano's speech; the others a few tenths)."""


@dataclass(frozen=True)
class Chapter:
    """A chapter of codes: its title, its passages and their keys."""

    title: str
    passages: Sequence[tuple[str, Passage]]


def assemble(
    engine: "Engine",
    ledger: Ledger,
    chapters: Sequence[Chapter],
    path: Path,
    about: About,
    finish: Finish,
) -> tuple[float, str]:
    """Write one file, and its subtitles, from what the ledger holds.

    Returns:
        Its length in seconds, and what it could not hold; empty when it holds all.

    Raises:
        VoxtralError: If a file cannot be written.
    """
    rate = engine.sample_rate
    acx = finish.loudness == "acx"
    starts: list[float] = []
    words: list[Cue] = []
    with _spool(path, rate) as spool:
        pause = ACX_HEAD_S if acx else HEAD_S
        for chapter in chapters:
            for number, (key, passage) in enumerate(chapter.passages):
                spool.rest(pause)
                if not number:
                    starts.append(spool.seconds if starts else 0.0)
                spool.rest(passage.before)
                samples = levelled_speech(engine.decode(ledger.entry(key).codes), rate)
                samples = at_speed(samples, rate, finish.speed)
                if finish.subtitles:
                    begin, title = spool.seconds, chapter.title
                    how = (passage.language, passage.written)
                    words += cues(passage.text, samples, rate, begin, title, *how)
                spool.write(samples)
                pause = pause_after(passage, finish.speed)
        spool.rest((ACX_TAIL_S if acx else TAIL_S) + passage.pause * passage.asked)
        ends = [*starts[1:], spool.seconds]
        marks = [
            ChapterMark(chapter.title, start, end)
            for chapter, start, end in zip(chapters, starts, ends, strict=True)
        ]
        levels = find_levels(finish.loudness, rate, spool.blocks)
        if finish.format == OPUS:
            levels = replace(levels, ceiling_db=levels.ceiling_db - OPUS_MARGIN_DB)
        blocks = marked(spool.blocks(), rate) if finish.watermark else spool.blocks()
        blocks = levelled(blocks, rate, levels)
        note = write_book(path, blocks, rate, finish.format, about, marks, acx)
        for kind in finish.subtitles:
            with whole_file(subtitle_path(path, kind)) as output:
                output.write(write_subtitles(words, kind).encode())
        return spool.seconds, note


class Spool:
    """Samples of a book on their way: written once, then read in blocks as often as need be."""

    def __init__(self, file: IO[bytes], name: str, rate: int) -> None:
        self._file, self._name, self._rate = file, name, rate
        self._samples = 0

    @property
    def seconds(self) -> float:
        """Of sound so far."""
        return self._samples / self._rate

    def write(self, samples: np.ndarray) -> None:
        """float32 [n].

        Raises:
            VoxtralError: If the disk is full.
        """
        try:
            self._file.write(samples.astype(np.float32, copy=False).tobytes())
        except OSError as error:
            raise write_error(self._name, error) from error
        self._samples += len(samples)

    def rest(self, seconds: float) -> None:
        """Writes silence."""
        self.write(np.zeros(round(seconds * self._rate), np.float32))

    def blocks(self) -> Iterator[np.ndarray]:
        """All samples, BLOCK_S at a time."""
        self._file.seek(0)
        while data := self._file.read(4 * BLOCK_S * self._rate):
            yield np.frombuffer(data, np.float32)


@contextmanager
def _spool(path: Path, rate: int) -> Iterator[Spool]:
    try:
        file = tempfile.TemporaryFile(dir=path.parent, prefix=".voxtral-")  # noqa: SIM115
    except OSError as error:
        raise write_error(str(path), error) from error
    with file:
        yield Spool(file, f"the sound of {path}", rate)
