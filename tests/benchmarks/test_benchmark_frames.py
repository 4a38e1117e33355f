"""Random weights speak as long as asked; every figure of the table is measured and kept."""

import json
from pathlib import Path

import pytest
import torch

from benchmarks import baselines, frames, hollow
from benchmarks.synthetic import Bytes, Synthetic, random_model
from engine import Engine, SpeechOptions
from engine.config import parse_config, read_params
from engine.errors import DeviceError, InputError
from engine.models.voxtral import VoxtralModel
from evaluation import report

GOLDEN = Path(__file__).parents[1] / "golden"
PARAMS = GOLDEN / "tiny" / "params.json"


@pytest.fixture(scope="module")
def tiny() -> Synthetic:
    return Synthetic.of(PARAMS, "cpu")


@pytest.mark.parametrize("rows", [1, 3])
def test_a_request_has_the_frames_asked_for(tiny: Synthetic, rows: int) -> None:
    run = tiny.speak(SpeechOptions(rows=rows, steps=1), tiny.voice(), 12)
    assert run.samples == rows * 12 * 1920
    assert len(run.frames) == 12 - rows - 1
    assert all(0 < took < run.seconds for took in run.frames)
    assert 0 < run.first < run.seconds


def test_all_is_published_and_a_failure_spoils_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(self: Synthetic, options: SpeechOptions, voice: torch.Tensor) -> float:
        raise DeviceError("Too small.", "Use another.")

    monkeypatch.setattr(Synthetic, "first_audio", broken)
    asked = ["--rows", "1", "2", "--steps", "2", "1", "--seconds", "0.4", "--runs", "1"]
    parts = ["--only", "frames", "first", "baselines"]
    place = ["--device", "cpu", "--params", str(PARAMS), "--results", str(tmp_path)]
    frames.measure(frames.arguments_of([*asked, *parts, *place]))
    record = json.loads(next(tmp_path.glob("frames-random-tiny-*-cpu.part")).read_text())
    out = capsys.readouterr().out
    assert out.endswith(json.dumps(record) + "\n")
    figures = record["figures"]
    assert set(figures["rows"]) == {"1, 2", "2, 2", "1, 1"}
    for found in figures["rows"].values():
        assert 0 < found["frame_ms"]["p50"] <= found["frame_ms"]["p95"]
        limit = found["moved_gb"] / figures["bandwidth_gb_s"] * 1000
        assert found["limit_ms"] == pytest.approx(limit, rel=0.02)
        assert found["rtf"]["p50"] == pytest.approx(
            found["wall_s"]["p50"] / (0.4 * found["rows"]), rel=0.001
        )
    assert {"eager_ms", "two_graphs_ms"} <= set(figures["rows"]["2, 2"])
    assert figures["failed"]["first (80, 2)"] == "Too small."
    assert "2, 2" in out


@pytest.fixture
def speak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Frames of so many rows at a commit; what lies in the folder then: suffix -> rows, commit."""

    def spoken(commit: str, rows: int, *more: str, whole: bool = False):
        monkeypatch.setattr(report, "commit", lambda: commit)
        monkeypatch.setattr(baselines, "bandwidth", lambda device: 1e10)
        asked = ["--only", "frames", "--rows", str(rows), "--steps", "1", "--seconds", "0.16"]
        place = ["--device", "cpu", "--params", str(PARAMS), "--results", str(tmp_path)]
        given = frames.arguments_of([*asked, *place, "--runs", "1", *more])
        assert not given.whole
        given.whole = whole
        frames.measure(given)
        records = {path.suffix: json.loads(path.read_text()) for path in tmp_path.iterdir()}
        return {
            suffix: ([row[0] for row in record["figures"]["rows"]], record["commit"])
            for suffix, record in records.items()
        }

    return spoken


def test_parts_of_one_commit_come_together(speak) -> None:
    speak("aaa", 1, whole=True)
    assert speak("aaa", 2) == {".json": (["1", "2"], "aaa")}


def test_a_part_alone_is_no_result(speak) -> None:
    assert speak("aaa", 1) == {".part": (["1"], "aaa")}
    assert speak("aaa", 2, whole=True) == {".json": (["2"], "aaa"), ".part": (["1"], "aaa")}


def test_a_part_never_replaces_the_file_of_another_commit(speak) -> None:
    speak("aaa", 1, whole=True)
    assert speak("bbb", 2) == {".json": (["1"], "aaa"), ".part": (["2"], "bbb")}
    assert speak("bbb", 3)[".part"] == (["2", "3"], "bbb")
    assert speak("bbb", 4, whole=True) == {".json": (["2", "3", "4"], "bbb")}


def test_what_was_measured_otherwise_is_not_added_to(speak) -> None:
    speak("aaa", 1, whole=True)
    assert speak("aaa", 2, "--runs", "2") == {".json": (["1"], "aaa"), ".part": (["2"], "aaa")}
    assert speak("aaa-dirty", 2)[".part"] == (["2"], "aaa-dirty")
    assert speak("aaa-dirty", 3)[".part"] == (["3"], "aaa-dirty")


def test_a_run_without_options_is_whole() -> None:
    assert frames.arguments_of(["--results", "x", "--device", "cuda:1"]).whole


def test_what_cannot_be_measured_is_said_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    for device in ("cuda", "cpu", "auto"):
        with pytest.raises(DeviceError, match=f"{device} is no CUDA device"):
            frames.main(["--device", device])
    with pytest.raises(InputError, match="two frames"):
        frames.main(["--seconds", "0.08"])


def test_first_audio_is_measured_from_the_prompt(tiny: Synthetic) -> None:
    options = SpeechOptions(rows=1, steps=1, first_chunk_ms=80)
    assert 0 < tiny.first_audio(options, tiny.voice(7)) < 10


def test_bytes_are_those_of_the_weights_that_a_frame_reads() -> None:
    config = parse_config(read_params(GOLDEN / "params-4b.json"))
    with torch.device("meta"):
        model = VoxtralModel(config, with_encoder=False)
    sizes = Bytes.of(model)
    backbone = config.backbone
    width, kv_width = backbone.n_heads * backbone.head_dim, backbone.n_kv_heads * backbone.head_dim
    attention = backbone.dim * (2 * width + 2 * kv_width)
    layer = attention + 3 * backbone.dim * backbone.hidden_dim + 2 * backbone.dim
    assert sizes.frame > 4 * backbone.n_layers * layer
    assert sizes.frame < 4.1 * backbone.n_layers * layer
    assert sizes.position == 4 * 2 * backbone.n_layers * kv_width
    assert sizes.moved(2, 8, 100) == 8 * sizes.step + sizes.frame + 200 * sizes.position


def test_random_models_are_the_same_every_time() -> None:
    config = parse_config(read_params(PARAMS))
    one, other = (random_model(config, "cpu").state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert all(tensor.isfinite().all() for tensor in one.values())


def test_a_baseline_loop_speaks(tiny: Synthetic) -> None:
    with torch.inference_mode():
        loop = baselines.Loop(tiny, rows=2, steps=1, positions=20, graphs=True)
        before = loop.hidden.clone()
        assert len(loop.seconds(3)) == 3
    assert (loop.codes[:, 0] > 1).all()
    assert loop.hidden.isfinite().all()
    assert not torch.equal(loop.hidden, before)


def test_a_hollow_checkpoint_loads_and_takes_no_room(tmp_path: Path) -> None:
    hollow.make(tmp_path, PARAMS)
    weights = (tmp_path / "consolidated.safetensors").stat()
    engine = Engine.from_folder(tmp_path, "cpu")
    assert weights.st_blocks * 512 < weights.st_size / 2
    assert not engine._model.norm.weight.any()
    pieces = list(engine.stream("Hello.", options=SpeechOptions(steps=1)))
    assert sum(piece.frames for piece in pieces) == 1
