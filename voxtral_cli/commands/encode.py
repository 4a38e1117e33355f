"""`voxtral encode` and `voxtral decode`: audio to codec tokens and back."""

from math import ceil
from pathlib import Path
from typing import Annotated

import typer

from voxtral_cli import loading
from voxtral_cli.console import Console, print_json
from voxtral_cli.options import (
    AudioFormat,
    Device,
    Encoder,
    Json,
    Model,
    Output,
    Play,
    Quantize,
    Quiet,
    refuse_json_beside_audio,
)

Audio = Annotated[
    str, typer.Argument(metavar="AUDIO", help="wav, flac, mp3, ogg, ...; - is stdin.")
]
TokenFile = Annotated[
    str, typer.Argument(metavar="TOKENS", help="Made by `voxtral encode`; - is stdin.")
]
TokenOutput = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="[default: AUDIO with the suffix .safetensors]"
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Decode another checkpoint's tokens, too.")]


def encode(
    audio: Audio,
    output: TokenOutput = None,
    model: Model = "nano",
    encoder: Encoder = None,
    device: Device = "auto",
    quantize: Quantize = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Turn audio into codec tokens.

    The file is safetensors: `codes` int16 [codebooks, frames], with the sample rate, the length
    of the audio and the checkpoint's fingerprint as metadata. It needs a codec encoder, which
    nano has and the public 4B checkpoint lacks.

    \b
    voxtral encode in.wav -o in.safetensors
    """
    from engine.errors import InputError, VoiceError
    from voxtral_cli.audio.output import check_writable, refuse_input
    from voxtral_cli.audio.read import check_readable, read_audio
    from voxtral_cli.destination import STDOUT
    from voxtral_cli.stdin_file import on_disk
    from voxtral_cli.text_input import STDIN
    from voxtral_cli.tokens import Tokens, refuse_other_kinds, write_tokens

    source = Path(audio)
    path = Path(output) if output is not None else source.parent / f"{source.stem}.safetensors"
    if audio == STDIN and output is None:
        raise InputError("What comes from stdin has no name for its tokens.", "Give -o FILE.")
    if output in STDOUT:
        raise InputError("Tokens go to a file, not to stdout.", "Give -o FILE.")
    check_writable(path)
    refuse_input(path, [source])
    refuse_other_kinds(path)
    with on_disk(audio) as file:
        check_readable(file)
        if not loading.can_clone(model, encoder):
            raise VoiceError(
                f"{model} has no codec encoder, so it cannot turn audio into codes.",
                "Give a recovered encoder with --encoder FILE, or use nano.",
            )
        console, sound = Console(quiet), read_audio(file)
    if sound.note:
        console.note(f"note: {sound.note}")
    engine = loading.load_engine(model, device, encoder, quantize)
    from engine.generation.waveform import HEARD  # torch is there now

    seconds = len(sound.samples) / sound.rate
    with console.progress("encoding", ceil(seconds * engine.frame_rate / HEARD)) as advance:
        codes = engine.encode(sound.samples, sound.rate, advance)
    samples = round(len(sound.samples) * engine.sample_rate / sound.rate)
    tokens = Tokens(codes, engine.sample_rate, samples, engine.fingerprint, engine.name)
    write_tokens(path, tokens)
    seconds = samples / engine.sample_rate
    console.note(f"{path}: {codes.shape[1]} frames, {seconds:.2f} s")
    if as_json:
        print_json(
            {
                "file": str(path),
                "frames": codes.shape[1],
                "codebooks": codes.shape[0],
                "seconds": round(seconds, 3),
                "sample_rate": engine.sample_rate,
                "samples": samples,
                "model": engine.name,
                "fingerprint": engine.fingerprint,
            }
        )


def decode(
    tokens: TokenFile,
    output: Output = None,
    format_name: AudioFormat = None,
    play: Play = False,
    force: Force = False,
    model: Model = "nano",
    device: Device = "auto",
    quantize: Quantize = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Turn codec tokens back into audio.

    Where the audio goes is as in `voxtral say`. The checkpoint must be the one that encoded it.

    \b
    voxtral decode in.safetensors -o out.wav
    """
    from voxtral_cli.destination import choose_destination
    from voxtral_cli.provenance import tags
    from voxtral_cli.stdin_file import on_disk
    from voxtral_cli.tokens import check_origin, read_tokens

    destination = choose_destination(output, format_name, play, [tokens])
    refuse_json_beside_audio(as_json, destination.on_stdout)
    with on_disk(tokens) as file:
        content = read_tokens(file)
    engine = loading.load_engine(model, device, None, quantize)
    check_origin(content, engine, force)
    samples = engine.decode(content.codes)[: content.samples]
    facts = {"codec": f"{engine.name} {engine.fingerprint[:12]}"}
    with destination.open(engine.sample_rate, tags(facts)) as write:
        write(samples)
    seconds = len(samples) / engine.sample_rate
    Console(quiet).note(f"{destination.name}: {seconds:.2f} s")
    if as_json:
        print_json(
            {
                "file": str(destination.path) if destination.path else None,
                "seconds": round(seconds, 3),
                "sample_rate": engine.sample_rate,
                "samples": len(samples),
                "model": engine.name,
                "fingerprint": engine.fingerprint,
            }
        )
