"""The frame on an NVIDIA GPU: graphs = eager, in company = alone, bfloat16 near float32."""

import itertools
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
import torch

from engine import checkpoint
from engine.generation.frame import FrameStep
from engine.generation.graphs import bucket
from engine.generation.static import SHORTEST_SPAN, StaticStep
from engine.hub import resolve
from engine.models.layers import fuse
from engine.models.voxtral import VoxtralModel
from tests.frame_steps import SCRIPT, Spoken, never_end, walk

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU"),
]

DEVICE = "cuda"
FOLDERS = {"tiny": Path(__file__).parents[1] / "golden" / "tiny", "nano": resolve("nano")}
SIZES: dict[str, Any] = {"rows": 4, "positions": 64, "steps": 8, "cfg": 1.2}


def load(name: str, dtype: torch.dtype, device: str = DEVICE) -> VoxtralModel:
    """On the GPU as `engine.loading` lays it out."""
    model = checkpoint.load(FOLDERS[name], device, dtype)
    never_end(model)
    if device == DEVICE:
        fuse(model)
    return model


@pytest.fixture(params=["tiny", "nano"])
def model(request: pytest.FixtureRequest) -> VoxtralModel:
    return load(request.param, torch.float32)


def assert_same(
    made: list[dict[int, Spoken]], expected: list[dict[int, Spoken]], tolerance: float
) -> None:
    for number, (frame, wanted) in enumerate(zip(made, expected, strict=True)):
        assert frame.keys() == wanted.keys()
        for row, spoken in frame.items():
            assert np.array_equal(spoken.codes, wanted[row].codes), (number, row)
            torch.testing.assert_close(
                spoken.hidden, wanted[row].hidden, atol=tolerance, rtol=tolerance
            )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 8, 16, 32, 64, 128])
def test_a_graph_is_its_frame_for_every_bucket_of_rows(rows: int, dtype: torch.dtype) -> None:
    model = load("nano", dtype)
    everyone = list(range(rows))
    script = [everyone, everyone, [rows - 1], everyone]
    sizes = SIZES | {"rows": rows}
    graphed = StaticStep(model, **sizes)
    made = walk(graphed, script)
    assert graphed.graphs is not None
    assert list(graphed.graphs.graphs) == [(bucket(rows, 1), SHORTEST_SPAN)]
    assert graphed.prompt_graphs is not None
    assert graphed.prompt_graphs.graphs
    assert_same(made, walk(StaticStep(model, **sizes, graphs=False), script), 1e-6)


def test_a_graph_is_its_frame_for_every_span(model: VoxtralModel) -> None:
    script = [[0, 1]] * 8
    for length in (3, SHORTEST_SPAN - 4, 2 * SHORTEST_SPAN - 4, 3 * SHORTEST_SPAN - 4):
        sizes = SIZES | {"positions": 4 * SHORTEST_SPAN}
        steps = [StaticStep(model, **sizes, graphs=graphs) for graphs in (True, False)]
        made, expected = (walk(step, script, length) for step in steps)
        assert_same(made, expected, 1e-6)


def test_graphs_captured_ahead_change_nothing(model: VoxtralModel) -> None:
    ahead, later = (StaticStep(model, **SIZES | {"positions": 500}) for _ in range(2))
    ahead.warm_up()
    assert ahead.graphs is not None
    assert list(ahead.graphs.graphs) == [
        (rows, span) for rows in (4, 2, 1) for span in (2 * SHORTEST_SPAN, SHORTEST_SPAN)
    ]
    assert_same(walk(ahead), walk(later), 1e-6)


def test_rows_that_join_and_leave_are_as_on_the_cpu(model: VoxtralModel) -> None:
    name = "nano" if model.config.n_layers > 2 else "tiny"
    expected = walk(FrameStep(load(name, torch.float32, "cpu"), **SIZES))
    for graphs in (False, True):
        assert_same(walk(StaticStep(model, **SIZES, graphs=graphs)), expected, 1e-3)


def test_a_row_alone_is_as_in_company(model: VoxtralModel) -> None:
    together = walk(StaticStep(model, **SIZES))
    for row in range(4):
        alone = walk(StaticStep(model, **SIZES), [[row] if row in rows else [] for rows in SCRIPT])
        mine = [{r: spoken for r, spoken in frame.items() if r == row} for frame in together]
        assert_same(alone, mine, 1e-3)


@pytest.mark.parametrize("name", ["tiny", "nano"])
def test_bfloat16_is_near_float32_on_the_same_codes(name: str) -> None:
    exact = walk(StaticStep(load(name, torch.float32), **SIZES))
    rough = walk(StaticStep(load(name, torch.bfloat16), **SIZES), forced=exact)
    for frame, wanted in zip(rough, exact, strict=True):
        for row, spoken in frame.items():
            error = (spoken.hidden - wanted[row].hidden).norm() / wanted[row].hidden.norm()
            assert error < 0.05, (row, error)
    codes = [
        np.stack([spoken.codes for frame in frames for spoken in frame.values()])
        for frames in (rough, exact)
    ]
    assert np.abs(codes[0] - codes[1])[:, 1:].mean() < 0.5  # of 21 levels
    assert (codes[0] == codes[1])[:, 0].mean() > 0.7


@pytest.mark.filterwarnings("ignore:Synchronization debug mode:UserWarning")
@torch.inference_mode()
def test_a_frame_is_started_without_waiting_for_the_device(model: VoxtralModel) -> None:
    step = StaticStep(model, **SIZES)
    walk(step)  # captures
    noise = torch.zeros(step.buffers.noise.shape[1])
    try:
        torch.cuda.set_sync_debug_mode("error")
        for _ in range(2):
            for row in range(4):
                step.feed(row, noise, forbid_end=False)
            codes = step.launch([0, 1, 2, 3])
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(codes()) == 4


def test_a_capture_does_not_mind_that_another_thread_allocates(model: VoxtralModel) -> None:
    """As the one that decodes."""
    done = Event()

    def allocate() -> None:
        with torch.cuda.stream(torch.cuda.Stream()):
            for size in itertools.cycle(range(1, 64)):
                torch.empty(size << 16, device=DEVICE)
                if done.is_set():
                    return

    step = StaticStep(model, **SIZES)
    with ThreadPoolExecutor(1) as thread:
        working = thread.submit(allocate)
        try:
            walk(step)
        finally:
            done.set()
        working.result()
    assert step.graphs is not None
    assert step.graphs.works
    assert step.graphs.graphs


def test_a_frame_that_cannot_be_captured_is_spoken_all_the_same() -> None:
    """In a process of its own: a capture that failed may spoil later ones."""
    code = "from tests.gpu.test_frames_gpu import speak_uncaptured; speak_uncaptured()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("No CUDA graphs") == 1


@torch.inference_mode()
def speak_uncaptured() -> None:
    model = load("tiny", torch.float32)
    expected = walk(StaticStep(model, **SIZES, graphs=False))
    frame = StaticStep._frame

    def waits(self: StaticStep, rows: int, positions: int) -> None:
        frame(self, rows, positions)
        self.lengths.sum().item()

    StaticStep._frame = waits  # type: ignore[method-assign]
    for _ in range(2):  # the second does not try again
        assert_same(walk(StaticStep(model, **SIZES)), expected, 1e-6)
