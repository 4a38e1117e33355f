"""A voice made of codes: what prompts begin with, and which checkpoints can speak in it."""

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.config import END_AUDIO, SPECIAL_CODES
from engine.errors import VoiceError
from engine.models.codec.quantizer import Quantizer
from engine.models.voxtral import VoxtralModel


@dataclass(frozen=True)
class Voice:
    """Somebody's voice, for one checkpoint or for all with the same codes.

    Args:
        codes: Of the reference, 0-based, int16 [codebooks, frames].
        rows: Backbone inputs, float32 [frames + 1, dim]; the last is the END row.
        fingerprint: Of the checkpoint that these rows belong to.
        quantizer: Fingerprint of the quantizer that gives the codes their meaning.
        model: Name of that checkpoint.
    """

    codes: np.ndarray
    rows: np.ndarray
    fingerprint: str
    quantizer: str
    model: str


def voice_codes(codes: np.ndarray) -> np.ndarray:
    """0-based codes [frames, codebooks] -> with specials, and the END row: int64."""
    end = np.zeros((1, codes.shape[1]), np.int64)
    end[0, 0] = END_AUDIO
    return np.concatenate([codes.astype(np.int64) + SPECIAL_CODES, end])


@torch.inference_mode()
def embed_codes(model: VoxtralModel, codes: np.ndarray) -> Tensor:
    """0-based codes [frames, codebooks] -> rows [frames + 1, dim]."""
    table = model.mm_audio_embeddings.audio_codebook_embeddings
    device = table.embeddings.weight.device
    return table(torch.from_numpy(voice_codes(codes)).to(device))


def make_voice(model: VoxtralModel, codes: np.ndarray, fingerprint: str, name: str) -> Voice:
    """The voice of a reference.

    Args:
        codes: 0-based, [codebooks, frames].
        fingerprint, name: Of the checkpoint.
    """
    rows = embed_codes(model, codes.T).float().cpu().numpy()
    quantizer = quantizer_fingerprint(model.audio_tokenizer.quantizer)
    return Voice(codes.astype(np.int16), rows, fingerprint, quantizer, name)


def quantizer_fingerprint(quantizer: Quantizer) -> str:
    """16 hex digits: codecs that share them mean the same by the same codes."""
    digest = hashlib.sha256(str(quantizer.levels).encode())
    digest.update(quantizer.semantic_codebook.embedding.cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def rows_for(voice: Voice, model: VoxtralModel, fingerprint: str, name: str) -> Tensor:
    """The rows of a voice for a checkpoint: its own, or made anew of its codes.

    Args:
        fingerprint, name: Of the checkpoint.

    Raises:
        VoiceError: If the checkpoint means something else by these codes.
    """
    weight = model.norm.weight
    if voice.fingerprint == fingerprint:
        return torch.from_numpy(voice.rows).to(weight.device, weight.dtype)
    if voice.quantizer == quantizer_fingerprint(model.audio_tokenizer.quantizer):
        return embed_codes(model, voice.codes.T)
    raise VoiceError(
        f"This voice was made for {voice.model} ({voice.fingerprint[:12]}); {name} "
        f"({fingerprint[:12]}) has other codes.",
        "Clone it again from its recording, or give the checkpoint that it was made for.",
    )
