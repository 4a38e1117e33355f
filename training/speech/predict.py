"""Codes as the speech model says them: `python -m training.speech.predict --corpus DIR --codes DIR
--model FOLDER --out DIR`.

The model reads each utterance with its true history and speaks the acoustic codes of every frame
anew; semantic codes stay the true ones. A decoder that is trained on such codes too (`python -m
training.codec.train --part decoder`) makes clean speech of the model's small errors, as vocoders
are trained on predicted spectra. What is written is a folder as of `training.codes`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from engine.checkpoint import load as load_checkpoint
from engine.config import SPECIAL_CODES
from engine.models.voxtral import VoxtralModel
from training.codes import load_codes, write_codes
from training.speech.batches import SampleOptions, Sampler
from training.speech.forward import run_backbone
from training.speech.losses import embed
from training.speech.samples import Sample, Vocabulary, collate

HOTTEST = 0.3
"""Largest temperature; every utterance draws its own. nano speaks at 0.1."""


@torch.inference_mode()
def predict(
    model: VoxtralModel,
    sample: Sample,
    steps: int,
    temperature: float,
    generator: torch.Generator,
    vocabulary: Vocabulary,
) -> np.ndarray:
    """0-based codes of a sample of one part with the model's own acoustic ones.

    Returns:
        int16 [frames, codebooks].
    """
    batch = collate([sample], vocabulary)
    backbone = run_backbone(model, embed(model, batch))
    target = sample.parts[0].target
    hidden = backbone.hidden[0, batch.query[0, : len(target)]]
    head = model.acoustic_transformer
    noise = temperature * torch.randn(len(hidden), head.acoustic_dim, generator=generator)
    cfg = torch.full((len(hidden),), model.model_config.cfg)
    codes = head.acoustic_codes(head.trajectory(hidden, noise, cfg, steps)[-1]) - SPECIAL_CODES
    return np.concatenate([target[:, :1], codes.numpy()], axis=1).astype(np.int16)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for name in ("corpus", "codes", "model", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--utterances", type=int, default=4000)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    model = load_checkpoint(options.model, dtype=torch.float32)
    spoken = [s for s in load_codes(options.codes, options.corpus) if s.split == "train"]
    vocabulary = Vocabulary.of(options.model)
    sampler = Sampler(spoken, {}, SampleOptions(corrupt=0.0).short(), options.seed, vocabulary)
    generator = torch.Generator().manual_seed(options.seed)
    chosen = sampler.random.choice(len(spoken), min(options.utterances, len(spoken)), replace=False)
    made = []
    for number, index in enumerate(chosen):
        sample = sampler.sample(spoken[index])
        temperature = sampler.random.uniform(0, HOTTEST)
        codes = predict(model, sample, options.steps, temperature, generator, vocabulary)
        made.append((spoken[index].id, codes, spoken[index].chars, spoken[index].phones))
        if number % 500 == 0:
            print(f"utterance {number} of {len(chosen)}", flush=True)
    write_codes(options.out, made)


if __name__ == "__main__":
    main()
