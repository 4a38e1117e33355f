"""Clear words in any voice: `python -m training.speech.judged --corpus DIR --codes DIR
--strangers FILE --judges FILE --checkpoint DIR --out DIR --minutes 13`.

How a speaker of the corpus says a text is known; how anybody else would is not, and there a small
flow head mumbles. So `training.speech.judges` listen to what it says: whether the voice is that of
the reference, and whether each phone is the one that is to be spoken. After the references of
strangers it reads as its history what it has said itself. Of the corpus it goes on learning what
is known.

The flow head alone learns: words are chosen and voices are read as they were. Result:
`OUT/model`, a checkpoint like the one that it began with.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from engine.config import SPECIAL_CODES
from engine.errors import InputError
from engine.models.voxtral import VoxtralModel
from training.data.strangers import load_strangers
from training.speech.batches import values_of
from training.speech.judges import load_judges, sizes_of
from training.speech.losses import flow_loss, padded, speaking_of
from training.speech.prompts import IGNORED
from training.speech.samples import Batch, collate
from training.speech.steady import SteadyOptions, command, lesson_samplers, states
from training.speech.train import Run

VOICE, STRANGE_VOICE = 10.0, 20.0
"""Weights of 1 - cosine, and of the same after somebody else's reference."""
EVERY = 2
"""Steps for one with lessons."""
LESSONS = 1000
"""Positions of a batch of lessons."""
ITSELF = 0.85
"""Share of the batches of lessons whose history is what the model has said itself."""
NOISE = 0.15
"""Standard deviation of the noise over what the judges hear."""
SHORTEST, LONGEST = 25, 200
"""Frames of a sample that the judges hear."""
MOST = 384
"""Frames of a batch of the corpus that they hear, about."""
REFERENCE = (75, 300)
"""Frames of a reference that tells the voice."""


@dataclass(frozen=True)
class JudgedOptions(SteadyOptions):
    """As `SteadyOptions`.

    Args:
        judges: What `training.speech.judges` wrote.
        words: Weight of the cross-entropy of the phones.
    """

    judges: Path = Path("judges.pt")
    words: float = 0.3
    rate: float = 6e-4
    budget: int = 2200
    curriculum: float = 0.03
    long_from: float = 0.2


@dataclass(frozen=True)
class Both:
    """A batch of the corpus, and in some steps lessons.

    Args:
        lessons: Samples after somebody else's reference, or a piece of their own.
        references: Codes of these, or of all of it [frames, codebooks], 0-based.
    """

    batch: Batch
    lessons: Batch | None
    references: Sequence[np.ndarray]

    def to(self, device: str) -> "Both":
        lessons = self.lessons.to(device) if self.lessons else None
        return Both(self.batch.to(device), lessons, self.references)

    @property
    def inputs(self) -> Tensor:
        """Of the batch, [batch, length]."""
        return self.batch.inputs


@dataclass(frozen=True)
class Take:
    """Frames of some samples of a batch, one after another.

    Args:
        samples: Which samples.
        sizes: Frames of each.
        places: Their places among the known frames of the batch [sum of sizes].
        semantic: 0-based semantic codes, phones: what is spoken [sum of sizes].
        acoustic: 0-based acoustic codes to be said [sum of sizes, acoustic_dim].
    """

    samples: list[int]
    sizes: list[int]
    places: Tensor
    semantic: Tensor
    phones: Tensor
    acoustic: Tensor


class Judged(Run):
    """A run that judges listen to."""

    options: JudgedOptions

    def __init__(self, options: JudgedOptions) -> None:
        super().__init__(options)
        self.judges = load_judges(options.judges).to(options.device)
        if self.judges.sizes != sizes_of(self.model.model_config.codec):
            raise InputError(
                f"{options.judges} is of judges of other codes.",
                "Train them with this --checkpoint.",
            )
        self.strangers = load_strangers(options.strangers)
        self.last: dict[str, Tensor] = {}  # of the last lessons, which not every step has

    def chosen(self) -> dict[str, nn.Parameter]:
        """The flow head, but for the semantic output."""
        learns = "acoustic_transformer."
        return {
            name: parameter
            for name, parameter in self.parameters.items()
            if name.startswith(learns) and "semantic_codebook_output" not in name
        }

    def batches(self) -> Iterator[Both]:  # type: ignore[override]
        """Without end."""
        lessons = (
            pairs
            for sampler in lesson_samplers(self)
            for pairs in sampler.pairs(LESSONS, self.strangers)
        )
        for number, batch in enumerate(super().batches()):
            if number % EVERY:
                yield Both(batch, None, ())
                continue
            read, longer = zip(*next(lessons), strict=True)
            references = [sample.prompt for sample in longer]
            yield Both(batch, collate(read, self.vocabulary), references)

    def terms(self, both: Both) -> tuple[Tensor, dict[str, Tensor]]:  # type: ignore[override]
        """The loss, and what to watch."""
        batch, options, head = both.batch, self.options, self.model.acoustic_transformer
        hidden, codes = self.states(batch), batch.acoustic[batch.semantic >= SPECIAL_CODES]
        speaking = speaking_of(self.model.model_config)
        known = hidden[frames_of(batch)]
        flow = flow_loss(head, known, codes, options.losses, self.generator, speaking)
        order = torch.randperm(len(batch.inputs), generator=self.generator).tolist()
        voice, words = self.heard(take(batch, order, MOST), hidden)
        loss = options.losses.flow * flow + VOICE * voice + options.words * words
        if both.lessons is not None:
            voice_of, words_of = self.strange(both.lessons, both.references)
            loss = loss + STRANGE_VOICE * voice_of + options.words * words_of
            self.last = {"strange_voice": voice_of, "strange_words": words_of}
        seen = {"mse": flow, "voice": voice, "words": words, **self.last}
        return loss, {name: value.detach() for name, value in seen.items()}

    @torch.no_grad()
    def states(self, batch: Batch) -> Tensor:
        """Before each known frame [frames, dim], padded: the backbone does not learn."""
        return states(self.model, batch)

    def strange(self, read: Batch, references: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
        """As of `heard`, of lessons."""
        if torch.rand((), generator=self.generator) < ITSELF:
            hidden = self.states(read)[frames_of(read)]
            values = said(self.model, hidden, self.generator).detach()
            codes = self.model.acoustic_transformer.acoustic_codes(values)
            read = with_history(read, codes, self.vocabulary.size)
        known = [n for n, codes in enumerate(references) if len(codes) >= REFERENCE[0]]
        chosen = take(read, known)
        wanted = [references[n][: REFERENCE[1]] for n in chosen.samples]
        return self.heard(chosen, self.states(read), wanted)

    def heard(
        self, chosen: Take, hidden: Tensor, references: Sequence[np.ndarray] | None = None
    ) -> tuple[Tensor, Tensor]:
        """1 - cosine of the voice and the wanted one, cross-entropy of the phones.

        Args:
            hidden: States before the known frames of the batch [frames, dim].
            references: Codes of the wanted voices [frames, codebooks]; None for `chosen` as it is
                to be said.
        """
        nothing = hidden.sum() * 0
        if not chosen.samples:
            return nothing, nothing
        top = self.model.acoustic_transformer.levels - 1
        if references is None:
            joined = torch.cat([chosen.semantic.unsqueeze(1), chosen.acoustic], 1)
            wanted = list(joined.split(chosen.sizes))
        else:
            wanted = [
                torch.from_numpy(one.astype(np.int64)).to(hidden.device) for one in references
            ]
        spoken = said(self.model, hidden[chosen.places], self.generator)
        with torch.autocast(hidden.device.type, enabled=False):  # few rows of many lengths
            with torch.no_grad():
                values = [values_of(one, top) for one in wanted]
                voices = self.judges.voices(*self.noisy(values, [one[:, 0] for one in wanted]))
            told = self.noisy(list(spoken.split(chosen.sizes)), chosen.semantic.split(chosen.sizes))
            voice = 1 - (self.judges.voices(*told) * voices).sum(-1).mean()
            labels = pad_sequence(chosen.phones.split(chosen.sizes), True, IGNORED).flatten()
            if (labels == IGNORED).all():
                return voice, nothing
            phones = self.judges.phones(told[0], told[2]).flatten(0, 1)
            return voice, F.cross_entropy(phones, labels)

    def noisy(
        self, values: Sequence[Tensor], codes: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Samples side by side, as judges hear them: values, semantic codes, which are frames."""
        laid = pad_sequence(list(values), True).float()
        noise = NOISE * torch.randn(laid.shape, generator=self.generator)
        lengths = torch.tensor([[len(one)] for one in values], device=laid.device)
        known = torch.arange(laid.shape[1], device=laid.device) < lengths
        return laid + noise.to(laid.device), pad_sequence(list(codes), True), known


def said(model: VoxtralModel, hidden: Tensor, generator: torch.Generator) -> Tensor:
    """Acoustic values that the flow head says after states [n, dim]: float32 [n, acoustic_dim].

    With the gradient of the last Euler step. (Gradients are on throughout: without, `Linear`
    multiplies each row alone.)
    """
    head, config, count = model.acoustic_transformer, model.model_config, len(hidden)
    hidden = padded(hidden, 0.0)
    x = config.temperature * torch.randn(len(hidden), head.acoustic_dim, generator=generator)
    x, both = x.to(hidden.device), torch.cat([hidden, hidden * 0])
    for step in range(config.steps):
        time = x.new_full((2 * len(x),), step / config.steps)
        with torch.enable_grad():
            velocity = head.velocity(torch.cat([x.detach()] * 2), time, both)
            guided, free = velocity.float().chunk(2)
            x = x.detach() + torch.lerp(free, guided, config.cfg) / config.steps
    return x[:count].clamp(-1, 1)


def frames_of(batch: Batch) -> Tensor:
    """Places among the known frames of a batch of those that are said: all but the ENDs."""
    return (batch.semantic[batch.semantic != IGNORED] >= SPECIAL_CODES).nonzero()[:, 0]


def take(batch: Batch, wanted: Sequence[int], most: int | None = None) -> Take:
    """Frames of some samples of a batch, in this order, that are long enough to be judged.

    Args:
        most: Frames after which no sample is taken any more.
    """
    known = batch.semantic != IGNORED
    number = (known.flatten().cumsum(0) - 1).view_as(known)
    samples: list[int] = []
    places: list[Tensor] = []
    for n in wanted:
        own = number[n][batch.semantic[n] >= SPECIAL_CODES][:LONGEST]
        if len(own) < SHORTEST or (most and sum(len(one) for one in places) >= most):
            continue
        samples.append(n)
        places.append(own)
    joined = torch.cat([*places, number.new_zeros(0)])
    labels = (batch.semantic - SPECIAL_CODES, batch.phones, batch.acoustic)
    tracks = (label[known][joined] for label in labels)
    return Take(samples, [len(own) for own in places], joined, *tracks)


def with_history(batch: Batch, codes: Tensor, size: int) -> Batch:
    """A batch that reads other acoustic codes as its history.

    Args:
        codes: Of every frame that is said, specials included [frames, acoustic_dim]. What is silent
            in the history stays so.
        size: Of the vocabulary.
    """
    real = batch.semantic >= SPECIAL_CODES
    samples, after = real.nonzero()[:, 0], batch.query[real] + 1
    inside = after < batch.inputs.shape[1]
    index = batch.inputs[samples[inside], after[inside]] - size
    heard = (index >= 0) & (index < len(batch.rows))
    rows = batch.rows.clone()
    rows[index[heard], 1:] = codes[inside][heard]
    return replace(batch, rows=rows)


if __name__ == "__main__":
    sys.exit(command(JudgedOptions, Judged, __doc__, "strangers", "judges", weights=("words",)))
