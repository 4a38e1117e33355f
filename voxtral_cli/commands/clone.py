"""`voxtral clone`: recordings of a person -> a voice to speak in."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voxtral_cli import loading
from voxtral_cli.console import Console, print_json
from voxtral_cli.options import Consent, Device, Json, Model, Quiet

if TYPE_CHECKING:
    from engine.reference import Reference

Clips = Annotated[
    list[str],
    typer.Argument(metavar="CLIP...", help="Recordings of one person: any audio or video file."),
]
Name = Annotated[
    str | None,
    typer.Option("--name", "-n", metavar="NAME", help="[default: the first CLIP's file name]"),
]
Style = Annotated[
    str | None,
    typer.Option("--style", metavar="STYLE", help="Add it to NAME as a style, such as happy."),
]
ShowReference = Annotated[
    str | None,
    typer.Option("--show-reference", metavar="FILE", help="Write what the model will hear."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a voice of this name.")]


def clone(
    clips: Clips,
    name: Name = None,
    style: Style = None,
    consent: Consent = False,
    show_reference: ShowReference = None,
    force: Force = False,
    model: Model = "nano",
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Make a voice of recordings.

    3 to 25 seconds of clear speech of one person; silence is taken out, and of more speech the
    best part is used. The voice is kept in your data folder; `voxtral voices` lists it. The mood
    of the recording is the mood of the voice: add others with --style.

    \b
    voxtral clone alice.m4a --name alice
    voxtral clone cheerful.wav --name alice --style happy
    voxtral say "Hello." --voice alice -o hello.wav
    voxtral say "Hello." --voice alice:happy -o hello.wav
    """
    from engine.errors import InputError
    from voxtral_cli.audio.output import check_writable
    from voxtral_cli.voice_choice import reference_of
    from voxtral_cli.voice_files import DEFAULT, VoiceFile, VoiceStore, check_name

    console, store = Console(quiet), VoiceStore()
    paths = [Path(clip) for clip in clips]
    chosen = check_name(name if name is not None else paths[0].stem)
    check_name(style or DEFAULT)
    if chosen.lower() in (preset.lower() for preset in loading.read_voices(model)):
        raise InputError(f"{chosen} is a preset voice of {model}.", "Give another --name.")
    if style is None and not force and store.path(chosen).exists():
        raise InputError(
            f"There is a voice {chosen} already.",
            "Give another --name, --style NAME to add a style to it, or --force.",
        )
    if show_reference is not None:
        check_writable(Path(show_reference))
    reference, record = reference_of(paths, model, consent, console)
    if show_reference is not None:
        _write_reference(Path(show_reference), reference)
    engine = loading.load_engine(model, device)
    voice = engine.clone(reference.samples, reference.rate)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    content = VoiceFile({style or DEFAULT: voice}, tuple(path.name for path in paths), record, now)
    path = store.save(chosen, content, force, add=style is not None)
    said = f"{chosen}:{style}" if style else chosen
    console.note(
        f"voice {said}: {reference.speech_s:.1f} s of speech, {voice.codes.shape[1]} frames; "
        f'use it: voxtral say "Hello." --voice {said}'
    )
    if as_json:
        print_json(
            {
                "name": chosen,
                "style": style or DEFAULT,
                "file": str(path),
                "speech_seconds": round(reference.speech_s, 2),
                "given_seconds": round(reference.given_s, 2),
                "frames": voice.codes.shape[1],
                "model": engine.name,
                "fingerprint": engine.fingerprint,
                "notes": list(reference.notes),
            }
        )
    else:
        print(path)


def _write_reference(path: Path, reference: "Reference") -> None:
    from voxtral_cli.audio.encoders import open_encoder
    from voxtral_cli.audio.formats import choose_format
    from voxtral_cli.audio.output import whole_file

    chosen = choose_format(path, None)
    with whole_file(path) as output:
        encoder = open_encoder(output, chosen, reference.rate, {})
        encoder.write(reference.samples)
        encoder.finish()
