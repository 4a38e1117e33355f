"""params.json: what is derived from it, and what is refused."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from engine.config import LONGEST_CHUNK, SHORTEST_CHUNK, ModelConfig, parse_config, read_params
from engine.errors import CheckpointError, InputError
from engine.pipeline import flow_options
from engine.speech import FlowOptions, SpeechOptions
from tests.conftest import GOLDEN_FOLDER

Params = dict[str, Any]


@pytest.fixture
def params() -> Params:
    return read_params(GOLDEN_FOLDER / "params-4b.json")


def codec_args(params: Params) -> Params:
    return params["multimodal"]["audio_tokenizer_args"]


def section(params: Params, path: str) -> tuple[Params, str]:
    """The object and the key that a path such as `multimodal.bos_token_id` names."""
    *names, key = path.split(".")
    for name in names:
        params = params[name]
    return params, key


def test_the_official_model(params: Params) -> None:
    config = parse_config(params)
    assert config.backbone.n_layers == 26
    assert config.backbone.rope_theta == 1e6
    assert config.backbone.norm_eps == 1e-5
    assert config.flow.norm_eps == 1e-5
    assert (config.codec.frame_samples, config.codec.frame_rate) == (1920, 12.5)
    assert config.codec.latent_dim == 292
    assert config.codec.encoder_strides == (2, 2, 2, 1)  # the file does not say
    assert config.codec.encoder_windows == (16, 8, 4, 2)
    assert config.codec.decoder_windows == (2, 4, 8, 16)
    assert config.codebook_sizes == (8194, *[23] * 36)
    assert (config.num_codebooks, config.semantic_rows, config.embedding_rows) == (37, 8320, 9088)
    assert config.audio_id == 24
    assert config.voices[:2] == ("casual_female", "casual_male")
    assert len(config.voices) == 20


def test_the_flow_head_has_its_own_eps(params: Params) -> None:
    params["norm_eps"] = 0.5
    assert parse_config(params).flow.norm_eps == 1e-5
    params["multimodal"]["audio_model_args"]["acoustic_transformer_args"]["norm_eps"] = 0.25
    assert parse_config(params).flow.norm_eps == 0.25


def test_the_flow_runs_as_asked_otherwise_as_the_checkpoint_asks(params: Params) -> None:
    official = flow_options(SpeechOptions(), parse_config(params))
    assert official == FlowOptions(cfg=1.2, steps=8, temperature=1.0)
    audio = params["multimodal"]["audio_model_args"]
    audio |= {"cfg_alpha": 1.5, "temperature": 0.2}
    own = parse_config(params)
    mixed = flow_options(SpeechOptions(steps=7), own)
    assert mixed == FlowOptions(cfg=1.5, steps=7, temperature=0.2)
    asked = flow_options(SpeechOptions(cfg=0.0, temperature=0.0), own)
    assert asked == FlowOptions(cfg=0.0, steps=8, temperature=0.0)


def test_training_only_keys_are_ignored(params: Params) -> None:
    expected = parse_config(params)
    kept = {
        *("dim", "n_layers", "head_dim", "hidden_dim", "n_heads", "n_kv_heads", "vocab_size"),
        *("norm_eps", "rope_theta", "use_biases", "causal", "tied_embeddings", "model_type"),
        "multimodal",
    }
    fewer = {name: value for name, value in params.items() if name in kept}
    assert len(fewer) < len(params) - 20
    audio = fewer["multimodal"]["audio_model_args"]
    for name in ("p_uncond", "text_feature_bugged", "condition_dropped_token_id"):
        del audio[name]
    for name in ("sigma", "sigma_max", "rope_theta"):
        del audio["acoustic_transformer_args"][name]
    del codec_args(fewer)["layer_scale_init"]
    assert parse_config(fewer) == expected
    assert parse_config({**fewer, "some_new_key": {"of": "training"}}) == expected


@pytest.mark.parametrize(
    ("window", "encoder", "decoder"),
    [
        (16, (16, 8, 4, 2), (2, 4, 8, 16)),
        (18, (18, 9, 4, 2), (2, 4, 8, 16)),
        (100, (100, 50, 25, 12), (12, 24, 48, 96)),
    ],
)
def test_windows(params: Params, window: int, encoder: object, decoder: object) -> None:
    codec_args(params)["attn_sliding_window_size"] = window
    codec = parse_config(params).codec
    assert (codec.encoder_windows, codec.decoder_windows) == (encoder, decoder)


def test_windows_that_stay(params: Params) -> None:
    codec_args(params)["half_attn_window_upon_downsampling"] = False
    codec = parse_config(params).codec
    assert codec.encoder_windows == codec.decoder_windows == (16,) * 4


def test_windows_continue_after_a_last_downsampling(params: Params) -> None:
    codec_args(params).update(
        encoder_transformer_lengths_str="2,2",
        encoder_convs_kernels_str="4,4",
        encoder_convs_strides_str="2,2",
        decoder_transformer_lengths_str="2,2,2",
        decoder_convs_kernels_str="3,4,4",
        decoder_convs_strides_str="1,2,2",
    )
    params["multimodal"]["audio_model_args"]["audio_encoding_args"]["frame_rate"] = 25
    codec = parse_config(params).codec
    assert (codec.encoder_windows, codec.decoder_windows) == ((16, 8), (4, 8, 16))
    assert (codec.frame_samples, codec.frame_rate) == (960, 25.0)


REQUIRED = [
    "dim",
    "n_layers",
    "norm_eps",
    "vocab_size",
    "model_type",
    "multimodal",
    "multimodal.audio_model_args.audio_token_id",
    "multimodal.audio_model_args.audio_encoding_args.num_codebooks",
    "multimodal.audio_model_args.acoustic_transformer_args",
    "multimodal.audio_model_args.acoustic_transformer_args.n_heads",
    "multimodal.audio_tokenizer_args.dim",
    "multimodal.audio_tokenizer_args.attn_sliding_window_size",
    "multimodal.audio_tokenizer_args.decoder_convs_strides_str",
    "multimodal.audio_tokenizer_args.half_attn_window_upon_downsampling",
]


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_key_is_named(params: Params, path: str) -> None:
    values, key = section(params, path)
    del values[key]
    with pytest.raises(CheckpointError) as caught:
        parse_config(params)
    assert path in caught.value.message
    assert "is missing" in caught.value.message
    assert caught.value.hint


CONTRADICTIONS = [
    ("model_type", "mistral"),
    ("use_biases", True),
    ("causal", False),
    ("tied_embeddings", False),
    ("dim", "3072"),
    ("dim", True),
    ("dim", 3071),
    ("dim", 0),
    ("head_dim", 127),
    ("n_heads", 31),
    ("n_layers", 2.5),
    ("n_layers", 2**70),
    ("n_layers", 1025),
    ("dim", 2**30),
    ("norm_eps", -1e-5),
    ("rope_theta", 0.0),
    ("norm_eps", float("nan")),
    ("vocab_size", -1),
    ("norm_eps", None),
    ("multimodal", []),
    ("multimodal.audio_model_args.n_acoustic_codebook", 35),
    ("multimodal.audio_model_args.max_chunk_chars", 19),
    ("multimodal.audio_model_args.max_chunk_chars", 1196),
    ("multimodal.audio_model_args.temperature", 2.1),
    ("multimodal.audio_model_args.cfg_alpha", -0.1),
    ("multimodal.audio_model_args.max_voice_seconds", 0.4),
    ("multimodal.audio_model_args.semantic_codebook_size", 4096),
    ("multimodal.audio_model_args.acoustic_codebook_size", 20),
    ("multimodal.audio_model_args.input_embedding_concat_type", "concat"),
    ("multimodal.audio_model_args.audio_encoding_args.num_codebooks", 36),
    ("multimodal.audio_model_args.audio_encoding_args.frame_rate", 25.0),
    ("multimodal.audio_model_args.audio_encoding_args.sampling_rate", 16000),
    ("multimodal.audio_model_args.acoustic_transformer_args.dim", 2048),
    ("multimodal.audio_model_args.acoustic_transformer_args.input_dim", 2048),
    ("multimodal.audio_model_args.acoustic_transformer_args.use_biases", True),
    ("multimodal.audio_tokenizer_args.channels", 2),
    ("multimodal.audio_tokenizer_args.causal", False),
    ("multimodal.audio_tokenizer_args.n_kv_heads", 3),
    ("multimodal.audio_tokenizer_args.qk_norm", False),
    ("multimodal.audio_tokenizer_args.voice", ["a"]),
    ("multimodal.audio_tokenizer_args.decoder_transformer_lengths_str", "2,2,2"),
    ("multimodal.audio_tokenizer_args.decoder_convs_strides_str", "1,2,2,x"),
    ("multimodal.audio_tokenizer_args.decoder_convs_strides_str", "1,2,2,0"),
    ("multimodal.audio_tokenizer_args.decoder_convs_strides_str", "9" * 5000),
    ("multimodal.audio_tokenizer_args.decoder_convs_strides_str", "1,2,2,3"),
    ("multimodal.audio_tokenizer_args.decoder_convs_kernels_str", "3,1,4,4"),
    ("multimodal.audio_tokenizer_args.encoder_convs_strides_str", "2,2,2,2"),
]


@pytest.mark.parametrize(("path", "value"), CONTRADICTIONS)
def test_a_contradicting_key_is_named(params: Params, path: str, value: Any) -> None:
    values, key = section(params, path)
    values[key] = value
    with pytest.raises(CheckpointError) as caught:
        parse_config(params)
    assert named(caught.value.message, key), caught.value.message
    assert caught.value.message.startswith("params.json: ")
    assert caught.value.hint


def named(message: str, key: str) -> bool:
    """Groups of `..._str` keys are named by their side: `encoder_*_str`."""
    return key in message or f"{key.split('_')[0]}_" in message


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", "null", '{"a": 1,}', b"\xff\xfe{}", "[" * 100_000]
)
def test_not_a_json_object(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "params.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CheckpointError, match=r"params\.json"):
        read_params(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"has no params\.json") as caught:
        read_params(tmp_path / "params.json")
    assert "consolidated.safetensors" in caught.value.hint


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "params.json").mkdir()
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_params(tmp_path / "params.json")


@pytest.mark.parametrize("name", ["", "a/b", "..\\b", "red\x1b[31m", "two\nlines"])
def test_names_of_voices_that_are_none(params: Params, name: str) -> None:
    params["multimodal"]["audio_tokenizer_args"]["voice"] = {name: 0}
    with pytest.raises(CheckpointError, match=r"audio_tokenizer_args\.voice has .* no name"):
        parse_config(params)


def test_a_whole_number_for_a_fraction_is_one(params: Params) -> None:
    params["multimodal"]["audio_tokenizer_args"]["layer_scale_init"] = 0
    assert isinstance(parse_config(params).codec.layer_scale_init, float)


def test_parsing_changes_nothing(params: Params) -> None:
    before = copy.deepcopy(params)
    first: ModelConfig = parse_config(params)
    assert params == before
    assert parse_config(json.loads(json.dumps(params))) == first


def test_speech_options_have_the_same_bounds_of_a_chunk() -> None:
    """`engine.speech` may not import the configuration."""
    for length in (SHORTEST_CHUNK, LONGEST_CHUNK):
        assert SpeechOptions(max_chars=length).max_chars == length
    for length in (SHORTEST_CHUNK - 1, LONGEST_CHUNK + 1):
        with pytest.raises(InputError, match="max_chars"):
            SpeechOptions(max_chars=length)
