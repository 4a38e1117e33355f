"""`say --live`: each line of stdin is spoken by itself, as soon as it is there.

So a line sounds the same whatever comes after it, and however it came: in one go or in pieces.
"""

import itertools
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError
from engine.text.plan import AFTER_PARAGRAPH
from voxtral_cli.console import Console
from voxtral_cli.manuscripts.decoding import marked
from voxtral_cli.text_input import STDIN, decode

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.speech import SpeechChunk, SpeechOptions, Voice

UTF_8 = ("", "utf-8-sig")
"""What marks at the beginning may say; empty where there is none."""


def check_lines_alone(words: list[str] | None, files: list[str] | None, show_text: bool) -> None:
    """Refuses other texts beside the lines of stdin, which are for speaking.

    Raises:
        InputError: If there are.
    """
    if show_text or [*(words or ()), *(files or ())] not in ([], [STDIN]):
        raise InputError(
            "--live speaks lines of stdin, and nothing else.", "PROGRAM | voxtral say --live"
        )


def spoken_lines(
    engine: "Engine", voice: "str | Voice", options: "SpeechOptions", console: Console
) -> "Iterator[SpeechChunk]":
    """Pieces of speech, a paragraph's pause between lines; chunks are counted through.

    A line with nothing to speak is passed over, and one that cannot be spoken is noted too.
    Ctrl-C while the next line is waited for is their end.

    Raises:
        InputError: If nothing was spoken, or stdin begins in another encoding.
        KeyboardInterrupt: If nothing was spoken yet, or while something is.
    """
    pause, chunks = np.zeros(0, np.float32), 0
    for number in itertools.count(1):
        try:
            data = sys.stdin.buffer.readline()
        except KeyboardInterrupt:
            if not chunks:
                raise
            break
        if not data:
            break
        if number == 1 and marked(data) not in UTF_8:
            raise InputError("--live reads UTF-8 alone.", "... | iconv -f UTF-16 -t UTF-8 | ...")
        try:
            pieces = engine.stream(decode(data, f"line {number}"), voice, options)
        except InputError as error:
            if any(map(str.isalnum, data.decode(errors="ignore"))):
                console.note(f"note: line {number} is left out: {error.message}")
            continue
        index = 0
        for piece in pieces:
            index = piece.index
            samples = np.concatenate([pause, piece.samples])
            yield replace(piece, samples=samples, index=chunks + index)
            pause = pause[:0]
        chunks += index + 1
        seconds = AFTER_PARAGRAPH / options.speed
        pause = np.zeros(round(seconds * engine.sample_rate), np.float32)
    if not chunks:
        raise InputError("There is nothing to speak.", "Pipe lines of text into it.")
