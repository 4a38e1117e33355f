"""Train the codec: `python -m training.codec.train --corpus DIR --out DIR --minutes 90`.

Random crops of the corpus go through encoder, stochastic bottleneck and decoder. For the first
`--free` share of the time of a run from nothing, nothing is quantised, so that the network first
learns to make speech; then the codebook is set by k-means and the bottleneck begins.
`--part decoder --initial codec.pt --codes DIR...` trains the decoder alone: on codes of
`training.codes`, which hold what the frozen encoder really says, and of `training.speech.predict`,
what the speech model will say. What is learned is learned for weights as a checkpoint stores them.
Started again, a run goes on where its last state file was; `torchrun` makes that several processes.
Result: `codec.pt` in the output folder, for the next stages.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.config import parse_config
from engine.models.codec import distance
from engine.models.codec.codec import Codec
from engine.models.codec.distance import reconstruction_loss
from training import loop
from training.codec.codebook import bottleneck, init_codebook, update_codebook
from training.codec.crops import CodedCrops, Crops, HeldCrops
from training.codec.discriminator import Discriminators, hinge_loss, match
from training.codec.init import grow, init_codec
from training.codec.phones import PhoneProbe
from training.codec.weights import SPECTRA, heard, loss_weights
from training.codes import load_codec
from training.command import finish
from training.data.manifest import load_manifest
from training.loop import Clock, Curve, learning_rate, load_state, save_state, set_learning_rate
from training.optim import rounded
from training.parallel import Ranks
from training.presets import PRESETS

STATE = "codec.pt"


@dataclass(frozen=True)
class Options:
    """Hyper-parameters of one run.

    Args:
        part: "all", or "decoder" to leave encoder and codebook as they are.
        initial: State file, or checkpoint folder, whose codec a new run begins with; a folder's
            may have fewer layers, unless the decoder is trained alone.
        codes: Folders of codes for the decoder alone, heard equally often.
        free: Share of the time before anything is quantised, of a run from nothing.
        rate: Peak learning rate.
        phases: Whether waveform and phases are learned, first of all; else, and by the decoder
            alone, spectra are.
        phones: Weight of the semantic distillation.
        loudness, harmonics, colour: Weights of `training.codec.weights.HEARD`.
        channels: Of the discriminators; 0 for none (they make a step several times as long).
        precision: Of the codec's products; bfloat16 pays where the processor has units for it.
        compile: Compile codec and loss before the first step (a minute), for twice the speed.
    """

    corpus: Path
    out: Path
    minutes: float
    preset: str = "nano"
    part: str = "all"
    initial: Path | None = None
    codes: list[Path] = field(default_factory=list)
    batch: int = 8
    frames: int = 32
    rate: float = 2e-3
    phases: bool = False
    free: float = 0.3
    commitment: float = 0.1
    phones: float = 0.5
    loudness: float = 0.0
    harmonics: float = 0.0
    colour: float = 0.0
    channels: int = 0
    save_minutes: float = 5.0
    device: str = "cpu"
    precision: str = "float32"
    compile: bool = False
    seed: int = 0


class CodecTrainer:
    """The codec, what judges it, their optimisers, and how far they have come."""

    def __init__(self, options: Options) -> None:
        torch.manual_seed(options.seed)
        self.options, self.ranks = options, Ranks()
        assert self.ranks.size == 1 or not options.channels, "discriminators have one process"
        self.generator = torch.Generator().manual_seed(options.seed)
        self.shared = torch.Generator().manual_seed(options.seed)  # the same draws in all processes
        self.config = parse_config(PRESETS[options.preset]).codec
        self.codec = Codec(self.config)
        init_codec(self.codec, self.generator)
        self.probe = PhoneProbe(self.config.semantic_dim)
        self.judges = Discriminators(options.channels) if options.channels else None
        for module in self._modules().values():
            module.to(options.device)
        self.step, self.quantise = 0, options.initial is not None
        if options.part == "decoder":
            self.codec.requires_grad_(False)
            self.codec.decoder_blocks.requires_grad_(True)
            self.codec.output_proj.requires_grad_(True)
        self._latent = self._quick(self.codec.latent)
        self._synthesize = self._quick(self.codec.synthesize)
        self.trained = [p for p in self.codec.parameters() if p.requires_grad]
        self.trained += list(self.probe.parameters())
        self.optimiser = torch.optim.AdamW(
            self.trained, lr=options.rate, betas=(0.8, 0.99), weight_decay=1e-2, fused=True
        )
        if self.judges:
            self.judge_optimiser = torch.optim.AdamW(
                self.judges.parameters(), lr=1e-3, betas=(0.8, 0.99), fused=True
            )

    def _reduced(self) -> torch.autocast:
        """The run's precision."""
        kind, reduced = torch.device(self.options.device).type, self.options.precision == "bfloat16"
        return torch.autocast(kind, torch.bfloat16, enabled=reduced)

    def _quick(self, part: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        """A part of the codec at the run's precision, with float32 results."""
        compiled = torch.compile(part, dynamic=False) if self.options.compile else part

        def run(x: Tensor) -> Tensor:
            with self._reduced():
                return compiled(x).float()

        return run

    def _modules(self) -> dict[str, nn.Module]:
        judges = {"judges": self.judges} if self.judges else {}
        return {"model": self.codec, "probe": self.probe, **judges}

    def _optimisers(self) -> dict[str, torch.optim.Optimizer]:
        judges = {"judge_optimiser": self.judge_optimiser} if self.judges else {}
        return {"optimiser": self.optimiser, **judges}

    def resume(self) -> float:
        """Load the state of an earlier session, or the start; returns its seconds."""
        state = load_state(self.options.out / STATE)
        if state is None:
            assert self.options.initial or self.options.part == "all", "--initial is missing"
            if self.options.initial:
                start = load_codec(self.options.initial, self.options.preset)
                if self.options.part == "decoder":  # the encoder that made the codes, as it is
                    self.codec.load_state_dict(start.state_dict())
                else:
                    grow(self.codec, start)
            self._seed()
            return 0.0
        for name, module in self._modules().items():
            module.load_state_dict(state[name])
        for name, optimiser in self._optimisers().items():
            optimiser.load_state_dict(state[name])
        self.step, self.quantise = state["step"], state["quantise"]
        self._seed()
        return float(state["elapsed"])

    def _seed(self) -> None:
        """Noise of its own for this process, from this step on."""
        self.shared.manual_seed(self.options.seed + self.step)
        self.generator.manual_seed(
            (self.options.seed + self.step) * self.ranks.size + self.ranks.rank
        )

    def save(self, elapsed: float) -> None:
        state: dict[str, Any] = {n: part.state_dict() for n, part in self._modules().items()}
        state |= {name: part.state_dict() for name, part in self._optimisers().items()}
        state |= {"step": self.step, "quantise": self.quantise, "elapsed": elapsed}
        save_state(self.options.out / STATE, state)

    def crops(self) -> Crops | HeldCrops | CodedCrops:
        options = self.options
        seed = (options.seed + self.step) * self.ranks.size + self.ranks.rank
        if options.part == "decoder":
            return CodedCrops(
                options.codes, options.corpus, options.frames, self.config.frame_samples, seed
            )
        utterances = load_manifest(options.corpus, "train")
        given = (utterances, options.frames, self.config.frame_samples, seed)
        on_gpu = torch.device(options.device).type == "cuda"
        return HeldCrops(*given, options.device) if on_gpu else Crops(*given)

    @torch.no_grad()
    def start_codebook(self, crops: Crops | HeldCrops | CodedCrops) -> None:
        waves = [crops.batch(self.options.batch)[0] for _ in range(60)]
        latents = torch.cat([self.codec.latent(wave.to(self.options.device)) for wave in waves])
        vectors = latents[:, : self.config.semantic_dim].transpose(1, 2).flatten(0, 1)
        book = self.codec.quantizer.semantic_codebook
        init_codebook(book, self.ranks.gather(vectors), self.shared)
        self.quantise = True

    def update(
        self, batch: tuple[Tensor, Tensor], rate: float, progress: float = 0.0
    ) -> tuple[dict[str, float], float]:
        """One step of every optimiser; returns what to log, and the progress of all processes."""
        wave, labels = (part.to(self.options.device) for part in batch)
        values: dict[str, float] = {}
        self.optimiser.zero_grad(set_to_none=True)
        with rounded(self.trained):
            if self.options.part == "decoder":
                made = self._synthesize(self.codec.quantizer.decode(labels))
                terms = reconstruction_loss(made, wave, SPECTRA)  # predicted codes: other phases
            else:
                made, terms, values = self._through_bottleneck(wave, labels, progress)
            terms |= heard(made, wave, self.config.sampling_rate, vars(self.options))
            if self.judges:
                with self._reduced():
                    terms["features"], real = match(self.judges, wave, made)
            loss = torch.stack(list(terms.values())).sum()
            loss.backward()
        set_learning_rate(self.optimiser, rate)
        progress = self.ranks.average(self.trained, progress)
        norm = nn.utils.clip_grad_norm_(self.codec.parameters(), 10.0)
        self.optimiser.step()
        if self.judges:
            with self._reduced():
                hinge = hinge_loss(real, self.judges(made.detach()))
            self.judge_optimiser.zero_grad(set_to_none=True)
            hinge.backward()
            self.judge_optimiser.step()
            values["hinge"] = hinge.item()
        self.step += 1
        seen = {"loss": loss, **terms, "norm": norm}
        numbers = torch.stack([value.detach() for value in seen.values()]).tolist()
        return {**dict(zip(seen, numbers, strict=True)), **values}, progress

    def _through_bottleneck(
        self, wave: Tensor, phones: Tensor, progress: float
    ) -> tuple[Tensor, dict[str, Tensor], dict[str, float]]:
        latent, quantizer = self._latent(wave), self.codec.quantizer
        passed, commitment, codes = bottleneck(quantizer, latent, self.generator, self.quantise)
        made = self._synthesize(passed)
        weights = loss_weights(1 if self.options.initial else progress)
        terms = reconstruction_loss(made, wave, weights if self.options.phases else SPECTRA)
        terms["commitment"] = self.options.commitment * commitment
        cross_entropy, accuracy = self.probe(passed[:, : quantizer.semantic_dim], phones)
        terms["phones"] = self.options.phones * cross_entropy
        values = {"accuracy": accuracy.item(), "dead": 0.0}
        if self.quantise:
            vectors = latent[:, : quantizer.semantic_dim].detach().transpose(1, 2).flatten(0, 1)
            book = quantizer.semantic_codebook
            vectors, codes = self.ranks.gather(vectors), self.ranks.gather(codes.flatten())
            values["dead"] = update_codebook(book, vectors, codes, self.shared)
        return made, terms, values


def train(options: Options) -> Codec:
    """Run until the time budget is spent; returns the trained codec."""
    if options.compile:
        distance.spectral_terms = torch.compile(distance.spectral_terms, dynamic=False)
    trainer = CodecTrainer(options)
    with (clock := Clock(options.minutes * 60, trainer.resume())).stoppable():
        _go_on(trainer, clock)
        if trainer.ranks.first:
            trainer.save(clock.elapsed)
    return trainer.codec


def _go_on(trainer: CodecTrainer, clock: Clock) -> None:
    options, crops, saved = trainer.options, trainer.crops(), time.perf_counter()
    curve, progress = Curve(options.out / "codec.csv"), clock.progress
    while progress < 1:
        if not trainer.quantise and progress >= options.free:
            trainer.start_codebook(crops)
        rate = learning_rate(options.rate, progress, trainer.step)
        values, progress = trainer.update(crops.batch(options.batch), rate, clock.progress)
        if not trainer.ranks.first:
            continue
        curve.add(values)
        if trainer.step % 100 == 0:
            curve.line(step=trainer.step, minutes=clock.elapsed / 60)
        if time.perf_counter() - saved > options.save_minutes * 60:
            trainer.save(clock.elapsed)
            saved = time.perf_counter()


def main() -> None:
    parts, kinds = ["all", "decoder"], ["float32", "bfloat16"]
    choices = {"preset": list(PRESETS), "part": parts, "precision": kinds}
    options = loop.parsed(Options, __doc__.splitlines()[0], choices)
    sys.exit(finish(lambda: _begin(options)))


def _begin(options: Options) -> None:
    begun = {name: getattr(options, name) for name in ("initial", "part")}
    loop.check_same(options.out / "codec.json", begun)
    train(options)


if __name__ == "__main__":
    main()
