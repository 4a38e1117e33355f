"""A checkpoint folder -> a model that is ready to speak on its device."""

import functools
import os
from dataclasses import dataclass
from pathlib import Path

import torch

from engine import checkpoint
from engine.device import enough_memory, find_device
from engine.errors import InputError
from engine.generation.graphs import CAPTURES
from engine.models.codec.blocks import fold_weight_norms
from engine.models.layers import fuse
from engine.models.packed import pack
from engine.models.quantized import check_scheme
from engine.models.voxtral import VoxtralModel
from engine.tokenizer import Tokenizer

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
PACKED_DIM = 1024
"""Widest backbone whose weights are packed for the CPU; wider ones fill several threads without."""


@dataclass(frozen=True)
class Loaded:
    """A model, its tokenizer, and whether its weights are packed for the CPU."""

    model: VoxtralModel
    tokenizer: Tokenizer
    packed: bool


def load(
    folder: Path, device: str, dtype: str | None, encoder: Path | None, quantize: str | None
) -> Loaded:
    """Arguments and errors as in `Engine.from_folder`."""
    if dtype is not None and dtype not in DTYPES:
        raise InputError(f"There is no dtype {dtype!r}.", f"Use one of {', '.join(DTYPES)}.")
    place = find_device(device)
    check_scheme(quantize, place)
    _one_thread_after_forks()
    tokenizer = Tokenizer.from_file(folder / "tekken.json")
    with enough_memory():
        model = checkpoint.load(folder, place, DTYPES.get(dtype or ""), encoder, quantize)
        tokenizer.check_size(model.model_config.vocab_size)
        return prepared(model, tokenizer, not (dtype or quantize))


def prepared(model: VoxtralModel, tokenizer: Tokenizer, packing: bool = False) -> Loaded:
    """Lay the weights out for speaking.

    Args:
        packing: Whether they may be packed, where the model is small and on the CPU.
    """
    fold_weight_norms(model.audio_tokenizer)
    model.acoustic_transformer.semantic_codebook_output.float()  # else converted for every frame
    kind = model.norm.weight.device.type
    if kind == "cuda":
        fuse(model)
        with CAPTURES:
            torch.cuda.empty_cache()  # of the matrices that were joined
    small = kind == "cpu" and model.config.dim <= PACKED_DIM
    return Loaded(model, tokenizer, packing and small and pack(model))


@functools.cache
def _one_thread_after_forks() -> None:
    """Those of OpenMP do not outlive a fork, and torch would wait for them forever."""
    if hasattr(os, "register_at_fork"):  # not on Windows
        os.register_at_fork(after_in_child=functools.partial(torch.set_num_threads, 1))
