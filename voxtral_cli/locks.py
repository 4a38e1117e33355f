"""Files that one process alone has open, or one at a time."""

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from engine.errors import VoxtralError
from voxtral_cli.audio.output import WINDOWS, write_error


def locked_file(path: Path) -> IO[bytes]:
    """The file of this name, open and ours alone."""
    while True:
        try:
            file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b", buffering=0)
        except OSError as error:
            raise write_error(str(path), error) from error
        if not _locked(file):
            file.close()
            raise VoxtralError(
                f"Another voxtral is at work on this: it has {path} open.",
                "Wait for it, or end it; what it has finished is kept.",
            )
        with suppress(OSError):
            if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                return file
        file.close()  # it was deleted between the two


def delete_locked(file: IO[bytes], path: Path) -> None:
    """Takes a file of `locked_file` away while it is still ours; on Windows it is closed first."""
    if not WINDOWS:
        path.unlink(missing_ok=True)
        return
    file.close()
    with suppress(PermissionError):  # somebody has opened it since
        path.unlink(missing_ok=True)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Waits until no other process is in here with this file, which anybody may have made.

    Where there are no locks, or the file cannot be opened, nobody waits; on Windows for 10 s.
    """
    with ExitStack() as stack:
        for how in (os.O_RDWR, os.O_RDONLY):  # of another user; NFS locks what can be written
            with suppress(OSError):
                opened = os.open(path, how | os.O_CREAT, 0o666)
                _locked(stack.enter_context(os.fdopen(opened, "rb", buffering=0)), wait=True)
                break
        yield


def _locked(file: IO[bytes], wait: bool = False) -> bool:
    """Take the lock, which the system gives back however this process ends."""
    try:
        if WINDOWS:
            import msvcrt

            file.seek(1 << 40)  # far behind the end: the lock is for this byte alone
            how = msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK  # type: ignore[attr-defined]
            msvcrt.locking(file.fileno(), how, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        return error.errno in (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK)  # no locks here at all
    return True
