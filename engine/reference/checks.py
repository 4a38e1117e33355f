"""What may spoil a voice: a line with a number for each thing found in a recording.

Thresholds are set so that clean speech of a close microphone has no findings; each is a hint and
refuses nothing.
"""

import numpy as np

from engine.reference.activity import FRAME_S, levels

LOUDEST_FRAMES_DB = -40.0
CLIPPED_SHARE = 0.01
NOISY_DB = 18.0
NARROW_HZ = 5_500.0
SPREAD_OCTAVES = 0.75
"""Between the voices of two people in one clip; one reader stays within half an octave."""
STEADY_DB = 4.5
"""Standard deviation of the level of speech within seconds; music is steadier."""
PITCHES_HZ = (70.0, 420.0)
SPEAKERS = "perhaps more than one speaker"
PITCHES_A_SECOND = 25
REVERBERANT_S = 0.45
"""Of `reverberation`: 0.1 to 0.3 s for dry speech, up to 0.42 s for a single sentence."""
FALL_DB, RISE_DB, FEWEST_FALLS = (5.0, 15.0), 3.0, 4
"""Where a fall of the level is timed, below its start; what ends it; and how many are enough."""


def findings(
    source: np.ndarray, source_rate: int, wave: np.ndarray, rate: int, mask: np.ndarray
) -> list[str]:
    """Everything that is wrong with a recording.

    Args:
        source: As it was given, float [n].
        wave: At the model's rate, float32 [n].
        mask: Where there is speech, bool [frames] of `wave`.
    """
    if not mask.any():
        return []
    loudness = levels(wave, rate)[: len(mask)]
    notes = []
    speech_db = 10 * np.log10(np.mean(10 ** (loudness[mask] / 10)))
    if speech_db < LOUDEST_FRAMES_DB:
        notes.append(f"very quiet: speech at {speech_db:.0f} dBFS")
    share = float(clipped(source, source_rate).mean())
    if share > CLIPPED_SHARE:
        notes.append(f"clipping in {share:.0%} of the 20 ms frames")
    ratio = signal_to_noise(loudness, mask)
    if ratio is not None and ratio < NOISY_DB:
        notes.append(f"noisy: speech is {ratio:.0f} dB above the background")
    top = bandwidth(wave, rate, mask)
    if top < NARROW_HZ:
        notes.append(f"narrow band: nothing above {top / 1000:.1f} kHz")
    notes += several_speakers(wave, rate, mask)
    steadiness = level_movement(loudness, mask)
    if steadiness is not None and steadiness < STEADY_DB:
        notes.append(f"perhaps music: the level moves by {steadiness:.1f} dB only")
    fading = reverberation(wave, rate)
    if fading is not None and fading > REVERBERANT_S:
        notes.append(f"reverberant: sound takes about {fading:.1f} s to fade")
    return notes


def several_speakers(wave: np.ndarray, rate: int, mask: np.ndarray) -> list[str]:
    """A note where the pitch says so."""
    spread = pitch_spread(wave, rate, mask)
    if spread is None or spread <= SPREAD_OCTAVES:
        return []
    return [f"{SPEAKERS}: pitch spreads over {spread:.1f} octaves"]


def clipped(samples: np.ndarray, rate: int) -> np.ndarray:
    """Which frames hold three or more equal samples in a row at the peak: bool [frames]."""
    size = round(rate * FRAME_S)
    count = len(samples) // size
    peak = float(np.abs(samples).max(initial=0.0))
    if not count or peak < 0.05:
        return np.zeros(count, dtype=bool)
    top = np.abs(samples) >= 0.999 * peak
    three = top[2:] & top[1:-1] & top[:-2]
    return np.concatenate([three, [False] * 2])[: count * size].reshape(count, size).any(1)


def signal_to_noise(loudness: np.ndarray, mask: np.ndarray) -> float | None:
    """dB between speech and what is heard in its pauses; None without pauses."""
    if (~mask).sum() * FRAME_S < 0.2:
        return None
    quiet = 10 ** (np.percentile(loudness[~mask], 50) / 10)
    speech = np.mean(10 ** (loudness[mask] / 10))
    return float(10 * np.log10(max(speech - quiet, 1e-12) / quiet))


def bandwidth(wave: np.ndarray, rate: int, mask: np.ndarray) -> float:
    """Highest frequency within 55 dB of the loudest one in the speech's mean spectrum, Hz."""
    size = round(rate * FRAME_S)
    frames = wave[: len(mask) * size].reshape(-1, size)[mask] * np.hanning(size)
    power = np.square(np.abs(np.fft.rfft(frames, axis=1))).mean(0)
    inside = np.flatnonzero(power > power.max() * 10**-5.5)
    return float(inside[-1] * rate / size)


def pitch_spread(wave: np.ndarray, rate: int, mask: np.ndarray) -> float | None:
    """Octaves between the lowest and the highest tenth of the pitch, each over a second.

    None with less than two voiced seconds.
    """
    voiced = pitches(wave, rate, mask)
    whole = len(voiced) // PITCHES_A_SECOND
    if whole < 2:
        return None
    medians = np.median(voiced[: whole * PITCHES_A_SECOND].reshape(whole, -1), axis=1)
    return float(np.percentile(medians, 90) - np.percentile(medians, 10))


def pitches(wave: np.ndarray, rate: int, mask: np.ndarray) -> np.ndarray:
    """log2 of the pitch in Hz at every other frame of speech that is voiced: float [pitches]."""
    size, low, high = (
        round(rate * FRAME_S),
        round(rate / PITCHES_HZ[1]),
        round(rate / PITCHES_HZ[0]),
    )
    found: list[float] = []
    for frame in np.flatnonzero(mask)[::2]:
        piece = wave[frame * size : frame * size + 2 * high]
        if len(piece) < 2 * high:
            break
        piece = piece - piece.mean()
        spectrum = np.square(np.abs(np.fft.rfft(piece, 4 * high)))
        correlation = np.fft.irfft(spectrum)[: high + 1]
        lag = low + int(np.argmax(correlation[low:]))
        if correlation[lag] > 0.4 * correlation[0] > 0:
            found.append(np.log2(rate / (lag + _top(correlation[lag - 1 : lag + 2]))))
    return np.array(found)


def _top(three: np.ndarray) -> float:
    """Where the parabola through three values has its top, from the middle one; at edges there."""
    if len(three) < 3 or not three[1] > max(three[0], three[2]):
        return 0.0
    return float(0.5 * (three[0] - three[2]) / (three[0] - 2 * three[1] + three[2]))


def level_movement(loudness: np.ndarray, mask: np.ndarray) -> float | None:
    """Mean over seconds of the standard deviation of the level, dB; None below three seconds."""
    count = round(1 / FRAME_S)
    whole = len(mask) // count
    if not whole:
        return None
    blocks = loudness[: whole * count].reshape(whole, count)
    spoken = mask[: whole * count].reshape(whole, count).mean(1) > 0.8
    return float(blocks[spoken].std(1).mean()) if spoken.sum() >= 3 else None


def reverberation(wave: np.ndarray, rate: int) -> float | None:
    """Seconds in which sound fades by 60 dB, as fast as the level falls after loud sounds.

    The median of all falls by 15 dB or more; None with fewer than four. A room's RT60, where that
    is longer than speech's own falls (0.1 to 0.2 s); less where the microphone is close.
    """
    size = round(rate * FRAME_S / 2)
    frames = wave[: len(wave) // size * size].reshape(-1, size)
    power = np.square(frames, dtype=np.float64).mean(1)
    level = 10 * np.log10(np.convolve(power, np.ones(3) / 3) + 1e-12)
    loud, start, lowest = np.percentile(level, 95) - 20, 0, 0
    times: list[int] = []
    for now, height in enumerate([*level, np.inf]):
        if height > level[lowest] + RISE_DB or height >= level[start]:
            below = level[start] - level[start : lowest + 1]
            if below[-1] >= FALL_DB[1] and level[start] > loud:
                begin, end = (int(np.argmax(below >= step)) for step in FALL_DB)
                times.append(end - begin)
            start = lowest = now
        elif height < level[lowest]:
            lowest = now
    if len(times) < FEWEST_FALLS:
        return None
    return float(np.median(times)) * FRAME_S / 2 * 60 / (FALL_DB[1] - FALL_DB[0])
