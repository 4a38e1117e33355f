"""Strangers: `python -m training.data.strangers --out strangers.npz --texts DIR --kokoro DIR`.

Voices unlike those of a corpus, that say nothing in English: texts are read by the rules of other
languages (espeak-ng's, which must be installed) and spoken by both teachers, or by espeak-ng's own
voices that WORLD changes, in rooms and over lines. What they say is of no use, so none of it is
known: they are references (`training.speech.steady`), kept as codes of a checkpoint.
"""

import argparse
import io
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile

from engine import Engine
from engine.errors import InputError
from engine.hub import resolve
from engine.reference import prepare
from evaluation.audio import resample
from training.command import finish
from training.data.channels import channel_of, transmit
from training.data.kokoro import BLENDS, Kokoro, blend_of, manner
from training.data.manifest import SAMPLE_RATE
from training.data.phrases import split_list
from training.data.revoice import analysed, revoiced
from training.data.speakers import random_style
from training.data.teacher import Teacher
from training.data.texts import read_prose

LANGUAGES = split_list(
    "af|az|ca|cs|cy|da|de|eo|es|et|eu|fi|fr-fr|ga|hr|ht|hu|id|is|it|lt|lv|ms|mt|nb|nl|pl|pt|pt-br|"
    "ro|sk|sl|sq|sv|sw|tr|vi"
)
"""Of espeak-ng: those that are written in Latin letters, so that any text can be read."""
VARIANTS = split_list(
    "adam|anika|antonio|aunty|belinda|benjamin|boris|caleb|david|ed|edward|f1|f2|f3|f4|f5|grandma|"
    "grandpa|gustave|john|linda|m1|m2|m3|m4|m5|m6|m7|m8|max|michael|michel|miguel|norbert|pablo|"
    "paul|pedro|quincy|rob|robert|sandro|shelby|steph|travis|victor|zac"
)
"""Of espeak-ng's voice."""
CHANNELS = 0.85
"""Share of strangers that are heard through a channel."""
LONGEST_S = 9.0
MANNERS = 6
"""Strangers that are made of one sound of Kokoro's, which takes by far the longest."""
JOINED = ("t\u0283", "\u02a7"), ("d\u0292", "\u02a4"), ("ts", "\u02a6")
"""Two signs of espeak-ng's that are one in the teachers' alphabet."""


class Foreigner(Teacher):
    """A teacher that reads English letters as another language has them."""

    language = "es"

    def _phonemes(self, text: str) -> tuple[str, list[tuple[int, int, int, int]]]:
        command = ["espeak-ng", "-q", "--ipa", "-v", self.language, text]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        phonemes = " ".join(done.stdout.split()).replace("\u0361", "")
        for pair, sign in JOINED:
            phonemes = phonemes.replace(pair, sign)
        return phonemes, []


def strangers(
    count: int, texts: Sequence[str], kokoro: Path, seed: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Name and sound, float32 [n] at 24 kHz, of each; a third of them are of each kind."""
    rng, teacher = random.Random(f"strangers {seed}"), Foreigner()
    other, made = Kokoro(kokoro, teacher), 0
    while made < count:
        teacher.language = rng.choice(LANGUAGES)
        text = " ".join(rng.sample(texts, 2))
        kind, number = rng.choice(("kokoro", *["hibari", "espeak"] * MANNERS)), rng.randrange(10**6)
        if kind == "kokoro":
            names = [f"k{1 + number % BLENDS + BLENDS * n:04d}" for n in range(MANNERS)]
        else:
            names = [f"{kind} {number}"]
        for name in names:
            if kind == "kokoro":
                sound = other.speak(text, blend_of(name)).samples
            elif kind == "hibari":
                sound = teacher.speak(text, random_style(name), number).samples
            else:
                sound = _espeak(text, teacher.language, rng)
            if channel := channel_of(name, CHANNELS):
                sound = transmit(sound, channel, name, number)
            yield name, sound
            made += 1


def _espeak(text: str, language: str, rng: random.Random) -> np.ndarray:
    pace, pitch = rng.randrange(120, 190), rng.randrange(20, 80)
    voice = ["-v", f"{language}+{rng.choice(VARIANTS)}", "-s", str(pace), "-p", str(pitch)]
    command = ["espeak-ng", "--stdout", *voice, text]
    done = subprocess.run(command, capture_output=True, check=True)
    samples, rate = soundfile.read(io.BytesIO(done.stdout), dtype="float32")
    sound = resample(samples[: round(LONGEST_S * rate)], rate, SAMPLE_RATE)
    return revoiced(analysed(sound), manner(rng)) if rng.random() < 0.6 else sound


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.data.strangers", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--checkpoint", default="nano", help="whose codes")
    parser.add_argument("--texts", type=Path, default=Path("texts"), help="unpacked packages")
    parser.add_argument("--kokoro", type=Path, required=True, help="folder of Kokoro's voices")
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not shutil.which("espeak-ng"):
        parser.error("espeak-ng is not installed (apt-get install espeak-ng)")
    sys.exit(finish(lambda: _make(options)))


def _make(options: argparse.Namespace) -> None:
    options.out.parent.mkdir(parents=True, exist_ok=True)
    engine, codes, begin = Engine.from_folder(resolve(options.checkpoint)), [], time.monotonic()
    texts = read_prose(options.texts)
    for _, sound in strangers(options.count, texts, options.kokoro, options.seed):
        try:
            reference = prepare([(sound, SAMPLE_RATE)], SAMPLE_RATE, LONGEST_S)
        except InputError:  # too little of it is speech
            continue
        codes.append(engine.encode(reference.samples, reference.rate).T)
        if len(codes) % 50 == 0:
            print(f"{len(codes)} in {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    part = options.out.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, codes=np.concatenate(codes), frames=[len(one) for one in codes])
    part.replace(options.out)


def load_strangers(path: Path) -> list[np.ndarray]:
    """Codes of each, 0-based: int16 [frames, codebooks]."""
    with np.load(path) as file:
        return np.split(file["codes"], np.cumsum(file["frames"])[:-1])


if __name__ == "__main__":
    main()
