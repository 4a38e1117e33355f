"""Sizes of the checkpoints that are trained here, as params.json dictionaries.

`nano`: 25 frames a second, because a small codec learns that far sooner than 12.5 on a CPU
(docs/training.md); everything else has the topology of Voxtral-4B-TTS-2603.
"""

from typing import Any


def params(
    dim: int = 256,
    n_layers: int = 8,
    hidden_dim: int = 768,
    head_dim: int = 64,
    flow_layers: int = 3,
    codec_dim: int = 256,
    codec_hidden: int = 512,
    codec_head_dim: int = 64,
    semantic_size: int = 1024,
    semantic_dim: int = 64,
    acoustic_dim: int = 36,
    levels: int = 21,
    window: int = 16,
    codec_lengths: tuple[int, ...] = (2, 2, 2),
    vocab_size: int = 1256,
    max_seq_len: int = 4096,
    max_chars: int = 100,
    max_chain_chars: int = 0,
    max_voice_seconds: float = 25.0,
    temperature: float = 0.1,
    cfg_alpha: float = 1.2,
) -> dict[str, Any]:
    """The content of params.json for a model of these sizes.

    `codec_lengths` gives the transformer layers of each stage, from the patch rate (100 Hz)
    down; every stage but the last halves the rate, so 4 stages are 12.5 Hz and 3 are 25 Hz.
    `max_chain_chars` is the longest text of chunks that continue each other, all together; 0 where
    none ever did (`SampleOptions.chain_chars` of training).
    """
    stages = len(codec_lengths)
    frame_samples = 240 * 2 ** (stages - 1)
    heads = dim // head_dim
    layer = {
        "dim": dim,
        "head_dim": head_dim,
        "hidden_dim": hidden_dim,
        "n_heads": heads,
        "n_kv_heads": heads,
        "use_biases": False,
    }
    audio = {
        "max_chunk_chars": max_chars,
        "max_chain_chars": max_chain_chars,
        "max_voice_seconds": max_voice_seconds,
        "temperature": temperature,
        "cfg_alpha": cfg_alpha,
        "semantic_codebook_size": semantic_size,
        "acoustic_codebook_size": levels,
        "n_acoustic_codebook": acoustic_dim,
        "audio_encoding_args": {
            "codebook_pattern": "parallel",
            "num_codebooks": 1 + acoustic_dim,
            "sampling_rate": 24000,
            "frame_rate": 24000 / frame_samples,
        },
        "audio_token_id": 24,
        "begin_audio_token_id": 25,
        "input_embedding_concat_type": "sum",
        "acoustic_transformer_args": {
            **layer,
            "input_dim": dim,
            "n_layers": flow_layers,
            "rope_theta": 10000.0,
            "sigma": 1e-5,
            "sigma_max": 1.0,
            "n_decoding_steps": 2,
        },
    }
    return {
        **layer,
        "n_layers": n_layers,
        "rope_theta": 10000.0,
        "norm_eps": 1e-5,
        "causal": True,
        "vocab_size": vocab_size,
        "tied_embeddings": True,
        "model_type": "voxtral_tts",
        "max_seq_len": max_seq_len,
        "max_position_embeddings": max_seq_len,
        "multimodal": {
            "bos_token_id": 1,
            "audio_model_args": audio,
            "audio_tokenizer_args": {
                "channels": 1,
                "sampling_rate": 24000,
                "pretransform_patch_size": 240,
                "patch_proj_kernel_size": 7,
                "semantic_codebook_size": semantic_size,
                "semantic_dim": semantic_dim,
                "acoustic_codebook_size": levels,
                "acoustic_dim": acoustic_dim,
                "conv_weight_norm": True,
                "causal": True,
                "qk_norm": True,
                "use_biases": False,
                "layer_scale": True,
                "layer_scale_init": 0.05,
                "attn_sliding_window_size": window,
                "half_attn_window_upon_downsampling": True,
                "dim": codec_dim,
                "hidden_dim": codec_hidden,
                "head_dim": codec_head_dim,
                "n_heads": codec_dim // codec_head_dim,
                "n_kv_heads": codec_dim // codec_head_dim,
                "norm_eps": 0.01,
                "qk_norm_eps": 1e-6,
                "encoder_transformer_lengths_str": _joined(codec_lengths),
                "encoder_convs_kernels_str": _joined((4,) * (stages - 1) + (3,)),
                "encoder_convs_strides_str": _joined((2,) * (stages - 1) + (1,)),
                "decoder_transformer_lengths_str": _joined(codec_lengths[::-1]),
                "decoder_convs_kernels_str": _joined((3,) + (4,) * (stages - 1)),
                "decoder_convs_strides_str": _joined((1,) + (2,) * (stages - 1)),
                "voice": {},
            },
        },
    }


def _joined(values: tuple[int, ...]) -> str:
    return ",".join(map(str, values))


PRESETS: dict[str, dict[str, Any]] = {
    "nano": params(max_chain_chars=300, max_chars=140, codec_lengths=(2, 2, 4), cfg_alpha=1.5),
    "tiny": params(
        dim=64,
        n_layers=2,
        hidden_dim=128,
        head_dim=16,
        flow_layers=2,
        codec_dim=32,
        codec_hidden=64,
        codec_head_dim=8,
        semantic_size=64,
        semantic_dim=16,
        codec_lengths=(2, 2, 2, 2),
    ),
}
