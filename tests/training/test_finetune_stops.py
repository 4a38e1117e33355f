"""Fine-tuning that is stopped, meets bad files or full disks, or goes on with other options."""

import csv
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from engine import checkpoint
from tests.conftest import GOLDEN_FOLDER
from training.speech.__main__ import main
from training.speech.train import Run
from training.speech.tuned import write_tuned

WHOLE = GOLDEN_FOLDER / "tiny"


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Ten short noises of one speaker."""
    folder, random = tmp_path / "recordings", np.random.default_rng(0)
    folder.mkdir()
    for number in range(10):
        samples = 0.1 * random.standard_normal(16_000)
        soundfile.write(folder / f"{number}.flac", samples, 16_000)
        (folder / f"{number}.txt").write_text("Hello there.")
    return folder


@pytest.fixture
def call(recordings: Path, tmp_path: Path) -> list[str]:
    words = ["--from", WHOLE, "--data", recordings, "--out", tmp_path / "out", "--budget", "500"]
    return [str(word) for word in [*words, "--steps", "2"]]


def step(out: Path) -> int:
    return int(torch.load(out / "run/speech.pt", weights_only=True)["step"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_is_saved_and_goes_on(
    number: int,
    call: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, update = tmp_path / "out", Run.update

    def stopped(run: Run, batch: Any) -> dict[str, float]:
        os.kill(os.getpid(), number)
        return update(run, batch)

    monkeypatch.setattr(Run, "update", stopped)
    before = signal.getsignal(number)
    assert main([*call, "--minutes", "9"]) == 128 + number
    assert signal.getsignal(number) == before
    assert step(out) == 1
    assert not (out / "model").exists()
    error = capsys.readouterr().err
    assert error.count("the same command goes on") == 1
    monkeypatch.setattr(Run, "update", update)
    assert main([*call, "--minutes", "9"]) == 0
    assert step(out) == 2


def test_ctrl_c_while_recordings_are_read(
    call: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def encode(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("training.speech.finetune.encode_corpus", encode)
    assert main(call) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "stopped; the same command goes on"
    assert not (tmp_path / "out/codes").exists()


def test_bad_files_are_left_out_and_may_be_taken_out(
    recordings: Path, call: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truncated = recordings / "3.flac"
    truncated.write_bytes(truncated.read_bytes()[:9000])
    (recordings / "4.flac").write_bytes(b"junk")
    (recordings / "._5.flac").write_bytes(b"of a Mac")
    assert main(call) == 0
    error = capsys.readouterr().err
    assert "left out 1 of 10 recordings: cannot be read: 4.flac" in error
    assert f"left out: {truncated} cannot be read" in error
    assert "too short for the text: 3.flac" in error
    assert "8 recordings, 0.1 min" in error
    assert main(call) == 0
    truncated.unlink()
    (recordings / "4.flac").unlink()
    assert main([*call, "--steps", "3"]) == 0
    assert step(tmp_path / "out") == 3
    (recordings / "1.flac").unlink()
    assert main(call) == 2
    assert "begun with another recordings" in capsys.readouterr().err


def test_one_is_held_out_and_watched(call: list[str], tmp_path: Path) -> None:
    assert main(call) == 0
    with (tmp_path / "out/run/valid.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["0", "2"]
    with (tmp_path / "out/run/speech.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["2"]


def test_other_options_are_refused_and_weights_that_are_no_numbers(
    call: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    assert main(call) == 0
    for other, known in (
        ("--rate 1", "rate 0.0003"),
        ("--precision bfloat16", "precision float32"),
        ("--average 0", "average 0.998"),
        ("--budget 501", "budget 500"),
    ):
        assert main([*call, *other.split()]) == 2
        assert f"begun with other options ({known})" in capsys.readouterr().err
    weights = (out / "model" / checkpoint.WEIGHTS).read_bytes()
    state = torch.load(out / "run/speech.pt", weights_only=True)
    state["average"]["norm.weight"][0] = float("nan")
    torch.save(state, out / "run/speech.pt")
    assert main(call) == 1
    assert "are no numbers" in capsys.readouterr().err
    assert (out / "model" / checkpoint.WEIGHTS).read_bytes() == weights
    update = Run.update
    monkeypatch.setattr(Run, "update", lambda *given: update(*given) | {"norm": float("nan")})
    assert main([*call, "--steps", "3"]) == 1
    assert "learned is no number" in capsys.readouterr().err
    assert step(out) == 2
    (out / "run/speech.pt").write_bytes((out / "run/speech.pt").read_bytes()[:9000])
    assert main(call) == 2
    assert "speech.pt is not a whole state" in capsys.readouterr().err


def test_a_checkpoint_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "model"
    write_tuned(WHOLE, folder, {}, {})
    old = folder.rename(tmp_path / "model.old")  # killed between two renames
    monkeypatch.setattr("training.speech.tuned.write_tensors", _full)
    with pytest.raises(OSError, match="No space"):
        write_tuned(WHOLE, folder, {}, {})
    assert (folder / checkpoint.WEIGHTS).is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert not old.exists()


def _full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")
