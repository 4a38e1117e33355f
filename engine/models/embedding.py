"""Tokens and codes -> backbone inputs."""

import torch
from torch import Tensor, nn

from engine.config import ModelConfig


class AudioCodebookEmbeddings(nn.Module):
    """One flat table for all codebooks; a frame is the sum of its codes' rows."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embeddings = nn.Embedding(config.embedding_rows, config.backbone.dim)
        self.sizes = config.codebook_sizes

    def forward(self, codes: Tensor) -> Tensor:
        """Frames of codes, specials included (+2), -> rows.

        Args:
            codes: Integers [..., codebooks].

        Returns:
            [..., dim].
        """
        sizes = torch.tensor(self.sizes, device=codes.device)
        offsets = sizes.cumsum(0) - sizes  # 0, S + 2, S + 2 + (L + 2), ...
        return self.embeddings(codes + offsets).sum(-2)


class MultimodalEmbeddings(nn.Module):
    """The checkpoint's `mm_audio_embeddings`: text tokens and audio codes."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.tok_embeddings = nn.Embedding(config.vocab_size, config.backbone.dim)
        self.audio_codebook_embeddings = AudioCodebookEmbeddings(config)
