"""Tokens and codes -> backbone inputs."""

import functools

import torch
from torch import Tensor, nn

from engine.config import ModelConfig


class Embedding(nn.Embedding):
    """A table; one on the meta device is not filled: torch loads its compiler for that, 1.5 s."""

    def reset_parameters(self) -> None:
        if not self.weight.is_meta:
            super().reset_parameters()


class AudioCodebookEmbeddings(nn.Module):
    """One flat table for all codebooks; a frame is the sum of its codes' rows."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embeddings = Embedding(config.embedding_rows, config.backbone.dim)
        self.sizes = tuple(config.codebook_sizes)

    def forward(self, codes: Tensor) -> Tensor:
        """Frames of codes, specials included (+2), -> rows.

        Args:
            codes: Integers [..., codebooks].

        Returns:
            [..., dim].
        """
        return self.embeddings(codes + _offsets(self.sizes, codes.device)).sum(-2)


@functools.cache
def _offsets(sizes: tuple[int, ...], device: torch.device) -> Tensor:
    """Where each codebook begins in the table: 0, S + 2, S + 2 + (L + 2), ..."""
    ends = torch.tensor(sizes).cumsum(0)
    return (ends - torch.tensor(sizes)).to(device)


class MultimodalEmbeddings(nn.Module):
    """The checkpoint's `mm_audio_embeddings`: text tokens and audio codes."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.tok_embeddings = Embedding(config.vocab_size, config.backbone.dim)
        self.audio_codebook_embeddings = AudioCodebookEmbeddings(config)
