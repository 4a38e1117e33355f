"""The stochastic bottleneck and the moving codebook (paper section 2.1; VOXTRAL_FACTS 2.1, 2.4).

Acoustic dimensions, per item: 50 % rounded to a level (straight-through), 25 % uniform noise of
half a level step, 25 % untouched. Semantic vectors are always quantised; in the paper, those of
half of the items, but a short training learns to rely on what a vector holds beside its code.
The codebook follows its vectors by exponential averages; codes that fall out of use are replaced.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.models.codec.quantizer import Quantizer, SemanticCodebook

DECAY = 0.99
DEAD = 0.1
"""A code used less than this share of the mean is replaced by a vector of the batch."""


def bottleneck(
    quantizer: Quantizer, latent: Tensor, generator: torch.Generator, quantise: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Latent before quantisation -> what the decoder gets while training.

    Args:
        latent: [batch, dims, frames].
        quantise: False in the first stretch of training: tanh only.

    Returns:
        Latent [batch, dims, frames], commitment loss, semantic codes [batch, frames].
    """
    batch = latent.shape[0]
    split = quantizer.semantic_dim
    semantic, acoustic = latent[:, :split], latent[:, split:].tanh()
    step = 2 / (quantizer.levels - 1)
    vectors = semantic.transpose(1, 2)
    codes = quantizer.semantic_codebook.encode(vectors.detach())
    if not quantise:
        return torch.cat([semantic, acoustic], 1), latent.new_zeros(()), codes
    draw = torch.rand(batch, 1, 1, generator=generator).to(latent.device)
    noise = torch.rand(acoustic.shape, generator=generator).to(latent.device) - 0.5
    levels = ((acoustic + 1) / step).round()
    rounded = acoustic + (levels * step - 1 - acoustic).detach()
    acoustic = torch.where(
        draw < 0.5, rounded, torch.where(draw < 0.75, acoustic + noise * step, acoustic)
    )
    nearest = quantizer.semantic_codebook.decode(codes).transpose(1, 2)
    commitment = F.mse_loss(semantic, nearest.detach())
    semantic = semantic + (nearest - semantic).detach()
    return torch.cat([semantic, acoustic], 1), commitment, codes


@torch.no_grad()
def update_codebook(
    codebook: SemanticCodebook, vectors: Tensor, codes: Tensor, generator: torch.Generator
) -> int:
    """Move the codebook towards a batch; returns how many dead codes were replaced.

    Args:
        vectors: [n, dim]; codes: [n], the nearest code of each.
    """
    size = len(codebook.cluster_usage)
    counts = torch.bincount(codes, minlength=size).float()
    sums = torch.zeros_like(codebook.embedding_sum).index_add_(0, codes, vectors)
    codebook.cluster_usage.mul_(DECAY).add_(counts, alpha=1 - DECAY)
    codebook.embedding_sum.mul_(DECAY).add_(sums, alpha=1 - DECAY)
    mean = codebook.cluster_usage.sum() / size
    dead = torch.nonzero(codebook.cluster_usage < DEAD * mean).flatten()
    dead = dead[: max(1, len(vectors) // 8)]
    if len(dead):
        chosen = torch.randint(len(vectors), (len(dead),), generator=generator).to(vectors.device)
        codebook.cluster_usage[dead] = mean
        codebook.embedding_sum[dead] = vectors[chosen] * mean
    return len(dead)


@torch.no_grad()
def init_codebook(
    codebook: SemanticCodebook, vectors: Tensor, generator: torch.Generator, rounds: int = 10
) -> None:
    """k-means over vectors [n, dim], n well above the number of codes."""
    size = len(codebook.cluster_usage)
    chosen = torch.randperm(len(vectors), generator=generator)[:size]
    codebook.embedding_sum.copy_(vectors[chosen.repeat(-(-size // len(chosen)))[:size]])
    codebook.cluster_usage.fill_(1.0)
    for _ in range(rounds):
        codes = codebook.encode(vectors)
        counts = torch.bincount(codes, minlength=size).float()
        sums = torch.zeros_like(codebook.embedding_sum).index_add_(0, codes, vectors)
        full = counts > 0
        codebook.embedding_sum[full] = sums[full] / counts[full, None]
