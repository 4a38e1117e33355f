"""A speech model that gets another codec: the same said in other codes."""

from pathlib import Path

import pytest
import torch

from engine.config import SPECIAL_CODES, parse_config
from engine.models.codec.codec import Codec
from engine.models.voxtral import VoxtralModel
from training.codes import load_codec, load_codes
from training.presets import PRESETS
from training.speech.init import init_speech
from training.speech.translate import both_codes, regression, starts, translate

CONFIG = parse_config(PRESETS["tiny"])
DIMS, SIZE = CONFIG.codec.acoustic_dim, CONFIG.codec.semantic_codebook_size
MIDDLE = CONFIG.codec.acoustic_codebook_size - 1


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_a_table_is_found_whose_rows_sum_to_what_is_wanted(generator: torch.Generator) -> None:
    table = torch.randn(12, 5, generator=generator)
    places = torch.randint(6, (400, 2), generator=generator) + torch.tensor([0, 6])
    sums = table[places].sum(1)
    found = regression(places, sums, 12)
    torch.testing.assert_close(found[places].sum(1), sums, atol=0.05, rtol=0)


def test_other_names_for_the_same_codes_change_nothing(generator: torch.Generator) -> None:
    """The other codec has its semantic codes in another order, and its acoustic dimensions, each
    upside down. Few frames a code, as in practice."""
    begun, model = VoxtralModel(CONFIG), VoxtralModel(CONFIG)
    for one in (begun, model):
        init_speech(one, generator)
    model.load_state_dict(
        {
            n: p if "codebook" in n or "input_projection" in n else begun.state_dict()[n]
            for n, p in model.state_dict().items()
        }
    )
    frames = 4000
    old = torch.cat(
        [
            torch.randint(SIZE, (frames, 1), generator=generator),
            torch.randint(MIDDLE + 1, (frames, DIMS), generator=generator),
        ],
        1,
    )
    order = torch.randperm(SIZE, generator=generator)
    new = torch.cat([order[old[:, :1]], MIDDLE - old[:, 1:].roll(1, 1)], 1)
    translate(model, begun, old, new)

    tables = [m.mm_audio_embeddings.audio_codebook_embeddings for m in (begun, model)]
    before, after = (
        table(codes[:50] + SPECIAL_CODES) for table, codes in zip(tables, (old, new), strict=True)
    )
    torch.testing.assert_close(after, before, atol=0.1, rtol=0)
    heads = [m.acoustic_transformer for m in (begun, model)]
    hidden = torch.randn(20, CONFIG.flow.dim, generator=generator)
    first, second = (head.semantic_codebook_output(hidden) for head in heads)
    known = slice(SPECIAL_CODES, SPECIAL_CODES + SIZE)
    torch.testing.assert_close(second[:, known][:, order], first[:, known], atol=0.05, rtol=0.05)
    torch.testing.assert_close(second[:, :SPECIAL_CODES], first[:, :SPECIAL_CODES])
    x = torch.randn(20, DIMS, generator=generator)
    time = torch.rand(20, generator=generator)
    velocity = heads[0].velocity(x, time, hidden)
    turned = heads[1].velocity(-x.roll(1, 1), time, hidden)
    torch.testing.assert_close(-turned.roll(-1, 1), velocity, atol=1e-3, rtol=1e-3)


def test_specials_keep_their_rows(generator: torch.Generator) -> None:
    begun, model = VoxtralModel(CONFIG), VoxtralModel(CONFIG)
    for one in (begun, model):
        init_speech(one, generator)
    codes = torch.randint(MIDDLE, (50, 1 + DIMS), generator=generator)
    translate(model, begun, codes, codes)
    tables = [m.mm_audio_embeddings.audio_codebook_embeddings for m in (begun, model)]
    for first in starts(tables[0].sizes):
        rows = slice(first, first + SPECIAL_CODES)
        mine, theirs = (table.embeddings.weight[rows] for table in tables)
        torch.testing.assert_close(mine, theirs)


def test_recordings_in_the_codes_of_the_codec_that_made_them(
    corpus: Path, codes: Path, codec_state: Path
) -> None:
    codec, spoken = load_codec(codec_state, "tiny"), load_codes(codes, corpus)
    old, new = both_codes(codec, spoken, corpus)
    assert old.shape == new.shape
    assert len(old) >= sum(one.frames for one in spoken) - len(spoken)
    assert (old == new).float().mean() > 0.9  # the last frame of each is not whole
    with pytest.raises(ValueError, match="no recordings"):
        both_codes(codec, [], corpus)
    with pytest.raises(ValueError, match="no codec encoder"):
        both_codes(Codec(CONFIG.codec, with_encoder=False), spoken, corpus)
