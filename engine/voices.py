"""Voices of all kinds -> the rows that prompts begin with."""

from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from engine import cloning
from engine.longform import chain_chars
from engine.models.voxtral import VoxtralModel
from engine.speech import SpeechOptions, Voice
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

    def guides(self, options: SpeechOptions) -> bool:
        """Whether cloned voices have a guide (`engine.generation.frame`): where the checkpoint asks
        for it, chunks do not continue each other, and this is no NVIDIA GPU."""
        config = self._model.model_config
        asked = config.guide_weight > 0 and bool(config.voices)
        return asked and not (chain_chars(config, options) or self._model.norm.weight.is_cuda)

    @cached_property
    def guide(self) -> Tensor:
        """Of the guide: presets joined, as long as a reference may be [rows, dim]."""
        config = self._model.model_config
        most = int(config.max_voice_seconds * config.codec.frame_rate)
        rows = self.preset(config.voices[0])
        for name in config.voices[1:]:
            joined = torch.cat([rows[:-1], self.preset(name)])
            if len(joined) > most + 1:
                break
            rows = joined
        return rows

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
