"""Subtitles beside a file: of which words they are, and whether nobody changed them.

    states(path, kinds, words)           kind -> "WORDS CONTENT", as the ledger keeps it
    due(path, kinds, words, beside)      those that are to be written
    stale(path, kinds, words, known)     those that are there and of other words

Another output may have the same stem, and so the same subtitles. What is as no output has written
it, a person has changed.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from voxtral_cli.audio.formats import BY_NAME
from voxtral_cli.books.plan import subtitle_path
from voxtral_cli.subtitles import KINDS


def states(path: Path, kinds: Collection[str], words: str) -> dict[str, str]:
    """What there is of subtitles of these kinds, if they are of these words.

    Args:
        path: Of the sound.
        words: Hash of all that they are made of.
    """
    return {kind: f"{words} {_content(path, kind)}" for kind in kinds}


def due(
    path: Path,
    kinds: Collection[str],
    words: str,
    beside: Callable[[str], Mapping[str, Any]],
) -> tuple[list[str], list[Path]]:
    """Kinds that are not there of these words, and which of their files a person has changed.

    What a person has changed is not due as long as it was written of these words.

    Args:
        beside: States when they were written, by the name of an output.
    """
    outputs = dict.fromkeys([path, *(path.with_suffix(f".{name}") for name in BY_NAME)])
    noted = [beside(str(output)) for output in outputs]
    missing, changed = [], []
    for kind in kinds:
        known = [str(states[kind]).partition(" ")[::2] for states in noted if kind in states]
        content = _content(path, kind)
        own = [written for made_of, written in known if made_of == words]
        theirs = bool(content and known) and all(content != written for _, written in known)
        if content not in own and not (theirs and own):
            missing.append(kind)
            changed += [subtitle_path(path, kind)] * theirs
    return missing, changed


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
