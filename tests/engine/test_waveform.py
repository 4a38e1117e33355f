"""Streamed samples equal the one-call decode, for any pieces; the plan of pieces is FORMAT 10's."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, current_thread

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from engine import checkpoint
from engine.config import SPECIAL_CODES
from engine.generation.decoding import CodecThread
from engine.generation.waveform import Waveform, encode_whole
from engine.models.codec.blocks import StreamState
from engine.models.codec.codec import Codec

TINY = Path(__file__).parents[1] / "golden" / "tiny"


@pytest.fixture(scope="module")
def golden() -> dict[str, Tensor]:
    return load_file(TINY / "golden.safetensors")


@pytest.fixture(scope="module")
def codec() -> Codec:
    return checkpoint.load(TINY).audio_tokenizer


def random_codes(codec: Codec, frames: int) -> Tensor:
    """0-based codes [1, codebooks, frames]."""
    generator = torch.Generator().manual_seed(frames)
    config = codec.config
    sizes = [config.semantic_codebook_size] + [config.acoustic_codebook_size] * config.acoustic_dim
    return torch.stack([torch.randint(s, (frames,), generator=generator) for s in sizes])[None]


def piecewise(codec: Codec, codes: Tensor, sizes: list[int]) -> Tensor:
    state = StreamState()
    return torch.cat([codec.decode(piece, state) for piece in codes.split(sizes, -1)], -1)


@pytest.mark.parametrize("frames", [1, 4, 7])
def test_a_waveform_encoded_in_pieces_has_the_codes_of_the_whole(codec: Codec, frames: int) -> None:
    size = codec.config.frame_samples
    for length in (29 * size, 29 * size - 100, 28 * size + 1):
        wave = 0.3 * torch.randn(1, length, generator=torch.Generator().manual_seed(length))
        with torch.no_grad():
            whole = codec.encode(wave)[0].numpy()
            done = iter(range(100))
            pieces = encode_whole(codec, wave, frames, lambda count=done: next(count))
        assert next(done) == -(-length // (frames * size))
        assert pieces.shape == whole.shape
        assert np.mean(pieces != whole) < 1e-3  # a value on the border of two levels


def random_sizes(total: int, longest: int, seed: int, first: int) -> list[int]:
    generator = np.random.default_rng(seed)
    sizes = [first]
    while sum(sizes) < total:
        sizes.append(min(int(generator.integers(1, longest + 1)), total - sum(sizes)))
    return sizes


@pytest.mark.parametrize("sizes", [[40], [1] * 40, [5, 35], [39, 1], [2, 3, 5, 7, 11, 12]])
def test_pieces_equal_the_golden_decode(
    codec: Codec, golden: dict[str, Tensor], sizes: list[int]
) -> None:
    codes = golden["codec.decode.T40.codes"].long()
    with torch.inference_mode():
        wave = piecewise(codec, codes, sizes)
    torch.testing.assert_close(wave, golden["codec.decode.T40.wave"][:, 0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("longest", [3, 25, 150])
def test_no_seam_in_a_long_stream(codec: Codec, longest: int) -> None:
    codes = random_codes(codec, 420)  # 33.6 s: past the reference's seam at 30 s
    sizes = random_sizes(420, longest, seed=longest, first=codec.lead_frames)
    with torch.inference_mode():
        whole, wave = codec.decode(codes), piecewise(codec, codes, sizes)
    torch.testing.assert_close(wave, whole, atol=1e-5, rtol=0)


def streamed(
    codec: Codec, frames: list[np.ndarray], first_ms: float | None = None
) -> list[tuple[int, int, np.ndarray]]:
    """Frames arriving one by one -> (frames there when decoded, first frame, samples)."""
    waveform, pieces = Waveform(codec, first_ms), []
    with torch.inference_mode():
        for there in range(1, len(frames) + 2):
            ended = there > len(frames)
            for piece in waveform.pieces(frames[:there], ended):
                start = waveform.done - len(piece)
                pieces.append((there, start, waveform.decode(piece)))
    return pieces


def test_golden_stream(codec: Codec, golden: dict[str, Tensor]) -> None:
    plan = json.loads((TINY / "golden.json").read_text())["info"]["stream"]["windows"]
    frames = list(golden["stream.codes"].long().numpy()[:-1])  # the last row is END
    pieces = streamed(codec, frames)
    assert [len(samples) for _, _, samples in pieces] == [window["samples"] for window in plan]
    # The reference emits on a frame, we on the next, when it is known that one follows.
    assert [there for there, _, _ in pieces] == [
        min(window["emitted_after_frame"] + 1, 71) for window in plan
    ]
    wave = np.concatenate([samples for _, _, samples in pieces])
    np.testing.assert_allclose(wave, golden["stream.wave"].numpy(), atol=1e-4, rtol=0)
    with torch.inference_mode():
        whole = codec.decode(torch.from_numpy(np.stack(frames, 1))[None] - SPECIAL_CODES)[0]
    np.testing.assert_allclose(wave, whole.numpy(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("count", [1, 4, 5, 6, 25, 26, 50, 51])
def test_every_frame_is_heard_once_whatever_the_length(codec: Codec, count: int) -> None:
    frames = list(random_codes(codec, count)[0].T.numpy() + SPECIAL_CODES)
    pieces = streamed(codec, frames)
    assert sum(len(samples) for _, _, samples in pieces) == count * codec.config.frame_samples
    assert all(len(samples) for _, _, samples in pieces)


def test_pieces_do_not_depend_on_timing(codec: Codec) -> None:
    frames = list(random_codes(codec, 60)[0].T.numpy() + SPECIAL_CODES)
    arriving = [samples for _, _, samples in streamed(codec, frames)]
    waveform = Waveform(codec)
    with torch.inference_mode():
        at_once = [waveform.decode(piece) for piece in waveform.pieces(frames, ended=True)]
    assert len(arriving) == len(at_once)
    assert all(np.array_equal(a, b) for a, b in zip(arriving, at_once, strict=True))


def test_nothing_is_ready_before_the_first_piece(codec: Codec) -> None:
    waveform = Waveform(codec)
    frames = list(random_codes(codec, 9)[0].T.numpy() + SPECIAL_CODES)
    assert list(waveform.pieces(frames[:0], ended=False)) == []
    assert list(waveform.pieces(frames[:5], ended=False)) == []
    assert [len(piece) for piece in waveform.pieces(frames[:6], ended=False)] == [5]
    assert [len(piece) for piece in waveform.pieces(frames, ended=True)] == [4]
    assert list(waveform.pieces(frames, ended=True)) == []


@pytest.mark.parametrize(
    ("first_ms", "starts"),
    [
        (1, [0, 1, 2, 3, 4, 5, 10, 15, 20, 25, 50]),
        (80, [0, 1, 2, 3, 4, 5, 10, 15, 20, 25, 50]),
        (81, [0, 2, 4, 5, 10, 15, 20, 25, 50]),
        (400, [0, 5, 10, 15, 20, 25, 50]),
        (640, [0, 8, 16, 24, 32, 57]),
        (2400, [0, 30, 55]),
    ],
)
def test_the_first_piece_is_as_long_as_asked(
    codec: Codec, first_ms: float, starts: list[int]
) -> None:
    frames = list(random_codes(codec, 60)[0].T.numpy() + SPECIAL_CODES)
    pieces = streamed(codec, frames, first_ms)
    assert [start for _, start, _ in pieces] == starts
    assert pieces[0][0] == starts[1] + 1
    whole = np.concatenate([samples for _, _, samples in streamed(codec, frames)])
    wave = np.concatenate([samples for _, _, samples in pieces])
    np.testing.assert_allclose(wave, whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("kernel", "first"), [(7, 1), (9, 2), (81, 11)])
def test_the_first_piece_is_no_shorter_than_the_padding(
    codec: Codec, kernel: int, first: int
) -> None:
    config = replace(codec.config, patch_kernel=kernel)  # 8 patches a frame
    assert Waveform(Codec(config), 1).first == first


def pieces_of(waveform: Waveform, frames: list[np.ndarray]) -> list[list[np.ndarray]]:
    return list(waveform.pieces(frames, ended=True))


@contextmanager
def held_up(thread: CodecThread) -> Iterator[None]:
    """Nothing is decoded before the end, so that all that is given to it waits."""
    go = Event()
    thread.pool.submit(go.wait)
    yield
    go.set()


def calls_of(codec: Codec, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows of each call of the decoder from now on."""
    calls: list[int] = []
    decode = codec.decode

    def counted(codes: Tensor, state: StreamState | None = None) -> Tensor:
        calls.append(len(codes))
        return decode(codes, state)

    monkeypatch.setattr(codec, "decode", counted)
    return calls


@pytest.mark.parametrize("together", [1, 2, 4])
def test_rows_decoded_together_sound_as_alone(
    codec: Codec, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of other lengths and begun at other times: what fits together is found, each in its order."""
    spoken = [list(random_codes(codec, n)[0].T.numpy() + SPECIAL_CODES) for n in (60, 75, 8, 110)]
    alone = [[samples for _, _, samples in streamed(codec, frames)] for frames in spoken]
    thread, calls = CodecThread(codec), calls_of(codec, monkeypatch)
    waveforms = [Waveform(codec) for _ in spoken]
    with held_up(thread):
        futures = [
            [thread.submit(waveform, piece, lambda s: s, together) for piece in pieces]
            for waveform, pieces in zip(waveforms, map(pieces_of, waveforms, spoken), strict=True)
        ]
    for row, wanted in zip(futures, alone, strict=True):
        for future, samples in zip(row, wanted, strict=True):
            np.testing.assert_allclose(future.result(), samples, atol=1e-5, rtol=0)
    assert set(calls) == {together}
    pieces = sum(map(len, futures))
    assert len(calls) == pieces if together == 1 else pieces / together <= len(calls) < pieces


def test_on_mps_no_thread_is_beside_the_frames(codec: Codec) -> None:
    frames = list(random_codes(codec, 8)[0].T.numpy() + SPECIAL_CODES)
    thread = CodecThread(codec)
    assert thread.beside
    thread.beside = False  # as on MPS
    waveform = Waveform(codec)
    with held_up(thread):
        futures = [
            thread.submit(waveform, piece, lambda samples: (samples, current_thread()), 1)
            for piece in pieces_of(waveform, frames)
        ]
        alone = [samples for _, _, samples in streamed(codec, frames)]
        for future, wanted in zip(futures, alone, strict=True):
            samples, where = future.result(timeout=0)
            np.testing.assert_array_equal(samples, wanted)
            assert where is current_thread()


def test_a_piece_that_was_cancelled_is_not_decoded(codec: Codec) -> None:
    frames = list(random_codes(codec, 30)[0].T.numpy() + SPECIAL_CODES)
    thread = CodecThread(codec)
    waveforms = [Waveform(codec) for _ in range(3)]
    with held_up(thread):
        futures = [thread.submit(w, pieces_of(w, frames)[0], len, 4) for w in waveforms]
        assert futures[0].cancel()
    assert [future.result() for future in futures[1:]] == [5 * codec.config.frame_samples] * 2
    assert waveforms[0].state.pasts == {}


def test_a_piece_whose_job_was_never_begun_holds_nobody_up(
    codec: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt may come between the two."""
    frames = list(random_codes(codec, 30)[0].T.numpy() + SPECIAL_CODES)
    thread = CodecThread(codec)
    one, other = Waveform(codec), Waveform(codec)
    with monkeypatch.context() as patch:
        patch.setattr(thread.pool, "submit", raising(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            thread.submit(one, pieces_of(one, frames)[0], len, 1)
    future = thread.submit(other, pieces_of(other, frames)[0], len, 1)
    assert future.result(timeout=20) == 5 * codec.config.frame_samples


def raising(error: type[BaseException]) -> Callable[..., None]:
    def raise_it(*_: object) -> None:
        raise error

    return raise_it


def test_requests_that_ask_for_other_numbers_of_rows_are_not_mixed(
    codec: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = list(random_codes(codec, 30)[0].T.numpy() + SPECIAL_CODES)
    thread, calls = CodecThread(codec), calls_of(codec, monkeypatch)
    with held_up(thread):
        futures = []
        for together in (8, 1, 8, 1):
            waveform = Waveform(codec)
            piece = pieces_of(waveform, frames)[0]
            futures.append(thread.submit(waveform, piece, len, together))
    assert [future.result() for future in futures] == [5 * codec.config.frame_samples] * 4
    assert sorted(calls) == [1, 1, 8]
