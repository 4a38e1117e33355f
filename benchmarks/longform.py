"""A long text through the command: is time linear, is memory flat, and what do rows bring?

    python -m benchmarks.longform
    python -m benchmarks.longform --command "batch {text} -o {out} --rows {rows} --force"

A paragraph in forty variations makes texts of about 1 and 10 minutes; no sentence comes twice in
them, so that nothing finished earlier can be used again. Every run is a fresh process: loading is
in all figures. One run of each unless `--runs` is given.
"""

import shlex
import sys
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import common
from benchmarks.processes import VOXTRAL, finish
from engine.errors import InputError

COMMAND = "say -f {text} -o {out} --rows {rows}"
MINUTES = (1, 10)
ROWS = (1, 2, 4, 8, 16)
DEFAULT_ROWS, ROWS_MINUTES = 4, 3
"""Rows of the texts by length; length of the text by rows, which has chunks for 16 and more."""
PARAGRAPHS = 3
"""That take nano about a minute."""
PARAGRAPH = (
    "The {place} was quiet {when}, and the first boats came home. Gulls circled above the {place} "
    "{when}. An old man near the {place} mended his net {when}, without looking up. A radio played "
    "in the {place} {when}, too softly to follow the tune. By noon the {place} was full of voices "
    "{when}, and of silver fish."
)
PLACES = ("harbour", "village", "station", "landing", "library", "orchard", "terrace", "theatre")
TIMES = ("that day", "all week", "in March", "last May", "at first")
"""Of one length each, so that ten times the paragraphs are ten times the characters."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and publish."""
    parser = common.parser("Time, memory and rows of a long text.", "model", "device", "runs")
    parser.set_defaults(runs=1)
    parser.add_argument("--command", default=COMMAND, help=f"of voxtral; default: {COMMAND}")
    parser.add_argument("--rows", type=common.count, nargs="*", default=list(ROWS))
    parser.add_argument("--minutes", type=common.count, nargs=2, default=list(MINUTES))
    given = common.parse(parser, arguments)
    check(given.command)
    by_length = {n: _measure(given, n, DEFAULT_ROWS) for n in given.minutes}
    by_rows = {n: _measure(given, ROWS_MINUTES, n) for n in given.rows}
    short, long = (by_length[n] for n in given.minutes)
    figures = {
        "runs": given.runs,
        "command": given.command,
        "by_minutes": {str(n): figure for n, figure in by_length.items()},
        "by_rows": {str(n): figure for n, figure in by_rows.items()},
        "time_ratio": long["wall_s"]["p50"] / short["wall_s"]["p50"],
        "sound_ratio": long["sound_s"] / short["sound_s"],
        "more_mb": long["peak_mb"] - short["peak_mb"],
    }
    table = [[f"{n} min, {DEFAULT_ROWS} rows", *_columns(f)] for n, f in by_length.items()]
    table += [[f"{ROWS_MINUTES} min, {n} rows", *_columns(f)] for n, f in by_rows.items()]
    header = ["text", "sound s", "wall s p50", "sound s a second", "peak MB"]
    common.publish("longform", given, figures, header, table)


def text_of(minutes: int) -> str:
    """About so many minutes of nano's speech, a paragraph every 20 s; repeats itself after 13."""
    varied = [PARAGRAPH.format(place=place, when=when) for when in TIMES for place in PLACES]
    return "\n\n".join(varied[n % len(varied)] for n in range(PARAGRAPHS * minutes))


def check(command: str) -> None:
    """
    Raises:
        InputError: If the command does not say where the text and the sound are.
    """
    missing = [place for place in ("{text}", "{out}") if place not in command]
    if missing:
        raise InputError(f"The command has no {' and no '.join(missing)}.", f"As in: {COMMAND}")


def _measure(given: Any, minutes: int, rows: int) -> dict[str, Any]:
    """The command in fresh processes: seconds, peak, seconds of sound in the wav file."""
    with tempfile.TemporaryDirectory() as folder:
        text, out = Path(folder) / "text.txt", Path(folder) / "out.wav"
        text.write_text(text_of(minutes), encoding="utf-8")
        places = {"text": str(text), "out": str(out), "rows": str(rows)}
        asked = [word.format(**places) for word in shlex.split(given.command)]
        options = ["--quiet", "--model", given.model, "--device", given.device]
        done = [finish([*VOXTRAL, *asked, *options], silent=True) for _ in range(given.runs)]
        with wave.open(str(out)) as file:
            sound = file.getnframes() / file.getframerate()
    walls = common.quantiles([one.seconds for one in done])
    figure = {
        "sound_s": sound,
        "wall_s": walls,
        "speed": sound / walls["p50"],
        "peak_mb": max(one.peak_bytes for one in done) / 1e6,
    }
    print(f"{minutes} min, {rows} rows: {_columns(figure)}", file=sys.stderr, flush=True)
    return figure


def _columns(figure: dict[str, Any]) -> list[object]:
    return [
        round(figure["sound_s"], 1),
        round(figure["wall_s"]["p50"], 1),
        round(figure["speed"], 2),
        round(figure["peak_mb"]),
    ]


if __name__ == "__main__":
    sys.exit(common.run(main))
