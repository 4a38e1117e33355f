"""The thread that decodes beside the frames: pieces of several rows in one go, on a GPU.

A call of the codec starts several hundred kernels whatever it is given, and a GPU does not notice
whether they work on one row or eight. So the thread takes what waits and fits together: pieces of
the same length whose rows are as far on (no context yet, or all of it). It always decodes so many
at once, filling up with copies: what a piece sounds like does not depend on who is beside it. A
CPU, whose kernels round by the number of rows, takes each piece alone.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

import numpy as np

from engine.generation.waveform import Waveform, decode_together

Made = TypeVar("Made")


@dataclass(eq=False)
class Piece(Generic[Made]):
    """Work for the thread.

    Args:
        waveform: Whose next piece it is.
        frames: Its frames, codes with specials (+2): [codebooks] each.
        make: The samples -> what `future` gives.
    """

    waveform: Waveform
    frames: list[np.ndarray]
    make: Callable[[np.ndarray], Made]
    future: "Future[Made]" = field(default_factory=Future)


class CodecThread:
    """One for all requests of a model, since libraries plan by thread."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1, "voxtral-codec")
        self.waiting: deque[Piece[object]] = deque()
        self.lock = Lock()

    def submit(
        self,
        waveform: Waveform,
        frames: list[np.ndarray],
        make: Callable[[np.ndarray], Made],
        together: int = 1,
    ) -> "Future[Made]":
        """Decode a piece when its turn comes; pieces of one waveform in their order.

        Args:
            together: How many pieces are decoded at once.
        """
        piece = Piece(waveform, frames, make)
        with self.lock:
            self.waiting.append(piece)  # type: ignore[arg-type]
        self.pool.submit(self._work, together)
        return piece.future

    def _work(self, together: int) -> None:
        pieces = self._take(together)
        if not pieces:
            return
        try:
            given = [(piece.waveform, piece.frames) for piece in pieces]
            for piece, samples in zip(pieces, decode_together(given, together), strict=True):
                piece.future.set_result(piece.make(samples))
        except BaseException as error:
            for piece in pieces:
                if not piece.future.done():
                    piece.future.set_exception(error)

    def _take(self, most: int) -> list[Piece[object]]:
        """The first piece that waits, and others that can be decoded with it."""
        chosen: list[Piece[object]] = []
        passed: set[int] = set()
        with self.lock:
            for piece in list(self.waiting):
                known = id(piece.waveform)
                fits = not chosen or alike(chosen[0], piece)
                if known in passed or not fits:
                    passed.add(known)
                    continue
                passed.add(known)
                self.waiting.remove(piece)
                if piece.future.set_running_or_notify_cancel():
                    chosen.append(piece)
                if len(chosen) == most:
                    break
        return chosen


def alike(one: Piece[object], other: Piece[object]) -> bool:
    """Whether they can be decoded in one call."""
    states = [piece.waveform.state for piece in (one, other)]
    shapes = [{name: past.shape for name, past in state.pasts.items()} for state in states]
    return (
        one.waveform.codec is other.waveform.codec
        and len(one.frames) == len(other.frames)
        and shapes[0] == shapes[1]
    )
