"""The `voxtral` command: its list of commands and its options."""

import os
import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from voxtral_cli import __version__
from voxtral_cli.commands.batch import batch
from voxtral_cli.commands.clone import clone
from voxtral_cli.commands.detect import detect
from voxtral_cli.commands.doctor import doctor
from voxtral_cli.commands.encode import decode, encode
from voxtral_cli.commands.models import models
from voxtral_cli.commands.say import say
from voxtral_cli.commands.voices import voices
from voxtral_cli.failures import CommandGroup

app = typer.Typer(
    name="voxtral",
    cls=CommandGroup,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for command in (say, clone, batch, encode, decode, detect, doctor):
    app.command()(command)
app.add_typer(voices, name="voices")
app.add_typer(models, name="models")


@app.callback(invoke_without_command=True)
def voxtral(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Text to speech with Voxtral checkpoints.

    Exit codes: 0 done, 1 failed, 2 wrong command line or input, 3 some of
    several failed, 130 interrupted.
    """
    if version:
        print(f"voxtral {__version__}")
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


def main() -> None:
    """The entry point."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP, nohup ignores it
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _terminate)
    for stream, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, stream) is None:  # the caller has closed it, as in `voxtral ... >&-`
            setattr(sys, stream, open(os.devnull, mode))  # noqa: SIM115
    if sys.stdout.isatty():
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    else:  # texts, and paths as they are, whatever the locale
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    app(prog_name="voxtral")


def _terminate(number: int, frame: FrameType | None) -> None:
    """A polite kill ends the program through its `finally` blocks: no half file stays."""
    sys.exit(128 + number)
