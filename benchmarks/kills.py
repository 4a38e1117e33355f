"""Kill `voxtral batch` at random moments, start it again, and compare with a run left alone.

Passes when the bytes are the same, no passage was spoken twice and none is missing: no figure but
a proof; a few kills over a fake engine are in the test suite.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import common
from engine.device import find_device
from engine.errors import VoxtralError
from engine.hub import resolve

WHO = "The baker|A sailor|My neighbour|The old king|Her brother|Some child|The captain|A stranger"
DID = "opened the door|counted the coins|watched the rain|found a letter|lit a candle"
WHERE = "in the morning|by the river|after the storm|without a word|near the mill"
FEWEST, MOST = 7, 201  # passages of two paragraphs, and of all words there are
BOOK, MANUSCRIPT, LEDGER = "book.flac", "book.txt", "book.voxtral"


def text(passages: int) -> str:
    """Passages of different words, three a paragraph; two paragraphs begin alike, two are equal."""
    every = [
        f"{who} {did} {where}."
        for did in DID.split("|")
        for where in WHERE.split("|")
        for who in WHO.split("|")
    ]
    lines = [f"{line} [pause:0.3s]" for line in random.Random(0).sample(every, passages - 1)]
    groups = [lines[n : n + 3] for n in range(0, len(lines), 3)]
    groups += [[groups[0][0], "But it was another day in the end."], groups[1]]
    return "\n\n".join(" ".join(group) for group in groups)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, kill, compare, publish."""
    parser = common.parser("Kills and resumed runs of voxtral batch.", "model", "device")
    parser.add_argument("--kills", type=common.count, default=50)
    parser.add_argument("--passages", type=common.count, default=120, help="of about 35 characters")
    parser.add_argument("--longest", type=common.duration, default=8.0, help="seconds until a kill")
    parser.add_argument("--context", default="none", help="as for voxtral batch")
    given = common.parse(parser, arguments)
    given.options["context"] = given.context  # always in the file's name
    if not FEWEST <= given.passages <= MOST:
        parser.error(f"--passages: from {FEWEST} to {MOST}")
    find_device(given.device)
    model = str(resolve(given.model).resolve())
    with tempfile.TemporaryDirectory() as folder:
        alone, killed = Path(folder, "alone"), Path(folder, "killed")
        for place in (alone, killed):
            place.mkdir()
            (place / MANUSCRIPT).write_text(text(given.passages))
        command = [sys.executable, "-m", "voxtral_cli", "batch", MANUSCRIPT, "-o", BOOK]
        command += ["--quiet", "--model", model, "--device", given.device]
        command += ["--context", given.context]
        began = time.perf_counter()
        finished(alone, started(command, alone))
        took = time.perf_counter() - began
        kill_often(command, killed, given.kills, given.longest)
        same = (alone / BOOK).read_bytes() == (killed / BOOK).read_bytes()
        wanted, got = (keys(place / LEDGER) for place in (alone, killed))
        left = sorted(path.name for path in killed.iterdir())
    figures = {
        "kills": given.kills,
        "passages": len(wanted),
        "uninterrupted_s": took,
        "same_bytes": same,
        "spoken_twice": len(got) - len(set(got)),
        "lost": len(set(wanted) - set(got)),
        "left_behind": [name for name in left if name not in (BOOK, MANUSCRIPT, LEDGER)],
    }
    common.publish("kills", given, figures, list(figures), [list(figures.values())])
    wrong = [figures[name] for name in ("spoken_twice", "lost", "left_behind")]
    if not same or any(wrong):
        raise VoxtralError("The killed run is not the same.", "See the table.")


def kill_often(command: list[str], place: Path, wanted: int, longest: float) -> None:
    """Start and kill until it was killed so often, then let it end.

    Raises:
        VoxtralError: If a run fails, or the book is there before.
    """
    kills, chance = 0, random.Random(1)
    while not (place / BOOK).exists():
        rows = ["--rows", chance.choice(["0", "1", "3"])]
        process = started([*command, *rows], place)
        try:
            finished(place, process, chance.uniform(0, longest) if kills < wanted else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    if kills < wanted:
        hint = "Give more --passages, or a smaller --longest."
        raise VoxtralError(f"The book was there after {kills} kills.", hint)


def started(command: list[str], place: Path) -> subprocess.Popen[bytes]:
    """The command in a folder; what it complains of is seen."""
    return subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL)


def finished(place: Path, process: subprocess.Popen[bytes], seconds: float | None = None) -> None:
    """Wait for the book.

    Raises:
        subprocess.TimeoutExpired: If the process is at it after so many seconds.
        VoxtralError: If it has ended without it.
    """
    code = process.wait(seconds)
    if code or not (place / BOOK).exists():
        raise VoxtralError(f"voxtral batch has ended with {code}.", "It says why above.")


def keys(ledger: Path) -> list[str]:
    """Of every passage that was written down, in order."""
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    return [line["key"] for line in lines if "key" in line]


if __name__ == "__main__":
    sys.exit(common.run(main))
