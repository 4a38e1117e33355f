"""The mean of checkpoints."""

from pathlib import Path
from typing import Any

import pytest
import torch

from engine.checkpoint import load
from engine.errors import InputError
from training.speech.init import speech_parameters
from training.speech.mean import main, write_mean
from training.speech.tuned import write_tuned

FLOW = "acoustic_transformer.input_projection.weight"


def sibling(folder: Path, name: str, parameter: str, added: float) -> Path:
    """A checkpoint like the one in `folder`, but for one parameter."""
    old = speech_parameters(load(folder, dtype=torch.float32))[parameter]
    write_tuned(folder, folder.parent / name, {parameter: old + added}, {})
    return folder.parent / name


def test_weights_meet_and_all_else_is_the_first_ones(begun: dict[str, Any], tmp_path: Path) -> None:
    old = tmp_path / "old"
    others = [sibling(old, f"{added}", FLOW, added) for added in (1, 2)]
    write_mean([old, *others], tmp_path / "mean")
    first, mean = (load(folder, dtype=torch.float32) for folder in (old, tmp_path / "mean"))
    for name, tensor in first.state_dict().items():
        difference = mean.state_dict()[name] - tensor
        if name == FLOW:
            assert (difference - 1).abs().max() < 0.02  # bfloat16
        else:
            assert not difference.any(), name
    files = [path for path in old.rglob("*") if path.is_file() and path.suffix != ".safetensors"]
    assert files
    for path in files:
        made = tmp_path / "mean" / path.relative_to(old)
        assert made.read_bytes().strip() == path.read_bytes().strip(), made


def test_what_voices_hang_on_must_be_the_same(begun: dict[str, Any], tmp_path: Path) -> None:
    old = tmp_path / "old"
    name = next(n for n in speech_parameters(load(old)) if n.startswith("mm_audio_embeddings."))
    other = sibling(old, "other", name, 1.0)
    with pytest.raises(InputError, match="no sibling"):
        write_mean([old, other], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()


def test_the_command(
    begun: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    old, out = tmp_path / "old", tmp_path / "mean"
    for second, code in ((tmp_path / "none", 2), (old, 0)):
        monkeypatch.setattr("sys.argv", ["mean", str(old), str(second), f"--out={out}"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == code
        assert out.exists() == (code == 0)
    assert "none" in capsys.readouterr().err
