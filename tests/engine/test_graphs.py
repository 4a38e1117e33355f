"""Graphs without a GPU: sizes, when they are captured, what a capture leaves as it was, failure.

`FakeCuda` stands for the device: a capture runs nothing, a replay runs what was captured.
"""

import gc
import re
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from engine import checkpoint
from engine.generation.decoding import CodecThread, GraphedDecoder, usable
from engine.generation.graphs import (
    WARM_UPS,
    GraphRunner,
    bucket,
    buckets,
    capture_stream,
)
from engine.generation.static import SHORTEST_SPAN, StaticStep
from engine.generation.waveform import Waveform
from engine.generation.workspace import Workspace
from engine.models.codec.blocks import StreamState
from engine.models.voxtral import VoxtralModel
from tests.frame_steps import walk

TINY = Path(__file__).parents[1] / "golden" / "tiny"


class FakeCuda:
    """What of torch.cuda a runner uses, and the calls in their order."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.capturing: FakeGraph | None = None

    def device(self, device: torch.device) -> Any:
        return nullcontext()

    def Stream(self, device: torch.device) -> "FakeCuda":
        return self

    def current_stream(self) -> "FakeCuda":
        return self

    def default_stream(self, device: torch.device) -> "FakeCuda":
        return self

    def set_stream(self, stream: "FakeCuda") -> None:
        self.calls.append("back")

    def graph_pool_handle(self) -> str:
        self.calls.append("pool")
        return "pool"

    def wait_stream(self, other: "FakeCuda") -> None:
        self.calls.append("wait")

    @contextmanager
    def stream(self, stream: "FakeCuda") -> Iterator[None]:
        self.calls.append("side")
        yield
        self.calls.append("main")

    def CUDAGraph(self) -> "FakeGraph":
        return FakeGraph()

    @contextmanager
    def graph(self, graph: "FakeGraph", pool: str, stream: "FakeCuda", mode: str) -> Iterator[None]:
        assert pool == "pool"
        assert mode == "thread_local"  # a thread that decodes may allocate meanwhile
        self.calls.append("capture")
        self.capturing = graph
        try:
            yield
        finally:
            self.capturing = None

    def framed(self, frame: Callable[[int, int], None]) -> Callable[[int, int], None]:
        """The frame, which does nothing while it is captured."""

        def run(rows: int, positions: int) -> None:
            if self.capturing is not None:
                self.capturing.replay = lambda: frame(rows, positions)
                return
            self.calls.append(f"frame {rows}")
            frame(rows, positions)

        return run


class FakeGraph:
    replay: Callable[[], None]


@pytest.fixture
def model() -> VoxtralModel:
    return checkpoint.load(TINY)


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCuda]:
    fake = FakeCuda()
    names = ("device", "Stream", "stream", "current_stream", "default_stream", "set_stream")
    for name in (*names, "graph_pool_handle", "CUDAGraph", "graph"):
        monkeypatch.setattr(torch.cuda, name, getattr(fake, name))
    monkeypatch.setattr(GraphRunner, "works", True)
    capture_stream.cache_clear()
    yield fake
    capture_stream.cache_clear()


def test_a_capture_that_breaks_off_leaves_state_and_stream_as_they_were(
    model: VoxtralModel, cuda: FakeCuda, caplog: pytest.LogCaptureFixture
) -> None:
    step = graphed(model, cuda)
    assert step.graphs is not None
    frame = step.graphs.frame

    def breaks(rows: int, positions: int) -> None:
        if cuda.capturing is not None:
            raise RuntimeError("not permitted")
        frame(rows, positions)

    step.graphs.frame = breaks
    made = walk(step)
    assert "not permitted" in caplog.text
    expected = walk(StaticStep(model, rows=4, positions=64, steps=3, cfg=1.2))
    for got, wanted in zip(made, expected, strict=True):
        assert all(torch.equal(spoken.hidden, wanted[row].hidden) for row, spoken in got.items())
    assert cuda.calls.count("back") == 1


def graphed(model: VoxtralModel, cuda: FakeCuda, **sizes: Any) -> StaticStep:
    step = StaticStep(model, **{"rows": 4, "positions": 64, "steps": 3, "cfg": 1.2} | sizes)
    changed = (step.buffers.hidden, step.lengths)
    step.graphs = GraphRunner(cuda.framed(step._frame), changed, torch.device("cpu"))
    step.run = step.graphs
    return step


def test_captures_between_frames_change_nothing(model: VoxtralModel, cuda: FakeCuda) -> None:
    expected = walk(StaticStep(model, rows=4, positions=64, steps=3, cfg=1.2))
    step = graphed(model, cuda)
    for made, wanted in zip(walk(step), expected, strict=True):
        for row, spoken in made.items():
            assert np.array_equal(spoken.codes, wanted[row].codes)
            assert torch.equal(spoken.hidden, wanted[row].hidden)
    assert step.graphs is not None
    assert list(step.graphs.graphs) == [(1, 256), (2, 256), (4, 256)]
    warm_up = ["wait", "side", *["frame 1"] * WARM_UPS, "main", "wait", "capture", "back"]
    assert cuda.calls[: len(warm_up) + 1] == ["pool", *warm_up]
    assert cuda.calls.count("pool") == 1


def test_graphs_are_captured_ahead_largest_first(model: VoxtralModel, cuda: FakeCuda) -> None:
    step = graphed(model, cuda, rows=3, positions=2 * SHORTEST_SPAN)
    step.warm_up()
    assert step.graphs is not None
    sizes = [(rows, span) for rows in (4, 2, 1) for span in (2 * SHORTEST_SPAN, SHORTEST_SPAN)]
    assert list(step.graphs.graphs) == sizes
    assert not step.lengths.any()
    captured = cuda.calls.count("capture")
    walk(step, [[0, 1, 2]])
    assert cuda.calls.count("capture") == captured


def test_buckets() -> None:
    assert buckets(1, 1) == [1]
    assert buckets(1, 8) == [1, 2, 4, 8]
    assert buckets(256, 1024) == [256, 512, 1024]
    assert [bucket(size, 1) for size in (1, 2, 3, 8, 9, 12, 65)] == [1, 2, 4, 8, 16, 16, 128]
    assert [bucket(size, 256) for size in (1, 256, 257, 1025)] == [256, 256, 512, 2048]


def test_a_capture_that_fails_says_so_in_one_line_and_speaks_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[tuple[int, int]] = []

    def fails(self: GraphRunner, rows: int, positions: int) -> None:
        raise RuntimeError("operation not permitted when stream is capturing\nCompile with ...")

    monkeypatch.setattr(GraphRunner, "_captured", fails)
    monkeypatch.setattr(GraphRunner, "works", True)
    runner = GraphRunner(lambda *sizes: ran.append(sizes), [], torch.device("cpu"))
    for rows in (4, 2, 4):
        runner(rows, 256)
    (line,) = caplog.messages
    assert re.fullmatch(
        "No CUDA graphs, .*: operation not permitted when stream is capturing", line
    )
    assert ran == [(4, 256), (2, 256), (4, 256)]


def test_after_a_capture_that_failed_no_thread_captures_nor_replays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not even one that was waiting for its turn; what failed may have spoilt the others."""
    ran: list[str] = []
    runners = {
        name: GraphRunner(lambda *sizes, name=name: ran.append(name), [], torch.device("cpu"))
        for name in ("frames", "sound")
    }
    runners["sound"].graphs[2, 256] = cast("Any", SimpleNamespace(replay=lambda: ran.append("no")))
    waiting: list[Thread] = []

    def fails(self: GraphRunner, rows: int, positions: int) -> None:
        ran.append("capture")
        if not waiting:
            waiting.append(Thread(target=runners["sound"], args=(1, 256)))
            waiting[0].start()
            waiting[0].join(0.2)  # it is at the lock
        raise RuntimeError("not permitted")

    monkeypatch.setattr(GraphRunner, "_captured", fails)
    monkeypatch.setattr(GraphRunner, "works", True)
    runners["frames"](1, 256)
    waiting[0].join()
    runners["sound"](2, 256)
    assert sorted(ran) == ["capture", "frames", "sound", "sound"]


@torch.inference_mode()
def test_pieces_of_sound_are_captured_when_they_come_again(
    model: VoxtralModel, cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two streams whose pieces alternate: what a call made is not written over by the next."""
    monkeypatch.setattr("engine.generation.decoding.usable", lambda codes: codes.shape[-1] != 7)
    codec = model.audio_tokenizer
    decoder = GraphedDecoder(codec)
    runner, calls = decoder.graphs.runner, decoder.graphs.calls
    run = runner.frame

    def in_place(number: int, nothing: int) -> None:
        """A replay writes where the capture did."""
        made = dict(calls[number][1])
        run(number, nothing)
        for name, tensor in made.items():
            calls[number][1][name] = tensor.copy_(calls[number][1][name])

    runner.frame = cuda.framed(in_place)
    books, lengths = model.model_config.num_codebooks, (5, 5, 25, 25, 25, 7)
    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(0, 5, (2, 1, books, sum(lengths)), generator=generator)
    streams = [StreamState() for _ in codes], [StreamState() for _ in codes]
    kept, wanted = [], []
    for pieces in codes.split(lengths, dim=-1):
        for number, stream in enumerate(pieces):
            kept.append(decoder(stream, streams[0][number]))
            wanted.append(codec.decode(stream, streams[1][number]))
    assert cuda.calls.count("capture") == 3  # first of five frames, second of five, of 25
    assert cuda.calls.count("pool") == 1
    for made, expected in zip(kept, wanted, strict=True):
        assert torch.equal(made, expected)


def test_sound_that_cannot_be_captured_is_decoded_as_it_is(
    model: VoxtralModel, cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.generation.decoding.usable", lambda codes: True)
    decoder = GraphedDecoder(model.audio_tokenizer)
    run = decoder.graphs.runner.frame

    def breaks(number: int, nothing: int) -> None:
        if cuda.capturing is not None:
            raise RuntimeError("not permitted")
        run(number, nothing)

    decoder.graphs.runner.frame = breaks
    codes = torch.full((1, model.model_config.num_codebooks, 5), 3)
    made = [decoder(codes, StreamState()) for _ in range(3)]
    assert not GraphRunner.works
    assert all(torch.equal(m, model.audio_tokenizer.decode(codes)) for m in made)


@pytest.mark.parametrize(("length", "pays"), [(1, True), (5, True), (6, False), (25, True)])
def test_which_pieces_are_captured(length: int, pays: bool) -> None:
    assert not usable(torch.zeros(1, 37, length))
    on_gpu = SimpleNamespace(is_cuda=True, shape=(1, 37, length))
    assert usable(cast("torch.Tensor", on_gpu)) == pays


def test_sound_is_captured_ahead(
    model: VoxtralModel, cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.generation.decoding.usable", lambda codes: True)
    thread = CodecThread(model.audio_tokenizer, graphs=True)
    assert isinstance(thread.decode, GraphedDecoder)
    runner = thread.decode.graphs.runner
    runner.frame = cuda.framed(runner.frame)
    thread.warm_up(2)
    captured = len(runner.graphs)
    assert captured == len(thread.decode.graphs.numbers) > 4
    frames = [np.full(model.model_config.num_codebooks, 4)] * 200
    for together in (1, 2):
        waveform = Waveform(model.audio_tokenizer)
        for piece in waveform.pieces(frames, ended=True):
            thread.submit(waveform, piece, len, together).result()
    assert len(runner.graphs) == captured


def test_prompts_are_captured_too(model: VoxtralModel, cuda: FakeCuda) -> None:
    expected = walk(StaticStep(model, rows=4, positions=64, steps=3, cfg=1.2))
    step = StaticStep(model, rows=4, positions=64, steps=3, cfg=1.2)
    runner = GraphRunner(cuda.framed(step._prompt), (), torch.device("cpu"))
    step.run_prompt = step.prompt_graphs = runner
    for made, wanted in zip(walk(step), expected, strict=True):
        for row, spoken in made.items():
            assert torch.equal(spoken.hidden, wanted[row].hidden)
    assert list(runner.graphs) == [(32, 256)]
    step.warm_up()
    assert list(runner.graphs) == [(32, 256), (256, 256), (128, 256), (64, 256)]


def test_a_step_that_is_released_is_gone_at_once(model: VoxtralModel) -> None:
    """Its cache is as large as the one that comes in its place."""
    step = StaticStep(model, rows=2, positions=64, steps=3, cfg=1.2)
    gone = weakref.ref(step.cache)
    gc.disable()
    try:
        step.release()
        del step
        assert gone() is None
    finally:
        gc.enable()


def test_the_step_that_waits_goes_with_its_engine(model: VoxtralModel) -> None:
    workspace = Workspace(model)
    workspace.give_back(StaticStep(model, rows=2, positions=64, steps=3, cfg=1.2))
    assert workspace.idle is not None
    gone = weakref.ref(workspace.idle.cache)
    gc.disable()
    try:
        del workspace
        assert gone() is None
    finally:
        gc.enable()
