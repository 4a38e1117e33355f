"""A checkpoint folder of any dimensions whose weights are a hole in a file.

The system hands out zeros for it and keeps them in its cache like any other file's bytes, so that
loading takes what it would take from a warm cache, and nothing lies on the disk. What is spoken
from zeros ends after one frame.
"""

import json
import shutil
from pathlib import Path

import torch

from benchmarks.synthetic import VOICE_ROWS
from engine import checkpoint
from engine.config import parse_config, read_params
from engine.hub import resolve
from engine.voice import write_voice

NAMES = {torch.bfloat16: "BF16", torch.float32: "F32"}


def make(folder: Path, params: Path) -> None:
    """Write the folder: params.json, a tokenizer (nano's, if there is none beside it), a voice."""
    shutil.copy(params, folder / "params.json")
    own = params.with_name("tekken.json")
    shutil.copy(own if own.is_file() else resolve("nano") / own.name, folder)
    config = parse_config(read_params(params))
    (folder / "voice_embedding").mkdir()
    write_voice(folder, config.voices[0], torch.zeros(VOICE_ROWS, config.backbone.dim))
    header: dict[str, object] = {}
    end = 0
    for name, tensor in checkpoint.build(config, with_encoder=False).state_dict().items():
        dtype = torch.float32 if name.startswith(checkpoint.FLOAT32_PREFIX) else torch.bfloat16
        begin, end = end, end + tensor.numel() * dtype.itemsize
        header[name] = {
            "dtype": NAMES[dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    words = json.dumps(header).encode()
    words += b" " * (-len(words) % 8)
    with (folder / checkpoint.WEIGHTS).open("wb") as file:
        file.write(len(words).to_bytes(8, "little") + words)
        file.truncate(8 + len(words) + end)
