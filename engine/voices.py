"""Voices of all kinds -> the rows that prompts begin with."""

from pathlib import Path

from torch import Tensor

from engine import cloning
from engine.models.voxtral import VoxtralModel
from engine.speech import Voice
from engine.voice import find_voice, read_voice


class VoiceRows:
    """Rows of a checkpoint's presets, kept once read, and of voices made of codes.

    Args:
        folder: The checkpoint's.
        name: What the checkpoint is called in errors.
    """

    def __init__(self, folder: Path, model: VoxtralModel, name: str) -> None:
        self._folder, self._model, self._name = folder, model, name
        self._presets: dict[str, Tensor] = {}

    def preset(self, name: str | None) -> Tensor:
        """Of a preset, the first for None: [rows, dim]. Raises VoiceError if there is none."""
        config = self._model.model_config
        key = find_voice(name, config.voices, self._name)
        if key not in self._presets:
            weight = self._model.norm.weight
            rows = read_voice(self._folder, key, config.backbone.dim)
            self._presets[key] = rows.to(weight.device, weight.dtype)
        return self._presets[key]

    def cloned(self, voice: Voice, origin: tuple[str, str, str]) -> Tensor:
        """Of a voice made here or elsewhere: [rows, dim].

        Args:
            origin: Fingerprint, quantizer and name of this checkpoint.

        Raises:
            VoiceError: If the voice's codes mean something else to it.
        """
        cloning.check_quantizer(voice, *origin)
        codes = cloning.checked_codes(voice.codes, self._model.model_config.codec)
        return cloning.embed_codes(self._model, codes.T)
