"""Keys and values of the positions spoken so far: one allocation for all rows and layers.

A row is a slot for one sequence. Its positions are filled from 0; `lengths[row]` of them are
valid, the others hold garbage that nothing reads. Rows are independent: each attends over its own
positions only, in a computation whose shape depends on its own length alone, so what a row hears
never depends on its neighbours.

Example: rows of 8 positions, row 1 holding a prompt of 5. A step for rows [1] writes position 5,
attends over positions 0..5 and leaves `lengths == [0, 6, ...]`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.config import TransformerConfig


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
        """An empty cache with the device and dtype of `like`.

        The memory is not touched: on the CPU only positions that are written become resident.
        """
        shape = (config.n_layers, rows, config.n_kv_heads, positions, config.head_dim)
        return cls(like.new_empty(shape), like.new_empty(shape), [0] * rows)

    @property
    def positions(self) -> int:
        return self.keys.shape[3]

    def reset(self, row: int) -> None:
        self.lengths[row] = 0

    def starts(self, rows: Sequence[int | None]) -> list[int]:
        """First new position of each batch entry; 0 for an idle one."""
        return [0 if row is None else self.lengths[row] for row in rows]

    def view(self, rows: Sequence[int | None], length: int) -> list["LayerCache"]:
        """What each layer sees while `length` positions are added to each of `rows`."""
        starts = self.starts(rows)
        assert all(start + length <= self.positions for start in starts), "row is full"
        return [
            LayerCache(keys, values, rows, starts)
            for keys, values in zip(self.keys.unbind(), self.values.unbind(), strict=True)
        ]

    def advance(self, rows: Sequence[int | None], length: int) -> None:
        for row in rows:
            if row is not None:
                self.lengths[row] += length


@dataclass
class LayerCache:
    """One layer's part of a `KVCache`, during one forward pass.

    Args:
        keys, values: [rows, kv_heads, positions, head_dim], written in place.
        rows: Which row each batch entry is; None for an idle entry, which hears zeros.
        starts: Position of each batch entry's first new element.
    """

    keys: Tensor
    values: Tensor
    rows: Sequence[int | None]
    starts: list[int]

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Store the new keys and values, and attend over all of each row, causally.

        Args:
            queries: [batch, heads, length, head_dim]; keys, values: with kv_heads.

        Returns:
            [batch, heads, length, head_dim].
        """
        outs = []
        for entry, (row, start) in enumerate(zip(self.rows, self.starts, strict=True)):
            query = queries[entry : entry + 1]
            if row is None:
                outs.append(torch.zeros_like(query))
                continue
            end = start + query.shape[2]
            self.keys[row, :, start:end] = keys[entry]
            self.values[row, :, start:end] = values[entry]
            past_keys = self.keys[row : row + 1, :, :end]
            past_values = self.values[row : row + 1, :, :end]
            outs.append(_attend(query, past_keys, past_values, start))
        return torch.cat(outs)


def _attend(queries: Tensor, keys: Tensor, values: Tensor, start: int) -> Tensor:
    """Causal attention of queries at positions `start`... over keys at positions 0..."""
    length, mask = queries.shape[2], None
    if start and length > 1:
        mask = torch.ones(length, keys.shape[2], dtype=torch.bool, device=keys.device).tril(start)
    return F.scaled_dot_product_attention(
        queries, keys, values, attn_mask=mask, is_causal=start == 0 < length - 1, enable_gqa=True
    )
