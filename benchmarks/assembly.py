"""Everything of an hour-long book but the model: plan, ledger, joins, levels, container.

The command runs over a stub in the place of the engine, whose codes are random and whose decoder
hands out noise: all is measured that is not the checkpoint's. Once from nothing (into m4b, or into
mp3 where there is no ffmpeg), and once more into another format, from the ledger.
"""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import soundfile

from benchmarks import common
from benchmarks.processes import finish

CHARACTERS_AN_HOUR = 39_000  # written; spoken, with numbers in words, they are 54,000
SECOND = "flac"
STUB = """
import numpy as np
from voxtral_cli import loading

class Stub:
    name, device, quantized, fingerprint = "stub", "stub", None, "0" * 16
    sample_rate, frame_rate, can_clone = 24000, 25.0, False
    random = np.random.default_rng(0)
    noise = (0.1 * random.standard_normal(24000 * 60)).astype(np.float32)

    def flow(self, options):
        from engine.speech import FlowOptions
        return FlowOptions(cfg=1.2, steps=8, temperature=1.0)

    def rows(self, voice):
        import torch
        return torch.zeros(1, 1)

    def render(self, chains, voices, options, judge):
        from engine.rendering import Take
        for line in [line for chain in chains for line in chain]:
            shape = (37, max(5, round(25 * len(line.text) / 15)))
            codes = self.random.integers(0, 21, shape).astype(np.int16)
            yield judge(Take(line, 0, codes, ""))

    def decode(self, codes):
        return self.noise[: 960 * codes.shape[1]]

loading.load_engine = lambda *_: Stub()
from voxtral_cli.app import main
main()
"""


def book(characters: int) -> str:
    """Markdown of so many characters, in chapters of about ten minutes; no sentence twice."""
    parts, length = ["# The Hour"], 0
    while length < characters:
        if len(parts) % 30 == 1:
            parts.append(f"## Chapter number {len(parts)}")
        words = common.TEXT.split()
        words[3::9] = [f"{word} {len(parts)}" for word in words[3::9]]
        parts.append(" ".join(words))
        length += len(parts[-1])
    return "\n\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, time, publish."""
    given = common.parse(common.parser("An hour-long book without the model."), arguments)
    figures = measure(CHARACTERS_AN_HOUR, "m4b" if shutil.which("ffmpeg") else "mp3")
    rows = [[name, value] for name, value in figures.items()]
    common.publish("assembly", given, figures, ["what", "figure"], rows)


def measure(characters: int, first: str) -> dict[str, float]:
    """A book of so many characters, written as `first` and again as SECOND: seconds, MB."""
    with tempfile.TemporaryDirectory() as folder:
        manuscript = Path(folder, "book.md")
        manuscript.write_text(book(characters))
        figures: dict[str, float] = {}
        for suffix in (first, SECOND):
            output = str(manuscript.with_suffix(f".{suffix}"))
            command = [sys.executable, "-c", STUB, "batch", str(manuscript), "-o", output]
            done = finish(command, silent=True)
            figures[f"{suffix}_s"] = done.seconds
            figures["peak_mb"] = max(figures.get("peak_mb", 0.0), done.peak_bytes / 1e6)
        figures["sound_s"] = soundfile.info(output).duration
        figures["ledger_mb"] = Path(folder, "book.voxtral").stat().st_size / 1e6
    return figures


if __name__ == "__main__":
    sys.exit(common.run(main))
