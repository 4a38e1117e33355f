"""Words that do not hang on the voice: `python -m training.speech.steady --corpus DIR --codes DIR
--strangers FILE --checkpoint DIR --out DIR --minutes 24`.

A reference unlike any that it was trained on leads a small speech model astray: it says other
words, while in its presets it says the right ones. So it becomes its own teacher. In each frame the
student's semantic codes, after any reference, are to be as likely as the mean of two of the
teacher's hidden states has them (the logits are linear in it): after the same reference, and after
the presets' instead, hearing the same frames. What the flow head makes of a state is to stay as it
is after the longest reference of the speaker. Nobody needs to know what is right.

The backbone and the semantic output learn; embeddings stay, and with them the preset voices.
Result: `OUT/model`, a checkpoint like the one that it began with.
"""

import argparse
import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.checkpoint import load as load_checkpoint
from engine.config import parse_config, read_params
from engine.models.voxtral import VoxtralModel
from engine.voice import read_voice
from training.command import finish, present
from training.data.strangers import load_strangers
from training.loop import check_same
from training.speech import train
from training.speech.finetune import samples_of
from training.speech.forward import run_backbone
from training.speech.init import speech_parameters
from training.speech.lessons import Lessons, LessonSampler
from training.speech.losses import embed, padded
from training.speech.options import Options
from training.speech.prompts import IGNORED
from training.speech.samples import Batch
from training.speech.tuned import write_tuned

KEPT = 10.0
"""Weight of what the flow head hears, a share of its power, against the semantic codes, in nats."""
LED = 0.5
"""What the presets count for the semantic codes."""


@dataclass(frozen=True)
class SteadyOptions(Options):
    """As `Options`.

    Args:
        strangers: What `training.data.strangers` wrote.
    """

    strangers: Path = Path("strangers.npz")
    rate: float = 1e-3


class Steady(train.Run):
    """A run whose model learns from itself."""

    options: SteadyOptions

    def __init__(self, options: SteadyOptions) -> None:
        super().__init__(options)
        assert options.from_checkpoint is not None
        teacher = load_checkpoint(options.from_checkpoint, dtype=torch.float32)
        self.teacher = teacher.eval().requires_grad_(False).to(options.device)
        config = teacher.model_config
        rows = [
            read_voice(options.from_checkpoint, name, config.backbone.dim)[:-1]
            for name in config.voices
        ]
        self.guide = torch.cat(rows).float().to(options.device)
        self.strangers = load_strangers(options.strangers)

    def chosen(self) -> dict[str, nn.Parameter]:
        """The backbone and the semantic output."""
        still = ("acoustic_transformer.", "mm_audio_embeddings.")
        return {
            name: parameter
            for name, parameter in self.parameters.items()
            if not name.startswith(still) or "semantic_codebook_output" in name
        }

    def batches(self) -> Iterator[Lessons]:  # type: ignore[override]
        """Without end."""
        for sampler in lesson_samplers(self):
            yield from sampler.lessons(self.options.budget, self.strangers, len(self.guide))

    def terms(self, batch: Lessons) -> tuple[Tensor, dict[str, Tensor]]:  # type: ignore[override]
        """The loss, and what to watch."""
        return terms(self.model, self.teacher, batch, self.guide)


def lesson_samplers(run: train.Run) -> Iterator[LessonSampler]:
    """One for each epoch, without end."""
    samples = replace(run.options.samples, chain=0.12, join=0.18)
    for seed in itertools.count(run.seed(), 7919):
        yield LessonSampler(run.spoken, run.voices, samples, seed, run.vocabulary)


def terms(
    student: VoxtralModel, teacher: VoxtralModel, lessons: Lessons, guide: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss, and what to watch: divergence of the semantic codes in nats, what the flow head
    hears otherwise (share of the power), and frames whose likeliest code is the teacher's.

    Args:
        guide: Rows of the presets, joined [frames, dim].
    """
    head = teacher.acoustic_transformer
    with torch.no_grad():
        own, led = states(teacher, lessons.longer), states(teacher, lessons.led, guide)
        known = lessons.read.semantic != IGNORED
        weights = LED * padded(lessons.is_led.to(own).unsqueeze(1).expand_as(known)[known], 0.0)
        target = _semantic(teacher, own.lerp(led, weights.unsqueeze(-1)))
        heard = head.llm_projection(own)
    hidden, count = states(student, lessons.read), int(known.sum())
    said = _semantic(student, hidden)[:count]
    apart = F.kl_div(said, target[:count], log_target=True, reduction="none").sum(-1).mean()
    other = student.acoustic_transformer.llm_projection(hidden)[:count] - heard[:count]
    moved = other.square().mean() / heard[:count].square().mean()
    same = (said.argmax(-1) == target[:count].argmax(-1)).float().mean()
    seen = {"apart": apart, "moved": moved, "same": same}
    return apart + KEPT * moved, {name: value.detach() for name, value in seen.items()}


def states(model: VoxtralModel, batch: Batch, guide: Tensor | None = None) -> Tensor:
    """State before each frame that is said [frames, dim], in the batch's order, padded."""
    inputs = embed(model, batch)
    if guide is not None:  # after [BOS][BEGIN_AUDIO]
        inputs = torch.cat(
            [inputs[:, :2], guide.expand(len(inputs), -1, -1), inputs[:, 2 + len(guide) :]], 1
        )
    states, rows = (
        run_backbone(model, inputs).hidden,
        torch.arange(len(inputs), device=inputs.device),
    )
    places = rows.unsqueeze(-1) * inputs.shape[1] + batch.query
    return states.flatten(0, 1)[padded(places[batch.semantic != IGNORED], 0)]


def _semantic(model: VoxtralModel, hidden: Tensor) -> Tensor:
    """Log probabilities of the semantic codes and END, float32 [frames, codes]."""
    head = model.acoustic_transformer
    output = head.semantic_codebook_output.weight[: head.semantic_size]
    return F.linear(hidden, output).float().log_softmax(-1)


def command(
    kind: type[SteadyOptions],
    run: type[train.Run],
    description: str,
    *files: str,
    weights: Sequence[str] = (),
) -> int:
    """Read the command line, run, write the checkpoint; returns the exit code.

    Args:
        files: Options of `kind` that are files to read.
        weights: Those that are weights of losses.
    """
    parser = argparse.ArgumentParser(description=description.split("\n\n")[0])
    for name in ("corpus", "codes", *files, "checkpoint", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--budget", type=int, default=kind.budget)
    parser.add_argument("--rate", type=float, default=kind.rate)
    for name in weights:
        parser.add_argument(f"--{name}", type=float, default=getattr(kind, name))
    parser.add_argument("--device", default=kind.device)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--seed", type=int, default=kind.seed)
    given = vars(parser.parse_args())
    source = given.pop("checkpoint")
    options = kind(**given, codec=source, from_checkpoint=source)
    noted = {name: getattr(options, name) for name in ("from_checkpoint", "codes", *files)}
    return finish(lambda: _begin(options, run, noted))


def _begin(options: SteadyOptions, kind: type[train.Run], noted: dict[str, Path]) -> None:
    source = options.codec
    present(options.corpus, *noted.values())
    check_same(options.out / "speech.json", noted)
    config = parse_config(read_params(source / "params.json"))
    run = train.carry_out(replace(options, samples=samples_of(config)), kind)
    if run.ranks.first:
        write_tuned(source, options.out / "model", speech_parameters(run.averaged()), {})


if __name__ == "__main__":
    sys.exit(command(SteadyOptions, Steady, __doc__, "strangers"))
