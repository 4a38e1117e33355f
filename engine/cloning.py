"""A voice made of codes: what prompts begin with, and which checkpoints can speak in it.

Rows of backbone inputs follow from the codes and the checkpoint's own table, so a voice outlives a
newly trained speech model as long as its codec means the same.
"""

import hashlib

import numpy as np
import torch
from torch import Tensor

from engine.config import END_AUDIO, SPECIAL_CODES, CodecConfig
from engine.errors import InputError, VoiceError
from engine.models.codec.quantizer import Quantizer
from engine.models.voxtral import VoxtralModel
from engine.speech import Voice


def check_quantizer(voice: Voice, fingerprint: str, quantizer: str, model: str) -> None:
    """Refuse a voice whose codes mean something else to a checkpoint.

    Args:
        fingerprint, quantizer, model: Of that checkpoint, as in `Voice`.

    Raises:
        VoiceError: If they do.
    """
    if voice.quantizer != quantizer:
        raise VoiceError(
            f"This voice was made for {voice.model} ({voice.fingerprint[:12]}); {model} "
            f"({fingerprint[:12]}) has other codes.",
            "Clone it again from its recording, or give the checkpoint that it was made for.",
        )


def voice_codes(codes: np.ndarray) -> np.ndarray:
    """0-based codes [frames, codebooks] -> with specials, and the END row: int64."""
    end = np.zeros((1, codes.shape[1]), np.int64)
    end[0, 0] = END_AUDIO
    return np.concatenate([codes.astype(np.int64) + SPECIAL_CODES, end])


def checked_codes(codes: np.ndarray, config: CodecConfig) -> np.ndarray:
    """Codes [codebooks, frames], 0-based, as int64.

    Raises:
        InputError: If they are not of this codec's shape and range.
    """
    array, codebooks = np.asarray(codes), 1 + config.acoustic_dim
    hint = "Use codes that `encode` made with this checkpoint."
    if array.ndim != 2 or array.shape[0] != codebooks or not array.shape[1]:
        raise InputError(
            f"The codes have shape {list(array.shape)}, not [{codebooks}, frames].", hint
        )
    if array.dtype.kind not in "iu":
        raise InputError(f"The codes are {array.dtype}, not integers.", hint)
    sizes = np.full((codebooks, 1), config.acoustic_codebook_size)
    sizes[0] = config.semantic_codebook_size
    if (array < 0).any() or (array >= sizes).any():
        raise InputError("Some codes are out of range.", hint)
    return array.astype(np.int64)


@torch.inference_mode()
def embed_codes(model: VoxtralModel, codes: np.ndarray) -> Tensor:
    """0-based codes [frames, codebooks] -> rows [frames + 1, dim]."""
    table = model.mm_audio_embeddings.audio_codebook_embeddings
    device = table.embeddings.weight.device
    return table(torch.from_numpy(voice_codes(codes)).to(device))


def quantizer_fingerprint(quantizer: Quantizer) -> str:
    """16 hex digits: codecs that share them mean the same by the same codes."""
    digest = hashlib.sha256(f"{quantizer.acoustic_dim} x {quantizer.levels}".encode())
    digest.update(quantizer.semantic_codebook.embedding.cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
