"""What an audiobook says of itself: tags, chapters, cover, and how ffmpeg is told of them."""

import base64
import re
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from voxtral_cli.audio.formats import FLAC, M4A, M4B, MP3, OPUS, Format

MOST_CHAPTERS = {MP3: 255, OPUS: 1000, FLAC: 1000}
"""More have no number: a byte in mp3's table of contents, three digits in CHAPTERnnn."""

LONGEST_TITLE = 200
"""Characters of a chapter's title; ffmpeg ends itself at one of 64 KiB."""

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class About:
    """What a file says of itself; what is empty it does not say.

    Args:
        title: Of the book, or of the chapter that the file holds.
        author: Who wrote it.
        narrator: Who reads it; players look for it under "composer".
        album: The book's title, where `title` is a chapter's; else `title`.
        track: Number of the file, with or without how many there are: "3", "3/12".
        comment: How it was made (`provenance.tags`).
        software: What made it.
        cover: A JPEG or PNG.
    """

    title: str = ""
    author: str = ""
    narrator: str = ""
    album: str = ""
    track: str = ""
    comment: str = ""
    software: str = ""
    cover: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class ChapterMark:
    """Where a chapter is, in seconds from the beginning of the file."""

    title: str
    start_s: float
    end_s: float


def ffmetadata(chosen: Format, about: About, chapters: Sequence[ChapterMark]) -> str:
    """Chapters and tags as an ffmetadata file.

    Chapters of opus and flac are comments, made here: ffmpeg 5 rounds their seconds up in opus, and
    writes none in flac. They come first, because it moves the last tag into the place of a dropped
    one, and a chapter's name must follow its time.

    Their comment bears its first `=` in its name: of `comment` ffmpeg makes DESCRIPTION, for which
    few look. One of mp3 is not here: it would become TXXX, and `audio.book` writes COMM.
    """
    lines, sections = [";FFMETADATA1"], []
    for number, chapter in enumerate(chapters[: MOST_CHAPTERS.get(chosen)]):
        start, end = round(chapter.start_s * 1000), round(chapter.end_s * 1000)
        title = _escaped(one_line(chapter.title)[:LONGEST_TITLE]) or str(number + 1)
        if chosen in (OPUS, FLAC):
            seconds, thousandths = divmod(start, 1000)
            clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            lines.append(f"CHAPTER{number:03}={clock}.{thousandths:03}")
            lines.append(f"CHAPTER{number:03}NAME={title}")
        else:
            sections += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}"]
            sections.append(f"title={title}")
    tags = tags_of(about)
    tags["composer"] = about.narrator
    tags["album_artist"] = about.author
    tags["track"] = tags.pop("tracknumber", "")
    software = tags.pop("software", "")
    if chosen == MP3:
        tags.pop("comment", None)
    elif chosen in (OPUS, FLAC) and "=" in about.comment:
        name, _, rest = tags.pop("comment").partition("=")
        tags[f"COMMENT\\={_escaped(name)}"] = rest
    if chosen in (M4A, M4B):
        tags |= {"encoding_tool": software, "media_type": "2"}  # 2: an audiobook
    else:
        tags["encoded_by"] = software
    if about.cover and chosen == OPUS:
        tags["METADATA_BLOCK_PICTURE"] = _picture_block(about.cover)
    lines += [f"{name}={_escaped(text)}" for name, text in tags.items() if text]
    return "\n".join([*lines, *sections, ""])


def tags_of(about: About) -> dict[str, str]:
    """By libsndfile's names; none is empty."""
    tags = {
        "title": about.title,
        "artist": about.author,
        "album": about.album or about.title,
        "genre": "Audiobook",
        "tracknumber": about.track,
        "comment": about.comment,
        "software": about.software,
    }
    return {name: one_line(text) for name, text in tags.items() if one_line(text)}


def one_line(text: str) -> str:
    """One line, without controls and halves of characters."""
    kept = (" " if unicodedata.category(char) in {"Cc", "Cs"} else char for char in text)
    return " ".join("".join(kept).split())


def _escaped(text: str) -> str:
    """As ffmetadata wants it; a backslash at the end would join the line with the next."""
    return re.sub(r"[=;#\\]", r"\\\g<0>", one_line(text).rstrip("\\"))


def picture(cover: bytes) -> str:
    """What kind of picture a cover is: jpeg or png."""
    return "jpeg" if cover.startswith(JPEG) else "png"


def _picture_block(cover: bytes) -> str:
    """A FLAC picture block, as Ogg's comments hold it: kind 3 is the front cover."""
    mime = f"image/{picture(cover)}".encode()
    head = struct.pack(">II", 3, len(mime)) + mime
    return base64.b64encode(head + struct.pack(">6I", 0, 0, 0, 0, 0, len(cover)) + cover).decode()
