"""How fast the dimensions of a checkpoint can speak: random weights, a known number of frames.

    python -m benchmarks.frames                                        # the 4B model, on a GPU
    python -m benchmarks.frames --only frames baselines --rows 1 32 --steps 8

Beside a frame stand its limit (bytes that it must read, over what a large copy reaches), a plain
eager loop and one with two graphs, measured in the same run. What is most wanted is measured first,
and a file is written after each measurement: a run that is stopped keeps what it has.

Which file: a run adds to the result file, if that is of the same commit (without changes), hardware
and facts (`Bench.facts`). Another's stays as it is, and the run writes beside it, as a run with
options does where there is no result, into a file that ends in `.part` and is added to by the same
rule; when a run without options has ended, that is the result file.
"""

import argparse
import gc
import itertools
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks import baselines, common, hollow
from benchmarks.processes import finish, say
from benchmarks.synthetic import CHARACTERS, SECONDS, VOICE_ROWS, Synthetic
from engine.config import parse_config, read_params
from engine.device import find_device
from engine.errors import DeviceError, InputError, VoxtralError
from engine.speech import SpeechOptions
from evaluation import report

PARAMS = Path(__file__).parent.parent / "tests" / "golden" / "params-4b.json"
PARTS = ("frames", "first", "baselines", "memory", "startup")
ROWS = (1, 16, 32, 128, 2, 4, 8, 64)
"""In the order in which they are measured; those of MAIN with every number of steps."""
MAIN = (1, 16, 32, 128)
FIRST_MS = (80, 400)
MEMORY_SECONDS = 120
BASELINE_FRAMES = 60

Figures = dict[str, Any]
Job = tuple[str, Callable[[], None]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and publish."""
    given = arguments_of(arguments)
    check(given)
    measure(given)


def measure(given: argparse.Namespace) -> None:
    """All that is asked for; tests do it on the CPU, where it is not what `voxtral` runs."""
    with torch.inference_mode():
        speed = baselines.bandwidth(given.device)
        bench = Bench(given, Synthetic.of(given.params, given.device), speed)
        for part, job in bench.jobs():
            if part in (given.only or PARTS):
                bench.run(part, job)
    result = common.place("frames", given)
    if given.whole and bench.path != result:
        bench.path = bench.path.replace(result)
    common.publish("frames", given, bench.figures, HEADER, table(bench.figures), bench.path)


def check(given: argparse.Namespace) -> None:
    """Refuse what cannot be measured.

    Raises:
        InputError: If there is no frame after another.
        DeviceError: If the device is no CUDA device that is here.
    """
    rate = parse_config(read_params(given.params)).codec.frame_rate
    if round(given.seconds * rate) < 2:
        raise InputError(f"{given.seconds} s are less than two frames.", "Give more --seconds.")
    with suppress(DeviceError):
        if given.device.startswith("cuda") and find_device(given.device):
            return
    hint = "Others are measured by benchmarks.throughput."
    raise DeviceError(f"{given.device} is no CUDA device that is here.", hint)


def arguments_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line; `model` is what the result file calls it."""
    parser = common.parser("Milliseconds a frame, of random weights.", "runs")
    parser.set_defaults(runs=3)
    parser.add_argument("--params", type=Path, default=PARAMS, help="params.json; default: 4B")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1")
    parser.add_argument("--rows", type=common.count, nargs="+", default=list(ROWS))
    parser.add_argument("--steps", type=common.count, nargs="+", default=[8, 7], help="Euler steps")
    parser.add_argument("--seconds", type=common.duration, default=SECONDS, help="of each row")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="some parts; default: all")
    given = common.parse(parser, arguments)
    given.whole, given.options = not given.options, {}
    path = given.params.resolve()
    name = path.parent.name if path.stem == "params" else path.stem.removeprefix("params-")
    given.model = f"random-{name}"
    if path != PARAMS.resolve():
        given.model += f"-{common.digits(str(path))}"
    return given


class Bench:
    """The measurements; each adds to `figures`, which are those of `path`.

    Args:
        facts: How it is measured: figures of other facts are not added to.
    """

    def __init__(self, given: argparse.Namespace, synthetic: Synthetic, bandwidth: float) -> None:
        self.given, self.synthetic, self.bandwidth = given, synthetic, bandwidth
        self.rate = synthetic.engine.frame_rate
        self.seeds = itertools.count(1)
        self.frames = round(given.seconds * self.rate)
        self.positions = VOICE_ROWS + CHARACTERS // 4 + self.frames // 2
        self.facts: Figures = {
            "runs": given.runs,
            "characters": CHARACTERS,
            "frames": self.frames,
            "voice_rows": VOICE_ROWS,
            "kernels": common.kernels(given.device),
        }
        self.path, found = self.begun()
        self.figures: Figures = {"rows": {}, "failed": {}, **found, **self.facts}
        kept = found.get("steps", [])  # those of a whole run come first
        steps = [*given.steps, *kept] if given.whole else [*kept, *given.steps]
        self.figures["steps"] = list(dict.fromkeys(steps))
        self.figures["bandwidth_gb_s"] = bandwidth / 1e9

    def begun(self) -> tuple[Path, Figures]:
        """The file to write, and its figures so far; see the top of the file."""
        commit = self.given.commit
        known = commit != "unknown" and not commit.endswith("-dirty")
        here = {"commit": commit, "hardware": report.hardware(self.given.device)}
        result = common.place("frames", self.given)
        for path in (result, result.with_suffix(".part")):
            if not path.exists():
                if self.given.whole:
                    return path, {}
                continue
            stored = json.loads(path.read_text(encoding="utf-8"))
            figures = stored["figures"]
            if known and here.items() <= stored.items() and self.facts.items() <= figures.items():
                return path, figures
        return path, {}

    def jobs(self) -> Iterator[Job]:
        """Part and measurement, what is most wanted first."""
        steps, others = self.given.steps[0], self.given.steps[1:]
        yield "memory", self.memory  # before others have taken any
        for number, rows in enumerate(self.given.rows):
            yield "frames", partial(self.speak, rows, steps)
            yield "baselines", partial(self.compare, rows, steps)
            if number == 0:
                for wanted in FIRST_MS:
                    yield "first", partial(self.first, wanted, steps)
                yield "startup", self.startup
        for other in others:
            for wanted in FIRST_MS:
                yield "first", partial(self.first, wanted, other)
            for rows in self.given.rows:
                if rows in MAIN:
                    yield "frames", partial(self.speak, rows, other)

    def run(self, part: str, job: Callable[[], None]) -> None:
        """One measurement; one that fails is noted, and the next are made."""
        said = f"{part} {getattr(job, 'args', '')}".strip()
        self.figures["failed"].pop(said, None)
        try:
            job()
        except (RuntimeError, VoxtralError) as error:
            self.figures["failed"][said] = str(error).partition("\n")[0]
            said += f": {error}"
        common.store("frames", self.given, self.figures, self.path)
        print(said, file=sys.stderr, flush=True)
        with suppress(RuntimeError):  # after a capture that failed
            self.forget()

    def forget(self) -> None:
        """Give unused memory back."""
        gc.collect()
        torch.cuda.empty_cache()

    def speak(self, rows: int, steps: int) -> None:
        """Whole requests: time a frame, RTF, characters a second; sound decoded and copied."""
        options, voice = SpeechOptions(rows=rows, steps=steps), self.synthetic.voice()
        runs = [  # after two: a piece of sound is captured when its shape comes again
            self.synthetic.speak(options, voice, self.frames) for _ in range(2 + self.given.runs)
        ][2:]
        sound = rows * self.frames / self.rate
        if runs[0].samples != round(sound * self.synthetic.engine.sample_rate):
            raise VoxtralError("A chunk has ended before its bound.", "See benchmarks.synthetic.")
        moved = self.synthetic.bytes.moved(rows, steps, self.positions)
        seconds = common.quantiles([run.seconds for run in runs])
        self._entry(rows, steps).update(
            frame_ms=milliseconds([frame for run in runs for frame in run.frames]),
            limit_ms=1000 * moved / self.bandwidth,
            moved_gb=moved / 1e9,
            wall_s=seconds,
            rtf={name: value / sound for name, value in seconds.items()},
            characters_s=CHARACTERS * sound / SECONDS / seconds["p50"],
        )

    def compare(self, rows: int, steps: int) -> None:
        """The two loops that the engine's is compared with."""
        frames = min(self.frames, BASELINE_FRAMES)
        for name, graphs in (("eager_ms", False), ("two_graphs_ms", True)):
            loop = baselines.Loop(self.synthetic, rows, steps, self.positions, graphs)
            self._entry(rows, steps)[name] = milliseconds(loop.seconds(frames))
            del loop

    def first(self, wanted: int, steps: int) -> None:
        """Known prompt to first samples: of a voice that has spoken before, and of a new one."""
        options = SpeechOptions(rows=1, steps=steps, first_chunk_ms=wanted)
        fresh = map(self.synthetic.voice, self.seeds)
        kinds = {"known voice": itertools.repeat(self.synthetic.voice()), "new voice": fresh}
        for kind, voices in kinds.items():
            chosen = itertools.islice(voices, 3 + 5 * self.given.runs)
            seconds = [self.synthetic.first_audio(options, voice) for voice in chosen][3:]
            found = self.figures.setdefault("first_audio_ms", {})
            found[f"{wanted} ms, {steps} steps, {kind}"] = milliseconds(seconds)

    def memory(self) -> None:
        """Peak of one row of two minutes, weights included, as torch counts it."""
        self.forget()
        torch.cuda.reset_peak_memory_stats(self.given.device)
        options = SpeechOptions(rows=1, steps=self.given.steps[0])
        self.synthetic.speak(options, self.synthetic.voice(), round(MEMORY_SECONDS * self.rate))
        self.figures["memory_gb"] = {
            "seconds": MEMORY_SECONDS,
            "allocated": torch.cuda.max_memory_allocated(self.given.device) / 1e9,
            "reserved": torch.cuda.max_memory_reserved(self.given.device) / 1e9,
        }

    def startup(self) -> None:
        """`voxtral say` from start to end, for one frame, its weights in the file cache."""
        with tempfile.TemporaryDirectory() as folder:
            hollow.make(Path(folder), self.given.params)
            command = say("Hello.", folder, self.given.device)
            seconds = common.repeat(lambda: finish(command, silent=True).seconds, self.given.runs)
        self.figures["startup_s"] = common.quantiles(seconds)

    def _entry(self, rows: int, steps: int) -> Figures:
        sizes = {"rows": rows, "steps": steps}
        found: Figures = self.figures["rows"].setdefault(f"{rows}, {steps}", sizes)
        return found


HEADER = ("rows, steps", "ms a frame", "p95", "limit", "two graphs", "eager", "RTF", "chars/s")


def table(figures: Figures) -> list[list[object]]:
    """For people: a line for each number of rows and steps."""
    lines = []
    for name, found in figures["rows"].items():
        frame, rtf = found.get("frame_ms", {}), found.get("rtf", {})
        others = [(found.get(key) or {}).get("p50") for key in ("two_graphs_ms", "eager_ms")]
        middle = [frame.get("p50"), frame.get("p95"), found.get("limit_ms"), *others]
        lines.append([name, *middle, rtf.get("p50"), found.get("characters_s")])
    return lines


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Their quantiles."""
    return common.quantiles([1000 * value for value in seconds])


if __name__ == "__main__":
    sys.exit(common.run(main))
