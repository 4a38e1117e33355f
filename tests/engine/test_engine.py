"""The facade, over the tiny checkpoint."""

import json
import math
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import engine as package
from engine import Engine, SpeechOptions, Voice, checkpoint
from engine.errors import CheckpointError, DeviceError, InputError, VoiceError
from engine.generation import loop
from engine.generation.waveform import HEARD
from engine.joins import Edges
from engine.reference import Reference
from engine.rendering import Line

GOLDEN = Path(__file__).parents[1] / "golden"
TEXT = "Hello there. This is it. And now? The last!"
OPTIONS = SpeechOptions(seed=5, max_chars=20, steps=2)


@pytest.fixture(scope="module")
def tiny() -> Engine:
    return Engine.from_folder(GOLDEN / "tiny", device="cpu")


@pytest.fixture(scope="module")
def spoken(tiny: Engine) -> np.ndarray:
    return tiny.speak(TEXT, options=OPTIONS)


def test_public_names() -> None:
    assert package.__all__ == [
        "CheckpointError",
        "DeviceError",
        "DownloadError",
        "Engine",
        "InputError",
        "SpeechChunk",
        "SpeechOptions",
        "Voice",
        "VoiceError",
        "VoxtralError",
    ]
    assert all(hasattr(package, name) for name in package.__all__)
    assert not hasattr(package, "Synthesizer")


def test_errors_options_and_text_import_without_torch() -> None:
    code = (
        "import sys, engine, engine.errors, engine.text\n"
        "engine.SpeechOptions, engine.VoxtralError, dir(engine)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_facts(tiny: Engine) -> None:
    assert tiny.name == "tiny"
    assert tiny.voices == ("neutral_female", "casual_male")
    assert (tiny.sample_rate, tiny.frame_rate, tiny.num_codebooks) == (24000, 12.5, 37)
    assert tiny.can_clone
    assert tiny.device == "cpu"
    assert len(tiny.fingerprint) == 16
    int(tiny.fingerprint, 16)


def test_speak_is_the_joined_stream(tiny: Engine, spoken: np.ndarray) -> None:
    pieces = list(tiny.stream(TEXT, options=OPTIONS))
    assert np.array_equal(np.concatenate([piece.samples for piece in pieces]), spoken)
    assert spoken.dtype == np.float32
    assert spoken.ndim == 1
    assert np.isfinite(spoken).all()
    plan = tiny.plan(TEXT, OPTIONS)
    assert len(plan) > 2
    assert [piece.index for piece in pieces] == sorted(piece.index for piece in pieces)
    assert [piece.text for piece in pieces if piece.last] == [passage.text for passage in plan]
    assert not spoken[0]
    assert not spoken[-1]


def test_chunks_are_cut_to_their_speech_and_get_their_pauses(tiny: Engine) -> None:
    plan = tiny.plan(TEXT, OPTIONS)
    pieces = list(tiny.stream(TEXT, options=OPTIONS))
    for index, passage in enumerate(plan):
        mine = [piece for piece in pieces if piece.index == index]
        edges = Edges(tiny.sample_rate)
        sound = tiny.decode(np.concatenate([piece.codes for piece in mine], axis=1))
        cut = np.concatenate([edges.write(sound), edges.finish()])
        pause = 0.0 if index == len(plan) - 1 else passage.pause
        whole = np.concatenate([cut, np.zeros(round(pause * tiny.sample_rate), np.float32)])
        heard = np.concatenate([piece.samples for piece in mine])
        np.testing.assert_allclose(heard, whole, atol=1e-4, rtol=0)


def test_first_piece_is_short_and_early() -> None:
    engine = Engine.from_folder(GOLDEN / "tiny", device="cpu", dtype="float32")
    engine._model.acoustic_transformer.semantic_codebook_output.weight[1] = 0  # never ends
    stream = engine.stream("A text that is long enough to be streamed, by far.")
    first = next(stream)
    assert (first.frames, first.last) == (5, False)
    stream.close()


@pytest.mark.parametrize("first_chunk_ms", [1, 200, 1000])
def test_the_first_chunk_may_come_sooner_or_later(
    tiny: Engine, spoken: np.ndarray, first_chunk_ms: int
) -> None:
    options = replace(OPTIONS, first_chunk_ms=first_chunk_ms)
    pieces = list(tiny.stream(TEXT, options=options))
    assert pieces[0].last or pieces[0].frames == math.ceil(first_chunk_ms / 80)
    sound = np.concatenate([piece.samples for piece in pieces])
    np.testing.assert_allclose(sound, spoken, atol=1e-4, rtol=0)


@pytest.mark.parametrize("rows", [1, 2, 3, 8])
def test_same_bytes_for_any_rows(tiny: Engine, spoken: np.ndarray, rows: int) -> None:
    options = SpeechOptions(seed=5, max_chars=20, steps=2, rows=rows)
    assert np.array_equal(tiny.speak(TEXT, options=options), spoken)


def test_same_bytes_alone_as_before_others(tiny: Engine, spoken: np.ndarray) -> None:
    first = tiny.plan(TEXT, OPTIONS)[0].text
    alone = tiny.speak(first, options=OPTIONS)
    assert np.array_equal(alone, spoken[: len(alone)])


def test_seed_and_voice_matter(tiny: Engine, spoken: np.ndarray) -> None:
    other = tiny.speak(TEXT, options=SpeechOptions(seed=6, max_chars=20, steps=2))
    assert not np.array_equal(other, spoken)
    male = tiny.speak(TEXT, "casual_male", OPTIONS)
    assert not np.array_equal(male, spoken)
    assert np.array_equal(tiny.speak(TEXT, "Neutral_Female", OPTIONS), spoken)


def test_streams_can_be_read_in_turn(tiny: Engine, spoken: np.ndarray) -> None:
    streams = [tiny.stream(TEXT, options=OPTIONS) for _ in range(2)]
    pieces = list(zip(*streams, strict=True))
    for side in zip(*pieces, strict=True):
        assert np.array_equal(np.concatenate([piece.samples for piece in side]), spoken)


def test_a_stream_closed_early_harms_nothing(tiny: Engine, spoken: np.ndarray) -> None:
    stream = tiny.stream(TEXT, options=OPTIONS)
    assert len(list(islice(stream, 2))) == 2
    stream.close()
    assert list(stream) == []
    assert np.array_equal(tiny.speak(TEXT, options=OPTIONS), spoken)


def test_the_consumer_is_not_in_inference_mode(tiny: Engine) -> None:
    for _ in islice(tiny.stream(TEXT, options=OPTIONS), 2):
        assert not torch.is_inference_mode_enabled()
        assert torch.is_grad_enabled()


def test_text_and_voice_are_checked_before_the_first_piece(tiny: Engine) -> None:
    with pytest.raises(InputError):
        tiny.stream("   ")
    with pytest.raises(VoiceError) as caught:
        tiny.stream("Hello.", "neutral_femal")
    assert "neutral_female" in caught.value.hint
    assert "casual_male" in caught.value.hint
    for name in ("../tekken", ""):
        with pytest.raises(VoiceError):
            tiny.stream("Hello.", name)


def test_what_holds_arrays_can_be_compared_and_hashed(tiny: Engine) -> None:
    """By what it is, not by what is in it."""
    line = Line("0", "Hello.", codes=np.zeros((37, 2), np.int16))
    voice = Voice(np.zeros((37, 2), np.int16), "f", "q", "tiny")
    pieces = list(tiny.stream("Hello.", options=OPTIONS))
    takes = list(tiny.render([[line, Line("1", "And so on.")]], {"": None}, OPTIONS))
    reference = Reference(pieces[0].samples, 24000, 1.0, 1.0, ())
    for one in (voice, pieces[0], line, takes[0], reference):
        assert one in {one}
        assert one == one
        assert one != replace(one)


def test_encode_decode(tiny: Engine) -> None:
    golden = load_file(GOLDEN / "tiny" / "golden.safetensors")
    wave = golden["codec.encode.0.wave"].flatten().numpy()
    codes = tiny.encode(wave, 24000)
    assert codes.dtype == np.int16
    assert np.array_equal(codes, golden["codec.encode.0.codes"].numpy().reshape(codes.shape))
    samples = tiny.decode(codes)
    assert samples.dtype == np.float32
    assert samples.shape == (codes.shape[1] * 1920,)


def test_encode_resamples(tiny: Engine) -> None:
    time = np.arange(44100) / 44100
    codes = tiny.encode(np.sin(2 * np.pi * 220 * time), 44100)
    assert codes.shape == (37, 13)  # 1 s
    assert tiny.encode(np.zeros(10), 8000).shape == (37, 1)


def test_decode_of_any_length_equals_the_golden(tiny: Engine) -> None:
    golden = load_file(GOLDEN / "tiny" / "golden.safetensors")
    codes = golden["codec.decode.T40.codes"][0].numpy()
    expected = golden["codec.decode.T40.wave"].flatten().numpy()
    np.testing.assert_allclose(tiny.decode(codes), expected, atol=1e-4, rtol=0)
    np.testing.assert_allclose(tiny.decode(np.tile(codes, 8))[: len(expected)], expected, atol=1e-5)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.array([0.0, np.nan]),
        np.array([0.0, np.inf]),
        np.zeros((2, 100)),
        np.zeros(100, np.int16),
    ],
)
def test_encode_refuses_unusable_audio(tiny: Engine, samples: np.ndarray) -> None:
    with pytest.raises(InputError):
        tiny.encode(samples, 24000)


@pytest.mark.parametrize("rate", [0, -1, 10, 10**7])
def test_encode_refuses_odd_rates(tiny: Engine, rate: int) -> None:
    with pytest.raises(InputError, match="rate"):
        tiny.encode(np.zeros(1000), rate)


@pytest.mark.parametrize(
    "codes",
    [
        np.zeros((36, 4), np.int16),
        np.zeros((37, 0), np.int16),
        np.zeros(37, np.int16),
        np.zeros((37, 4), np.float32),
        np.full((37, 4), -1, np.int16),
        np.full((37, 4), 21, np.int16),
    ],
)
def test_decode_refuses_foreign_codes(tiny: Engine, codes: np.ndarray) -> None:
    with pytest.raises(InputError):
        tiny.decode(codes)


def test_no_encoder_no_codes() -> None:
    engine = Engine.from_folder(GOLDEN / "tiny-open", device="cpu")
    assert not engine.can_clone
    with pytest.raises(VoiceError, match="encoder"):
        engine.encode(np.zeros(1000), 24000)
    assert len(engine.speak("Hi.", "HI_male", SpeechOptions(steps=1)))


def test_a_missing_voice_file_is_found_on_use(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(GOLDEN / "tiny", folder)
    (folder / "voice_embedding" / "casual_male.pt").unlink()
    engine = Engine.from_folder(folder)
    engine.stream("Hello.", "neutral_female")
    with pytest.raises(CheckpointError, match="casual_male"):
        engine.stream("Hello.", "casual_male")


def test_devices_and_dtypes() -> None:
    for device in ("gpu", "cuda:x", "cpu:1", "cpu:", "cuda:", "cuda:99", ""):
        with pytest.raises(DeviceError):
            Engine.from_folder(GOLDEN / "tiny", device=device)
    with pytest.raises(InputError, match="float16"):
        Engine.from_folder(GOLDEN / "tiny", dtype="float16")
    engine = Engine.from_folder(GOLDEN / "tiny", device="cpu", dtype="bfloat16")
    assert len(engine.speak("Hi.", options=SpeechOptions(steps=1)))


def test_a_voice_whose_name_has_capitals(tmp_path: Path) -> None:
    folder = shutil.copytree(GOLDEN / "tiny", tmp_path / "copy")
    params = json.loads((folder / "params.json").read_text())
    params["multimodal"]["audio_tokenizer_args"]["voice"] = {"Alice": 0}
    (folder / "params.json").write_text(json.dumps(params))
    voices = folder / "voice_embedding"
    (voices / "casual_male.pt").rename(voices / "Alice.pt")
    engine = Engine.from_folder(folder, device="cpu")
    for name in (None, "Alice", "alice"):
        engine.stream("Hello.", name)


def test_more_tokens_than_embeddings(tmp_path: Path) -> None:
    folder = shutil.copytree(GOLDEN / "tiny", tmp_path / "copy")
    tekken = json.loads((folder / "tekken.json").read_text())
    assert len(tekken["vocab"]) > tekken["config"]["default_vocab_size"] - 1000
    tekken["config"]["default_vocab_size"] += 1
    (folder / "tekken.json").write_text(json.dumps(tekken))
    with pytest.raises(CheckpointError, match=r"tekken\.json has \d+ tokens, params\.json \d+"):
        Engine.from_folder(folder, device="cpu")


@pytest.mark.parametrize(
    "failure",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
    ],
)
def test_too_little_memory(
    tiny: Engine, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise failure

    monkeypatch.setattr(loop.FrameLoop, "advance", fail)
    with pytest.raises(DeviceError, match="memory") as speaking:
        tiny.speak("Hello.")
    assert "--rows" in speaking.value.hint
    monkeypatch.setattr("engine.engine.decode_whole", fail)
    with pytest.raises(DeviceError, match="memory") as decoding:
        tiny.decode(np.zeros((tiny.num_codebooks, 2), np.int16))
    assert "shorter" in decoding.value.hint
    monkeypatch.setattr(checkpoint, "load", fail)
    with pytest.raises(DeviceError, match="memory"):
        Engine.from_folder(GOLDEN / "tiny", device="cpu")


def test_other_runtime_errors_stay_what_they_are(
    tiny: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(loop.FrameLoop, "advance", fail)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        tiny.speak("Hello.")


def test_a_folder_that_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        Engine.from_folder(tmp_path)


@pytest.mark.parametrize("change", [{"cfg": 3.0}, {"steps": 3}, {"temperature": 0.2}], ids=str)
def test_how_the_flow_runs_matters(
    tiny: Engine, spoken: np.ndarray, change: dict[str, float]
) -> None:
    other = replace(OPTIONS, **change)  # type: ignore[arg-type]
    assert not np.array_equal(tiny.speak(TEXT, options=other), spoken)


def test_a_text_is_read_as_asked(tiny: Engine) -> None:
    plain = tiny.plan("It is 3 now.", SpeechOptions(normalize=False))
    assert [passage.text for passage in plain] == ["It is 3 now."]
    french = tiny.plan("Il a 3 chats.", SpeechOptions(language="fr"))
    assert [passage.text for passage in french] == ["Il a trois chats."]


@pytest.mark.parametrize(("free", "heads", "rows"), [(1e12, 5, 5), (1e12, 99, 16), (0, 5, 1)])
def test_rows_are_what_memory_and_chains_allow(
    tiny: Engine, monkeypatch: pytest.MonkeyPatch, free: float, heads: int, rows: int
) -> None:
    monkeypatch.setattr("engine.pipeline.free_memory", lambda device: free)
    assert tiny._speaker({}, SpeechOptions(rows=0)).rows(heads, 1000) == rows


def test_a_long_clip_is_heard_in_pieces(tiny: Engine) -> None:
    done: list[int] = []
    tiny.encode(np.zeros((HEARD + 1) * 1920, np.float32), 24000, lambda: done.append(1))
    assert len(done) == 2


@pytest.mark.parametrize("rate", [8000, 48000])
def test_a_second_is_whole_frames_at_any_rate(tiny: Engine, rate: int) -> None:
    assert tiny.clone(np.zeros(rate, np.float32), rate).codes.shape[1] == 12
    assert tiny.clone(np.zeros(rate, np.float32), float(rate)).codes.shape[1] == 12  # type: ignore[arg-type]


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(CheckpointError, match="There is no folder nowhere") as error:
        Engine.from_folder("nowhere", device="cpu")
    assert "resolve" in error.value.hint


def test_parts_of_numbers_that_are_counted() -> None:
    with pytest.raises(InputError, match=r"seed is 1\.5, no whole number"):
        SpeechOptions(seed=1.5)  # type: ignore[arg-type]
    assert SpeechOptions(cfg=1, speed=1).cfg == 1
