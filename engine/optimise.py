"""Codes of one recording without an encoder: gradient descent through the frozen decoder.

Each frame has logits over the semantic codebook and a value for each acoustic dimension. The
decoder is given the codes that they stand for, and gradients pass the choice as if the decoder had
been given the softmax and the values themselves (straight-through). The temperature of the softmax
and the learning rate fall. A long clip is taken in pieces with left context, so that memory does
not grow with its length.
"""

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.errors import InputError
from engine.models.codec.codec import Codec
from engine.models.codec.distance import LossWeights, log_mel_distance, reconstruction_loss
from engine.models.codec.quantizer import Quantizer, nearest_levels
from engine.speech import Voice

PIECE_S, CONTEXT_S = 8.0, 2.0
"""Of a piece, and of what is decoded before it (the official decoder sees 1.6 s back)."""
RATE, LAST_RATE = 0.1, 0.01
"""Learning rate of Adam at the start, and the share of it that is left at the end."""
HOT, COLD = 1.0, 0.1
"""Temperature of the softmax over semantic codes, at the start and at the end."""


SHORTEST_S = 0.1
CLOSE, USABLE = 0.3, 0.4
"""Shares of silence's distance up to which a voice is called so. On nano, its own encoder's codes
are at 0.22 to 0.25, those without their acoustic half, no longer the speaker's, at 0.43 up."""


@dataclass(frozen=True)
class Optimised:
    """A voice, and how near its codes came to the clip.

    Args:
        distance_db: Mean difference of the log-mel spectra of the decoded codes and the clip.
        silence_db: The same of silence and the clip.
    """

    voice: Voice
    distance_db: float
    silence_db: float

    @property
    def verdict(self) -> str:
        """In a word: close, usable or poor."""
        share = self.distance_db / max(self.silence_db, 1e-9)
        return "close" if share <= CLOSE else "usable" if share <= USABLE else "poor"


class CodeFit:
    """Codes that are being fitted, as numbers that can change by small steps.

    Args:
        frames: How many.
        seed: Of the order in which equally likely semantic codes are tried first.
    """

    def __init__(self, quantizer: Quantizer, acoustic_dim: int, frames: int, seed: int) -> None:
        self.quantizer = quantizer
        self.book = quantizer.semantic_codebook.embedding
        generator = torch.Generator().manual_seed(seed)
        start = 0.01 * torch.randn(frames, len(self.book), generator=generator)
        self.logits = start.to(self.book.device).requires_grad_()
        self.values = self.book.new_zeros(acoustic_dim, frames).requires_grad_()

    def codes(self) -> Tensor:
        """Integers [1, codebooks, frames], 0-based."""
        acoustic = nearest_levels(self.values.detach().tanh(), self.quantizer.levels)
        return torch.cat([self.logits.detach().argmax(-1).unsqueeze(0), acoustic]).unsqueeze(0)

    def latent(self, first: int, last: int, temperature: float) -> Tensor:
        """What the decoder is given of the codes of some frames: [1, dims, last - first]."""
        exact = self.quantizer.decode(self.codes()[..., first:last])
        soft = (self.logits[first:last] / temperature).softmax(-1) @ self.book
        smooth = torch.cat([soft.T, self.values[:, first:last].tanh()]).unsqueeze(0)
        return smooth + (exact - smooth).detach()


def fit_codes(
    codec: Codec, wave: Tensor, steps: int, seed: int, advance: Callable[[], None]
) -> Tensor:
    """The codes from which a decoder makes a waveform most nearly.

    Args:
        wave: float32 [1, samples]; a last frame that is not whole is left out.
        seed: Same seed, same codes (on one machine).
        advance: Called after each step.

    Returns:
        Integers [1, codebooks, frames], 0-based.

    Raises:
        InputError: If there is less than a tenth of a second.
    """
    if wave.shape[-1] < SHORTEST_S * codec.config.sampling_rate:
        raise InputError("The audio is too short.", f"Give {SHORTEST_S:g} s or more.")
    if codec.output_proj.conv.weight.dtype != torch.float32:
        codec = copy.deepcopy(codec).float()
    size = codec.config.frame_samples
    frames = wave.shape[-1] // size
    fit = CodeFit(codec.quantizer, codec.config.acoustic_dim, frames, seed)
    numbers = [fit.logits, fit.values]
    optimiser = torch.optim.Adam(numbers, RATE)
    context = math.ceil(CONTEXT_S * codec.config.frame_rate)
    for step in range(steps):
        done = step / steps
        for first, last in pieces(frames, round(PIECE_S * codec.config.frame_rate)):
            before = min(first, context)
            latent = fit.latent(first - before, last, HOT * (COLD / HOT) ** done)
            made = codec.synthesize(latent)[:, before * size :]
            terms = reconstruction_loss(
                made, wave[:, first * size : last * size], LossWeights(), codec.config.sampling_rate
            )
            loss = torch.stack(list(terms.values())).sum()
            (loss * (last - first) / frames).backward()
        torch.nn.utils.clip_grad_norm_(numbers, 1.0)
        share = LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * done)) / 2
        for group in optimiser.param_groups:
            group["lr"] = RATE * share
        optimiser.step()
        optimiser.zero_grad()
        advance()
    return fit.codes()


def judged(voice: Voice, made: Tensor, real: Tensor, rate: int) -> Optimised:
    """How near the decoded codes [samples] of a voice are to its clip [samples]."""
    distances = [log_mel_distance(x, real, rate).item() for x in (made, torch.zeros_like(real))]
    return Optimised(voice, *distances)


def pieces(frames: int, longest: int) -> Iterator[tuple[int, int]]:
    """First frame and the one after the last of each of the fewest, equally long pieces."""
    count = -(-frames // longest)
    for index in range(count):
        yield index * frames // count, (index + 1) * frames // count
