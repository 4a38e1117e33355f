"""The loop over frames: golden runs, independence of chunks, ends, runaways, noise."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from engine import checkpoint
from engine.config import END_AUDIO
from engine.errors import DeviceError
from engine.generation import decoding
from engine.generation.loop import FrameLoop, NoiseSource, seeded_noise
from engine.generation.scheduler import Scheduler
from engine.generation.sequence import Bounds, Sequence
from engine.generation.waveform import Waveform
from engine.generation.workspace import Workspace
from engine.models.voxtral import VoxtralModel
from engine.pipeline import Speaker, SpeechRequest
from engine.prompt import Prompt
from engine.speech import SpeechOptions
from engine.text import Passage
from engine.voice import read_voice

TINY = Path(__file__).parents[1] / "golden" / "tiny"
AUDIO, AUDIO_START = 24, 2
PAUSE = 0.25


@pytest.fixture(scope="module")
def golden() -> dict[str, Tensor]:
    return load_file(TINY / "golden.safetensors")


@pytest.fixture
def model() -> VoxtralModel:
    """A model of one's own, whose weights a test may change."""
    return checkpoint.load(TINY)


def never_ends(model: VoxtralModel) -> None:
    model.acoustic_transformer.semantic_codebook_output.weight[END_AUDIO] = 0


def ends_at_once(model: VoxtralModel) -> None:
    """All logits equal, of which the first that is allowed wins: END."""
    model.acoustic_transformer.semantic_codebook_output.weight[:] = 0


def golden_request(
    model: VoxtralModel, golden: dict[str, Tensor], run: str, copies: int = 1, rows: int = 1
) -> SpeechRequest:
    """A stored run, as it stands or several times side by side."""
    voice = read_voice(TINY, "neutral_female", model.config.dim).float()
    ids = golden[f"e2e.{run}.ids"].tolist()

    def build(text: str, rows: int | None) -> Prompt:
        return Prompt(ids, AUDIO_START, ids.count(AUDIO))

    def noise(sequence: Sequence) -> Iterator[Tensor]:
        return iter(golden[f"e2e.{run}.noise"])

    options = SpeechOptions(steps=7, cfg=1.2, rows=rows)
    passages = [Passage("Golden text, some fifty letters long, as it seems.", PAUSE)] * copies
    return SpeechRequest(Speaker(Workspace(model), {"": voice}, build, options, noise), passages)


def loop_of(request: SpeechRequest, rows: int = 1) -> FrameLoop:
    return request.speaker.loop(Scheduler(request.sequences, rows), request.positions)


@pytest.mark.parametrize(("run", "frames"), [("A", 30), ("B", 12)])
def test_golden_codes(
    model: VoxtralModel, golden: dict[str, Tensor], run: str, frames: int
) -> None:
    request = golden_request(model, golden, run)
    loop, sequence = loop_of(request), request.sequences[0]
    expected = golden[f"e2e.{run}.codes"].numpy()[:frames]
    with torch.inference_mode():
        for number in range(len(golden[f"e2e.{run}.codes"])):
            if number:
                state = golden[f"e2e.{run}.hidden"][number]
                torch.testing.assert_close(loop.buffers.hidden[0], state, atol=1e-4, rtol=0)
            loop.advance()
    assert np.array_equal(np.stack(sequence.frames), expected)
    assert sequence.finished == (run == "B")
    assert not sequence.note


def test_golden_wave_through_the_whole_pipeline(
    model: VoxtralModel, golden: dict[str, Tensor]
) -> None:
    pieces = list(golden_request(model, golden, "B").stream())
    wave = np.concatenate([piece.samples for piece in pieces])
    np.testing.assert_allclose(wave, golden["e2e.B.wave"].numpy(), atol=1e-4, rtol=0)
    assert [piece.last for piece in pieces] == [False] * (len(pieces) - 1) + [True]


def test_golden_codes_side_by_side(model: VoxtralModel, golden: dict[str, Tensor]) -> None:
    request = golden_request(model, golden, "B", copies=5, rows=2)
    pieces = list(request.stream())
    for index in range(5):
        wave = np.concatenate([piece.samples for piece in pieces if piece.index == index])
        np.testing.assert_allclose(wave, golden["e2e.B.wave"].numpy(), atol=1e-4, rtol=0)


def request_for(
    model: VoxtralModel, texts: list[str], rows: int, seed: int = 0, context: str = "none"
) -> SpeechRequest:
    """Chunks whose prompts are made from their letters."""
    voice = read_voice(TINY, "casual_male", model.config.dim).float()

    def build(text: str, rows: int | None) -> Prompt:
        opening = [AUDIO] if rows is None else [1, 25, *[AUDIO] * rows]
        ids = [*opening, 36, *[1000 + ord(c) for c in text], 35, 25]
        return Prompt(ids, AUDIO_START if rows else 0, rows or 1)

    options = SpeechOptions(seed=seed, rows=rows, steps=3, context=context)
    passages = [Passage(text, PAUSE, opens=False) for text in texts]
    return SpeechRequest(Speaker(Workspace(model), {"": voice}, build, options), passages)


TEXTS = ["One.", "A longer chunk.", "Two, three.", "x", "Six."]


def spoken(model: VoxtralModel, rows: int, order: list[int] | None = None) -> dict[int, np.ndarray]:
    """Codes of every chunk, admitted in an order of one's choice."""
    request = request_for(model, TEXTS, rows)
    sequences = list(request.sequences)
    request.sequences = [sequences[index] for index in order or range(len(TEXTS))]
    loop = loop_of(request, rows)
    with torch.inference_mode():
        while not all(sequence.finished for sequence in sequences):
            loop.advance()
    assert not loop.scheduler.speaking()
    return {sequence.index: np.stack(sequence.frames) for sequence in sequences}


def test_a_chunk_is_the_same_for_any_rows_and_order(model: VoxtralModel) -> None:
    alone = spoken(model, rows=1)
    for rows, order in ((2, None), (3, [4, 3, 2, 1, 0]), (4, [2, 0, 1, 4, 3]), (9, None)):
        beside = spoken(model, rows, order)
        for index, codes in alone.items():
            assert np.array_equal(codes, beside[index]), (rows, index)


def test_states_are_the_same_bits_beside_others(model: VoxtralModel) -> None:
    """Codes are rounded; the states that they come from are not."""
    states = []
    for rows in (1, 4):
        request = request_for(model, TEXTS, rows)
        loop = loop_of(request, rows)
        with torch.inference_mode():
            for _ in range(5):
                loop.advance()
        states.append(loop.buffers.hidden[0].clone())
    assert torch.equal(*states)


def test_end_is_forbidden_while_nobody_could_have_said_it(model: VoxtralModel) -> None:
    ends_at_once(model)
    texts = ["I.", "Rain fell on the hill.", "Rain fell on the hill, and on the old stone bridge."]
    pieces = list(request_for(model, texts, rows=2).stream())
    frames = {index: sum(p.frames for p in pieces if p.index == index) for index in range(3)}
    least = [Bounds.of(text, model.model_config.codec.frame_rate).least for text in texts]
    assert frames == dict(enumerate(least))
    assert least[0] == 1 < least[1] < least[2]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_runaway_is_tried_again_then_cut_and_reported(model: VoxtralModel, rows: int) -> None:
    never_ends(model)
    request = request_for(model, TEXTS[:3], rows)
    attempts = counted(request)
    pieces = list(request.stream())
    for sequence in request.sequences:
        mine = [piece for piece in pieces if piece.index == sequence.index]
        assert sum(piece.frames for piece in mine) == sequence.bounds.kept
        assert sequence.was_cut
        assert "twice" in mine[-1].note
        assert not any(piece.note for piece in mine[:-1])
        assert attempts[sequence.index] == [0, 1]


def counted(request: SpeechRequest) -> dict[int, list[int]]:
    """Attempts by chunk, filled while the request runs."""
    attempts: dict[int, list[int]] = {}
    options, codec = request.speaker.options, request.speaker.model.model_config.codec
    source = seeded_noise(options.seed, codec.acoustic_dim)

    def noise(sequence: Sequence) -> Iterator[Tensor]:
        attempts.setdefault(sequence.index, []).append(sequence.attempt)
        return source(sequence)

    request.speaker.noise = noise
    return attempts


@pytest.mark.parametrize("more", [0, 7])
def test_a_second_attempt_keeps_what_was_heard(
    model: VoxtralModel, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    """END is unheard of until the second attempt: all that was streamed before stays, once."""
    request = request_for(model, ["A text of some letters."], rows=1)
    (sequence,) = request.sequences
    head = model.acoustic_transformer
    logits, semantic = head.semantic_logits, head.semantic_codebook_output
    first_attempt: list[np.ndarray] = []
    never = semantic.weight.clone()
    never[END_AUDIO] = 0
    semantic.weight[:] = never

    def retry(self: Sequence) -> None:
        first_attempt.extend(self.frames[: self.bounds.sure])
        plain_retry(self)

    def ends_soon(hidden: Tensor, forbid_end: Tensor) -> Tensor:
        values = logits(hidden, forbid_end)
        if sequence.attempt and len(sequence.frames) == sequence.bounds.sure + more:
            values[:, END_AUDIO] = torch.where(forbid_end, -torch.inf, torch.inf)
        return values

    plain_retry: Callable[[Sequence], None] = Sequence.retry
    monkeypatch.setattr(Sequence, "retry", retry)
    monkeypatch.setattr(head, "semantic_logits", ends_soon)
    heard = 0
    for piece in request.stream():
        assert heard < sequence.bounds.sure or sequence.finished
        heard += piece.frames
        if piece.last:
            assert "spoken again" in piece.note
    assert heard == sequence.bounds.sure + more
    assert len(first_attempt) == sequence.bounds.sure


def test_other_noise_on_the_second_attempt() -> None:
    source = seeded_noise(seed=7, dim=36)
    sequence = Sequence(3, "", Bounds(0, 1, 2))
    first = next(source(sequence))
    assert torch.equal(first, next(source(sequence)))
    sequence.attempt = 1
    assert not torch.equal(first, next(source(sequence)))


def test_noise_differs_by_chunk_seed_and_frame() -> None:
    def draw(source: NoiseSource, index: int) -> tuple[Tensor, Tensor]:
        noise = source(Sequence(index, "", Bounds(0, 1, 2)))
        return next(noise), next(noise)

    seen = [
        values
        for seed in (0, 1, 2**63 - 1)
        for index in (0, 1, 10)
        for values in draw(seeded_noise(seed, 36), index)
    ]
    assert len({tuple(values.tolist()) for values in seen}) == len(seen)
    assert abs(torch.stack(seen).mean()) < 0.2


def test_temperature_scales_the_noise() -> None:
    sequence = Sequence(0, "", Bounds(0, 1, 2))
    full, half, none = (next(seeded_noise(1, 36, t)(sequence)) for t in (1.0, 0.5, 0.0))
    assert torch.equal(half, 0.5 * full)
    assert not none.any()


def test_bounds() -> None:
    assert Bounds.of("x" * 100, 12.5) == Bounds(sure=43, kept=131, limit=331)
    assert Bounds.of("x" * 10000, 12.5) == Bounds(sure=1500, kept=1500, limit=1500)
    for length in (1, 5, 300, 2000):
        bounds = Bounds.of("x" * length, 12.5)
        assert 0 <= bounds.sure <= bounds.kept <= bounds.limit <= 1500
        assert bounds.kept > 0


def test_many_chunks_are_heard_in_order_and_whole(model: VoxtralModel) -> None:
    """More than are decoded ahead; whatever finishes first, each is heard once, in its turn."""
    texts = [f"Text {number}." for number in range(40)]
    pieces = list(request_for(model, texts, rows=24).stream())
    indices = [piece.index for piece in pieces]
    assert indices == sorted(indices)
    assert set(indices) == set(range(40))
    assert [piece.index for piece in pieces if piece.last] == list(range(40))
    alone = list(request_for(model, texts, rows=1).stream())
    heard, wanted = (np.concatenate([p.samples for p in some]) for some in (pieces, alone))
    assert np.array_equal(heard, wanted)


def failing_at(number: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let a decoding fail; returns the list of those that were begun."""
    begun: list[int] = []
    decode = decoding.decode_together

    def counted(pieces: list[tuple[Waveform, list[np.ndarray]]], *rest: Any) -> list[np.ndarray]:
        begun.append(len(begun))
        if begun[-1] == number:
            raise DeviceError("Too little memory.", "Use less.")
        return decode(pieces, *rest)

    monkeypatch.setattr(decoding, "decode_together", counted)
    return begun


def test_an_error_of_the_codec_ends_the_stream(
    model: VoxtralModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_at(5, monkeypatch)
    with pytest.raises(DeviceError, match="Too little memory"):
        list(request_for(model, ["Text one.", "Text two."] * 4, rows=4).stream())


def test_a_stream_that_is_closed_leaves_nothing_to_decode(
    model: VoxtralModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go, decode = list[int](), Event(), decoding.decode_together

    def held(pieces: list[tuple[Waveform, list[np.ndarray]]], *rest: Any) -> list[np.ndarray]:
        begun.append(len(begun))
        assert len(begun) < 2 or go.wait(30)  # after the first, others wait
        return decode(pieces, *rest)

    monkeypatch.setattr(decoding, "decode_together", held)
    request = request_for(model, [f"Text {number}." for number in range(12)], rows=12)
    stream = request.stream()
    next(stream)
    stream.close()
    go.set()
    thread = request.speaker.workspace.codec_thread.pool
    thread.submit(lambda: None).result()  # after whatever was left
    assert len(begun) <= 2
    whole = request_for(model, ["Text 0."], rows=1)
    whole.speaker.workspace = request.speaker.workspace
    assert list(whole.stream())
