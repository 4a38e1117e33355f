"""Recovering an encoder: pairs are exact, the new encoder learns them, one command does it all."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import Engine, checkpoint
from engine.encoder import NAME, read_facts
from engine.errors import InputError
from tests.conftest import GOLDEN_FOLDER
from training.codec.code_loss import class_logits, code_loss, frozen_codec, sharpness_of
from training.codec.encoder import EncoderTrainer, main
from training.codec.encoder_options import Options
from training.codec.pairs import make_pairs
from training.codes import load_codes
from training.data.manifest import load_manifest, read_audio
from training.loop import Clock, load_state

OPEN = GOLDEN_FOLDER / "tiny-open"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with pairs that tiny-open spoke."""
    folder = tmp_path_factory.mktemp("run")
    make_pairs(Engine.from_folder(OPEN), folder / "pairs", 0.05, ["One.", "Two, three."])
    return folder


def options(out: Path, **changes: object) -> Options:
    given: dict[str, object] = {
        "model": str(OPEN),
        "out": out,
        "minutes": 1.0,
        "batch": 4,
        "frames": 6,
    }
    return Options(**(given | changes))  # type: ignore[arg-type]


def test_pairs_are_what_the_decoder_makes_of_the_codes(out: Path) -> None:
    engine = Engine.from_folder(OPEN)
    utterances = load_manifest(out / "pairs", "train")
    spoken = load_codes(out / "pairs", out / "pairs")
    assert len(utterances) == len(spoken) > 1
    assert len({s.codes.tobytes() for s in spoken}) > 1
    for utterance, one in zip(utterances, spoken, strict=True):
        decoded = engine.decode(np.ascontiguousarray(one.codes.T)).clip(-1, 1)
        np.testing.assert_allclose(read_audio(utterance), decoded, atol=2e-4)


def test_the_same_seed_makes_the_same_pairs(out: Path, tmp_path: Path) -> None:
    make_pairs(Engine.from_folder(OPEN), tmp_path, 0.05, ["One.", "Two, three."])
    assert (tmp_path / "codes.npy").read_bytes() == (out / "pairs" / "codes.npy").read_bytes()


def test_classes_are_nearest_entries_and_the_loss_is_small_at_the_codes() -> None:
    generator = torch.Generator().manual_seed(0)
    codec = frozen_codec(OPEN, generator)
    config, sharpness = codec.config, sharpness_of(codec)
    latent = torch.randn(2, config.latent_dim, 7, generator=generator)
    codes = codec.quantizer.encode(latent)
    assert torch.equal(class_logits(codec, latent, sharpness).argmax(-1), codes[:, 0])
    exact = codec.quantizer.decode(codes)
    exact[:, config.semantic_dim :] = exact[:, config.semantic_dim :].clamp(-0.999, 0.999).atanh()
    at, away = (code_loss(codec, x, codes, sharpness) for x in (exact, latent + 1))
    assert at[0] < away[0]
    assert at[1] < 0.02
    assert away[1] > 1


@pytest.mark.parametrize("speech", [False, True])
def test_an_encoder_learns_and_nothing_else_changes(out: Path, speech: bool) -> None:
    trainer = EncoderTrainer(options(out, rate=3e-3, speech=out / "pairs" if speech else None))
    before = {name: tensor.clone() for name, tensor in trainer.codec.state_dict().items()}
    known = checkpoint.load(OPEN).audio_tokenizer.state_dict()
    first = [trainer.update(3e-3, 0.5)[0] for _ in range(3)]
    for _ in range(20):
        last = trainer.update(3e-3, 0.5)[0]
    assert last["levels"] < 0.9 * first[0]["levels"]
    assert last["semantic"] < first[0]["semantic"]
    changed = {n for n, t in trainer.codec.state_dict().items() if not torch.equal(t, before[n])}
    assert changed
    assert not changed & known.keys()
    assert all(torch.equal(trainer.codec.state_dict()[n], t.float()) for n, t in known.items())


def test_a_run_goes_on_where_it_was(out: Path) -> None:
    trainer = EncoderTrainer(options(out))
    trainer.update(1e-3, 0.1)
    trainer.clock = Clock(60, before=12.0)
    trainer.save()
    again = EncoderTrainer(options(out))
    assert again.step == 1
    assert again.clock.elapsed >= 12.0
    for name, tensor in trainer.codec.state_dict().items():
        assert torch.equal(again.codec.state_dict()[name], tensor), name


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_is_saved(
    number: int, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(out / "pairs", tmp_path / "pairs")
    update = EncoderTrainer.update

    def stopped(trainer: EncoderTrainer, *given: float) -> tuple[dict[str, float], float]:
        if not trainer.clock.stopped:
            os.kill(os.getpid(), number)
        return update(trainer, *given)

    monkeypatch.setattr(EncoderTrainer, "update", stopped)
    line = f"--model {OPEN} --out {tmp_path} --minutes 9 --frames 6 --batch 2"
    assert command(monkeypatch, line) == 128 + number
    assert load_state(tmp_path / "encoder.pt")["step"] == 2  # type: ignore[index]
    assert (tmp_path / NAME).is_file()


@pytest.mark.parametrize(
    ("wrong", "told", "code"),
    [
        ("--minutes -1", "--minutes is -1", 2),
        ("--minutes nan", "--minutes is nan", 2),
        ("--pairs 0", "--pairs is 0", 2),
        ("--model nosuch", "no checkpoint 'nosuch'", 1),
        ("--texts /nowhere", "/nowhere cannot be read", 2),
        ("--speech tests", "tests is no corpus", 2),
    ],
)
def test_what_cannot_be_used_is_told_before_anything_is_written(
    wrong: str,
    told: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = f"--model {OPEN} --out {tmp_path / 'out'} --minutes 1 {wrong}"
    assert command(monkeypatch, line) == code
    error, hint = capsys.readouterr().err.splitlines()
    assert told in error
    assert hint.startswith("hint: ")
    assert not (tmp_path / "out").exists()


def test_recordings_shorter_than_a_crop_are_told_of(out: Path) -> None:
    with pytest.raises(InputError, match="as long as a crop"):
        EncoderTrainer(options(out, frames=9000))


def command(monkeypatch: pytest.MonkeyPatch, line: str) -> object:
    """The exit code of a command line."""
    monkeypatch.setattr("sys.argv", ["encoder", *line.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_the_command_runs_end_to_end_without_a_codec_encoder(tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("Yes.\nNo, no.\n")
    line = ["--model", OPEN, "--out", tmp_path, "--texts", texts, "--pairs", "0.05"]
    line += ["--minutes", "0.02", "--frames", "6", "--batch", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "training.codec.encoder", *map(str, line)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(tmp_path / NAME)
    assert "recovered from" in read_facts(tmp_path / NAME).origin
    engine = Engine.from_folder(OPEN, encoder=tmp_path / NAME)
    assert engine.encode(np.zeros(24000, np.float32), 24000).shape == (37, 13)
