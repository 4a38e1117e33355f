"""Recordings with transcripts in a folder, in the layouts that are common.

- `metadata.csv` with lines `file|text` or `file|text|speaker`; the file may lack its suffix and lie
  in `wavs/`. A third column that begins as the text does is the text written out (LJSpeech);
- `metadata.csv` with a header that names FILES, TEXTS and, if there are some, SPEAKERS, with `|`,
  commas, semicolons or tabs between; or a file of LISTS with such fields, a JSON object a line;
- a `.txt` or `.lab` beside every sound file, of the same stem; the speaker is the first folder.
"""

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile
import soxr

from engine.errors import InputError
from training.data.manifest import SAMPLE_RATE

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif")
FOREIGN = (".m4a", ".aac", ".mp4", ".wma", ".webm", ".amr", ".3gp")
"""Sound that libsndfile cannot read and ffmpeg can."""
SCRIPTS = (".txt", ".lab")
LISTS = ("metadata.csv", "metadata.jsonl", "manifest.jsonl", "manifest.json")
FILES = ("file_name", "audio", "audio_filepath", "file", "filename", "path")
TEXTS = ("text", "transcription", "transcript", "sentence")
SPEAKERS = ("speaker", "speaker_id", "client_id")
HINT = (
    "Lay a .txt or .lab beside each sound file, or write a metadata.csv with lines file|text or "
    "file|text|speaker, or with a header such as file_name,text, or a metadata.jsonl "
    "(docs/training.md)."
)
TORN = "more or fewer fields than the header (quote texts that hold the sign between)"
TWICE = "another sound file has the same name, and the transcript"
NAMED = 10
"""Most recordings that are named where some are left out."""


class Row(NamedTuple):
    """A recording as a folder has it; `path` is None where there is no such file."""

    name: str
    path: Path | None
    text: str
    speaker: str
    wrong: str = ""
    """What else is the matter."""

    @property
    def fault(self) -> str:
        """Why it is left out; empty if it is not."""
        if self.wrong:
            return self.wrong
        if self.path is None:
            return "no such sound file"
        if self.path.suffix.lower() in FOREIGN:
            return "to be made WAV first, by ffmpeg"
        return "" if self.text else "no text"


def recordings(folder: Path) -> list[tuple[Path, str, str]]:
    """(sound file, text, speaker) of every recording, in a fixed order.

    What lacks one of them is left out, with a line on stderr.

    Raises:
        InputError: Nothing in the folder has both sound and text, or a transcript is no UTF-8.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.", HINT)
    listed = next((path for name in LISTS if (path := folder / name).is_file()), None)
    try:
        rows = list(_from_list(listed) if listed else _from_pairs(folder))
    except csv.Error as error:
        raise InputError(f"{listed} is no table: {error}.", HINT) from None
    faults: dict[str, list[str]] = {}
    for row in rows:
        faults.setdefault(row.fault, []).append(row.name)
    for fault, names in faults.items():
        report(fault, names if fault else [], len(rows))
    found = [(row.path, row.text, row.speaker) for row in rows if row.path and not row.fault]
    if not found:
        where = f"that {listed} names" if listed else f"in {folder}"
        raise InputError(f"There are no recordings with transcripts {where}.", HINT)
    return found


def splits(speakers: Sequence[str]) -> list[str]:
    """ "train" or "valid" for each recording, by its speaker.

    Every fiftieth is for validation, and of ten and more one at least, but none of speakers with
    fewer than three.
    """
    counts = Counter(speakers)
    free = [n for n, speaker in enumerate(speakers) if counts[speaker] > 2]
    held = {n for n in free if n % 50 == 49}
    if len(speakers) >= 10:
        held = held or set(free[-1:])
    return ["valid" if n in held else "train" for n in range(len(speakers))]


def report(reason: str, names: list[str], of: int) -> None:
    """Say on stderr which recordings are left out, if any are."""
    if names:
        more = f" and {len(names) - NAMED} others" if len(names) > NAMED else ""
        named = ", ".join(names[:NAMED]) + more
        print(f"left out {len(names)} of {of} recordings: {reason}: {named}", file=sys.stderr)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8.", "Store it as UTF-8.") from None


def _sound_file(folder: Path, name: str) -> Path | None:
    """The sound file that a list names."""
    for base in (folder / name, folder / "wavs" / name):
        for suffix in ("", *SUFFIXES, *map(str.upper, SUFFIXES)):
            path = base.parent / (base.name + suffix)
            with suppress(OSError):  # a line of something else is too long for a name
                if path.is_file():
                    return path
    return None


def _from_list(path: Path) -> Iterator[Row]:
    text = _text(path)
    if path.suffix != ".csv":
        yield from _from_fields(path, _objects(path, text))
    elif sign := _delimiter(text.partition("\n")[0]):
        table = csv.DictReader(
            io.StringIO(text, newline=""),
            delimiter=sign,
            quoting=csv.QUOTE_NONE if sign == "|" else csv.QUOTE_MINIMAL,
        )
        yield from _from_fields(path, table)
    else:
        yield from _from_lines(path, text)


def _delimiter(header: str) -> str:
    """What parts the names in the first line of a table; empty if it names no file and text."""
    for sign in "|,;\t":
        names = {name.strip(' "').lower() for name in header.strip().split(sign)}
        if names.intersection(FILES) and names.intersection(TEXTS):
            return sign
    return ""


def _objects(path: Path, text: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield dict(json.loads(line))
            except (ValueError, TypeError):
                fault = f"Line {number} of {path} is no JSON object."
                raise InputError(
                    fault, 'Such as {"file_name": "a.wav", "text": "Hello."}.'
                ) from None


def _from_fields(path: Path, rows: Iterator[Mapping[str, Any]]) -> Iterator[Row]:
    """What a table or JSON objects name."""
    for row in rows:
        if None in row or None in row.values():  # of a table: more or fewer fields than its header
            yield Row(" ".join(map(str, row.values())), None, "", "", TORN)
            continue
        fields = {str(name).strip().lower(): value for name, value in row.items() if value != ""}
        file, text, speaker = (
            next((" ".join(str(fields[name]).split()) for name in names if name in fields), "")
            for names in (FILES, TEXTS, SPEAKERS)
        )
        sound = _sound_file(path.parent, file) if file else None
        yield Row(file or "(none)", sound, text, speaker or path.parent.name)


def _from_lines(path: Path, content: str) -> Iterator[Row]:
    """What lines `file|text|speaker` name.

    Raises:
        InputError: If the last two seem to have changed places.
    """
    lines = content.split("\n")
    rows = [tuple(map(str.strip, [*line.split("|", 2), "", ""][:3])) for line in lines]
    again = sum(bool(last) and last.split()[0] == text.split()[0] for _, text, last in rows if text)
    written_out = 2 * again > len(rows)
    texts, speakers = zip(*[row[1:] for row in rows if all(row[1:])] or [("", "")], strict=True)
    longer = len(" ".join(speakers).split()) > 2 * len(" ".join(texts).split())
    if longer and len(set(texts)) <= len(set(speakers)) and not written_out:
        raise InputError(
            f"The third column of {path} looks like the text, the second like speakers.",
            "The order is file|text|speaker; a first line file|speaker|text tells another.",
        )
    for name, text, last in rows:
        text, speaker = (last or text, "") if written_out else (text, last)
        if name or text:
            yield Row(name, _sound_file(path.parent, name), text, speaker or path.parent.name)


def _from_pairs(folder: Path) -> Iterator[Row]:
    seen: set[Path] = set()
    for path in sorted(folder.rglob("*")):
        inside, stem = path.relative_to(folder).parts, path.with_suffix("")
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES + FOREIGN or any(part.startswith(".") for part in inside):
            continue
        scripts = (path.with_suffix(one) for one in SCRIPTS)
        text = next((" ".join(_text(one).split()) for one in scripts if one.is_file()), "")
        speaker = inside[0] if len(inside) > 1 else folder.name
        yield Row(
            path.name, path, text, speaker, TWICE if stem in seen and suffix in SUFFIXES else ""
        )
        if suffix in SUFFIXES:
            seen.add(stem)


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
    hint = "Write it anew as WAV."
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
