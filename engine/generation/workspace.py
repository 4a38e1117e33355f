"""What is kept between requests: what voices leave in the cache, and on a GPU the step itself.

A step owns the cache and, on a GPU, the graphs that know its addresses. These take longer to make
than the first sound may take, so the last step that was used waits for the next request.
"""

import itertools
import os
from collections import deque

import torch
from torch import Tensor

from engine.generation.decoding import TOGETHER, CodecThread
from engine.generation.frame import FrameStep
from engine.generation.static import StaticStep
from engine.models.cache import Prefix
from engine.models.voxtral import VoxtralModel

MOST_PREFIXES = 8
"""Voices whose prefixes are kept; 15 s of a voice take 20 MB in the official model."""


class Workspace:
    """Where the requests of one model find what earlier ones left.

    Args:
        graphs: Whether a GPU's step is captured in CUDA graphs: as they are needed (None), all of
            them ahead (True), or not (False).

    Attributes:
        idle: A GPU's step that nobody works with.
    """

    def __init__(self, model: VoxtralModel, graphs: bool | None = None) -> None:
        self.model, self.graphs = model, graphs
        self.prefixes: deque[tuple[Tensor, Prefix]] = deque(maxlen=MOST_PREFIXES)
        self.idle: StaticStep | None = None
        self._threads: dict[int, CodecThread] = {}

    def __del__(self) -> None:
        if self.idle is not None:
            self.idle.release()

    @property
    def codec_thread(self) -> CodecThread:
        """Decodes beside the frames; a process that was forked has its own."""
        process = os.getpid()
        if process not in self._threads:
            made = CodecThread(self.model.audio_tokenizer, self.graphs is not False)
            self._threads.setdefault(process, made)  # of two at once the first is kept
        return self._threads[process]

    @property
    def idle_size(self) -> int:
        """Bytes of the cache that the next step may use, or that are free once it does not."""
        return self.idle.cache.size if self.idle is not None else 0

    def step(self, rows: int, positions: int, steps: int, cfg: float) -> FrameStep:
        """One to work with until `give_back`; arguments as in `FrameStep`."""
        if self.model.norm.weight.device.type != "cuda":
            return FrameStep(self.model, rows, positions, steps, cfg)
        idle, self.idle = self.idle, None
        if idle is not None and idle.fits(rows, positions, steps):
            idle.buffers.cfg.fill_(cfg)
            return idle
        if idle is not None:
            idle.release()
            del idle  # before its memory is asked for again
        step = StaticStep(self.model, rows, positions, steps, cfg, self.graphs is not False)
        if self.graphs:
            step.warm_up()
            self.codec_thread.warm_up(min(step.rows, TOGETHER))
        return step

    def give_back(self, step: FrameStep) -> None:
        if isinstance(step, StaticStep):
            former, self.idle = self.idle, step
            if former is not None:
                former.release()

    def open(self, step: FrameStep, row: int, opening: Tensor) -> None:
        """Let a row hold what a prompt opens with, read now or copied from when it was.

        Args:
            opening: [positions, dim], perhaps none.
        """
        cache = step.cache
        cache.reset(row)
        if not len(opening):
            return
        number = self._number(opening)
        if number is None:
            step.read(row, opening)
            prefix = cache.take(row, len(opening))
        else:
            prefix = self.prefixes[number][1]
            del self.prefixes[number]
            cache.put(row, prefix)
        self.prefixes.append((opening, prefix))  # the last that was used is the last to go

    def _number(self, opening: Tensor) -> int | None:
        """Of the prefix of an opening; a request's own is known at sight, without a comparison."""
        known = [tensor for tensor, _ in self.prefixes]
        same = [number for number, tensor in enumerate(known) if tensor is opening]
        equal = (number for number, tensor in enumerate(known) if torch.equal(tensor, opening))
        return next(itertools.chain(same, equal), None)
