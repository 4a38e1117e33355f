"""How long speaking will take, measured quickly: for models that may be too big for a CPU."""

import time
from collections.abc import Callable

import torch

from engine.models.voxtral import VoxtralModel

TIMES = 3


@torch.inference_mode()
def frame_seconds(model: VoxtralModel, rows: int, steps: int) -> float:
    """Seconds that one frame of so many rows takes on this CPU.

    One layer of the backbone and one of the flow head are run and timed; the others are like
    them. Not counted: attention over what was spoken, embeddings and codec, which are little in a
    big model; and reading the weights from the disk the first time.

    Args:
        rows: Chunks side by side.
        steps: Euler steps a frame.
    """
    like, head = model.norm.weight, model.acoustic_transformer
    position = like.new_ones(rows, 1, model.config.dim)
    tokens = like.new_ones(rows, 6, len(head.norm.weight))  # three of each guidance half
    backbone = _seconds(lambda: model.layers[0](position)) * len(model.layers)
    flow = _seconds(lambda: head.layers[0](tokens)) * len(head.layers)
    return backbone + steps * flow


def _seconds(run: Callable[[], object]) -> float:
    """Of the fastest of a few runs, after one that brings the weights into memory."""
    run()
    took = []
    for _ in range(TIMES):
        start = time.perf_counter()
        run()
        took.append(time.perf_counter() - start)
    return min(took)
