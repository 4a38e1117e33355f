"""Random stretches of a corpus to train the codec on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.errors import InputError
from evaluation.phones import phone_labels
from training.codes import load_codes
from training.data.manifest import SAMPLE_RATE, Utterance, load_manifest, read_audio, read_samples

LABELS_HZ = 100


def _check(chosen: Sequence[object], samples: int) -> None:
    """Refuse recordings of which none is as long as a crop."""
    if not chosen:
        raise InputError(
            f"No recording is as long as a crop ({samples / SAMPLE_RATE:g} s).",
            "Give longer ones, or fewer --frames.",
        )


class Crops:
    """Random crops of a corpus, louder and softer by up to 6 dB."""

    def __init__(
        self, utterances: list[Utterance], frames: int, frame_samples: int, seed: int
    ) -> None:
        self.samples, self.frame_samples = frames * frame_samples, frame_samples
        self.utterances = [u for u in utterances if u.samples >= self.samples]
        _check(self.utterances, self.samples)
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


class HeldCrops:
    """The same crops of a corpus that lies whole on a device, 4 GB for 24 h, so that a GPU does
    not wait for the processor that cuts them. Phones are known every 10 ms.

    Args:
        device: Where everything is, and batches are.
    """

    def __init__(
        self,
        utterances: list[Utterance],
        frames: int,
        frame_samples: int,
        seed: int,
        device: str | torch.device,
    ) -> None:
        self.frames, self.frame_samples = frames, frame_samples
        self.samples, self.grid = frames * frame_samples, SAMPLE_RATE // LABELS_HZ
        chosen = [u for u in utterances if u.samples >= self.samples]
        _check(chosen, self.samples)
        sizes = [-(-u.samples // self.grid) for u in chosen]  # steps of the grid
        ends = np.cumsum(sizes)
        self.sound = torch.zeros(int(ends[-1]) * self.grid, dtype=torch.int16, device=device)
        labels = np.empty(ends[-1], np.int64)
        for utterance, size, end in zip(chosen, sizes, ends.tolist(), strict=True):
            first = (end - size) * self.grid
            sound = torch.from_numpy(read_samples(utterance).copy())
            self.sound[first : first + len(sound)] = sound.to(device)
            times = (np.arange(size) + 0.5) / LABELS_HZ
            labels[end - size : end] = phone_labels(utterance.phones, times)
        self.labels = torch.from_numpy(labels).to(device)
        self.starts = torch.from_numpy(ends - sizes).to(device) * self.grid
        self.room = torch.tensor([u.samples - self.samples + 1 for u in chosen], device=device)
        self.generator = torch.Generator(device).manual_seed(seed)

    def batch(self, size: int) -> tuple[Tensor, Tensor]:
        """float32 samples [size, samples], and the phone of each frame [size, frames]."""
        device = self.sound.device
        draws = torch.rand(3, size, device=device, generator=self.generator, dtype=torch.float64)
        chosen = (draws[0] * len(self.starts)).long()
        first = self.starts[chosen] + (draws[1] * self.room[chosen]).long()
        wave = self.sound[first[:, None] + torch.arange(self.samples, device=device)]
        gain = 10 ** ((12 * draws[2, :, None] - 6) / 20) / 32768
        centres = (torch.arange(self.frames, device=device) + 0.5) * self.frame_samples
        labels = self.labels[(first[:, None] + centres.long()) // self.grid]
        return wave * gain.float(), labels


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
        for source in self.sources:
            _check(source, frames * frame_samples)
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
