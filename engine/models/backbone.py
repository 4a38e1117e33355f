"""The autoregressive backbone: input rows -> hidden states (paper section 2.2; Ministral 3B).

Full causal attention, interleaved rotary embedding, no biases. The hidden state handed on is the
one after the final norm. Token embeddings live in `mm_audio_embeddings`, beside the code table.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engine.config import ModelConfig
from engine.models.cache import KVCache, LayerCache
from engine.models.layers import RMSNorm, TransformerBlock, rotary_factors


class Backbone(nn.Module):
    """Rows of embeddings in, hidden states out.

    Attributes:
        factors: Rotary factors of all positions, once they were needed.
    """

    factors: Tensor | None = None

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config, self.most_positions = config.backbone, config.max_positions
        self.layers = nn.ModuleList(
            TransformerBlock(config.backbone) for _ in range(config.backbone.n_layers)
        )
        self.norm = RMSNorm(config.backbone.dim, config.backbone.norm_eps)

    def forward(self, embeddings: Tensor) -> Tensor:
        """A whole sequence at once, causally.

        Args:
            embeddings: [batch, length, dim].

        Returns:
            Hidden states [batch, length, dim].
        """
        positions = torch.arange(embeddings.shape[1], device=embeddings.device)
        freqs_cis = self.freqs_cis(positions)
        x = embeddings
        for layer in self.layers:
            x = layer(x, freqs_cis, causal=True)
        return self.norm(x)

    def extend(self, embeddings: Tensor, cache: KVCache, rows: Sequence[int]) -> Tensor:
        """The next positions of some rows, with the earlier ones in the cache.

        Args:
            embeddings: [len(rows), length, dim].
            cache: Extended in place by `length` positions.
            rows: Row of the cache of each batch entry.

        Returns:
            Hidden states [len(rows), length, dim].
        """
        length = embeddings.shape[1]
        starts = placed([cache.lengths[row] for row in rows], embeddings.device)
        positions = starts.unsqueeze(-1) + torch.arange(length, device=embeddings.device)
        freqs_cis = self.freqs_cis(positions)
        x = embeddings
        for layer, view in zip(self.layers, cache.view(rows, length), strict=True):
            x = layer(x, freqs_cis, cache=view)
        cache.advance(rows, length)
        return self.norm(x)

    def step(self, embeddings: Tensor, layers: Sequence[LayerCache], places: Tensor) -> Tensor:
        """One position of the first rows of a cache, or some of one row. Captured in a graph: no
        shape depends on data.

        Args:
            embeddings: [rows, length, dim].
            layers: `KVCache.span` or `KVCache.part`.
            places: Positions before each one, on the device, [rows, length].

        Returns:
            Hidden states [rows, length, dim].
        """
        freqs_cis = self.freqs_cis(places)
        x, delta = embeddings, None
        for layer, view in zip(self.layers, layers, strict=True):
            assert isinstance(layer, TransformerBlock)
            x, delta = layer.step(x, delta, freqs_cis, view)
        return self.norm.after(x, delta)[1]

    def freqs_cis(self, positions: Tensor) -> Tensor:
        """Rotary factors of some positions, [..., head_dim / 2, 2]."""
        if self.factors is None or self.factors.device != positions.device:
            with torch.inference_mode(False):  # training reads them too
                every = torch.arange(self.most_positions, device=positions.device)
                self.factors = rotary_factors(every, self.config.head_dim, self.config.rope_theta)
        return self.factors[positions]


def placed(values: list[int], device: torch.device) -> Tensor:
    """Integers on a device, int64 [n]; a GPU copies them without making anybody wait."""
    tensor = torch.tensor(values)
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
