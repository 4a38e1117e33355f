"""`voxtral voices`: the preset voices of a checkpoint, and those that were cloned."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from voxtral_cli import loading
from voxtral_cli.console import Console, print_json, print_table
from voxtral_cli.options import (
    AudioFormat,
    Device,
    Json,
    Model,
    Output,
    Quantize,
    Quiet,
    refuse_astray,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="One of your voices.")]
NameOrStyle = Annotated[str, typer.Argument(metavar="NAME", help="One of yours, or NAME:STYLE.")]
NewName = Annotated[str, typer.Argument(metavar="NEW", help="Its name from now on.")]
File = Annotated[str, typer.Argument(metavar="FILE", help="A voice file.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]

voices = typer.Typer(add_completion=False, rich_markup_mode=None)


@voices.callback(invoke_without_command=True)
def list_voices(ctx: typer.Context, model: Model = "nano", as_json: Json = False) -> None:
    """List the voices of a model, and those that you have cloned.

    \b
    voxtral voices
    voxtral say "Hello." --voice casual_male -o hello.wav
    """
    if ctx.invoked_subcommand is not None:
        refuse_astray(ctx, {"model": "--model", "as_json": "--json"})
        return
    from voxtral_cli.voice_files import VoiceStore

    names, own = loading.read_voices(model), VoiceStore().names()
    if as_json:
        presets = [
            {
                "name": name,
                "kind": "preset",
                "language": language(name),
                "default": name == names[0],
            }
            for name in names
        ]
        unknown = {"kind": "cloned", "language": None, "default": False}
        print_json([*presets, *({"name": name, **unknown} for name in own)])
        return
    rows = [[name, language(name), "default" if name == names[0] else ""] for name in names]
    print_table(["voice", "language", ""], [*rows, *([name, "", "cloned"] for name in own)])


@voices.command()
def show(name: Name, as_json: Json = False) -> None:
    """Say what a voice of yours is made of."""
    from voxtral_cli.voice_files import VoiceStore, read_voice_file

    path = VoiceStore().existing(name)
    voice = read_voice_file(path)
    first = next(iter(voice.styles.values()))
    frames = {style: part.codes.shape[1] for style, part in voice.styles.items()}
    facts = {
        "name": name,
        "file": str(path),
        "styles": frames,
        "model": first.model,
        "fingerprint": first.fingerprint,
        "origin": list(voice.origin),
        "consent": voice.consent,
        "created": voice.created,
    }
    if as_json:
        print_json(facts)
        return
    styles = ", ".join(f"{style} ({count} frames)" for style, count in frames.items())
    shown = facts | {"styles": styles, "origin": ", ".join(voice.origin)}
    print_table(["", ""], [[key, str(value)] for key, value in shown.items()])


@voices.command()
def play(
    name: NameOrStyle,
    output: Output = None,
    format_name: AudioFormat = None,
    model: Model = "nano",
    device: Device = "auto",
    quantize: Quantize = None,
    quiet: Quiet = False,
) -> None:
    """Let a voice of yours be heard as the model hears it: its recording out of its codes.

    Where the audio goes is as in `voxtral say`.

    \b
    voxtral voices play alice
    voxtral voices play alice:happy -o happy.wav
    """
    import numpy as np

    from engine.errors import VoiceError
    from voxtral_cli.destination import choose_destination
    from voxtral_cli.provenance import WATERMARK, tags
    from voxtral_cli.voice_files import VoiceStore, read_voice_file

    destination = choose_destination(output, format_name, False)
    store, (base, _, style) = VoiceStore(), name.partition(":")
    presets = [preset.lower() for preset in loading.read_voices(model)]
    if name.lower() in presets and name not in store.names():
        raise VoiceError(
            f"{name} is a preset voice: it has no recording.",
            f'Hear it speak: voxtral say "Hello." --voice {name}',
        )
    voice = read_voice_file(store.existing(base)).style(style, base)
    engine = loading.load_engine(model, device, None, quantize)
    from engine.watermark import marked  # imports torch

    samples = engine.hear(voice)
    samples = np.concatenate(list(marked([samples], engine.sample_rate)))
    codec = f"{engine.name} {engine.fingerprint[:12]}"
    facts = {"codec": codec, "voice": name, "watermark": WATERMARK}
    with destination.open(engine.sample_rate, tags(facts)) as write:
        write(samples)
    seconds = len(samples) / engine.sample_rate
    Console(quiet).note(f"{destination.name}: {seconds:.1f} s, voice {name}")


@voices.command()
def rename(name: Name, new: NewName, force: Force = False) -> None:
    """Give a voice of yours another name."""
    from engine.hub import EMBEDDED
    from voxtral_cli.voice_files import VoiceStore

    loading.check_no_preset(new, EMBEDDED)
    print(VoiceStore().rename(name, new, force))


@voices.command()
def remove(name: NameOrStyle) -> None:
    """Delete a voice of yours, or one style of it (NAME:STYLE)."""
    from voxtral_cli.voice_files import VoiceStore

    VoiceStore().remove(name)


@voices.command("export")
def export_voice(name: NameOrStyle, file: File, force: Force = False) -> None:
    """Copy a voice of yours, or one style (NAME:STYLE), to a file."""
    from engine.errors import InputError
    from voxtral_cli.audio.output import check_writable
    from voxtral_cli.voice_files import SUFFIX, VoiceStore, read_voice_file, write_voice_file

    base, _, style = name.partition(":")
    voice, target = read_voice_file(VoiceStore().existing(base)), Path(file)
    if style:
        voice = replace(voice, styles={style: voice.style(style, base)})
    check_writable(target)
    if target.suffix != SUFFIX:
        named = target.with_suffix(SUFFIX)
        raise InputError(f"{target} is no name of a voice file.", f"Give {named}")
    if target.exists() and not force:
        raise InputError(f"{target} is there already.", "Give another FILE, or --force.")
    write_voice_file(target, voice)
    print(target)


@voices.command("import")
def import_voice(
    file: File,
    name: Annotated[
        str | None, typer.Option("--name", "-n", metavar="NAME", help="[default: FILE's name]")
    ] = None,
    force: Force = False,
) -> None:
    """Take a voice file among your voices."""
    from engine.hub import EMBEDDED
    from voxtral_cli.voice_files import VoiceStore, read_voice_file

    source = Path(file)
    chosen = name or source.stem
    loading.check_no_preset(chosen, EMBEDDED)
    print(VoiceStore().save(chosen, read_voice_file(source), force))


def language(voice: str) -> str:
    """The language in which a preset was recorded: `fr_male` is French, `casual_male` English."""
    return loading.PRESET_LANGUAGES[loading.language_of(voice)]
