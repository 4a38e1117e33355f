"""Sound that a voice activity detector takes for speech: syllables of a buzz through formants."""

import numpy as np


def babble(seconds: float, pitch: float = 120.0, rate: int = 24000, seed: int = 0) -> np.ndarray:
    """float32 [n]: about four syllables a second, changing vowels, short pauses now and then."""
    random = np.random.default_rng(seed)
    n = round(seconds * rate)
    times = np.arange(n) / rate
    wave = np.zeros(n)
    glide = pitch * (1 + 0.08 * np.sin(2 * np.pi * 0.7 * times))
    phase = 2 * np.pi * np.cumsum(glide) / rate
    syllables = np.repeat(random.uniform(0, 1, round(seconds * 4) + 1), rate // 4)[:n]
    formants = [(300 + 500 * syllables, 90), (900 + 1300 * syllables, 140), (2600 + 0 * times, 200)]
    for harmonic in range(1, int(min(rate / 2, 11_000) / (pitch * 1.1))):
        frequency = harmonic * glide
        gain = sum(1 / (1 + ((frequency - centre) / width) ** 2) for centre, width in formants)
        wave += (gain + 0.01) / np.sqrt(harmonic) * np.sin(harmonic * phase)
    envelope = np.clip(np.sin(2 * np.pi * 2 * times) ** 2 * 1.6 - 0.1, 0, 1)
    envelope *= np.where((times % 4.0) > 3.5, 0.0, 1.0)
    wave = wave * envelope / np.abs(wave).max() * 0.4 + 1e-4 * random.standard_normal(n)
    return wave.astype(np.float32)
