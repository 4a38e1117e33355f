"""Channels: the rooms, noises and lines that recordings of people have and teachers have not.

A speaker has one channel or none, the same for all utterances, so that a clone learns to sound as
its reference does. The preset voices and the speakers that are held out have none.
"""

import io
import random
import zlib
from dataclasses import dataclass

import numpy as np
import soundfile

from training.data.manifest import SAMPLE_RATE
from training.data.speakers import CURVE_HZ, HELD_OUT, PRESETS, Style, gain_curve

CURVE = 0.35
"""Standard deviation of a microphone's colour, nepers at CURVE_HZ."""
KNEE_HZ = 40.0
"""Below it noise is no louder, however steep it is."""
FIRST_S = 0.003
"""When the first echo arrives."""
HUMS = 12
"""Harmonics of a mains hum."""
CODINGS = {"ULAW": "AU", "IMA_ADPCM": "WAV", "VORBIS": "OGG", "MPEG_LAYER_III": "MP3"}
"""The file format of each coding, as libsndfile calls them."""
COMPRESSION = 0.7
"""Of Vorbis and MP3: 0 is the least, 1 the most."""
ENVELOPE_S = 0.06
"""Time in which loudness changes."""
PRESSED, GATE = 0.03, 0.015
"""Loudness, of the loudest, below which nothing is drawn nearer; and where a gate closes."""


@dataclass(frozen=True)
class Channel:
    """What happens to a voice between the lips and the file, in this order.

    Attributes:
        decay: Seconds until the room's echo is 60 dB fainter; 0 for no room.
        direct: dB by which the voice itself is louder than its echo.
        snr: dB by which the voice is louder than the noise; infinite for none.
        slope: dB an octave by which the noise falls with frequency.
        hum: dB by which the voice is louder than the mains' hum; infinite for none.
        mains: Hz.
        band: Lowest and highest frequency of the line, Hz.
        colour: Of microphone and line.
        press: How far loud and soft are drawn together; 0 not, 1 wholly.
        gated: Whether pauses are made silent.
        coding: One of CODINGS, or nothing.
    """

    decay: float
    direct: float
    snr: float
    slope: float
    hum: float
    mains: float
    band: tuple[float, float]
    colour: Style
    press: float
    gated: bool
    coding: str


def channel_of(speaker: str, share: float) -> Channel | None:
    """The channel of this speaker, if it is among the `share` of speakers that have one."""
    rng = random.Random(f"channel {speaker}")
    if rng.random() >= share or speaker in PRESETS or speaker in HELD_OUT:
        return None
    room, noise = rng.random() < 0.6, rng.random() < 0.85
    top = rng.choices(
        (12000.0, rng.uniform(5000, 11000), rng.uniform(7000, 7900), rng.uniform(3300, 3900)),
        (45, 20, 20, 15),
    )[0]
    bottom = rng.choices((20.0, rng.uniform(60, 150), rng.uniform(150, 320)), (5, 3, 2))[0]
    coloured = rng.random() < 0.5
    return Channel(
        decay=rng.uniform(0.1, 0.7) if room else 0.0,
        direct=rng.uniform(-1.0, 16.0),
        snr=rng.uniform(14.0, 44.0) if noise else float("inf"),
        slope=rng.uniform(0.0, 9.0),
        hum=rng.uniform(20.0, 50.0) if rng.random() < 0.2 else float("inf"),
        mains=rng.choice((50.0, 60.0)),
        band=(bottom, top),
        colour=Style(curve=tuple(rng.gauss(0, CURVE) for _ in CURVE_HZ) if coloured else ()),
        coding=rng.choice(list(CODINGS)) if rng.random() < 0.4 else "",
        press=rng.uniform(0.0, 0.5) if rng.random() < 0.4 else 0.0,
        gated=rng.random() < 0.4,
    )


def transmit(samples: np.ndarray, channel: Channel, speaker: str, seed: int) -> np.ndarray:
    """A voice as it comes out of a channel, without delay.

    Args:
        samples: float32 [n] at 24 kHz.
        channel: Whatever is between.
        speaker: Names the room.
        seed: Of the noise.

    Returns:
        float32 [n].
    """
    length = 1 << (len(samples) + SAMPLE_RATE - 1).bit_length()
    hertz = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    heard = np.fft.rfft(samples, length) * np.fft.rfft(_room(channel, speaker), length)
    rng = np.random.default_rng(seed)
    noise = np.fft.rfft(rng.standard_normal(length))
    noise *= np.maximum(hertz, KNEE_HZ) ** (-channel.slope / (20 * np.log10(2)))
    power = np.sum(np.abs(heard) ** 2) / len(samples)
    added = [(channel.snr, noise)]
    if channel.hum < float("inf"):
        added.append((channel.hum, np.fft.rfft(_hum(channel, speaker, rng, length))))
    for below, noise in added:
        gain = power / (np.sum(np.abs(noise) ** 2) / length) / 10 ** (below / 10)
        heard += noise * np.sqrt(gain)
    low, high = channel.band
    heard *= np.exp(gain_curve(len(hertz), SAMPLE_RATE / 2, channel.colour)[:, 0])
    heard /= np.sqrt(1 + (low / np.maximum(hertz, 1.0)) ** 8) * np.sqrt(1 + (hertz / high) ** 40)
    sound = np.fft.irfft(heard, length)[: len(samples)]
    if channel.press or channel.gated:
        level = _loudness(samples)
        sound *= np.maximum(level, PRESSED) ** -channel.press
        if channel.gated:
            sound *= np.minimum(level / GATE, 1.0) ** 2
    if channel.coding:
        sound = _coded(sound, channel.coding)
    return sound.astype(np.float32)


def _loudness(samples: np.ndarray) -> np.ndarray:
    """Envelope [n], 1 where it is loudest: rms over blocks, and lines between their middles."""
    block = round(ENVELOPE_S / 2 * SAMPLE_RATE)
    padded = np.pad(samples, (0, -len(samples) % block))
    rms = np.sqrt(np.square(padded.reshape(-1, block)).mean(axis=1))
    middles = (np.arange(len(rms)) + 0.5) * block
    return np.interp(np.arange(len(samples)), middles, rms / (rms.max() or 1.0))


def _room(channel: Channel, speaker: str) -> np.ndarray:
    """Impulse response [n]: the voice itself, and an echo whose high notes die away first."""
    if not channel.decay:
        return np.ones(1)
    rng = np.random.default_rng(zlib.crc32(f"room {speaker}".encode()))
    seconds = np.arange(round(channel.decay * SAMPLE_RATE)) / SAMPLE_RATE
    white = rng.standard_normal(len(seconds))
    dull = np.convolve(white, np.ones(8) / 8, "same")
    fall = 10 ** (-3 * seconds / channel.decay)
    echo = dull * fall + (white - dull) * fall**2
    echo[: round(FIRST_S * SAMPLE_RATE)] = 0.0
    echo *= 10 ** (-channel.direct / 20) / np.sqrt(np.sum(echo**2))
    echo[0] = 1.0
    return echo


def _hum(channel: Channel, speaker: str, rng: np.random.Generator, length: int) -> np.ndarray:
    """The mains and its harmonics [length], as strong as they are where this speaker is."""
    order = np.arange(1, HUMS + 1)
    place = np.random.default_rng(zlib.crc32(f"hum {speaker}".encode()))
    strength = place.exponential(size=HUMS) / order
    turns = channel.mains * np.arange(length) / SAMPLE_RATE + rng.random()
    return strength @ np.sin(2 * np.pi * order[:, None] * turns)


def _coded(sound: np.ndarray, coding: str) -> np.ndarray:
    """What is left of a sound [n] after a coding; none of them has a delay."""
    peak, file = np.abs(sound).max() or 1.0, io.BytesIO()
    level = COMPRESSION if coding in ("VORBIS", "MPEG_LAYER_III") else None
    soundfile.write(
        file,
        0.9 * sound / peak,
        SAMPLE_RATE,
        format=CODINGS[coding],
        subtype=coding,
        compression_level=level,
    )
    file.seek(0)
    return soundfile.read(file)[0][: len(sound)] * peak / 0.9
