"""Speed and pauses of sounds whose parts are known."""

import numpy as np
import pytest

from evaluation.delivery import Delivery, measure, summary

pytest.importorskip("num2words", reason="extra eval")

RATE = 8000


def sound(*parts: float) -> np.ndarray:
    """Noise and near silence in turn, of so many seconds, float32 [n]."""
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, round(sum(parts) * RATE))
    ends = np.cumsum([0, *parts])
    for start, end in zip(ends[1:-1:2], ends[2::2], strict=True):
        noise[round(start * RATE) : round(end * RATE)] *= 0.01
    return noise.astype(np.float32)


def test_pauses_are_between_sounds_and_longer_than_closures() -> None:
    found = measure("It is 21.", sound(0.0, 0.5, 1.0, 0.3, 0.2, 0.1, 0.2, 0.4), RATE)
    assert found == Delivery(len("itistwentyone"), 1.8, (0.3,))


def test_summary() -> None:
    some = [Delivery(20, 2.4, (0.3, 0.1)), Delivery(10, 1.0, ()), None]
    assert summary(some) == pytest.approx(
        {"letters_per_second": 10.0, "pauses": 1.0, "pause_seconds": 0.2, "pause_share": 0.4 / 3.4}
    )
    unbroken = summary(some[1:])
    assert unbroken is not None
    assert (unbroken["pauses"], unbroken["pause_seconds"], unbroken["pause_share"]) == (0, None, 0)
    assert summary([None]) is None
