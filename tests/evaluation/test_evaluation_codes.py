"""Codebook use over many recordings, and the probe that names phones from codes."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine import checkpoint
from engine.errors import InputError
from evaluation.audio import Clip
from evaluation.codes import evaluate_codes, semantic_vectors
from evaluation.phones import PhoneSpan
from evaluation.probe import probe_phones

pytest.importorskip("soxr", reason="extra eval")

TINY = Path(__file__).resolve().parents[1] / "golden" / "tiny"
VECTORS = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], np.float32)


class Tens:
    """Ten frames a second; a sample is its semantic code, and the first acoustic one."""

    sample_rate = 10
    frame_rate = 10.0
    can_clone = True

    def encode(self, samples: np.ndarray, rate: int) -> np.ndarray:
        codes = samples.astype(np.int16)
        return np.stack([codes, codes, np.zeros_like(codes)])

    def decode(self, codes: np.ndarray) -> np.ndarray:
        raise AssertionError


def clips(codes: list[int], symbols: str | None, count: int = 1) -> Iterator[Clip]:
    """Recordings of these codes, which have these phones."""
    phones: tuple[PhoneSpan, ...] | None = None
    if symbols is not None:
        phones = tuple((symbol, i / 10, (i + 1) / 10) for i, symbol in enumerate(symbols))
    return (Clip("c", np.array(codes, np.float32), 10, "", phones) for _ in range(count))


def test_codes_of_both_parts_are_counted() -> None:
    figures = evaluate_codes(
        Tens(), clips([0, 1], "ab"), clips([0, 2], "ab", count=3), VECTORS
    ).figures()
    assert (figures["recordings"], figures["frames"]) == (4, 8)
    assert (figures["semantic_used"], figures["semantic_size"]) == (3, 4)
    assert figures["semantic_share"] == 0.75
    assert figures["acoustic_dimensions"] == 2
    assert (figures["acoustic_used"], figures["acoustic_bits_min"]) == (1, 0.0)


def test_the_probe_names_phones_of_other_recordings() -> None:
    learned = clips([0, 1, 2, 2], "abtt", count=9)
    figures = evaluate_codes(Tens(), learned, clips([0, 1, 2, 1], "abtt"), VECTORS).figures()
    assert figures["phone_frames"] == 4
    assert figures["phone_accuracy"] == figures["phone_accuracy_table"] == 0.75
    assert figures["phone_accuracy_majority"] == 0.5


@pytest.mark.parametrize("known", ["learned", "tested", "neither"])
def test_without_phones_there_is_no_probe(known: str) -> None:
    learned = clips([0, 1], "ab" if known == "learned" else None)
    tested = clips([0, 1], "ab" if known == "tested" else None)
    figures = evaluate_codes(Tens(), learned, tested, VECTORS).figures()
    assert [value for name, value in figures.items() if name.startswith("phone")] == [None] * 5
    assert figures["semantic_used"] == 2


def test_no_recordings() -> None:
    with pytest.raises(InputError, match="no recording"):
        evaluate_codes(Tens(), [], [], VECTORS)


def test_codes_that_tell_everything_and_nothing() -> None:
    everything = 1000 * np.eye(4, dtype=np.int64)
    probe = probe_phones(everything, everything, VECTORS)
    assert probe is not None
    assert (probe.frames, probe.accuracy, probe.table, probe.majority) == (4000, 1.0, 1.0, 0.25)
    assert probe.bits == pytest.approx(2.0, abs=0.05)
    nothing = probe_phones(np.full((4, 4), 1000), np.full((4, 4), 1000), VECTORS)
    assert nothing is not None
    assert nothing.accuracy == 0.25
    assert nothing.bits == pytest.approx(0.0, abs=1e-3)


def test_a_code_never_learned_has_the_phone_of_its_neighbours() -> None:
    """The table knows the most frequent phone alone; the layer knows what is near."""
    vectors = np.array([[1.0, 0.0], [1.0, 0.1], [-1.0, 0.0]], np.float32)
    learned = np.array([[10, 0], [0, 0], [0, 30]])
    probe = probe_phones(learned, np.array([[0, 0], [5, 0], [0, 0]]), vectors)
    assert probe is not None
    assert (probe.accuracy, probe.table) == (1.0, 0.0)
    assert math.isfinite(probe.bits)


def test_vectors_of_a_checkpoint() -> None:
    book = checkpoint.load(TINY).audio_tokenizer.quantizer.semantic_codebook
    assert np.array_equal(semantic_vectors(TINY), book.embedding.numpy())
