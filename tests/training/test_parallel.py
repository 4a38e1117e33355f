"""Several processes that train one model: what they exchange."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from training.codec.train import CodecTrainer, Options
from training.parallel import Ranks

PROGRAM = """
import sys

import torch
from training.parallel import Ranks

ranks = Ranks()
parameter = torch.nn.Parameter(torch.zeros(3))
parameter.grad = torch.full((3,), float(1 + 2 * ranks.rank))
progress = ranks.average([parameter, torch.nn.Parameter(torch.ones(2))], 0.5 * ranks.rank)
joined = ranks.gather(torch.tensor([ranks.rank, 10 + ranks.rank]))
sys.stdout.write(f"said {parameter.grad.tolist()} {progress} {joined.tolist()}\\n")
"""


def test_two_processes_average_gradients_and_join_values() -> None:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*torchrun, "--no-python", sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if "said" in line]
    assert len(said) == 2
    for line in said:
        assert "[2.0, 2.0, 2.0] 0.25 [0, 10, 1, 11]" in line


def test_each_process_draws_its_own_noise_for_the_same_weights(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Second(Ranks):
        def __init__(self) -> None:
            self.size, self.rank = 2, 1

    first = CodecTrainer(Options(corpus, tmp_path, 1.0, preset="tiny"))
    monkeypatch.setattr("training.codec.train.Ranks", Second)
    second = CodecTrainer(Options(corpus, tmp_path, 1.0, preset="tiny"))
    for trainer in (first, second):
        trainer.resume()
    for p, q in zip(first.codec.parameters(), second.codec.parameters(), strict=True):
        assert torch.equal(p, q)
    noise = [torch.rand(4, generator=trainer.generator) for trainer in (first, second)]
    assert not torch.equal(*noise)


def test_one_process_keeps_its_own() -> None:
    values = torch.arange(3)
    assert Ranks().gather(values) is values
