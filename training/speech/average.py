"""The average of a model's weights over its steps: calmer than they are, it is what speaks."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from engine.checkpoint import build
from engine.models.voxtral import VoxtralModel


def begin(parameters: Mapping[str, nn.Parameter], kept: bool) -> dict[str, Tensor]:
    """Copies of the weights to begin with; where no average is kept, the weights themselves."""
    return {n: p.detach().clone() if kept else p.detach() for n, p in parameters.items()}


@torch.no_grad()
def follow(
    average: Mapping[str, Tensor],
    parameters: Mapping[str, nn.Parameter],
    slowness: float,
    step: int,
) -> None:
    """Move the average towards the weights, early on faster.

    Args:
        slowness: What stays of it at a step, at most; 0 where none is kept.
        step: How many steps were made.
    """
    if not slowness:
        return
    stays = min(slowness, step / (9 + step))
    averages = [average[name] for name in parameters]
    torch._foreach_lerp_(averages, list(parameters.values()), 1 - stays)


def with_weights(model: VoxtralModel, weights: Mapping[str, Tensor]) -> VoxtralModel:
    """A model for use, on the CPU, with other weights of some names; what is there is shared."""
    made = build(model.model_config, model.audio_tokenizer.can_encode)
    stored = {**model.state_dict(), **weights}
    made.load_state_dict({n: tensor.cpu() for n, tensor in stored.items()}, assign=True)
    return made.eval().requires_grad_(False)
