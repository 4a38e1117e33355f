"""What stands before the sound of an MP3: an ID3v2.3 tag with all letters, chapters and a cover.

libsndfile would write tags in Latin-1 alone. Layouts: id3v2.3.0 sections 3 and 4; chapters by the
addendum "ID3v2 Chapter Frame" (CTOC, and a CHAP for each). Texts that are no ASCII are UTF-16.
"""

import struct
from collections.abc import Sequence

FRAMES = {
    "title": "TIT2",
    "artist": "TPE1",
    "album": "TALB",
    "genre": "TCON",
    "tracknumber": "TRCK",
    "software": "TSSE",
}
HEADER = 10
SEVENS = (21, 14, 7, 0)
"""Where the four bytes of a tag's size belong: seven bits each."""
FRONT_COVER = 3
TOP, ORDERED = 2, 1
"""Flags of a table of contents."""
ASCII, UTF16 = b"\0", b"\1"
NOWHERE = 0xFFFFFFFF
"""In place of a chapter's bytes: its times count."""


def id3(
    tags: dict[str, str], chapters: Sequence[tuple[str, float, float]] = (), cover: bytes = b""
) -> bytes:
    """A whole tag.

    Args:
        tags: By the names in FRAMES, and `comment`.
        chapters: Title, start and end in seconds; at most 255.
        cover: A JPEG or PNG.
    """
    frames = [_frame(FRAMES[name], _text(text)) for name, text in tags.items() if name in FRAMES]
    if comment := tags.get("comment"):
        kind, words = _coded(comment)
        unnamed = b"\0" if kind == ASCII else b"\xff\xfe\0\0"
        frames.append(_frame("COMM", kind + b"eng" + unnamed + words))
    if cover:
        mime = b"image/png" if cover.startswith(b"\x89PNG") else b"image/jpeg"
        frames.append(_frame("APIC", b"\0" + mime + b"\0" + bytes([FRONT_COVER]) + b"\0" + cover))
    names = [f"ch{number}".encode() + b"\0" for number in range(len(chapters))]
    if chapters:
        contents = b"toc\0" + bytes([TOP | ORDERED, len(names)]) + b"".join(names)
        frames.append(_frame("CTOC", contents))
    for name, (title, start, end) in zip(names, chapters, strict=True):
        times = struct.pack(">4I", round(start * 1000), round(end * 1000), NOWHERE, NOWHERE)
        frames.append(_frame("CHAP", name + times + _frame("TIT2", _text(title))))
    if not frames:
        return b""  # a tag holds one at least
    body = b"".join(frames)
    size = bytes(len(body) >> shift & 0x7F for shift in SEVENS)
    return b"ID3\3\0\0" + size + body


def length(head: bytes) -> int:
    """Bytes of the tag that a file begins with, by its first ten; 0 where there is none."""
    if not head.startswith(b"ID3"):
        return 0
    return HEADER + sum(byte << shift for byte, shift in zip(head[6:], SEVENS, strict=True))


def _frame(name: str, data: bytes) -> bytes:
    return name.encode() + struct.pack(">IH", len(data), 0) + data


def _text(text: str) -> bytes:
    return b"".join(_coded(text))


def _coded(text: str) -> tuple[bytes, bytes]:
    """The byte that names the encoding, and the text in it."""
    if text.isascii():
        return ASCII, text.encode()
    return UTF16, b"\xff\xfe" + text.encode("utf-16-le")
