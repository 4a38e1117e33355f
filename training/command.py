"""How the commands of training end: by an exit code, with one error and a hint if it must be."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from safetensors import SafetensorError

from engine.errors import InputError, VoiceError, VoxtralError

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
"""What asks a command to end; Windows has no SIGHUP."""


class Stopped(BaseException):
    """A signal asked the command to end; `code` is its exit code."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


@contextmanager
def stopping(act: Callable[[int], None]) -> Iterator[None]:
    """Call `act` with the number of a signal that asks this process to end."""

    def handle(number: int, _frame: FrameType | None) -> None:
        act(number)

    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    heard = {n: known for n, known in before.items() if known != signal.SIG_IGN}  # nohup, &
    try:
        for number in heard:
            signal.signal(number, handle)
        yield
    finally:
        for number, known in heard.items():
            signal.signal(number, known)


def finish(work: Callable[[], object]) -> int:
    """Do the work of a command.

    Returns:
        The exit code: 0 done, 1 failed, 2 for input that cannot be used, 130 after Ctrl-C, 143
        after SIGTERM.
    """
    try:
        with stopping(_stop):
            work()
    except Stopped as stopped:
        return stopped.code
    except VoxtralError as error:
        print(f"error: {error}\nhint: {error.hint}", file=sys.stderr)
        return 2 if isinstance(error, InputError | VoiceError) else 1
    except (FileNotFoundError, NotADirectoryError) as error:
        print(f"error: There is no {error.filename}.\nhint: Give another path.", file=sys.stderr)
        return 2
    except (OSError, SafetensorError) as error:
        failed = unwritten(Path(getattr(error, "filename", None) or "a file"), error)
        print(f"error: {failed}\nhint: {failed.hint}", file=sys.stderr)
        return 1
    return 0


def present(*paths: Path) -> None:
    """Refuse a path that is not there, before anything is written. Raises InputError."""
    for path in paths:
        if not path.exists():
            raise InputError(f"There is no {path}.", "Give another path.")


def unwritten(path: Path, error: Exception) -> VoxtralError:
    """The error for a file that cannot be read or written: disks are full, folders locked."""
    words = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    reason = getattr(error, "strerror", None) or f"not written, the disk may be full ({words})"
    hint = "Make room or give access; the same command then goes on."
    return VoxtralError(f"{path}: {reason}.", hint)


def _stop(number: int) -> None:
    print("stopped; the same command goes on", file=sys.stderr, flush=True)
    raise Stopped(number)
