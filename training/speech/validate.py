"""What to watch while the speech model is trained, on samples that stay the same."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from engine.models.voxtral import VoxtralModel
from training.codes import Spoken
from training.speech.batches import SampleOptions, Sampler
from training.speech.losses import LossOptions, Probe, terms
from training.speech.samples import Vocabulary

WATCHED = 48
"""Valid utterances that begin a sample."""


@torch.no_grad()
def validate(
    model: VoxtralModel,
    probe: Probe,
    valid: Sequence[Spoken],
    spoken: Sequence[Spoken],
    fixed: dict[str, np.ndarray],
    budget: int,
    options: LossOptions,
    samples: SampleOptions,
    vocabulary: Vocabulary,
) -> dict[str, float]:
    """Means over clean batches: `valid_...` of single utterances, `chain_...` of chains.

    The flow head is watched at all times alike (`LossOptions.spoken` 0).

    Args:
        model, probe: On the CPU.
        valid: What may be said: WATCHED of them, and others of them after these in chains.
        spoken: What was trained on, for references; those of `valid` are used as well.
        fixed, samples, vocabulary: As of `Sampler`.
        budget: Positions of a batch.
    """
    means: defaultdict[str, float] = defaultdict(float)
    watched = replace(options, spoken=0.0)
    for kind, chain in (("valid", 0.0), ("chain", 1.0)):
        generator = torch.Generator().manual_seed(0)
        still = replace(samples, corrupt=0.0, join=0.0, chain=chain)
        sampler = Sampler([*spoken, *valid], fixed, still, 0, vocabulary, valid)
        batches = list(sampler.batches(budget, 10_000, valid[:WATCHED]))
        for batch in batches:
            seen = terms(model, probe, batch, watched, 1.0, generator)[1]
            for name, value in seen.items():
                means[f"{kind}_{name}"] += float(value) / len(batches)
    return dict(means)
