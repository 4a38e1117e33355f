"""What is made of books, where, and by whom: all checked before a model is loaded."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import InputError, VoxtralError
from voxtral_cli.audio.book import check_cover, require_book_format
from voxtral_cli.audio.formats import M4B, Format, choose_format, ffmpeg_lacks, find_format
from voxtral_cli.audio.loudness import PRESETS
from voxtral_cli.audio.output import check_writable, refuse_input
from voxtral_cli.books.plan import (
    Book,
    Finish,
    Product,
    is_folder,
    ledger_path,
    one_product,
    products,
    refuse_same_paths,
    subtitle_path,
    voices_of,
)
from voxtral_cli.console import Console
from voxtral_cli.subtitles import KINDS
from voxtral_cli.voice_choice import ChosenVoice, choose_voice

ENDINGS = ("m4b", "mp3")
"""Format of a book where none is asked for: with ffmpeg, and without."""


def renamed(books: Sequence[Book], author: str | None, cover: Path | None) -> list[Book]:
    """With the author and the cover that the command line knows better.

    Raises:
        InputError: If the cover cannot be read.
    """
    picture = _picture(cover) if cover else b""
    return [
        (replace(book, author=author or book.author, cover=picture or book.cover), parts)
        for book, parts in books
    ]


def _picture(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.", "Check the path.") from error
    check_cover(data)
    return data


@dataclass(frozen=True)
class Target:
    """The files that are to be made, their format, and the ledger beside them."""

    products: list[Product]
    format: Format
    ledger: Path


def target(
    books: Sequence[Book],
    output: str | None,
    format_name: str | None,
    split: bool,
    title: str | None = None,
    inputs: Sequence[str | None] = (),
    subtitles: Sequence[str] = (),
) -> Target:
    """Where everything goes.

    Args:
        title: Of the book, if it is one.
        inputs: Recordings that are read, which nothing may be written over.
        subtitles: Kinds of files beside each.

    Raises:
        InputError: If a path or format cannot be used, two files would have one name, or one is an
            input.
        VoxtralError: If a folder cannot be written to.
    """
    if output is None:
        if len(books) > 1:
            raise InputError("Several books need a place.", "Give -o DIR, or -o FILE for one file.")
        output = books[0][0].name + "." + (format_name or default_format())
    folder = is_folder(output)
    path = Path(output)
    name = format_name or (default_format() if folder else None)
    chosen = choose_format(Path() if folder else path, name)
    require_book_format(chosen)
    if not folder:
        find_format(path, None)  # a book has a suffix that tells it
    if title is not None and len(books) == 1:
        books = [(replace(books[0][0], title=title), books[0][1])]
    elif title is not None and (folder or split):
        raise InputError("--title is for one book; these are several.", "Leave it out.")
    if folder or split:
        made = products(books, path if folder else path.with_suffix(""), f".{chosen.name}", split)
    else:
        made = [one_product(books, path, title)]
    refuse_same_paths(made)
    ledger = ledger_path(path, folder)
    beside = [
        subtitle_path(product.path, kind) for product in made for kind in KINDS if kind in subtitles
    ]
    for place in [*(product.path for product in made), *beside, ledger]:
        check_place(place, new_folders=folder or split)
        refuse_input(place, inputs)
    return Target(made, chosen, ledger)


def check_place(path: Path, new_folders: bool) -> None:
    """Refuses a file that could not be written later.

    Args:
        new_folders: Whether folders that are missing will be made.

    Raises:
        InputError: If it is a folder, or in something that is none.
        VoxtralError: If its folder cannot be written to.
    """
    folder = path.parent
    if new_folders and not folder.exists():
        while not folder.exists():
            folder = folder.parent
        if folder.is_dir() and not os.access(folder, os.W_OK):
            raise VoxtralError(f"Cannot write into {folder}.", "Write elsewhere.")
        if folder.is_dir():
            return
    if not folder.is_dir() and folder.exists():
        raise InputError(f"{folder} is no folder.", "Write elsewhere.")
    check_writable(path)


def default_format() -> str:
    """Of a book: with chapters where ffmpeg is there to write them."""
    return ENDINGS[bool(ffmpeg_lacks(M4B.coding, M4B.container))]


def finish(
    chosen: Format, loudness: str, subtitles: Sequence[str] | None, watermark: bool, speed: float
) -> Finish:
    """What is done to the sound.

    Raises:
        InputError: If there is no such preset, or no such kind of subtitles.
    """
    presets = [*PRESETS, "none"]
    if loudness not in presets:
        raise InputError(f"There is no loudness {loudness!r}.", f"Presets: {', '.join(presets)}.")
    for kind in subtitles or ():
        if kind not in KINDS:
            raise InputError(f"There are no subtitles {kind!r}.", f"Kinds: {', '.join(KINDS)}.")
    return Finish(chosen, loudness, watermark, tuple(dict.fromkeys(subtitles or ())), speed)


def voices(
    made: Sequence[Product],
    cast: Mapping[str, str],
    narrator: str | None,
    model: str,
    encoder: str | None,
    consent: bool,
    console: Console,
) -> dict[str, ChosenVoice]:
    """Every voice that is asked for, by its name in the passages; empty is the narrator's.

    Raises:
        VoiceError: If there is no such voice, be it of a role without a line.
        InputError: If a recording cannot be used.
    """
    asked = voices_of(passage for product in made for passage in product.passages)
    named = ["", narrator, *cast.values()]
    every = {
        name: choose_voice(name or narrator, model, encoder, consent, console, name in named)
        for name in dict.fromkeys([*asked, *cast.values()])
    }
    return {name: every[name] for name in asked}


def check_ears() -> None:
    """Whether `--verify` is possible.

    Raises:
        InputError: If the recogniser is not installed.
    """
    from engine.hearing.asr import check_installed

    check_installed()
