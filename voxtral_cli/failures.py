"""Where every error becomes words on stderr and an exit code; no other place does that.

Commands raise `VoxtralError` (from the engine or from here) and let everything else pass.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

from typer import Exit
from typer.core import TyperGroup
from typer.exceptions import TyperException

from engine.errors import InputError, VoiceError, VoxtralError
from voxtral_cli.audio.output import is_unread
from voxtral_cli.console import tell


class ExitCode(IntEnum):
    """What the shell sees."""

    OK = 0
    FAILED = 1
    USAGE = 2
    SOME_FAILED = 3
    INTERRUPTED = 130


def print_error(message: str, hint: str = "") -> None:
    """Writes one `error:` line and, where there is one, one `hint:` line on stderr."""
    tell(f"error: {_one_line(message)}")
    if hint:
        tell(f"hint: {_one_line(hint)}")


def report(error: VoxtralError | OSError | MemoryError) -> ExitCode:
    """Prints `error` and says which exit code it has."""
    if isinstance(error, VoxtralError):
        print_error(error.message, error.hint)
        wrong_input = isinstance(error, InputError | VoiceError)
        return ExitCode.USAGE if wrong_input else ExitCode.FAILED
    if isinstance(error, MemoryError):
        print_error("This takes more memory than there is.", "Give it in parts.")
        return ExitCode.FAILED
    reason = error.strerror or str(error)
    print_error(f"{error.filename}: {reason}" if error.filename else reason)
    return ExitCode.FAILED


@contextmanager
def perhaps_unread() -> Iterator[None]:
    """What is printed in here may find no reader; how the command ends does not depend on it."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        if not is_unread(error):
            raise
        _give_up_stdout()


class CommandGroup(TyperGroup):
    """The commands of `voxtral`, with errors reported and closed pipes kept quiet."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was asked for."""
        try:
            return self._flushed(ctx)
        except BrokenPipeError:  # the reader has had enough, as in `voxtral say ... | head -c 99`
            _give_up_stdout()
            raise Exit(ExitCode.OK) from None
        except KeyboardInterrupt:
            tell("interrupted")
            _give_up_stdout()
            raise Exit(ExitCode.INTERRUPTED) from None
        except (VoxtralError, OSError, MemoryError) as error:
            code = report(error)
            _give_up_stdout()
            raise Exit(code) from None

    def _flushed(self, ctx: Any) -> Any:
        """Runs the command and empties stdout, so that its failures happen where they are caught.

        Left to the interpreter's end, they would be a traceback and exit code 120.
        """
        try:
            result = super().invoke(ctx)
        except Exit:
            _flush_stdout()
            raise
        _flush_stdout()
        return result

    def main(self, *args: Any, **extra: Any) -> Any:
        """Parses and runs; a wrong command line is reported like any other error."""
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False})
        except TyperException as error:
            context = getattr(error, "ctx", None)
            command = context.command_path if context else "voxtral"
            hint = f"`{command} --help` lists what can be given."
            unknown = str(getattr(error, "option_name", None) or "--")
            text = " " in unknown or unknown == "-" or unknown[1:2].isdigit()
            if command == "voxtral say" and text:
                hint = 'Text that begins with a dash goes behind two: voxtral say -- "-5 degrees".'
            print_error(error.format_message(), hint)
            code = ExitCode.USAGE
        sys.exit(code if isinstance(code, int) else ExitCode.OK)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _flush_stdout() -> None:
    try:
        sys.stdout.flush()
    except OSError as error:
        if is_unread(error):
            raise BrokenPipeError from error
        raise


def _give_up_stdout() -> None:
    """Drops what stdout still holds: flushing it at exit would only fail again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
