"""The ways into the engine: text to chunks, a model's name to a loaded engine.

Tests put a fake engine in the place of `load_engine`.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.config import ModelConfig
    from engine.engine import Engine
    from engine.speech import SpeechOptions


PRESET_LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "hi": "Hindi",
    "it": "Italian",
    "nl": "Dutch",
    "pt": "Portuguese",
}
"""What the names of presets begin with, and its name; all others are English."""


def plan(text: str, options: "SpeechOptions", model: str) -> list[str]:
    """The chunks that will be spoken; loads no weights."""
    from engine.text import Lexicon, plan_text

    max_chars = options.max_chars or read_config(model).max_chars
    words = Lexicon(options.lexicon)
    return plan_text(text, options.normalize, max_chars, options.language, words)


def read_voices(model: str) -> tuple[str, ...]:
    """The names of a model's preset voices, its default first; loads no weights."""
    return read_config(model).voices


def preset_language(voice: str | None, model: str) -> str:
    """The language of a preset (of the default one, without a name); English for other voices."""
    presets = [preset.lower() for preset in read_voices(model)]
    named = voice.lower() if voice else next(iter(presets), "")
    return language_of(named) if named in presets else "en"


def languages(model: str) -> tuple[str, ...]:
    """Codes of those that a model speaks, as its presets tell; none where they do not."""
    from engine.hub import EMBEDDED

    codes = tuple(dict.fromkeys(map(language_of, read_voices(model))))
    return codes if len(codes) > 1 or model == EMBEDDED else ()


def language_of(preset: str) -> str:
    prefix = preset.lower().partition("_")[0]
    return prefix if prefix in PRESET_LANGUAGES else "en"


def check_no_preset(name: str, model: str) -> None:
    """Refuses a name for a voice that a preset of a model has, whatever its case.

    Raises:
        InputError: If so.
    """
    from engine.errors import InputError

    if name.lower() in (preset.lower() for preset in read_voices(model)):
        raise InputError(f"{name} is a preset voice of {model}.", "Give another name.")


def can_clone(model: str, encoder: str | None) -> bool:
    """Whether a model has a codec encoder, with the file at hand; loads no weights."""
    from engine.checkpoint import has_encoder
    from engine.hub import resolve

    folder = resolve(model)
    return has_encoder(folder, encoder_file(folder, encoder))


def encoder_file(folder: Path, encoder: str | None) -> Path | None:
    """The file of `--encoder`; that of VOXTRAL_ENCODER only for a checkpoint without its own."""
    from engine.checkpoint import has_own_encoder

    if not encoder or (encoder == os.environ.get("VOXTRAL_ENCODER") and has_own_encoder(folder)):
        return None
    return Path(encoder)


def read_config(model: str) -> "ModelConfig":
    """What a model's params.json says."""
    from engine.config import parse_config, read_params
    from engine.hub import resolve

    return parse_config(read_params(resolve(model) / "params.json"))


def load_engine(
    model: str,
    device: str,
    encoder: str | None = None,
    quantize: str | None = None,
    graphs: bool | None = None,
) -> "Engine":
    """Finds the checkpoint, then loads it.

    Args:
        model: `nano`, a folder, or a hub id that was pulled.
        device: `auto`, `cpu`, `cuda` or `mps`.
        encoder: A file with a codec encoder.
        quantize: `int8` or `int4` for the backbone.
        graphs: CUDA graphs: as needed (None), all ahead, or none.
    """
    from engine.hub import resolve

    folder = resolve(model)  # before torch is imported: a misspelt name fails at once
    from engine.engine import Engine

    file = encoder_file(folder, encoder)
    engine = Engine.from_folder(folder, device, None, file, quantize, graphs)
    if engine.packed:
        import torch

        torch.set_num_threads(1)
    return engine
