"""Recordings with transcripts in a folder, in the two layouts that are common.

- `metadata.csv` with lines `file|text` or `file|text|speaker` (LJSpeech; the file may lack its
  suffix and lie in `wavs/`);
- a `.txt` beside every sound file, of the same stem.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from training.data.manifest import SAMPLE_RATE

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")


def recordings(folder: Path) -> list[tuple[Path, str, str]]:
    """(sound file, text, speaker) of every recording, in a fixed order.

    Raises:
        FileNotFoundError: Nothing in the folder has both sound and text.
    """
    metadata = folder / "metadata.csv"
    found = list(_from_metadata(metadata) if metadata.is_file() else _from_pairs(folder))
    if not found:
        raise FileNotFoundError(f"no recordings with transcripts in {folder}")
    return found


def _sound_file(folder: Path, name: str) -> Path | None:
    """The sound file that a line of the metadata names."""
    for base in (folder / name, folder / "wavs" / name):
        for path in (base, *(base.with_name(base.name + suffix) for suffix in SUFFIXES)):
            if path.is_file():
                return path
    return None


def _from_metadata(metadata: Path) -> Iterator[tuple[Path, str, str]]:
    for line in metadata.read_text(encoding="utf-8").splitlines():
        name, _, rest = line.partition("|")
        text, _, speaker = rest.partition("|")
        path = _sound_file(metadata.parent, name.strip())
        if path is not None and text.strip():
            yield path, text.strip(), speaker.strip() or metadata.parent.name


def _from_pairs(folder: Path) -> Iterator[tuple[Path, str, str]]:
    for path in sorted(folder.rglob("*")):
        transcript = path.with_suffix(".txt")
        if path.suffix.lower() in SUFFIXES and transcript.is_file():
            text = " ".join(transcript.read_text(encoding="utf-8").split())
            if text:
                yield path, text, path.parent.name


def read_mono(path: Path) -> np.ndarray:
    """Samples of a sound file as float32 [n] at 24 kHz."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    return np.asarray(soxr.resample(mono, rate, SAMPLE_RATE) if rate != SAMPLE_RATE else mono)
