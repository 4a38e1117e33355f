"""Any audio file -> mono float32 samples and their rate. libsndfile first, ffmpeg for the rest."""

import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import InputError

BARE = {".pcm", ".raw"}


@dataclass(frozen=True)
class Sound:
    """Audio in memory.

    Args:
        samples: float32 [n], mono.
        rate: Samples a second.
    """

    samples: np.ndarray
    rate: int


def read_audio(path: Path) -> Sound:
    """Reads a file; several channels become their mean.

    Raises:
        InputError: If it is missing, no audio, empty, or holds values that are no numbers.
    """
    try:
        there, folder = path.exists(), path.is_dir()
    except OSError as error:  # a name longer than any file's
        raise InputError(f"Cannot read {path}: {error.strerror}.", "Check the path.") from None
    if folder:
        raise InputError(f"{path} is a directory.", "Give an audio file.")
    if not there:
        raise InputError(f"There is no file {path}.", "Check the path.")
    if path.suffix.lower() in BARE:
        raise InputError(
            f"{path} holds bare samples, whose rate nothing tells.",
            f"Make a wav of it: ffmpeg -f s16le -ar 24000 -ac 1 -i {path} out.wav",
        )
    channels, rate = _read(path)
    samples = channels.mean(axis=1, dtype=np.float32)
    if not len(samples):
        raise InputError(f"{path} holds no samples.", "Give a longer one.")
    if not np.isfinite(samples).all():
        raise InputError(f"{path} holds samples that are no numbers.", "Make the file again.")
    return Sound(samples, rate)


def _read(path: Path) -> tuple[np.ndarray, int]:
    """float32 [n, channels] and the rate."""
    import soundfile

    try:
        with soundfile.SoundFile(str(path)) as file:
            return file.read(dtype="float32", always_2d=True), file.samplerate
    except soundfile.LibsndfileError as error:
        complaint = error.error_string.rstrip(".")
    if not path.stat().st_size:
        raise InputError(f"{path} is empty.", "Give an audio file.")
    if shutil.which("ffmpeg") is None:
        raise InputError(
            f"{path} cannot be read as audio: {complaint}.",
            "Give wav, flac, mp3 or ogg; with ffmpeg installed, other kinds are read too.",
        )
    return _read_by_ffmpeg(path)


def _read_by_ffmpeg(path: Path) -> tuple[np.ndarray, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydub's own, when it is imported
        from pydub import AudioSegment
        from pydub.exceptions import CouldntDecodeError
    try:
        sound = AudioSegment.from_file(str(path))
    except (CouldntDecodeError, IndexError, KeyError, ValueError):  # ffprobe found no sound
        raise InputError(f"{path} cannot be read as audio, nor by ffmpeg.", "") from None
    except FileNotFoundError as error:
        raise InputError(f"{path} needs {error.filename}, which is missing.", "") from error
    scale = float(1 << (8 * sound.sample_width - 1))
    values = np.array(sound.get_array_of_samples(), dtype=np.float32) / scale
    return values.reshape(-1, sound.channels), sound.frame_rate
