"""Checkpoints of other sizes than the official ones: built, saved, loaded, spoken."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from engine import checkpoint
from engine.config import SPECIAL_CODES, parse_config, read_params
from engine.models.cache import KVCache
from engine.models.codec.blocks import StreamState
from engine.models.voxtral import VoxtralModel
from tests.conftest import GOLDEN_FOLDER

Params = dict[str, Any]
CODEC, FLOW = "codec", "flow"
VARIANTS: dict[str, dict[str, Params]] = {
    "3 heads": {
        CODEC: {"n_heads": 3, "n_kv_heads": 3},
        FLOW: {"n_heads": 3, "n_kv_heads": 1},
        "": {"n_heads": 3, "n_kv_heads": 1, "head_dim": 10},
    },
    "6 heads": {
        CODEC: {"n_heads": 6, "n_kv_heads": 2, "head_dim": 6},
        FLOW: {"n_heads": 6, "n_kv_heads": 3, "head_dim": 7},
        "": {"n_heads": 6, "n_kv_heads": 6, "n_layers": 1},
    },
    "12 heads": {CODEC: {"n_heads": 12, "n_kv_heads": 4}, "": {"n_heads": 12, "n_kv_heads": 2}},
    "window 18": {CODEC: {"attn_sliding_window_size": 18}},
    "patches of 120": {CODEC: {"pretransform_patch_size": 120, "patch_proj_kernel_size": 5}},
    "16 kHz": {CODEC: {"pretransform_patch_size": 160, "sampling_rate": 16000}},
    "25 Hz": {
        CODEC: {
            "encoder_transformer_lengths_str": "1,2,1",
            "encoder_convs_kernels_str": "4,4,3",
            "encoder_convs_strides_str": "2,2,1",
            "decoder_transformer_lengths_str": "2,1,1",
            "decoder_convs_kernels_str": "3,4,4",
            "decoder_convs_strides_str": "1,2,2",
        }
    },
    "one stage": {
        CODEC: {
            "encoder_transformer_lengths_str": "1",
            "encoder_convs_kernels_str": "6",
            "encoder_convs_strides_str": "3",
            "decoder_transformer_lengths_str": "1,1",
            "decoder_convs_kernels_str": "3,6",
            "decoder_convs_strides_str": "1,3",
        }
    },
    "127 semantic codes": {CODEC: {"semantic_codebook_size": 127}},
    "few scalars": {
        CODEC: {"acoustic_dim": 5, "acoustic_codebook_size": 4, "semantic_dim": 9, "dim": 30}
    },
}


def varied(changes: dict[str, Params]) -> Params:
    """The tiny checkpoint's params.json with changes, and what must follow from them."""
    params = read_params(GOLDEN_FOLDER / "tiny" / "params.json")
    audio = params["multimodal"]["audio_model_args"]
    codec, flow = params["multimodal"]["audio_tokenizer_args"], audio["acoustic_transformer_args"]
    for name, section in (("", params), (CODEC, codec), (FLOW, flow)):
        section.update(changes.get(name, {}))
    audio["n_acoustic_codebook"] = codec["acoustic_dim"]
    audio["semantic_codebook_size"] = codec["semantic_codebook_size"]
    audio["acoustic_codebook_size"] = codec["acoustic_codebook_size"]
    samples = codec["pretransform_patch_size"]
    for stride in codec["decoder_convs_strides_str"].split(","):
        samples *= int(stride)
    audio["audio_encoding_args"].update(
        num_codebooks=1 + codec["acoustic_dim"],
        sampling_rate=codec["sampling_rate"],
        frame_rate=codec["sampling_rate"] / samples,
    )
    return params


@pytest.fixture(autouse=True)
def _no_grad() -> Iterator[None]:
    with torch.no_grad():
        yield


@pytest.fixture(scope="module", params=VARIANTS)
def loaded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> VoxtralModel:
    """A random model of one of the variants, saved and loaded again."""
    torch.manual_seed(3)
    params = varied(VARIANTS[request.param])
    model = VoxtralModel(parse_config(params))
    codebook = model.audio_tokenizer.quantizer.semantic_codebook
    codebook.embedding_sum.normal_()
    tekken = json.loads((GOLDEN_FOLDER / "tiny" / "tekken.json").read_text(encoding="utf-8"))
    folder: Path = tmp_path_factory.mktemp("checkpoint")
    voices = {"anna": torch.randn(4, model.config.dim)}
    checkpoint.save(folder, params, model, tekken, voices, torch.float32)
    loaded = checkpoint.load(folder)
    assert loaded.state_dict().keys() == model.state_dict().keys()
    for name, tensor in loaded.state_dict().items():
        assert torch.equal(tensor, model.state_dict()[name]), name
    return loaded


def test_derived_sizes() -> None:
    config = parse_config(varied(VARIANTS["25 Hz"]))
    assert (config.codec.frame_rate, config.codec.frame_samples) == (25.0, 960)
    assert config.codec.encoder_windows == (16, 8, 4)
    assert config.codec.decoder_windows == (4, 8, 16)
    assert parse_config(varied(VARIANTS["window 18"])).codec.encoder_windows == (18, 9, 4, 2)
    assert parse_config(varied(VARIANTS["window 18"])).codec.decoder_windows == (2, 4, 8, 16)
    assert parse_config(varied(VARIANTS["127 semantic codes"])).semantic_rows == 256
    assert parse_config(varied(VARIANTS["one stage"])).codec.decoder_windows == (8, 16)


def test_codec_round_trip(loaded: VoxtralModel) -> None:
    codec, config = loaded.audio_tokenizer, loaded.model_config.codec
    for samples in (1, config.frame_samples, 5 * config.frame_samples + 7):
        frames = -(-samples // config.frame_samples)
        codes = codec.encode(torch.randn(2, samples) / 4)
        assert codes.shape == (2, loaded.model_config.num_codebooks, frames)
        assert codes.min() >= 0
        assert codes[:, 0].max() < config.semantic_codebook_size
        assert codes[:, 1:].max() < config.acoustic_codebook_size
        wave = codec.decode(codes)
        assert wave.shape == (2, frames * config.frame_samples)
        assert wave.isfinite().all()


def test_codec_stream_is_the_whole(loaded: VoxtralModel) -> None:
    codec, config = loaded.audio_tokenizer, loaded.model_config
    sizes = torch.tensor(config.codebook_sizes) - SPECIAL_CODES
    codes = (torch.rand(1, config.num_codebooks, 60) * sizes[:, None]).long()
    state = StreamState()
    cuts = [codec.lead_frames, 1, 2, 3, 60]
    pieces, done = [], 0
    for cut in cuts:
        pieces.append(codec.decode(codes[..., done : done + cut], state))
        done += cut
    whole = codec.decode(codes)
    torch.testing.assert_close(torch.cat(pieces, -1), whole, atol=1e-5, rtol=0)


def test_backbone_with_a_cache_is_the_whole(loaded: VoxtralModel) -> None:
    rows = torch.randn(2, 9, loaded.config.dim)
    cache = KVCache.allocate(loaded.config, 2, 12, rows)
    pieces = [loaded.extend(piece, cache, [0, 1]) for piece in rows.split([4, 1, 1, 3], 1)]
    torch.testing.assert_close(torch.cat(pieces, 1), loaded(rows), atol=1e-5, rtol=0)


def test_frames_are_valid_codes(loaded: VoxtralModel) -> None:
    config = loaded.model_config
    hidden = torch.randn(50, config.backbone.dim) * 3
    noise = torch.randn(50, config.codec.acoustic_dim)
    codes = loaded.acoustic_transformer(hidden, noise, torch.full((50,), 1.2), 3)
    assert codes.shape == (50, config.num_codebooks)
    assert (codes < torch.tensor(config.codebook_sizes)).all()
    assert codes[:, 0].min() >= 1
    assert codes[:, 1:].min() >= SPECIAL_CODES
    rows = loaded.mm_audio_embeddings.audio_codebook_embeddings(codes)
    assert rows.shape == hidden.shape
