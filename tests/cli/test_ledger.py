"""The ledger: save = load, cut anywhere, locked, never another's file."""

import base64
import json
import multiprocessing
import zlib
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError, VoxtralError
from voxtral_cli import locks
from voxtral_cli.books.ledger import Entry, open_ledger


def entry(key: str, frames: int = 5, wer: float | None = None) -> Entry:
    codes = np.random.default_rng(frames).integers(0, 8192, (37, frames)).astype(np.int16)
    return Entry(key, f"Text of {key}: \u00e9\u4e2d.", codes, 2, "a note", wer)


def same(one: Entry, other: Entry) -> bool:
    facts = [(e.key, e.text, e.takes, e.note, e.wer) for e in (one, other)]
    return facts[0] == facts[1] and np.array_equal(one.codes, other.codes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.voxtral"


def test_saved_is_loaded(path: Path) -> None:
    entries = [entry(str(n), frames=n, wer=0.25 if n % 2 else None) for n in range(1, 7)]
    with open_ledger(path) as ledger:
        for one in entries:
            ledger.add(one)
        ledger.add_file("book.m4b", "abc", 7)
    with open_ledger(path) as ledger:
        for one in entries:
            assert one.key in ledger
            assert ledger.wer(one.key) == one.wer
            assert ledger.note(one.key) == "a note"
            assert same(ledger.entry(one.key), one)
        assert "7" not in ledger
        assert ledger.written("book.m4b", "abc", 7)
        assert not ledger.written("book.m4b", "abd", 7)
        assert not ledger.written("book.m4b", "abc", 8)
        assert not ledger.written("other.m4b", "abc", 7)
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_the_last_of_a_key_counts(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.add(entry("a", 4))
        ledger.add(entry("a", 9, wer=0.0))
        assert same(ledger.entry("a"), entry("a", 9, wer=0.0))
    with open_ledger(path) as ledger:
        assert same(ledger.entry("a"), entry("a", 9, wer=0.0))


def test_cut_at_any_byte_it_keeps_what_was_whole_and_goes_on(path: Path) -> None:
    with open_ledger(path) as ledger:
        for key in "ab":
            ledger.add(entry(key))
    whole = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == 0x0A]
    for length in {*range(0, len(whole) + 1, 7), *ends, *(end - 1 for end in ends)}:
        path.write_bytes(whole[:length])
        with open_ledger(path) as ledger:
            assert ("a" in ledger, "b" in ledger) == (length >= ends[1], length >= ends[2])
            ledger.add(entry("c", 3))
        with open_ledger(path) as ledger:
            assert same(ledger.entry("c"), entry("c", 3))
            assert ("a" in ledger) == (length >= ends[1])


def test_a_broken_line_loses_no_other(path: Path) -> None:
    with open_ledger(path) as ledger:
        for key in "abc":
            ledger.add(entry(key))
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = b"\x00" * 40 + b"\n"
    path.write_bytes(b"".join(lines))
    with open_ledger(path) as ledger:
        assert [key in ledger for key in "abc"] == [True, False, True]
        assert same(ledger.entry("c"), entry("c"))


@pytest.mark.parametrize(
    "change",
    [
        {"codes": "AAAA"},
        {"codes": None},
        {"codes": "not base64!"},
        {"frames": 4},
        {"frames": "5"},
        {"frames": 0},
        {"frames": 10**7},
        {"key": [1]},
        {"text": 3},
        {"takes": {}},
        {"takes": float("inf")},
        {"wer": "x"},
        {"codes": base64.b64encode(zlib.compress(bytes(1 << 24))).decode()},
    ],
    ids=lambda change: str(change)[:30],
)
def test_a_damaged_line_counts_as_not_spoken(path: Path, change: dict[str, object]) -> None:
    with open_ledger(path) as ledger:
        for key in "ab":
            ledger.add(entry(key))
    header, first, second = path.read_text().splitlines(keepends=True)
    path.write_text(header + json.dumps(json.loads(first) | change) + "\n" + second)
    with open_ledger(path) as ledger:
        assert ("a" in ledger, "b" in ledger, ledger.damaged) == (False, True, 1)
        ledger.add(entry("a"))
        assert same(ledger.entry("a"), entry("a"))


def test_what_is_missing_in_a_line_is_damage_too(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.add(entry("a"))
    header, line = path.read_text().splitlines()
    for name in ("codes", "frames", "text", "wer"):
        found = json.loads(line)
        del found[name]
        path.write_text(f"{header}\n{json.dumps(found)}\n")
        with open_ledger(path) as ledger:
            assert ("a" in ledger, ledger.damaged) == (False, 1)


def test_forced_anew_each_chunk_is_spoken_once(path: Path) -> None:
    with open_ledger(path) as ledger:
        for key in "ab":
            ledger.add(entry(key))
        digest = ledger.digest("a")
        ledger.force("ab")
        assert ("a" in ledger, "b" in ledger) == (False, False)
        ledger.add(entry("a", 9))
    with open_ledger(path) as ledger:
        assert same(ledger.entry("b"), entry("b"))  # not lost, where nobody forces it
        assert ledger.digest("a") != digest
        ledger.force("ab")
        assert ("a" in ledger, "b" in ledger) == (True, False)
        ledger.forced()
        ledger.force("ab")
        assert "a" not in ledger


def test_not_needed_it_goes(path: Path) -> None:
    with open_ledger(path) as ledger:
        ledger.add(entry("a"))
        ledger.needed = False
    assert not path.exists()


def test_nothing_in_it_leaves_no_file(path: Path) -> None:
    with open_ledger(path):
        assert path.exists()
    assert not path.exists()


@pytest.mark.parametrize("content", [b"Dear diary,\n", b'{"text": "hi"}\n', b"\x00\x01", b"7\n"])
def test_another_file_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match="no ledger"), open_ledger(path):
        pass
    assert path.read_bytes() == content


def hold(path: Path, pipe: Connection) -> None:
    with open_ledger(path):
        pipe.send("open")
        pipe.recv()


def test_a_second_process_is_refused_until_the_first_is_gone(path: Path) -> None:
    here, there = multiprocessing.Pipe()
    first = multiprocessing.get_context("spawn").Process(target=hold, args=(path, there))
    first.start()
    there.close()
    assert here.recv() == "open"
    with pytest.raises(VoxtralError, match="Another voxtral"), open_ledger(path):
        pass
    first.kill()
    first.join()
    with open_ledger(path) as ledger:
        assert "a" not in ledger


def fill(path: Path, pipe: Connection) -> None:
    """Writes until the file may not grow."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open_ledger(path) as ledger:
        ledger.add(entry("a"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 50,) * 2)
        try:
            ledger.add(entry("b"))
        except VoxtralError as error:
            pipe.send((error.message, ["a" in ledger, "b" in ledger]))


def test_a_full_disk_loses_nothing_that_was_kept(path: Path) -> None:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=fill, args=(path, there))
    process.start()
    there.close()  # or its death would never be noticed
    message, known = here.recv()
    process.join()
    assert "Cannot write" in message
    assert known == [True, False]
    assert path.read_bytes().endswith(b"}\n")
    with open_ledger(path) as ledger:
        assert same(ledger.entry("a"), entry("a"))
        ledger.add(entry("b"))


def test_on_windows_what_is_open_cannot_be_deleted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlink(self: Path, missing_ok: bool = False) -> None:
        held = {link.resolve() for link in Path("/proc/self/fd").iterdir()}
        if self.resolve() in held:
            raise PermissionError(13, "used by another process")
        delete(self, missing_ok)

    delete = Path.unlink
    monkeypatch.setattr(Path, "unlink", unlink)
    monkeypatch.setattr(locks, "_locked", lambda file: True)
    monkeypatch.setattr(locks, "WINDOWS", True)
    with pytest.raises(ValueError, match="the real error"), open_ledger(path):
        raise ValueError("the real error")
    assert not path.exists()
    with ExitStack() as stack:
        with open_ledger(path):
            stack.enter_context(path.open("rb"))  # somebody else
        assert path.exists()
