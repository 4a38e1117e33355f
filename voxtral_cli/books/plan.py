"""What a job makes: files, their chapters, the passages in these, and what each passage is called.

Nothing here needs a model; a plan can be printed, counted and compared with a ledger.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.longform import chains
from engine.text import Passage
from voxtral_cli.audio.formats import Format
from voxtral_cli.file_names import file_name
from voxtral_cli.forecast import CHARACTERS_A_SECOND
from voxtral_cli.manuscripts.document import Document

LEDGER_SUFFIX = ".voxtral"


@dataclass(frozen=True)
class Part:
    """A chapter as it is spoken.

    Args:
        number, place: As of `manuscripts.document.Chapter`.
    """

    title: str
    passages: tuple[Passage, ...]
    number: int = 1
    place: int = 1

    @property
    def characters(self) -> int:
        return sum(len(passage.text) for passage in self.passages)

    @property
    def seconds(self) -> float:
        """About how long it will be."""
        return self.characters / CHARACTERS_A_SECOND + sum(
            p.before + p.pause for p in self.passages
        )


@dataclass(frozen=True)
class Product:
    """A file to be made.

    Args:
        path: Where.
        title: Of the file; of a chapter when the file is one.
        book: The document.
        parts: Its chapters.
        number, total: Place among the files of the book; total 1 when it is the only one.
    """

    path: Path
    title: str
    book: Document
    parts: tuple[Part, ...]
    number: int = 1
    total: int = 1

    @property
    def passages(self) -> list[Passage]:
        return [passage for part in self.parts for passage in part.passages]


@dataclass(frozen=True)
class Finish:
    """What is done to the sound of a book, and what is written beside it.

    Args:
        format: Of the file.
        loudness: Name of the preset that the levels are brought to, or none.
        watermark: Whether the sound is marked.
        subtitles: Kinds of files with the words and their times.
        speed: Factor on its pace (`SpeechOptions.speed`).
    """

    format: Format
    loudness: str
    watermark: bool
    subtitles: tuple[str, ...]
    speed: float = 1.0


Book = tuple[Document, tuple[Part, ...]]
"""A document and what is spoken of it."""


def products(books: Sequence[Book], folder: Path, suffix: str, split: bool) -> list[Product]:
    """A file per book in a folder, or with `split` a file per chapter.

    Args:
        suffix: Of the files, with its dot.
        split: Chapters of several books lie in a folder each.
    """
    made = []
    for book, parts in books:
        if not split or (len(books) > 1 and book.places == 1):
            made.append(Product(folder / f"{book.name}{suffix}", book.title, book, parts))
            continue
        inside = folder / book.name if len(books) > 1 else folder
        for part in parts:
            name = file_name(part.place, book.places, part.title)
            path = inside / f"{name}{suffix}"
            made.append(Product(path, part.title, book, (part,), part.place, book.places))
    return made


def one_product(books: Sequence[Book], path: Path, title: str | None = None) -> Product:
    """Everything in one file; of several documents, one without chapters is a chapter.

    Args:
        title: Of several documents together; else the file's name.
    """
    (first, parts), *others = books
    if not others:
        return Product(path, first.title, first, parts)
    joined = [
        Part(book.title, part.passages) if len(inside) == 1 else part
        for book, inside in books
        for part in inside
    ]
    authors = dict.fromkeys(book.author for book, _ in books if book.author)
    whole = replace(
        first, name=path.stem, title=title or path.stem, author=", ".join(authors), chapters=()
    )
    return Product(path, whole.title, whole, tuple(joined))


def is_folder(output: str) -> bool:
    """Whether `-o` means a folder: it is one, ends in a slash, or has no suffix.

    Raises:
        InputError: If it is no place for files at all.
    """
    path = Path(output)
    if output in ("", "-"):
        raise InputError("A book needs a file or a folder.", "Give -o FILE or -o DIR.")
    return path.is_dir() or output.endswith("/") or not path.suffix


def ledger_path(output: Path, folder: bool) -> Path:
    """Inside a folder; beside a file, one for `book.m4b` and `book.mp3`."""
    return output / f"batch{LEDGER_SUFFIX}" if folder else output.with_suffix(LEDGER_SUFFIX)


def subtitle_path(path: Path, kind: str) -> Path:
    """Beside the sound, with the kind as suffix."""
    return path.with_suffix(f".{kind}")


class Keys:
    """Names of passages: the same passage, spoken by the same voice in the same way, has the same.

    One that continues others depends on all of them, and its name does. No two different chains
    share a name: of those that begin alike, all but the first are numbered.

    Args:
        facts: All else that the codes depend on: checkpoint, seed, options.
        voices: Voice of a passage -> what identifies it.
        chain_chars: Longest text of passages that continue each other; 0 when none do.
    """

    def __init__(
        self, facts: Mapping[str, Any], voices: Mapping[str, str], chain_chars: int
    ) -> None:
        self.facts, self.voices, self.chain_chars = dict(facts), voices, chain_chars
        self._openings: dict[str, dict[tuple[str, ...], int]] = {}

    def chains(self, passages: Sequence[Passage]) -> list[list[tuple[str, Passage]]]:
        """The passages in their chains, each with its key."""
        return [
            self._keyed([passages[index] for index in chain])
            for chain in chains(passages, self.chain_chars)
        ]

    def _keyed(self, chain: Sequence[Passage]) -> list[tuple[str, Passage]]:
        texts = tuple(passage.text for passage in chain)
        alike = self._openings.setdefault(self._key(chain[0], ""), {})
        number = alike.setdefault(texts, len(alike))
        before, members = str(number or ""), []
        for passage in chain:
            before = self._key(passage, before)
            members.append((before, passage))
        return members

    def _key(self, passage: Passage, before: str) -> str:
        voice = self.voices[passage.voice]
        return digest([self.facts, voice, passage.text, before])[:32]


def digest(value: Any) -> str:
    """Of anything that JSON can hold: 64 hex digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def voices_of(passages: Iterable[Passage]) -> list[str]:
    """Voices that passages ask for, in order; empty is the narrator's."""
    return list(dict.fromkeys(passage.voice for passage in passages))


def refuse_same_paths(made: Sequence[Product]) -> None:
    """Two files of one name would overwrite each other.

    Raises:
        InputError: If there are any.
    """
    seen: dict[str, Product] = {}
    for product in made:
        other = seen.setdefault(str(product.path).lower(), product)
        if other is not product:
            raise InputError(
                f"Two outputs would be {product.path}.",
                "Give the items, or the files, different names.",
            )
