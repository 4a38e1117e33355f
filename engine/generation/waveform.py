"""Codes -> samples, piece by piece: the first after a few frames, later ones longer.

    frames 0..5, 5..10, ..., 20..25, then 25..50, 50..75, ... and the rest
    frames 0..1, 1..2, ..., 4..5, then as above, where the first is asked for after one frame

A decoder state carries over from piece to piece, so the pieces together equal one call over all.
Where pieces begin depends on frame numbers and on what was asked for alone, never on timing, and
so the samples do not.

A GPU decodes on a stream of its own, beside the frame that was started before. Codes come from the
host and samples go there, so that the two streams share nothing but weights.
"""

import functools
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from torch import Tensor

from engine.config import SPECIAL_CODES
from engine.models.codec.blocks import StreamState
from engine.models.codec.codec import Codec

Decode = Callable[[Tensor, StreamState], Tensor]

FIRST, LATER = 5, 25
"""Frames of a piece, before and from frame LATER."""
WHOLE_PIECE = 100
"""Frames that `decode_whole` takes at a time, so that memory does not grow with length."""
HEARD = 1500
"""Frames that `encode_whole` takes at a time: a minute, or two; a shorter clip is one piece."""


class Waveform:
    """The samples of one sequence of frames.

    Args:
        codec: Decodes. The first piece is no shorter than its `lead_frames`.
        first_ms: Length of the first pieces, rounded up to frames; None for FIRST frames.

    Attributes:
        done: Frames handed out to be decoded so far.
    """

    def __init__(self, codec: Codec, first_ms: float | None = None) -> None:
        self.codec = codec
        self.state = StreamState()
        asked = FIRST if first_ms is None else math.ceil(first_ms * codec.config.frame_rate / 1000)
        self.first = max(1, asked, codec.lead_frames)
        self.done = 0

    def pieces(self, frames: Sequence[np.ndarray], ended: bool) -> Iterator[list[np.ndarray]]:
        """Frames of the pieces that can be decoded now, each handed out once.

        A piece waits for one frame more (or the end), so that it is known whether it is the last.

        Args:
            frames: All there are, codes with specials (+2): [codebooks] each.
            ended: Whether there will be no more.
        """
        while self.done < len(frames):
            end = self._after(self.done)
            if end >= len(frames) and not ended:
                return
            piece = list(frames[self.done : end])
            self.done += len(piece)
            yield piece

    def _after(self, end: int) -> int:
        """Where the piece ends that begins at `end`."""
        early = max(FIRST, self.first)
        if end < FIRST:  # short ones until there is surely sound: chunks begin with silence
            return min(end + self.first, early)
        return (end // early + 1) * early if end < LATER else end + LATER

    def decode(self, frames: list[np.ndarray]) -> np.ndarray:
        """The next piece.

        Args:
            frames: One of `pieces`, in order.

        Returns:
            float32 [frames * frame_samples].
        """
        return decode_together([(self, frames)])[0]


@torch.inference_mode()
def decode_together(
    pieces: Sequence[tuple[Waveform, list[np.ndarray]]],
    rows: int = 1,
    decode: Decode | None = None,
) -> list[np.ndarray]:
    """The next piece of each of some waveforms, in one call.

    Args:
        pieces: Of one codec, as many frames each, with states of the same shapes.
        rows: That the call has at least; the last piece is repeated to make as many.
        decode: Does what `Codec.decode` does, in its place.

    Returns:
        float32 [frames * frame_samples] each.
    """
    codec = pieces[0][0].codec
    device = codec.output_proj.conv.weight.device
    given = [*pieces, *[pieces[-1]] * (rows - len(pieces))]
    with _beside(device):
        stacked = np.stack([np.stack(frames, axis=1) for _, frames in given])
        codes = torch.from_numpy(stacked).to(device) - SPECIAL_CODES
        state = StreamState.joined([waveform.state for waveform, _ in given])
        samples = (decode or codec.decode)(codes, state)
        for (waveform, _), own in zip(pieces, state.split()[: len(pieces)], strict=True):
            waveform.state = own
        return list(samples[: len(pieces)].float().cpu().numpy())


def _beside(device: torch.device) -> AbstractContextManager[object]:
    """Work inside runs beside what a GPU was given before."""
    if device.type != "cuda":
        return nullcontext()
    return torch.cuda.stream(_stream(device, threading.get_ident()))


@functools.cache
def _stream(device: torch.device, thread: int) -> torch.cuda.Stream:
    """One for all that a thread decodes on a GPU: it captures there, and what another thread would
    put there would be captured too."""
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


def encode_whole(
    codec: Codec, wave: Tensor, frames: int = HEARD, advance: Callable[[], None] = lambda: None
) -> np.ndarray:
    """A waveform that is all there -> int16 [codebooks, frames], 0-based.

    Args:
        wave: [1, n].
        frames: Taken at a time.
        advance: Called after each piece.
    """
    pieces = wave.split(frames * codec.config.frame_samples, dim=-1)
    dtype = codec.output_proj.conv.weight.dtype
    state = StreamState() if len(pieces) > 1 else None
    codes = []
    for piece in pieces:
        codes.append(codec.encode(piece.to(dtype), state)[0].cpu().numpy().astype(np.int16))
        advance()
    return np.concatenate(codes, axis=1)
