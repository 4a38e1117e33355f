"""Files of codec tokens: safetensors with int16 codes [codebooks, frames] and where they are from.

Metadata (all text): `format` = voxtral-codes, `sample_rate` (Hz), `samples` (length of the audio
at that rate), `fingerprint` and `model` (the checkpoint whose codec made them).
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError
from voxtral_cli.audio.output import refuse_special, whole_file
from voxtral_cli.console import printable
from voxtral_cli.voice_files import KIND as VOICE_KIND

if TYPE_CHECKING:
    from engine.engine import Engine

KIND = "voxtral-codes"


@dataclass(frozen=True)
class Tokens:
    """The content of a token file.

    Args:
        codes: int16 [codebooks, frames], 0-based.
        sample_rate: Of the audio, Hz.
        samples: Length of the audio at that rate; the last frame may reach beyond it.
        fingerprint: Of the checkpoint that encoded it.
        model: Its name.
    """

    codes: np.ndarray
    sample_rate: int
    samples: int
    fingerprint: str
    model: str


def write_tokens(path: Path, tokens: Tokens) -> None:
    """Writes a token file, whole or not at all."""
    from safetensors.numpy import save

    metadata = {
        "format": KIND,
        "sample_rate": str(tokens.sample_rate),
        "samples": str(tokens.samples),
        "fingerprint": tokens.fingerprint,
        "model": printable(tokens.model),
    }
    codes = np.ascontiguousarray(tokens.codes, dtype=np.int16)
    with whole_file(path) as output:
        output.write(save({"codes": codes}, metadata))


def refuse_other_kinds(path: Path) -> None:
    """Refuses to write tokens over a voice, or over weights.

    Raises:
        InputError: If the file is there, and is safetensors of another kind.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():  # a named pipe would never answer
        return
    with suppress(OSError, SafetensorError), safe_open(path, "numpy") as file:
        if (file.metadata() or {}).get("format") != KIND:
            raise InputError(f"{path} holds something else.", "Give another file with -o.")


def read_tokens(path: Path) -> Tokens:
    """Reads a token file.

    Raises:
        InputError: If it is none.
    """
    from safetensors import SafetensorError, safe_open

    hint = "Make one: voxtral encode IN.wav -o OUT.safetensors"
    try:
        if path.is_dir():
            raise InputError(f"{path} is a directory.", hint)
        refuse_special(path)
        with safe_open(path, "numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") == VOICE_KIND:
                raise InputError(
                    f"{path} is a voice, not codec tokens.",
                    f"Hear it: voxtral voices import {path}, then voxtral voices play {path.stem}",
                )
            if metadata.get("format") != KIND or "codes" not in file.keys():  # noqa: SIM118
                raise InputError(f"{path} holds no codec tokens.", hint)
            codes = file.get_tensor("codes")
        tokens = Tokens(
            codes,
            int(metadata["sample_rate"]),
            int(metadata["samples"]),
            metadata["fingerprint"],
            metadata["model"],
        )
    except FileNotFoundError:
        raise InputError(f"There is no file {path}.", hint) from None
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror or error}.", hint) from error
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is no whole token file: {error}.", hint) from error
    if codes.ndim != 2 or codes.dtype.kind != "i" or 0 in codes.shape:
        raise InputError(f"{path}: its codes are {codes.dtype} {list(codes.shape)}.", hint)
    if codes.min() < 0 or min(tokens.samples, tokens.sample_rate) < 1:
        raise InputError(f"{path}: its codes, its length or its rate are negative.", hint)
    return tokens


def check_origin(tokens: Tokens, engine: "Engine", force: bool) -> None:
    """Refuses tokens of another checkpoint, which would decode to noise.

    Raises:
        InputError: If they are another's and not `force`, or of another shape.
    """
    if len(tokens.codes) != engine.num_codebooks:
        raise InputError(
            f"The tokens have {len(tokens.codes)} codebooks, {engine.name} has "
            f"{engine.num_codebooks}.",
            f"They were made by {tokens.model}: give it as --model.",
        )
    if tokens.fingerprint != engine.fingerprint and not force:
        raise InputError(
            f"The tokens were made by {tokens.model} ({tokens.fingerprint[:12]}), this is "
            f"{engine.name} ({engine.fingerprint[:12]}).",
            "Give the checkpoint that made them as --model, or --force.",
        )
