"""Drives frame steps along one script, so that what they make can be compared frame by frame."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.config import END_AUDIO
from engine.generation.frame import FrameStep
from engine.models.voxtral import VoxtralModel

SCRIPT = [[0], [0, 1], [0, 1, 2, 3], [1, 3], [1, 2, 3], [2], [0, 2, 3], [0, 1, 2, 3]]
"""Rows that speak, frame by frame: they join, leave and come back."""

LEFT = {(3, 0), (5, 3)}
"""Frames at which a row that was left begins anew, with a shorter prompt."""


@dataclass
class Spoken:
    """One frame of one row: codes [codebooks], and the hidden state after it, float32 [dim]."""

    codes: np.ndarray
    hidden: Tensor


@torch.inference_mode()
def walk(
    step: FrameStep,
    script: list[list[int]] | None = None,
    length: int = 3,
    forced: list[dict[int, Spoken]] | None = None,
) -> list[dict[int, Spoken]]:
    """Speak a script with given prompts and noise; END is left to the model but for frame 0.

    Args:
        length: Of the prompt of row 0; others have longer ones, up to 35 more.
        forced: Frames of another step, heard in place of those that this one makes.
    """
    frames: list[dict[int, Spoken]] = []
    joined: set[int] = set()
    for number, rows in enumerate(script or SCRIPT):
        for row in rows:
            if row not in joined:
                _begin(step, row, length + 5 * (row % 8))
            elif (number, row) in LEFT:
                _begin(step, row, 4)
            noise = _drawn((step.buffers.noise.shape[1],), 1000 * row + number)
            step.feed(row, noise, forbid_end=row not in joined)
            joined.add(row)
        made = step.launch(rows)() if rows else []
        if forced is not None:
            for row in rows:
                _hear(step, row, forced[number][row].codes)
        hidden = step.buffers.hidden.float().cpu()
        frames.append(
            {row: Spoken(c, hidden[row].clone()) for row, c in zip(rows, made, strict=True)}
        )
    return frames


def _begin(step: FrameStep, row: int, length: int) -> None:
    like = step.model.norm.weight
    step.cache.reset(row)
    prompt = _drawn((length, len(like)), 100 + length).to(like.device, like.dtype)
    step.buffers.hidden[row] = step.read(row, prompt)
    step.place(row)


def _hear(step: FrameStep, row: int, codes: np.ndarray) -> None:
    """Let a row hear other codes than those of the frame that it just spoke."""
    step.cache.lengths[row] -= 1
    table = step.model.mm_audio_embeddings.audio_codebook_embeddings
    frame = table(torch.from_numpy(codes).to(step.buffers.hidden.device)).unsqueeze(0)
    step.buffers.hidden[row] = step.read(row, frame)
    step.place(row)


def _drawn(shape: tuple[int, ...], seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def never_end(model: VoxtralModel) -> None:
    model.acoustic_transformer.semantic_codebook_output.weight[END_AUDIO] = 0


def end_soon(model: VoxtralModel) -> None:
    """Let chunks end after a few frames: as many as their noise says."""
    head = model.acoustic_transformer
    logits = head.semantic_logits

    def ends(hidden: Tensor, forbid_end: Tensor) -> Tensor:
        values = logits(hidden, forbid_end)
        soon = hidden.sum(-1).mul(7).frac().abs() < 0.25
        end = values[:, END_AUDIO]
        values[:, END_AUDIO] = end.masked_fill(soon, torch.inf).masked_fill(forbid_end, -torch.inf)
        return values

    head.semantic_logits = ends  # type: ignore[method-assign]
