"""Samples in, bytes out, as they come: one class for each way to encode.

    open_encoder(output, format, rate, tags) -> Encoder
        .write(samples)   float32 [n] in -1..1, mono; can be heard from the output at once
        .finish()         what is due at the end: lengths in headers, last packets

All of them round samples to 16 bits in the same way, so every lossless format holds the same.
"""

import io
import struct
from typing import TYPE_CHECKING, Protocol

from engine.errors import VoxtralError
from voxtral_cli.audio.formats import MP3, PCM, WAV, Format
from voxtral_cli.audio.id3 import id3
from voxtral_cli.audio.output import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

STEADY = 0.5  # of libsndfile's scale: 80 kbit/s at 24 kHz
UNKNOWN_LENGTH = 0xFFFFFFFF  # in a WAV header whose end is not known yet
WAV_BYTES = UNKNOWN_LENGTH - 0xFFFF
"""The most that fits into a WAV file, beside its header."""
TAGS = {
    "software": b"ISFT",
    "comment": b"ICMT",
    "title": b"INAM",
    "artist": b"IART",
    "album": b"IPRD",
    "genre": b"IGNR",
    "tracknumber": b"ITRK",
}
"""What a tag may be called (libsndfile's names), and its name in a WAV file."""


class Encoder(Protocol):
    """What turns samples into bytes."""

    def write(self, samples: "np.ndarray") -> None:
        """Encodes float32 samples [n] in -1..1."""

    def finish(self) -> None:
        """Ends the stream."""


def open_encoder(
    output: Output,
    chosen: Format,
    rate: int,
    tags: dict[str, str],
    chapters: "Sequence[tuple[str, float, float]]" = (),
    cover: bytes = b"",
) -> Encoder:
    """Begins an audio stream on `output`.

    Args:
        output: Where the bytes go.
        chosen: Any format that needs no ffmpeg.
        rate: Samples a second.
        tags: By the names in TAGS, stored where the format has a place for them.
        chapters, cover: As of `id3`, for mp3 alone.
    """
    if chosen == PCM:
        return PcmEncoder(output)
    if chosen == WAV and not output.seekable:
        return PcmEncoder(output, wav_header(rate, tags))
    if chosen == MP3:
        return SoundfileEncoder(output, chosen, rate, {}, id3(tags, chapters, cover))
    return SoundfileEncoder(output, chosen, rate, tags)


def to_pcm16(samples: "np.ndarray") -> "np.ndarray":
    """float32 [n] in -1..1 -> little-endian int16 [n]; louder samples are clipped."""
    import numpy as np

    return np.rint(np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2")


def wav_header(rate: int, tags: dict[str, str]) -> bytes:
    """The head of a mono 16-bit WAV stream of unknown length."""
    info = b"INFO" + b"".join(_chunk(TAGS[key], text.encode()) for key, text in tags.items())
    layout = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", UNKNOWN_LENGTH)
        + b"WAVE"
        + _chunk(b"fmt ", layout)
        + (_chunk(b"LIST", info) if tags else b"")
        + b"data"
        + struct.pack("<I", UNKNOWN_LENGTH)
    )


class PcmEncoder:
    """Bare 16-bit samples, after an optional header."""

    def __init__(self, output: Output, header: bytes = b"") -> None:
        self._output = output
        if header:
            output.write(header)

    def write(self, samples: "np.ndarray") -> None:
        """Writes float32 samples [n]."""
        self._output.write(to_pcm16(samples).tobytes())

    def finish(self) -> None:
        """Nothing is due at the end."""


class SoundfileEncoder:
    """What libsndfile writes: wav, flac, mp3, opus; after a head of our own."""

    def __init__(
        self, output: Output, chosen: Format, rate: int, tags: dict[str, str], head: bytes = b""
    ) -> None:
        from concurrent.futures import ThreadPoolExecutor

        import soundfile

        # Signals strike the main thread alone, so Ctrl-C is never lost in libsndfile's callbacks.
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._output = output
        self._tape = Tape(len(head))
        # A stream's MP3 header stays empty; at a constant bit rate its length can still be told.
        steady = chosen.name == "mp3" and not output.seekable
        self._sound = soundfile.SoundFile(
            self._tape,
            "w",
            samplerate=rate,
            channels=1,
            format=chosen.container,
            subtype=chosen.coding,
            bitrate_mode="CONSTANT" if steady else None,
            compression_level=STEADY if steady else None,  # without it the mode is not heeded
        )
        for key, text in tags.items():
            setattr(self._sound, key, text)
        if head:
            output.write(head)

    def write(self, samples: "np.ndarray") -> None:
        """Writes float32 samples [n]; VoxtralError where a wav would hold more than it can."""
        if self._sound.format == "WAV" and self._tape.tell() + 2 * len(samples) > WAV_BYTES:
            raise VoxtralError("A wav holds no more than 4 GB.", "Write flac or m4b.")
        self._thread.submit(self._sound.write, to_pcm16(samples)).result()
        self._tape.replay(self._output)

    def finish(self) -> None:
        """Writes the last packets and the lengths in the header."""
        self._thread.submit(self._sound.close).result()
        self._thread.shutdown()
        self._tape.replay(self._output)


class Tape:
    """Stands in for a file while libsndfile writes.

    An exception cannot cross libsndfile's C code, so its writes are kept here and made on the
    real output afterwards. On an output that cannot seek, what is written over is left out.

    Args:
        start: Where the file begins in that output, bytes.
    """

    def __init__(self, start: int = 0) -> None:
        self._start = start
        self._writes: list[tuple[int, bytes]] = []
        self._position = 0
        self._length = 0
        self._sent = 0

    def write(self, data: bytes) -> int:
        """Notes bytes at the current position."""
        self._writes.append((self._position, bytes(data)))
        self._position += len(data)
        self._length = max(self._length, self._position)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves the current position."""
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._length}
        self._position = starts[whence] + offset
        return self._position

    def tell(self) -> int:
        """The current position."""
        return self._position

    def replay(self, output: Output) -> None:
        """Makes the noted writes on `output`."""
        for position, data in self._writes:
            if position != self._sent:
                if not output.seekable:
                    continue
                output.seek(self._start + position)
            output.write(data)
            self._sent = position + len(data)
        self._writes.clear()


def _chunk(name: bytes, data: bytes) -> bytes:
    """A RIFF chunk: name, length, data, padded to an even length."""
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
