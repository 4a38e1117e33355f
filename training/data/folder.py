"""Recordings with transcripts in a folder, in the two layouts that are common.

- `metadata.csv` with lines `file|text` or `file|text|speaker`; the file may lack its suffix and lie
  in `wavs/`. A third column that begins as the text does is the text written out (LJSpeech);
- a `.txt` beside every sound file, of the same stem.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from engine.errors import InputError
from training.data.manifest import SAMPLE_RATE

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
HINT = "Lay a .txt beside each sound file, or write a metadata.csv (docs/training.md)."
NAMED = 3
"""Most recordings that are named where some are left out."""


def recordings(folder: Path) -> list[tuple[Path, str, str]]:
    """(sound file, text, speaker) of every recording, in a fixed order.

    What lacks one of them is left out, with a line on stderr.

    Raises:
        InputError: Nothing in the folder has both sound and text.
    """
    metadata = folder / "metadata.csv"
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.", HINT)
    try:
        rows = list(_from_metadata(metadata) if metadata.is_file() else _from_pairs(folder))
    except UnicodeDecodeError:
        raise InputError(f"A transcript in {folder} is not UTF-8.", "Store it as UTF-8.") from None
    found = [(path, text, speaker) for _, path, text, speaker in rows if path and text]
    if not found:
        where = f"that {metadata} names" if metadata.is_file() else f"in {folder}"
        raise InputError(f"There are no recordings with transcripts {where}.", HINT)
    report("no such sound file", [name for name, path, _, _ in rows if path is None], len(rows))
    report("no text", [name for name, path, text, _ in rows if path and not text], len(rows))
    return found


def report(reason: str, names: list[str], of: int) -> None:
    """Say on stderr which recordings are left out, if any are."""
    if names:
        named = ", ".join(names[:NAMED]) + (" and others" if len(names) > NAMED else "")
        print(f"left out {len(names)} of {of} recordings: {reason}: {named}", file=sys.stderr)


def _sound_file(folder: Path, name: str) -> Path | None:
    """The sound file that a line of the metadata names."""
    for base in (folder / name, folder / "wavs" / name):
        for suffix in ("", *SUFFIXES, *map(str.upper, SUFFIXES)):
            path = base.parent / (base.name + suffix)
            if path.is_file():
                return path
    return None


def _from_metadata(metadata: Path) -> Iterator[tuple[str, Path | None, str, str]]:
    """Name, sound file, text and speaker of each line."""
    lines = metadata.read_text(encoding="utf-8-sig").splitlines()
    rows = [tuple(map(str.strip, [*line.split("|", 2), "", ""][:3])) for line in lines]
    again = sum(bool(last) and last.split()[0] == text.split()[0] for _, text, last in rows if text)
    for name, text, last in rows:
        text, speaker = (last or text, "") if 2 * again > len(rows) else (text, last)
        if name or text:
            yield name, _sound_file(metadata.parent, name), text, speaker or metadata.parent.name


def _from_pairs(folder: Path) -> Iterator[tuple[str, Path | None, str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES:
            script, text = path.with_suffix(".txt"), ""
            if script.is_file():
                text = " ".join(script.read_text(encoding="utf-8-sig").split())
            yield path.name, path, text, path.parent.name


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
