"""When the first PCM byte of `voxtral say -o - --format pcm` comes, and when the last.

Every run is a fresh process: Python, imports, checkpoint and voice are in the figure. The warm-up
run fills the disk cache.
"""

import sys
from collections.abc import Sequence

from benchmarks import common
from benchmarks.processes import Finished, finish, say


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and publish."""
    parser = common.parser("Seconds from process start to the first audio.", *common.FLAGS)
    parser.add_argument("--rows", type=common.count, default=4, help="as for voxtral say")
    parser.add_argument("--first-chunk-ms", type=int, help="as for voxtral say")
    given = common.parse(parser, arguments)
    options = ["--rows", str(given.rows), "--steps", str(common.steps_of(given))]
    if given.first_chunk_ms is not None:
        options += ["--first-chunk-ms", str(given.first_chunk_ms)]
    finished: list[Finished] = []

    def measure() -> float:
        finished.append(finish(say(common.TEXT, given.model, given.device, *options)))
        return finished[-1].first_byte_s

    first = common.quantiles(common.repeat(measure, given.runs))
    last = common.quantiles([f.seconds for f in finished[1:]])
    figures = {
        "runs": len(finished) - 1,
        "steps": common.steps_of(given),
        "rows": given.rows,
        "first_chunk_ms": given.first_chunk_ms,
        "characters": len(common.TEXT),
        "kernels": common.kernels(given.device),
        "output_bytes": finished[-1].output_bytes,
        "first_audio_s": first,
        "last_audio_s": last,
    }
    rows = [["first byte", *first.values()], ["process end", *last.values()]]
    common.publish("first_audio", given, figures, ["seconds", "p50", "p95"], rows)


if __name__ == "__main__":
    sys.exit(common.run(main))
