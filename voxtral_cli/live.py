"""`say --live`: each sentence of stdin is spoken by itself, as soon as it is there.

So it sounds the same whatever comes after it, and however it came: in one go or in pieces.
"""

import codecs
import io
import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from engine.errors import InputError, NothingToSay
from engine.text import arriving
from engine.text.marks import parts
from engine.text.plan import AFTER_PARAGRAPH, WITHIN_PARAGRAPH
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
    engine: "Engine",
    voice: "str | Voice",
    options: "SpeechOptions",
    note: Callable[[str], None],
    played: bool,
) -> "Iterator[SpeechChunk]":
    """Pieces of speech, with the pauses of a text between sentences; chunks are counted through.

    What has nothing to speak is passed over; what cannot be spoken, too, and is noted. Ctrl-C while
    the next sentence is waited for is their end.

    Args:
        played: Whether they are only heard: then Ctrl-C is no end, but stops what is heard.

    Raises:
        InputError: If nothing was spoken, or stdin begins in another encoding.
        KeyboardInterrupt: If nothing was spoken yet, while something is, or if `played`.
    """
    sentences = arriving(_stdin(), options.language, options.normalize)
    pause, asked, chunks, line, whole = 0.0, False, 0, 1, True
    for number in itertools.count():
        try:
            sentence = next(sentences, "")
        except KeyboardInterrupt:
            if played or not chunks:
                raise
            break
        if not sentence:
            break
        data, ends = sentence.encode("utf-8", "surrogateescape"), sentence.endswith("\n")
        if not number and marked(data) not in UTF_8:
            raise InputError("--live reads UTF-8 alone.", "... | iconv -f UTF-16 -t UTF-8 | ...")
        where = f"line {line}" if whole and ends else f"a part of line {line}"
        try:
            text = decode(data, where, mark="")
            pieces = engine.stream(text, voice, options)
            passages = engine.plan(text, options)
        except NothingToSay:
            for part in parts(text):
                if part.pause is not None:
                    pause, asked = part.pause + (pause if asked else 0.0), True
        except InputError as error:
            note(f"{where} is left out: {error.message}")
        else:
            lead = 0.0 if passages[0].before else pause
            silence = np.zeros(round(lead * engine.sample_rate), np.float32)
            index = 0
            for piece in pieces:
                index = piece.index
                samples = np.concatenate([silence, piece.samples])
                yield replace(piece, samples=samples, index=chunks + index)
                silence = silence[:0]
            chunks, asked = chunks + index + 1, passages[-1].asked
            after = passages[-1].pause if ends else WITHIN_PARAGRAPH
            pause = 0.0 if asked else after / options.speed
        if ends and chunks and not asked:
            pause = max(pause, AFTER_PARAGRAPH / options.speed)
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
