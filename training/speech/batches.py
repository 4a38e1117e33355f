"""Draws samples (`training.speech.samples`), and batches of them of similar length.

A1 is up to 25 s (of nano) of other utterances of the speaker, as far as there are any; a preset
speaker hears its own fixed prompt half of the time.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from torch import Tensor

from training.codes import Spoken
from training.speech.prompts import semantic_codes
from training.speech.samples import Batch, Part, Sample, Vocabulary, collate, on_grid

T = TypeVar("T")
A = TypeVar("A", np.ndarray, Tensor)
POOL = 512
"""Samples that are sorted by length at a time."""
JOINABLE = 60
"""Samples of several utterances appear once texts of so many bytes do."""


@dataclass(frozen=True)
class SampleOptions:
    """How samples are drawn.

    Args:
        prompt_frames: Shortest and longest A1, END row not counted; evenly spread on a log scale.
        fixed: Share of a preset speaker's samples with its fixed prompt.
        fixed_frames: Shortest and longest utterance that becomes a fixed prompt.
        corrupt: Share of samples whose history is corrupted: the model then hears something else
            than what it should have said, as it will when it speaks freely.
        swap_frames: Largest share of frames of such a sample that are another frame, or silence.
        swap_codes: Largest share whose semantic code is another one of the same phone.
        blur: Largest share of noise in their acoustic values.
        levels: Values of an acoustic code.
        join: Share of samples that say two utterances of the speaker in one go.
        joined_chars: Longest text of those.
        chain: Share of samples that say several utterances of the speaker in a chain of parts.
        chain_chars: Longest text of all parts of a chain (`max_chain_chars` of the checkpoint).
    """

    prompt_frames: tuple[int, int] = (30, 625)
    fixed: float = 0.5
    fixed_frames: tuple[int, int] = (26, 38)
    corrupt: float = 0.5
    swap_frames: float = 0.15
    swap_codes: float = 0.4
    blur: float = 0.6
    levels: int = 21
    join: float = 0.15
    joined_chars: int = 110
    chain: float = 0.3
    chain_chars: int = 300

    def short(self) -> "SampleOptions":
        """The same without chains and with references of at most some seconds."""
        low, high = self.prompt_frames
        return replace(self, prompt_frames=(low, min(high, 4 * low)), chain=0.0)


def by_speaker(spoken: Sequence[Spoken]) -> dict[str, list[Spoken]]:
    """What each speaker says, in order."""
    grouped: dict[str, list[Spoken]] = defaultdict(list)
    for one in spoken:
        grouped[one.speaker].append(one)
    return grouped


def grouped(pool: list[T], length: Callable[[T], int], budget: int) -> list[list[T]]:
    """Batches of at most `budget` positions, of neighbours in length."""
    groups: list[list[T]] = [[]]
    for one in sorted(pool, key=length):
        if groups[-1] and on_grid(length(one)) * (len(groups[-1]) + 1) > budget:
            groups.append([])
        groups[-1].append(one)
    return groups


def values_of(codes: A, top: int) -> A:
    """Acoustic values, -1 to 1, of codes [..., codebooks]; the highest acoustic one is `top`."""
    return codes[..., 1:] * (2 / top) - 1


def levels_of(values: np.ndarray, top: int) -> np.ndarray:
    """The acoustic codes nearest to values [frames, acoustic_dim]."""
    return ((values.clip(-1, 1) + 1) * (top / 2)).round()


class Sampler:
    """Draws samples and batches from a corpus of codes.

    Args:
        spoken: Utterances to be spoken.
        fixed: Codes of the fixed prompt of each preset speaker [frames, codebooks], 0-based.
        vocabulary: Of the model.
        parts: What joined samples and chains go on with; None for all that is spoken.
    """

    def __init__(
        self,
        spoken: Sequence[Spoken],
        fixed: dict[str, np.ndarray],
        options: SampleOptions,
        seed: int,
        vocabulary: Vocabulary | None = None,
        parts: Sequence[Spoken] | None = None,
    ) -> None:
        self.options, self.fixed = options, fixed
        self.vocabulary = vocabulary or Vocabulary()
        self.spoken = sorted(spoken, key=lambda s: s.frames)
        self.random = np.random.default_rng(seed)
        self.speakers = by_speaker(self.spoken)
        self.parts = self.speakers if parts is None else by_speaker(parts)
        self.semantic = semantic_codes(self.spoken)

    def sample(self, chosen: Spoken, joined: bool = False) -> Sample:
        """A sample that says this utterance, and after it a second one if `joined`."""
        said = [chosen]
        if joined:
            said += self._another(said, 0, self.options.joined_chars - 1)
        return Sample(self._prompt(said), [self._part(said)], chosen.style)

    def chain(self, chosen: Spoken) -> Sample:
        """A sample that says this utterance and goes on with others, each with its own text.

        They are drawn as long as they fit. Each chain has its own least length: some have many
        short parts, some few long ones.
        """
        said, least = [chosen], int(self.random.integers(self.options.chain_chars // 3))
        while more := self._another(said, least, self.options.chain_chars):
            said += more
        return Sample(self._prompt(said), [self._part([s]) for s in said], chosen.style)

    def batches(
        self, budget: int, longest_chars: int, targets: Sequence[Spoken] | None = None
    ) -> Iterator[Batch]:
        """An epoch over the texts of at most so many bytes: batches of at most `budget` positions.

        Samples are made a pool at a time; neighbours in length within a pool share a batch.

        Args:
            targets: What is said first in each sample; None for all.
        """
        targets = self.spoken if targets is None else targets
        chars = np.array([len(s.text.encode()) for s in targets])
        order = self.random.permutation(np.flatnonzero(chars <= max(longest_chars, chars.min())))
        for start in range(0, len(order), POOL):
            pool = []
            for index in order[start : start + POOL]:
                chosen, draw = targets[index], self.random.random() - self.options.chain
                if longest_chars >= JOINABLE and draw < 0:
                    pool.append(self.chain(chosen))
                else:
                    joined = longest_chars >= JOINABLE and draw < self.options.join
                    pool.append(self.sample(chosen, joined))
            groups = grouped(pool, lambda sample: sample.length, budget)
            for number in self.random.permutation(len(groups)):
                yield collate(groups[number], self.vocabulary)

    def _another(self, said: list[Spoken], least: int, most: int) -> list[Spoken]:
        """One more of the speaker's utterances, or none.

        Args:
            least: Bytes of its text.
            most: Bytes of all texts together.
        """
        room = most - sum(len(s.text.encode()) for s in said)
        others = self._others(said, self.parts)
        fitting = [s for s in others if least <= len(s.text.encode()) <= room]
        return [fitting[self.random.integers(len(fitting))]] if fitting else []

    def _others(self, said: list[Spoken], pool: dict[str, list[Spoken]]) -> list[Spoken]:
        return [s for s in pool[said[0].speaker] if not any(s is p for p in said)]

    def _part(self, said: list[Spoken]) -> Part:
        """Utterances in one go, a space between their texts."""
        target = np.concatenate([s.codes for s in said])
        offsets = np.cumsum([0, *(len(s.text.encode()) + 1 for s in said)])
        chars = [s.chars.astype(np.float32) + o for s, o in zip(said, offsets, strict=False)]
        phones = np.concatenate([s.phones for s in said])
        text, spoken = " ".join(s.text for s in said), np.concatenate(chars)
        tokens = self.vocabulary.encode(text) if self.vocabulary.encode else None
        if tokens is not None:
            spoken = np.full_like(spoken, np.nan)  # known by the byte, not by the token
        heard = self._heard(target, phones)
        return Part(text.encode(), target, spoken, phones, heard, tokens)

    def _prompt(self, said: list[Spoken]) -> np.ndarray:
        fixed = self.fixed.get(said[0].speaker)
        if fixed is not None and self.random.random() < self.options.fixed:
            source = (np.array_equal(s.codes[: len(fixed)], fixed) for s in said)
            if not any(source):  # nobody repeats what it is to say
                return fixed
        low, high = np.log(self.options.prompt_frames)
        missing = round(float(np.exp(self.random.uniform(low, high))))
        pool, pieces = self._others(said, self.speakers) or [said[0]], []
        for index in self.random.permutation(len(pool)):  # each once: no reference repeats itself
            codes = pool[index].codes
            start = int(self.random.integers(max(len(codes) - missing, 0) + 1))
            pieces.append(codes[start : start + missing])
            missing -= len(pieces[-1])
            if missing == 0:
                break
        return np.concatenate(pieces)

    def _heard(self, target: np.ndarray, phones: np.ndarray) -> np.ndarray:
        """What the model reads as its own history."""
        options, random, heard = self.options, self.random, target.astype(np.int64)
        if random.random() >= options.corrupt:
            return heard
        frames, top = len(heard), options.levels - 1
        for frame in np.flatnonzero(random.random(frames) < random.uniform(0, options.swap_codes)):
            alike = self.semantic.get(int(phones[frame]))
            if alike is not None:
                heard[frame, 0] = alike[random.integers(len(alike))]
        share, spread = random.uniform(0, options.blur), random.uniform(0, 1)
        values = values_of(heard, top)
        values = (1 - share) * values + share * spread * random.standard_normal(values.shape)
        heard[:, 1:] = levels_of(values, top)
        swapped = random.random(frames) < random.uniform(0, options.swap_frames)
        heard[swapped] = heard[random.integers(frames, size=int(swapped.sum()))]
        heard[swapped & (random.random(frames) < 0.5)] = -1
        return heard
