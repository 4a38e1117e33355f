"""Several processes that train one model: what they exchange."""

import os
import subprocess
import sys

import torch

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


def test_one_process_keeps_its_own() -> None:
    values = torch.arange(3)
    assert Ranks().gather(values) is values
