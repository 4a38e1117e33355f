"""Cloned voices on disk: one safetensors file each, and the folder where the user's lie.

A file holds `codes.STYLE` int16 [codebooks, frames] for each style, and as metadata (all text):
`format` = voxtral-voice, `styles` and `origin` (JSON lists; names of the recordings), `consent`
(who allowed it, and when), `created`, and of the checkpoint `model`, `fingerprint` and
`quantizer` (engine.cloning). The plain style is called `default`.
"""

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError, VoiceError, VoxtralError
from voxtral_cli.audio.output import check_writable, refuse_special, whole_file
from voxtral_cli.console import printable
from voxtral_cli.file_names import VOICE_NAME, check_name
from voxtral_cli.locks import one_at_a_time

if TYPE_CHECKING:
    from engine.speech import Voice

KIND = "voxtral-voice"
SUFFIX = ".safetensors"
DEFAULT = "default"
LOCK = ".lock"
NO_FOLDER = Path(os.devnull, "voices")  # of a user without a home
_ORIGIN_KEYS = ("model", "fingerprint", "quantizer")


@dataclass(frozen=True)
class VoiceFile:
    """The content of a voice file.

    Args:
        styles: Name of the style -> voice; all of one checkpoint.
        origin: Names of the recordings.
        consent: Who allowed the voice to be used, and when.
        created: When, ISO 8601.
    """

    styles: dict[str, "Voice"]
    origin: tuple[str, ...] = ()
    consent: str = ""
    created: str = ""

    def style(self, name: str, voice: str) -> "Voice":
        """One style of the voice called `voice`.

        Raises:
            VoiceError: If it has none of this name.
        """
        if name in self.styles:
            return self.styles[name]
        if not name:
            return self.styles.get(DEFAULT) or next(iter(self.styles.values()))
        known = ", ".join(self.styles)
        raise VoiceError(f"The voice {voice} has no style {name!r}.", f"Styles: {known}.")

    def check_no_style(self, style: str) -> None:
        """Refuses a style that is there.

        Raises:
            InputError: If it is.
        """
        if style in self.styles:
            raise InputError(
                f"The voice has a style {style} already.", "Give another --style, or --force."
            )

    def added(self, other: "VoiceFile", force: bool) -> "VoiceFile":
        """With the styles of another file, which must have the same codes.

        Args:
            force: Whether they may take the place of styles of the same name.

        Raises:
            VoiceError: If it is of another checkpoint.
            InputError: If there is such a style.
        """
        mine, new = (next(iter(v.styles.values())) for v in (self, other))
        if mine.quantizer != new.quantizer:
            raise VoiceError(
                f"The voice was made for {mine.model} ({mine.fingerprint[:12]}), not for "
                f"{new.model} ({new.fingerprint[:12]}).",
                "Clone it again under another --name.",
            )
        if not force:
            for style in other.styles:
                self.check_no_style(style)
        consents = dict.fromkeys(filter(None, (self.consent, other.consent)))
        return replace(
            self,
            styles=self.styles | other.styles,
            origin=tuple(dict.fromkeys((*self.origin, *other.origin))),
            consent="; ".join(consents),
        )


def write_voice_file(path: Path, voice: VoiceFile) -> None:
    """Writes a voice file, whole or not at all."""
    from safetensors.numpy import save

    tensors = {
        f"codes.{style}": np.ascontiguousarray(part.codes, dtype=np.int16)
        for style, part in voice.styles.items()
    }
    first = next(iter(voice.styles.values()))
    metadata = {
        "format": KIND,
        "styles": json.dumps(list(voice.styles)),
        "origin": json.dumps(list(voice.origin)),
        "consent": voice.consent,
        "created": voice.created,
        **{key: getattr(first, key) for key in _ORIGIN_KEYS},
    }
    with whole_file(path) as output:
        output.write(save(tensors, {key: printable(text) for key, text in metadata.items()}))


def read_voice_file(path: Path) -> VoiceFile:
    """Reads a voice file.

    Raises:
        InputError: If it is none, or damaged.
    """
    from safetensors import SafetensorError, safe_open

    damaged = (SafetensorError, LookupError, ValueError, TypeError, AttributeError, RecursionError)
    hint = "Make one: voxtral clone CLIP --name NAME"
    try:
        refuse_special(path)
        with safe_open(path, "numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != KIND:
                raise InputError(f"{path} is no voice file.", hint)
            if not all(text == printable(text) for text in metadata.values()):
                raise ValueError("its metadata hold control characters")
            of = {key: metadata[key] for key in _ORIGIN_KEYS}
            voices = {
                check_name(style): _voice(file.get_tensor(f"codes.{style}"), of)
                for style in json.loads(metadata["styles"])
            }
            origin = tuple(printable(str(name)) for name in json.loads(metadata["origin"]))
    except FileNotFoundError:
        raise InputError(f"There is no file {path}.", hint) from None
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.", hint) from error
    except damaged as error:
        raise InputError(f"{path} is no whole voice file: {error}.", hint) from error
    if not voices:
        raise InputError(f"{path} holds no voice.", hint)
    return VoiceFile(voices, origin, metadata.get("consent", ""), metadata.get("created", ""))


def _voice(codes: np.ndarray, origin: dict[str, str]) -> "Voice":
    """Checked; ValueError says what is wrong."""
    from engine.speech import Voice

    if codes.ndim != 2 or codes.dtype != np.int16 or not codes.size or codes.min() < 0:
        raise ValueError(f"its codes are {codes.dtype} {list(codes.shape)}")
    return Voice(codes, **origin)


def default_folder() -> Path:
    """Where the user's voices lie: VOXTRAL_VOICES, or the user's data folder."""
    import platformdirs

    if given := os.environ.get("VOXTRAL_VOICES"):
        with suppress(RuntimeError):  # nobody's home
            return Path(given).expanduser()
        return Path(given)
    with suppress(RuntimeError):
        folder = Path(platformdirs.user_data_dir("voxtral"), "voices")
        return folder if folder.is_absolute() else NO_FOLDER  # older ones say ~
    return NO_FOLDER


@dataclass(frozen=True)
class VoiceStore:
    """The user's voices, a file each."""

    folder: Path = field(default_factory=default_folder)

    def names(self) -> list[str]:
        """All voices, by name."""
        if not self.folder.is_dir():
            return []
        paths = self.folder.glob(f"*{SUFFIX}")
        return sorted((p.stem for p in paths if VOICE_NAME.fullmatch(p.stem)), key=str.lower)

    def path(self, name: str) -> Path:
        return self.folder / f"{check_name(name)}{SUFFIX}"

    def existing(self, name: str) -> Path:
        """The file of a voice that is there.

        Raises:
            VoiceError: If it is not.
        """
        path = self.path(name)
        if not path.is_file():
            known = ", ".join(self.names()) or "none yet"
            raise VoiceError(f"There is no voice {name!r} of yours.", f"Yours: {known}.")
        return path

    def styles(self, name: str) -> list[str]:
        """Styles of a voice; none where it is missing or damaged."""
        with suppress(InputError):
            return list(read_voice_file(self.path(name)).styles)
        return []

    def prepare(self) -> None:
        """Makes the folder, and fails now rather than after the work is done."""
        if self.folder == NO_FOLDER:
            raise VoxtralError("This user has no folder for voices.", "Set VOXTRAL_VOICES to one.")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            check_writable(self.folder / f"new{SUFFIX}")
        except (OSError, VoxtralError) as error:
            reason = f" ({error.strerror})" if isinstance(error, OSError) else ""
            raise VoxtralError(
                f"Cannot write voices into {self.folder}{reason}.",
                "Set VOXTRAL_VOICES to a folder that can be written.",
            ) from error

    def check_free(self, name: str, style: str | None, force: bool, way: str = "--force") -> None:
        """Refuses a name, or a style of a voice that is there, that is taken.

        Args:
            way: Out of it, for the hint.

        Raises:
            InputError: If it is taken and may not be replaced.
        """
        path = self.path(name)
        if force or not path.exists():
            return
        if style is not None:
            read_voice_file(path).check_no_style(style)
            return
        raise InputError(f"There is a voice {name} already.", f"Give another --name, or {way}.")

    def save(self, name: str, voice: VoiceFile, force: bool = False, add: bool = False) -> Path:
        """Writes a voice; returns its file.

        Args:
            force: Whether it may take the place of one that is there.
            add: Whether its styles are added to one that is there.

        Raises:
            InputError: If the name, or the style, is taken.
            VoiceError: If styles would be added to a voice of another checkpoint.
        """
        self.prepare()
        path = self.path(check_name(name, new=True))
        with one_at_a_time(self.folder / LOCK):  # two processes may be making the same name
            if path.exists() and add:
                voice = read_voice_file(path).added(voice, force)
            else:
                self.check_free(name, None, force)
            write_voice_file(path, voice)
        return path

    def remove(self, name: str) -> None:
        """Deletes a voice, or one style of it: NAME:STYLE.

        Raises:
            VoiceError: If there is no such voice or style.
        """
        base, colon, style = name.partition(":")
        if colon and not style:
            raise VoiceError("No style is named.", "Give NAME:STYLE, or NAME for all of the voice.")
        with one_at_a_time(self.folder / LOCK):
            path = self.existing(base)
            voice = read_voice_file(path) if style else None
            if voice and voice.style(style, base) and len(voice.styles) > 1:
                rest = {key: part for key, part in voice.styles.items() if key != style}
                write_voice_file(path, replace(voice, styles=rest))
            else:
                path.unlink()

    def rename(self, name: str, new: str, force: bool = False) -> Path:
        """Gives a voice another name; returns its file.

        Raises:
            InputError: If the new name is taken.
            VoiceError: If there is no such voice.
        """
        target = self.path(check_name(new, new=True))
        with one_at_a_time(self.folder / LOCK):
            path = self.existing(name)
            if target.exists() and not target.samefile(path) and not force:
                raise InputError(f"There is a voice {new} already.", "Give another, or --force.")
            os.replace(path, target)
        return target
