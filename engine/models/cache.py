"""Keys and values of the positions spoken so far: one allocation for all rows and layers.

A row is a slot for one sequence. Its positions are filled from 0; `lengths[row]` of them are
valid, the others hold garbage that nothing reads. Rows are independent, and there are three ways
to go on with them:

- `view`: some rows, any number of positions. Each attends over its own positions only, in a
  computation whose shape depends on its own length alone, so what a row hears never depends, to
  the last bit, on its neighbours.
- `span`: the first rows, one position each, with lengths that stay on the device: no shape depends
  on data, so that a CUDA graph can hold it.
- `part`: any number of positions of one row, whose number and length stay on the device likewise.

Example: rows of 8 positions, row 1 holding a prompt of 5. A step for rows [1] writes position 5,
attends over positions 0..5 and leaves `lengths == [0, 6, ...]`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.config import TransformerConfig


class LayerCache(Protocol):
    """One layer's part of a `KVCache`, during one forward pass."""

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Store the new keys and values, and attend over all of each row, causally.

        Args:
            queries: [batch, heads, length, head_dim]; keys, values: with kv_heads.

        Returns:
            [batch, heads, length, head_dim].
        """


@dataclass(frozen=True)
class Prefix:
    """What a row holds after its first positions were read, to be put into others.

    Args:
        keys, values: [layers, kv_heads, length, head_dim].
    """

    keys: Tensor
    values: Tensor


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

    @property
    def size(self) -> int:
        """Bytes."""
        return self.keys.nbytes + self.values.nbytes

    def reset(self, row: int) -> None:
        self.lengths[row] = 0

    def take(self, row: int, length: int) -> Prefix:
        """A copy of a row's first positions."""
        return Prefix(
            self.keys[:, row, :, :length].clone(), self.values[:, row, :, :length].clone()
        )

    def put(self, row: int, prefix: Prefix) -> None:
        """Let a row hold these positions and no others."""
        length = prefix.keys.shape[2]
        self.keys[:, row, :, :length] = prefix.keys
        self.values[:, row, :, :length] = prefix.values
        self.lengths[row] = length

    def view(self, rows: Sequence[int], length: int) -> list["LayerRows"]:
        """What each layer sees while `length` positions are added to each of `rows`."""
        starts = [self.lengths[row] for row in rows]
        assert all(start + length <= self.positions for start in starts), "row is full"
        return [LayerRows([layer[row] for row in rows], starts) for layer in self._slots]

    @cached_property
    def _slots(self) -> list[list[tuple[Tensor, Tensor]]]:
        """Keys and values of each row of each layer, [1, kv_heads, positions, head_dim] each."""
        layers = zip(self.keys.unbind(), self.values.unbind(), strict=True)
        return [list(zip(k.split(1), v.split(1), strict=True)) for k, v in layers]

    def span(self, lengths: Tensor, positions: int) -> list["LayerSpan"]:
        """What each layer sees while one position is added to each of the first rows.

        Captured in a graph: no shape depends on data. The whole cache must be finite (memory that
        nothing wrote is multiplied by 0).

        Args:
            lengths: Valid positions of each row, on the device, [rows]. A full row may be among
                them if it is idle: its last position is overwritten.
            positions: How many are looked at: more than each row's length.
        """
        rows = torch.arange(len(lengths), device=lengths.device)
        places = lengths.clamp(max=self.positions - 1)
        unseen = torch.arange(positions, device=lengths.device) > lengths.unsqueeze(-1)
        mask = self.keys.new_zeros(unseen.shape).masked_fill(unseen, -torch.inf)[:, None, None]
        return [
            LayerSpan(keys, values, rows, places, mask)
            for keys, values in zip(self.keys.unbind(), self.values.unbind(), strict=True)
        ]

    def part(self, row: Tensor, places: Tensor, positions: int) -> list["LayerPart"]:
        """What each layer sees while some positions are added to one row.

        Captured in a graph, as `span`; the whole cache must be finite.

        Args:
            row: Its number, on the device, [1].
            places: Where the new positions go, one after another, on the device, [length].
            positions: How many are looked at: more than each of `places`, or they hear too little.
        """
        unseen = torch.arange(positions, device=places.device) > places.unsqueeze(-1)
        mask = self.keys.new_zeros(unseen.shape).masked_fill(unseen, -torch.inf)[None, None]
        return [
            LayerPart(keys, values, row, places, mask)
            for keys, values in zip(self.keys.unbind(), self.values.unbind(), strict=True)
        ]

    def advance(self, rows: Sequence[int], length: int) -> None:
        for row in rows:
            self.lengths[row] += length


@dataclass
class LayerRows:
    """A `LayerCache` of rows that are taken one by one.

    Args:
        slots: Keys and values of each batch entry's row, [1, kv_heads, positions, head_dim] each,
            written in place.
        starts: Position of each batch entry's first new element.
    """

    slots: list[tuple[Tensor, Tensor]]
    starts: list[int]

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        if len(self.slots) == 1:
            return self._attend(0, queries, keys, values)
        entries = zip(queries.split(1), keys.split(1), values.split(1), strict=True)
        return torch.cat([self._attend(entry, *parts) for entry, parts in enumerate(entries)])

    def _attend(self, entry: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        start, length = self.starts[entry], queries.shape[2]
        past_keys, past_values = (slot.narrow(2, 0, start + length) for slot in self.slots[entry])
        past_keys.narrow(2, start, length).copy_(keys)
        past_values.narrow(2, start, length).copy_(values)
        return _attend(queries, past_keys, past_values, start)


@dataclass
class LayerSpan:
    """A `LayerCache` of the first rows together, one position each.

    Args:
        keys, values: [all rows, kv_heads, positions, head_dim], written in place.
        rows, places: Where each batch entry's element goes, [batch].
        mask: Added to the scores, [batch, 1, 1, positions that are looked at].
    """

    keys: Tensor
    values: Tensor
    rows: Tensor
    places: Tensor
    mask: Tensor

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """The heads that share a key are its queries, so that none is repeated in memory."""
        self.keys[self.rows, :, self.places] = keys.squeeze(2)
        self.values[self.rows, :, self.places] = values.squeeze(2)
        batch, positions = len(self.rows), self.mask.shape[-1]
        grouped = queries.reshape(batch, self.keys.shape[1], -1, queries.shape[-1])
        out = F.scaled_dot_product_attention(
            grouped,
            self.keys[:batch, :, :positions],
            self.values[:batch, :, :positions],
            attn_mask=self.mask,
        )
        return out.reshape(queries.shape)


@dataclass
class LayerPart:
    """A `LayerCache` of several positions of one row.

    Args:
        keys, values: [all rows, kv_heads, positions, head_dim], written in place.
        row: Its number, [1].
        places: Where each new element goes, [length].
        mask: Added to the scores, [1, 1, length, positions that are looked at].
    """

    keys: Tensor
    values: Tensor
    row: Tensor
    places: Tensor
    mask: Tensor

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        self.keys[self.row, :, self.places] = keys[0].transpose(0, 1)
        self.values[self.row, :, self.places] = values[0].transpose(0, 1)
        past = [x[:, :, : self.mask.shape[-1]] for x in (self.keys, self.values)]
        own_keys, own_values = (x.index_select(0, self.row) for x in past)
        group = queries.shape[1] // keys.shape[1]  # heads that share a key, as in `LayerSpan`
        grouped = queries.reshape(1, keys.shape[1], -1, queries.shape[-1])
        out = F.scaled_dot_product_attention(
            grouped, own_keys, own_values, attn_mask=self.mask.repeat(1, 1, group, 1)
        )
        return out.reshape(queries.shape)


def _attend(queries: Tensor, keys: Tensor, values: Tensor, start: int) -> Tensor:
    """Causal attention of queries at positions `start`... over keys at positions 0..."""
    length, mask = queries.shape[2], None
    if start and length > 1:
        mask = torch.ones(length, keys.shape[2], dtype=torch.bool, device=keys.device).tril(start)
    return F.scaled_dot_product_attention(
        queries, keys, values, attn_mask=mask, is_causal=start == 0 < length - 1, enable_gqa=True
    )
