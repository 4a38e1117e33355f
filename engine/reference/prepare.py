"""Recordings -> one clip as the model wants to hear it: mono, its rate, level, no long silence.

Of more speech than the model takes, the best window is chosen; it begins and ends in pauses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import InputError
from engine.reference.activity import FRAME_S, levels, peak_of, runs, speech_mask
from engine.reference.checks import SPEAKERS, findings, several_speakers
from engine.samples import resampled

SHORTEST_S = 3.0
"""Speech that a voice needs (Voxtral's model card)."""
LONGEST_FILE_S = 1200.0
"""Of a recording: no more need be read to find a good half minute, which takes 1.2 GB."""
RUMBLE_HZ = 60.0
MARGIN_S, LONGEST_PAUSE_S, JOIN_PAUSE_S = 0.1, 0.6, 0.3
LEVEL_DB, PEAK = -24.0, 0.97
"""RMS of the speech, as of the corpus that nano learned from."""
FADE_S = 0.005


@dataclass(frozen=True, eq=False)
class Reference:
    """What a voice is made of.

    Args:
        samples: float32 [n], mono.
        rate: Samples a second.
        speech_s: Seconds of speech in it.
        given_s: Seconds of speech that were there to choose from.
        notes: What may spoil the voice, a line each; empty for a good recording.
    """

    samples: np.ndarray
    rate: int
    speech_s: float
    given_s: float
    notes: tuple[str, ...]

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


def prepare(clips: Sequence[tuple[np.ndarray, int]], rate: int, longest: float = 25.0) -> Reference:
    """Make a reference of one or more recordings of the same person.

    Args:
        clips: Floating point samples [n] about -1 to 1, and their samples a second.
        rate: Samples a second of the model.
        longest: Seconds that the model takes, pauses included.

    Raises:
        InputError: If there are less than 3 s of speech, or samples that cannot be used.
    """
    notes: list[str] = []
    kept: list[np.ndarray] = []
    given = 0.0
    for number, (samples, source_rate) in enumerate(clips, 1):
        wave = _model_rate(samples, source_rate, rate)
        mask = speech_mask(wave, rate)
        given += mask.sum() * FRAME_S
        found = findings(np.asarray(samples), source_rate, wave, rate, mask)
        notes += [f"clip {number}: {note}" if len(clips) > 1 else note for note in found]
        if mask.any():
            kept.append(_levelled(wave, mask, rate))
        else:
            notes.append(f"clip {number}: nobody speaks in it")
    if given < SHORTEST_S:
        raise InputError(
            f"There are only {given:.1f} s of speech; a voice needs {SHORTEST_S:g} s.",
            "Give a longer clip, or several.",
        )
    pause = np.zeros(round(JOIN_PAUSE_S * rate), np.float32)
    joined = np.concatenate([part for clip in kept for part in (pause, clip)][1:])
    mask = speech_mask(joined, rate)
    if len(kept) > 1 and not any(SPEAKERS in note for note in notes):
        notes += several_speakers(joined, rate, mask)
    start, end = _window(joined, mask, rate, longest)
    chosen = _faded(_levelled(joined[start:end], speech_mask(joined[start:end], rate), rate), rate)
    speech = float(speech_mask(chosen, rate).sum() * FRAME_S)
    return Reference(chosen, rate, speech, float(given), tuple(notes))


def _model_rate(samples: np.ndarray, source_rate: int, rate: int) -> np.ndarray:
    """Checked, at the model's rate, without rumble."""
    wave = resampled(samples, source_rate, rate)
    for _ in range(2):
        wave = wave - _moving_mean(_moving_mean(wave, rate), rate)
    return wave


def _moving_mean(wave: np.ndarray, rate: int) -> np.ndarray:
    """Mean over one period of RUMBLE_HZ around each sample.

    Taken away as above, it leaves -29 dB of 15 Hz, -20 of 20, -9 of 30, -3 of 40.
    """
    half = round(rate / RUMBLE_HZ / 2)
    padded = np.pad(wave.astype(np.float64), (half + 1, half), mode="edge")
    total = padded.cumsum()
    return ((total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)).astype(np.float32)


def _levelled(wave: np.ndarray, mask: np.ndarray, rate: int) -> np.ndarray:
    """Speech at LEVEL_DB, without silence at the ends or long pauses."""
    size = round(rate * FRAME_S)
    stretches = runs(mask)
    if not stretches:
        return wave
    margin, longest = round(MARGIN_S / FRAME_S), round(LONGEST_PAUSE_S / FRAME_S)
    pieces: list[np.ndarray] = []
    for index, (start, end) in enumerate(stretches):
        before = margin if not index else (start - stretches[index - 1][1]) // 2
        after = margin if index + 1 == len(stretches) else (stretches[index + 1][0] - end + 1) // 2
        half = longest // 2 if len(stretches) > 1 else margin
        first = max(0, start - min(before, half))
        last = end + min(after, half)
        pieces.append(wave[first * size : last * size])
    joined = np.concatenate(pieces)
    peak = peak_of(joined, rate) + 1e-9
    loud = wave[: len(mask) * size].reshape(-1, size)[mask].clip(-peak, peak)  # without a click
    gain = 10 ** (LEVEL_DB / 20) / (np.sqrt(np.square(loud, dtype=np.float64).mean()) + 1e-9)
    return (joined * min(gain, PEAK / peak)).clip(-PEAK, PEAK).astype(np.float32)


def _window(wave: np.ndarray, mask: np.ndarray, rate: int, longest: float) -> tuple[int, int]:
    """First sample and the one after the last of the best part of at most `longest` seconds."""
    size, room = round(rate * FRAME_S), int(longest / FRAME_S)
    if len(wave) <= longest * rate:
        return 0, len(wave)
    loudness = levels(wave, rate)
    stretches = _cut(runs(mask), loudness, room)
    best, best_score = stretches[0], -np.inf
    margin = round(MARGIN_S / FRAME_S)
    for index, (start, _) in enumerate(stretches):
        first = max(0, start - margin)
        ends = [end for _, end in stretches[index:] if end - first <= room]
        if not ends:
            continue
        last = min(ends[-1] + margin, first + room)
        speech = mask[first:last].sum()
        noise = np.percentile(loudness[first:last], 5)
        score = speech * FRAME_S - 0.02 * noise  # 10 s of speech outweigh much; then less noise
        if score > best_score:
            best, best_score = (first, last), score
    return best[0] * size, best[1] * size


def _cut(
    stretches: list[tuple[int, int]], loudness: np.ndarray, room: int
) -> list[tuple[int, int]]:
    """Stretches longer than the room, cut where they are quietest."""
    pieces: list[tuple[int, int]] = []
    for start, end in stretches:
        while end - start > room - 2:
            begin = start + max(1, int(0.7 * room))
            cut = begin + int(np.argmin(loudness[begin : start + room - 1]))
            pieces.append((start, cut))
            start = cut
        pieces.append((start, end))
    return pieces


def _faded(wave: np.ndarray, rate: int) -> np.ndarray:
    count = min(round(FADE_S * rate), len(wave) // 2)
    ramp = np.linspace(0, 1, count, dtype=np.float32)
    wave = wave.copy()
    wave[:count] *= ramp
    wave[len(wave) - count :] *= ramp[::-1]
    return wave
