"""What a frame is compared with: the memory's bandwidth, a plain loop, and one with two graphs.

Both loops speak a frame at a length in the middle of the text, over and over: flow head, codes to
the host (which looks for END), backbone. Eager, every kernel is started by Python; with graphs,
the flow head and the backbone are one call each. Nothing else is overlapped or batched. The layers
are the engine's, with its own kernels where these are asked for.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.synthetic import Synthetic, synchronize
from engine.generation.graphs import bucket
from engine.generation.static import SHORTEST_SPAN
from engine.models.cache import KVCache

GIB = 2**30


def bandwidth(device: str, runs: int = 9) -> float:
    """Bytes a second that a large copy reads and writes: the median of some."""
    size = 2 * GIB if device.startswith("cuda") else GIB // 8
    source = torch.ones(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    seconds = []
    for _ in range(runs):
        synchronize(device)
        begin = time.perf_counter()
        target.copy_(source)
        synchronize(device)
        seconds.append(time.perf_counter() - begin)
    return 2 * size / sorted(seconds)[runs // 2]


class Loop:
    """A frame of so many rows, each of so many positions.

    Args:
        graphs: Whether flow head and backbone are captured (on a GPU).
    """

    def __init__(
        self, synthetic: Synthetic, rows: int, steps: int, positions: int, graphs: bool
    ) -> None:
        self.model = model = synthetic.model
        self.steps, self.positions = steps, positions
        weight, config = model.norm.weight, model.model_config
        self.device = str(weight.device)
        self.hidden = torch.randn_like(weight.new_empty(rows, config.backbone.dim))
        self.noise = torch.randn_like(weight.new_empty(rows, config.codec.acoustic_dim))
        self.cfg = torch.full((rows,), 1.2, device=weight.device)
        self.forbid_end = torch.ones(rows, dtype=torch.bool, device=weight.device)
        self.times = model.acoustic_transformer.projected_times(steps)
        self.codes = torch.zeros(rows, config.num_codebooks, dtype=torch.long, device=weight.device)
        self.lengths = torch.full((rows,), positions, device=weight.device)
        self.span = bucket(positions + 1, SHORTEST_SPAN)  # as the engine's
        self.cache = KVCache.allocate(model.config, rows, self.span, weight)
        self.cache.keys.zero_()
        self.cache.values.zero_()
        graphs = graphs and weight.is_cuda
        self.head, self.backbone = self._head, self._backbone
        if graphs:
            with torch.cuda.device(weight.device):
                self.head, self.backbone = captured(self._head), captured(self._backbone)

    def seconds(self, frames: int) -> list[float]:
        """That each of so many frames took, after two that were not counted."""
        took = []
        for _ in range(2 + frames):
            begin = time.perf_counter()
            self.head()
            self.codes.cpu()
            self.backbone()
            took.append(time.perf_counter() - begin)
        synchronize(self.device)
        return took[2:]

    def _head(self) -> None:
        head = self.model.acoustic_transformer
        codes = head(self.hidden, self.noise, self.cfg, self.steps, self.forbid_end, self.times)
        self.codes.copy_(codes)

    def _backbone(self) -> None:
        embed = self.model.mm_audio_embeddings.audio_codebook_embeddings
        self.hidden.copy_(self._extend(embed(self.codes).unsqueeze(1)).squeeze(1))

    def _extend(self, inputs: Tensor) -> Tensor:
        """The backbone after `positions`: [rows, 1, dim] -> the same."""
        layers = self.cache.span(self.lengths, self.span)
        return self.model.step(inputs, layers, self.lengths.unsqueeze(-1))


def captured(work: Callable[[], None]) -> Callable[[], None]:
    """A CUDA graph of some work, after a run on a stream of its own."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay
