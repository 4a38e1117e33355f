"""`voxtral clone`: recordings of a person -> a voice to speak in."""

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxtral_cli import loading
from voxtral_cli.console import Console, print_json
from voxtral_cli.options import Consent, Device, Encoder, Json, Model, Quiet

if TYPE_CHECKING:
    from engine.cloning import Voice
    from engine.reference import Reference
    from voxtral_cli.destination import Destination

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
    encoder: Encoder = None,
    device: Device = "auto",
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Make a voice of recordings.

    It takes three seconds or more of clear speech of one person. Silence is taken out, and of
    more speech than the model takes (25 s; nano 2 s) the best part is used. The voice is kept in
    your data folder; `voxtral voices` lists it. The mood of the recording is the mood of the
    voice: add others with --style.

    \b
    voxtral clone alice.m4a --name alice
    voxtral clone cheerful.wav --name alice --style happy
    voxtral say "Hello." --voice alice -o hello.wav
    voxtral say "Hello." --voice alice:happy -o hello.wav
    """
    from engine.errors import InputError
    from voxtral_cli.voice_choice import reference_of
    from voxtral_cli.voice_files import DEFAULT, VoiceFile, VoiceStore, check_name

    console, store = Console(quiet), VoiceStore()
    paths = [Path(clip) for clip in clips]
    chosen = check_name(name if name is not None else paths[0].stem)
    kind = DEFAULT if style is None else check_name(style)
    if chosen.lower() in (preset.lower() for preset in loading.read_voices(model)):
        raise InputError(f"{chosen} is a preset voice of {model}.", "Give another --name.")
    store.check_free(chosen, None if style is None else kind, force)
    heard = None if show_reference is None else _destination(show_reference, paths)
    reference, record = reference_of(paths, model, encoder, consent, console)
    if heard is not None:
        with heard.open(reference.rate, {}) as write:
            write(reference.samples)
    engine = loading.load_engine(model, device, encoder)
    voice = engine.clone(reference.samples, reference.rate)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    content = VoiceFile({kind: voice}, tuple(path.name for path in paths), record, now)
    path = store.save(chosen, content, force, add=style is not None)
    said = f"{chosen}:{style}" if style else chosen
    console.note(
        f"voice {said}: {reference.speech_s:.1f} s of speech, {voice.codes.shape[1]} frames; "
        f'use it: voxtral say "Hello." --voice {said}'
    )
    if as_json:
        print_json({"name": chosen, "style": kind, "file": str(path), **_facts(reference, voice)})
    else:
        print(path)


def _facts(reference: "Reference", voice: "Voice") -> dict[str, Any]:
    """For `--json`."""
    return {
        "speech_seconds": round(reference.speech_s, 2),
        "given_seconds": round(reference.given_s, 2),
        "frames": voice.codes.shape[1],
        "model": voice.model,
        "fingerprint": voice.fingerprint,
        "notes": list(reference.notes),
    }


def _destination(name: str, clips: list[Path]) -> "Destination":
    """Where the reference goes: a file, and none of the clips."""
    from engine.errors import InputError
    from voxtral_cli.destination import choose_destination

    path = Path(name)
    if name == "-" or (path.exists() and any(c.exists() and path.samefile(c) for c in clips)):
        raise InputError(f"The reference cannot go to {name}.", "Give the name of a new file.")
    return choose_destination(name, None, False)
