"""The ears: the packaged model is put together once; speech is understood (slow)."""

from pathlib import Path

import numpy as np
import pytest

from evaluation import asr


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Small stand-ins of the two packages' files, in an order that would be wrong to keep."""
    source = tmp_path / "packages"
    source.mkdir()
    contents = {"model.bin.part2": b"world", "model.bin.part1": b"hello ", "config.json": b"{}"}
    for name, content in contents.items():
        (source / name).write_bytes(content)
    files = {name: source / name for name in contents}
    monkeypatch.setattr(asr, "_packaged_files", lambda: files)
    return files


def test_parts_are_joined_in_order(packaged: dict[str, Path], tmp_path: Path) -> None:
    pytest.importorskip("platformdirs", reason="extra eval")
    folder = asr.whisper_folder(tmp_path / "cache")
    assert (folder / "model.bin").read_bytes() == b"hello world"
    assert sorted(p.name for p in folder.iterdir()) == ["config.json", "model.bin"]
    assert [p.name for p in folder.parent.iterdir()] == ["whisper-base"]


def test_a_folder_that_is_there_is_used(packaged: dict[str, Path], tmp_path: Path) -> None:
    pytest.importorskip("platformdirs", reason="extra eval")
    folder = asr.whisper_folder(tmp_path)
    (folder / "model.bin").write_bytes(b"kept")
    assert (asr.whisper_folder(tmp_path) / "model.bin").read_bytes() == b"kept"


def test_an_interrupted_copy_leaves_no_folder(packaged: dict[str, Path], tmp_path: Path) -> None:
    pytest.importorskip("platformdirs", reason="extra eval")
    packaged["model.bin.part1"].unlink()
    with pytest.raises(FileNotFoundError):
        asr.whisper_folder(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("platformdirs", reason="extra eval")
    monkeypatch.setattr(asr, "PARTS", ("no-such-package-of-ours",))
    with pytest.raises(asr.InputError, match="no-such-package-of-ours"):
        asr.whisper_folder(tmp_path)


@pytest.mark.slow
def test_speech_is_understood_and_nothing_is_nothing() -> None:
    pytest.importorskip("faster_whisper", reason="extra eval")
    hibari = pytest.importorskip("hibari", reason="extra train")
    from evaluation.wer import score

    text = "The old lighthouse keeper climbed one hundred and twenty steps every evening."
    ears = asr.Ears()
    heard = ears.transcribe(hibari.Hibari()(text, seed=1))
    assert score([text], [heard]).wer <= 0.1
    assert ears.transcribe(np.zeros(100, np.float32)) == ""
