"""`voxtral clone`: recordings of a person -> a voice to speak in."""

import datetime
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxtral_cli import loading
from voxtral_cli.console import Console, print_json
from voxtral_cli.failures import perhaps_unread
from voxtral_cli.options import Consent, Device, Encoder, Json, Model, Quantize, Quiet

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.optimise import Optimised
    from engine.reference import Reference
    from engine.speech import Voice

Clips = Annotated[
    list[str],
    typer.Argument(
        metavar="CLIP...", help="Recordings of one person: any audio or video file; - is stdin."
    ),
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
Optimise = Annotated[
    bool,
    typer.Option("--optimise", help="Find the codes step by step: slow, but needs no encoder."),
]
STEPS = 300
Steps = Annotated[
    int | None,
    typer.Option("--steps", min=1, metavar="N", help=f"Steps of --optimise.  [default: {STEPS}]"),
]
Try = Annotated[
    str | None,
    typer.Option("--try", metavar="TEXT", help="Then say TEXT in the voice, and play it."),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write what --try says, instead of playing it."
    ),
]


def clone(
    clips: Clips,
    name: Name = None,
    style: Style = None,
    consent: Consent = False,
    show_reference: ShowReference = None,
    optimise: Optimise = False,
    steps: Steps = None,
    try_text: Try = None,
    output: Output = None,
    force: Force = False,
    model: Model = "nano",
    encoder: Encoder = None,
    device: Device = "auto",
    quantize: Quantize = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Make a voice of recordings.

    It takes three seconds or more of clear speech of one person. Silence is taken out, and of
    more speech than the model takes (25 s) the best part is used. The voice is kept in
    your data folder; `voxtral voices` lists it. The mood of the recording is the mood of the
    voice: add others with --style.

    A model without a codec encoder makes one with --optimise, which takes minutes.

    \b
    voxtral clone alice.m4a --name alice --try "Hello."
    voxtral clone cheerful.wav --name alice --style happy
    voxtral say "Hello." --voice alice -o hello.wav
    voxtral say "Hello." --voice alice:happy -o hello.wav
    """
    from engine.errors import InputError
    from voxtral_cli.destination import choose_destination
    from voxtral_cli.file_names import check_name, name_of
    from voxtral_cli.stdin_file import on_disk
    from voxtral_cli.trial import choose_trial
    from voxtral_cli.voice_choice import reference_of
    from voxtral_cli.voice_files import DEFAULT, VoiceFile, VoiceStore, read_voice_file

    console, store = Console(quiet), VoiceStore()
    paths = [Path(clip) for clip in clips]
    if clips.count("-") > 1:
        raise InputError("- is stdin, which can be read once.", "Give each recording once.")
    if steps is not None and not optimise:
        raise InputError("--steps is for --optimise.", "Give both, or neither.")
    chosen = check_name(name, new=True) if name is not None else name_of(paths[0])
    kind = DEFAULT if style is None else check_name(style)
    loading.check_no_preset(chosen, model)
    store.prepare()
    way = "--force, or --style NAME to add a style to it"
    store.check_free(chosen, None if style is None else kind, force, way)
    for target in filter(None, (show_reference, output)):
        _check_new(target, paths)
    if show_reference and output and Path(show_reference).resolve() == Path(output).resolve():
        raise InputError(f"{output} would be written twice.", "Give -o another file.")
    trial = choose_trial(try_text, output, model)
    heard = None if show_reference is None else choose_destination(show_reference, None, False)
    with ExitStack() as stack:
        files = [stack.enter_context(on_disk(clip)) for clip in clips]
        reference, record = reference_of(
            files, model, encoder, consent, console, encoded=not optimise
        )
    if heard is not None:
        with heard.open(reference.rate, {}) as write:
            write(reference.samples)
    engine = loading.load_engine(model, device, None if optimise else encoder, quantize)
    score = None
    if optimise:
        if style is not None and store.path(chosen).exists():
            engine.rows(read_voice_file(store.path(chosen)).style("", chosen))  # of this model?
        score = _optimised(engine, reference, steps or STEPS, console)
    voice = score.voice if score else engine.clone(reference.samples, reference.rate)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    content = VoiceFile({kind: voice}, tuple(file.name for file in files), record, now)
    if gone := [old for old in store.styles(chosen) if old != DEFAULT and style is None]:
        console.note(f"note: styles of the voice before are gone with it: {', '.join(gone)}")
    path = store.save(chosen, content, force, add=style is not None)
    said = f"{chosen}:{style}" if style else chosen
    console.note(
        f"voice {said}: {reference.speech_s:.1f} s of speech, {voice.codes.shape[1]} frames; "
        f'use it: voxtral say "Hello." --voice {said}'
    )
    facts = {"name": chosen, "style": kind, "file": str(path), **_facts(reference, voice, score)}
    try:
        if trial:
            facts |= trial.run(engine, voice, said, reference, console)
    finally:  # the voice is there, even if it could not be heard
        with perhaps_unread():
            if as_json:
                print_json(facts)
            else:
                print(path)


def _optimised(
    engine: "Engine", reference: "Reference", steps: int, console: Console
) -> "Optimised":
    """Shows how far it is, and how near it came."""
    with console.progress("optimising", steps) as advance:
        score = engine.optimise(reference.samples, reference.rate, steps, advance=advance)
    console.note(
        f"{score.verdict}: {score.distance_db:.1f} dB from the recording on average "
        f"(silence: {score.silence_db:.1f} dB)"
    )
    return score


def _facts(reference: "Reference", voice: "Voice", score: "Optimised | None") -> dict[str, Any]:
    """For `--json`."""
    facts: dict[str, Any] = {
        "speech_seconds": round(reference.speech_s, 2),
        "given_seconds": round(reference.given_s, 2),
        "frames": voice.codes.shape[1],
        "model": voice.model,
        "fingerprint": voice.fingerprint,
        "notes": list(reference.notes),
    }
    if score:
        facts["score"] = {
            "verdict": score.verdict,
            "distance_db": round(score.distance_db, 2),
            "silence_db": round(score.silence_db, 2),
        }
    return facts


def _check_new(name: str, clips: list[Path]) -> None:
    """What is written goes to a file, and none of the clips."""
    from engine.errors import InputError
    from voxtral_cli.destination import STDOUT

    path = Path(name)
    if name in STDOUT or (path.exists() and any(c.exists() and path.samefile(c) for c in clips)):
        raise InputError(f"Audio cannot go to {name}.", "Give the name of a new file.")
