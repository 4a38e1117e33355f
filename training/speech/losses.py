"""What the backbone and the flow head are trained by (paper sections 2.2, 2.3, 3.1).

Cross-entropy on semantic codes and flow matching on acoustic values, of what is to be said and not
of the voice; and, for a small model with little time, three kinds of help that a corpus of known
making gives: chosen heads are told which characters are being spoken, and linear probes name the
phone and what the speaker is like.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.config import END_AUDIO, SPECIAL_CODES, ModelConfig
from engine.models.flow import FlowHead
from engine.models.voxtral import VoxtralModel
from training.codec.phones import SYMBOLS
from training.data.speakers import STYLE_VALUES
from training.speech.forward import Passed, run_backbone
from training.speech.prompts import IGNORED
from training.speech.samples import Batch

ROWS = 256
"""Frames are taken in multiples of this: kernels are made for each new size of a product."""
NEAR = 3.0
"""Characters between attended and spoken that still count as aligned."""


@dataclass(frozen=True)
class LossOptions:
    """Weights and draws.

    Args:
        flow: Weight of flow matching (mean over dimensions).
        align: Weight of attention supervision at the start; it falls to a tenth.
        phones: Weight of the phone probe at the start; it falls to a tenth.
        style: Weight of the probe of the speaker's style.
        end: Weight of END among the semantic targets.
        layers, heads: Layers whose first so many heads are supervised.
        spread: Standard deviation of the wanted attention, in characters.
        drop: Share of frames whose condition is zero (for guidance).
        spoken: Share of frames that the flow head sees as it does when it speaks: at the times of
            the checkpoint's Euler steps, from noise of up to four times its temperature, at most 1.
        draws: Share of frames that the flow head sees, or how often it sees each.
    """

    flow: float = 6.0
    align: float = 0.3
    phones: float = 0.3
    style: float = 0.5
    end: float = 2.0
    layers: tuple[int, ...] = (2, 3, 4)
    heads: int = 2
    spread: float = 1.2
    drop: float = 0.1
    spoken: float = 0.3
    draws: float = 1.0


class Probe(nn.Module):
    """Tells the phone of a frame, and what its speaker is like, from the middle of the backbone;
    thrown away after training."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.phones, self.style = nn.Linear(dim, len(SYMBOLS)), nn.Linear(dim, STYLE_VALUES)

    def forward(self, middle: Tensor, phones: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """Rows [n, dim], labels [n] and styles [n, STYLE_VALUES] -> cross-entropy of the phones
        and squared error of the styles, of those that are known."""
        rows, known = F.rms_norm(middle, middle.shape[-1:]), ~style.isnan().any(-1)
        nothing = middle.sum() * 0
        named = F.cross_entropy(self.phones(rows), phones) if (phones != IGNORED).any() else nothing
        if not known.any():
            return named, nothing
        return named, F.mse_loss(self.style(rows[known]).float(), style[known])


def embed(model: VoxtralModel, batch: Batch) -> Tensor:
    """Input rows of a batch [batch, length, dim]."""
    parts = model.mm_audio_embeddings
    codebook = parts.audio_codebook_embeddings
    sizes = torch.tensor(codebook.sizes, device=batch.rows.device)
    rows = F.embedding_bag(
        batch.rows + (sizes.cumsum(0) - sizes), codebook.embeddings.weight, mode="sum"
    )
    tokens = parts.tok_embeddings.weight  # of the 4B 1.6 GB: not to be joined with the rows
    rows, heard = F.pad(rows, (0, 0, 0, 1)), batch.inputs - len(tokens)
    texts = F.embedding(batch.inputs.clamp(max=len(tokens) - 1), tokens)
    return torch.where((heard < 0).unsqueeze(-1), texts, F.embedding(heard.clamp(min=0), rows))


def terms(
    model: VoxtralModel,
    probe: Probe,
    batch: Batch,
    options: LossOptions,
    progress: float,
    generator: torch.Generator,
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Weighted terms of the loss, and what to watch.

    Args:
        progress: Share of the time budget that has passed.
    """
    passed = run_backbone(model, embed(model, batch), options.layers, options.heads)
    frames = torch.arange(len(batch.query), device=batch.query.device).unsqueeze(-1)
    known = batch.semantic != IGNORED
    flat = padded((frames * batch.inputs.shape[1] + batch.query)[known], 0)
    hidden = passed.hidden.flatten(0, 1)[flat]
    targets, acoustic = padded(batch.semantic[known], IGNORED), padded(batch.acoustic[known], -1)
    head = model.acoustic_transformer
    cross_entropy, right = semantic_loss(head, hidden, targets, options.end)
    real = targets >= SPECIAL_CODES
    speaking = speaking_of(model.model_config)
    flow = flow_loss(head, hidden[real], acoustic[real], options, generator, speaking)
    align, aligned = alignment_loss(passed, batch, options.spread)
    styles = padded(batch.style[known.nonzero()[:, 0]], math.nan)
    labels = padded(batch.phones[known], IGNORED)
    phones, style = probe(passed.middle.flatten(0, 1)[flat], labels, styles)
    fade = max(0.1, 1 - progress / 0.6)
    losses = {
        "semantic": cross_entropy,
        "flow": options.flow * flow,
        "align": options.align * fade * align,
        "phones": options.phones * fade * phones,
        "style": options.style * style,
    }
    seen = {"ce": cross_entropy, "mse": flow, "off": align, "phone": phones, "style": style}
    seen |= {"top1": right, "aligned": aligned}
    return losses, {name: value.detach() for name, value in seen.items()}


def padded(values: Tensor, filler: float) -> Tensor:
    """Rows of `filler` after some [n, ...], up to a multiple of ROWS; few rows stay as they are."""
    missing = -len(values) % ROWS if len(values) > ROWS else 0
    return torch.cat([values, values.new_full((missing, *values.shape[1:]), filler)])


def semantic_loss(
    head: FlowHead, hidden: Tensor, targets: Tensor, end: float
) -> tuple[Tensor, Tensor]:
    """Cross-entropy over the semantic codes and END where not IGNORED, and top-1 accuracy."""
    logits = F.linear(hidden, head.semantic_codebook_output.weight[: head.semantic_size])
    weights = torch.where(targets == END_AUDIO, end, 1.0) * (targets != IGNORED)
    losses = F.cross_entropy(logits, targets, ignore_index=IGNORED, reduction="none")
    right = logits.detach().argmax(-1) == targets
    accuracy = right.sum() / (targets != IGNORED).sum()
    return (losses * weights).sum() / weights.sum(), accuracy


def speaking_of(config: ModelConfig) -> tuple[int, float]:
    """Euler steps, and the largest standard deviation of the noise that they are learned with."""
    return config.steps, min(1.0, 4 * config.temperature)


def flow_loss(
    head: FlowHead,
    hidden: Tensor,
    codes: Tensor,
    options: LossOptions,
    generator: torch.Generator,
    speaking: tuple[int, float],
) -> Tensor:
    """Mean squared error of the velocity at a random time of each drawn frame.

    Args:
        hidden: [n, dim].
        codes: 0-based acoustic codes [n, acoustic_dim]; half a step of noise is laid over them,
            so that the flow need not learn the grid.
        speaking: Of `speaking_of`, for the share `options.spoken` of the frames.
    """
    count = max(1, round(options.draws * len(hidden)))
    count = count // ROWS * ROWS or count
    if count < len(hidden):
        chosen = torch.randperm(len(hidden), generator=generator)[:count]
    else:
        chosen = torch.arange(count) % len(hidden)
    hidden, codes = hidden[chosen.to(hidden.device)], codes[chosen.to(codes.device)]
    draw = torch.rand(codes.shape, generator=generator) - 0.5
    data = (codes + draw.to(codes.device)) * (2 / (head.levels - 1)) - 1
    noise = torch.randn(codes.shape, generator=generator)
    time = torch.randn(count, generator=generator).sigmoid()
    as_spoken = torch.rand(count, generator=generator) < options.spoken
    steps, loudest = speaking
    step = torch.randint(steps, (count,), generator=generator)
    time = torch.where(as_spoken, step / steps, time).to(data.device)
    spread = torch.where(as_spoken, loudest * torch.rand(count, generator=generator), 1.0)
    noise = (spread.unsqueeze(-1) * noise).to(data.device)
    kept = (torch.rand(count, 1, generator=generator) >= options.drop).to(hidden)
    x = torch.lerp(noise, data, time.unsqueeze(-1))
    return F.mse_loss(head.velocity(x, time, hidden * kept), data - noise)


def alignment_loss(passed: Passed, batch: Batch, spread: float) -> tuple[Tensor, Tensor]:
    """-log of the attention on the characters near the spoken one, over chosen heads.

    Returns:
        The mean over frames, heads and layers; the share of frames at which the best head looks
        within NEAR characters of the spoken one.
    """
    wanted = torch.nan_to_num(batch.chars, nan=-1.0)
    known = wanted >= 0
    if not passed.heads or not known.any():
        return passed.hidden.sum() * 0, passed.hidden.new_zeros(())
    places = torch.arange(passed.hidden.shape[1], device=wanted.device)
    distance = places - wanted.unsqueeze(-1)  # [batch, frames, length]
    outside = (places < batch.text[..., :1]) | (places >= batch.text[..., 1:])
    window = (-0.5 * (distance / spread).square()).masked_fill(outside, -math.inf)
    future = (places > batch.query.unsqueeze(-1)).unsqueeze(1)
    losses, shares = [], []
    for queries, keys in passed.heads:
        index = batch.query[:, None, :, None].expand(-1, queries.shape[1], -1, queries.shape[-1])
        scores = queries.gather(2, index) @ keys.transpose(-1, -2) * keys.shape[-1] ** -0.5
        scores = scores.masked_fill(future, -math.inf)
        # Frames without a known character are dropped below; their window must not be empty.
        near = torch.logsumexp(scores + window.unsqueeze(1), -1)
        missed = torch.logsumexp(scores, -1) - near  # [batch, heads, frames]
        losses.append((missed * known.unsqueeze(1)).sum() / (known.sum() * queries.shape[1]))
        looked = scores.detach().masked_fill(outside.unsqueeze(1), -math.inf).argmax(-1)
        close = ((looked - wanted.unsqueeze(1)).abs() <= NEAR) & known.unsqueeze(1)
        shares.append(close.sum((0, 2)) / known.sum())
    return torch.stack(losses).mean(), torch.cat(shares).max()
