"""A fine-tuned checkpoint, written beside the one that it was made from.

What was not trained is copied, not computed anew: the codec's tensors are the old ones to the bit,
the old voices, the terms of use and the encoder file are the old files.
"""

import json
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from safetensors import safe_open
from torch import Tensor

from engine.checkpoint import WEIGHTS, write_tensors
from engine.config import read_params
from engine.encoder import NAME as ENCODER
from engine.encoder import find_encoder
from engine.voice import voice_path, write_voice

TERMS = ("LICENSE", "LICENSE.md", "LICENSE.txt", "NOTICE")
"""They bind whatever is made of a checkpoint, so they go along."""


def write_tuned(
    source: Path,
    folder: Path,
    weights: Mapping[str, Tensor],
    voices: Mapping[str, Tensor],
    encoder: Path | None = None,
) -> None:
    """Write a checkpoint like another one.

    Args:
        source: Folder of that.
        weights: What takes the place of its tensors; each is stored in the dtype of the old one.
        voices: Rows of further preset voices, [rows, dim].
        encoder: The encoder file that was used; None for that of `source`, if it has one.

    What was in `folder` stays until all is written.
    """
    part, old = (folder.with_name(f"{folder.name}.{name}") for name in ("part", "old"))
    try:
        if old.exists() and not folder.exists():  # the process was killed between two lines below
            old.replace(folder)
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)
        _write(source, part, weights, voices, encoder)
        if folder.exists():
            folder.replace(old)
        part.replace(folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write(
    source: Path,
    folder: Path,
    weights: Mapping[str, Tensor],
    voices: Mapping[str, Tensor],
    encoder: Path | None,
) -> None:
    (folder / "voice_embedding").mkdir(parents=True, exist_ok=True)
    params = read_params(source / "params.json")
    presets = params["multimodal"]["audio_tokenizer_args"].setdefault("voice", {})
    tekken = json.loads((source / "tekken.json").read_text(encoding="utf-8"))
    lengths = tekken["audio"].setdefault("voice_num_audio_tokens", {})
    for name in presets:
        shutil.copyfile(voice_path(source, name), voice_path(folder, name))
    for name, rows in voices.items():
        write_voice(folder, name, rows)
        presets[name], lengths[name] = 1 + max(presets.values(), default=-1), len(rows)
    _write_json(folder / "tekken.json", tekken, None)
    _write_json(folder / "params.json", params, 1)
    for terms in (path for name in TERMS if (path := source / name).is_file()):
        shutil.copyfile(terms, folder / terms.name)
    if separate := find_encoder(source, encoder):
        shutil.copyfile(separate, folder / ENCODER)
    stored = {}
    with safe_open(source / WEIGHTS, "pt") as file:
        for name in file.keys():  # noqa: SIM118 - it is no dictionary
            old = file.get_tensor(name)
            new = weights[name].detach().to("cpu", old.dtype) if name in weights else old
            stored[name] = new.contiguous()
    write_tensors(folder / WEIGHTS, stored, format="pt")


def _write_json(path: Path, content: dict[str, Any], indent: int | None) -> None:
    path.write_text(json.dumps(content, indent=indent) + "\n", encoding="utf-8")


def voice_names(speakers: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """The name of each speaker's voice: letters, digits and _, in lower case, as files have them.

    Args:
        taken: Names that voices have already; a speaker of such a name gets a number.

    Example:
        >>> voice_names(["Anna Lee", "casual_male"], ["casual_male"])
        {'Anna Lee': 'anna_lee', 'casual_male': 'casual_male_2'}
    """
    used, names = {name.lower() for name in taken}, {}
    for speaker in speakers:
        plain = re.sub(r"\W+", "_", speaker).strip("_").lower() or "speaker"
        name, number = plain, 1
        while name in used:
            number += 1
            name = f"{plain}_{number}"
        used.add(name)
        names[speaker] = name
    return names
