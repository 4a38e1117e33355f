"""Where bytes go: a file that appears whole or not at all, or stdout."""

import errno
import functools
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from engine.errors import InputError, VoxtralError

WINDOWS = os.name == "nt"
PART = ".voxtral-"
"""Files that are being written: PART, the process, a random number, ".part"."""


class Output:
    """An unbuffered binary file whose write errors name it.

    Args:
        file: Open for writing.
        name: What to call it in an error.
        seekable: Whether what was written can be written over.
        path: Its path, where it has one.
    """

    def __init__(
        self, file: IO[bytes], name: str, seekable: bool = False, path: Path | None = None
    ) -> None:
        self.file = file
        self.name = name
        self.seekable = seekable
        self.path = path

    def write(self, data: bytes) -> None:
        """Writes all of `data`, now.

        Raises:
            BrokenPipeError: If the reader of what has no path has gone.
            VoxtralError: If it cannot be written for another reason.
        """
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[self.file.write(rest) :]
            self.file.flush()
        except OSError as error:
            if self.path is None and is_unread(error):
                raise BrokenPipeError from error
            raise write_error(self.name, error) from error

    def seek(self, position: int) -> None:
        """Goes to a byte position."""
        self.file.seek(position)


def is_unread(error: OSError) -> bool:
    """Whether a pipe has no reader any more; Windows calls that an invalid argument."""
    if WINDOWS and error.errno == errno.EINVAL and error.filename is None:
        return True
    return isinstance(error, BrokenPipeError)


def write_error(name: str, error: OSError) -> VoxtralError:
    """The error for `name`, which could not be written."""
    hint = "Free some space or write elsewhere." if error.errno == errno.ENOSPC else ""
    return VoxtralError(f"Cannot write {name}: {error.strerror}.", hint)


def check_writable(path: Path) -> None:
    """Refuses a path that cannot become a file, before any work is done for it.

    Raises:
        InputError: If it is a directory, or in one that is missing.
        VoxtralError: If its directory cannot be written to.
    """
    folder = path.parent
    if path.is_dir():
        raise InputError(f"{path} is a directory.", f"Give a file, such as {path / 'out.wav'}.")
    if not folder.is_dir():
        raise InputError(f"There is no directory {folder}.", f"Create it: mkdir -p {folder}")
    new = not path.exists()
    if (new or path.is_file()) and not os.access(folder, os.W_OK):
        raise VoxtralError(f"Cannot write into {folder}.", "Write elsewhere.")
    if not new and not os.access(path, os.W_OK):
        raise VoxtralError(f"Cannot write {path}: Permission denied.", "Write elsewhere.")


def refuse_input(path: Path, inputs: Iterable[str | Path | None]) -> None:
    """Refuses to write over what is read.

    Args:
        inputs: Names that may be those of files.

    Raises:
        InputError: If one of them is the file.
    """
    for name in inputs:
        with suppress(OSError, ValueError):  # no file, or no name of one
            if name and path.is_file() and path.samefile(name):
                raise InputError(f"{path} is read: it would be lost.", "Give another -o.")


def refuse_special(path: Path) -> None:
    """Refuses to read a pipe or a device in the place of a file: that might never end.

    Raises:
        InputError: If it is one.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError(f"{path} is no plain file.", "Give a file.")


@contextmanager
def whole_file(path: Path, finish: Callable[[Path], None] | None = None) -> Iterator[Output]:
    """Yields an output that becomes `path` at the end, or nothing when an exception ends it.

    It is written under another name in the same directory; `finish` gets that name when all is
    written. A device or named pipe is written to as it is.
    """
    if path.exists() and not path.is_file():
        with _opened(path, "wb", str(path)) as file:
            yield Output(file, str(path))
        return
    target = Path(os.path.realpath(path))
    _sweep(target.parent)
    part = target.with_name(f"{PART}{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with ExitStack() as stack:
            with _opened(part, "xb", str(path)) as file:
                with suppress(OSError):  # a file system without locks
                    stack.enter_context(_held(part))
                _keep_mode(target, part)  # from the beginning: what is private stays so
                yield Output(file, str(path), seekable=True, path=part)
            if finish:
                finish(part)
            _keep_mode(target, part)  # `finish` may have made another of it
            try:
                part.replace(target)
            except OSError as error:  # on Windows: a player has it open
                raise write_error(str(path), error) from error
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _keep_mode(target: Path, part: Path) -> None:
    with suppress(OSError):  # there is none yet, or a file system without modes
        shutil.copymode(target, part)


@functools.cache  # once for each folder: thousands of files may be written into one
def _sweep(folder: Path) -> None:
    """Delete what processes left that were killed while they wrote; those alive are left alone."""
    for part in folder.glob(f"{PART}*.part"):
        owner = part.name.removeprefix(PART).partition("-")[0]
        if owner.isdecimal() and not _alive(int(owner)):
            with suppress(OSError), _held(part):
                part.unlink()


@contextmanager
def _held(part: Path) -> Iterator[None]:
    """As long as a file is written; seen from another container, no process has its number.

    Raises:
        OSError: If somebody else holds it, or files cannot be held here.
    """
    if WINDOWS:
        yield
        return
    import fcntl

    with open(part, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _alive(process: int) -> bool:
    """On this machine; on Windows nobody can be asked without harm, so all are."""
    try:
        if not WINDOWS:
            os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # somebody else's, or nobody's number
    return True


@contextmanager
def stdout() -> Iterator[Output]:
    """Yields stdout for bytes."""
    sys.stdout.flush()
    yield Output(sys.stdout.buffer, "stdout")


def _opened(path: Path, mode: str, name: str) -> IO[bytes]:
    try:
        return open(path, mode, buffering=0)
    except OSError as error:
        raise write_error(name, error) from error
