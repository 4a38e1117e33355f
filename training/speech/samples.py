"""Samples of paper section 3.1 as the model reads them, and their layout in a batch.

    [BOS][BEGIN_AUDIO] A1 rows, END row
    [NEXT_AUDIO_TEXT] bytes [REPEAT_AUDIO_TEXT][BEGIN_AUDIO] A2
    END row [NEXT_AUDIO_TEXT] bytes [REPEAT_AUDIO_TEXT][BEGIN_AUDIO] A3 ...

A1 is the voice. A sample of one part ends with A2; in a chain further parts go on from there, as
chunks of a long text do. The position before each frame of a part predicts it, the last frame
predicts END.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.cloning import voice_codes
from engine.config import END_AUDIO, SPECIAL_CODES, parse_config, read_params
from engine.tokenizer import Tokenizer
from training.data.speakers import unknown_style
from training.speech.prompts import IGNORED
from training.tokenizer import BYTES, SPECIALS

GRID = 32
"""Positions and frames that a batch is padded to multiples of."""
NEXT_AUDIO_TEXT, REPEAT_AUDIO_TEXT = 36, 35
ROWS = SPECIALS + BYTES
"""First index of a batch's audio rows in `Batch.inputs` where the text is in bytes."""


@dataclass(frozen=True)
class Vocabulary:
    """What the text of a prompt is made of; without arguments, bytes as nano has them.

    Args:
        size: Text tokens are below; in `Batch.inputs` the audio rows follow from here on.
        encode: A text's token ids; None for its bytes.
    """

    size: int = ROWS
    bos: int = 1
    begin_audio: int = 25
    next_audio_text: int = NEXT_AUDIO_TEXT
    repeat_audio_text: int = REPEAT_AUDIO_TEXT
    encode: Callable[[str], list[int]] | None = None

    def ids(self, text: str) -> list[int]:
        """Token ids of a text."""
        return self.encode(text) if self.encode else [SPECIALS + byte for byte in text.encode()]

    @classmethod
    def of(cls, folder: Path) -> "Vocabulary":
        """The vocabulary of a checkpoint folder.

        Raises:
            CheckpointError: If its params.json or tekken.json cannot be read.
        """
        tokenizer = Tokenizer.from_file(folder / "tekken.json")
        size = parse_config(read_params(folder / "params.json")).vocab_size
        bytes_alone = size == ROWS and tokenizer.encode_text("A\u00e9") == [1065, 1195, 1169]
        return cls(
            size,
            tokenizer.bos,
            tokenizer.begin_audio,
            tokenizer.next_audio_text,
            tokenizer.repeat_audio_text,
            None if bytes_alone else tokenizer.encode_text,
        )


@dataclass
class Part:
    """A text and its speech.

    Args:
        target: Codes to be said [frames, codebooks], 0-based.
        chars: Byte of the text spoken in each frame, float [frames], NaN where unknown.
        phones: Phone of each frame [frames], IGNORED where unknown.
        heard: Codes that the model reads as its history [frames, codebooks], 0-based: those of
            `target` or corrupted ones; -1 for silence.
        tokens: Ids of the text; None for its bytes.
    """

    text: bytes
    target: np.ndarray
    chars: np.ndarray
    phones: np.ndarray
    heard: np.ndarray
    tokens: list[int] | None = None

    @property
    def spelled(self) -> list[int]:
        """Token ids of the text."""
        return [SPECIALS + byte for byte in self.text] if self.tokens is None else self.tokens

    @property
    def length(self) -> int:
        """Positions from [NEXT_AUDIO_TEXT] to the last frame."""
        return 1 + len(self.spelled) + 2 + len(self.target)


@dataclass
class Sample:
    """One sequence.

    Args:
        prompt: Codes of A1 without its END row [frames, codebooks], 0-based.
        parts: At least one.
        style: Of the speaker (`training.codes.Spoken`).
    """

    prompt: np.ndarray
    parts: list[Part]
    style: np.ndarray = field(default_factory=unknown_style)

    @property
    def starts(self) -> list[int]:
        """Position of each part's [NEXT_AUDIO_TEXT]; an END row stands before it."""
        lengths = [part.length + 1 for part in self.parts]
        first = 2 + len(self.prompt) + 1
        return [first + sum(lengths[:n]) for n in range(len(lengths))]

    @property
    def length(self) -> int:
        return self.starts[-1] + self.parts[-1].length


@dataclass
class Batch:
    """Samples side by side, padded on the right; `frames` counts those of all parts and their ENDs.

    Args:
        inputs: [batch, length]: a text token below `Vocabulary.size`, above it the audio row
            `inputs - size`; the last one, after all of `rows`, is zero: padding, dropped frames.
        rows: Codes of the audio rows, specials included [rows, codebooks].
        query: Position that predicts each frame [batch, frames].
        semantic: Its target, specials included [batch, frames]; IGNORED in the padding.
        acoustic: 0-based acoustic codes [batch, frames, acoustic_dim]; -1 where not a frame.
        chars: Position of the byte spoken then, float [batch, frames]; NaN where unknown.
        phones: [batch, frames], IGNORED where unknown.
        text: First position of the part's text and the one after its last [batch, frames, 2].
        style: Of each speaker [batch, STYLE_VALUES], NaN where unknown.
    """

    inputs: Tensor
    rows: Tensor
    query: Tensor
    semantic: Tensor
    acoustic: Tensor
    chars: Tensor
    phones: Tensor
    text: Tensor
    style: Tensor

    def to(self, device: str) -> "Batch":
        return Batch(*(getattr(self, field.name).to(device) for field in fields(self)))


def prompt_ids(text: str, rows: Sequence[int], words: Vocabulary) -> list[int]:
    """The prompt's inputs, with `rows` in the place of the voice."""
    opening = [words.bos, words.begin_audio]
    closing = [words.repeat_audio_text, words.begin_audio]
    return [*opening, *rows, words.next_audio_text, *words.ids(text), *closing]


def on_grid(length: int) -> int:
    """The next multiple of GRID: kernels are made for each new size of a product."""
    return -(-length // GRID) * GRID


def collate(samples: Sequence[Sample], vocabulary: Vocabulary | None = None) -> Batch:
    """Pad samples to one batch, whose lengths are multiples of GRID."""
    batch, length = len(samples), on_grid(max(s.length for s in samples))
    frames = on_grid(max(sum(len(part.target) + 1 for part in s.parts) for s in samples))
    books = samples[0].prompt.shape[1]
    rows = []
    for s in samples:
        rows += [voice_codes(s.prompt), *(part.heard + SPECIAL_CODES for part in s.parts)]
    codes = np.concatenate(rows).astype(np.int64)
    words = vocabulary or Vocabulary()
    silence = words.size + len(codes)
    inputs = np.full((batch, length), silence, np.int64)
    query = np.zeros((batch, frames), np.int64)
    semantic = np.full((batch, frames), IGNORED, np.int64)
    acoustic = np.full((batch, frames, books - 1), -1, np.int64)
    chars = np.full((batch, frames), np.nan, np.float32)
    phones = np.full((batch, frames), IGNORED, np.int64)
    text = np.zeros((batch, frames, 2), np.int64)
    at = words.size
    for n, s in enumerate(samples):
        voice, done = len(s.prompt) + 1, 0
        inputs[n, :2] = words.bos, words.begin_audio
        inputs[n, 2 : 2 + voice] = np.arange(at, at + voice)
        at += voice
        end_row = at - 1
        for start, part in zip(s.starts, s.parts, strict=True):
            count, spelled = len(part.target), (start + 1, start + 1 + len(part.spelled))
            first = spelled[1] + 1  # it predicts frame 0: the part's [BEGIN_AUDIO]
            inputs[n, start - 1 : start + 1] = end_row, words.next_audio_text
            inputs[n, slice(*spelled)] = part.spelled
            inputs[n, first - 1 : first + 1] = words.repeat_audio_text, words.begin_audio
            history = np.where(part.heard[:, 0] < 0, silence, at + np.arange(count))
            inputs[n, first + 1 : first + 1 + count] = history
            at += count
            said = slice(done, done + count)
            semantic[n, said] = part.target[:, 0] + SPECIAL_CODES
            semantic[n, done + count] = END_AUDIO
            acoustic[n, said] = part.target[:, 1:]
            chars[n, said] = part.chars + spelled[0]
            phones[n, said] = part.phones
            text[n, done:], query[n, done:] = spelled, first  # in the padding too: it sees a text
            query[n, done : done + count + 1] += np.arange(count + 1)
            done += count + 1
    style = np.stack([s.style for s in samples])
    arrays = (inputs, codes, query, semantic, acoustic, chars, phones, text, style)
    return Batch(*(torch.from_numpy(array) for array in arrays))
