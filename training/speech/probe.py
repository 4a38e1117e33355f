"""Hear a model while it is trained: sentences in its own free-running loop, as WAV files."""

from pathlib import Path

import numpy as np
import soundfile
import torch
from torch import Tensor

from engine.cloning import embed_codes
from engine.generation.loop import FrameLoop, seeded_noise
from engine.generation.scheduler import Scheduler
from engine.generation.sequence import Bounds, Sequence
from engine.generation.waveform import Waveform
from engine.generation.workspace import Workspace
from engine.models.voxtral import VoxtralModel
from training.speech.samples import Vocabulary, prompt_ids

BYTES = Vocabulary()


def embed_prompt(
    model: VoxtralModel, text: str, prompt: np.ndarray, vocabulary: Vocabulary = BYTES
) -> Tensor:
    """The prompt's input rows [positions, dim] for a voice of codes [frames, codebooks]."""
    config, parts = model.model_config, model.mm_audio_embeddings
    voice = embed_codes(model, prompt)
    ids = torch.tensor(prompt_ids(text, [config.audio_id] * len(voice), vocabulary))
    rows = parts.tok_embeddings(ids)
    rows[ids == config.audio_id] = voice
    return rows


@torch.no_grad()
def speak(
    model: VoxtralModel,
    texts: list[str],
    prompts: list[np.ndarray],
    vocabulary: Vocabulary = BYTES,
) -> list[Sequence]:
    """Sentences side by side, each in the voice of its prompt; the frames of each."""
    config = model.model_config
    rate = config.codec.frame_rate
    sequences = [
        Sequence(n, text, Bounds.of(text, rate), str(n), attempt=1) for n, text in enumerate(texts)
    ]
    positions = max(len(t.encode()) + len(p) for t, p in zip(texts, prompts, strict=True))
    positions += 8 + max(s.bounds.limit for s in sequences)

    def embed(text: str, voice: str | None) -> tuple[Tensor, Tensor]:
        inputs = embed_prompt(model, text, prompts[int(voice or 0)], vocabulary)
        return inputs[:0], inputs

    workspace = Workspace(model)
    loop = FrameLoop(
        workspace,
        workspace.step(len(sequences), positions, config.steps, config.cfg),
        Scheduler(sequences, len(sequences)),
        embed,
        seeded_noise(0, config.codec.acoustic_dim, config.temperature),
    )
    while any(not s.finished for s in sequences):
        loop.advance()
    return sequences


@torch.no_grad()
def write_probe(
    model: VoxtralModel,
    texts: list[str],
    prompts: list[np.ndarray],
    folder: Path,
    name: str,
    vocabulary: Vocabulary = BYTES,
) -> dict[str, float]:
    """WAV files `<name>-<n>.wav`; seconds spoken a character, and the share that ran away."""
    folder.mkdir(parents=True, exist_ok=True)
    sequences = speak(model, texts, prompts, vocabulary)
    config = model.model_config.codec
    for n, sequence in enumerate(sequences):
        if sequence.frames:
            samples = Waveform(model.audio_tokenizer).decode(sequence.frames)
            soundfile.write(folder / f"{name}-{n}.wav", samples, config.sampling_rate)
    frames = sum(len(s.frames) for s in sequences)
    return {
        "pace": frames / config.frame_rate / sum(map(len, texts)),
        "cut": sum(bool(s.note) for s in sequences) / len(sequences),
    }
