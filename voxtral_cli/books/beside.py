"""Subtitles beside a file: of which words they are, and whether nobody changed them.

    states(path, kinds, words)           kind -> "WORDS CONTENT", as the ledger keeps it
    stale(path, kinds, words, known)     those that are there and of other words

Another output may have the same stem, and so the same subtitles.
"""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from voxtral_cli.books.plan import subtitle_path
from voxtral_cli.subtitles import KINDS


def states(path: Path, kinds: Collection[str], words: str) -> dict[str, str]:
    """What there is of subtitles of these kinds, if they are of these words.

    Args:
        path: Of the sound.
        words: Hash of all that they are made of.
    """
    return {kind: f"{words} {_content(path, kind)}" for kind in kinds}


def stale(path: Path, kinds: Collection[str], words: str, known: Mapping[str, Any]) -> list[str]:
    """Kinds other than these whose files are there as they were written, but of other words.

    Args:
        known: Their states when they were written.
    """
    return [
        kind
        for kind in KINDS
        if kind in known and kind not in kinds
        if (content := _content(path, kind)) and str(known[kind]).endswith(f" {content}")
        if known[kind] != f"{words} {content}"
    ]


def _content(path: Path, kind: str) -> str:
    """Hash of what a file holds; empty where there is none."""
    place = subtitle_path(path, kind)
    return hashlib.sha256(place.read_bytes()).hexdigest() if place.is_file() else ""
