"""Voxtral text-to-speech: text in, float32 samples out.

Public names are loaded on first use, so that errors, options and text import without torch.

Example:
    >>> from engine import Engine
    >>> engine = Engine.from_folder("engine/checkpoints/nano")
    >>> samples = engine.speak("Hello there.")  # float32 [n], engine.sample_rate a second
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.errors import (
        CheckpointError,
        DeviceError,
        DownloadError,
        InputError,
        VoiceError,
        VoxtralError,
    )
    from engine.speech import SpeechChunk, SpeechOptions, Voice

__all__ = [
    "CheckpointError",
    "DeviceError",
    "DownloadError",
    "Engine",
    "InputError",
    "SpeechChunk",
    "SpeechOptions",
    "Voice",
    "VoiceError",
    "VoxtralError",
]

_MODULES = {
    "Engine": "engine.engine",
    "SpeechChunk": "engine.speech",
    "SpeechOptions": "engine.speech",
    "Voice": "engine.speech",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES.get(name, "engine.errors")), name)


def __dir__() -> list[str]:
    return __all__
