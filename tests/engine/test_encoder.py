"""Encoder files: written, found, refused; and the checkpoint that takes one."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from engine import Engine, checkpoint, hub
from engine.encoder import NAME, read_facts
from engine.errors import CheckpointError
from engine.models.voxtral import VoxtralModel
from tests.conftest import GOLDEN_FOLDER

TINY, OPEN = GOLDEN_FOLDER / "tiny", GOLDEN_FOLDER / "tiny-open"
WAVE = torch.randn(1, 20_000, generator=torch.Generator().manual_seed(0)) * 0.1


@pytest.fixture
def stripped(tmp_path: Path) -> Path:
    """The tiny checkpoint without its encoder."""
    folder = tmp_path / "stripped"
    shutil.copytree(TINY, folder, ignore=shutil.ignore_patterns("golden*"))
    tensors = load_file(folder / checkpoint.WEIGHTS)
    kept = {n: t for n, t in tensors.items() if not n.startswith(checkpoint.ENCODER_PREFIXES)}
    save_file(kept, folder / checkpoint.WEIGHTS)
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The encoder of the tiny checkpoint in a file of its own."""
    path = tmp_path / "some.safetensors"
    checkpoint.save_encoder(path, checkpoint.load(TINY).audio_tokenizer, "tiny", "cut out")
    return path


def encoded(model: VoxtralModel) -> np.ndarray:
    with torch.inference_mode():
        return model.audio_tokenizer.encode(WAVE).numpy()


def test_a_checkpoint_takes_an_encoder_given_or_found(stripped: Path, file: Path) -> None:
    assert not checkpoint.has_encoder(stripped)
    assert checkpoint.has_encoder(stripped, file)
    given = checkpoint.load(stripped, encoder=file)
    rounded = checkpoint.load(TINY)
    for name, tensor in rounded.state_dict().items():
        if name.startswith(checkpoint.ENCODER_PREFIXES):
            tensor.copy_(tensor.bfloat16())  # as the file holds it
    assert np.array_equal(encoded(given), encoded(rounded))
    shutil.copy(file, stripped / NAME)
    assert checkpoint.has_encoder(stripped)
    assert np.array_equal(encoded(checkpoint.load(stripped)), encoded(given))
    engine = Engine.from_folder(stripped)
    assert engine.can_clone
    assert engine.clone(WAVE[0].numpy(), 24000).quantizer == read_facts(file).quantizer


def test_a_given_encoder_goes_before_the_checkpoints_own(file: Path, tmp_path: Path) -> None:
    tensors = {n: torch.zeros_like(t) for n, t in load_file(file).items()}
    facts = read_facts(file)
    blank = tmp_path / "blank.safetensors"
    save_file(tensors, blank, {"format": "voxtral-encoder", "quantizer": facts.quantizer})
    assert len(np.unique(encoded(checkpoint.load(TINY, encoder=blank))[:, 1:])) == 1
    assert len(np.unique(encoded(checkpoint.load(TINY))[:, 1:])) > 1


def test_facts(file: Path) -> None:
    facts = read_facts(file)
    assert (facts.model, facts.origin) == ("tiny", "cut out")
    plain = file.with_name("plain")
    plain.touch()
    assert file.stat().st_mode == plain.stat().st_mode


def test_an_encoder_of_other_codes_is_refused(file: Path) -> None:
    with pytest.raises(
        CheckpointError, match="codes of tiny, which mean other sounds to tiny-open"
    ):
        checkpoint.load(OPEN, encoder=file)


def test_half_an_encoder_is_refused(stripped: Path, file: Path) -> None:
    tensors = load_file(file)
    name = next(iter(tensors))
    del tensors[name]
    metadata = {"format": "voxtral-encoder", "quantizer": read_facts(file).quantizer}
    save_file(tensors, file, metadata)
    with pytest.raises(CheckpointError, match="incomplete"):
        checkpoint.load(stripped, encoder=file)


@pytest.mark.parametrize("content", [None, b"", b"not safetensors", "other"])
def test_no_encoder_file(stripped: Path, tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / "e.safetensors"
    if content == "other":
        save_file({"x": torch.zeros(1)}, path)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    for use in (checkpoint.load, checkpoint.has_encoder):
        with pytest.raises(CheckpointError, match=r"e\.safetensors"):
            use(stripped, encoder=path)


def test_models_tell_where_an_encoder_comes_from(
    stripped: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    repository = tmp_path / "cache" / "models--some--voice"
    snapshot = repository / "snapshots" / "c0ffee"
    shutil.copytree(stripped, snapshot)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("c0ffee")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    assert [model.note for model in hub.known() if model.name == "some/voice"] == [""]
    shutil.copy(file, snapshot / NAME)
    notes = [model.note for model in hub.known() if model.name == "some/voice"]
    assert notes == ["codec encoder cut out"]
