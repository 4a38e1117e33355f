"""Several processes that train one model, each on its own batches: gradients are averaged.

Started by `torchrun --nproc-per-node 2 -m training.speech.train ...`. On two busy CPU
cores, two processes of one thread made 22-25 samples a second, one of two threads 18.
"""

import atexit
import os
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor

LONGEST_WAIT = timedelta(days=2)
"""One process may speak or encode alone for hours while the others wait."""


class Ranks:
    """The processes of a run; one alone unless torchrun started it.

    Attributes:
        rank: Number of this process; 0 writes files.
        size: How many there are.
    """

    def __init__(self) -> None:
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        if self.size > 1 and not dist.is_initialized():
            dist.init_process_group("gloo", timeout=LONGEST_WAIT)
            atexit.register(dist.destroy_process_group)  # its threads abort a process that ends
        self.rank = dist.get_rank() if self.size > 1 else 0

    @property
    def first(self) -> bool:
        return self.rank == 0

    def wait(self) -> None:
        """Until all processes are here."""
        if self.size > 1:
            dist.barrier()

    def gather(self, values: Tensor) -> Tensor:
        """The values [n, ...] of all processes, joined in their order; n is the same in all."""
        if self.size == 1:
            return values
        parts = [torch.empty_like(values) for _ in range(self.size)]
        dist.all_gather(parts, values.contiguous())
        return torch.cat(parts)

    def average(self, parameters: list[torch.nn.Parameter], progress: float) -> float:
        """Average the gradients in place, a missing one counting as zeros.

        Args:
            progress: Of this process' clock.

        Returns:
            Mean progress, the same in every process, so that schedules agree.
        """
        if self.size == 1:
            return progress
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flat = torch.cat([*(g.flatten() for g in grads), grads[0].new_tensor([progress])])
        dist.all_reduce(flat)
        flat /= self.size
        pieces: tuple[Tensor, ...] = flat[:-1].split([p.numel() for p in parameters])
        for parameter, piece in zip(parameters, pieces, strict=True):
            parameter.grad = piece.view_as(parameter)
        return float(flat[-1])
