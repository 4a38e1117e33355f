"""A chunk that was spoken: is it sound, and does it say its text?

`check` needs nothing but the samples. Its bounds are well outside of what was measured (table in
docs/benchmarks.md), so that slower voices and denser scripts pass; words of one syllable set the
constant part. `judge` needs ears, and finds what is wrong with the words.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.hearing.wer import normalize
from engine.reference.activity import FRAME_S, levels
from engine.text.characters import printable
from engine.text.normalize import spoken_line

SILENT_DBFS = -50.0
"""Of the loud frames: nothing to hear."""
QUIET_DB = -25.0
"""What is so far below the loud frames is a pause; nano's softest sounds are above."""
CLIPPED_SHARE = 0.01
"""Of frames with a sample at full scale."""
SHORTEST_S = 0.02
"""Sound a character."""
LONGEST_S = (1.0, 0.12)
"""From the first sound to the last: in all, and a character."""
LONGEST_PAUSE_S = 2.0
RETAKE_WER = 0.25
"""A chunk with more word errors is worth another take (table in docs/benchmarks.md)."""
LONGEST_LOOP = 12
"""Words of a phrase of which two or more, said again, are found."""


class Listener(Protocol):
    """What is needed of `engine.hearing.asr.Ears`."""

    def transcribe(self, samples: np.ndarray, rate: int, language: str = "en") -> str: ...


@dataclass(frozen=True)
class Verdict:
    """What was heard in a chunk.

    Args:
        wer: Word errors / words of the text; may exceed 1.
        repeated: Words said again, singly or as a phrase, where the text has them once.
        heard: What the ears made of it.
    """

    wer: float
    repeated: tuple[str, ...]
    heard: str


def check(text: str, samples: np.ndarray, rate: int) -> str:
    """What is wrong with the sound of a chunk; empty when nothing is.

    Args:
        text: What the model read.
        samples: float32 [n], without a pause that was put after it.
        rate: Samples a second.
    """
    if not np.isfinite(samples).all():
        return "not finite"
    loudness = levels(samples, rate)
    loud = float(np.percentile(loudness, 95)) if len(loudness) else -np.inf
    if loud < SILENT_DBFS:
        return "silent"
    size = round(rate * FRAME_S)
    frames = samples[: len(loudness) * size].reshape(-1, size)
    share = float((np.abs(frames).max(axis=1) >= 1.0).mean())
    if share > CLIPPED_SHARE:
        return f"clipped in {share:.0%} of its frames"
    active = np.flatnonzero(loudness > loud + QUIET_DB)
    sound, span = len(active) * FRAME_S, float(active[-1] - active[0] + 1) * FRAME_S
    if sound < SHORTEST_S * len(text):
        return f"too short: {sound:.1f} s of sound for {len(text)} characters"
    if span > LONGEST_S[0] + LONGEST_S[1] * len(text):
        return f"too long: {span:.1f} s for {len(text)} characters"
    pause = float(np.diff(active).max(initial=1) - 1) * FRAME_S
    if pause > LONGEST_PAUSE_S:
        return f"a pause of {pause:.1f} s inside"
    return ""


def judge(
    text: str, samples: np.ndarray, rate: int, ears: Listener, language: str = "en"
) -> Verdict:
    """Listen to a chunk, and compare the words with its text.

    A text without words (a row of dots) has no word errors, whatever is heard. Ears write "10 a.m."
    where "ten AM" is said: what they write counts as it is, or as we would read it, whichever is
    nearer.

    Args:
        text: What was to be said.
        samples: float32 [n]; nothing is heard in what is not finite.
        rate: Samples a second.
        ears: What listens.
        language: Code of the text's.
    """
    import jiwer

    heard = ears.transcribe(samples, rate, language) if np.isfinite(samples).all() else ""
    said = normalize(text, language)
    if not said:
        return Verdict(0.0, (), heard)
    written = heard, spoken_line(printable(heard), language)
    found = [jiwer.process_words(said, normalize(words, language)) for words in written]
    words = min(found, key=lambda one: one.wer)
    got = words.hypotheses[0]
    repeated: list[str] = []
    for part in words.alignments[0]:
        if part.type == "insert" and _again(got, part.hyp_start_idx, part.hyp_end_idx):
            repeated += got[part.hyp_start_idx : part.hyp_end_idx]
    return Verdict(float(words.wer), tuple(repeated), heard)


def better(fault: str, verdict: Verdict) -> tuple[bool, float, int]:
    """Sorts takes of a chunk, the best first: no fault of `check`, then few errors, few repeats."""
    return bool(fault), verdict.wer, len(verdict.repeated)


def _again(words: list[str], start: int, end: int) -> bool:
    """Whether each of words[start:end] also stands at one distance before or after, as in a loop.

    A single word must stand beside its like. Of a phrase, the distance may be longer than what was
    said once more; and where it begins is the alignment's choice ("[we went] we went home" or
    "we [went we] went home"), so that some words may find their like before and some after.
    """

    def like(at: int, distance: int) -> bool:
        places = (at - distance, at + distance)
        return any(0 <= place < len(words) and words[place] == words[at] for place in places)

    longest = max(LONGEST_LOOP, end - start) if end - start > 1 else 1
    distances = range(1, longest + 1)
    return any(all(like(at, distance) for at in range(start, end)) for distance in distances)
