"""Samples between rates and clips from a folder, for the ears and the metrics."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import InputError
from evaluation.phones import PhoneSpan

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
OnFault = Callable[[InputError], None]
"""What is done about a recording or a speaker that cannot be used: it is left out, or it raises."""


def refuse(fault: InputError) -> None:
    """Nothing is left out."""
    raise fault


@dataclass(frozen=True)
class Clip:
    """A recording.

    Args:
        name: What to call it in reports.
        samples: float32 [n], mono.
        rate: Samples a second.
        text: What is said in it; empty when nobody wrote it down.
        phones: The phones said, one after another; None when nobody knows them.
    """

    name: str
    samples: np.ndarray
    rate: int
    text: str = ""
    phones: tuple[PhoneSpan, ...] | None = None

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / self.rate


def resample(samples: np.ndarray, rate: int, target: int) -> np.ndarray:
    """float32 [n] at `rate` to float32 [m] at `target`, m = n * target / rate."""
    import soxr

    mono = np.ascontiguousarray(samples, dtype=np.float32)
    return mono if rate == target else soxr.resample(mono, rate, target)


def read_clips(
    folder: Path, limit: int | None = None, on_fault: OnFault = refuse
) -> Iterator[Clip]:
    """The recordings of `folder` and below, by name, each with the text of a `.txt` beside it.

    Args:
        limit: Most recordings; spread evenly, so that of folders of speakers all are heard.
        on_fault: Called for each that cannot be read, which is then left out.

    Raises:
        InputError: If there is no recording, or one that cannot be read.
    """
    import soundfile

    found = (p for p in folder.rglob("*") if not p.name.startswith("."))
    paths = sorted(p for p in found if p.suffix.lower() in SUFFIXES)
    if not paths:
        raise InputError(
            f"{folder} has no recordings.", f"Give a folder with {', '.join(SUFFIXES)} files."
        )
    count = len(paths) if limit is None else min(limit, len(paths))
    for path in [paths[number * len(paths) // count] for number in range(count)]:
        try:
            samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        except soundfile.SoundFileError as error:
            on_fault(InputError(f"{path} cannot be read: {error}", "Take it out."))
            continue
        transcript = path.with_suffix(".txt")
        text = transcript.read_text(encoding="utf-8").strip() if transcript.is_file() else ""
        yield Clip(str(path.relative_to(folder)), samples.mean(axis=1), int(rate), text)
