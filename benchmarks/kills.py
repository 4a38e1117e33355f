"""Kill `voxtral batch` at random moments, start it again, and compare with a run left alone.

Passes when the bytes are the same, no passage was spoken twice and none is missing: no figure but
a proof; a few kills over a fake engine are in the test suite.
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import common
from engine.errors import VoxtralError

WHO = "The baker|A sailor|My neighbour|The old king|Her brother|Some child|The captain|A stranger"
DID = "opened the door|counted the coins|watched the rain|found a letter|lit a candle"
WHERE = "in the morning|by the river|after the storm|without a word|near the mill"


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


def main() -> None:
    """Run, kill, compare, publish."""
    parser = common.parser("Kills and resumed runs of voxtral batch.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--passages", type=int, default=120, help="of about 35 characters")
    parser.add_argument("--longest", type=float, default=8.0, help="seconds until a kill")
    parser.add_argument("--context", default="none", help="as for voxtral batch")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        alone, killed = Path(folder, "alone"), Path(folder, "killed")
        for place in (alone, killed):
            place.mkdir()
            (place / "book.txt").write_text(text(given.passages))
        command = [sys.executable, "-m", "voxtral_cli", "batch", "book.txt", "-o", "book.flac"]
        command += ["--quiet", "--model", given.model, "--device", given.device]
        command += ["--context", given.context]
        began = time.perf_counter()
        subprocess.run(command, cwd=alone, check=True, stdout=subprocess.DEVNULL)
        took = time.perf_counter() - began
        kills = kill_often(command, killed, given.kills, given.longest)
        same = (alone / "book.flac").read_bytes() == (killed / "book.flac").read_bytes()
        wanted, got = (keys(place / "book.voxtral") for place in (alone, killed))
        left = sorted(path.name for path in killed.iterdir())
    figures = {
        "kills": kills,
        "passages": len(wanted),
        "uninterrupted_s": took,
        "same_bytes": same,
        "spoken_twice": len(got) - len(set(got)),
        "lost": len(set(wanted) - set(got)),
        "left_behind": [
            name for name in left if name not in ("book.txt", "book.flac", "book.voxtral")
        ],
    }
    common.publish("kills", given, figures, list(figures), [list(figures.values())])
    wrong = [figures[name] for name in ("spoken_twice", "lost", "left_behind")]
    if not same or any(wrong) or kills < given.kills:
        raise VoxtralError("The killed run is not the same.", "See the table.")


def kill_often(command: list[str], place: Path, wanted: int, longest: float) -> int:
    """Start and kill until it was killed so often, then let it end; how often it was killed."""
    kills, chance = 0, random.Random(1)
    while not (place / "book.flac").exists():
        rows = ["--rows", chance.choice(["auto", "1", "3"])]
        process = subprocess.Popen([*command, *rows], cwd=place, stdout=subprocess.DEVNULL)
        try:
            process.wait(chance.uniform(0, longest) if kills < wanted else None)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    return kills


def keys(ledger: Path) -> list[str]:
    """Of every passage that was written down, in order."""
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    return [line["key"] for line in lines if "key" in line]


if __name__ == "__main__":
    sys.exit(common.run(main))
