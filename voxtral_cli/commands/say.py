"""`voxtral say`: text in, speech out while it is being made."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voxtral_cli import loading
from voxtral_cli.console import Console, print_json
from voxtral_cli.options import (
    AudioFormat,
    Consent,
    Context,
    Device,
    Encoder,
    FirstChunk,
    Graphs,
    Json,
    Language,
    Lexicon,
    Model,
    NoWatermark,
    Output,
    Play,
    Quantize,
    Quiet,
    Rows,
    Speed,
    Voice,
    note_watermark,
    refuse_json_beside_audio,
)
from voxtral_cli.provenance import making, tags
from voxtral_cli.spoken import Speech

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.speech import SpeechChunk, SpeechOptions
    from voxtral_cli.destination import Destination
    from voxtral_cli.signing import Signer
    from voxtral_cli.voice_choice import ChosenVoice

Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="TEXT", help="What to say; - reads it from stdin."),
]
File = Annotated[
    list[str] | None,
    typer.Option("--file", "-f", metavar="FILE", help="Speak a text file; repeatable; - is stdin."),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="N", help="Same seed, same speech.  [default: random]"),
]
Cfg = Annotated[
    float | None,
    typer.Option("--cfg", metavar="X", help="Guidance of the flow.  [default: the checkpoint's]"),
]
Steps = Annotated[
    int | None,
    typer.Option("--steps", metavar="N", help="Euler steps a frame.  [default: the checkpoint's]"),
]
NoNormalize = Annotated[
    bool,
    typer.Option("--no-normalize", help="Leave numbers, dates, symbols and abbreviations alone."),
]
Sign = Annotated[
    Path | None,
    typer.Option(
        "--sign",
        envvar="VOXTRAL_SIGN_CERT",
        metavar="CERT",
        help="Put a C2PA manifest into the file, signed with this certificate chain (PEM).",
    ),
]
SignKey = Annotated[
    Path | None,
    typer.Option(
        "--sign-key",
        envvar="VOXTRAL_SIGN_KEY",
        metavar="KEY",
        help="The private key of that certificate (PEM).",
    ),
]
Live = Annotated[
    bool,
    typer.Option("--live", help="Speak each sentence and line of stdin as soon as it comes."),
]
ShowText = Annotated[
    bool, typer.Option("--show-text", help="Print what would be spoken, a chunk a line; no model.")
]


def say(
    words: Words = None,
    file: File = None,
    voice: Voice = None,
    consent: Consent = False,
    output: Output = None,
    format_name: AudioFormat = None,
    play: Play = False,
    speed: Speed = 1.0,
    seed: Seed = None,
    cfg: Cfg = None,
    steps: Steps = None,
    rows: Rows = 4,
    first_chunk_ms: FirstChunk = None,
    context: Context = "none",
    language: Language = None,
    lexicon: Lexicon = None,
    no_normalize: NoNormalize = False,
    no_watermark: NoWatermark = False,
    sign: Sign = None,
    sign_key: SignKey = None,
    show_text: ShowText = False,
    live: Live = False,
    model: Model = "nano",
    encoder: Encoder = None,
    device: Device = "auto",
    quantize: Quantize = None,
    graphs: Graphs = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Speak text.

    The text comes from the arguments, from files (-f), or from stdin when that is no terminal.
    [pause:1.5s] in it is a pause.
    The speech goes to a file (-o FILE), to stdout (-o -), or else: it is played when stdout is
    a terminal, and written there as WAV when it is a pipe. It is written as it is made.
    Files say in their comment how they were made (`voxtral detect` reads it). Cloned voices also
    bear a watermark in the sound. --sign adds Content Credentials (C2PA).

    \b
    voxtral say "Hello." -o hello.wav
    voxtral say "Hello." --voice me.m4a -o hello.wav
    voxtral say -f chapter.txt -o chapter.mp3 --voice neutral_female --seed 7
    echo "Hello." | voxtral say -o - --format pcm | aplay -r 24000 -f S16_LE -c 1
    llm "Tell me a story." | voxtral say --live
    tail -f log.txt | voxtral say --live
    voxtral say "Hello." -o - | ffplay -nodisp -autoexit -
    """
    from engine.speech import SpeechOptions
    from voxtral_cli.destination import choose_destination
    from voxtral_cli.forecast import warn_of_languages, warn_of_speed, warn_of_text
    from voxtral_cli.lexicons import read_lexicons
    from voxtral_cli.live import check_stdin_alone
    from voxtral_cli.signing import choose_signer
    from voxtral_cli.text_input import gather_text
    from voxtral_cli.voice_choice import choose_voice

    options = SpeechOptions(
        seed=secrets.randbelow(2**31) if seed is None else seed,
        cfg=cfg,
        steps=steps,
        rows=rows,
        first_chunk_ms=first_chunk_ms,
        speed=speed,
        context=context,
        normalize=not no_normalize,
        language=language or loading.preset_language(voice, model),
        lexicon=read_lexicons(lexicon or []).entries,
    )
    if live:
        check_stdin_alone(words, file, show_text)
    if show_text:
        show(loading.plan(gather_text(words, file), options, model), as_json)
        return
    destination = choose_destination(
        output, format_name, play, [*(file or ()), *(lexicon or ()), voice]
    )
    refuse_json_beside_audio(as_json, destination.on_stdout)
    console = Console(quiet)
    signer = choose_signer(sign, sign_key, destination, console)
    text = None if live else gather_text(words, file)
    # One that cannot be spoken fails before loading.
    chunks = [] if text is None else loading.plan(text, options, model)
    characters = sum(len(chunk) for chunk in chunks)
    warn_of_text(text or "", characters, speed, console)
    told = warn_of_languages([options.language], " ".join(chunks), model, console)
    chosen = choose_voice(voice, model, encoder, consent, console)
    note_watermark(no_watermark, console)
    own = encoder if chosen.encoded else None
    engine = loading.load_engine(model, device, own, quantize, graphs)
    if chunks:
        warn_of_speed(engine, characters, len(chunks), options, console)
    mark = not no_watermark
    speech = speak(engine, text, chosen, options, destination, console, len(chunks), mark, signer)
    speech.notes[:0] = told
    console.note(speech.summary())
    if as_json:
        print_json(speech.facts())


def speak(
    engine: "Engine",
    text: str | None,
    voice: "ChosenVoice",
    options: "SpeechOptions",
    destination: "Destination",
    console: Console,
    planned: int,
    mark: bool,
    signer: "Signer | None",
) -> Speech:
    """Sends the speech where it is to go, piece by piece; cloned voices marked, if `mark`.

    Args:
        text: None for what comes on stdin.
    """
    from engine.speech import Voice
    from voxtral_cli.live import spoken_meanwhile

    start = time.perf_counter()
    samples, chunks, first = 0, 0, 0.0
    notes: list[str] = []
    made = voice.make(engine)
    mark = mark and isinstance(made, Voice)
    facts = making(engine, voice.label, options, mark)
    sign = (lambda path: signer.sign(path, facts)) if signer else None

    def note(text: str) -> None:
        notes.append(text)
        console.note(f"note: {text}")

    pieces = (
        spoken_meanwhile(engine, made, options, note, destination.only_heard)
        if text is None
        else engine.stream(text, made, options)
    )
    if mark:
        pieces = marked_pieces(pieces, engine.sample_rate, apart=text is None)
    with (
        destination.open(engine.sample_rate, tags(facts), sign) as write,
        console.progress("speaking", planned) as advance,
    ):
        for piece in pieces:
            write(piece.samples)
            if len(piece.samples) and not first:
                first = time.perf_counter() - start
            samples += len(piece.samples)
            if piece.note:
                note(f"chunk {piece.index + 1}: {piece.note}")
            if piece.last:
                chunks += 1
                advance()
        # Without waiting for a player; of stdin, most may be waiting for it.
        took = None if text is None else time.perf_counter() - start
    return Speech(
        destination,
        engine,
        options,
        voice.label,
        chunks,
        samples / engine.sample_rate,
        took,
        first,
        notes,
        mark,
        bool(signer),
    )


def marked_pieces(
    pieces: "Iterator[SpeechChunk]", rate: int, apart: bool
) -> "Iterator[SpeechChunk]":
    """Pieces with the watermark in their sound, which it delays; a last one has the rest.

    Args:
        apart: Whether the end of a chunk does not wait for the next.
    """
    import numpy as np

    from engine.watermark import Marking

    marking = Marking(rate)
    for piece in pieces:
        sound = marking.write(piece.samples)
        if apart and piece.last:
            sound = np.concatenate([sound, marking.finish()])
            marking = Marking(rate)
        yield replace(piece, samples=sound)
    yield replace(piece, samples=marking.finish(), last=False, note="")


def show(chunks: list[str], as_json: bool) -> None:
    """Prints the chunks of `--show-text`."""
    if as_json:
        print_json({"chunks": chunks})
        return
    for chunk in chunks:
        print(chunk)
