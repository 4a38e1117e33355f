"""Which audio formats can be written, and how each is told from a file's suffix."""

import functools
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError

OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)


@dataclass(frozen=True)
class Format:
    """A container with its coding.

    Args:
        name: What `--format` calls it.
        container: libsndfile's or ffmpeg's name of the container; empty for bare samples.
        coding: libsndfile's or ffmpeg's name of the coding.
        rates: Sample rates it can hold, in Hz; empty when it can hold any.
        needs_ffmpeg: Whether ffmpeg writes it; such a file cannot go to stdout.
    """

    name: str
    container: str = ""
    coding: str = ""
    rates: tuple[int, ...] = ()
    needs_ffmpeg: bool = False


WAV = Format("wav", "WAV", "PCM_16")
PCM = Format("pcm")
FLAC = Format("flac", "FLAC", "PCM_16")
MP3 = Format("mp3", "MP3", "MPEG_LAYER_III", MP3_RATES)
OPUS = Format("opus", "OGG", "OPUS", OPUS_RATES)
M4A = Format("m4a", "ipod", "aac", AAC_RATES, needs_ffmpeg=True)
M4B = Format("m4b", "ipod", "aac", AAC_RATES, needs_ffmpeg=True)
AAC = Format("aac", "adts", "aac", AAC_RATES, needs_ffmpeg=True)

BY_NAME = {f.name: f for f in (WAV, PCM, FLAC, MP3, OPUS, M4A, M4B, AAC)} | {
    "ogg": OPUS,
    "raw": PCM,
}


def choose_format(path: Path, name: str | None) -> Format:
    """The format called `name`, or else the one that the suffix of `path` tells.

    Raises:
        InputError: If there is no such format, the suffix is another's, or ffmpeg is needed and
            absent, or cannot write it.
    """
    found = find_format(path, name)
    if BY_NAME.get(path.suffix.removeprefix(".").lower(), found) != found:
        raise InputError(f"{path} is no name for {found.name}.", "Leave --format out.")
    require_ffmpeg(found, "write wav, flac, mp3 or opus.")
    return found


def require_ffmpeg(chosen: Format, instead: str) -> None:
    """Refuses a format that ffmpeg is needed for and cannot write.

    Args:
        instead: What else may be done, for the hint.

    Raises:
        InputError: If so.
    """
    if chosen.needs_ffmpeg and (missing := ffmpeg_lacks(chosen.coding, chosen.container)):
        program = shutil.which("ffmpeg")
        where = f"in {program}" if program else "on the PATH"
        raise InputError(
            f"{chosen.name} needs {missing}, which is not {where}.",
            f"Install a full ffmpeg, or {instead}",
        )


def ffmpeg_lacks(coding: str, container: str) -> str:
    """What is missing for ffmpeg to write this; empty when nothing is.

    Example:
        >>> ffmpeg_lacks("aac", "ipod")  # doctest: +SKIP
        "ffmpeg's encoder aac"
    """
    program = shutil.which("ffmpeg")
    if program is None:
        return "ffmpeg"
    for kind, name in (("encoder", coding), ("muxer", container)):
        if name not in _ffmpeg_has(program, kind):
            return f"ffmpeg's {kind} {name}"
    return ""


@functools.cache
def _ffmpeg_has(program: str, kind: str) -> set[str]:
    """Names of the encoders or muxers of an ffmpeg; none when it does not run."""
    try:
        asked = [program, "-hide_banner", f"-{kind}s"]
        told = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True).stdout
    except OSError:
        return set()
    return set(re.findall(r"^ *\S+ +(\S+)", told.decode(errors="replace"), re.MULTILINE))


def find_format(path: Path, name: str | None) -> Format:
    """As `choose_format`, whether this machine can write it or not.

    Raises:
        InputError: If there is no such format.
    """
    wanted = (name if name is not None else path.suffix.removeprefix(".")).lower()
    if wanted in BY_NAME:
        return BY_NAME[wanted]
    if name is not None:
        raise InputError(f"There is no format {name!r}.", f"Formats: {', '.join(BY_NAME)}.")
    what = f"suffix {path.suffix!r}" if path.suffix else "missing suffix"
    raise InputError(
        f"{path}: the {what} tells no audio format.",
        f"Use one of .{', .'.join(BY_NAME)}, or give --format.",
    )


def check_rate(chosen: Format, rate: int) -> None:
    """Refuses a sample rate that `chosen` cannot hold.

    Raises:
        InputError: If so.
    """
    if chosen.rates and rate not in chosen.rates:
        rates = ", ".join(str(allowed) for allowed in chosen.rates)
        raise InputError(
            f"{chosen.name} cannot hold {rate} Hz (only {rates}).", "Write wav or flac."
        )
