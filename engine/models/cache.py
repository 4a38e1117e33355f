"""Keys and values of the positions spoken so far: one allocation for all rows and layers.

A row is a slot for one sequence. Its positions are filled from 0; `lengths[row]` of them are
valid. Rows are independent: each attends over its own positions only, in a computation whose
shape depends on its own length alone, so what a row hears never depends on its neighbours.

Example: rows of 8 positions, row 1 holding a prompt of 5. A step for rows [1] writes position 5,
attends over positions 0..5 and leaves `lengths == [0, 6, ...]`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.config import TransformerConfig

BLOCK = 64
"""Positions that attention reads are rounded up to a multiple of this (and masked)."""


@dataclass
class KVCache:
    """Static rows of keys and values.

    Args:
        keys, values: [layers, rows, kv_heads, positions, head_dim].
        lengths: Valid positions of each row, on the host.
    """

    keys: Tensor
    values: Tensor
    lengths: list[int]

    @classmethod
    def allocate(
        cls, config: TransformerConfig, rows: int, positions: int, like: Tensor
    ) -> "KVCache":
        """An empty cache with the device and dtype of `like`."""
        positions = -(-positions // BLOCK) * BLOCK
        shape = (config.n_layers, rows, config.n_kv_heads, positions, config.head_dim)
        return cls(like.new_zeros(shape), like.new_zeros(shape), [0] * rows)

    @property
    def positions(self) -> int:
        return self.keys.shape[3]

    def reset(self, row: int) -> None:
        self.lengths[row] = 0

    def view(self, rows: list[int], length: int) -> list["LayerCache"]:
        """What each layer sees while `length` positions are added to each of `rows`."""
        starts = [self.lengths[row] for row in rows]
        assert all(start + length <= self.positions for start in starts), "row is full"
        return [
            LayerCache(self.keys[layer], self.values[layer], rows, starts)
            for layer in range(self.keys.shape[0])
        ]

    def advance(self, rows: list[int], length: int) -> None:
        for row in rows:
            self.lengths[row] += length


@dataclass
class LayerCache:
    """One layer's part of a `KVCache`, during one forward pass.

    Args:
        keys, values: [rows, kv_heads, positions, head_dim], written in place.
        rows: Which row each batch entry is.
        starts: Position of each batch entry's first new element.
    """

    keys: Tensor
    values: Tensor
    rows: list[int]
    starts: list[int]

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Store the new keys and values, and attend over all of each row, causally.

        Args:
            queries: [batch, heads, length, head_dim]; keys, values: with kv_heads.

        Returns:
            [batch, heads, length, head_dim].
        """
        length = queries.shape[2]
        outs = []
        for entry, (row, start) in enumerate(zip(self.rows, self.starts, strict=True)):
            end = start + length
            self.keys[row, :, start:end] = keys[entry]
            self.values[row, :, start:end] = values[entry]
            span = -(-end // BLOCK) * BLOCK
            seen = torch.arange(span, device=queries.device)
            mask = seen <= torch.arange(start, end, device=queries.device).unsqueeze(-1)
            outs.append(
                F.scaled_dot_product_attention(
                    queries[entry : entry + 1],
                    self.keys[row : row + 1, :, :span],
                    self.values[row : row + 1, :, :span],
                    attn_mask=mask,
                    enable_gqa=True,
                )
            )
        return torch.cat(outs)
