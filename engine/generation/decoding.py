"""The thread that decodes beside the frames: pieces of several rows in one go, on a GPU.

A call of the codec starts several hundred kernels whatever it is given, and a GPU does not notice
whether they work on one row or eight. So the thread takes what waits and fits together: pieces of
the same length whose rows are as far on (no context yet, or all of it). A piece asks for so many
rows in its call, which is filled up with copies: what it sounds like does not depend on who is
beside it. A CPU, whose kernels round by the number of rows, takes each piece alone.
"""

import os
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

import numpy as np
from torch import Tensor

from engine.config import SPECIAL_CODES
from engine.errors import VoxtralError
from engine.generation.graphs import GraphedCalls, buckets
from engine.generation.waveform import FIRST, LATER, Waveform, decode_together
from engine.models.codec.blocks import StreamState
from engine.models.codec.codec import Codec

Made = TypeVar("Made")

TOGETHER = 8
"""Pieces that a GPU decodes at once, at most."""


@dataclass(eq=False)
class Piece(Generic[Made]):
    """Work for the thread.

    Args:
        waveform: Whose next piece it is.
        frames: Its frames, codes with specials (+2): [codebooks] each.
        make: The samples -> what `future` gives.
        together: Rows of its call, copies included.
    """

    waveform: Waveform
    frames: list[np.ndarray]
    make: Callable[[np.ndarray], Made]
    together: int
    future: "Future[Made]" = field(default_factory=Future)


class CodecThread:
    """One for all requests of a model, since libraries plan by thread.

    Args:
        codec: Of the model.
        graphs: Whether a GPU decodes pieces of the usual lengths by CUDA graphs.
    """

    def __init__(self, codec: Codec, graphs: bool = False) -> None:
        self.codec = codec
        self.decode = GraphedDecoder(codec) if graphs else None
        self.beside = next(codec.parameters()).device.type != "mps"  # which two threads bring down
        self.pool = ThreadPoolExecutor(1, "voxtral-codec")
        self.waiting: deque[Piece[object]] = deque()
        self.lock = Lock()
        self.process = os.getpid()

    def check_alive(self) -> None:
        """Refuses to wait for what no thread will make: none outlives a fork.

        Raises:
            VoxtralError: If this process was forked from its own.
        """
        if self.process != os.getpid():
            raise VoxtralError(
                "This speech was begun before the process was forked.", "Begin it anew."
            )

    def submit(
        self,
        waveform: Waveform,
        frames: list[np.ndarray],
        make: Callable[[np.ndarray], Made],
        together: int,
    ) -> "Future[Made]":
        """Decode a piece when its turn comes; arguments as in `Piece`.

        Pieces of one waveform are decoded in their order.
        """
        assert waveform.codec is self.codec
        piece = Piece(waveform, frames, make, together)
        with self.lock:
            self.waiting.append(piece)  # type: ignore[arg-type]
        if self.beside:
            self.pool.submit(self._work)
        else:
            self._work()
        return piece.future

    def warm_up(self, rows: int) -> None:
        """Decode silence twice in the shapes that pieces of so many rows have, so that their graphs
        are captured; those of tails and of other first pieces when they come again."""
        silence = [np.full(1 + self.codec.config.acoustic_dim, SPECIAL_CODES)] * (4 * LATER)

        def decode(together: int) -> None:
            waveform = Waveform(self.codec)
            for piece in waveform.pieces(silence, ended=True):
                decode_together([(waveform, piece)], together, self.decode)

        for together in [*buckets(1, rows)] * 2:
            self.pool.submit(decode, together).result()

    def _work(self) -> None:
        """Decode all that waits: what came with a job that was never begun, too."""
        while pieces := self._take():
            self._decode(pieces)

    def _decode(self, pieces: list[Piece[object]]) -> None:
        try:
            given = [(piece.waveform, piece.frames) for piece in pieces]
            made = decode_together(given, pieces[0].together, self.decode)
            for piece, samples in zip(pieces, made, strict=True):
                piece.future.set_result(piece.make(samples))
        except BaseException as error:
            for piece in pieces:
                if not piece.future.done():
                    piece.future.set_exception(error)

    def _take(self) -> list[Piece[object]]:
        """The first piece that waits, and others that can be decoded with it."""
        chosen: list[Piece[object]] = []
        passed: set[int] = set()
        with self.lock:
            for piece in list(self.waiting):
                first = id(piece.waveform) not in passed
                passed.add(id(piece.waveform))
                if not first or (chosen and not alike(chosen[0], piece)):
                    continue
                self.waiting.remove(piece)
                if piece.future.set_running_or_notify_cancel():
                    chosen.append(piece)
                    if len(chosen) == piece.together:
                        break
        return chosen


class GraphedDecoder:
    """`Codec.decode` by CUDA graphs, for the lengths and contexts that most pieces have."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.graphs = GraphedCalls(partial(_decoded, codec), codec.output_proj.conv.weight.device)

    def __call__(self, codes: Tensor, state: StreamState) -> Tensor:
        if not usable(codes):
            return self.codec.decode(codes, state)
        made = self.graphs({"codes": codes, **state.pasts})
        samples = made.pop("samples")
        state.pasts = made
        return samples


def usable(codes: Tensor) -> bool:
    """Whether a graph pays: the last piece of a stream has any length."""
    return codes.is_cuda and (codes.shape[-1] <= FIRST or codes.shape[-1] == LATER)


def _decoded(codec: Codec, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Codes and what the piece before left -> samples, and what this one leaves."""
    state = StreamState({name: past for name, past in given.items() if name != "codes"})
    samples = codec.decode(given["codes"], state)
    kept = {name: past.clone() for name, past in state.pasts.items()}  # not what they are views of
    return {"samples": samples, **kept}


def alike(one: Piece[object], other: Piece[object]) -> bool:
    """Whether they can be decoded in one call."""
    states = [piece.waveform.state for piece in (one, other)]
    shapes = [{name: past.shape for name, past in state.pasts.items()} for state in states]
    return (
        one.together == other.together
        and len(one.frames) == len(other.frames)
        and shapes[0] == shapes[1]
    )
