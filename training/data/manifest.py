"""The corpus on disk: `manifest.jsonl` (one utterance a line) and `audio-NNN.npy` shards.

A shard is a mono int16 array at 24 kHz that holds utterances one after another. The manifest is
append-only and a line is written only once its shard is complete, so a corpus that is still being
built can be read at any time.
"""

import functools
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

SAMPLE_RATE = 24_000
MANIFEST_NAME = "manifest.jsonl"
SPLITS = ("train", "valid", "heldout")

WordSpan = tuple[int, int, float, float]
"""One word: first character, one past its last, start and end in seconds of the utterance."""

PhoneSpan = tuple[str, float, float]
"""One phone of the teacher: symbol, start and end in seconds of the utterance."""


@dataclass(frozen=True)
class Utterance:
    """One text, the stretch of a shard that says it, and where its words are."""

    id: str
    text: str
    speaker: str
    shard: str
    start: int
    samples: int
    split: str
    align: tuple[WordSpan, ...] | None = None
    phones: tuple[PhoneSpan, ...] | None = None
    folder: Path = Path()

    @property
    def seconds(self) -> float:
        return self.samples / SAMPLE_RATE

    def to_json(self) -> str:
        """The manifest line, without the folder (a corpus may be moved) and the newline."""
        fields = asdict(replace(self, folder=Path()))
        del fields["folder"]
        return json.dumps(fields, ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str, folder: Path) -> "Utterance":
        fields = json.loads(line)
        spans = fields.pop("align", None)
        align = None
        if spans is not None:
            align = tuple((int(a), int(b), float(s), float(e)) for a, b, s, e in spans)
        phones = fields.pop("phones", None)
        if phones is not None:
            phones = tuple((str(symbol), float(s), float(e)) for symbol, s, e in phones)
        return cls(**fields, align=align, phones=phones, folder=folder)


def iter_manifest(folder: Path | str) -> Iterator[Utterance]:
    """Utterances in the order in which they were written; a half-written last line is left out."""
    folder = Path(folder)
    with (folder / MANIFEST_NAME).open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n") and line.strip():
                yield Utterance.from_json(line, folder)


def load_manifest(dir: Path | str, split: str | None = None) -> list[Utterance]:
    """All utterances of a corpus, or those of one split."""
    if split is not None and split not in SPLITS:
        raise ValueError(f"split {split!r} is none of {', '.join(SPLITS)}")
    return [u for u in iter_manifest(dir) if split is None or u.split == split]


@functools.lru_cache(maxsize=256)
def _open_shard(path: Path) -> np.ndarray:
    """The mapped samples of a shard, int16 [n]."""
    return np.load(path, mmap_mode="r")


def read_samples(utterance: Utterance) -> np.ndarray:
    """Samples of an utterance as the shard holds them, int16 [n]."""
    shard = _open_shard(utterance.folder / utterance.shard)
    return shard[utterance.start : utterance.start + utterance.samples]


def read_audio(utterance: Utterance, start: int = 0, samples: int | None = None) -> np.ndarray:
    """Samples of an utterance, float32 [n] in [-1, 1]; `start` and `samples` select a crop."""
    end = utterance.samples if samples is None else min(start + samples, utterance.samples)
    return read_samples(utterance)[start:end].astype(np.float32) / 32768.0
