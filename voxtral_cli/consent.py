"""The right to use somebody's voice: asked for once a recording, and remembered.

Cloning a voice needs the consent of the person. `--consent` gives it in scripts; on a terminal it
is asked for. What was consented to is kept in `consents.jsonl` beside the voices, a line a
recording (SHA-256 of its bytes, when, how), and in the voice file.
"""

import datetime
import getpass
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.errors import InputError, VoxtralError
from voxtral_cli.console import Console, tell
from voxtral_cli.voice_files import VoiceStore

QUESTION = "Do you have the right to use this voice, that is, the consent of the person? [y/N] "


def ensure_consent(clips: Sequence[Path], given: bool, console: Console) -> str:
    """The record of a consent, old or new; one that cannot be kept is noted.

    Args:
        clips: Recordings that a voice will be made of.
        given: Whether `--consent` was given.

    Raises:
        InputError: If there is none.
    """
    store = VoiceStore()
    digests = [_digest(clip) for clip in clips]
    known = _known(store)
    if all(digest in known for digest in digests):
        return known[digests[0]]
    how = "--consent" if given else "asked"
    if not given and not _asked():
        raise InputError(
            "A voice may be cloned only with the consent of the person.",
            "Give --consent if you have it.",
        )
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    record = f"{now} {how} {_user()}".strip()
    lines = [
        json.dumps({"sha256": digest, "file": clip.name, "record": record}) + "\n"
        for clip, digest in zip(clips, digests, strict=True)
        if digest not in known
    ]
    try:
        store.prepare()
        with (store.folder / "consents.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(lines)
    except (VoxtralError, OSError) as error:
        why = str(error) if isinstance(error, OSError) else f"{error.message} {error.hint}"
        console.note(f"note: the consent is not kept: {why}")
    return record


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _asked() -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    tell(QUESTION, end="")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _known(store: VoiceStore) -> dict[str, str]:
    """Digest -> record; lines that cannot be read are passed over."""
    path, known = store.folder / "consents.jsonl", {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
                known[str(entry["sha256"])] = str(entry["record"])
            except (ValueError, KeyError, TypeError):
                continue
    return known


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without a name; on Windows, without `pwd`
        return ""
