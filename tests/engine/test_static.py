"""The frame of a GPU, on the CPU: equal to the other one, lagging or not, and fit for a graph."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from engine import Engine, checkpoint
from engine.generation.frame import FrameStep
from engine.generation.static import SHORTEST_SPAN, StaticStep
from engine.generation.workspace import Workspace
from engine.hub import resolve
from engine.models.codec.blocks import StreamState
from engine.models.voxtral import VoxtralModel
from engine.rendering import Line, Take
from engine.speech import SpeechOptions
from tests.frame_steps import end_soon, never_end, walk

TINY = Path(__file__).parents[1] / "golden" / "tiny"
SIZES = {"rows": 4, "positions": 64, "steps": 3, "cfg": 1.2}


@pytest.fixture(scope="module", params=["tiny", "nano"])
def model(request: pytest.FixtureRequest) -> VoxtralModel:
    return checkpoint.load(TINY if request.param == "tiny" else resolve("nano"))


@pytest.fixture
def engine() -> Engine:
    return Engine.from_folder(TINY, "cpu", dtype="float32")


def test_equals_the_step_of_the_cpu_frame_by_frame(model: VoxtralModel) -> None:
    """Rows join, leave, come back, begin anew."""
    expected = walk(FrameStep(model, **SIZES))
    made = walk(StaticStep(model, **SIZES))
    for number, (frame, wanted) in enumerate(zip(made, expected, strict=True)):
        assert frame.keys() == wanted.keys()
        for row, spoken in frame.items():
            assert np.array_equal(spoken.codes, wanted[row].codes), (number, row)
            torch.testing.assert_close(spoken.hidden, wanted[row].hidden, atol=1e-4, rtol=1e-4)


def test_more_positions_than_the_shortest_span(model: VoxtralModel) -> None:
    """What lies beyond the positions that are looked at is not heard; the next span is larger."""
    script = [[0, 8]] * 6
    sizes = SIZES | {"rows": 9, "positions": 2 * SHORTEST_SPAN}
    both = FrameStep(model, **sizes), StaticStep(model, **sizes)
    spans: list[tuple[int, int]] = []
    frame = both[1]._frame
    both[1].run = lambda rows, span: (spans.append((rows, span)), frame(rows, span))
    walks = [walk(step, script, length=SHORTEST_SPAN - 3) for step in both]
    assert spans == [(16, SHORTEST_SPAN)] * 3 + [(16, 2 * SHORTEST_SPAN)] * 3
    for expected, made in zip(*walks, strict=True):
        for row, spoken in made.items():
            torch.testing.assert_close(spoken.hidden, expected[row].hidden, atol=1e-4, rtol=1e-4)


class NothingThatWaits(TorchDispatchMode):
    """Refuses what cannot be captured: values of the device on the host, constants of the host on
    the device, shapes that depend on data."""

    REFUSED = ("_local_scalar_dense", "lift_fresh", "nonzero", "is_nonzero", "masked_select")

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        assert func.overloadpacket.__name__ not in self.REFUSED, func
        return func(*args, **(kwargs or {}))


@torch.inference_mode()
def test_a_frame_waits_for_nothing_and_makes_nothing_of_host_values(model: VoxtralModel) -> None:
    step = StaticStep(model, **SIZES)
    codec, state = model.audio_tokenizer, StreamState()
    codes = torch.zeros(2, model.model_config.num_codebooks, 5, dtype=torch.long)
    step.run(4, SHORTEST_SPAN)  # a warm-up goes before every capture
    step.run_prompt(32, SHORTEST_SPAN)
    codec.decode(codes, StreamState())
    with NothingThatWaits():
        step.run(4, SHORTEST_SPAN)
        step.run_prompt(32, SHORTEST_SPAN)
        for _ in range(2):
            codec.decode(codes, state)
        with pytest.raises(AssertionError, match="lift_fresh"):
            torch.tensor([1, 2])


@torch.inference_mode()
def test_an_idle_row_stays_as_it_is_even_when_it_is_full(model: VoxtralModel) -> None:
    step = StaticStep(model, **SIZES)
    full = step.cache.positions
    step.cache.keys.normal_()
    step.cache.values.normal_()
    step.cache.lengths[:2] = [full, 9]
    for row in range(4):
        step.place(row)
    keys = step.cache.keys.clone()
    step.feed(3, torch.zeros(step.buffers.noise.shape[1]), forbid_end=True)
    step.launch([3])()
    assert step.lengths.tolist() == [full, 9, 0, 1]
    assert torch.equal(step.cache.keys[:, 1, :, :9], keys[:, 1, :, :9])
    assert torch.equal(step.cache.keys[:, 0, :, : full - 1], keys[:, 0, :, : full - 1])
    assert step.buffers.hidden.isfinite().all()


def lagging(monkeypatch: pytest.MonkeyPatch, lag: int) -> None:
    """Engines on the CPU speak as on a GPU; rows wait for their prompts while others speak."""

    def step(self: Workspace, rows: int, positions: int, steps: int, cfg: float) -> StaticStep:
        made = StaticStep(self.model, rows, positions, steps, cfg, lag=lag)
        frame = made.run

        def run(rows: int, positions: int) -> None:
            assert made.lengths.tolist() == made.cache.lengths  # of rows that wait, too
            frame(rows, positions)

        made.run = run
        return made

    monkeypatch.setattr(StaticStep, "prompts", 1)
    monkeypatch.setattr(Workspace, "step", step)


def longest_of_three(kept: dict[str, list[Take]]) -> Any:
    """A judge who hears every second line three times and keeps the longest take."""

    def judge(take: Take) -> Take | None:
        heard = kept.setdefault(take.line.name, [])
        heard.append(take)
        if int(take.line.name[1:]) % 2 == 0:
            return take
        return max(heard, key=lambda t: t.codes.shape[1]) if len(heard) == 3 else None

    return judge


def rendered(engine: Engine) -> dict[str, np.ndarray]:
    texts = ["One.", "Two and three.", "Four.", "Five, six."]
    chains = [
        [Line(f"{chain}{number}", text) for number, text in enumerate(texts)] for chain in "abcd"
    ]
    options = SpeechOptions(seed=3, rows=4, steps=2)
    takes = engine.render(chains, {"": None}, options, longest_of_three({}))
    return {take.line.name: take.codes for take in takes}


def test_lagging_chains_and_retakes_are_what_they_are_without(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_soon(engine._model)
    expected = rendered(engine)
    assert len({codes.shape[1] for codes in expected.values()}) > 3
    for lag in (0, 1):
        lagging(monkeypatch, lag)
        made = rendered(engine)
        assert made.keys() == expected.keys()
        assert all(np.array_equal(made[name], codes) for name, codes in expected.items()), lag


def test_lagging_runaways_are_what_they_are_without(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    never_end(engine._model)
    options = SpeechOptions(rows=2, steps=1, max_chars=20, context="chunks")

    def spoken() -> list[tuple[int, str, bytes]]:
        pieces = engine.stream("Yes, of course. We met at noon.", None, options)
        return [(piece.index, piece.note, piece.codes.tobytes()) for piece in pieces]

    expected = spoken()
    assert any("twice" in note for _, note, _ in expected)
    lagging(monkeypatch, 1)
    assert spoken() == expected


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Rows and positions of everything that is read into a cache."""
    sizes: list[tuple[int, int]] = []
    extend = VoxtralModel.extend

    def counting(self: VoxtralModel, embeddings: torch.Tensor, *rest: Any) -> torch.Tensor:
        sizes.append((embeddings.shape[0], embeddings.shape[1]))
        return extend(self, embeddings, *rest)

    monkeypatch.setattr(VoxtralModel, "extend", counting)
    return sizes


def test_a_voice_is_read_once_and_that_changes_nothing(
    engine: Engine, counted: list[tuple[int, int]]
) -> None:
    end_soon(engine._model)
    options = SpeechOptions(rows=2, steps=1, max_chars=20)
    text = "Yes, of course. We met at noon, as you know."
    opening = 2 + len(engine.rows())
    first = engine.speak(text, options=options)
    assert counted.count((1, opening)) == 1
    again = engine.speak(text, options=options)
    assert counted.count((1, opening)) == 1
    assert np.array_equal(first, again)
    other = engine.voices[1]
    assert not np.array_equal(engine.speak(text, other, options)[: len(first)], first[:])
    fresh = Engine.from_folder(TINY, "cpu", dtype="float32")
    end_soon(fresh._model)
    fresh.speak(text, other, options)
    assert np.array_equal(fresh.speak(text, options=options), first)


@torch.inference_mode()
def test_prompts_are_read_as_by_the_step_of_the_cpu(
    model: VoxtralModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filled up to a graph's size, in pieces, behind what a row holds, in a row that held more."""
    for module in ("frame", "static"):
        monkeypatch.setattr(f"engine.generation.{module}.READ_AT_ONCE", 32)
    both = [kind(model, 4, 200, 3, 1.2) for kind in (FrameStep, StaticStep)]
    dim = model.config.dim
    for row, length in ((0, 3), (1, 70), (2, 32), (1, 1), (3, 33), (0, 40)):
        prompt = torch.randn(length, dim, generator=torch.Generator().manual_seed(length))
        expected, made = (step.read(row, prompt) for step in both)
        torch.testing.assert_close(made, expected, atol=1e-4, rtol=1e-4)
        assert both[0].cache.lengths == both[1].cache.lengths
    for step in both:
        step.cache.reset(1)
    expected, made = (step.read(1, prompt[:5]) for step in both)
    torch.testing.assert_close(made, expected, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_a_prompt_at_the_end_of_a_row_is_not_written_over(model: VoxtralModel) -> None:
    """What fills it up has no place of its own there."""
    both = [kind(model, 1, SHORTEST_SPAN, 3, 1.2) for kind in (FrameStep, StaticStep)]
    generator = torch.Generator().manual_seed(0)
    for length in (SHORTEST_SPAN - 5, 3, 1):
        prompt = torch.randn(length, model.config.dim, generator=generator)
        expected, made = (step.read(0, prompt) for step in both)
        torch.testing.assert_close(made, expected, atol=1e-4, rtol=1e-4)


def test_rows_fill_before_the_next_frame(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    end_soon(engine._model)
    options = SpeechOptions(rows=3, steps=2, max_chars=20)
    text = "Yes, of course. We met at noon, as you know. And then?"
    expected = engine.speak(text, options=options)
    lagging(monkeypatch, 1)
    launched: list[list[int]] = []
    launch = StaticStep.launch
    monkeypatch.setattr(StaticStep, "prompts", 8)
    monkeypatch.setattr(
        StaticStep, "launch", lambda self, rows: launched.append(rows) or launch(self, rows)
    )
    np.testing.assert_allclose(engine.speak(text, options=options), expected, atol=1e-4)
    assert launched[0] == [0, 1, 2]


def test_long_prompts_are_read_in_pieces(
    engine: Engine, counted: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.generation.frame.READ_AT_ONCE", 8)
    end_soon(engine._model)
    engine.speak("Yes, of course.", options=SpeechOptions(steps=1))
    assert max(length for _, length in counted) == 8
