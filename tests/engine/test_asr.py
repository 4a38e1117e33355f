"""The ears: the packaged model is put together once; speech is understood (slow)."""

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from engine.errors import InputError
from engine.hearing import asr


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
    folder = asr.whisper_folder(tmp_path / "cache")
    assert (folder / "model.bin").read_bytes() == b"hello world"
    assert sorted(p.name for p in folder.iterdir()) == ["config.json", "model.bin"]
    assert [p.name for p in folder.parent.iterdir()] == ["whisper-base"]


def test_a_folder_that_is_there_is_used(packaged: dict[str, Path], tmp_path: Path) -> None:
    folder = asr.whisper_folder(tmp_path)
    (folder / "model.bin").write_bytes(b"kept")
    assert (asr.whisper_folder(tmp_path) / "model.bin").read_bytes() == b"kept"


def test_an_interrupted_copy_leaves_no_folder(packaged: dict[str, Path], tmp_path: Path) -> None:
    packaged["model.bin.part1"].unlink()
    with pytest.raises(FileNotFoundError):
        asr.whisper_folder(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_where_nothing_can_be_kept_it_says_so(
    packaged: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobodys_home(name: str) -> str:
        raise RuntimeError("could not determine the home directory")

    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="File exists") as caught:
        asr.whisper_folder(tmp_path / "file")
    assert "XDG_CACHE_HOME" in caught.value.hint
    monkeypatch.setattr("platformdirs.user_cache_dir", nobodys_home)
    with pytest.raises(InputError, match="the home directory"):
        asr.whisper_folder()


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(asr, "PARTS", ("no-such-package-of-ours",))
    with pytest.raises(asr.InputError, match="no-such-package-of-ours"):
        asr.whisper_folder(tmp_path)


@pytest.mark.parametrize("library", asr.LIBRARIES)
def test_missing_libraries_are_named_before_a_model_is_looked_for(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for known in asr.LIBRARIES:
        monkeypatch.setitem(sys.modules, known, ModuleType(known))
        sys.modules[known].__spec__ = ModuleSpec(known, None)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(asr.InputError, match=library) as caught:
        asr.Ears()
    assert caught.value.hint == 'Run `pip install "voxtral[verify]"`.'


@pytest.mark.parametrize(("ratio", "heard"), [(2.4, "1 beam"), (2.5, "5 beams")])
def test_what_is_heard_over_and_over_is_heard_again_with_several_beams(
    ratio: float, heard: str
) -> None:
    class Whisper:
        def transcribe(self, samples: np.ndarray, beam_size: int, **how: object) -> tuple:
            text = " 1 beam " if beam_size == 1 else f" {beam_size} beams "
            return iter([SimpleNamespace(text=text, compression_ratio=ratio)]), None

    ears = object.__new__(asr.Ears)
    ears.model = Whisper()
    assert ears.transcribe(np.zeros(24_000, np.float32)) == heard


@pytest.mark.slow
def test_speech_is_understood_and_nothing_is_nothing() -> None:
    pytest.importorskip("faster_whisper", reason="extra verify")
    hibari = pytest.importorskip("hibari", reason="extra train")
    from engine.hearing.wer import score

    text = "The old lighthouse keeper climbed one hundred and twenty steps every evening."
    ears = asr.Ears()
    heard = ears.transcribe(hibari.Hibari()(text, seed=1))
    assert score([text], [heard]).wer <= 0.1
    assert ears.transcribe(np.zeros(100, np.float32)) == ""


@pytest.mark.slow
def test_languages_are_refused_where_whisper_knows_none() -> None:
    pytest.importorskip("faster_whisper", reason="extra verify")
    assert asr.Ears(languages=["de", "pt-br", "xx"]).unknown == {"xx"}
    with pytest.raises(asr.InputError, match="no language 'xx'"):
        asr.Ears(languages=["xx", "yy"])
