"""The manuscripts of a command line -> books: documents and what is spoken of them. No model."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from engine.errors import InputError, VoxtralError
from engine.speech import LANGUAGE_TAG
from engine.text import Block, likely_speakers, plan_passages
from engine.text.characters import printable
from engine.text.languages import language_code
from engine.text.marks import speakers
from voxtral_cli import loading
from voxtral_cli.books.plan import Book, Part
from voxtral_cli.console import Console
from voxtral_cli.forecast import warn_of_languages
from voxtral_cli.lexicons import find_lexicons, read_lexicons
from voxtral_cli.manuscripts.document import Chapter, Document
from voxtral_cli.manuscripts.gather import gather
from voxtral_cli.manuscripts.selection import select

UNDETERMINED = ("und", "mul", "zxx", "mis")
"""What ISO 639-2 has where there is no one language."""
BETWEEN_CHAPTERS = 1.6
"""Shortest pause, in seconds."""
LONGEST_NOTE = 5
"""Names that a note lists."""


def documents(
    inputs: Sequence[str],
    chapters: str | None,
    matter: bool,
    voice: str | None,
    model: str,
    cast: Mapping[str, str],
    console: Console,
) -> tuple[list[Document], list[tuple[str, VoxtralError]]]:
    """What is to be spoken, and what could not be read of several.

    Args:
        voice, model: Their language is that of documents that do not tell theirs.
        cast: Roles, whose names may stand for voices.

    Raises:
        InputError: If nothing could be read, or nothing is chosen.
    """
    found, unread = gather(inputs, console.note)
    for document in found:
        for note in document.notes:
            console.note(f"note: {document.source or document.name}: {note}")
    skipped = [c for d in found for c in d.chapters if c.matter and not matter]
    if skipped:
        mostly = 2 * _length(skipped) > _length(c for d in found for c in d.chapters)
        part = ", more than half of the text" if mostly else ""
        console.note(f"note: not read (--all-matter){part}: {_some([c.title for c in skipped])}")
    chosen = [d for d in select(found, chapters or "", matter) if d.chapters]
    if not chosen:
        raise InputError(
            "There is nothing but front and back matter in this.", "Read it: --all-matter."
        )
    roles = {name.lower(): voice for name, voice in cast.items()}
    chosen = [replace(d, voice=roles.get(d.voice.lower(), d.voice)) for d in chosen]
    return [
        replace(d, language=_stated(d) or loading.preset_language(d.voice or voice, model))
        for d in chosen
    ], unread


def _length(chapters: Iterable[Chapter]) -> int:
    """Characters."""
    return sum(len(item.text) for chapter in chapters for item in chapter.blocks)


def _stated(document: Document) -> str:
    """The language that a document tells; empty where it tells none."""
    language = document.language
    known = re.fullmatch(LANGUAGE_TAG, language) and language_code(language) not in UNDETERMINED
    return language if known else ""


def roles(cast: Sequence[str] | None) -> dict[str, str]:
    """`NAME=VOICE` -> a mapping.

    Raises:
        InputError: If one is nothing of the kind, or a name comes twice.
    """
    found: dict[str, str] = {}
    for entry in cast or ():
        name, voice = (part.strip() for part in entry.partition("=")[::2])
        name = printable(name).strip()
        if not name or not voice:
            raise InputError(f"--cast is {entry!r}.", "Give NAME=VOICE, such as ALICE=alice.")
        if name.lower() in map(str.lower, found):
            raise InputError(f"--cast names {name} twice.", "Give each name one voice.")
        found[name] = voice
    return found


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
    text = "".join(b.text for book in books for chapter in book.chapters for b in chapter.blocks)
    warn_of_languages((language or book.language for book in books), text, model, console)
    for book in books:
        folder = book.source.parent if book.source else Path()
        lexicon = read_lexicons([*(lexicons or ()), *find_lexicons(folder)])
        parts = []
        for chapter in book.chapters:
            passages = plan_passages(
                chapter.blocks,
                max_chars=max_chars,
                lexicon=lexicon,
                language=language or book.language,
                cast=cast,
                voice=chapter.voice,
            )
            spoken = [replace(p, voice=p.voice or book.voice) for p in passages]
            if spoken:
                if not spoken[-1].asked:
                    longer = max(spoken[-1].pause, BETWEEN_CHAPTERS)
                    spoken[-1] = replace(spoken[-1], pause=longer)
                parts.append(Part(chapter.title, tuple(spoken), chapter.number, chapter.place))
        if parts:
            made.append((book, tuple(parts)))
    if not made:
        raise InputError("There is nothing to speak in this.", "Give some words.")
    voices = {book.voice for book, _ in made}
    _note_speakers([c for book, _ in made for c in book.chapters], cast, voices, console)
    return made


def _note_speakers(
    chapters: Sequence[Chapter],
    cast: Mapping[str, str],
    voices: Collection[str],
    console: Console,
) -> None:
    """Says who has lines and no voice, and who has a voice and no line.

    Args:
        voices: Those of whole items.
    """
    scenes = [[Block(printable(b.text), b.level) for b in c.blocks] for c in chapters]
    blocks = [block for scene in scenes for block in scene]
    if strangers := likely_speakers(blocks, cast):
        console.note(f"note: speakers without a voice (--cast NAME=VOICE): {_some(strangers)}")
    text = "\n".join(block.text for block in blocks) if cast else ""
    heard = {name for scene in scenes for name in speakers(scene, cast)}
    silent = [
        n
        for n, voice in cast.items()
        if voice not in voices
        and n not in heard
        and not re.search(rf"(?i)\[voice: *{re.escape(n)} *\]", text)
    ]
    if silent:
        how = f"{_some(silent)} (as in {silent[0]}: Hello)"
        console.note(f"note: no line begins with the name of {how}")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - LONGEST_NOTE} more" if len(names) > LONGEST_NOTE else ""
    return ", ".join(names[:LONGEST_NOTE]) + more
