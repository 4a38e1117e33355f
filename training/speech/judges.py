"""Judges of what a flow head says: `python -m training.speech.judges --corpus DIR --codes DIR
--strangers FILE --checkpoint DIR --out judges.pt`.

Small networks that read codes: two tell voices apart, one names the phone that is spoken from the
acoustic values alone. A model that they listen to (`training.speech.judged`) learns to say words
clearly in voices of which nobody knows how they would say them. Evaluation listens with others.
"""

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

from engine.config import CodecConfig, parse_config, read_params
from engine.errors import InputError
from evaluation.phones import SYMBOLS
from training.codes import Spoken, load_codes
from training.command import finish, present
from training.data.strangers import load_strangers
from training.loop import Clock, learning_rate, load_state, parsed, save_state, tell
from training.speech.batches import by_speaker, values_of
from training.speech.prompts import IGNORED

DIM, VOICE = 256, 192
SPEAKERS = (1, 2, 4, 6), (1, 2, 3, 4, 6, 8)
"""Dilations of the layers of each judge of voices."""
PHONES = (1, 1, 2, 2)
"""Of the judge of phones, who hears a quarter of a second on either side."""
VOICES, PIECES = 96, (32, 48, 64, 96)
"""Speakers of a batch, and lengths in frames of the two pieces of each."""
UTTERANCES, CROP = 64, 40
"""Of a batch of the judge of phones, and frames of each."""
LEAST = 60
"""Frames of a speaker, of two utterances at least, to be told from others."""
NOISE = 0.3
"""Largest standard deviation of the noise over the values: what is said is never exact."""
RATE, CLIPPED = 2e-3, 2.0


class Layers(nn.Module):
    """Time-delay layers (Waibel et al., 1989): each reads a frame, one before and one after it.

    Args:
        dilations: How many frames off these are, of each layer.
    """

    def __init__(self, dilations: Sequence[int]) -> None:
        super().__init__()
        self.dilations = tuple(dilations)
        self.wide = nn.ModuleList(nn.Linear(3 * DIM, DIM) for _ in dilations)
        self.narrow = nn.ModuleList(nn.Linear(DIM, DIM) for _ in dilations)

    def forward(self, x: Tensor, known: Tensor) -> Tensor:
        """Rows [batch, frames, DIM], and which of them are frames [batch, frames] -> the same."""
        mask, frames = known.unsqueeze(-1).to(x.dtype), x.shape[1]
        x = x * mask
        for dilation, wide, narrow in zip(self.dilations, self.wide, self.narrow, strict=True):
            rows = F.pad(F.rms_norm(x, (DIM,)) * mask, (0, 0, dilation, dilation))
            seen = [rows[:, n * dilation : n * dilation + frames] for n in range(3)]
            x = x + narrow(F.silu(wide(torch.cat(seen, -1)))) * mask
        return F.rms_norm(x, (DIM,))


class SpeakerJudge(nn.Module):
    """Whose voice it is, whatever is said: layers, and mean and deviation of where they look."""

    def __init__(self, semantic_size: int, acoustic_dim: int, dilations: Sequence[int]) -> None:
        super().__init__()
        self.semantic = nn.Embedding(semantic_size, 64)
        self.input = nn.Linear(acoustic_dim + 64, DIM)
        self.layers = Layers(dilations)
        self.look = nn.Sequential(nn.Linear(DIM, 64), nn.Tanh(), nn.Linear(64, DIM))
        self.output = nn.Linear(2 * DIM, VOICE)
        self.scale = nn.Parameter(torch.tensor(10.0))

    def forward(self, values: Tensor, semantic: Tensor, known: Tensor) -> Tensor:
        """Acoustic values [batch, frames, acoustic_dim], 0-based semantic codes [batch, frames]
        and which are frames [batch, frames] -> unit vectors [batch, VOICE]."""
        x = self.layers(self.input(torch.cat([values, self.semantic(semantic)], -1)), known)
        looks = self.look(x).masked_fill(~known.unsqueeze(-1), -1e4).softmax(1)
        mean = (looks * x).sum(1)
        variance = (looks * (x - mean.unsqueeze(1)).square()).sum(1)
        return F.normalize(self.output(torch.cat([mean, (variance + 1e-4).sqrt()], -1)), dim=-1)


class PhoneJudge(nn.Module):
    """Which phone is spoken, by the acoustic values of the frames around."""

    def __init__(self, acoustic_dim: int) -> None:
        super().__init__()
        self.input = nn.Linear(acoustic_dim, DIM)
        self.layers = Layers(PHONES)
        self.output = nn.Linear(DIM, len(SYMBOLS))

    def forward(self, values: Tensor, known: Tensor) -> Tensor:
        """Logits [batch, frames, symbols]; arguments as of `SpeakerJudge`."""
        return self.output(self.layers(self.input(values), known))


class Judges(nn.Module):
    """All of them.

    Args:
        semantic_size: Codes of the semantic codebook.
        acoustic_dim: Acoustic codes of a frame.
    """

    def __init__(self, semantic_size: int, acoustic_dim: int) -> None:
        super().__init__()
        self.sizes = semantic_size, acoustic_dim
        self.speakers = nn.ModuleList(SpeakerJudge(*self.sizes, one) for one in SPEAKERS)
        self.phones = PhoneJudge(acoustic_dim)

    def voices(self, values: Tensor, semantic: Tensor, known: Tensor) -> Tensor:
        """Unit vectors [batch, judges, VOICE]; arguments as of `SpeakerJudge`."""
        return torch.stack([judge(values, semantic, known) for judge in self.speakers], 1)


def load_judges(path: Path) -> Judges:
    """What this command wrote, for use.

    Raises:
        InputError: If it is not whole.
    """
    state = load_state(path)
    if state is None:
        raise InputError(f"There is no {path}.", "Give what training.speech.judges wrote.")
    judges = Judges(*state["sizes"])
    judges.load_state_dict(state["judges"])
    return judges.eval().requires_grad_(False)


@dataclass(frozen=True)
class JudgesOptions:
    """How they are trained.

    Args:
        corpus: Of `training.data.corpus`.
        codes: Of `training.codes`.
        strangers: Of `training.data.strangers`: further voices.
        checkpoint: Whose codes these are.
        out: File to write.
        minutes: Of all three, which take a third each.
        steps: Ends each after so many, if the time does not; 0 for none.
        seed: Of weights and draws.
    """

    corpus: Path
    codes: Path
    strangers: Path
    checkpoint: Path
    out: Path
    minutes: float = 13.0
    steps: int = 0
    seed: int = 0


def sizes_of(config: CodecConfig) -> tuple[int, int]:
    """`semantic_size` and `acoustic_dim` of `Judges`."""
    return config.semantic_codebook_size, config.acoustic_dim


def train_judges(options: JudgesOptions, config: CodecConfig) -> Judges:
    """Train them on what a corpus and some strangers say.

    Args:
        config: Of the codec whose codes these are.

    Raises:
        InputError: If there are fewer than two voices, or the phones of no utterance are known.
    """
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    spoken = [s for s in load_codes(options.codes, options.corpus) if s.split == "train"]
    voices = _voices(spoken, load_strangers(options.strangers))
    named = [s for s in spoken if (s.phones != IGNORED).any()]
    if len(voices) < 2 or not named:
        reason = f"{len(voices)} voices and {len(named)} utterances with known phones are too few."
        raise InputError(reason, "Give a corpus of training.data.corpus with a teacher.")
    judges, top = Judges(*sizes_of(config)), config.acoustic_codebook_size - 1
    for judge in judges.speakers:
        assert isinstance(judge, SpeakerJudge)
        _fit(judge, functools.partial(_voices_loss, judge, voices, random, top), options)
    _fit(judges.phones, lambda: _phones_loss(judges.phones, named, random, top), options)
    return judges.eval().requires_grad_(False)


def _fit(judge: nn.Module, loss_of: Callable[[], Tensor], options: JudgesOptions) -> None:
    optimiser = torch.optim.AdamW(judge.parameters(), RATE, (0.9, 0.98), weight_decay=0.02)
    clock, step, told = Clock(options.minutes * 60 / (len(SPEAKERS) + 1)), 0, 0.0
    while clock.progress < 1 and not (options.steps and step == options.steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(RATE, clock.progress, step)
        loss = loss_of()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(judge.parameters(), CLIPPED)
        optimiser.step()
        step += 1
        told = tell(clock, clock.progress, step, loss.item(), told)


def _voices(spoken: Sequence[Spoken], strangers: Sequence[np.ndarray]) -> list[list[np.ndarray]]:
    """Codes of what each voice says; of a stranger, who says one thing, in three parts."""
    found = [[s.codes for s in own] for own in by_speaker(spoken).values()]
    found += [np.array_split(codes, 3) for codes in strangers]
    return [own for own in found if len(own) > 1 and sum(map(len, own)) >= LEAST]


def _voices_loss(
    judge: SpeakerJudge, voices: Sequence[list[np.ndarray]], random: np.random.Generator, top: int
) -> Tensor:
    """Two pieces of each of some voices are to be nearer to each other than to all others."""
    frames = int(random.choice(PIECES))
    chosen = random.choice(len(voices), min(VOICES, len(voices)), replace=False)
    codes = np.stack([_piece(voices[n], frames, random) for n in chosen for _ in range(2)])
    known = torch.ones(codes.shape[:2], dtype=torch.bool)
    semantic = torch.from_numpy(codes[..., 0].astype(np.int64))
    said = judge(_noisy(codes, random, top), semantic, known).unflatten(0, (-1, 2))
    scores = said[:, 0] @ said[:, 1].T * judge.scale.clamp(1, 60)
    right = torch.arange(len(scores))
    return F.cross_entropy(scores, right) + F.cross_entropy(scores.T, right)


def _phones_loss(
    judge: nn.Module, spoken: Sequence[Spoken], random: np.random.Generator, top: int
) -> Tensor:
    codes, phones = [], []
    for number in random.integers(len(spoken), size=UTTERANCES):
        start = int(random.integers(max(spoken[number].frames - CROP, 0) + 1))
        codes.append(spoken[number].codes[start : start + CROP])
        phones.append(
            torch.from_numpy(spoken[number].phones[start : start + CROP].astype(np.int64))
        )
    values = pad_sequence([_noisy(one, random, top) for one in codes], True)
    known = torch.arange(values.shape[1]) < torch.tensor([[len(one)] for one in codes])
    labels = pad_sequence(phones, True, IGNORED)
    return F.cross_entropy(judge(values, known).flatten(0, 1), labels.flatten())


def _piece(voice: Sequence[np.ndarray], frames: int, random: np.random.Generator) -> np.ndarray:
    """So many frames of up to three of its utterances; again from the start where it has fewer."""
    pieces = []
    for number in random.permutation(len(voice))[:3]:
        start = int(random.integers(max(len(voice[number]) - frames, 0) + 1))
        pieces.append(voice[number][start : start + frames])
    codes = np.concatenate(pieces)
    return np.resize(codes, (frames, codes.shape[1]))


def _noisy(codes: np.ndarray, random: np.random.Generator, top: int) -> Tensor:
    """Acoustic values of codes [..., frames, codebooks] with noise, which differs in loudness."""
    values = values_of(codes, top)
    spread = random.uniform(0, NOISE, (*values.shape[:-2], 1, 1))
    values = values + random.uniform(-1, 1, values.shape) / top
    return torch.from_numpy(values + spread * random.standard_normal(values.shape)).float()


def main() -> None:
    options = parsed(JudgesOptions, __doc__.split("\n\n")[0])
    sys.exit(finish(lambda: _begin(options)))


def _begin(options: JudgesOptions) -> None:
    present(options.corpus, options.codes, options.strangers, options.checkpoint)
    config = parse_config(read_params(options.checkpoint / "params.json"))
    judges = train_judges(options, config.codec)
    save_state(options.out, {"sizes": judges.sizes, "judges": judges.state_dict()})


if __name__ == "__main__":
    main()
