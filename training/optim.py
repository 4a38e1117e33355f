"""Muon: momentum whose matrices are made orthogonal before each update (K. Jordan, 2024).

In float32, unlike torch.optim.Muon: with these coefficients bfloat16 overshoots where one singular
value is nearly all of a matrix, and then grows without end. Matrices of equal shape are
orthogonalised in one batched product.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

COEFFICIENTS = (
    (8.28721201814563, -23.595886519098837, 17.300387312530933),
    (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
    (3.9486908534822946, -2.908902115962949, 0.5518191394370137),
    (3.3184196573706015, -2.488488024314874, 0.51004894012372),
    (2.300652019954817, -1.6689039845749518, 0.4188073119525678),
)
"""Quintic steps towards the polar factor for singular values above 1e-3 ("The Polar Express",
N. Amsel and others, 2025), which need fewer steps than one polynomial repeated."""


def orthogonalise(matrices: Tensor, steps: int = 5) -> Tensor:
    """Near-orthogonal matrices with the same singular vectors.

    Args:
        matrices: [count, rows, columns].
        steps: Of the iteration, at most `len(COEFFICIENTS)`.
    """
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.transpose(1, 2) if tall else matrices
    x = x / (1.01 * torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    for a, b, c in COEFFICIENTS[:steps]:
        gram = x @ x.transpose(1, 2)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.transpose(1, 2) if tall else x


class Muon(torch.optim.Optimizer):
    """For the 2-D weights inside a network; embeddings, output layers and norms need another.

    Args:
        lr: Learning rate; an update has the root mean square of 0.2 lr, about that of AdamW in
            the long run.
        momentum: Of the Nesterov average.
        weight_decay: Decoupled, times the rate.
        steps: Of the orthogonalisation.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.1,
        steps: int = 5,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay, "steps": steps}
        super().__init__(parameters, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        assert closure is None
        for group in self.param_groups:
            shapes: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    shapes[parameter.shape].append(parameter)
            for shape, parameters in shapes.items():
                averages = self._averages(parameters, group)
                updates = orthogonalise(averages, group["steps"])
                scale = 0.2 * max(shape) ** 0.5
                torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(parameters, updates.unbind(), alpha=-scale * group["lr"])

    def _averages(self, parameters: list[Tensor], group: dict[str, float]) -> Tensor:
        """Nesterov's look ahead of each gradient average, stacked."""
        for parameter in parameters:
            if not self.state[parameter]:
                self.state[parameter]["average"] = torch.zeros_like(parameter)
        averages = [self.state[parameter]["average"] for parameter in parameters]
        gradients = [p.grad for p in parameters if p.grad is not None]
        torch._foreach_lerp_(averages, gradients, 1 - group["momentum"])
        return torch.stack(torch._foreach_lerp(gradients, averages, group["momentum"]))


@contextmanager
def rounded(parameters: list[torch.nn.Parameter]) -> Iterator[None]:
    """Parameters as a checkpoint stores them, in bfloat16, and afterwards whole again.

    What is learned from gradients of the rounded ones is right for them, while small updates
    still add up in the whole ones (P. Micikevicius and others, "Mixed Precision Training", 2018).
    """
    with torch.no_grad():
        whole = [parameter.clone() for parameter in parameters]
        for parameter in parameters:
            parameter.copy_(parameter.bfloat16())
    try:
        yield
    finally:
        with torch.no_grad():
            for parameter, value in zip(parameters, whole, strict=True):
                parameter.copy_(value)


def matrices(
    parameters: dict[str, torch.nn.Parameter],
) -> tuple[list[torch.nn.Parameter], list[torch.nn.Parameter]]:
    """The matrices of all layers, and all other parameters."""
    inside = {name for name, p in parameters.items() if p.dim() == 2 and "layers." in name}
    others = [p for name, p in parameters.items() if name not in inside]
    return [parameters[name] for name in parameters if name in inside], others


def optimisers(
    inside: list[torch.nn.Parameter],
    outside: list[torch.nn.Parameter],
    rate: float,
    muon: float = 1.0,
) -> list[torch.optim.Optimizer]:
    """Muon for some matrices, where there are any, and AdamW for the rest.

    Each group's `scale` is its factor on the learning rate: `muon` for Muon's.
    """
    adamw = torch.optim.AdamW(
        [
            {"params": [p for p in outside if p.dim() > 1], "weight_decay": 0.01},
            {"params": [p for p in outside if p.dim() < 2], "weight_decay": 0.0},
        ],
        lr=rate,
        betas=(0.9, 0.95),
        fused=True,
    )
    made: list[torch.optim.Optimizer] = [adamw]
    if inside:
        made.append(Muon(inside, rate, steps=4))
    for optimiser, scale in zip(made, (1.0, muon), strict=False):
        for group in optimiser.param_groups:
            group["scale"] = scale
    return made
