"""A click at a join stands out, clean joins do not; level jumps are found in dB."""

import numpy as np
import pytest

from evaluation.joins import level_jumps, places_in_speech, roughness, seams
from tests.babble import babble

RATE = 24_000


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def faded(wave: np.ndarray) -> np.ndarray:
    """With 20 ms of fade at both ends."""
    ramp = np.linspace(0, 1, RATE // 50, dtype=np.float32)
    wave = wave.copy()
    wave[: len(ramp)] *= ramp
    wave[-len(ramp) :] *= ramp[::-1]
    return wave


def test_jumps_are_told_in_db_and_silent_chunks_passed_over() -> None:
    tone = np.sin(np.arange(2 * RATE) / 20).astype(np.float32)
    chunks = [0.1 * tone, silence(1.0), 0.2 * tone, 0.05 * tone]
    jumps = level_jumps([np.concatenate([one, silence(0.3)]) for one in chunks], RATE)
    assert jumps == pytest.approx([6.02, -12.04], abs=0.1)


def test_jumps_are_taken_beside_the_join() -> None:
    tone = np.sin(np.arange(2 * RATE) / 20).astype(np.float32)
    swelling = np.concatenate([0.1 * tone, 0.4 * tone])
    assert level_jumps([swelling, swelling], RATE) == pytest.approx([-12.04], abs=0.1)


def test_both_edges_of_a_pause_are_seams() -> None:
    sound = np.ones(100, np.float32)
    samples = np.concatenate([sound, np.zeros(50, np.float32), sound, sound])
    assert seams(samples, [150, 250]) == [100, 150, 250]
    assert seams(np.zeros(10, np.float32), [5]) == [5]


def test_a_click_stands_out_and_a_faded_join_does_not() -> None:
    chunks = [babble(2.0, seed=seed) for seed in range(4)]
    clean = np.concatenate([np.concatenate([faded(one), silence(0.25)]) for one in chunks])
    borders = [round(2.25 * RATE) * n for n in (1, 2, 3)]
    usual = np.percentile(roughness(clean, places_in_speech(clean, RATE), RATE), 99)
    assert max(roughness(clean, seams(clean, borders), RATE)) < usual
    clicking = clean.copy()
    clicking[borders[1]] += 0.5
    found = roughness(clicking, seams(clicking, borders), RATE)
    assert sum(value > 3 * usual for value in found) == 1


def test_places_are_in_speech() -> None:
    wave = np.concatenate([silence(1.0), babble(2.0), silence(1.0)])
    places = places_in_speech(wave, RATE)
    assert RATE <= min(places) < max(places) < 3 * RATE
    assert places == places_in_speech(wave, RATE)
    assert places_in_speech(silence(0.01), RATE) == []
