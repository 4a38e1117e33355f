"""Samples (A1, T2, A2) of paper section 3.1, and batches of them of similar length.

    [BOS][BEGIN_AUDIO] A1 rows, END row [NEXT_AUDIO_TEXT] bytes [REPEAT_AUDIO_TEXT][BEGIN_AUDIO] A2

The position before each frame of A2 predicts it, the last frame predicts END. A1 is up to 25 s (of
nano) of other utterances of the speaker; a preset speaker hears its own fixed prompt half of the
time.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from engine.cloning import voice_codes
from engine.config import END_AUDIO, SPECIAL_CODES, ModelConfig
from training.codes import Spoken
from training.speech.prompts import IGNORED, semantic_codes
from training.tokenizer import BYTES, SPECIALS

NEXT_AUDIO_TEXT, REPEAT_AUDIO_TEXT = 36, 35
ROWS = SPECIALS + BYTES
"""First index of a batch's audio rows in `Batch.inputs`; text tokens come before."""
POOL = 512
"""Samples that are sorted by length at a time."""
JOINABLE = 60
"""Samples of two utterances appear once texts of so many bytes do."""


@dataclass(frozen=True)
class SampleOptions:
    """How samples are drawn.

    Args:
        prompt_frames: Shortest and longest A1, END row not counted; evenly spread on a log scale.
        fixed: Share of a preset speaker's samples with its fixed prompt.
        corrupt: Share of samples whose history is corrupted: the model then hears something else
            than what it should have said, as it will when it speaks freely.
        swap_frames: Largest share of frames of such a sample that are another frame, or silence.
        swap_codes: Largest share whose semantic code is another one of the same phone.
        blur: Largest share of noise in their acoustic values.
        levels: Values of an acoustic code.
        join: Share of samples that say two utterances of the speaker in one go.
        joined_chars: Longest text of those.
    """

    prompt_frames: tuple[int, int] = (30, 625)
    fixed: float = 0.5
    corrupt: float = 0.5
    swap_frames: float = 0.15
    swap_codes: float = 0.4
    blur: float = 0.6
    levels: int = 21
    join: float = 0.15
    joined_chars: int = 110


@dataclass
class Sample:
    """One sequence.

    Args:
        prompt: Codes of A1 without its END row [frames, codebooks], 0-based.
        target: Codes of A2 [frames, codebooks], 0-based.
        chars: Byte of the text spoken in each frame of A2, float [frames], NaN where unknown.
        phones: Phone of each frame of A2 [frames], IGNORED where unknown.
        heard: Codes that the model reads as its history [frames, codebooks], 0-based: those of
            `target` or corrupted ones; -1 for silence.
    """

    text: bytes
    prompt: np.ndarray
    target: np.ndarray
    chars: np.ndarray
    phones: np.ndarray
    heard: np.ndarray

    @property
    def text_start(self) -> int:
        return 2 + len(self.prompt) + 1 + 1

    @property
    def first(self) -> int:
        """Position that predicts frame 0: the second [BEGIN_AUDIO]."""
        return self.text_start + len(self.text) + 1

    @property
    def length(self) -> int:
        return self.first + 1 + len(self.target)


@dataclass
class Batch:
    """Samples side by side, padded on the right.

    Args:
        inputs: [batch, length]: a text token below ROWS, audio row `inputs - ROWS` above; the
            last row (after all of `rows`) is zero: padding and dropped frames.
        rows: Codes of the audio rows, specials included [rows, codebooks].
        query: Position that predicts each frame [batch, frames + 1], END last.
        semantic: Its target, specials included [batch, frames + 1]; IGNORED in the padding.
        acoustic: 0-based acoustic codes [batch, frames + 1, acoustic_dim]; -1 where not a frame.
        chars: Position of the byte spoken then, float [batch, frames + 1]; NaN where unknown.
        phones: [batch, frames + 1], IGNORED where unknown.
        text: First position of the text and the one after its last [batch, 2].
    """

    inputs: Tensor
    rows: Tensor
    query: Tensor
    semantic: Tensor
    acoustic: Tensor
    chars: Tensor
    phones: Tensor
    text: Tensor

    def to(self, device: str) -> "Batch":
        return Batch(*(getattr(self, field.name).to(device) for field in fields(self)))


class Sampler:
    """Draws samples and batches from a corpus of codes.

    Args:
        spoken: Utterances to be spoken.
        fixed: Codes of the fixed prompt of each preset speaker [frames, codebooks], 0-based.
    """

    def __init__(
        self,
        spoken: Sequence[Spoken],
        fixed: dict[str, np.ndarray],
        options: SampleOptions,
        seed: int,
    ) -> None:
        self.options, self.fixed = options, fixed
        self.spoken = sorted(spoken, key=lambda s: s.frames)
        self.random = np.random.default_rng(seed)
        self.speakers: dict[str, list[Spoken]] = defaultdict(list)
        for s in self.spoken:
            self.speakers[s.speaker].append(s)
        self.semantic = semantic_codes(self.spoken)
        self.chars = np.array([len(s.text.encode()) for s in self.spoken])

    def sample(self, chosen: Spoken, joined: bool = False) -> Sample:
        """A sample that says this utterance, and after it a second one if `joined`."""
        parts = [chosen]
        if joined:
            room = self.options.joined_chars - len(chosen.text.encode()) - 1
            fitting = [s for s in self._others(chosen) if len(s.text.encode()) <= room]
            parts += [fitting[self.random.integers(len(fitting))]] if fitting else []
        target = np.concatenate([p.codes for p in parts])
        offsets = [0, len(chosen.text.encode()) + 1]  # of each part's text
        chars = [p.chars.astype(np.float32) + o for p, o in zip(parts, offsets, strict=False)]
        phones = np.concatenate([p.phones for p in parts])
        prompt = self._prompt(chosen, parts)
        return Sample(
            " ".join(p.text for p in parts).encode(),
            prompt,
            target,
            np.concatenate(chars),
            phones,
            self._heard(target, phones),
        )

    def batches(self, budget: int, longest_chars: int) -> Iterator[Batch]:
        """An epoch over the texts of at most so many bytes: batches of at most `budget` positions.

        Samples are made a pool at a time; neighbours in length within a pool share a batch.
        """
        allowed = np.flatnonzero(self.chars <= max(longest_chars, self.chars.min()))
        order = self.random.permutation(allowed)
        for start in range(0, len(order), POOL):
            pool = []
            for index in order[start : start + POOL]:
                joined = longest_chars >= JOINABLE and self.random.random() < self.options.join
                pool.append(self.sample(self.spoken[index], joined))
            pool.sort(key=lambda s: s.length)
            groups: list[list[Sample]] = [[]]
            for sample in pool:
                if groups[-1] and sample.length * (len(groups[-1]) + 1) > budget:
                    groups.append([])
                groups[-1].append(sample)
            for number in self.random.permutation(len(groups)):
                yield collate(groups[number])

    def _others(self, chosen: Spoken) -> list[Spoken]:
        return [s for s in self.speakers[chosen.speaker] if s is not chosen]

    def _prompt(self, chosen: Spoken, parts: list[Spoken]) -> np.ndarray:
        if chosen.speaker in self.fixed and self.random.random() < self.options.fixed:
            return self.fixed[chosen.speaker]
        low, high = np.log(self.options.prompt_frames)
        missing = round(float(np.exp(self.random.uniform(low, high))))
        pool = [s for s in self.speakers[chosen.speaker] if not any(s is p for p in parts)]
        pool, pieces = pool or [chosen], []
        while missing > 0:
            codes = pool[self.random.integers(len(pool))].codes
            start = int(self.random.integers(max(len(codes) - missing, 0) + 1))
            pieces.append(codes[start : start + missing])
            missing -= len(pieces[-1])
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
        values = heard[:, 1:] * (2 / top) - 1
        values = (1 - share) * values + share * spread * random.standard_normal(values.shape)
        heard[:, 1:] = ((values.clip(-1, 1) + 1) * (top / 2)).round()
        swapped = random.random(frames) < random.uniform(0, options.swap_frames)
        heard[swapped] = heard[random.integers(frames, size=int(swapped.sum()))]
        heard[swapped & (random.random(frames) < 0.5)] = -1
        return heard


def prompt_ids(text: bytes, rows: Sequence[int], config: ModelConfig) -> list[int]:
    """The prompt's inputs, with `rows` in the place of the voice."""
    opening = [config.bos_id, config.begin_audio_id]
    spelled = [SPECIALS + byte for byte in text]
    closing = [REPEAT_AUDIO_TEXT, config.begin_audio_id]
    return [*opening, *rows, NEXT_AUDIO_TEXT, *spelled, *closing]


def collate(samples: Sequence[Sample], bos: int = 1, begin_audio: int = 25) -> Batch:
    """Pad samples to one batch."""
    batch, length = len(samples), max(s.length for s in samples)
    frames = 1 + max(len(s.target) for s in samples)
    books = samples[0].target.shape[1]
    rows = [part for s in samples for part in (voice_codes(s.prompt), s.heard + SPECIAL_CODES)]
    codes = np.concatenate(rows).astype(np.int64)
    silence = ROWS + len(codes)
    inputs = np.full((batch, length), silence, np.int64)
    query = np.zeros((batch, frames), np.int64)
    semantic = np.full((batch, frames), IGNORED, np.int64)
    acoustic = np.full((batch, frames, books - 1), -1, np.int64)
    chars = np.full((batch, frames), np.nan, np.float32)
    phones = np.full((batch, frames), IGNORED, np.int64)
    text = np.zeros((batch, 2), np.int64)
    at = ROWS
    for n, s in enumerate(samples):
        count, voice = len(s.target), len(s.prompt) + 1
        text[n] = s.text_start, s.text_start + len(s.text)
        inputs[n, :2] = bos, begin_audio
        inputs[n, 2 : 2 + voice] = np.arange(at, at + voice)
        inputs[n, 2 + voice] = NEXT_AUDIO_TEXT
        inputs[n, text[n, 0] : text[n, 1]] = np.frombuffer(s.text, np.uint8).astype(int) + SPECIALS
        inputs[n, s.first - 1 : s.first + 1] = REPEAT_AUDIO_TEXT, begin_audio
        history = np.where(s.heard[:, 0] < 0, silence, at + voice + np.arange(count))
        inputs[n, s.first + 1 : s.length] = history
        at += voice + count
        query[n] = s.first  # in the padding too: a position that sees the text
        query[n, : count + 1] += np.arange(count + 1)
        semantic[n, :count] = s.target[:, 0] + SPECIAL_CODES
        semantic[n, count] = END_AUDIO
        acoustic[n, :count] = s.target[:, 1:]
        chars[n, :count] = s.chars + s.text_start
        phones[n, :count] = s.phones
    arrays = (inputs, codes, query, semantic, acoustic, chars, phones, text)
    return Batch(*(torch.from_numpy(array) for array in arrays))
