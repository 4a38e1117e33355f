"""How long `voxtral --help` takes, from process start to process end."""

import sys

from benchmarks import common
from benchmarks.processes import VOXTRAL, finish


def main() -> None:
    """Measure and publish."""
    given = common.parser("Seconds of `voxtral --help`.").parse_args()
    seconds = common.repeat(lambda: finish([*VOXTRAL, "--help"]).seconds, given.runs)
    spread = common.quantiles(seconds)
    figures = {"runs": len(seconds), "help_s": spread}
    rows = [["voxtral --help", *spread.values()]]
    common.publish("startup", given, figures, ["seconds", "p50", "p95"], rows)


if __name__ == "__main__":
    sys.exit(common.run(main))
