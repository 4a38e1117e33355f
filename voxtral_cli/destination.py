"""Where speech is to go, decided and checked before any model is loaded.

choose_destination(-o, --format, --play) -> Destination
with destination.open(rate, tags) as write: write(samples) ...
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InputError
from voxtral_cli.audio.encoders import Encoder, open_encoder
from voxtral_cli.audio.formats import WAV, Format, check_rate, choose_format
from voxtral_cli.audio.output import check_writable, refuse_input, stdout, whole_file
from voxtral_cli.audio.programs import PLAYERS, Stopped, ffmpeg_encoding, playing, require_player

if TYPE_CHECKING:
    import numpy as np

STDOUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


@dataclass(frozen=True)
class Destination:
    """A file, stdout, a player, or a file and a player.

    Args:
        path: The file; None when there is none.
        on_stdout: Whether the audio goes to stdout.
        player: The program that plays it; empty when none does.
        format: How the file or stdout is encoded.
    """

    path: Path | None
    on_stdout: bool
    player: str
    format: Format

    @property
    def name(self) -> str:
        """What to call it in a message."""
        if self.path is not None:
            return str(self.path)
        return "stdout" if self.on_stdout else self.player

    @property
    def only_heard(self) -> bool:
        """Whether the sound is heard while it is made, and not kept."""
        return self.path is None and "{file}" not in PLAYERS.get(self.player, "{file}")

    @contextmanager
    def open(
        self, rate: int, tags: dict[str, str], finish: Callable[[Path], None] | None = None
    ) -> Iterator[Callable[["np.ndarray"], None]]:
        """Yields a function that takes float32 samples [n] at `rate` Hz, as they are made.

        Args:
            rate: Samples a second.
            tags: `software` and `comment`.
            finish: Called with the whole file before it takes its name.

        Raises:
            InputError: If the format cannot hold that rate.
        """
        if self.path is not None or self.on_stdout:
            check_rate(self.format, rate)
        with ExitStack() as stack:
            encoders: list[Encoder] = []
            if self.player:  # before the file: that is whole before anybody waits for the player
                encoders.append(stack.enter_context(playing(self.player, rate)))
            if self.path is not None or self.on_stdout:
                encoders.append(stack.enter_context(self._encoding(rate, tags, finish)))

            def write(samples: "np.ndarray") -> None:
                for encoder in encoders:
                    try:
                        encoder.write(samples)
                    except Stopped:
                        if len(encoders) == 1:
                            raise  # else the file gets all, and the player is told of at the end

            yield write

    @contextmanager
    def _encoding(
        self, rate: int, tags: dict[str, str], finish: Callable[[Path], None] | None
    ) -> Iterator[Encoder]:
        with stdout() if self.path is None else whole_file(self.path, finish) as output:
            if not self.format.needs_ffmpeg:
                encoder = open_encoder(output, self.format, rate, tags)
                yield encoder
                encoder.finish()
                return
            if output.path is None:
                raise InputError(f"{output.name} cannot hold {self.format.name}.", "Write a file.")
            with ffmpeg_encoding(output.path, self.format, rate, tags) as encoder:
                yield encoder


def choose_destination(
    output: str | None, format_name: str | None, play: bool, inputs: Iterable[str | None] = ()
) -> Destination:
    """Without `-o`, sound is played on a terminal and goes into a pipe as WAV.

    Args:
        output: A path, `-` for stdout, or None.
        format_name: A format's name; None to take it from the suffix.
        play: Whether to play it, whatever else is done.
        inputs: What is read, which nothing may be written over.

    Raises:
        InputError: If the path or the format cannot be used, or the path is an input.
        VoxtralError: If there is no player, or the directory cannot be written to.
    """
    if output is None and (play or sys.stdout.isatty()):
        if format_name is not None:
            raise InputError("--format is for files and pipes.", "Give -o FILE as well.")
        return Destination(None, False, require_player(), WAV)
    if output is None or output in STDOUT:
        if play:
            raise InputError("--play goes with a file, not with -o -.", "Give -o FILE or no -o.")
        chosen = choose_format(Path(), format_name) if format_name is not None else WAV
        if chosen.needs_ffmpeg:
            raise InputError(f"{chosen.name} cannot go to stdout.", "Write a file: -o FILE.")
        if sys.stdout.isatty():
            raise InputError("stdout is a terminal.", "Pipe the audio, or --play it.")
        return Destination(None, True, "", chosen)
    path = Path(output)
    check_writable(path)
    refuse_input(path, inputs)
    chosen = choose_format(path, format_name)
    return Destination(path, False, require_player() if play else "", chosen)
