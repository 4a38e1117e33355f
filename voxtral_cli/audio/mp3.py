"""MP3 files that do not tell how long they are: cut, joined or recorded from a stream; of several
joined files the first tells of itself alone.

libsndfile then guesses from the rate of the first frame, and reads no further. Layout of frames:
ISO/IEC 11172-3 and 13818-3, layer III; of the frame that tells how many follow: Xing's.
"""

import io
import mmap
import struct
from pathlib import Path

from voxtral_cli.audio import id3

KBITS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By the version, 2 for MPEG-2 and 2.5."""
HERTZ = (44100, 48000, 32000)
DIVISOR = {3: 1, 2: 2, 0: 4}
"""Of the rates, by the bits of the version: MPEG-1, 2 and 2.5."""
SLACK = 50
"""A header that is wrong by one part in so many is let stand."""
ROOMY = 9
"""Number of a bit rate whose frame holds Xing's header."""


def with_length(path: Path) -> io.BytesIO | None:
    """The file with a frame before the others that tells how many there are.

    Returns:
        None if it has one already that tells of all, or has no frames.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _told(data)


def _told(data: mmap.mmap) -> io.BytesIO | None:
    first = _next(data, id3.length(data[: id3.HEADER]))
    if first < 0:
        return None
    header, count, at = data[first : first + 4], 0, first
    while 0 <= at < len(data) - 4:
        if size := _size(data[at : at + 4]):
            count, at = count + 1, at + size
        else:  # a tag or a picture
            at = _next(data, at + 1, header)
    known = _known(data[first : first + _size(header)])
    if known is not None and count <= known + 1 + known // SLACK:
        return None
    return io.BytesIO(_xing(header, count) + data[first:])


def _next(data: mmap.mmap, at: int, like: bytes = b"") -> int:
    """Where, from `at` on, a frame begins, of the kind of `like` if given; -1 where none does."""
    while (at := data.find(b"\xff", at)) >= 0:
        if _begins(data, at) and (not like or _alike(data[at : at + 4], like)):
            break
        at += 1
    return at


def _begins(data: mmap.mmap, at: int) -> bool:
    """Whether a frame begins there: one of its kind, or the end, follows."""
    header = data[at : at + 4]
    following = at + _size(header)
    if following == at or following > len(data) - 4:
        return at < following == len(data)
    after = data[following : following + 4]
    return _alike(header, after) and _size(after) > 0


def _alike(one: bytes, other: bytes) -> bool:
    """Of one version, layer and rate."""
    kinds = [(header[1] & 0xFE, header[2] & 0b1100) for header in (one, other) if len(header) == 4]
    return len(kinds) == 2 and kinds[0] == kinds[1]


def _known(frame: bytes) -> int | None:
    """How many frames the first one says there are; None where it says nothing."""
    for name, place in ((b"Xing", 8), (b"Info", 8), (b"VBRI", 14)):
        if (found := frame.find(name)) >= 0:
            number = frame[found + place : found + place + 4]
            counted = name == b"VBRI" or frame[found + 7] & 1
            return int.from_bytes(number, "big") if counted else None
    return None


def _size(header: bytes) -> int:
    """Bytes of a frame; 0 where none begins."""
    if len(header) < 4:
        return 0
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    kbits, hertz = header[2] >> 4, header[2] >> 2 & 3
    if header[0] != 0xFF or header[1] < 0xE0 or layer != 1 or version == 1:
        return 0
    if kbits in (0, 15) or hertz == 3:
        return 0
    first = version == 3
    rate = HERTZ[hertz] // DIVISOR[version]
    bits = KBITS[1 if first else 2][kbits] * 1000
    return (144 if first else 72) * bits // rate + (header[2] >> 1 & 1)


def _xing(header: bytes, count: int) -> bytes:
    """A silent frame of the same kind that says how many follow."""
    first, mono = header[1] >> 3 & 3 == 3, header[3] >> 6 == 3
    kept = bytes([0xFF, header[1] | 1, ROOMY << 4 | header[2] & 0b1100, header[3]])
    side = (17 if mono else 32) if first else (9 if mono else 17)
    told = kept + bytes(side) + b"Xing" + struct.pack(">II", 1, count)
    return told + bytes(_size(kept) - len(told))
