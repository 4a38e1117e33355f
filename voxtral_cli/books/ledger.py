"""What has been spoken: an append-only file of JSON lines; a kill at any moment leaves it usable.

    {"voxtral_ledger": 1}
    {"key": "...", "text": "...", "frames": 131, "takes": 1, "note": "", "wer": null, ...}
    {"file": "book.m4b", "digest": "...", "size": 81234, "book": "book", "beside": {"srt": "..."}}
    {"force": true}

A line with `key` is a finished chunk. Its `codes` are base64 of zlib of codec tokens, int16,
little-endian, [codebooks, frames]. One with `file` is an output that was written whole. Of several
lines of one key or file the last counts. From `force` true to `force` false all is being
spoken anew. A line that was cut off goes when the ledger is next opened.
"""

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from engine.errors import InputError, VoxtralError
from voxtral_cli.audio.output import Output, write_error
from voxtral_cli.locks import delete_locked, locked_file

HEADER = {"voxtral_ledger": 1}
MOST_CODEBOOKS, MOST_FRAMES = 256, 100_000
DAMAGED = (
    *(ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError),
    *(MemoryError, zlib.error),
)
"""What reading a damaged line raises."""


@dataclass(frozen=True)
class Entry:
    """A finished chunk.

    Args:
        key: Says what was spoken, by whom and how (`voxtral_cli.books.plan`).
        text: What was spoken.
        codes: int16 [codebooks, frames], 0-based.
        takes: How often it was spoken until one was kept.
        note: What is wrong with it; empty when nothing is.
        wer: Word error rate by the recogniser; None where nobody listened.
        after: Digest of the chunk that it goes on from; empty where it goes on from none.
        was_cut: Whether it did not end by itself.
    """

    key: str
    text: str
    codes: np.ndarray
    takes: int = 1
    note: str = ""
    wer: float | None = None
    after: str = ""
    was_cut: bool = False


class Ledger:
    """An open ledger, which no other process may open. Codes stay in the file until asked for.

    Attributes:
        damaged: Lines that could not be understood; their chunks count as not spoken.
        needed: Whether the file stays when it is closed.
        anew: Chunks that were added since all is being spoken anew; None when it is not.
    """

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self.path = file, path
        self.damaged, self.needed = 0, True
        self._places: dict[str, tuple[int, int]] = {}
        self._facts: dict[str, dict[str, Any]] = {}
        self._files: dict[str, dict[str, Any]] = {}
        self.anew: set[str] | None = None
        self._end = 0
        self._read()

    def force(self, keys: Iterable[str]) -> None:
        """Take chunks as not spoken, but for those that were added since the first such call: a job
        that was interrupted goes on. It lasts until `forced`, in the file too."""
        held = {key for key in keys if key in self}
        if held and self.anew is None:
            self._append({"force": True})
        for key in held.difference(self.anew or ()):
            del self._places[key]

    def forced(self) -> None:
        """All has been spoken anew, if it was being."""
        if self.anew is not None:
            self._append({"force": False})

    @property
    def empty(self) -> bool:
        """Whether nothing was ever put into it."""
        return self._end <= len(_data(HEADER))

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def wer(self, key: str) -> float | None:
        """Word error rate of a chunk; None where nobody listened."""
        return self._facts[key]["wer"]

    def note(self, key: str) -> str:
        """What is wrong with a chunk."""
        return str(self._facts[key]["note"])

    def digest(self, key: str) -> str:
        """Of a chunk's codes."""
        return str(self._facts[key]["digest"])

    def after(self, key: str) -> str:
        """Digest of what a chunk goes on from; empty where nobody knows."""
        return str(self._facts[key]["after"])

    def entry(self, key: str) -> Entry:
        """A chunk with its codes, read from the file."""
        start, length = self._places[key]
        self._file.seek(start)
        return _entry(json.loads(self._file.read(length)))

    def add(self, entry: Entry) -> None:
        """Keep a chunk: when this returns, it is on the disk."""
        packed = base64.b64encode(zlib.compress(entry.codes.astype("<i2").tobytes())).decode()
        self._append(
            {
                "key": entry.key,
                "text": entry.text,
                "frames": entry.codes.shape[1],
                "takes": entry.takes,
                "note": entry.note,
                "wer": entry.wer,
                "after": entry.after,
                "cut": entry.was_cut,
                "codes": packed,
            }
        )

    def written(self, name: str, digest: str, size: int) -> bool:
        """Whether a file of this size was written of the same."""
        known = self._files.get(name, {})
        return known.get("digest") == digest and known.get("size") == size

    @property
    def files(self) -> dict[Path, str]:
        """What was written and is there as it was, by absolute path; and of which book it is."""
        lines = {Path(os.path.abspath(name)): line for name, line in self._files.items()}
        return {
            path: str(line.get("book", ""))
            for path, line in lines.items()
            if path.is_file() and path.stat().st_size == line.get("size")
        }

    def seconds(self, name: str) -> float | None:
        """How long a file is that was written; None where nobody knows."""
        return self._files[name].get("seconds")

    def beside(self, name: str) -> dict[str, Any]:
        """What is known of a file's subtitles, by their kinds (`voxtral_cli.books.beside`)."""
        known = self._files.get(name, {}).get("beside")
        return dict(known) if isinstance(known, dict) else {}

    def add_file(
        self,
        name: str,
        digest: str,
        size: int,
        book: str = "",
        seconds: float | None = None,
        beside: Mapping[str, Any] = {},
    ) -> None:
        """Note that a file of this book was written whole, and its subtitles."""
        facts = {"digest": digest, "size": size, "book": book, "seconds": seconds}
        self._append({"file": name, **facts, "beside": dict(beside)})

    def _append(self, line: dict[str, Any]) -> None:
        data = _data(line)
        try:
            self._file.seek(self._end)
            Output(self._file, str(self.path), path=self.path).write(data)
            os.fsync(self._file.fileno())
        except (OSError, VoxtralError) as error:
            self._cut()
            if isinstance(error, OSError):
                raise write_error(str(self.path), error) from error
            raise
        self._take(line, self._end, len(data))
        self._end += len(data)

    def _read(self) -> None:
        """Index what is there. A line without an end was being written when a process died."""
        with open(self.path, "rb") as lines:
            for data in lines:
                if self._end == 0:
                    self._check_header(data)
                if not data.endswith(b"\n"):
                    break
                self._take(_parsed(data), self._end, len(data))
                self._end += len(data)
        self._cut()
        if not self._end:
            self._append(HEADER)

    def _check_header(self, data: bytes) -> None:
        if not HEADER.items() <= _parsed(data).items() and not json.dumps(
            HEADER
        ).encode().startswith(data):
            raise _no_ledger(self.path)

    def _take(self, line: dict[str, Any], start: int, length: int) -> None:
        if "key" in line:
            try:
                entry = _entry(line)
            except DAMAGED:
                self.damaged += 1
                return
            self._places[entry.key] = start, length
            codes = hashlib.sha256(entry.codes.tobytes()).hexdigest()[:16]
            facts = {"note": entry.note, "wer": entry.wer, "after": entry.after}
            self._facts[entry.key] = facts | {"digest": codes}
            if self.anew is not None:
                self.anew.add(entry.key)
        elif "force" in line:
            self.anew = set() if line["force"] else None
        elif isinstance(line.get("file"), str):
            self._files[line["file"]] = line

    def _cut(self) -> None:
        """Take away what is behind the last whole line."""
        self._file.truncate(self._end)


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """Open a ledger, or begin one; it goes again if nothing is put into it.

    Raises:
        VoxtralError: If another process has it open, or it cannot be written.
        InputError: If the file is something else.
    """
    if path.exists() and not path.is_file():
        raise _no_ledger(path)
    with locked_file(path) as file:
        ledger = Ledger(file, path)
        try:
            yield ledger
        finally:
            if ledger.empty or not ledger.needed:
                delete_locked(file, path)


def _no_ledger(path: Path) -> InputError:
    return InputError(f"{path} is no ledger of voxtral.", "Move it away, or write elsewhere.")


def _data(line: dict[str, Any]) -> bytes:
    return json.dumps(line).encode() + b"\n"  # ASCII: names of files may be no Unicode


def _entry(line: dict[str, Any]) -> Entry:
    """The chunk of a line; raises one of many errors if the line is damaged."""
    if not 0 < line["frames"] <= MOST_FRAMES:
        raise ValueError("no chunk")
    packed = _unpacked(base64.b64decode(line["codes"]), 2 * MOST_CODEBOOKS * line["frames"])
    codes = np.frombuffer(packed, "<i2").reshape(-1, line["frames"]).astype(np.int16)
    key, text, note, after = line["key"], line["text"], line["note"], line.get("after", "")
    if not all(isinstance(fact, str) for fact in (key, text, note, after)) or not codes.size:
        raise ValueError("no chunk")
    wer = None if line["wer"] is None else float(line["wer"])
    return Entry(key, text, codes, int(line["takes"]), note, wer, after, bool(line.get("cut")))


def _unpacked(data: bytes, longest: int) -> bytes:
    """Of zlib, no more than there can be: some ledgers come with a book from elsewhere."""
    unpacking = zlib.decompressobj()
    unpacked = unpacking.decompress(data, longest)
    if not unpacking.eof:
        raise ValueError("more than there can be")
    return unpacked


def _parsed(data: bytes) -> dict[str, Any]:
    """A line; empty for a broken one."""
    try:
        line = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return line if isinstance(line, dict) else {}
