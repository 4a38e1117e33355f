"""Errors a user can cause, each with a hint that says what to do next.

    VoxtralError
    ├── InputError         text, audio or options that cannot be used
    │   └── NothingToSay   a text without a word
    ├── VoiceError         a voice that does not exist, or cloning without an encoder
    ├── CheckpointError    a checkpoint folder that is missing, incomplete or contradictory
    ├── DeviceError        a device that is not here or has too little memory
    └── DownloadError      a checkpoint that could not be fetched

Programming mistakes (wrong shapes inside the engine) are assertions, not these.
"""

import difflib
from collections.abc import Sequence
from pathlib import Path


class VoxtralError(Exception):
    """Something the caller can put right: `message` says what happened, `hint` what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(VoxtralError):
    """Text, audio or options that cannot be used."""


class NothingToSay(InputError):
    """A text without a letter or a digit that is spoken."""


class VoiceError(VoxtralError):
    """A voice that does not exist, or that a checkpoint can neither make nor use."""


class CheckpointError(VoxtralError):
    """A checkpoint folder that is missing, incomplete or contradictory."""


class DeviceError(VoxtralError):
    """A device that is not here, or too small."""


class DownloadError(VoxtralError):
    """A checkpoint that could not be fetched."""


def no_such_file(path: Path) -> CheckpointError:
    """The error for a file that a checkpoint folder lacks, or for a folder that is not there."""
    if not path.parent.is_dir():
        return CheckpointError(
            f"There is no folder {path.parent}.", "engine.hub.resolve finds a model by its name."
        )
    return CheckpointError(
        f"{path.parent} has no {path.name}.",
        "A checkpoint folder holds params.json, consolidated.safetensors and tekken.json.",
    )


def no_such_voice(model: str, voices: Sequence[str], name: str | None) -> VoiceError:
    """The error for a voice that a model lacks, with names like it."""
    if not voices:
        return VoiceError(f"{model} has no preset voices.", "Use another checkpoint.")
    near = difflib.get_close_matches((name or "").lower(), voices, n=3, cutoff=0.5)
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    return VoiceError(f"{model} has no voice {name!r}.", f"{meant}Voices: {', '.join(voices)}.")
