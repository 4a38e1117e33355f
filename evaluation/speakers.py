"""The command `python -m evaluation.speakers`: people recorded in Debian packages, a folder each.

    python -m evaluation.speakers --packages PACKAGES --out SPEAKERS
    python -m evaluation clone --model nano --corpus SPEAKERS --limit 3

PACKAGES is where the packages of `sources.py` were unpacked; speakers of those that are not there
are passed over. What a speaker says in files of a second or two is cut to the speech and joined to
recordings of 4 s and more, in an order drawn by the speaker's name, until there is a minute of it:
24 kHz, 16 bits, SPEAKERS/NAME/000.wav and so on. On stdout is one line of JSON a speaker, with
where the recordings are from and their licence.

Exit codes: 0 done, 1 failed, 2 bad input.
"""

import argparse
import gzip
import itertools
import json
import random
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import InputError
from engine.reference.activity import FRAME_S, runs, speech_mask
from evaluation.sources import SOURCES, Source

RATE = 24_000
RECORDING_S = 4.0
"""Shortest recording that is made."""
ENOUGH_S, TOO_LITTLE_S = 60.0, 15.0
"""Of a speaker, in all."""
SHORTEST_S = 0.4
"""Of speech in a file; what is shorter is a letter or a beep."""
MARGIN_S, PAUSE_S = 0.05, 0.2
"""Left around the speech of a file, and put between two of them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; see the top of the file."""
    parser = argparse.ArgumentParser(
        prog="python -m evaluation.speakers", description="Recordings of people, to clone."
    )
    parser.add_argument("--packages", type=Path, required=True, help="unpacked Debian packages")
    parser.add_argument("--out", type=Path, required=True, help="a folder a speaker goes here")
    given = parser.parse_args(arguments)
    try:
        for record in write_speakers(given.packages, given.out):
            print(json.dumps(record), flush=True)
    except InputError as error:
        _say(f"error: {error.message}\nhint: {error.hint}")
        return 2
    except ModuleNotFoundError as error:
        _say(f'error: {error.name} is not installed.\nhint: Run `pip install -e ".[eval]"`.')
        return 1
    return 0


def write_speakers(
    packages: Path, out: Path, sources: Sequence[Source] = SOURCES
) -> Iterator[dict[str, Any]]:
    """Write the recordings of all speakers whose packages are there.

    Args:
        packages: Where Debian packages were unpacked.
        out: Gets a folder a speaker; there must be nothing in it.
        sources: Who is looked for.

    Yields:
        What is known of each speaker, ready for JSON.

    Raises:
        InputError: If there is nobody, a file is no sound, or something is in `out`.
    """
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out} is not empty.", "Give a new folder.")
    found = [(source, files) for source in sources if (files := source.files(packages))]
    if not found:
        raise InputError(
            f"{packages} holds no recordings of people.",
            "Unpack packages with `dpkg -x`; evaluation/sources.py names them.",
        )
    for missing in sorted({one.package for one in sources} - {one.package for one, _ in found}):
        _say(f"note: {missing} is not there")
    for source, files in found:
        recordings, rate = _record(source, files)
        seconds = sum(len(samples) for samples in recordings) / RATE
        if seconds < TOO_LITTLE_S:
            _say(f"note: {source.speaker} left out: {seconds:.1f} s of speech")
            continue
        _write(out / source.speaker, recordings)
        yield {
            "speaker": source.speaker,
            "language": source.language,
            "rate": rate,
            "recordings": len(recordings),
            "seconds": round(seconds, 1),
            "package": source.package,
            "version": _version(packages, source.package),
            "licence": source.licence,
        }


def read_sound(path: Path) -> tuple[np.ndarray, int]:
    """A file in any format that FFmpeg knows: float32 [n] at 24 kHz, and its own rate.

    Raises:
        InputError: If it is no sound.
    """
    import av

    known = "g722" if path.suffix == ".g722" else None  # has no header to tell it by
    try:
        with av.open(str(path), format=known, metadata_errors="ignore") as container:
            rate = container.streams.audio[0].rate
            resampler = av.AudioResampler("fltp", rate=RATE)
            decoded = itertools.chain(container.decode(audio=0), [None])  # None: the rest
            frames = [some for frame in decoded for some in resampler.resample(frame)]
    except (av.FFmpegError, IndexError) as error:
        raise InputError(f"{path} cannot be read: {error}.", "Take it out.") from error
    # FFmpeg's own mono is 3 dB louder than the mean, and clips.
    return np.concatenate([frame.to_ndarray().mean(0) for frame in frames]), rate


def speech_of(samples: np.ndarray) -> np.ndarray:
    """float32 [n] at 24 kHz from the first to the last speech in it; [0] of too little."""
    stretches = runs(speech_mask(samples, RATE))
    if sum(end - start for start, end in stretches) * FRAME_S < SHORTEST_S:
        return samples[:0]
    start, end = stretches[0][0] * FRAME_S - MARGIN_S, stretches[-1][1] * FRAME_S + MARGIN_S
    return samples[max(0, round(start * RATE)) : round(end * RATE)]


def joined(pieces: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Recordings of 4 s at least out of pieces float32 [n]; what is left at the end is dropped."""
    pause = np.zeros(round(PAUSE_S * RATE), np.float32)
    waiting: list[np.ndarray] = []
    for piece in pieces:
        waiting += [pause, piece] if waiting else [piece]
        if sum(len(one) for one in waiting) >= RECORDING_S * RATE:
            yield np.concatenate(waiting)
            waiting = []


def _record(source: Source, files: Sequence[Path]) -> tuple[list[np.ndarray], int]:
    """A minute of a speaker, float32 [n] each, and samples a second of the first file."""
    order = random.Random(source.speaker).sample(files, len(files))
    rate = read_sound(order[0])[1]
    speech = (speech_of(read_sound(path)[0]) for path in order)
    recordings: list[np.ndarray] = []
    for recording in joined(piece for piece in speech if len(piece)):
        recordings.append(recording)
        if sum(len(one) for one in recordings) >= ENOUGH_S * RATE:
            break
    return recordings, rate


def _write(folder: Path, recordings: Iterable[np.ndarray]) -> None:
    import soundfile

    folder.mkdir(parents=True)
    for index, samples in enumerate(recordings):
        soundfile.write(folder / f"{index:03d}.wav", samples.clip(-1, 1), RATE, subtype="PCM_16")


def _version(packages: Path, package: str) -> str | None:
    """Of an unpacked package, from the first line of its changelog."""
    path = packages / "usr" / "share" / "doc" / package / "changelog.Debian.gz"
    if not path.is_file():
        return None
    first = gzip.decompress(path.read_bytes()).decode("utf-8", "replace").partition("\n")[0]
    version = re.search(r"\((\S+)\)", first)
    return version[1] if version else None


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
