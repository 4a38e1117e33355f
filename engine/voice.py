"""Preset voices: `voice_embedding/<name>.pt`, rows of backbone inputs [rows, dim].

Each row is the summed code embeddings of one frame of reference speech; the last is the END row.
Files are pickles, so they are read with `weights_only`: a pickle that is not a tensor is refused.
"""

import io
import os
import pickle
import struct
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from engine.errors import CheckpointError, no_such_voice

FLOATS = (torch.bfloat16, torch.float16, torch.float32, torch.float64)
DAMAGED = (
    *(OSError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError),
    *(AssertionError, AttributeError, LookupError, TypeError, struct.error),
)
"""What reading a file raises that is not a torch file, or one with broken bytes in it."""


def voice_path(folder: Path, name: str) -> Path:
    return folder / "voice_embedding" / f"{name}.pt"


def find_voice(name: str | None, presets: Sequence[str], model: str) -> str:
    """The preset that is meant: in any case of letters; None for the first.

    Args:
        model: Its name, for the error.

    Raises:
        VoiceError: If there is none.
    """
    asked = next(iter(presets), "") if name is None else name
    by_lower = {preset.lower(): preset for preset in presets}
    found = asked if asked in presets else by_lower.get(asked.lower())
    if found is None:
        raise no_such_voice(model, presets, name)
    return found


def read_voice(folder: Path, name: str, dim: int) -> Tensor:
    """The rows of a preset, in the stored dtype [rows, dim].

    Raises:
        CheckpointError: If the file is missing or is not a plain tensor of this shape.
    """
    path = voice_path(folder, name)
    hint = "Fetch the checkpoint again, or choose another voice."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickles that torch did not write
            rows = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"The voice file {path} is missing.", hint) from None
    except DAMAGED:
        raise CheckpointError(f"The voice file {path} is not a plain tensor.", hint) from None
    plain = isinstance(rows, Tensor) and rows.layout == torch.strided
    if not plain or rows.is_nested or rows.is_meta:
        kind = type(rows).__name__
        raise CheckpointError(f"The voice file {path} is not a plain tensor: {kind}.", hint)
    if rows.dim() != 2 or rows.shape[1] != dim or not len(rows):
        shape = list(rows.shape)
        raise CheckpointError(f"{path} holds {shape}, not a tensor [rows, {dim}].", hint)
    if rows.untyped_storage().nbytes() < rows.numel() * rows.element_size():
        raise CheckpointError(f"{path} holds less than it claims.", hint)
    if rows.dtype not in FLOATS or not rows.isfinite().all():
        raise CheckpointError(f"{path} holds values that are no finite numbers.", hint)
    return rows.detach()


def write_voice(folder: Path, name: str, rows: Tensor) -> None:
    """Store the rows of a preset in bfloat16."""
    path = voice_path(folder, name)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    content = io.BytesIO()  # in a file of its own, the zip would hold the temporary name
    torch.save(rows.detach().to("cpu", torch.bfloat16).contiguous().clone(), content)
    temporary.write_bytes(content.getvalue())
    temporary.replace(path)
