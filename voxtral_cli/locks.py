"""A file that one process alone has open."""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from engine.errors import VoxtralError
from voxtral_cli.audio.output import write_error


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


def _locked(file: IO[bytes]) -> bool:
    """Take the lock, which the system gives back however this process ends."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(1 << 40)  # far behind the end: the lock is for this byte alone
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK)  # no locks here at all
    return True
