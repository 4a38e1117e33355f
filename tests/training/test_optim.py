"""Muon: the orthogonal step and what it does to a loss."""

import pytest
import torch

from training.optim import Muon, orthogonalise, rounded


class TestMuon:
    @pytest.mark.parametrize("shape", [(3, 8, 8), (2, 6, 20), (2, 20, 6)])
    def test_all_singular_values_come_near_one(self, shape: tuple[int, ...]) -> None:
        torch.manual_seed(0)
        values = torch.linalg.svdvals(orthogonalise(torch.randn(shape)))
        assert values.max() < 1.3
        assert values.median() > 0.8

    def test_it_minimises(self) -> None:
        torch.manual_seed(0)
        weight = torch.nn.Parameter(torch.randn(8, 12))
        goal = torch.randn(8, 12)
        optimiser = Muon([weight], lr=0.3, weight_decay=0.0)
        losses = []
        for _ in range(60):
            optimiser.zero_grad()
            loss = (weight - goal).square().mean()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        assert losses[-1] < 0.1 * losses[0]


def test_rounded_weights_learn_by_whole_ones() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.001, -3.0]))
    optimiser = torch.optim.SGD([weight], lr=1e-3)
    for _ in range(8):
        optimiser.zero_grad()
        with rounded([weight]):
            assert torch.equal(weight, weight.bfloat16().float())
            weight.sum().backward()
        optimiser.step()
    torch.testing.assert_close(weight.detach(), torch.tensor([1.001, -3.0]) - 8e-3)
