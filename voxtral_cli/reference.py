"""Prints docs/cli.md from the program's own help: python -m voxtral_cli.reference > docs/cli.md"""

import sys
from collections.abc import Iterator
from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

from voxtral_cli.app import app

HEAD = """# Command line

Made from `voxtral --help` by `python -m voxtral_cli.reference > docs/cli.md`.

stdout carries data alone: audio, JSON, names or paths. Everything else is on stderr. An error is
one line `error: ...` and mostly a second one, `hint: ...`; what it names was not written then.

| exit code | meaning |
|---|---|
| 0 | done (also when the reader of a pipe has closed it) |
| 1 | failed: model, device, disk, network |
| 2 | wrong command line or input |
| 3 | `batch` alone: some files could not be made, the others are there |
| 130, 143 | interrupted by Ctrl-C, ended by SIGTERM; no half file is left |

On stdout, `wav` has a header of unknown length (sizes 0xFFFFFFFF), `pcm` is 16-bit little-endian
mono at the model's rate (24 kHz). Into a file, every format is complete. A seed, voice, model and
text give the same samples each time; the seed is printed and stored in the file's comment.

Cloned voices lie in `voxtral/voices` of the user's data folder (on Linux `~/.local/share`), or
where `VOXTRAL_VOICES` says. A model of the hub is an ID, or ID@REVISION as `models pull --revision`
fetched it.
"""


def reference() -> str:
    """The page as Markdown."""
    group = get_command(app)
    return HEAD + "".join(_section(command) for command in _commands(group, []))


def _commands(command: Any, names: list[str]) -> Iterator[list[str]]:
    """A command and all below it, by their names."""
    yield names
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, [*names, name])


def _section(command: list[str]) -> str:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(
        app, [*command, "--help"], prog_name="voxtral", color=False
    )
    title = " ".join(["voxtral", *command])
    return f"\n## {title}\n\n```text\n{result.stdout.strip()}\n```\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
