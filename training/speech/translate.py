"""Another codec under a speech model: what reads and writes codes begins near what it was.

The same recordings in the codes of both codecs say what a new code means in old ones. Frames must
have the same rate. Layers stay as they are and go on learning from there.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.config import SPECIAL_CODES
from engine.models.codec.codec import Codec
from engine.models.voxtral import VoxtralModel
from training.codes import Spoken
from training.data.manifest import load_manifest, read_audio

FRAMES = 60_000
"""Frames that are compared: 40 minutes at 25 Hz, some 2,900 of each acoustic level."""
RIDGE = 1.0
"""Pulls rows of codes that are rarely seen towards nothing, in frames."""
CHUNK = 4096


def both_codes(
    old: Codec, spoken: Sequence[Spoken], corpus: Path, frames: int = FRAMES
) -> tuple[Tensor, Tensor]:
    """The same recordings in the codes of two codecs.

    Args:
        old: Codes the recordings again.
        spoken: Recordings with their new codes.

    Returns:
        Old and new codes, 0-based [frames, codebooks].

    Raises:
        ValueError: If the old codec has no encoder, or there is nothing to code.
    """
    if not old.can_encode:
        raise ValueError("the checkpoint to begin with has no codec encoder: give it one")
    if not spoken:
        raise ValueError("there are no recordings to code again")
    recordings = {u.id: u for u in load_manifest(corpus)}
    pairs: list[tuple[Tensor, Tensor]] = []
    for one in spoken:
        if sum(len(new) for _, new in pairs) >= frames:
            break
        wave = torch.from_numpy(read_audio(recordings[one.id]))[None]
        with torch.inference_mode():
            codes = old.encode(wave)[0].T
        length = min(len(codes), one.frames)
        pairs.append((codes[:length], torch.from_numpy(one.codes[:length].astype(np.int64))))
    befores, afters = zip(*pairs, strict=True)
    return torch.cat(befores), torch.cat(afters)


@torch.no_grad()
def translate(model: VoxtralModel, begun: VoxtralModel, old: Tensor, new: Tensor) -> None:
    """Fill what of `model` is tied to codes from `begun`, in place.

    Embeddings: the rows whose sums are nearest to the sums of the old ones (ridge regression).
    Semantic output: of each code the mean of the old rows that it meets. Flow head: acoustic
    values are taken to be linear in those of the other codec.

    Args:
        old, new: Codes of the same frames [frames, codebooks], 0-based.
    """
    before, after = (m.mm_audio_embeddings.audio_codebook_embeddings for m in (begun, model))
    table, rows = before.embeddings.weight, after.embeddings.weight
    places = [starts(m.sizes) + SPECIAL_CODES for m in (before, after)]
    wanted = F.embedding_bag(old + places[0], table, mode="sum")
    counts = [m.acoustic_transformer.semantic_size - SPECIAL_CODES for m in (begun, model)]
    rows.copy_(regression(new + places[1], wanted, len(rows)))
    for start, other in zip(starts(after.sizes), starts(before.sizes), strict=True):
        rows[start : start + SPECIAL_CODES] = table[other : other + SPECIAL_CODES]

    head, past = model.acoustic_transformer, begun.acoustic_transformer
    met = torch.zeros(counts[1], counts[0])
    met.index_put_((new[:, 0], old[:, 0]), torch.ones(len(new)), accumulate=True)
    met += met.sum(0) / met.sum()  # a code that is never seen means anything
    output = head.semantic_codebook_output.weight
    output[:SPECIAL_CODES] = past.semantic_codebook_output.weight[:SPECIAL_CODES]
    part = slice(SPECIAL_CODES, SPECIAL_CODES + counts[0])
    output[SPECIAL_CODES : SPECIAL_CODES + counts[1]] = (
        met / met.sum(1, keepdim=True)
    ) @ past.semantic_codebook_output.weight[part]

    values = [codes[:, 1:] * (2 / (m.levels - 1)) - 1 for codes, m in ((old, past), (new, head))]
    forth, back = (torch.linalg.lstsq(a, b).solution for a, b in (values, values[::-1]))
    head.input_projection.weight.copy_(past.input_projection.weight @ back.T)
    head.acoustic_codebook_output.weight.copy_(forth.T @ past.acoustic_codebook_output.weight)


def starts(sizes: Sequence[int]) -> Tensor:
    """Where the rows of each codebook begin in their common table."""
    counts = torch.tensor(sizes)
    return counts.cumsum(0) - counts


def regression(places: Tensor, wanted: Tensor, count: int) -> Tensor:
    """A table [count, dim] whose rows at `places` [n, k] sum to about `wanted` [n, dim]."""
    gram, target = torch.zeros(count, count), torch.zeros(count, wanted.shape[1])
    for part, sums in zip(places.split(CHUNK), wanted.split(CHUNK), strict=True):
        seen = torch.zeros(len(part), count).scatter_(1, part, 1.0)
        gram += seen.T @ seen
        target += seen.T @ sums
    gram.diagonal().add_(RIDGE)
    return torch.linalg.solve(gram, target)
