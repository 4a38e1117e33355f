"""Codes -> samples, piece by piece: the first after a few frames, later ones longer.

    frames 0..5, 5..10, ..., 20..25, then 25..50, 50..75, ... and the rest

A decoder state carries over from piece to piece, so the pieces together equal one call over all.
Where pieces begin depends on frame numbers alone, never on timing, and so the samples do not.

A GPU decodes on a stream of its own, beside the frame that was started before. Codes come from the
host and samples go there, so that the two streams share nothing but weights.
"""

import functools
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch

from engine.config import SPECIAL_CODES
from engine.models.codec.blocks import StreamState
from engine.models.codec.codec import Codec

FIRST, LATER = 5, 25
"""Frames of a piece, before and from frame LATER."""
WHOLE_PIECE = 100
"""Frames that `decode_whole` takes at a time, so that memory does not grow with length."""


class Waveform:
    """The samples of one sequence of frames.

    Args:
        codec: Decodes. Where it leads with more than FIRST frames, early pieces are that long.

    Attributes:
        done: Frames decoded so far.
    """

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.state = StreamState()
        self.first = max(FIRST, codec.lead_frames)
        self.done = 0

    def ready(self, available: int, ended: bool) -> Iterator[int]:
        """Ends of the pieces that can be decoded now.

        A piece waits for one frame more (or the end), so that it is known whether it is the last.

        Args:
            available: Frames there are.
            ended: Whether there will be no more.
        """
        end = self.done
        while end < available:
            end += self.first if end < LATER else LATER
            if end >= available and not ended:
                return
            yield min(end, available)

    def decode(self, frames: list[np.ndarray]) -> np.ndarray:
        """The next piece.

        Args:
            frames: Codes of the frames after `done`, specials included (+2): [codebooks] each.

        Returns:
            float32 [frames * frame_samples].
        """
        self.done += len(frames)
        device = self.codec.output_proj.conv.weight.device
        with _beside(device):
            codes = torch.from_numpy(np.stack(frames, axis=1)).to(device) - SPECIAL_CODES
            samples = self.codec.decode(codes.unsqueeze(0), self.state)[0]
            return samples.float().cpu().numpy()


def _beside(device: torch.device) -> AbstractContextManager[object]:
    """Work inside runs beside what a GPU was given before."""
    return torch.cuda.stream(_stream(device)) if device.type == "cuda" else nullcontext()


@functools.cache
def _stream(device: torch.device) -> torch.cuda.Stream:
    """One for all that is decoded on a GPU: each stream keeps memory for itself."""
    return torch.cuda.Stream(device)


def decode_whole(codec: Codec, codes: np.ndarray) -> np.ndarray:
    """Codes that are all there -> float32 [frames * frame_samples].

    Args:
        codes: Integers [codebooks, frames], 0-based.
    """
    state, device = StreamState(), codec.output_proj.conv.weight.device
    pieces = torch.from_numpy(codes).to(device).unsqueeze(0).split(WHOLE_PIECE, dim=-1)
    waves = [codec.decode(piece, state)[0].float().cpu() for piece in pieces]
    return torch.cat(waves).numpy()
