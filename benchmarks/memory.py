"""Peak resident memory of `voxtral say`, for a short text and one ten times as long.

The mapped checkpoint counts as far as it was touched, as the operating system counts it.
"""

import sys
from collections.abc import Sequence

from benchmarks import common
from benchmarks.processes import finish, say

LENGTHS = (1, 10)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and publish."""
    parser = common.parser("Peak resident MB of a say.", *common.FLAGS)
    parser.add_argument("--rows", type=common.count, default=4, help="as for voxtral say")
    given = common.parse(parser, arguments)
    options = ["--rows", str(given.rows), "--steps", str(common.steps_of(given))]
    peaks = {}
    for times in LENGTHS:
        command = say(" ".join([common.TEXT] * times), given.model, given.device, *options)
        peaks[f"{times}x"] = max(finish(command).peak_bytes / 1e6 for _ in range(given.runs))
    figures = {
        "runs": given.runs,
        "steps": common.steps_of(given),
        "rows": given.rows,
        "characters": len(common.TEXT),
        "peak_mb": peaks,
    }
    rows = [[length, f"{peak:.0f}"] for length, peak in peaks.items()]
    common.publish("memory", given, figures, ["text", "peak MB"], rows)


if __name__ == "__main__":
    sys.exit(common.run(main))
