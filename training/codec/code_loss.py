"""A codec whose encoder alone learns, and how far its latents are from given codes."""

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from engine import checkpoint
from engine.models.codec.codec import Codec
from training.codec.init import init_codec

ENCODER = ("input_proj.", "encoder_blocks.")
MARGIN = 6.0


def frozen_codec(folder: Path, generator: torch.Generator) -> Codec:
    """The codec of a checkpoint with a new encoder, the only part that learns; float32."""
    known = checkpoint.load(folder).audio_tokenizer
    codec = Codec(known.config)
    init_codec(codec, generator)
    kept = {n: t.float() for n, t in known.state_dict().items() if not n.startswith(ENCODER)}
    codec.load_state_dict(codec.state_dict() | kept)
    for name, parameter in codec.named_parameters():
        parameter.requires_grad_(name.startswith(ENCODER))
    return codec


def code_loss(
    codec: Codec, latent: Tensor, codes: Tensor, sharpness: float
) -> tuple[Tensor, Tensor, Tensor]:
    """How far a latent is from the codes that it should be rounded to.

    Args:
        latent: [batch, dims, frames].
        codes: [batch, codebooks, frames], 0-based.
        sharpness: Of the classes: 1 / squared distance.

    Returns:
        Cross-entropy of the semantic codes, mean distance of the acoustic ones in levels, and the
        logits of the classes [batch, frames, codebook].
    """
    split, quantizer = codec.config.semantic_dim, codec.quantizer
    logits = class_logits(codec, latent, sharpness)
    cross_entropy = F.cross_entropy(logits.flatten(0, 1), codes[:, 0].flatten())
    wanted = quantizer.acoustic_values(codes[:, 1:])
    off = (latent[:, split:].tanh() - wanted).abs().mean() * (quantizer.levels - 1) / 2
    return cross_entropy, off, logits


def class_logits(codec: Codec, latent: Tensor, sharpness: float) -> Tensor:
    """Minus the squared distance to each entry of the codebook, up to a constant a frame."""
    book = codec.quantizer.semantic_codebook.embedding
    vectors = latent[:, : codec.config.semantic_dim].transpose(1, 2)
    return sharpness * (2 * vectors @ book.T - book.square().sum(1))


def sharpness_of(codec: Codec) -> float:
    """So that at an entry of the codebook, its nearest other (median) is e**MARGIN less likely."""
    book = codec.quantizer.semantic_codebook.embedding
    distance = torch.cdist(book, book)
    nearest = distance.fill_diagonal_(torch.inf).min(1).values
    return MARGIN / float(nearest.square().median().clamp(min=1e-6))


def entropy(chances: Tensor) -> Tensor:
    """In nats, over the last dimension."""
    return -(chances * (chances + 1e-9).log()).sum(-1)
