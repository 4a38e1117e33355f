"""Train the codec: `python -m training.codec.train --corpus DIR --out DIR --minutes 90`.

Random crops of the corpus go through encoder, stochastic bottleneck and decoder. For the first
`--free` share of the time nothing is quantised, so that the network first learns to make speech;
then the codebook is set by k-means and the bottleneck begins. Started again, a run goes on where
its last state file was. Result: `codec.pt` (state) in the output folder, read by the next stages.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.config import CodecConfig, parse_config
from engine.models.codec.codec import Codec
from training.codec.codebook import bottleneck, init_codebook, update_codebook
from training.codec.init import init_codec
from training.codec.losses import LossWeights, reconstruction_loss
from training.codec.phones import PhoneProbe, phone_labels
from training.data.manifest import SAMPLE_RATE, Utterance, load_manifest, read_audio
from training.loop import Clock, Curve, learning_rate, load_state, save_state, set_learning_rate
from training.presets import PRESETS

STATE = "codec.pt"


@dataclass(frozen=True)
class Options:
    """Hyper-parameters of one run."""

    corpus: Path
    out: Path
    minutes: float
    preset: str = "nano"
    batch: int = 8
    frames: int = 32
    rate: float = 2e-3
    free: float = 0.3
    commitment: float = 0.1
    phones: float = 0.5
    save_minutes: float = 5.0
    device: str = "cpu"
    seed: int = 0


class Crops:
    """Random crops of a corpus, louder and softer by up to 6 dB."""

    def __init__(
        self, utterances: list[Utterance], frames: int, frame_samples: int, seed: int
    ) -> None:
        samples = frames * frame_samples
        self.utterances = [u for u in utterances if u.samples >= samples]
        assert self.utterances, "no utterance is as long as a crop"
        self.samples, self.frame_samples = samples, frame_samples
        self.random = np.random.default_rng(seed)

    def batch(self, size: int) -> tuple[Tensor, Tensor]:
        """float32 samples [size, samples], and the phone of each frame [size, frames]."""
        chosen = self.random.integers(len(self.utterances), size=size)
        crops = [self._crop(self.utterances[i]) for i in chosen]
        waves, phones = zip(*crops, strict=True)
        return torch.from_numpy(np.stack(waves)), torch.from_numpy(np.stack(phones))

    def _crop(self, utterance: Utterance) -> tuple[np.ndarray, np.ndarray]:
        start = int(self.random.integers(utterance.samples - self.samples + 1))
        gain = 10 ** (self.random.uniform(-6, 6) / 20)
        wave = (read_audio(utterance, start, self.samples) * gain).astype(np.float32)
        centres = start + (np.arange(self.samples // self.frame_samples) + 0.5) * self.frame_samples
        return wave, phone_labels(utterance, centres / SAMPLE_RATE)


def train(options: Options) -> Codec:
    """Run until the time budget is spent; returns the trained codec."""
    torch.manual_seed(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    config = parse_config(PRESETS[options.preset]).codec
    codec = Codec(config)
    init_codec(codec, generator)
    codec.to(options.device)
    probe = PhoneProbe(config.semantic_dim).to(options.device)
    optimiser = torch.optim.AdamW(
        [*codec.parameters(), *probe.parameters()], lr=options.rate, betas=(0.8, 0.99), weight_decay=1e-2, fused=True
    )
    state = load_state(options.out / STATE) or {"step": 0, "elapsed": 0.0, "quantise": False}
    if "model" in state:
        codec.load_state_dict(state["model"])
        probe.load_state_dict(state["probe"])
        optimiser.load_state_dict(state["optimiser"])
    clock = Clock(options.minutes * 60, state["elapsed"])
    step, quantise = state["step"], state["quantise"]
    crops = _crops(options, config, options.seed + step)
    curve = Curve(options.out / "codec.csv")
    saved = time.perf_counter()

    def save() -> None:
        save_state(
            options.out / STATE,
            {
                "model": codec.state_dict(),
                "probe": probe.state_dict(),
                "optimiser": optimiser.state_dict(),
                "step": step,
                "elapsed": clock.elapsed,
                "quantise": quantise,
            },
        )

    while clock.progress < 1:
        if not quantise and clock.progress >= options.free:
            _start_codebook(codec, crops, options)
            quantise = True
        set_learning_rate(optimiser, learning_rate(options.rate, clock.progress, step))
        batch = crops.batch(options.batch)
        terms = _step(codec, probe, optimiser, batch, generator, quantise, options)
        curve.add(terms)
        step += 1
        if step % 100 == 0:
            curve.line(step=step, minutes=clock.elapsed / 60)
        if step % 500 == 0:
            crops = _crops(options, config, options.seed + step)  # a growing corpus is seen
        if time.perf_counter() - saved > options.save_minutes * 60:
            save()
            saved = time.perf_counter()
    save()
    return codec


def _crops(options: Options, config: CodecConfig, seed: int) -> Crops:
    utterances = load_manifest(options.corpus, "train")
    return Crops(utterances, options.frames, config.frame_samples, seed)


def _step(
    codec: Codec,
    probe: PhoneProbe,
    optimiser: torch.optim.Optimizer,
    batch: tuple[Tensor, Tensor],
    generator: torch.Generator,
    quantise: bool,
    options: Options,
) -> dict[str, float]:
    """One update; returns the terms of the loss."""
    wave, phones = (part.to(options.device) for part in batch)
    latent = codec.latent(wave)
    passed, commitment, codes = bottleneck(codec.quantizer, latent, generator, quantise)
    made = codec.synthesize(passed)
    terms = reconstruction_loss(made, wave, LossWeights())
    terms["commitment"] = options.commitment * commitment
    cross_entropy, accuracy = probe(passed[:, : codec.config.semantic_dim], phones)
    terms["phones"] = options.phones * cross_entropy
    loss = torch.stack(list(terms.values())).sum()
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(codec.parameters(), 10.0)
    optimiser.step()
    values = {name: term.item() for name, term in {"loss": loss, **terms}.items()}
    values |= {"norm": norm.item(), "accuracy": accuracy.item()}
    if quantise:
        split = codec.config.semantic_dim
        vectors = latent[:, :split].detach().transpose(1, 2).flatten(0, 1)
        book = codec.quantizer.semantic_codebook
        values["dead"] = update_codebook(book, vectors, codes.flatten(), generator)
    else:
        values["dead"] = 0.0
    return values


@torch.no_grad()
def _start_codebook(codec: Codec, crops: Crops, options: Options) -> None:
    waves = [crops.batch(options.batch)[0].to(options.device) for _ in range(60)]
    vectors = torch.cat([codec.latent(w)[:, : codec.config.semantic_dim] for w in waves])
    init_codebook(codec.quantizer.semantic_codebook, vectors.transpose(1, 2).flatten(0, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--preset", choices=PRESETS, default="nano")
    parser.add_argument("--batch", type=int, default=Options.batch)
    parser.add_argument("--frames", type=int, default=Options.frames)
    parser.add_argument("--rate", type=float, default=Options.rate)
    parser.add_argument("--free", type=float, default=Options.free)
    parser.add_argument("--device", default=Options.device)
    parser.add_argument("--seed", type=int, default=Options.seed)
    train(Options(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
