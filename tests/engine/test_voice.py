"""Voice files: rows of a preset, and pickles that are something else."""

import pickle
import zipfile
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
import torch

from engine.errors import CheckpointError
from engine.voice import read_voice, voice_path, write_voice
from tests.conftest import Golden


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "voice_embedding").mkdir()
    return tmp_path


def test_rows_are_written_in_bfloat16_and_read_again(folder: Path) -> None:
    rows = torch.randn(7, 16)
    write_voice(folder, "anna", rows)
    assert torch.equal(read_voice(folder, "anna", 16), rows.bfloat16())
    assert [path.name for path in (folder / "voice_embedding").iterdir()] == ["anna.pt"]


def test_the_same_rows_make_the_same_file(folder: Path) -> None:
    rows = torch.randn(7, 16)
    write_voice(folder, "anna", rows)
    first = voice_path(folder, "anna").read_bytes()
    assert b"archive/data/0" in first
    write_voice(folder, "anna", rows)
    assert voice_path(folder, "anna").read_bytes() == first


def test_only_the_rows_are_stored(folder: Path) -> None:
    """Not the whole storage that they are a part of."""
    write_voice(folder, "anna", torch.randn(100_000, 16)[5:10])
    assert voice_path(folder, "anna").stat().st_size < 4000


def test_presets_of_the_golden_checkpoints(golden: Golden) -> None:
    for name in golden.model.model_config.voices:
        rows = read_voice(golden.folder, name, 64)
        assert rows.dtype == torch.bfloat16
        assert torch.equal(rows, golden.tensors[f"voice.{name}.embedding"])


def test_a_missing_file(folder: Path) -> None:
    with pytest.raises(CheckpointError, match=r"anna\.pt is missing") as caught:
        read_voice(folder, "anna", 16)
    assert "another voice" in caught.value.hint


class Command:
    """A pickle that would run something."""

    def __reduce__(self) -> tuple[object, ...]:
        return (Path("/tmp/voxtral-was-here").touch, ())


@pytest.mark.parametrize(
    "content",
    [Command(), {"rows": torch.ones(2, 16)}, [torch.ones(2, 16)], "text", 3, None, {1, 2}],
    ids=lambda value: type(value).__name__,
)
def test_a_pickle_that_is_no_tensor(folder: Path, content: object) -> None:
    path = voice_path(folder, "anna")
    for save in (torch.save, lambda value, to: to.write_bytes(pickle.dumps(value))):
        save(content, path)
        with pytest.raises(CheckpointError, match=r"anna\.pt"):
            read_voice(folder, "anna", 16)
    assert not Path("/tmp/voxtral-was-here").exists()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (torch.ones(3, 15), r"holds \[3, 15\], not a tensor \[rows, 16\]"),
        (torch.ones(16), r"holds \[16\]"),
        (torch.ones(1, 3, 16), r"holds \[1, 3, 16\]"),
        (torch.ones(1, 16).expand(10**12, 16), "holds less than it claims"),
        (torch.ones(0, 16), r"holds \[0, 16\]"),
        (torch.ones(3, 16, dtype=torch.int32), "no finite numbers"),
        (torch.full((3, 16), torch.nan), "no finite numbers"),
        (torch.full((3, 16), torch.inf), "no finite numbers"),
        (torch.ones(3, 16).to_sparse(), "not a plain tensor"),
        (torch.ones(3, 16, device="meta"), "not a plain tensor"),
        (torch.ones(3, 16).to(torch.float8_e4m3fn), "no finite numbers"),
    ],
)
def test_a_tensor_of_another_kind(folder: Path, rows: torch.Tensor, words: str) -> None:
    torch.save(rows, voice_path(folder, "anna"))
    with pytest.raises(CheckpointError, match=words):
        read_voice(folder, "anna", 16)


def test_damaged_bytes(folder: Path) -> None:
    """Of the pickle inside: read, or refused in words, without a warning."""
    write_voice(folder, "anna", torch.randn(5, 16))
    path, random = voice_path(folder, "anna"), Random(1)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(150):
        broken = bytearray(parts["archive/data.pkl"])
        for _ in range(random.randint(1, 3)):
            broken[random.randrange(len(broken))] = random.randrange(256)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in (parts | {"archive/data.pkl": bytes(broken)}).items():
                archive.writestr(name, content)
        with suppress(CheckpointError):
            assert read_voice(folder, "anna", 16).shape[1] == 16


def test_a_pickle_that_ends_within_a_number(folder: Path) -> None:
    voice_path(folder, "anna").write_bytes(b"\x80\x02M")
    with pytest.raises(CheckpointError, match=r"anna\.pt"):
        read_voice(folder, "anna", 16)


@pytest.mark.parametrize("kept", [0, 1, 100, 1000, -10])
def test_a_truncated_file(folder: Path, kept: int) -> None:
    write_voice(folder, "anna", torch.randn(30, 16))
    path = voice_path(folder, "anna")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match=r"anna\.pt"):
        read_voice(folder, "anna", 16)


def test_a_folder_in_its_place(folder: Path) -> None:
    voice_path(folder, "anna").mkdir()
    with pytest.raises(CheckpointError, match=r"anna\.pt"):
        read_voice(folder, "anna", 16)
