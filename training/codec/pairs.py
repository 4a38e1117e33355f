"""What a checkpoint says, with the codes that it said it in: exact pairs to learn an encoder from.

Sixteen chunks at a time come from a preset voice or a mix of two, with a guidance, a temperature
and a seed of their own. Written as a corpus (training.data.manifest) and its codes
(training.codes) in one folder.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.engine import Engine
from engine.errors import VoxtralError
from engine.speech import SpeechOptions
from training.codes import write_codes
from training.data.manifest import MANIFEST_NAME, Utterance
from training.data.templates import everyday, numbers, short
from training.speech.prompts import IGNORED

MADE_BY = "fingerprint.txt"
"""In the folder: whose codes they are."""
ROWS = 16
"""Chunks of a request, spoken side by side."""
SHORTEST = 8
"""Frames; chunks that end sooner are left out."""


def make_pairs(
    engine: Engine, out: Path, minutes: float, sentences: Sequence[str] = (), seed: int = 0
) -> None:
    """Write at least so many minutes of speech and codes to a folder.

    Args:
        sentences: What to say; empty for sentences of the corpus' patterns (English).
    """
    out.mkdir(parents=True, exist_ok=True)
    rng, frame = random.Random(seed), round(engine.sample_rate / engine.frame_rate)
    codes: list[tuple[str, np.ndarray, np.ndarray, np.ndarray]] = []
    spoken, shard = 0, 0
    with (out / MANIFEST_NAME).open("w", encoding="utf-8") as manifest:
        while spoken < minutes * 60 * engine.sample_rate:
            name, start, waves = f"audio-{shard:03d}.npy", 0, []
            for text, wave, rows in _request(engine, sentences, rng):
                wave = wave[: len(rows) * frame]  # without the pause after it
                entry = Utterance(
                    f"g{len(codes):06d}", text, "model", name, start, len(wave), "train"
                )
                unknown = np.full(len(rows), np.nan, np.float16)
                phones = np.full(len(rows), IGNORED, np.int16)
                codes.append((entry.id, rows, unknown, phones))
                manifest.write(entry.to_json() + "\n")
                waves.append(wave)
                start += len(wave)
            if waves:
                samples = (np.concatenate(waves).clip(-1, 1) * 32767).round().astype(np.int16)
                np.save(out / name, samples)
            spoken, shard = spoken + start, shard + 1
            print(f"{spoken / engine.sample_rate / 60:.1f} of {minutes:g} minutes", flush=True)
            if not codes:
                raise VoxtralError(
                    f"{engine.name} says nothing: all is shorter than {SHORTEST} frames.",
                    "Give longer sentences with --texts.",
                )
    (out / MADE_BY).write_text(engine.fingerprint, encoding="utf-8")
    write_codes(out, codes)


def _request(
    engine: Engine, sentences: Sequence[str], rng: random.Random
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Chunks of one request: text, samples float32 [n], codes int16 [frames, codebooks]."""
    kinds = (everyday, everyday, numbers, short)
    chosen = (
        rng.choices(sentences, k=ROWS)
        if sentences
        else [rng.choice(kinds)(rng) for _ in range(ROWS)]
    )
    options = SpeechOptions(
        seed=rng.randrange(2**31),
        cfg=rng.uniform(1.0, 2.0),
        temperature=rng.choice([None, rng.uniform(0, 1)]),
        rows=ROWS,
    )
    codes: list[np.ndarray] = []
    for piece in engine.stream("\n\n".join(chosen), voice_rows(engine, rng), options):
        codes.append(piece.codes)
        if piece.last:
            whole = np.concatenate(codes, axis=1)
            if whole.shape[1] >= SHORTEST:  # of its sound, all: the stream's is cut to the speech
                yield piece.text, engine.decode(whole), whole.T
            codes = []


def voice_rows(engine: Engine, rng: random.Random) -> Tensor:
    """A preset voice [rows, dim], or half of the time a mix of two."""
    first, second = (engine.rows(rng.choice(engine.voices)) for _ in range(2))
    share = rng.choice([0.0, rng.uniform(0, 0.5)])
    length = min(len(first), len(second)) - 1  # without the END row
    mixed = torch.lerp(first[:length], second[:length], share)
    return torch.cat([mixed, first[-1:]])
