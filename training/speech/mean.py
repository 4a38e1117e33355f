"""The mean of checkpoints: `python -m training.speech.mean --out DIR CHECKPOINT CHECKPOINT...`.

Models that began with the same weights and went on in different runs meet in the mean of their
weights, which may be better than any of them (Wortsman et al., "Model soups", ICML 2022).
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file

from engine.checkpoint import WEIGHTS
from engine.errors import InputError
from training.command import finish, present
from training.speech.tuned import write_tuned

SHARED = "audio_tokenizer.", "mm_audio_embeddings."
"""Codec and embeddings, which codes and voices hang on."""


def write_mean(checkpoints: Sequence[Path], out: Path) -> None:
    """Write a checkpoint like the first whose weights are the mean of all.

    Raises:
        InputError: If one has other tensors than the first, or another codec or embeddings.
    """
    first = load_file(checkpoints[0] / WEIGHTS)
    total = {name: one.float() for name, one in first.items() if not name.startswith(SHARED)}
    for folder in checkpoints[1:]:
        other = load_file(folder / WEIGHTS)
        alike = other.keys() == first.keys() and all(
            tensor.shape == first[name].shape
            and (not name.startswith(SHARED) or torch.equal(tensor, first[name]))
            for name, tensor in other.items()
        )
        if not alike:
            raise InputError(
                f"{folder} is no sibling of {checkpoints[0]}.",
                "Give checkpoints of one size, with the same codec and embeddings.",
            )
        total = {name: one + other[name] for name, one in total.items()}
    mean = {name: one / len(checkpoints) for name, one in total.items()}
    write_tuned(checkpoints[0], out, mean, {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("checkpoints", type=Path, nargs="+", metavar="CHECKPOINT")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    sys.exit(finish(lambda: _begin(given.checkpoints, given.out)))


def _begin(checkpoints: Sequence[Path], out: Path) -> None:
    present(*(folder / WEIGHTS for folder in checkpoints))
    write_mean(checkpoints, out)


if __name__ == "__main__":
    main()
