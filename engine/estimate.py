"""How long speaking will take, measured quickly: for models that may be too big for a CPU."""

import time
from collections.abc import Callable

import torch
from torch import nn

from engine.models.voxtral import VoxtralModel

SOME = 3
"""Layers that are timed: more than fit into the caches of a CPU, where the model is big."""
PROMPT = 160
"""Positions of a usual prompt: a preset voice of the 4B model (126) and a sentence or two."""


@torch.inference_mode()
def estimate(model: VoxtralModel, rows: int, steps: int) -> tuple[float, float]:
    """What speaking costs on this CPU.

    Some layers of the backbone and of the flow head are run and timed; the others are like
    them. Not counted: attention over what was spoken, embeddings and codec, which are little in a
    big model; and reading the weights from the disk the first time.

    Args:
        rows: Chunks side by side.
        steps: Euler steps a frame.

    Returns:
        Seconds for a second of sound; seconds that a chunk takes before, for its prompt.
    """
    config, like = model.model_config, model.norm.weight
    backbone, head = list(model.layers), list(model.acoustic_transformer.layers)
    position = like.new_ones(rows, 1, config.backbone.dim)
    tokens = like.new_ones(rows, 6, config.flow.dim)  # three of each guidance half
    prompt = like.new_ones(1, PROMPT, config.backbone.dim)
    frame = _seconds(backbone[:SOME], lambda layer: layer(position)) * len(backbone)
    frame += _seconds(head[:SOME], lambda layer: layer(tokens)) * len(head) * steps
    start = _seconds(backbone[:1], lambda layer: layer(prompt, causal=True)) * len(backbone)
    return frame * config.codec.frame_rate / rows, start


def _seconds(layers: list[nn.Module], run: Callable[[nn.Module], object]) -> float:
    """A layer's, on the average, after a run that brings the weights into memory."""
    for layer in layers:
        run(layer)
    start = time.perf_counter()
    for layer in layers:
        run(layer)
    return (time.perf_counter() - start) / len(layers)
