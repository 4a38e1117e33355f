"""`--voice`: a preset, a voice of the user's, a voice file, or a recording to be cloned.

All that can fail without a model is checked before one is loaded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import VoiceError, no_such_voice
from voxtral_cli import loading
from voxtral_cli.audio.read import check_readable, read_audio
from voxtral_cli.console import Console
from voxtral_cli.voice_files import SUFFIX, VoiceStore, read_voice_file

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.reference import Reference
    from engine.speech import Voice

ALIASES = {
    "alloy": "neutral_female",
    "ash": "casual_male",
    "ballad": "neutral_male",
    "coral": "cheerful_female",
    "echo": "neutral_male",
    "fable": "casual_male",
    "nova": "casual_female",
    "onyx": "neutral_male",
    "sage": "neutral_female",
    "shimmer": "cheerful_female",
    "verse": "casual_male",
}
"""OpenAI's names of voices -> presets of about that character."""


@dataclass(frozen=True)
class ChosenVoice:
    """A voice that was found.

    Args:
        label: What to call it in messages and in a file's tags.
        make: What the engine is to be given; called once it is loaded.
        encoded: Whether that needs the codec encoder.
    """

    label: str
    make: "Callable[[Engine], str | Voice]"
    encoded: bool = False


def choose_voice(
    name: str | None,
    model: str,
    encoder: str | None,
    consent: bool,
    console: Console,
    files: bool = True,
) -> ChosenVoice:
    """Find a voice: the user's voices first, then presets, then files.

    Args:
        files: Whether it may be a file: not where a text of who knows whom asks for it.

    Raises:
        VoiceError: If there is none of that name, or the model cannot clone.
        InputError: If a file cannot be used.
    """
    store, (base, _, style) = VoiceStore(), (name or "").partition(":")
    if name and base in store.names():
        voice = read_voice_file(store.path(base)).style(style, base)
        return ChosenVoice(name, lambda engine: voice)
    presets = {preset.lower(): preset for preset in loading.read_voices(model)}
    if name is None or name.lower() in presets:
        preset = presets[name.lower()] if name else next(iter(presets.values()), "")
        if not preset:
            raise VoiceError(f"{model} has no preset voices.", "Give --voice NAME or a recording.")
        return ChosenVoice(preset, lambda engine: preset)
    voices = [*presets.values(), *store.names()]
    alias = presets.get(ALIASES.get(name.lower(), ""), "")
    path = Path(name)
    there = bool(name) and files and _exists(path) and not (path.is_dir() and alias)
    if alias and not there:
        return ChosenVoice(alias, lambda engine: alias)
    error = no_such_voice(model, voices, name)
    if not files:
        raise VoiceError(error.message, f"{error.hint} A file needs a role: --cast NAME=FILE.")
    file, _, style = (name, "", "") if there else name.rpartition(":")
    if Path(file).suffix == SUFFIX and _exists(Path(file)):
        voice = read_voice_file(Path(file)).style(style, Path(file).name)
        return ChosenVoice(f"{Path(file).stem}{name[len(file) :]}", lambda engine: voice)
    meant = get_close_matches(name.lower(), voices, cutoff=0.8)
    if not (there or "/" in name or (path.suffix and not meant)):
        raise error
    reference = reference_of([path], model, encoder, consent, console)[0]
    return ChosenVoice(path.name, lambda e: e.clone(reference.samples, reference.rate), True)


def reference_of(
    clips: Sequence[Path],
    model: str,
    encoder: str | None,
    consent: bool,
    console: Console,
    encoded: bool = True,
) -> "tuple[Reference, str]":
    """Read recordings and make them a reference, saying what may spoil it; and the consent.

    Args:
        encoded: Whether the model's encoder is to make codes of it.

    Raises:
        VoiceError: If the model has none.
        InputError: If a recording cannot be used, or there is no consent.
    """
    from engine.reference import LONGEST_FILE_S, prepare
    from voxtral_cli.consent import ensure_consent

    for clip in clips:
        check_readable(clip)
    config = loading.read_config(model)
    if encoded and not loading.can_clone(model, encoder):
        raise VoiceError(
            f"{model} has no codec encoder, so it cannot clone a voice.",
            f"Use one of its preset voices (`voxtral voices -m {model}`), make the voice by "
            f"`voxtral clone CLIP --name NAME --optimise -m {model}` (slow), give a recovered "
            "encoder with `--encoder FILE`, or clone with nano.",
        )
    sounds = [read_audio(clip, LONGEST_FILE_S) for clip in clips]
    for sound in sounds:
        if sound.note:
            console.note(f"note: {sound.note}")
    reference = prepare(
        [(sound.samples, sound.rate) for sound in sounds],
        config.codec.sampling_rate,
        config.max_voice_seconds,
    )
    record = ensure_consent(clips, consent, console)
    for note in reference.notes:
        console.note(f"note: {note}")
    if reference.speech_s < reference.given_s - 0.5:
        console.note(
            f"note: of {reference.given_s:.1f} s of speech the best {reference.speech_s:.1f} s "
            f"are used (this model takes up to {config.max_voice_seconds:g} s)"
        )
    return reference, record


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name longer than any file's
        return False
