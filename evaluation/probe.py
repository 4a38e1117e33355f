"""Do semantic codes tell the phone? A linear layer on their vectors, learned and tested apart.

All that matters of a frame is its code and its phone, so a corpus is a table of counts,
int64 [codes, phones], and learning takes seconds. What is tested are other recordings, of other
speakers, than those learned from.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

DECAY = 1e-5
"""Weight of the squared matrix: codes that were seldom learned must not have the say."""
ROUNDS = 200


@dataclass(frozen=True)
class Probe:
    """How well codes tell phones in frames that nothing was learned from.

    Args:
        frames: Frames tested.
        accuracy: Share of them whose phone the linear layer names.
        table: The same of the phone that each code had most often where it was learned; it may
            be less, since codes that were seldom learned have no neighbours there.
        majority: The same of the most frequent phone, whatever the code.
        bits: What the linear layer knows of the phone of a frame: bits fewer than without the code.
    """

    frames: int
    accuracy: float
    table: float
    majority: float
    bits: float


def probe_phones(learned: np.ndarray, tested: np.ndarray, vectors: np.ndarray) -> Probe | None:
    """Learn phones from codes in some recordings and name them in others.

    Args:
        learned: How often each code had each phone there, int64 [codes, phones].
        tested: The same in the others.
        vectors: What the codes stand for, float32 [codes, dim].

    Returns:
        None when either has no labelled frame.
    """
    if not learned.any() or not tested.any():
        return None
    scores = _scores(learned, vectors)
    often = learned.sum(0)
    best = np.where(learned.any(1), learned.argmax(1), often.argmax())
    prior = np.log((often + 1) / (often + 1).sum())
    frames = int(tested.sum())
    return Probe(
        frames=frames,
        accuracy=_hits(tested, scores.argmax(1)),
        table=_hits(tested, best),
        majority=_hits(tested, np.full(len(tested), often.argmax())),
        bits=float((tested * (scores - prior)).sum() / frames / np.log(2)),
    )


def _scores(counts: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Log-probability of each phone given each code by the best linear layer, [codes, phones]."""
    inputs = torch.from_numpy(vectors).double()
    shares = torch.from_numpy(counts / counts.sum())
    weights = shares.sum(1, keepdim=True)
    inputs = inputs - (weights * inputs).sum(0)
    inputs /= (weights * inputs.square()).sum().div(inputs.shape[1]).sqrt().clamp(min=1e-9)
    matrix = torch.zeros(inputs.shape[1], counts.shape[1], dtype=torch.double, requires_grad=True)
    bias = torch.zeros(counts.shape[1], dtype=torch.double, requires_grad=True)
    optimiser = torch.optim.LBFGS([matrix, bias], max_iter=ROUNDS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        found = F.log_softmax(inputs @ matrix + bias, dim=1)
        total = DECAY * matrix.square().sum() - (shares * found).sum()
        total.backward()
        return total

    optimiser.step(loss)
    with torch.no_grad():
        return F.log_softmax(inputs @ matrix + bias, dim=1).numpy()


def _hits(counts: np.ndarray, named: np.ndarray) -> float:
    """Share of the frames counted, [codes, phones], whose phone is the one named, int [codes]."""
    return float(counts[np.arange(len(counts)), named].sum() / counts.sum())
