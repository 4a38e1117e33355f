"""params.json -> frozen dataclasses. Every size of every module comes from here.

Required keys and their values are checked; keys that speaking does not need (the official file
carries about 25 of training only) are ignored. Source: FORMAT of Voxtral-4B-TTS-2603 and
vllm-omni's reader, whose defaults for missing keys are kept, but for the Euler steps: 8 as in the
paper, where that reader takes 7.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import CheckpointError, no_such_file
from engine.params import Section

EMPTY_AUDIO, END_AUDIO, SPECIAL_CODES = 0, 1, 2
"""Codes 0 and 1 of every codebook are specials; a real code c is stored as c + 2."""

SHORTEST_CHUNK, LONGEST_CHUNK = 20, 1195
"""Characters: of less, chunks would be cut inside of words; of more, slow readings would not fit
into the model's two minutes."""


@dataclass(frozen=True)
class TransformerConfig:
    """A Mistral-style transformer: the backbone, or the flow-matching head."""

    dim: int
    n_layers: int
    head_dim: int
    hidden_dim: int
    n_heads: int
    n_kv_heads: int
    norm_eps: float
    rope_theta: float = 10000.0


@dataclass(frozen=True)
class CodecConfig:
    """The Voxtral codec (paper section 2.1). Strides and kernels in order of their side."""

    sampling_rate: int
    patch_size: int
    patch_kernel: int
    semantic_codebook_size: int
    semantic_dim: int
    acoustic_codebook_size: int
    acoustic_dim: int
    window: int
    halve_window: bool
    dim: int
    hidden_dim: int
    head_dim: int
    n_heads: int
    n_kv_heads: int
    norm_eps: float
    qk_norm_eps: float
    layer_scale_init: float
    encoder_lengths: tuple[int, ...]
    encoder_kernels: tuple[int, ...]
    encoder_strides: tuple[int, ...]
    decoder_lengths: tuple[int, ...]
    decoder_kernels: tuple[int, ...]
    decoder_strides: tuple[int, ...]

    @property
    def latent_dim(self) -> int:
        return self.semantic_dim + self.acoustic_dim

    @property
    def frame_samples(self) -> int:
        """Samples of one frame: patch size times all upsampling (240 * 8 = 1920)."""
        return self.patch_size * math.prod(self.decoder_strides)

    @property
    def frame_rate(self) -> float:
        """Frames per second (12.5)."""
        return self.sampling_rate / self.frame_samples

    @property
    def encoder_windows(self) -> tuple[int, ...]:
        """Earlier positions that each encoder stage sees: 16, 8, 4, 2."""
        windows, window = [], self.window
        for stride in self.encoder_strides:
            windows.append(window)
            if self.halve_window and stride > 1:
                window //= 2
        return tuple(windows)

    @property
    def decoder_windows(self) -> tuple[int, ...]:
        """Continues from where the encoder ended, doubling at each upsampling: 2, 4, 8, 16."""
        windows, window = [], self.encoder_windows[-1]
        if self.halve_window and self.encoder_strides[-1] > 1:
            window //= 2
        for stride in self.decoder_strides:
            if self.halve_window and stride > 1:
                window *= 2
            windows.append(window)
        return tuple(windows)


@dataclass(frozen=True)
class ModelConfig:
    """Everything that params.json says about one checkpoint."""

    backbone: TransformerConfig
    flow: TransformerConfig
    codec: CodecConfig
    vocab_size: int
    audio_id: int
    voices: tuple[str, ...]
    max_positions: int
    max_chars: int
    max_chain_chars: int
    max_voice_seconds: float
    temperature: float
    cfg: float
    steps: int

    @property
    def codebook_sizes(self) -> tuple[int, ...]:
        """Values of each codebook, specials included: 8194, then 36 times 23."""
        codec = self.codec
        acoustic = codec.acoustic_codebook_size + SPECIAL_CODES
        return (codec.semantic_codebook_size + SPECIAL_CODES, *[acoustic] * codec.acoustic_dim)

    @property
    def num_codebooks(self) -> int:
        return 1 + self.codec.acoustic_dim

    @property
    def semantic_rows(self) -> int:
        """Rows of the semantic head, padded to a multiple of 128 (8320)."""
        return _padded(self.codebook_sizes[0])

    @property
    def embedding_rows(self) -> int:
        """Rows of the one flat code embedding table (9088)."""
        return _padded(sum(self.codebook_sizes))


def _padded(rows: int) -> int:
    return -(-rows // 128) * 128


def read_params(path: Path) -> dict[str, Any]:
    """params.json as a dictionary.

    Raises:
        CheckpointError: If there is no such file, or it is not a JSON object.
    """
    try:
        params = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise no_such_file(path) from None
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}.", "Fetch it again.") from None
    if not isinstance(params, dict):
        raise CheckpointError(f"{path} is not a JSON object.", "Fetch it again.")
    return params


def parse_config(params: dict[str, Any]) -> ModelConfig:
    """The configuration of a params.json.

    Raises:
        CheckpointError: If a key is missing or a value is one that this engine cannot honour.
    """
    top = Section(params, "")
    multimodal = top.section("multimodal")
    audio = multimodal.section("audio_model_args")
    encoding = audio.section("audio_encoding_args")
    codec_keys = multimodal.section("audio_tokenizer_args")

    top.require("model_type", "voxtral_tts")
    top.require("use_biases", False)
    top.require("causal", True)
    top.require("tied_embeddings", True)
    audio.require("input_embedding_concat_type", "sum")
    encoding.require("codebook_pattern", "parallel")
    backbone = _transformer(top, norm_eps=top.above_zero("norm_eps"))
    flow_keys = audio.section("acoustic_transformer_args")
    flow_keys.require("use_biases", False)
    flow = _transformer(flow_keys, norm_eps=flow_keys.above_zero("norm_eps", 1e-5))
    codec = _codec(codec_keys)
    config = ModelConfig(
        backbone=backbone,
        flow=flow,
        codec=codec,
        vocab_size=top.positive("vocab_size"),
        audio_id=audio.get("audio_token_id", int),
        voices=codec_keys.names("voice"),
        max_positions=top.get("max_seq_len", int, 65536),
        # Keys of ours: the longest text, text of chunks that continue each other (0: not told) and
        # reference trained on, the flow's starting noise and its guidance.
        max_chars=audio.get("max_chunk_chars", int, 300),
        max_chain_chars=audio.get("max_chain_chars", int, 0),
        max_voice_seconds=audio.between("max_voice_seconds", float, 25.0, 0.5, 600),
        temperature=audio.between("temperature", float, 1.0, 0, 2),
        cfg=audio.between("cfg_alpha", float, 1.2, 0, 10),
        steps=flow_keys.between("n_decoding_steps", int, 8, 1, 256),
    )
    if not SHORTEST_CHUNK <= config.max_chars <= LONGEST_CHUNK:
        fault = f"is {config.max_chars}, not {SHORTEST_CHUNK} to {LONGEST_CHUNK}"
        raise audio.error("max_chunk_chars", fault)
    if config.max_chain_chars < 0:
        raise audio.error("max_chain_chars", f"is {config.max_chain_chars}, below 0")
    for name in ("dim", "head_dim"):  # halves turn together: rotary, and the embedding of time
        if top.positive(name) % 2:
            raise top.error(name, "is odd")
    flow_keys.require("input_dim", backbone.dim)
    flow_keys.require("dim", backbone.dim)
    audio.require("n_acoustic_codebook", codec.acoustic_dim)
    audio.require("semantic_codebook_size", codec.semantic_codebook_size)
    audio.require("acoustic_codebook_size", codec.acoustic_codebook_size)
    encoding.require("num_codebooks", config.num_codebooks)
    encoding.require("sampling_rate", codec.sampling_rate)
    encoding.require("frame_rate", codec.frame_rate)
    return config


def _transformer(keys: Section, norm_eps: float) -> TransformerConfig:
    sizes = {
        name: keys.positive(name)
        for name in ("dim", "n_layers", "head_dim", "hidden_dim", "n_heads", "n_kv_heads")
    }
    keys.divides("n_kv_heads", "n_heads")
    keys.between("n_layers", int, None, 1, 1024)
    rope_theta = keys.above_zero("rope_theta", 10000.0)
    return TransformerConfig(**sizes, norm_eps=norm_eps, rope_theta=rope_theta)


def _codec(keys: Section) -> CodecConfig:
    for name, value in (
        ("channels", 1),
        ("causal", True),
        ("conv_weight_norm", True),
        ("qk_norm", True),
        ("layer_scale", True),
        ("use_biases", False),
    ):
        keys.require(name, value)
    keys.divides("n_kv_heads", "n_heads")
    config = CodecConfig(
        sampling_rate=keys.positive("sampling_rate"),
        patch_size=keys.positive("pretransform_patch_size"),
        patch_kernel=keys.positive("patch_proj_kernel_size"),
        semantic_codebook_size=keys.positive("semantic_codebook_size"),
        semantic_dim=keys.positive("semantic_dim"),
        acoustic_codebook_size=keys.positive("acoustic_codebook_size"),
        acoustic_dim=keys.positive("acoustic_dim"),
        window=keys.positive("attn_sliding_window_size"),
        halve_window=keys.get("half_attn_window_upon_downsampling", bool),
        dim=keys.positive("dim"),
        hidden_dim=keys.positive("hidden_dim"),
        head_dim=keys.positive("head_dim"),
        n_heads=keys.positive("n_heads"),
        n_kv_heads=keys.positive("n_kv_heads"),
        norm_eps=keys.above_zero("norm_eps"),
        qk_norm_eps=keys.above_zero("qk_norm_eps"),
        layer_scale_init=keys.get("layer_scale_init", float, 0.01),
        encoder_lengths=keys.integers("encoder_transformer_lengths_str", "2,2,2,2"),
        encoder_kernels=keys.integers("encoder_convs_kernels_str", "4,4,4,3"),
        encoder_strides=keys.integers("encoder_convs_strides_str", "2,2,2,1"),
        decoder_lengths=keys.integers("decoder_transformer_lengths_str"),
        decoder_kernels=keys.integers("decoder_convs_kernels_str"),
        decoder_strides=keys.integers("decoder_convs_strides_str"),
    )
    for side in ("encoder", "decoder"):
        lengths, kernels, strides = (
            getattr(config, f"{side}_{what}") for what in ("lengths", "kernels", "strides")
        )
        if not len(lengths) == len(kernels) == len(strides):
            raise keys.error(f"{side}_*_str", "differ in length")
        if any(kernel < stride for kernel, stride in zip(kernels, strides, strict=True)):
            raise keys.error(f"{side}_convs_kernels_str", "has a kernel shorter than its stride")
    down, up = math.prod(config.encoder_strides), math.prod(config.decoder_strides)
    if down != up:
        complaint = f"multiply to {up}, encoder_convs_strides_str to {down}"
        raise keys.error("decoder_convs_strides_str", complaint)
    return config
