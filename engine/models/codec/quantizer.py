"""Latents <-> codes: one semantic vector quantiser and 36 scalar (FSQ) ones. Paper section 2.1."""

import torch
from torch import Tensor, nn

from engine.config import CodecConfig


class SemanticCodebook(nn.Module):
    """A table kept as running sums (Mimi's EMA buffers): vector = sum / usage."""

    cluster_usage: Tensor
    embedding_sum: Tensor

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("cluster_usage", torch.ones(size))
        self.register_buffer("embedding_sum", torch.zeros(size, dim))

    @property
    def embedding(self) -> Tensor:
        """The table, float32 [codes, dim]."""
        return self.embedding_sum.float() / self.cluster_usage.float().clamp(min=1e-5)[:, None]

    def encode(self, x: Tensor) -> Tensor:
        """Nearest vectors (Euclidean): [..., dim] -> codes [...]."""
        distances = torch.cdist(x.float().flatten(0, -2), self.embedding)
        return distances.argmin(-1).view(x.shape[:-1])

    def decode(self, codes: Tensor) -> Tensor:
        """Codes [...] -> vectors [..., dim]."""
        return torch.nn.functional.embedding(codes, self.embedding)


class Quantizer(nn.Module):
    """Codes are 0-based here; the semantic one comes first."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.semantic_dim, self.acoustic_dim = config.semantic_dim, config.acoustic_dim
        self.levels = config.acoustic_codebook_size
        self.semantic_codebook = SemanticCodebook(
            config.semantic_codebook_size, config.semantic_dim
        )

    def encode(self, latent: Tensor) -> Tensor:
        """Latent [batch, semantic + acoustic dims, frames] -> codes [batch, codebooks, frames]."""
        semantic = self.semantic_codebook.encode(latent[:, : self.semantic_dim].transpose(1, 2))
        acoustic = nearest_levels(latent[:, self.semantic_dim :].float().tanh(), self.levels)
        return torch.cat([semantic.unsqueeze(1), acoustic], dim=1)

    def decode(self, codes: Tensor) -> Tensor:
        """Codes [batch, codebooks, frames] -> latent float32 [batch, dims, frames]."""
        semantic = self.semantic_codebook.decode(codes[:, 0]).transpose(1, 2)
        return torch.cat([semantic, self.acoustic_values(codes[:, 1:])], dim=1)

    def acoustic_values(self, codes: Tensor) -> Tensor:
        """Acoustic codes (0-based) -> values in [-1, 1], float32, same shape."""
        return 2 * codes.float() / (self.levels - 1) - 1


def nearest_levels(values: Tensor, levels: int) -> Tensor:
    """Values in [-1, 1] -> the acoustic codes (0-based) nearest to them, same shape."""
    return ((values + 1) / 2 * (levels - 1)).round().long()
