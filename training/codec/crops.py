"""Random stretches of a corpus to train the codec on."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from evaluation.phones import phone_labels
from training.codes import load_codes
from training.data.manifest import SAMPLE_RATE, Utterance, load_manifest, read_audio


class Crops:
    """Random crops of a corpus, louder and softer by up to 6 dB."""

    def __init__(
        self, utterances: list[Utterance], frames: int, frame_samples: int, seed: int
    ) -> None:
        self.samples, self.frame_samples = frames * frame_samples, frame_samples
        self.utterances = [u for u in utterances if u.samples >= self.samples]
        assert self.utterances, "no utterance is as long as a crop"
        self.random = np.random.default_rng(seed)

    def batch(self, size: int) -> tuple[Tensor, Tensor]:
        """float32 samples [size, samples], and the phone of each frame [size, frames]."""
        chosen = self.random.integers(len(self.utterances), size=size)
        crops = [self._crop(self.utterances[i]) for i in chosen]
        waves, phones = zip(*crops, strict=True)
        return torch.from_numpy(np.stack(waves)), torch.from_numpy(np.stack(phones))

    def _crop(self, utterance: Utterance) -> tuple[np.ndarray, np.ndarray]:
        start = int(self.random.integers(utterance.samples - self.samples + 1))
        gain = 10 ** (self.random.uniform(-6, 6) / 20)
        wave = (read_audio(utterance, start, self.samples) * gain).astype(np.float32)
        centres = start + (np.arange(self.samples // self.frame_samples) + 0.5) * self.frame_samples
        return wave, phone_labels(utterance.phones, centres / SAMPLE_RATE)


class CodedCrops:
    """Random crops of utterances whose codes are known.

    Args:
        folders: Of codes of this corpus; each is drawn from equally often.
    """

    def __init__(
        self, folders: list[Path], corpus: Path, frames: int, frame_samples: int, seed: int
    ) -> None:
        utterances = {u.id: u for u in load_manifest(corpus, "train")}
        self.frames, self.frame_samples = frames, frame_samples
        self.sources = [
            [
                (utterances[s.id], s.codes)
                for s in load_codes(folder, corpus)
                if s.id in utterances and s.frames > frames
            ]
            for folder in folders
        ]
        assert self.sources, "the decoder alone needs --codes"
        assert all(self.sources), "no utterance is as long as a crop"
        self.random = np.random.default_rng(seed)

    def batch(self, size: int) -> tuple[Tensor, Tensor]:
        """float32 samples [size, samples], and their codes [size, codebooks, frames]."""
        waves, codes = zip(*(self._crop() for _ in range(size)), strict=True)
        return torch.from_numpy(np.stack(waves)), torch.from_numpy(np.stack(codes))

    def _crop(self) -> tuple[np.ndarray, np.ndarray]:
        source = self.sources[self.random.integers(len(self.sources))]
        utterance, codes = source[self.random.integers(len(source))]
        start = int(self.random.integers(len(codes) - self.frames))  # the last frame is not whole
        samples = self.frames * self.frame_samples
        wave = read_audio(utterance, start * self.frame_samples, samples)
        return wave, codes[start : start + self.frames].T.astype(np.int64)
