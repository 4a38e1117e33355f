"""How fast somebody speaks, and where they pause, measured on the sound.

A pause is a stretch of at least `PAUSE_S` that is `PAUSE_DB` below the loud frames. Over 90
recordings of the teacher, with 45 marks inside sentences, -30 to -40 dB found 42 to 39 pauses. The
speech finder of `engine.reference` found 16: it is made to keep them with the speech.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.hearing.wer import normalize
from engine.reference.activity import FRAME_S, levels, runs

PAUSE_DB = -30.0
PAUSE_S = 0.15
"""Closures of plosives are shorter."""


@dataclass(frozen=True)
class Delivery:
    """One sentence as it was spoken.

    Args:
        letters: Of its words, numbers written out.
        seconds: From the first sound to the last.
        pauses: Seconds of each pause between.
    """

    letters: int
    seconds: float
    pauses: tuple[float, ...]


def measure(text: str, samples: np.ndarray, rate: int) -> Delivery:
    """How a text is spoken in float32 [n], at least a frame of 20 ms and not silent."""
    loudness = levels(samples, rate)
    active = runs(loudness > np.percentile(loudness, 95) + PAUSE_DB)
    gaps = [(b[0] - a[1]) * FRAME_S for a, b in itertools.pairwise(active)]
    return Delivery(
        letters=len(normalize(text).replace(" ", "")),
        seconds=round((active[-1][1] - active[0][0]) * FRAME_S, 2),
        pauses=tuple(round(gap, 2) for gap in gaps if gap >= PAUSE_S),
    )


def summary(deliveries: Iterable[Delivery | None]) -> dict[str, float | None] | None:
    """Over some sentences; None where none could be measured.

    `letters_per_second` leaves pauses out; `pauses` are those of a sentence, `pause_seconds` is the
    mean length of one (None without pauses) and `pause_share` their share of all time.
    """
    known = [one for one in deliveries if one is not None]
    if not known:
        return None
    pauses = [pause for one in known for pause in one.pauses]
    seconds = sum(one.seconds for one in known)
    return {
        "letters_per_second": sum(one.letters for one in known) / (seconds - sum(pauses)),
        "pauses": len(pauses) / len(known),
        "pause_seconds": float(np.mean(pauses)) if pauses else None,
        "pause_share": sum(pauses) / seconds,
    }
