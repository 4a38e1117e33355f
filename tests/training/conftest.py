"""What the tests of speech training share: a tiny model, a corpus of hums and its codes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.config import parse_config
from engine.models.codec.codec import Codec
from engine.models.voxtral import VoxtralModel
from training.codec.init import init_codec
from training.codes import (
    encode_corpus,
    load_codec,
)
from training.data.manifest import SAMPLE_RATE, Utterance
from training.data.speakers import STYLE_VALUES
from training.export import export
from training.presets import PRESETS
from training.speech.init import init_speech
from training.speech.samples import Part, Sample

CONFIG = parse_config(PRESETS["tiny"])
FRAME = CONFIG.codec.frame_samples
TEXTS = ("Yes.", "A red hat.", "Rain fell on the hill.", "No.")


@pytest.fixture(scope="module")
def model() -> VoxtralModel:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = VoxtralModel(CONFIG)
    init_codec(model.audio_tokenizer, generator)
    init_speech(model, generator)
    return model


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 hums of two speakers, one a preset, in the corpus format."""
    folder = tmp_path_factory.mktemp("corpus")
    lines, pieces, start = [], [], 0
    for n in range(24):
        text, count = TEXTS[n % 4], FRAME * (6 + n % 5) + 100
        time = np.arange(count) / SAMPLE_RATE
        pieces.append((9000 * np.sin(2 * np.pi * (150 + 20 * (n % 4)) * time)).astype(np.int16))
        words = ((0, len(text) - 1, 0.05, count / SAMPLE_RATE - 0.05),)
        speaker, split = ("neutral_male", "p0001")[n % 2], "valid" if n > 20 else "train"
        entry = Utterance(
            f"u{n}", text, speaker, "audio-000.npy", start, count, split, words, (("a", 0.0, 0.3),)
        )
        lines.append(entry.to_json())
        start += count
    np.save(folder / "audio-000.npy", np.concatenate(pieces))
    (folder / "manifest.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def codec_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("codec") / "codec.pt"
    codec = Codec(CONFIG.codec)
    init_codec(codec, torch.Generator().manual_seed(1))
    torch.save({"model": codec.state_dict()}, path)
    return path


@pytest.fixture(scope="module")
def codes(corpus: Path, codec_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("codes")
    encode_corpus(corpus, load_codec(codec_state, "tiny"), folder)
    return folder


@pytest.fixture
def begun(corpus: Path, codes: Path, codec_state: Path, tmp_path: Path) -> dict[str, Any]:
    """Options of a run that goes on from a checkpoint `old`."""
    export(codec_state, None, tmp_path / "old", "tiny")
    files = {"corpus": corpus, "codes": codes, "codec": codec_state, "out": tmp_path / "run"}
    return {**files, "from_checkpoint": tmp_path / "old", "preset": "tiny", "minutes": 60}


def random_sample(random: np.random.Generator, text: bytes, prompt: int, frames: int) -> Sample:
    codes = random.integers(0, 21, (prompt, CONFIG.num_codebooks), np.int16)
    style = random.standard_normal(STYLE_VALUES, np.float32)
    return Sample(codes, [random_part(random, text, frames)], style)


def random_part(random: np.random.Generator, text: bytes, frames: int) -> Part:
    codes = random.integers(0, 21, (frames, CONFIG.num_codebooks), np.int16)
    chars = np.linspace(0, len(text) - 1, frames, dtype=np.float32)
    return Part(text, codes, chars, np.full(frames, 3), codes.astype(np.int64))


@pytest.fixture
def samples() -> list[Sample]:
    random = np.random.default_rng(0)
    return [random_sample(random, b"Hello.", 5, 9), random_sample(random, b"A cat", 3, 6)]
