"""Speech on an NVIDIA GPU, start to end: long texts, held graphs, decoding beside, memory."""

import numpy as np
import pytest
import torch

from engine import Engine, SpeechOptions
from engine.generation.decoding import GraphedDecoder
from engine.generation.static import StaticStep
from engine.generation.waveform import Decode, Waveform, decode_together
from engine.hub import resolve
from engine.pipeline import SpeechRequest
from engine.rendering import Line

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU"),
]

DEVICE = "cuda"
LONG = " ".join(
    f"This is sentence number {number} of a text that goes on for some time."
    for number in range(60)
)


@pytest.fixture(scope="module")
def nano() -> Engine:
    return Engine.from_folder(resolve("nano"), DEVICE)


@pytest.fixture(scope="module")
def exact() -> Engine:
    return Engine.from_folder(resolve("nano"), DEVICE, dtype="float32")


def spoken(engine: Engine, text: str, options: SpeechOptions) -> dict[int, np.ndarray]:
    """Codes of each chunk."""
    pieces: dict[int, list[np.ndarray]] = {}
    for piece in engine.stream(text, None, options):
        assert np.isfinite(piece.samples).all()
        pieces.setdefault(piece.index, []).append(piece.codes)
    return {index: np.concatenate(codes, axis=1) for index, codes in pieces.items()}


@pytest.mark.parametrize("context", ["none", "chunks"])
def test_a_long_text_is_spoken_whole_and_the_same_again(nano: Engine, context: str) -> None:
    options = SpeechOptions(rows=16, context=context)
    first = spoken(nano, LONG, options)
    assert len(first) == len(nano.plan(LONG, options))
    lengths = [codes.shape[1] / nano.frame_rate for codes in first.values()]
    per_letter = sum(lengths) / len(LONG)
    assert 0.03 < per_letter < 0.15
    again = spoken(nano, LONG, options)
    assert all(np.array_equal(first[index], codes) for index, codes in again.items())


def test_lines_come_in_any_order_and_all_of_them(nano: Engine) -> None:
    sentences = LONG.split(". ")
    chains = [[Line(str(number), text)] for number, text in enumerate(sentences)]
    takes = list(nano.render(chains, {"": None}, SpeechOptions(rows=0)))
    assert sorted(int(take.line.name) for take in takes) == list(range(len(sentences)))


def test_a_short_text_is_as_on_the_cpu(exact: Engine) -> None:
    """The first frames: further on a rounding may turn a code, and all that follows."""
    cpu = Engine.from_folder(resolve("nano"), "cpu", dtype="float32")
    options = SpeechOptions(rows=2)
    made, expected = (spoken(engine, "Yes, of course.", options) for engine in (exact, cpu))
    assert np.array_equal(made[0][:, :8], expected[0][:, :8])


def test_pieces_decoded_beside_the_frames_are_what_one_call_gives(exact: Engine) -> None:
    options = SpeechOptions(rows=2)
    speaker = exact._speaker({"": exact.rows()}, options)
    pieces = list(SpeechRequest(speaker, exact.plan(LONG[:200], options)).stream())
    for index in {piece.index for piece in pieces}:
        mine = [piece for piece in pieces if piece.index == index]
        whole = exact.decode(np.concatenate([piece.codes for piece in mine], axis=1))
        wave = np.concatenate([piece.samples for piece in mine])
        np.testing.assert_allclose(wave, whole, atol=1e-3, rtol=0)


def test_the_step_is_held_for_the_next_request(nano: Engine) -> None:
    options = SpeechOptions(rows=2)
    nano.speak("One sentence, and no more.", options=options)
    held = nano._workspace.idle
    assert isinstance(held, StaticStep)
    assert held.graphs is not None
    graphs = len(held.graphs.graphs)
    assert graphs > 0
    nano.speak("One sentence, and no more.", options=options)
    assert nano._workspace.idle is held
    assert len(held.graphs.graphs) == graphs


def test_two_streams_in_turn_have_a_step_each(nano: Engine) -> None:
    options = SpeechOptions(rows=1)
    alone = nano.speak(LONG[:150], options=options)
    one, other = (nano.stream(LONG[:150], None, options) for _ in range(2))
    pieces = [pair for pair in zip(one, other, strict=True)]
    for number in range(2):
        wave = np.concatenate([pair[number].samples for pair in pieces])
        assert np.array_equal(wave, alone)


def test_memory_is_the_cache_and_little_more_and_does_not_grow(
    nano: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    nano._workspace.idle = None
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    options = SpeechOptions(rows=8)
    nano.speak(LONG, options=options)
    held = nano._workspace.idle
    assert held is not None
    assert held.rows == 8
    assert torch.cuda.max_memory_allocated() - before < held.cache.size + (128 << 20)
    for _ in range(2):  # pieces of sound are captured when their shapes come again
        nano.speak(LONG, options=options)
    after = torch.cuda.memory_allocated()
    for _ in range(3):
        nano.speak(LONG, options=options)
    assert torch.cuda.memory_allocated() <= after + (1 << 20)


def test_a_stream_closed_early_gives_its_step_back(nano: Engine) -> None:
    nano._workspace.idle = None
    stream = nano.stream(LONG, None, SpeechOptions(rows=4))
    next(stream)
    stream.close()
    assert isinstance(nano._workspace.idle, StaticStep)


@torch.inference_mode()
def test_sound_by_graphs_is_as_without(exact: Engine) -> None:
    """Every length is captured when it comes again; rows are decoded beside each other."""
    codec, decoder = exact._model.audio_tokenizer, GraphedDecoder(exact._model.audio_tokenizer)
    generator = np.random.default_rng(0)
    books = exact._model.model_config.num_codebooks
    rows = [list(generator.integers(2, 22, (90, books))) for _ in range(2)]

    def decoded(decode: Decode | None) -> np.ndarray:
        waveforms = [Waveform(codec) for _ in rows]
        streams = [w.pieces(frames, True) for w, frames in zip(waveforms, rows, strict=True)]
        made = [
            decode_together(list(zip(waveforms, pieces, strict=True)), 2, decode)
            for pieces in zip(*streams, strict=True)
        ]
        return np.concatenate(made, axis=1)

    plain = decoded(None)
    for _ in range(3):
        np.testing.assert_allclose(decoded(decoder), plain, atol=1e-4)
    graphs = decoder.graphs
    assert len(graphs.runner.graphs) == len(graphs.calls) > 2
