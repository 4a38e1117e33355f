"""`say --live`: each sentence of stdin is spoken by itself, as soon as it is there.

So it sounds the same whatever comes after it, and however it came: in one go or in pieces.
"""

import codecs
import io
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from engine.errors import InputError
from engine.text import arriving
from engine.text.plan import AFTER_PARAGRAPH, WITHIN_PARAGRAPH
from voxtral_cli.console import Console
from voxtral_cli.manuscripts.decoding import marked
from voxtral_cli.text_input import STDIN, decode

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.speech import SpeechChunk, SpeechOptions, Voice

UTF_8 = ("", "utf-8-sig")
"""What marks at the beginning may say; empty where there is none."""


def check_stdin_alone(words: list[str] | None, files: list[str] | None, show_text: bool) -> None:
    """Refuses other texts beside stdin, which is for speaking.

    Raises:
        InputError: If there are.
    """
    if show_text or [*(words or ()), *(files or ())] not in ([], [STDIN]):
        raise InputError(
            "--live speaks lines of stdin, and nothing else.", "PROGRAM | voxtral say --live"
        )


def spoken_meanwhile(
    engine: "Engine", voice: "str | Voice", options: "SpeechOptions", console: Console
) -> "Iterator[SpeechChunk]":
    """Pieces of speech, with the pauses of a text between sentences; chunks are counted through.

    What has nothing to speak is passed over, and what cannot be spoken is noted too.
    Ctrl-C while the next sentence is waited for is their end.

    Raises:
        InputError: If nothing was spoken, or stdin begins in another encoding.
        KeyboardInterrupt: If nothing was spoken yet, or while something is.
    """
    pause, chunks, line, whole, begun = 0.0, 0, 1, True, False
    sentences = arriving(_stdin(), options.language, options.normalize)
    while True:
        try:
            sentence = next(sentences, "")
        except KeyboardInterrupt:
            if not chunks:
                raise
            break
        if not sentence:
            break
        data = sentence.encode("utf-8", "surrogateescape")
        if not begun and marked(data) not in UTF_8:
            raise InputError("--live reads UTF-8 alone.", "... | iconv -f UTF-16 -t UTF-8 | ...")
        begun, ends = True, sentence.endswith("\n")
        try:
            where = f"line {line}" if whole and ends else f"a part of line {line}"
            pieces = engine.stream(decode(data, where), voice, options)
        except InputError as error:
            if any(map(str.isalnum, data.decode(errors="ignore"))):
                console.note(f"note: {where} is left out: {error.message}")
        else:
            silence = np.zeros(round(pause / options.speed * engine.sample_rate), np.float32)
            index = 0
            for piece in pieces:
                index = piece.index
                samples = np.concatenate([silence, piece.samples])
                yield replace(piece, samples=samples, index=chunks + index)
                silence = silence[:0]
            chunks += index + 1
            pause = WITHIN_PARAGRAPH
        if ends and chunks:
            pause = AFTER_PARAGRAPH
        line, whole = line + ends, ends
    if not chunks:
        raise InputError("There is nothing to speak.", "Pipe lines of text into it.")


def _stdin() -> Iterator[str]:
    """What is there, as soon as it is; bytes that are no UTF-8 as lone surrogates."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    stdin = cast(io.BufferedReader, sys.stdin.buffer)
    while data := stdin.read1():
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)
