"""Recordings with transcripts in a folder, in the two layouts that are common.

- `metadata.csv` with lines `file|text` or `file|text|speaker`; the file may lack its suffix and lie
  in `wavs/`. A third column that begins as the text does is the text written out (LJSpeech);
- a `.txt` beside every sound file, of the same stem.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from engine.errors import InputError
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
    lines = metadata.read_text(encoding="utf-8").splitlines()
    rows = [tuple(map(str.strip, [*line.split("|", 2), "", ""][:3])) for line in lines]
    again = sum(bool(last) and last.split()[0] == text.split()[0] for _, text, last in rows if text)
    for name, text, last in rows:
        text, speaker = (last or text, "") if 2 * again > len(rows) else (text, last)
        path = _sound_file(metadata.parent, name)
        if path is not None and text:
            yield path, text, speaker or metadata.parent.name


def _from_pairs(folder: Path) -> Iterator[tuple[Path, str, str]]:
    for path in sorted(folder.rglob("*")):
        transcript = path.with_suffix(".txt")
        if path.suffix.lower() in SUFFIXES and transcript.is_file():
            text = " ".join(transcript.read_text(encoding="utf-8").split())
            if text:
                yield path, text, path.parent.name


def seconds_of(path: Path) -> float:
    """Length of a sound file; only its head is read.

    Raises:
        InputError: If it is none.
    """
    try:
        return float(soundfile.info(path).duration)
    except soundfile.LibsndfileError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: soundfile.LibsndfileError) -> InputError:
    hint = "Take it out of the folder, or write it anew as WAV."
    return InputError(f"{path} cannot be read: {error.error_string}", hint)


def read_mono(path: Path) -> np.ndarray:
    """Samples of a sound file as float32 [n] at 24 kHz.

    Raises:
        InputError: If it is none.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise unreadable(path, error) from None
    mono = samples.mean(axis=1)
    return np.asarray(soxr.resample(mono, rate, SAMPLE_RATE) if rate != SAMPLE_RATE else mono)
