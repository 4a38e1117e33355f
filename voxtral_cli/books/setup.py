"""What a command line asks for, read and checked before a model is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import InputError, VoxtralError
from engine.text import likely_speakers, plan_passages
from voxtral_cli import loading
from voxtral_cli.audio.book import check_cover, require_book_format
from voxtral_cli.audio.formats import Format, choose_format
from voxtral_cli.audio.loudness import PRESETS
from voxtral_cli.audio.output import check_writable
from voxtral_cli.books.plan import (
    Book,
    Finish,
    Part,
    Product,
    is_folder,
    ledger_path,
    one_product,
    products,
    refuse_same_paths,
    voices_of,
)
from voxtral_cli.console import Console
from voxtral_cli.lexicons import find_lexicons, read_lexicons
from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.gather import gather
from voxtral_cli.manuscripts.selection import select
from voxtral_cli.subtitles import KINDS
from voxtral_cli.voice_choice import ChosenVoice, choose_voice

ENDINGS = ("m4b", "mp3")
"""Format of a book where none is asked for: with ffmpeg, and without."""
BETWEEN_CHAPTERS = 1.6
"""Shortest pause, in seconds."""


def row_count(rows: str) -> int:
    """`auto` is 0.

    Raises:
        InputError: If it is no number.
    """
    if rows == "auto":
        return 0
    if not rows.isdecimal() or not int(rows):
        raise InputError(f"--rows is {rows!r}.", "Give a number from 1, or auto.")
    return int(rows)


def documents(
    inputs: Sequence[str], chapters: str | None, matter: bool, console: Console
) -> tuple[list[Document], list[tuple[str, VoxtralError]]]:
    """What is to be spoken, and what could not be read of several.

    Raises:
        InputError: If nothing could be read, or nothing is chosen.
    """
    found, unread = gather(inputs)
    for document in found:
        for note in document.notes:
            console.note(f"note: {document.source or document.name}: {note}")
    chosen = [d for d in select(found, chapters or "", matter) if d.chapters]
    if not chosen:
        raise InputError(
            "There is nothing but front and back matter in this.", "Read it: --all-matter."
        )
    return chosen, unread


def renamed(
    books: list[Document], title: str | None, author: str | None, cover: Path | None
) -> list[Document]:
    """With what the command line knows better.

    Raises:
        InputError: If there are several books for one title, or the cover cannot be read.
    """
    if title is not None and len(books) > 1:
        raise InputError("--title is for one book; these are several.", "Leave it out.")
    picture = _picture(cover) if cover else b""
    return [
        replace(
            book,
            title=title or book.title,
            author=author or book.author,
            cover=picture or book.cover,
        )
        for book in books
    ]


def _picture(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.", "Check the path.") from error
    check_cover(data)
    return data


def roles(cast: Sequence[str] | None) -> dict[str, str]:
    """`NAME=VOICE` -> a mapping.

    Raises:
        InputError: If one is nothing of the kind.
    """
    pairs = [entry.partition("=") for entry in cast or ()]
    for entry, (name, _, voice) in zip(cast or (), pairs, strict=True):
        if not name.strip() or not voice.strip():
            raise InputError(f"--cast is {entry!r}.", "Give NAME=VOICE, such as ALICE=alice.")
    return {name.strip(): voice.strip() for name, _, voice in pairs}


def planned(
    books: Sequence[Document],
    model: str,
    lexicons: Sequence[Path] | None,
    language: str | None,
    cast: Mapping[str, str],
    console: Console,
) -> list[Book]:
    """The passages of every chapter; chapters with nothing to say are left out.

    Raises:
        InputError: If there is nothing to say at all, or a lexicon or mark cannot be used.
    """
    max_chars = loading.read_config(model).max_chars
    made: list[Book] = []
    for book in books:
        folder = book.source.parent if book.source else Path()
        lexicon = read_lexicons([*(lexicons or ()), *find_lexicons(folder)])
        blocks = [block for chapter in book.chapters for block in chapter.blocks]
        if strangers := likely_speakers(blocks, cast):
            names = ", ".join(strangers[:5])
            console.note(
                f"note: {book.name}: speakers without a voice: {names} (--cast NAME=VOICE)"
            )
        parts = []
        for chapter in book.chapters:
            passages = plan_passages(
                chapter.blocks,
                max_chars=max_chars,
                lexicon=lexicon,
                language=language or book.language or "en",
                cast=cast,
            )
            spoken = tuple(replace(p, voice=p.voice or book.voice) for p in passages)
            if spoken:
                last = replace(spoken[-1], pause=max(spoken[-1].pause, BETWEEN_CHAPTERS))
                parts.append(Part(chapter.title, (*spoken[:-1], last)))
        if parts:
            made.append((book, tuple(parts)))
    if not made:
        raise InputError("There is nothing to speak in this.", "Give some words.")
    return made


@dataclass(frozen=True)
class Target:
    """The files that are to be made, their format, and the ledger beside them."""

    products: list[Product]
    format: Format
    ledger: Path


def target(
    books: Sequence[Book], output: str | None, format_name: str | None, split: bool
) -> Target:
    """Where everything goes.

    Raises:
        InputError: If a path or format cannot be used, or two files would have one name.
        VoxtralError: If a folder cannot be written to.
    """
    if output is None:
        if len(books) > 1:
            raise InputError("Several books need a place.", "Give -o DIR, or -o FILE for one file.")
        output = books[0][0].name + ("" if split else "." + (format_name or default_format()))
    path, folder = Path(output), is_folder(output)
    name = format_name or (default_format() if folder else None)
    chosen = choose_format(path, name)
    require_book_format(chosen)
    if folder or split:
        place = path if folder else path.with_suffix("")
        made = products(books, place, f".{name or path.suffix[1:]}", split)
        beside = place
    else:
        made, beside = [one_product(books, path)], path
        check_writable(path)
    refuse_same_paths(made)
    ledger = ledger_path(Path(beside).resolve(), folder or split)
    check_writable(ledger)
    return Target(made, chosen, ledger)


def default_format() -> str:
    """Of a book: with chapters where ffmpeg is there to write them."""
    import shutil

    return ENDINGS[shutil.which("ffmpeg") is None]


def finish(
    chosen: Format, loudness: str, subtitles: Sequence[str] | None, watermark: bool
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
    return Finish(chosen, loudness, watermark, tuple(dict.fromkeys(subtitles or ())))


def voices(
    made: Sequence[Product],
    narrator: str | None,
    model: str,
    encoder: str | None,
    consent: bool,
    console: Console,
) -> dict[str, ChosenVoice]:
    """Every voice that is asked for, by its name in the passages; empty is the narrator's.

    Raises:
        VoiceError: If there is no such voice.
        InputError: If a recording cannot be used.
    """
    asked = voices_of(passage for product in made for passage in product.passages)
    return {
        name: choose_voice(name or narrator, model, encoder, consent, console) for name in asked
    }


def check_ears() -> None:
    """Whether `--verify` is possible.

    Raises:
        InputError: If the recogniser is not installed.
    """
    from engine.hearing.asr import check_installed

    check_installed()
