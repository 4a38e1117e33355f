"""A minimal tekken.json: 256 byte tokens and the specials of a Voxtral prompt.

Every byte of the text is one token, id = byte + 1000, as the first 256 entries of every Mistral
vocabulary. A small model with a small corpus has no use for a longer list.
"""

import base64
from typing import Any

BYTES, SPECIALS = 256, 1000

SPECIAL_NAMES = {
    0: "<unk>",
    1: "<s>",
    2: "</s>",
    3: "[INST]",
    4: "[/INST]",
    5: "[AVAILABLE_TOOLS]",
    6: "[/AVAILABLE_TOOLS]",
    7: "[TOOL_RESULTS]",
    8: "[/TOOL_RESULTS]",
    9: "[TOOL_CALLS]",
    10: "[IMG]",
    11: "<pad>",
    12: "[IMG_BREAK]",
    13: "[IMG_END]",
    14: "[PREFIX]",
    15: "[MIDDLE]",
    16: "[SUFFIX]",
    17: "[SYSTEM_PROMPT]",
    18: "[/SYSTEM_PROMPT]",
    19: "[TOOL_CONTENT]",
    24: "[AUDIO]",
    25: "[BEGIN_AUDIO]",
    34: "[TRANSCRIBE]",
    35: "[REPEAT_AUDIO_TEXT]",
    36: "[NEXT_AUDIO_TEXT]",
}
"""Ids and names of the real vocabulary; the ids between are fillers."""

PATTERN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How the real vocabulary splits text. Without merges it changes no id."""


def byte_level_tekken(
    voices: dict[str, int], frame_rate: float, sampling_rate: int = 24000
) -> dict[str, Any]:
    """The content of a tekken.json whose vocabulary (1256 ids) is the 256 bytes.

    Args:
        voices: Rows of each preset voice's embedding, END row included.
        frame_rate: Codec frames per second.
        sampling_rate: Samples per second of the codec.

    Example:
        >>> byte_level_tekken({"neutral_female": 38}, 12.5)["config"]["default_vocab_size"]
        1256
    """
    return {
        "config": {
            "pattern": PATTERN,
            "num_vocab_tokens": BYTES,
            "default_vocab_size": BYTES + SPECIALS,
            "default_num_special_tokens": SPECIALS,
            "version": "v7",
        },
        "vocab": [_byte_token(value) for value in range(BYTES)],
        "special_tokens": [
            {"rank": rank, "token_str": _special_name(rank), "is_control": True}
            for rank in range(SPECIALS)
        ],
        "version": 1,
        "type": "Tekken",
        "audio": {
            "sampling_rate": sampling_rate,
            "frame_rate": frame_rate,
            # Read by mistral-common, used for transcription only.
            "audio_encoding_config": {"num_mel_bins": 128, "hop_length": 160, "window_size": 400},
            "voice_num_audio_tokens": dict(voices),
        },
    }


def _byte_token(value: int) -> dict[str, Any]:
    return {
        "rank": value,
        "token_bytes": base64.b64encode(bytes([value])).decode("ascii"),
        "token_str": chr(value) if value < 128 else None,
    }


def _special_name(rank: int) -> str:
    return SPECIAL_NAMES.get(rank, f"<SPECIAL_{rank}>")
