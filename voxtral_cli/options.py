"""Options that several commands share, each written once."""

from pathlib import Path
from typing import Annotated

import typer

from engine.errors import InputError
from voxtral_cli.console import Console

Model = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        envvar="VOXTRAL_MODEL",
        metavar="MODEL",
        help="nano (embedded), a checkpoint folder, or a hub id that was pulled.",
    ),
]
Device = Annotated[
    str,
    typer.Option(
        "--device",
        envvar="VOXTRAL_DEVICE",
        metavar="DEVICE",
        help="auto, cpu, cuda or mps.",
    ),
]
Graphs = Annotated[
    bool | None,
    typer.Option(
        "--warmup/--no-graphs",
        help="CUDA graphs of a GPU: all before the first sound, or none.  [default: as needed]",
    ),
]
Rows = Annotated[
    int,
    typer.Option(
        "--rows",
        metavar="N",
        help="Chunks spoken side by side; 0: as many as bring something and memory allows.",
    ),
]
Quantize = Annotated[
    str | None,
    typer.Option(
        "--quantize",
        envvar="VOXTRAL_QUANTIZE",
        metavar="KIND",
        help="Hold a big model's backbone in int8 or int4: less memory, a little less exact.",
    ),
]
Encoder = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        envvar="VOXTRAL_ENCODER",
        metavar="FILE",
        help="A codec encoder, for a model that comes without one.",
    ),
]
Voice = Annotated[
    str | None,
    typer.Option(
        "--voice",
        "-v",
        metavar="VOICE",
        help="One of `voxtral voices`, a voice file, or a recording to clone.  [default: first]",
    ),
]
NoWatermark = Annotated[
    bool,
    typer.Option("--no-watermark", help="Leave a cloned voice without its watermark."),
]
Lexicon = Annotated[
    list[Path] | None,
    typer.Option(
        "--lexicon",
        metavar="FILE",
        help="Lines `word = replacement`. `batch` finds those named voxtral.lexicon by itself.",
    ),
]
Language = Annotated[
    str | None,
    typer.Option(
        "--language",
        metavar="CODE",
        help="How numbers are read: en, fr, es, de, ...  [default: the preset's, or en]",
    ),
]
Context = Annotated[
    str,
    typer.Option(
        "--context",
        metavar="KIND",
        help="chunks: a chunk hears those before it in its paragraph; none: the voice alone.",
    ),
]
FirstChunk = Annotated[
    int | None,
    typer.Option(
        "--first-chunk-ms",
        metavar="N",
        help="Sound made before any is heard, a frame or two at least.  [default: 5 frames]",
    ),
]
Speed = Annotated[
    float, typer.Option("--speed", metavar="X", help="Pace, 0.5 to 2, at the same pitch.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value on stdout.")]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="wav, flac, mp3, opus, ogg, pcm, raw (with ffmpeg also m4a, m4b, aac); - is stdout.",
    ),
]
Consent = Annotated[
    bool, typer.Option("--consent", help="You have the consent of the person who is cloned.")
]
Play = Annotated[bool, typer.Option("--play", help="Play it, even when it is written to a file.")]
AudioFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="wav, pcm, flac, mp3 or opus, where no suffix tells it.",
    ),
]


def refuse_json_beside_audio(as_json: bool, audio_on_stdout: bool) -> None:
    """stdout holds one kind of data.

    Raises:
        InputError: If both would go there.
    """
    if as_json and audio_on_stdout:
        raise InputError(
            "--json and the audio would both go to stdout.", "Write the audio to a file: -o FILE."
        )


def refuse_astray(ctx: typer.Context, options: dict[str, str]) -> None:
    """Options of a list do not count for the commands under it.

    Args:
        options: Parameter -> what it is called.

    Raises:
        typer.BadParameter: If one stands before such a command.
    """
    for name, option in options.items():
        source = ctx.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(f"{option} before {ctx.invoked_subcommand} would not count.")


def note_watermark(no_watermark: bool, console: Console) -> None:
    """Says so where it was asked for."""
    if no_watermark:
        console.note("note: without a watermark, even if the voice is cloned (--no-watermark)")
