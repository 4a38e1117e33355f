"""What a speech model is to say after any reference: samples, and what their teacher hears instead.

See `training.speech.steady`, which learns from them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from training.codes import Spoken
from training.speech.batches import POOL, Sampler, grouped, levels_of, values_of
from training.speech.samples import Batch, Sample, collate

OWN, STRANGER = 0.4, 0.8
"""Below: the speaker's own reference; a stranger's; above: another speaker's of the corpus."""
DISTORTED = {True: 0.2, False: 0.65}
"""Share of strangers, and of others, whose codes are distorted."""
ALIKE = 0.75
"""Share of samples with another's reference whose history sounds as the reference does."""
SHORTEST, LONGEST = 30, 500
"""Frames of a reference; evenly spread on a log scale."""


@dataclass
class Lessons:
    """Samples side by side, three times.

    Args:
        read: What the student reads.
        longer: For the teacher: the same, where the reference is the speaker's own after all of it.
        led: The same after a reference of `guide` frames, whose rows are to be the presets'.
        is_led: Whether `led` counts for the semantic codes, [batch].
    """

    read: Batch
    longer: Batch
    led: Batch
    is_led: Tensor

    def to(self, device: str) -> "Lessons":
        read, longer, led = (batch.to(device) for batch in (self.read, self.longer, self.led))
        return Lessons(read, longer, led, self.is_led.to(device))

    @property
    def inputs(self) -> Tensor:
        """Of the student, [batch, length]."""
        return self.read.inputs


class LessonSampler(Sampler):
    """Draws lessons."""

    def lessons(
        self, budget: int, strangers: Sequence[np.ndarray], guide: int
    ) -> Iterator[Lessons]:
        """An epoch: batches of at most `budget` positions of the student's.

        Args:
            strangers: Codes of references of nobody in the corpus [frames, codebooks], 0-based.
            guide: Frames of the presets' references, joined.
        """
        return (self._collated(pairs, guide) for pairs in self.pairs(budget, strangers))

    def pairs(
        self, budget: int, strangers: Sequence[np.ndarray]
    ) -> Iterator[list[tuple[Sample, Sample]]]:
        """What the student reads and what its teacher does, of each batch of `lessons`."""
        order = self.random.permutation(len(self.spoken))
        for start in range(0, len(order), POOL):
            pool = [
                self._lesson(self.spoken[index], strangers) for index in order[start : start + POOL]
            ]
            groups = grouped(pool, lambda pair: pair[0].length, budget)
            for number in self.random.permutation(len(groups)):
                yield groups[number]

    def _lesson(self, chosen: Spoken, strangers: Sequence[np.ndarray]) -> tuple[Sample, Sample]:
        """What the student reads, and what its teacher does."""
        draw = self.random.random()
        if draw < self.options.chain:
            sample = self.chain(chosen)
        else:
            sample = self.sample(chosen, joined=draw < self.options.chain + self.options.join)
        draw = self.random.random()
        if draw >= OWN:
            sample = self._after(sample, self._other(strangers if draw < STRANGER else ()))
            return sample, sample
        if self._is_fixed(sample):
            return sample, sample
        return replace(sample, prompt=self._piece(sample.prompt)), sample

    def _is_fixed(self, sample: Sample) -> bool:
        return any(sample.prompt is prompt for prompt in self.fixed.values())

    def _piece(self, codes: np.ndarray) -> np.ndarray:
        low, high = np.log([SHORTEST, LONGEST])
        frames = round(float(np.exp(self.random.uniform(low, high))))
        start = int(self.random.integers(max(len(codes) - frames, 0) + 1))
        return codes[start : start + frames]

    def _other(self, strangers: Sequence[np.ndarray]) -> np.ndarray:
        """A stranger's reference, or without any somebody's of the corpus; perhaps distorted."""
        index = int(self.random.integers(len(strangers or self.spoken)))
        codes = self._piece(strangers[index] if strangers else self.spoken[index].codes)
        often = DISTORTED[bool(strangers)]
        return self._distorted(codes) if self.random.random() < often else codes

    def _distorted(self, codes: np.ndarray) -> np.ndarray:
        """A voice that nobody has: acoustic values stretched, shifted and perhaps noisy; in half of
        the cases every semantic code is another one."""
        random, top, made = self.random, self.options.levels - 1, codes.astype(np.int64)
        values = values_of(codes, top)
        spread = random.uniform(0, 0.35, 2)[:, None]
        factor, shift = spread * random.standard_normal((2, values.shape[1]))
        values = values * (1 + factor) + shift
        if random.random() < 0.3:
            values += random.uniform(0, 0.3) * random.standard_normal(values.shape)
        made[:, 1:] = levels_of(values, top)
        if random.random() < 0.5:
            known, index = np.unique(made[:, 0], return_inverse=True)
            made[:, 0] = random.permutation(known)[index]
        return made

    def _after(self, sample: Sample, prompt: np.ndarray) -> Sample:
        """The sample after another reference, its history perhaps in that voice: acoustic values
        have the mean and deviation of the reference's."""
        if self.random.random() >= ALIKE:
            return replace(sample, prompt=prompt)
        top, parts = self.options.levels - 1, []
        wanted = values_of(prompt, top)
        for part in sample.parts:
            heard, known = part.heard.copy(), part.heard[:, 0] >= 0
            values = values_of(heard[known], top)
            if len(values) > 1:
                values = (values - values.mean(0)) / (values.std(0) + 0.05)
                values = values * (wanted.std(0) + 0.05) + wanted.mean(0)
                heard[known, 1:] = levels_of(values, top)
            parts.append(replace(part, heard=heard))
        return replace(sample, prompt=prompt, parts=parts)

    def _collated(self, pairs: Sequence[tuple[Sample, Sample]], guide: int) -> Lessons:
        read, longer = zip(*pairs, strict=True)
        blank = np.zeros((guide, read[0].prompt.shape[1]), np.int64)
        led = [replace(sample, prompt=blank) for sample in read]
        return Lessons(
            collate(read, self.vocabulary),
            collate(longer, self.vocabulary),
            collate(led, self.vocabulary),
            torch.tensor([not self._is_fixed(sample) for sample in read]),
        )
