"""How long `voxtral --help` takes, from process start to process end."""

import sys
from collections.abc import Sequence

from benchmarks import common
from benchmarks.processes import VOXTRAL, finish


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and publish."""
    given = common.parse(common.parser("Seconds of `voxtral --help`.", "runs"), arguments)
    seconds = common.repeat(lambda: finish([*VOXTRAL, "--help"]).seconds, given.runs)
    spread = common.quantiles(seconds)
    figures = {"runs": len(seconds), "help_s": spread}
    rows = [["voxtral --help", *spread.values()]]
    common.publish("startup", given, figures, ["seconds", "p50", "p95"], rows)


if __name__ == "__main__":
    sys.exit(common.run(main))
