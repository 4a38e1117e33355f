"""Fine-tune a checkpoint on recordings: `python -m training.speech --from nano --data FOLDER
--out DIR`.

FOLDER holds recordings with transcripts (training/data/folder.py). They are coded by the
checkpoint's own codec encoder (or `--encoder FILE`), the speech model goes on learning from them,
and DIR/model is a checkpoint in the official format: its codec is that of the old one, to the bit,
and the speakers of FOLDER are preset voices beside the old ones. Works for nano and for the 4B
format alike. Started again, it goes on where it was.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.device import find_device
from engine.hub import resolve
from engine.text.languages import LANGUAGES, language_code
from training.command import finish
from training.speech.finetune import finetune, options_of
from training.speech.options import Options

SMALLEST_BUDGET = 500


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code (`training.command.finish`)."""
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    for key in ("minutes", "steps", "rate"):
        if given[key] is not None and not given[key] > 0:
            parser.error(f"--{key} must be above 0")
    if given["budget"] is not None and given["budget"] < SMALLEST_BUDGET:
        parser.error(f"--budget must be {SMALLEST_BUDGET} at least")
    if given["average"] is not None and not 0 <= given["average"] < 1:
        parser.error("--average must be 0 at least and below 1, such as 0.998")
    if language_code(given["language"]) not in (codes := sorted({"en", *LANGUAGES})):
        parser.error(f"--language must be one of {', '.join(codes)}")
    return finish(lambda: _tune(given))


def _tune(given: dict[str, Any]) -> None:
    name, data, encoder, language = (
        given.pop(key) for key in ("checkpoint", "data", "encoder", "language")
    )
    out: Path = given.pop("out")
    chosen = {key: value for key, value in given.items() if value is not None}
    if "steps" in chosen:
        chosen.setdefault("minutes", math.inf)
    source, chosen["device"] = resolve(name), str(find_device(chosen["device"]))
    options = replace(options_of(source, out), **chosen)
    voices = finetune(source, data, options, encoder, language)
    print(f"New voices: {', '.join(voices.values())}", file=sys.stderr)
    for speaker, voice in voices.items():
        if speaker != voice:
            print(f"  {speaker} -> --voice {voice}", file=sys.stderr)
    print(out / "model")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.speech", description=(__doc__ or "").split("\n\n")[1]
    )
    add = parser.add_argument
    add("--from", dest="checkpoint", required=True, help="nano, a folder, or a hub id")
    add("--data", type=Path, required=True, help="folder of recordings with transcripts")
    add("--out", type=Path, required=True, help="folder for all that is made")
    add("--encoder", type=Path, help="codec encoder, for a checkpoint without")
    add("--language", default="en", help="of the transcripts, such as de (en)")
    add("--minutes", type=float, help="20, or as long as --steps take")
    add("--steps", type=int, help="ends earlier")
    add("--rate", type=float, help="peak learning rate")
    add("--budget", type=int, help=f"positions of a batch ({Options.budget}), 500 at least")
    add("--average", type=float, help="below 1; 0: no averaged weights, less memory")
    add("--device", default="cpu", help="cpu, cuda or auto")
    add("--precision", choices=("float32", "bfloat16"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
