"""Other programs that take samples through their stdin: ffmpeg and players."""

import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from engine.errors import VoxtralError
from voxtral_cli.audio.encoders import Encoder, PcmEncoder, open_encoder, to_pcm16
from voxtral_cli.audio.formats import WAV, Format
from voxtral_cli.audio.output import Output, whole_file

if TYPE_CHECKING:
    import numpy as np

# Raw 16-bit mono samples on stdin, at {rate} Hz. afplay reads nothing but files.
PLAYERS = {
    "ffplay": "-nodisp -autoexit -loglevel error -f s16le -ar {rate} -i pipe:0",
    "paplay": "--raw --rate={rate} --channels=1 --format=s16le",
    "aplay": "-q -t raw -f S16_LE -r {rate} -c 1 -",
    "pw-play": "--raw --rate {rate} --channels 1 --format s16 -",  # 0.3.65 knows no --raw
    "afplay": "{file}",
    "play": "-q -t raw -r {rate} -e signed-integer -b 16 -c 1 -",
}


def find_players() -> list[str]:
    """The players on this machine, the preferred one first."""
    return [name for name in PLAYERS if shutil.which(name) is not None]


def require_player() -> str:
    """The player to use.

    Raises:
        VoxtralError: If there is none.
    """
    players = find_players()
    if not players:
        raise VoxtralError(
            f"There is no player on this machine ({', '.join(PLAYERS)}).",
            "Install ffmpeg, or write a file: -o FILE.",
        )
    return players[0]


@contextmanager
def playing(player: str, rate: int) -> Iterator[Encoder]:
    """Yields what plays samples while they are made; waits at the end until all was heard."""
    arguments = PLAYERS[player]
    if "{file}" in arguments:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "speech.wav"
            with whole_file(path) as output:
                encoder = open_encoder(output, WAV, rate, {})
                yield encoder
                encoder.finish()
            with fed([player, str(path)], apart=False):  # it does not end with its stdin
                pass
        return
    with fed([player, *arguments.format(rate=rate).split()]) as stdin:
        feeder = Feeder(stdin)
        try:
            yield feeder
            feeder.finish()
        except Stopped:
            raise BrokenPipeError from None
        finally:
            feeder.stop()


@contextmanager
def ffmpeg_encoding(
    path: Path, chosen: Format, rate: int, tags: dict[str, str]
) -> Iterator[Encoder]:
    """Yields an encoder; `path` is a finished file once the block has ended well."""
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "s16le", "-ar", str(rate)]
    command += ["-ac", "1", "-i", "pipe:0", "-c:a", chosen.coding]
    command += [part for key, text in tags.items() for part in ("-metadata", f"{key}={text}")]
    command += ["-write_id3v2", "1"] if chosen.container == "adts" else []  # its place for tags
    with fed([*command, "-f", chosen.container, f"file:{path}"]) as stdin:
        yield PcmEncoder(Output(stdin, "ffmpeg"))


@contextmanager
def fed(command: list[str], apart: bool = True) -> Iterator[IO[bytes]]:
    """Runs a program and yields its stdin; waits for it at the end, kills it on an exception.

    Args:
        apart: Whether Ctrl-C, which strikes a whole group of processes, is not for the program.

    Raises:
        VoxtralError: If the program fails, or stops reading before the end.
    """
    with tempfile.TemporaryFile() as complaints:
        program = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            bufsize=0,
            process_group=0 if apart else None,
        )
        assert program.stdin is not None
        left = False
        try:
            try:
                yield program.stdin
            except BrokenPipeError:  # it stopped reading; its last words say why
                left = True
            program.stdin.close()
            failed = program.wait() != 0
        finally:
            program.kill()  # does nothing to a program that has ended
            program.wait()
            program.stdin.close()
        if failed or left:
            complaints.seek(0)
            words = complaints.read().decode(errors="replace").strip().splitlines()
            reason = words[-1] if words else "it stopped before the end"
            raise VoxtralError(f"{command[0]}: {reason}.")


class Stopped(Exception):
    """The player reads no more: not the pipe of whatever else is written to."""


class Feeder:
    """Hands samples to a player from a thread, so that speaking never waits for hearing."""

    def __init__(self, stdin: IO[bytes]) -> None:
        self._output = Output(stdin, "player")
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._broken = False
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def write(self, samples: "np.ndarray") -> None:
        """Queues float32 samples [n].

        Raises:
            Stopped: If the player has.
        """
        if self._broken:
            raise Stopped
        self._waiting.put(to_pcm16(samples).tobytes())

    def finish(self) -> None:
        """Waits until the player has taken everything."""
        self.stop()
        self._thread.join()
        if self._broken:
            raise Stopped

    def stop(self) -> None:
        """Lets the thread end after what is queued."""
        self._waiting.put(None)

    def _feed(self) -> None:
        while (data := self._waiting.get()) is not None:
            try:
                self._output.write(data)
            except (OSError, VoxtralError, ValueError):  # ValueError: stdin was closed
                self._broken = True
                return
