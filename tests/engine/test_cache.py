"""The cache: cached equals uncached, and a row's bits never depend on its neighbours."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine import checkpoint
from engine.models.cache import KVCache
from engine.models.voxtral import VoxtralModel

TINY = Path(__file__).parents[1] / "golden" / "tiny"


@pytest.fixture(scope="module")
def model() -> VoxtralModel:
    return checkpoint.load(TINY)


def cache_for(model: VoxtralModel, rows: int) -> KVCache:
    """An empty cache whose unused memory would spoil whatever read it."""
    cache = KVCache.allocate(model.config, rows, 64, model.norm.weight)
    cache.keys.fill_(torch.nan)
    cache.values.fill_(torch.nan)
    return cache


def inputs(model: VoxtralModel, length: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, length, model.config.dim, generator=generator)


@pytest.mark.parametrize("pieces", [[24], [1] * 24, [10, 1, 1, 5, 7], [23, 1]])
def test_cached_equals_uncached(model: VoxtralModel, pieces: list[int]) -> None:
    x = inputs(model, 24, seed=1)
    cache = cache_for(model, 2)
    with torch.inference_mode():
        hidden = torch.cat([model.extend(part, cache, [1]) for part in x.split(pieces, 1)], 1)
        torch.testing.assert_close(hidden, model(x), atol=1e-5, rtol=0)
    assert cache.lengths == [0, 24]


def spoken(model: VoxtralModel, batch: list[int], seeds: dict[int, int]) -> Tensor:
    """Prompts of unlike lengths, then five steps of a batch: hidden states of the last step."""
    cache = cache_for(model, 6)
    with torch.inference_mode():
        for row, seed in seeds.items():
            model.extend(inputs(model, 3 + seed % 7, seed), cache, [row])
        for step in range(5):
            x = [inputs(model, 1, 100 * step + seeds[row]) for row in batch]
            hidden = model.extend(torch.cat(x), cache, batch)
    return hidden[:, 0]


@pytest.mark.parametrize("batch", [[0, 1], [1, 0], [5, 2, 0, 1], [3, 4, 2, 1, 0]])
def test_a_row_is_the_same_bits_in_any_batch(model: VoxtralModel, batch: list[int]) -> None:
    alone = spoken(model, [0], {0: 11})[0]
    beside = {row: 40 + row for row in batch if row}
    together = spoken(model, batch, {**beside, 0: 11})[batch.index(0)]
    assert torch.equal(alone, together)


def test_a_row_is_the_same_bits_in_any_slot(model: VoxtralModel) -> None:
    for row in range(1, 6):
        assert torch.equal(spoken(model, [0], {0: 11}), spoken(model, [row], {row: 11}))


def test_a_reset_row_forgets(model: VoxtralModel) -> None:
    cache = cache_for(model, 1)
    x = inputs(model, 8, seed=3)
    with torch.inference_mode():
        first = model.extend(x, cache, [0])
        model.extend(inputs(model, 30, seed=4), cache, [0])
        cache.reset(0)
        assert torch.equal(model.extend(x, cache, [0]), first)


def test_a_prefix_put_into_another_row_is_as_read_there(model: VoxtralModel) -> None:
    cache = cache_for(model, 3)
    x, y = inputs(model, 8, seed=3), inputs(model, 5, seed=4)
    with torch.inference_mode():
        model.extend(x, cache, [0])
        prefix = cache.take(0, 8)
        read = model.extend(y, cache, [0])
        model.extend(inputs(model, 20, seed=5), cache, [2])
        cache.put(2, prefix)
        assert torch.equal(model.extend(y, cache, [2]), read)
    assert cache.lengths == [13, 0, 13]
    assert cache.keys[:, 1].isnan().all()


def test_a_full_row_is_an_assertion(model: VoxtralModel) -> None:
    cache = cache_for(model, 1)
    with torch.inference_mode(), pytest.raises(AssertionError, match="full"):
        model.extend(inputs(model, 65, seed=1), cache, [0])
