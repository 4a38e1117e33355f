"""Train the speech model: `python -m training.speech.train --corpus DIR --codes DIR --codec FILE
--out DIR --minutes 70`.

Backbone, embeddings and flow head learn together on codes made by `training.codes`. Short
utterances come first. Started again, a run goes on where its last state file was. Result:
`speech.pt` (weights, their average, prompts of the preset voices), curves, sentences in `probe/`.
"""

import argparse
import copy
import functools
import math
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from engine.models.voxtral import VoxtralModel
from training import loop
from training.codes import load_codec, load_codes
from training.command import Stopped, finish, present
from training.loop import Clock, Curve, learning_rate, load_state, save_state, set_learning_rate
from training.optim import matrices, optimisers
from training.parallel import Ranks
from training.presets import PRESETS
from training.speech import average, forward
from training.speech.batches import Sampler
from training.speech.init import load_speech, speech_parameters, start
from training.speech.losses import Probe, terms
from training.speech.options import Options
from training.speech.probe import write_probe
from training.speech.prompts import fixed_prompts, preset_speakers
from training.speech.samples import Batch, Vocabulary
from training.speech.translate import both_codes
from training.speech.validate import validate

STATE = "speech.pt"


class Run:
    """Everything that a run carries from step to step, and its state on disk."""

    def __init__(self, options: Options) -> None:
        self.options, self.ranks = options, Ranks()
        self.generator = torch.Generator().manual_seed(options.seed)
        codec = load_codec(options.codec, options.preset)
        spoken = load_codes(options.codes, options.corpus)
        self.spoken = [s for s in spoken if s.split == "train"]
        self.valid = [s for s in spoken if s.split == "valid"]
        state = load_state(options.out / STATE)
        pairs = functools.partial(both_codes, spoken=self.spoken, corpus=options.corpus)
        own, meet = options.from_checkpoint, None if state else pairs
        model = start(options.preset, codec, own, self.generator, meet)
        self.model = model.train().to(options.device)
        self.model.audio_tokenizer.requires_grad_(False)
        self.probe = Probe(self.model.config.dim).to(options.device)
        self.parameters = speech_parameters(self.model)
        self.learning = self.chosen()
        for name, parameter in self.parameters.items():
            parameter.requires_grad_(name in self.learning)
        self.average = average.begin(self.parameters, kept=options.average > 0)
        inside, outside = matrices(self.learning)
        outside += self.probe.parameters()
        if options.optimiser == "adamw":
            inside, outside = [], inside + outside
        self.optimisers = optimisers(inside, outside, options.rate, options.muon)
        speakers = preset_speakers(self.spoken, options.speakers)
        self.voices = fixed_prompts(self.spoken, speakers, options.samples.fixed_frames)
        self.vocabulary = Vocabulary.of(own) if own else Vocabulary()
        self.step, elapsed = 0, 0.0
        if state is not None:
            elapsed = self._restore(state)
        self.clock = Clock(options.minutes * 60, elapsed)
        # Exactly the same in every process:
        self.progress = max(elapsed / (options.minutes * 60), self._share_of_steps())
        self.generator.manual_seed(self.seed())

    def chosen(self) -> dict[str, torch.nn.Parameter]:
        """Those of `parameters` that learn."""
        return self.parameters

    def _restore(self, state: dict[str, Any]) -> float:
        load_speech(self.model, state["model"])
        device = self.options.device
        if self.options.average:
            self.average = {name: p.to(device) for name, p in state["average"].items()}
        self.probe.load_state_dict(state["probe"])
        for optimiser, stored in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(stored)
        self.voices = {name: rows.numpy() for name, rows in state["voices"].items()}
        self.step = state["step"]
        return float(state["elapsed"])

    def save(self) -> None:
        state = {
            "preset": self.options.preset,
            "model": {name: p.detach() for name, p in self.parameters.items()},
            "average": self.average,
            "probe": self.probe.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "voices": {name: torch.from_numpy(codes) for name, codes in self.voices.items()},
            "step": self.step,
            "elapsed": self.clock.elapsed,
        }
        save_state(self.options.out / STATE, state)

    def _share_of_steps(self) -> float:
        """Share of the steps that are done; 0 where only the time counts."""
        return self.step / self.options.steps if self.options.steps else 0.0

    def seed(self) -> int:
        """Of the batches and noise of this process from this step on."""
        return (self.options.seed * 1000 + self.step) * self.ranks.size + self.ranks.rank

    def batches(self) -> Iterator[Batch]:
        """Without end; the longest text grows with the time that has passed."""
        seed = self.seed()
        while True:
            longest, long = self._longest(), self.progress >= self.options.long_from
            samples = self.options.samples if long else self.options.samples.short()
            sampler = Sampler(self.spoken, self.voices, samples, seed, self.vocabulary)
            for batch in sampler.batches(self.options.budget, longest):
                yield batch
                if (self._longest(), self.progress >= self.options.long_from) != (longest, long):
                    break
            seed += 7919

    def _longest(self) -> int:
        """Bytes of the longest text now: 30, growing in steps of 10 to all."""
        share = self.progress / max(self.options.curriculum, 1e-6)
        return 10_000 if share >= 1 else 30 + int(8 * share) * 10

    def update(self, batch: Batch) -> dict[str, float]:
        """One step; returns what to watch."""
        options = self.options
        rate = learning_rate(options.rate, self.progress, self.step, options.warmup)
        for optimiser in self.optimisers:
            set_learning_rate(optimiser, rate)
        batch = batch.to(options.device)
        kind, reduced = torch.device(options.device).type, options.precision == "bfloat16"
        with torch.autocast(kind, torch.bfloat16, enabled=reduced):
            loss, seen = self.terms(batch)
        for optimiser in self.optimisers:
            optimiser.zero_grad()
        loss.backward()
        trained = [*self.learning.values(), *self.probe.parameters()]
        self.step += 1
        passed = max(self.clock.progress, self._share_of_steps())
        self.progress = self.ranks.average(trained, passed)
        norm = torch.nn.utils.clip_grad_norm_(self.parameters.values(), 2.0)
        for optimiser in self.optimisers:
            optimiser.step()
        average.follow(self.average, self.parameters, options.average, self.step)
        values = {"loss": loss.detach(), **seen, "norm": norm}
        return {name: value.item() for name, value in values.items()}

    def terms(self, batch: Batch) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss of a batch, and what to watch."""
        options = self.options.losses
        losses, seen = terms(self.model, self.probe, batch, options, self.progress, self.generator)
        return torch.stack(list(losses.values())).sum(), seen

    def averaged(self) -> VoxtralModel:
        """The model with the averaged weights, on the CPU; what is there already is shared."""
        return average.with_weights(self.model, self.average)

    def validate(self) -> dict[str, float]:
        """What to watch, of the averaged weights on fixed valid samples."""
        if not self.valid:
            return {}
        options, probe = self.options, copy.deepcopy(self.probe).cpu()
        how = (options.budget, options.losses, options.samples, self.vocabulary)
        return validate(self.averaged(), probe, self.valid, self.spoken, self.voices, *how)

    def watch(self) -> None:
        """A line of `valid.csv`, where there are valid samples."""
        if seen := self.validate():
            minutes = self.clock.elapsed / 60
            Curve(self.options.out / "valid.csv").line(step=self.step, minutes=minutes, **seen)

    def hear(self) -> dict[str, float]:
        """Two valid sentences spoken freely into `probe/`, in preset voices."""
        chosen = [s for s in self.valid if s.speaker in self.voices and len(s.text) > 25][:2]
        if not chosen:
            return {}
        prompts = [self.voices[s.speaker] for s in chosen]
        name = f"{self.clock.elapsed / 60:05.1f}"
        texts = [s.text for s in chosen]
        folder, model = self.options.out / "probe", self.averaged()
        return write_probe(model, texts, prompts, folder, name, self.vocabulary)


def train(options: Options) -> VoxtralModel:
    """Run until the time budget is spent; returns the averaged model."""
    return carry_out(options).averaged()


def carry_out(options: Options, kind: type[Run] = Run) -> Run:
    """Run until the time budget or the number of steps is spent; one that is ended stays so.

    Raises:
        Stopped: If a signal asked for it; the state is saved.
        VoxtralError: If the weights would be no numbers, or a file cannot be written.
    """
    torch.manual_seed(options.seed)
    if options.compile:
        forward.compile_blocks()
    run = kind(options)
    begun = run.step
    with run.clock.stoppable():
        _go_on(run)
        if run.ranks.first:
            run.save()
    if math.isinf(run.progress):  # another process was asked to end
        raise Stopped(signal.SIGTERM)
    if run.ranks.first and run.step > begun:
        run.watch()
    if options.probe and run.ranks.first:
        print(run.hear(), flush=True)
    return run


def _go_on(run: Run) -> None:
    """All steps that are left, with what is to be seen of them and a state now and then."""
    options, curve = run.options, Curve(run.options.out / "speech.csv")
    saved = heard = time.perf_counter()
    told, batches = -math.inf, run.batches()
    if run.ranks.first and not run.step:
        run.watch()
    while run.progress < 1:
        batch, started = next(batches), time.perf_counter()
        seen = run.update(batch)
        loop.check_finite(seen["norm"], run.step, options.rate)
        if not run.ranks.first:
            continue
        now = time.perf_counter()
        curve.add({**seen, "samples_s": run.ranks.size * len(batch.inputs) / (now - started)})
        told = loop.tell(run.clock, run.progress, run.step, seen["loss"], told)
        if run.step % options.log_steps == 0:
            curve.line(step=run.step, minutes=run.clock.elapsed / 60)
            if run.step % (20 * options.log_steps) == 0:
                run.watch()
        if now - saved > options.save_minutes * 60:
            run.save()
            saved = now
        if options.probe and now - heard > options.probe_minutes * 60:
            print(run.hear(), flush=True)
            heard = now
    if curve.count:
        curve.line(step=run.step, minutes=run.clock.elapsed / 60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for name in ("corpus", "codes", "codec", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--preset", choices=PRESETS, default=Options.preset)
    parser.add_argument("--from-checkpoint", type=Path)
    parser.add_argument("--budget", type=int, default=Options.budget)
    parser.add_argument("--rate", type=float, default=Options.rate)
    parser.add_argument("--muon", type=float, default=Options.muon, help="its rate / --rate")
    parser.add_argument("--curriculum", type=float, default=Options.curriculum)
    parser.add_argument("--long-from", type=float, default=Options.long_from)
    parser.add_argument("--optimiser", choices=("muon", "adamw"), default=Options.optimiser)
    parser.add_argument("--probe", action="store_true", help="speak two sentences now and then")
    parser.add_argument("--device", default=Options.device)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default=Options.precision)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--seed", type=int, default=Options.seed)
    options = Options(**vars(parser.parse_args()))
    sys.exit(finish(lambda: _begin(options)))


def _begin(options: Options) -> None:
    begun_with = [options.from_checkpoint] if options.from_checkpoint else []
    present(options.corpus, options.codes, options.codec, *begun_with)
    begun = {name: getattr(options, name) for name in ("from_checkpoint", "codec", "codes")}
    loop.check_same(options.out / "speech.json", begun)
    train(options)


if __name__ == "__main__":
    main()
