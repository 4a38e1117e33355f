"""Real-time factor of a loaded engine: computing seconds / seconds of sound, lower is better.

Two questions: is time linear in the length of the text (1, 2 and 4 times the same paragraph, one
row), and what do rows side by side bring (4 times the paragraph, or as many times as there are
rows)? The engine is loaded and warmed up before.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from benchmarks import common
from engine import Engine
from engine.hub import resolve
from engine.speech import SpeechOptions

LENGTHS = (1, 2, 4)
ROWS = (1, 4, 16)
WARM_UP = "One, two, three."


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and publish."""
    parser = common.parser("Real-time factor by text length and rows.", *common.FLAGS)
    parser.add_argument("--voice", help="default: the checkpoint's first")
    parser.add_argument("--rows", type=common.count, nargs="+", default=list(ROWS))
    parser.add_argument("--threads", type=common.count, help="of torch; default: as `voxtral` does")
    given = common.parse(parser, arguments)
    engine = Engine.from_folder(resolve(given.model), device=given.device)
    if given.threads or engine.packed:
        torch.set_num_threads(given.threads or 1)
    voice = given.voice or engine.voices[0]
    one_row = SpeechOptions(rows=1, steps=given.steps)
    engine.speak(WARM_UP, voice, one_row)

    lengths = {f"{n}x": _measure(engine, n, voice, one_row, given.runs) for n in LENGTHS}
    rows: dict[str, dict[str, Any]] = {}
    for count in given.rows:
        options, times = replace(one_row, rows=count), max(LENGTHS[-1], count)
        if (count, times) == (1, LENGTHS[-1]):
            rows["1"] = lengths[f"{times}x"]
            continue
        engine.speak(" ".join([WARM_UP] * count), voice, options)
        rows[str(count)] = _measure(engine, times, voice, options, given.runs)

    shortest, longest = lengths[f"{LENGTHS[0]}x"], lengths[f"{LENGTHS[-1]}x"]
    growth = longest["wall_s"]["p50"] / shortest["wall_s"]["p50"]
    figures = {
        "runs": given.runs,
        "steps": common.steps_of(given),
        "threads": torch.get_num_threads(),
        "characters": len(common.TEXT),
        "kernels": common.kernels(engine.device),
        "by_length": lengths,
        "by_rows": rows,
        "growth": growth / (LENGTHS[-1] / LENGTHS[0]),
    }
    table = [[f"{name}, 1 row", *_columns(figure)] for name, figure in lengths.items()]
    table += [
        [f"{figure['times']}x, {count} rows", *_columns(figure)] for count, figure in rows.items()
    ]
    header = ["text", "sound s", "wall s p50", "RTF p50", "RTF p95"]
    common.publish("throughput", given, figures, header, table)


def _measure(
    engine: Engine, times: int, voice: str, options: SpeechOptions, runs: int
) -> dict[str, Any]:
    """Speak the paragraph `times` times in one text, `runs` times over."""
    text = "\n\n".join([common.TEXT] * times)
    sound = 0.0

    def measure() -> float:
        nonlocal sound
        begin = time.perf_counter()
        sound = len(engine.speak(text, voice, options)) / engine.sample_rate
        return time.perf_counter() - begin

    captures = 2 if engine.device.startswith("cuda") else 0  # when a shape comes again
    walls = common.repeat(measure, runs, warm_up=captures)
    return {
        "times": times,
        "sound_s": sound,
        "wall_s": common.quantiles(walls),
        "rtf": common.quantiles([wall / sound for wall in walls]),
    }


def _columns(figure: dict[str, Any]) -> list[float]:
    rtf = figure["rtf"]
    return [figure["sound_s"], figure["wall_s"]["p50"], rtf["p50"], rtf["p95"]]


if __name__ == "__main__":
    sys.exit(common.run(main))
