"""CUDA graphs: the hundreds of kernels of a frame, started by one call.

A graph holds a frame for so many rows that look at so many positions, and the addresses of what it
reads and writes. It is captured when these sizes are first asked for, or ahead (`capture`), and
replayed from then on. The graphs of a runner share one pool of memory: their results go to buffers
outside, or are copied before the next replay, and replays of a runner never overlap.
"""

import functools
import logging
import threading
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

LOG = logging.getLogger(__name__)

CAPTURES = threading.RLock()
"""Held by captures and replays, and where this package gives graphs or memory back: a capture of
one thread does not survive another one, nor a `torch.cuda.synchronize` or `empty_cache`, in another
thread; and before torch 2.13 a replay fails beside a capture."""

WARM_UPS = 2
"""Runs before a capture, in which libraries set themselves up, which no graph can hold."""


def bucket(size: int, first: int) -> int:
    """The least of `first`, 2 `first`, 4 `first`, ... that is enough: sizes that graphs have.

    Steps have such sizes too, so which graph speaks does not depend on how large the step is.

    Example:
        >>> [bucket(rows, 1) for rows in (1, 3, 9)]
        [1, 4, 16]
    """
    return first << max(0, (size - 1) // first).bit_length()


def buckets(first: int, most: int) -> list[int]:
    """Those up to one of them.

    Example:
        >>> buckets(1, 8)
        [1, 2, 4, 8]
    """
    return [first << power for power in range((most // first).bit_length())]


@functools.cache
def capture_stream(device: torch.device) -> torch.cuda.Stream:
    """One for all captures on a device: there are few streams, each with memory of its own.

    What runs on a stream of its own anyway (sound, in a thread) is captured there.
    """
    return torch.cuda.Stream(device)


class GraphRunner:
    """Replays a frame function; calls it as it is where it cannot be captured.

    Args:
        frame: Takes rows and positions. Reads and writes tensors that stay where they are, waits
            for nothing, and no shape in it depends on data.
        changed: What it changes, but for what a second run would write again.

    Attributes:
        works: Whether captures do here; of all runners, since one that failed may spoil the next.
    """

    works = True

    def __init__(
        self, frame: Callable[[int, int], None], changed: Sequence[Tensor], device: torch.device
    ) -> None:
        self.frame, self.changed, self.device = frame, changed, device
        self.graphs: dict[tuple[int, int], torch.cuda.CUDAGraph] = {}

    def __call__(self, rows: int, positions: int) -> None:
        with CAPTURES:
            self.capture(rows, positions)
            graph = self.graphs.get((rows, positions))
            if self.works and graph is not None:
                graph.replay()
                return
        self.frame(rows, positions)

    def capture(self, rows: int, positions: int) -> None:
        """Make the graph of these sizes, if there is none. No buffer is changed.

        Says so, once, if it cannot be made; from then on every frame runs without.
        """
        if (rows, positions) in self.graphs:
            return
        with CAPTURES:
            if not self.works:  # perhaps since another thread's capture
                return
            try:
                self.graphs[rows, positions] = self._captured(rows, positions)
            except RuntimeError as error:
                GraphRunner.works = False
                self.graphs.clear()
                reason = str(error).strip().partition("\n")[0]
                LOG.warning("No CUDA graphs, so speech is slower: %s", reason)

    def _captured(self, rows: int, positions: int) -> torch.cuda.CUDAGraph:
        """As in PyTorch's notes on CUDA graphs: warm up on the stream of the capture."""
        with torch.cuda.device(self.device):
            if not self.graphs:
                self.pool = torch.cuda.graph_pool_handle()
            current, graph = torch.cuda.current_stream(), torch.cuda.CUDAGraph()
            beside = current != torch.cuda.default_stream(self.device)
            stream = current if beside else capture_stream(self.device)
            kept = [tensor.clone() for tensor in self.changed]
            try:
                stream.wait_stream(current)
                with torch.cuda.stream(stream):
                    for _ in range(WARM_UPS):
                        self.frame(rows, positions)
                current.wait_stream(stream)
                # Only this thread is bound by the capture: another one may be decoding.
                with torch.cuda.graph(graph, self.pool, stream, "thread_local"):
                    self.frame(rows, positions)
            finally:
                torch.cuda.set_stream(current)  # a capture that fails leaves its own behind
                for tensor, value in zip(self.changed, kept, strict=True):
                    tensor.copy_(value)
        return graph


class GraphedCalls:
    """A function of named tensors, captured for shapes when they come again: some never do.

    Args:
        function: Makes named tensors of named tensors; waits for nothing, and no shape in it
            depends on data.
    """

    def __init__(
        self,
        function: Callable[[Mapping[str, Tensor]], dict[str, Tensor]],
        device: torch.device,
    ) -> None:
        self.function = function
        self.numbers: dict[object, int | None] = {}
        self.calls: list[tuple[dict[str, Tensor], dict[str, Tensor]]] = []
        calls = self.calls  # and not `self`: a cycle would keep the graphs

        def run(number: int, nothing: int) -> None:
            places, made = calls[number]
            made.update(function(places))

        self.runner = GraphRunner(run, (), device)

    def __call__(self, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The function's result, which is the caller's own."""
        key = tuple((name, tensor.shape) for name, tensor in given.items())
        if key not in self.numbers or not GraphRunner.works:
            self.numbers.setdefault(key, None)
            return self.function(given)
        number = self.numbers[key]
        if number is None:
            number = self.numbers[key] = len(self.calls)
            self.calls.append(({n: torch.empty_like(t) for n, t in given.items()}, {}))
        places, made = self.calls[number]
        for name, place in places.items():
            place.copy_(given[name])
        self.runner(number, 0)
        return {name: tensor.clone() for name, tensor in made.items()}
