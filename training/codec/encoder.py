"""Recover the codec encoder of a checkpoint that ships without one: `python -m
training.codec.encoder --model FOLDER --out DIR --minutes 30 [--speech CORPUS]`.

The checkpoint speaks first (training.codec.pairs): what it says is known with its codes, in the
very distribution that its backbone expects. A new encoder learns these codes, semantic ones by
classification over the codebook, acoustic ones by their distance in levels. Recordings without
codes (`--speech`: a corpus of training.data) teach it other speakers: through their codes and the
frozen decoder they must come back, and their semantic codes must be many and sure. Decoder and
codebook stay as they are; an encoder in the checkpoint is not used. Started again, a run goes on
where its last state file was. Result: `encoder.safetensors`.
"""

import datetime
import math
import sys
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from engine import checkpoint
from engine.encoder import NAME
from engine.engine import Engine
from engine.errors import InputError
from engine.hub import folder_name, resolve
from engine.models.codec.distance import LossWeights, hann, reconstruction_loss
from evaluation.sentences import read_sentences
from training import loop
from training.codec.code_loss import class_logits, code_loss, entropy, frozen_codec, sharpness_of
from training.codec.crops import CodedCrops, Crops
from training.codec.encoder_options import Options, check
from training.codec.pairs import MADE_BY, make_pairs
from training.codes import load_codes
from training.command import finish
from training.data.manifest import load_manifest
from training.loop import (
    Clock,
    Curve,
    check_finite,
    learning_rate,
    load_state,
    save_state,
    set_learning_rate,
    tell,
)
from training.parallel import Ranks

STATE = "encoder.pt"
BLURRED = 1024  # samples of a window


class EncoderTrainer:
    """The codec, its optimiser, and how far it has come."""

    def __init__(self, options: Options) -> None:
        self.options, self.ranks = options, Ranks()
        torch.manual_seed(options.seed)
        self.generator = torch.Generator().manual_seed(options.seed)
        self.folder = resolve(options.model)
        self.codec = frozen_codec(self.folder, self.generator).to(options.device)
        self.sharpness = sharpness_of(self.codec)
        self.trained = [p for p in self.codec.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(
            self.trained, lr=options.rate, betas=(0.8, 0.99), weight_decay=1e-2, fused=True
        )
        self.step, elapsed = 0, 0.0
        state = load_state(options.out / STATE)
        if state is not None:
            self.codec.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step, elapsed = state["step"], float(state["elapsed"])
        seed = (options.seed + self.step) * self.ranks.size + self.ranks.rank
        self.generator.manual_seed(seed)
        pairs, size = options.out / "pairs", self.codec.config.frame_samples
        self.pairs = CodedCrops([pairs], pairs, options.frames, size, seed)
        self.speech = None
        if options.speech is not None:
            recordings = load_manifest(options.speech, "train")
            self.speech = Crops(recordings, options.frames, size, seed)
        self.clock = Clock(options.minutes * 60, elapsed)

    def save(self) -> None:
        """Write the state, and the encoder as it is now."""
        state = {
            "model": self.codec.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "elapsed": self.clock.elapsed,
        }
        save_state(self.options.out / STATE, state)
        name = folder_name(self.folder)
        pairs = self.options.out / "pairs"
        spoken = sum(s.frames for s in load_codes(pairs, pairs))
        origin = (
            f"recovered from {spoken / self.codec.config.frame_rate / 60:.0f} minutes of {name}"
        )
        if self.options.speech is not None:
            origin += f" and recordings in {self.options.speech.name}"
        today = datetime.datetime.now(datetime.UTC).date()
        origin += f", {self.step} steps, {today}"
        checkpoint.save_encoder(self.options.out / NAME, self.codec, name, origin)

    def update(self, rate: float, progress: float) -> tuple[dict[str, float], float]:
        """One step; returns what to log, and the progress of all processes."""
        terms, values = self._of_pairs()
        if self.speech is not None:
            size = max(1, self.options.batch // 2)  # a crop costs three times as much as of a pair
            more, seen = self._of_speech(self.speech.batch(size)[0])
            terms, values = terms | more, values | seen
        loss = torch.stack(list(terms.values())).sum()
        set_learning_rate(self.optimiser, rate)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        progress = self.ranks.average(self.trained, progress)
        norm = nn.utils.clip_grad_norm_(self.trained, 5.0)
        self.optimiser.step()
        self.step += 1
        logged = {name: term.item() for name, term in {"loss": loss, **terms}.items()}
        return {**logged, **values, "norm": norm.item()}, progress

    def _of_pairs(self) -> tuple[dict[str, Tensor], dict[str, float]]:
        wave, codes = (t.to(self.options.device) for t in self.pairs.batch(self.options.batch))
        latent = self.codec.latent(self._blurred(wave))
        cross_entropy, off, logits = code_loss(self.codec, latent, codes, self.sharpness)
        terms = {"semantic": cross_entropy, "levels": self.options.levels * off}
        terms["apart"] = self._apart(latent, codes)
        if self.speech is None:
            terms["sound"] = self._sound(latent, self.codec.quantizer.encode(latent), wave)
        agreement = (logits.argmax(-1) == codes[:, 0]).float().mean().item()
        return terms, {"agreement": agreement}

    def _of_speech(self, wave: Tensor) -> tuple[dict[str, Tensor], dict[str, float]]:
        wave = wave.to(self.options.device)
        latent = self.codec.latent(self._blurred(wave))
        codes = self.codec.quantizer.encode(latent)
        chances = class_logits(self.codec, latent, self.sharpness).softmax(-1).flatten(0, 1)
        known = entropy(chances.mean(0)) - entropy(chances).mean()
        terms = {
            "sound": self._sound(latent, codes, wave),
            "apart_speech": self._apart(latent, codes),
        }
        terms["spread"] = -self.options.spread * known
        return terms, {"used": len(codes[:, 0].unique())}

    def _apart(self, latent: Tensor, codes: Tensor) -> Tensor:
        """Squared distance of the semantic vectors to their entries."""
        vectors = latent[:, : self.codec.config.semantic_dim].transpose(1, 2)
        entries = self.codec.quantizer.semantic_codebook.decode(codes[:, 0])
        far = (vectors - entries).square().sum(-1).mean()
        return self.options.commitment * self.sharpness * far

    def _sound(self, latent: Tensor, codes: Tensor, wave: Tensor) -> Tensor:
        """What the decoder makes of the codes, against the waveform; straight-through."""
        split = self.codec.config.semantic_dim
        smooth = torch.cat([latent[:, :split], latent[:, split:].tanh()], 1)
        exact = self.codec.quantizer.decode(codes)
        made = self.codec.synthesize(smooth + (exact - smooth).detach())
        rate = self.codec.config.sampling_rate
        terms = reconstruction_loss(made, wave, LossWeights(), rate)
        return self.options.reconstruction * torch.stack(list(terms.values())).sum()

    def _blurred(self, wave: Tensor) -> Tensor:
        """With noise in every place of the spectrogram, and white noise, each by chance strong.

        The decoder leaves traces by which its codes could be told exactly, and recordings have
        none; both are heard through the same noise, so that they look alike.
        """
        window = hann(BLURRED, wave.device)
        spectra = torch.stft(wave, BLURRED, window=window, return_complex=True)
        turns = torch.complex(*(self._draw(*spectra.shape, normal=True) for _ in range(2)))
        blur = self.options.blur * self._draw(len(wave), 1, 1)
        made = torch.istft(
            spectra * (blur * turns).exp(), BLURRED, window=window, length=wave.shape[1]
        )
        loud = wave.square().mean(1, keepdim=True).sqrt() * self._draw(len(wave), 1)
        return made + self.options.noise * loud * self._draw(*wave.shape, normal=True)

    def _draw(self, *shape: int, normal: bool = False) -> Tensor:
        make = torch.randn if normal else torch.rand
        return make(shape, generator=self.generator).to(self.options.device)


def train(options: Options) -> Path:
    """Make the pairs where they are missing, and train; returns the encoder's file.

    Raises:
        Stopped: If a signal asked for it; state and encoder are saved.
    """
    pairs = options.out / "pairs"
    ranks = Ranks()
    if ranks.first and not (pairs / "index.json").is_file():
        engine = Engine.from_folder(resolve(options.model), device=options.device)
        texts = read_sentences(options.texts) if options.texts else []
        make_pairs(engine, pairs, options.pairs, texts, options.seed)
        del engine
    ranks.wait()
    made = (pairs / MADE_BY).read_text(encoding="utf-8")
    if made != checkpoint.fingerprint(resolve(options.model)):
        raise InputError(f"{pairs} are of another model.", "Give another --out.")
    trainer = EncoderTrainer(options)
    with trainer.clock.stoppable():
        _go_on(trainer)
        if trainer.ranks.first:
            trainer.save()
    return options.out / NAME


def _go_on(trainer: EncoderTrainer) -> None:
    """All steps that are left, with a state now and then."""
    options, curve = trainer.options, Curve(trainer.options.out / "encoder.csv")
    saved, progress = time.perf_counter(), trainer.clock.progress
    told = -math.inf
    while progress < 1:
        rate = learning_rate(options.rate, progress, trainer.step)
        values, progress = trainer.update(rate, trainer.clock.progress)
        check_finite(values["norm"], trainer.step, options.rate)
        if not trainer.ranks.first:
            continue
        curve.add(values)
        told = tell(trainer.clock, progress, trainer.step, values["loss"], told)
        if trainer.step % 100 == 0:
            curve.line(step=trainer.step, minutes=trainer.clock.elapsed / 60)
        if time.perf_counter() - saved > options.save_minutes * 60:
            trainer.save()
            saved = time.perf_counter()
    if curve.count:
        curve.line(step=trainer.step, minutes=trainer.clock.elapsed / 60)


def main() -> None:
    options = loop.parsed(Options, __doc__.split(":")[0])
    sys.exit(finish(lambda: _begin(options)))


def _begin(options: Options) -> None:
    checked = check(options)
    begun = {name: getattr(options, name) for name in ("model", "pairs", "texts", "seed")}
    loop.check_same(options.out / "encoder.json", begun)
    print(train(checked))


if __name__ == "__main__":
    main()
