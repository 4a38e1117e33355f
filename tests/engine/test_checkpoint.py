"""The checkpoint folder: written and read again, strictly, and small in memory."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine import checkpoint
from engine.checkpoint import WEIGHTS
from engine.config import parse_config, read_params
from engine.errors import CheckpointError
from engine.models.voxtral import VoxtralModel
from engine.voice import read_voice
from tests.conftest import GOLDEN_FOLDER, Golden

ENCODER_PART = "audio_tokenizer.encoder_blocks.1.conv.parametrizations.weight.original0"
Tensors = dict[str, Tensor]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint (float32, with encoder)."""
    copy = tmp_path / "checkpoint"
    shutil.copytree(GOLDEN_FOLDER / "tiny", copy, ignore=shutil.ignore_patterns("golden*"))
    return copy


def rewrite(folder: Path, change: Callable[[Tensors], object]) -> None:
    """Change the weights of a folder."""
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS)


def write(folder: Path, model: VoxtralModel, dtype: torch.dtype, source: Path) -> None:
    """Save a model with the parameters, vocabulary and voices of a source folder."""
    params = read_params(source / "params.json")
    tekken = json.loads((source / "tekken.json").read_text(encoding="utf-8"))
    config = model.model_config
    voices = {name: read_voice(source, name, config.backbone.dim) for name in config.voices}
    checkpoint.save(folder, params, model, tekken, voices, dtype)


def identical(found: VoxtralModel, expected: VoxtralModel) -> None:
    others = expected.state_dict()
    assert found.state_dict().keys() == others.keys()
    for name, tensor in found.state_dict().items():
        assert torch.equal(tensor, others[name]), name
        assert tensor.dtype == others[name].dtype


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_saved_is_loaded_identically(golden: Golden, tmp_path: Path, dtype: torch.dtype) -> None:
    stored = checkpoint.load(golden.folder, dtype=dtype)
    write(tmp_path, stored, dtype, golden.folder)
    again = checkpoint.load(tmp_path, dtype=dtype)
    identical(again, stored)
    assert again.audio_tokenizer.can_encode == golden.model.audio_tokenizer.can_encode
    assert read_params(tmp_path / "params.json") == read_params(golden.folder / "params.json")
    tekken = (path / "tekken.json" for path in (tmp_path, golden.folder))
    assert len({json.dumps(json.loads(path.read_text()), sort_keys=True) for path in tekken}) == 1
    for name in again.model_config.voices:
        rows = golden.tensors[f"voice.{name}.embedding"]
        assert torch.equal(read_voice(tmp_path, name, rows.shape[1]), rows)
    assert not list(tmp_path.rglob("*.tmp"))


def test_stored_dtypes(golden: Golden, tmp_path: Path) -> None:
    """bfloat16, but for the codebook's running sums, which are quotients in the end."""
    write(tmp_path, golden.model, torch.bfloat16, golden.folder)
    for name, tensor in load_file(tmp_path / WEIGHTS).items():
        sums = name.startswith("audio_tokenizer.quantizer.")
        assert tensor.dtype == (torch.float32 if sums else torch.bfloat16), name
    model = checkpoint.load(tmp_path)
    assert {tensor.dtype for tensor in model.state_dict().values()} == {torch.float32}
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert not model.training


def test_saving_names_its_own_voices(golden: Golden, tmp_path: Path) -> None:
    params = read_params(golden.folder / "params.json")
    tekken = json.loads((golden.folder / "tekken.json").read_text(encoding="utf-8"))
    dim = golden.model.model_config.backbone.dim
    voices = {"b": torch.ones(3, dim), "a": torch.zeros(2, dim)}
    checkpoint.save(tmp_path, params, golden.model, tekken, voices)
    assert parse_config(read_params(tmp_path / "params.json")).voices == ("b", "a")
    saved = json.loads((tmp_path / "tekken.json").read_text(encoding="utf-8"))
    assert saved["audio"]["voice_num_audio_tokens"] == {"b": 3, "a": 2}
    modes = [(tmp_path / name).stat().st_mode for name in (WEIGHTS, "params.json")]
    assert modes[0] == modes[1]
    assert "b" not in params["multimodal"]["audio_tokenizer_args"]["voice"]


def test_fingerprint(folder: Path, tmp_path: Path) -> None:
    first = checkpoint.fingerprint(folder)
    assert first == checkpoint.fingerprint(folder)
    assert len(first) == 16
    int(first, 16)
    write(tmp_path / "same", checkpoint.load(folder), torch.float32, folder)
    assert checkpoint.fingerprint(tmp_path / "same") == first
    write(tmp_path / "rounded", checkpoint.load(folder), torch.bfloat16, folder)
    assert checkpoint.fingerprint(tmp_path / "rounded") != first
    rewrite(folder, lambda tensors: tensors["norm.weight"].add_(1e-6))
    assert checkpoint.fingerprint(folder) != first


def test_fingerprint_of_other_parameters(folder: Path) -> None:
    first = checkpoint.fingerprint(folder)
    params = read_params(folder / "params.json")
    audio = params["multimodal"]["audio_model_args"]
    audio["cfg_alpha"], audio["acoustic_transformer_args"]["n_decoding_steps"] = 1.5, 3
    (folder / "params.json").write_text(json.dumps(params))
    assert checkpoint.fingerprint(folder) == first  # defaults of how to speak
    params["rope_theta"] = 10000.0
    (folder / "params.json").write_text(json.dumps(params))
    assert checkpoint.fingerprint(folder) != first


def test_every_weight_is_in_the_fingerprint(folder: Path) -> None:
    names = list(load_file(folder / WEIGHTS))
    found = {checkpoint.fingerprint(folder)}
    for name in names[:: len(names) // 12]:
        rewrite(folder, lambda tensors, name=name: tensors[name].view(-1)[0].add_(1e-3))
        found.add(checkpoint.fingerprint(folder))
    assert len(found) > 12


BROKEN: list[tuple[Callable[[Tensors], object], list[str]]] = [
    (lambda t: t.pop("norm.weight"), ["lacks norm.weight"]),
    (lambda t: [t.pop(f"layers.1.feed_forward.w{i}.weight") for i in (1, 2, 3)], ["lacks", "w1"]),
    (lambda t: [t.pop(n) for n in list(t) if n.startswith("acoustic_")], ["lacks", "more"]),
    (lambda t: t.update({"output.weight": torch.ones(2)}), ["unknown", "output.weight"]),
    (lambda t: t.update({"norm.bias": torch.tensor(1.0)}), ["unknown", "norm.bias"]),
    (
        lambda t: t.update({"norm.weight": torch.ones(63)}),
        ["norm.weight has shape [63]", "asks for [64]"],
    ),
    (
        lambda t: t.update({"layers.0.attention.wk.weight": torch.ones(64, 64)}),
        ["layers.0.attention.wk.weight has shape [64, 64]", "asks for [32, 64]"],
    ),
    (lambda t: t.pop(ENCODER_PART), ["codec encoder is incomplete", ENCODER_PART]),
    (
        lambda t: [t.pop(n) for n in list(t) if n.startswith("audio_tokenizer.encoder_blocks")],
        ["codec encoder is incomplete", "audio_tokenizer.encoder_blocks.0"],
    ),
    (
        lambda t: t.update({"audio_tokenizer.encoder_blocks.9.x": torch.ones(1)}),
        ["codec encoder", "audio_tokenizer.encoder_blocks.9.x"],
    ),
    (
        lambda t: t.update({"norm.weight": torch.ones(64, dtype=torch.int32)}),
        ["norm.weight", "I32"],
    ),
]


@pytest.mark.parametrize(("change", "words"), BROKEN)
def test_wrong_tensors_are_named(
    folder: Path, change: Callable[[Tensors], object], words: list[str]
) -> None:
    rewrite(folder, change)
    with pytest.raises(CheckpointError) as caught:
        checkpoint.load(folder)
    for word in words:
        assert word in caught.value.message
    assert "fetch the checkpoint again" in caught.value.hint.lower()


def test_without_an_encoder(folder: Path) -> None:
    assert checkpoint.load(folder).audio_tokenizer.can_encode
    parts = ("audio_tokenizer.encoder_blocks.", "audio_tokenizer.input_proj.")
    rewrite(folder, lambda t: [t.pop(name) for name in list(t) if name.startswith(parts)])
    assert not checkpoint.load(folder).audio_tokenizer.can_encode


def test_the_computed_time_embedding_may_be_stored(folder: Path) -> None:
    name = "acoustic_transformer.time_embedding.inv_freq"
    rewrite(folder, lambda tensors: tensors.update({name: torch.ones(32)}))
    identical(checkpoint.load(folder), checkpoint.load(GOLDEN_FOLDER / "tiny"))


@pytest.mark.parametrize("kept", [0, 4, 8, 1000, 100_000, -1])
def test_truncated_weights(folder: Path, kept: int) -> None:
    path = folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:kept])
    for read in (checkpoint.load, checkpoint.fingerprint):
        with pytest.raises(CheckpointError, match=WEIGHTS) as caught:
            read(folder)
        assert caught.value.hint


def test_weights_that_are_something_else(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"version https://git-lfs.github.com/spec/v1\n" * 3)
    with pytest.raises(CheckpointError, match=WEIGHTS):
        checkpoint.load(folder)
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).mkdir()
    with pytest.raises(CheckpointError, match=WEIGHTS):
        checkpoint.load(folder)


@pytest.mark.parametrize("name", ["params.json", WEIGHTS])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    for read in (checkpoint.load, checkpoint.fingerprint):
        with pytest.raises(CheckpointError, match=f"has no {name}"):
            read(folder)


def test_parameters_of_another_model(folder: Path) -> None:
    params = read_params(folder / "params.json")
    params["hidden_dim"] = 256
    (folder / "params.json").write_text(json.dumps(params))
    with pytest.raises(CheckpointError, match=r"shape \[128, 64\].* asks for \[256, 64\]"):
        checkpoint.load(folder)
    (folder / "params.json").write_text("{")
    for read in (checkpoint.load, checkpoint.fingerprint):
        with pytest.raises(CheckpointError, match=r"params\.json cannot be read"):
            read(folder)
    (folder / "params.json").write_text("{}")
    for read in (checkpoint.load, checkpoint.fingerprint):
        with pytest.raises(CheckpointError, match="multimodal is missing"):
            read(folder)


def listed(name: str) -> dict[str, list[int]]:
    listing = json.loads((GOLDEN_FOLDER / "tensors-4b.json").read_text(encoding="utf-8"))
    return {tensor["name"]: tensor["shape"] for tensor in listing[name]}


def test_names_and_shapes_of_the_public_checkpoint() -> None:
    config = parse_config(read_params(GOLDEN_FOLDER / "params-4b.json"))
    expected, encoder = listed("tensors"), listed("absent_from_public_checkpoint")
    assert (len(expected), len(encoder)) == (386, 114)
    for with_encoder, tensors in ((False, expected), (True, expected | encoder)):
        model = checkpoint.build(config, with_encoder)
        found = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
        assert found == tensors
    assert all(tensor.is_meta for tensor in model.state_dict().values())


READ = """
import resource, sys, torch
from pathlib import Path
from engine import checkpoint
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
model = checkpoint.load(Path(sys.argv[1]), scheme=sys.argv[2] or None)
loaded = peak()
with torch.inference_mode():
    x = torch.zeros(1, 4, 3072, dtype=model.norm.weight.dtype)
    model(x)
    model.acoustic_transformer(x[0], torch.zeros(4, 36).to(x), torch.ones(4), 1)
    model.audio_tokenizer.decode(torch.zeros(1, 37, 3, dtype=torch.long))
    for tensor in model.state_dict().values():
        tensor.view(-1)[::512].float().sum()
print(before, loaded, peak(), model.norm.weight.dtype)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "most"), [("", 9.5e9), ("int8", 6e9), ("int4", 4.8e9)])
def test_a_full_size_checkpoint_is_mapped(tmp_path: Path, scheme: str, most: float) -> None:
    """8 GB of zeros in a sparse file: read, and every page of it used, with so much resident."""
    header: dict[str, Any] = {}
    end = 0
    for name, shape in listed("tensors").items():
        size = 2 * torch.Size(shape).numel()
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with (tmp_path / WEIGHTS).open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)
    shutil.copy(GOLDEN_FOLDER / "params-4b.json", tmp_path / "params.json")
    with safe_open(tmp_path / WEIGHTS, "pt") as file:
        assert len(file.keys()) == 386
    command = [sys.executable, "-c", READ, str(tmp_path), scheme]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    before, loaded, used, dtype = run.stdout.split()
    print(f"resident: {before} before, {loaded} loaded, {used} used; {dtype}")
    assert int(used) <= most
    assert dtype == "torch.bfloat16"
    assert (tmp_path / WEIGHTS).stat().st_blocks * 512 < 1e8


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc here")
def test_weights_of_the_stored_dtype_are_mapped(folder: Path) -> None:
    """Not copied: the file itself is in the address space as long as the model is."""
    model = checkpoint.load(folder)
    where = model.norm.weight.data_ptr()
    held = [
        line.split()[0].split("-")
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.endswith(str(folder / WEIGHTS))
    ]
    assert any(int(start, 16) <= where < int(end, 16) for start, end in held)


def test_weights_that_are_no_numbers(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    tensors["layers.0.attention.wq.weight"][0, 0] = torch.nan
    save_file(tensors, folder / WEIGHTS)
    with pytest.raises(CheckpointError, match=r"wq\.weight holds no finite numbers"):
        checkpoint.load(folder)


def test_several_dtypes_become_that_of_the_matrices(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "LARGE", 0)
    tensors = {
        name: tensor.float() if tensor.dim() == 1 else tensor.bfloat16()
        for name, tensor in load_file(folder / WEIGHTS).items()
    }
    save_file(tensors, folder / WEIGHTS)
    model = checkpoint.load(folder)
    kinds = {t.dtype for n, t in model.state_dict().items() if ".quantizer." not in n}
    assert kinds == {torch.bfloat16}
