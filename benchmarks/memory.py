"""Peak resident memory of `voxtral say`, for a short text and one ten times as long.

The mapped checkpoint counts as far as it was touched, as the operating system counts it.
"""

import sys

from benchmarks import common
from benchmarks.processes import finish, say

LENGTHS = (1, 10)


def main() -> None:
    """Measure and publish."""
    given = common.parser("Peak resident MB of a say.").parse_args()
    peaks = {}
    for times in LENGTHS:
        command = say(" ".join([common.TEXT] * times), given.model, given.device)
        peaks[f"{times}x"] = max(finish(command).peak_bytes / 1e6 for _ in range(given.runs))
    figures = {"runs": given.runs, "characters": len(common.TEXT), "peak_mb": peaks}
    rows = [[length, f"{peak:.0f}"] for length, peak in peaks.items()]
    common.publish("memory", given, figures, ["text", "peak MB"], rows)


if __name__ == "__main__":
    sys.exit(common.run(main))
