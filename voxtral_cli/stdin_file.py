"""A file that may come from stdin, for what reads files alone."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.errors import InputError, VoxtralError
from voxtral_cli.text_input import STDIN


@contextmanager
def on_disk(name: str) -> Iterator[Path]:
    """Yields the path of a file; what `-` brings is kept until the end, and called stdin.

    Raises:
        InputError: If it is typed.
    """
    if name != STDIN:
        yield Path(name)
        return
    if sys.stdin.isatty():
        raise InputError("Nothing is piped into stdin.", "cat FILE | voxtral ... -")
    with TemporaryDirectory(prefix="voxtral-") as folder:
        path = Path(folder, "stdin")
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        try:
            yield path
        except VoxtralError as error:
            error.message = error.message.replace(str(path), "stdin")
            raise
