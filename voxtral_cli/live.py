"""`say --live`: each line of stdin is spoken by itself, as soon as it is there.

So a line sounds the same whatever comes after it, and however it came: in one go or in pieces.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError
from engine.text.plan import AFTER_PARAGRAPH
from voxtral_cli.console import Console
from voxtral_cli.text_input import STDIN, decode

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.speech import SpeechChunk, SpeechOptions, Voice


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

    Raises:
        InputError: If nothing was spoken, or stdin is no text.
    """
    pause, chunks = np.zeros(0, np.float32), 0
    for number, data in enumerate(sys.stdin.buffer, 1):
        line = decode(data, "stdin")
        try:
            pieces = engine.stream(line, voice, options)
        except InputError as error:
            if any(map(str.isalnum, line)):
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
