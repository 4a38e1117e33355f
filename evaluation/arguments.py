"""The arguments of `python -m evaluation`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from engine.errors import InputError
from engine.speech import CONTEXTS, SpeechOptions

SETS = Path(__file__).parent / "sets"
SENTENCES, LONG_TEXT = SETS / "english.txt", SETS / "harbour.txt"
CHOICES = ("speech", "codec", "clone", "all", "longform", "watermark")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; None is that of this process."""
    parser = argparse.ArgumentParser(prog="python -m evaluation", description="How good it sounds.")
    parser.add_argument("what", nargs="?", default="speech", choices=CHOICES)
    parser.add_argument("--model", default="nano", help="embedded name, folder or hub id")
    parser.add_argument("--device", default="auto")
    parser.add_argument(
        "--voices",
        default="",
        help="names with commas between; default: all (longform: the first)",
    )
    parser.add_argument("--set", type=Path, default=SENTENCES, help="sentences, one a line")
    parser.add_argument(
        "--limit",
        type=int,
        help="only so many sentences or recordings; when cloning, sentences a speaker",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cfg", type=float, default=SpeechOptions.cfg)
    parser.add_argument("--steps", type=int, default=SpeechOptions.steps)
    parser.add_argument("--references", type=Path, help="folder of VOICE.wav, to compare with")
    parser.add_argument(
        "--corpus", type=Path, help="training corpus, or folder of audio (of speakers)"
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="of a reference to clone")
    parser.add_argument("--encoder", type=Path, help="codec encoder to compare with the own one")
    parser.add_argument("--out", type=Path, help="keep the sound and the records here")
    parser.add_argument("--threads", type=int, default=2, help="threads of the recogniser")
    parser.add_argument("--strengths", type=float, nargs="+", help="of the watermark")
    parser.add_argument("--text", type=Path, default=LONG_TEXT, help="what longform speaks")
    parser.add_argument("--context", nargs="+", choices=CONTEXTS, help="compare these in longform")
    return parser.parse_args(arguments)


def check(given: argparse.Namespace) -> None:
    """Whether the arguments go together; needs no model.

    Raises:
        InputError: If they do not.
    """
    if given.what not in ("speech", "longform") and given.corpus is None:
        raise InputError("There are no recordings.", "Give --corpus DIR.")
    if given.encoder is not None and given.what not in ("clone", "all"):
        raise InputError(f"{given.what} takes no encoder.", "Evaluate `clone` with --encoder.")
    if given.encoder is not None and not given.encoder.is_file():
        raise InputError(f"There is no file {given.encoder}.", "Give --encoder FILE.")
    if given.limit is not None and given.limit < 1:
        raise InputError(f"--limit is {given.limit}.", "Give at least 1.")
    if not given.seconds >= 1:
        raise InputError(f"--seconds is {given.seconds:g}.", "Give at least 1.")
    if given.context is not None and given.what != "longform":
        raise InputError(f"{given.what} takes no context.", "Evaluate `longform` with --context.")
    if given.what == "longform" and not given.text.is_file():
        raise InputError(f"There is no file {given.text}.", "Give --text FILE.")
