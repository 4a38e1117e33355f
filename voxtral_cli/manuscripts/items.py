"""JSONL: one object a line, each a document of one chapter."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from engine.errors import InputError
from engine.speech import LANGUAGE_TAG
from voxtral_cli.manuscripts.decoding import decode, read_bytes
from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.outline import Section, assemble, block, clean
from voxtral_cli.manuscripts.plain import paragraphs

SUFFIX = ".jsonl"
_KEYS = ("text", "name", "title", "voice", "language")
_UNFIT = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_LONGEST_NAME = 200
"""Bytes of a name: file systems take 255, and a number and a suffix are added."""


def read_items(path: Path) -> list[Document]:
    """Reads a list of items.

    Raises:
        InputError: If a line is no such object, or a key is unknown.
    """
    text = decode(read_bytes(path), str(path))
    found = list(_items(text.text, path))
    if not found:
        raise InputError(f"{path} is empty.", 'Give a line for each item: {"text": "Hello."}')
    return found


def _items(text: str, path: Path) -> Iterator[Document]:
    number = 0
    for line_number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            number += 1
            fields = _fields(line, f"{path}, line {line_number}")
            name = fields.get("name") or f"item-{number:04}"
            title = clean(fields.get("title", "")) or name
            section = Section(title, [block(p) for p in paragraphs(fields["text"])], False)
            yield Document(
                name,
                title,
                assemble([section], title),
                language=fields.get("language", ""),
                voice=fields.get("voice", ""),
                source=path,
            )


def _fields(line: str, where: str) -> dict[str, str]:
    """The object of a line, checked."""
    hint = f"Keys: {', '.join(_KEYS)}; all are text, and text is required."
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        complaint = error.msg if isinstance(error, json.JSONDecodeError) else "too deep"
        raise InputError(f"{where} is no JSON: {complaint}.", hint) from None
    if not isinstance(fields, dict):
        raise InputError(f"{where} is no JSON object.", hint)
    if unknown := sorted(fields.keys() - set(_KEYS)):
        raise InputError(f"{where} has an unknown key, {clean(unknown[0])!r}.", hint)
    for key, value in fields.items():
        if not isinstance(value, str):
            raise InputError(f"{where}: {key} is no text.", hint)
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise InputError(f"{where}: {key} holds half a character.", "Escape it as a pair.")
    if not any(map(str.isalnum, fields.get("text", ""))):
        raise InputError(f"{where} has no text to speak.", hint)
    if not re.fullmatch(LANGUAGE_TAG, fields.get("language") or "en"):
        raise InputError(f"{where}: there is no language {clean(fields['language'])!r}.", hint)
    _check_name(fields.get("name", "item"), where)
    return fields


def _check_name(name: str, where: str) -> None:
    if (
        _UNFIT.search(name)
        or not name.strip(". ")
        or name != name.strip()
        or name.startswith(".")
        or len(name.encode()) > _LONGEST_NAME
    ):
        raise InputError(
            f"{where}: {clean(name)!r} cannot be the name of a file.",
            'Leave out / \\ : * ? " < > | and a dot in front; up to 200 bytes.',
        )
