"""`say --live`: each sentence of stdin is spoken by itself, as soon as it is there.

So it sounds the same whatever comes after it, and however it came: in one go or in pieces.
"""

import codecs
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from engine.errors import InputError, NothingToSay
from engine.text import arriving
from engine.text.characters import printable
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
    """Pieces of speech; the pauses are a text's, but at breaks and before headings as elsewhere.

    Chunks are counted through. What has nothing to speak is passed over; so is what cannot be
    spoken, and noted. Ctrl-C while the next sentence is waited for is their end.

    Args:
        played: Whether they are only heard: then Ctrl-C is no end, but stops what is heard.

    Raises:
        InputError: If nothing was spoken, or stdin begins in another encoding.
        KeyboardInterrupt: If nothing was spoken yet, while something is, or if `played`.
    """
    kept, pause, chunks = "", 0.0, 0
    sentences = arriving(_stdin(), options.language, options.normalize)
    waited = _until_ctrl_c(sentences, lambda: chunks > 0 and not played)
    for where, sentence in _placed(waited):
        ends = sentence.endswith("\n")
        try:
            text = kept + decode(sentence.encode("utf-8", "surrogateescape"), where, mark="")
            pieces = engine.stream(text, voice, options)
        except NothingToSay:
            kept = f"{text}\n\n" if asked_for(text) else ""
            if ends and pause:
                pause = max(pause, AFTER_PARAGRAPH / options.speed)
            continue
        except InputError as error:
            note(f"{where} is left out: {error.message}")
            continue
        passages = engine.plan(text, options)
        kept, index = "", 0
        silence = silent(0.0 if passages[0].before else pause, engine.sample_rate)
        for piece in pieces:
            index = piece.index
            samples = np.concatenate([silence, piece.samples])
            yield replace(piece, samples=samples, index=chunks + index)
            silence = silence[:0]
        chunks += index + 1
        pause = (passages[-1].pause if ends else WITHIN_PARAGRAPH) / options.speed
        if passages[-1].asked:
            pause = 0.0
    if not chunks:
        raise InputError("There is nothing to speak.", "Pipe lines of text into it.")
    if kept:
        samples = silent(asked_for(kept), engine.sample_rate)
        yield replace(piece, samples=samples, index=chunks - 1, last=False, note="")


def _until_ctrl_c(sentences: Iterator[str], ends: Callable[[], bool]) -> Iterator[str]:
    """Sentences; Ctrl-C while one is waited for is their end, where it is to be."""
    try:
        yield from sentences
    except KeyboardInterrupt:
        if not ends():
            raise


def _placed(sentences: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Each with what to call it, such as "line 3".

    Raises:
        InputError: If the first begins with the mark of another encoding than UTF-8.
    """
    line, begins = 1, True
    for sentence in sentences:
        data = sentence.encode("utf-8", "surrogateescape")
        if line == 1 and begins and marked(data) not in UTF_8:
            raise InputError("--live reads UTF-8 alone.", "... | iconv -f UTF-16 -t UTF-8 | ...")
        ends = sentence.endswith("\n")
        yield f"line {line}" if begins and ends else f"a part of line {line}", sentence
        line, begins = line + ends, ends


def asked_for(text: str) -> float:
    """Seconds of the pauses that a text without words asks for."""
    return sum(part.pause or 0.0 for part in parts(printable(text)))


def silent(seconds: float, rate: int) -> np.ndarray:
    return np.zeros(round(seconds * rate), np.float32)


def _stdin() -> Iterator[str]:
    """What is there, as soon as it is; bytes that are no UTF-8 as lone surrogates."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    stdin = cast(io.BufferedReader, sys.stdin.buffer)
    while data := stdin.read1():
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)
