"""Any audio file -> mono float32 samples and their rate. libsndfile first, ffmpeg for the rest."""

import io
import math
import os
import re
import shutil
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import InputError
from voxtral_cli.audio.mp3 import with_length
from voxtral_cli.audio.output import WINDOWS

if TYPE_CHECKING:
    import soundfile

BARE = {".pcm", ".raw"}
OPPOSED = 0.01
"""Power of the mean, of a channel's, below which channels take each other away."""
BLOCK = 1 << 22
"""Frames that are read at a time."""
MISSING_S = 0.2
"""Seconds that may be missing at a file's end."""
CORRECTED = re.compile(r"(?:data|SSND|Data Size) *: (\d+) \(should be (\d+)\)")
"""In libsndfile's log of wav, aiff and au: bytes that the header claims, and that are there."""
ENDLESS = 10**9
"""Bytes: a header that claims more was written before anybody knew the length."""
UNKNOWN = 1 << 34
"""Frames: libsndfile says more of a FLAC that does not tell its length, and misreads its end."""


@dataclass(frozen=True)
class Sound:
    """Audio in memory.

    Args:
        samples: float32 [n], mono.
        rate: Samples a second.
        note: What is missing at its end; empty when nothing is, as far as anybody can tell.
    """

    samples: np.ndarray
    rate: int
    note: str = ""


def read_audio(path: Path, longest_s: float = math.inf) -> Sound:
    """Reads a file; several channels become one (`mixed`).

    Args:
        longest_s: Seconds; more are refused before they are decoded.

    Raises:
        InputError: If it is missing, no audio, empty, or holds values that are no numbers.
    """
    check_readable(path)
    channels, rate, claimed_s = _read(path, longest_s)
    samples = mixed(channels)
    if not len(samples):
        raise InputError(f"{path} holds no samples.", "Give a longer one.")
    if not np.isfinite(samples).all():
        raise InputError(f"{path} holds samples that are no numbers.", "Make the file again.")
    known_s, note = len(samples) / rate, ""
    if known_s < claimed_s - MISSING_S:
        note = f"{path} is cut off: {known_s:.1f} of {claimed_s:.1f} s are there"
    return Sound(samples, rate, note)


def mixed(channels: np.ndarray) -> np.ndarray:
    """The mean of float32 [n, channels], or the loudest of channels that are wired against it."""
    mean = channels.mean(axis=1, dtype=np.float32)
    if channels.shape[1] == 1:
        return mean
    energies = np.square(channels, dtype=np.float64).sum(axis=0)
    opposed = np.square(mean, dtype=np.float64).sum() < OPPOSED * energies.max()
    return np.ascontiguousarray(channels[:, energies.argmax()]) if opposed else mean


def open_sound(path: Path) -> "soundfile.SoundFile | str":
    """A file for libsndfile to read, or why it cannot."""
    import soundfile

    try:
        name = str(path) if WINDOWS else os.fsencode(path)  # whose bytes may be no text
        file = soundfile.SoundFile(name)
    except soundfile.LibsndfileError as error:
        return str(error.error_string)
    if file.format == "MP3":
        if told := with_length(path):
            file.close()
            file = soundfile.SoundFile(told)
        file.seekable = lambda: False  # each read would seek, and mpg123 begin anew and complain
    if file.frames < UNKNOWN:
        return file
    with file:
        if file.format != "FLAC":
            return "its header does not tell how long it is"
        return soundfile.SoundFile(_with_length(path, file))


def _with_length(path: Path, file: "soundfile.SoundFile") -> io.BytesIO:
    """A FLAC that came out of a pipe, with its length where STREAMINFO has it: the last 36 bits of
    the bytes 18 to 26 (RFC 9639)."""
    import soundfile

    file.seekable = lambda: False  # it would seek after its end
    count = 0
    with suppress(soundfile.LibsndfileError):  # cut off: up to there
        while read := len(file.read(BLOCK, dtype="float32")):
            count += read
    data = path.read_bytes()
    at = data.find(b"fLaC") + 18
    told = int.from_bytes(data[at : at + 8], "big") | count
    return io.BytesIO(data[:at] + told.to_bytes(8, "big") + data[at + 8 :])


def check_readable(path: Path) -> None:
    """Refuses a path that cannot hold audio of a known rate.

    Raises:
        InputError: If it is missing, no plain file, empty, or of bare samples.
    """
    try:
        there, folder, plain = path.exists(), path.is_dir(), path.is_file()
    except OSError as error:  # a name longer than any file's
        raise InputError(f"Cannot read {path}: {error.strerror}.", "Check the path.") from None
    if folder:
        raise InputError(f"{path} is a directory.", "Give an audio file.")
    if not there:
        raise InputError(f"There is no file {path}.", "Check the path.")
    if not plain:
        raise InputError(f"{path} is no plain file.", "Write the audio to a file first.")
    if path.suffix.lower() in BARE:
        raise InputError(
            f"{path} holds bare samples, whose rate nothing tells.",
            f"Make a wav of it: ffmpeg -f s16le -ar 24000 -ac 1 -i {path} out.wav",
        )
    if not path.stat().st_size:
        raise InputError(f"{path} is empty.", "Give an audio file.")


def check_whole(path: Path, read: int, file: "soundfile.SoundFile") -> None:
    """Refuses a file that ends before its header says.

    Args:
        read: Frames that could be read of it.

    Raises:
        InputError: If more are missing than a header may be wrong by.
    """
    if read < file.frames - MISSING_S * file.samplerate:
        known, whole = (frames / file.samplerate for frames in (read, file.frames))
        raise InputError(
            f"{path} is damaged: {known:.1f} of {whole:.1f} s can be read.",
            "Make or fetch it again; an editor may save what is left of it.",
        )


def unreadable(path: Path, complaint: str) -> InputError:
    """The error for a file that libsndfile cannot read where there is no ffmpeg."""
    return InputError(
        f"{path} cannot be read as audio: {complaint.rstrip('.')}.",
        "Give wav, flac, mp3 or ogg; with ffmpeg installed, other kinds are read too.",
    )


def _read(path: Path, longest_s: float) -> tuple[np.ndarray, int, float]:
    """float32 [n, channels], the rate, and the seconds that a header claims; 0 if none does."""
    import soundfile

    file = open_sound(path)
    if isinstance(file, str):
        complaint = file
    else:
        try:
            with file:
                _check_length(path, file.frames / file.samplerate, longest_s)
                channels = _all_of(file)
                check_whole(path, len(channels), file)
                return channels, file.samplerate, _claimed(file)
        except soundfile.LibsndfileError as error:
            complaint = error.error_string
    if shutil.which("ffmpeg") is None:
        raise unreadable(path, complaint)
    return _read_by_ffmpeg(path, longest_s)


def _all_of(file: "soundfile.SoundFile") -> np.ndarray:
    """float32 [n, channels]; room is made for what is there, not for what a header claims."""
    parts = [file.read(BLOCK, dtype="float32", always_2d=True)]
    while len(parts[-1]):  # one that is short may stand before a hole
        parts.append(file.read(BLOCK, dtype="float32", always_2d=True))
    return parts[0] if len(parts) == 2 else np.concatenate(parts)


def _claimed(file: "soundfile.SoundFile") -> float:
    """Seconds that a header claims where libsndfile found less, which it takes as the length."""
    told = CORRECTED.search(file.extra_info)
    claimed, there = map(int, told.groups()) if told else (0, 1)
    return file.frames / file.samplerate * claimed / max(1, there) if claimed < ENDLESS else 0.0


def _read_by_ffmpeg(path: Path, longest_s: float) -> tuple[np.ndarray, int, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydub's own, when it is imported
        from pydub import AudioSegment
        from pydub.exceptions import CouldntDecodeError
        from pydub.utils import mediainfo_json
    try:
        name = str(path.absolute())  # "a:b.m4a" would be a protocol, "-a.m4a" an option
        told = mediainfo_json(name)
        seconds = float(told.get("format", {}).get("duration", 0))
        _check_length(path, seconds, longest_s)
        sound = AudioSegment.from_file(name)
    except (CouldntDecodeError, IndexError, KeyError, ValueError):  # ffprobe found no sound
        raise InputError(f"{path} cannot be read as audio, nor by ffmpeg.", "") from None
    except FileNotFoundError as error:
        raise InputError(f"{path} needs {error.filename}, which is missing.", "") from error
    scale = float(1 << (8 * sound.sample_width - 1))
    values = np.array(sound.get_array_of_samples(), dtype=np.float32) / scale
    return values.reshape(-1, sound.channels), sound.frame_rate, min(seconds, _promised(told))


def _promised(told: dict[str, Any]) -> float:
    """Seconds of sound that an mp4 claims by what ffprobe told; 0 of others, where it may guess."""
    if "mp4" in told.get("format", {}).get("format_name", ""):
        for stream in told.get("streams", []):
            if stream.get("codec_type") == "audio":
                begin = max(0.0, float(stream.get("start_time", 0)))
                return float(stream.get("duration", 0)) - begin
    return 0.0


def _check_length(path: Path, seconds: float, longest_s: float) -> None:
    if seconds > longest_s:
        raise InputError(
            f"{path} is {seconds / 3600:.1f} hours long, more than {longest_s / 3600:g}.",
            f"Give an excerpt of some minutes: ffmpeg -ss 60 -t 120 -i {path} out.wav",
        )
