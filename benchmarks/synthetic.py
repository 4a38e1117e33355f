"""An engine of any dimensions with random weights, and requests to it of a known length.

How fast an engine is does not depend on what its weights say. END cannot win: its logit is zero
(its row is), and the largest of thousands of random others is far above. So a chunk speaks until
its bound, and that is the number of frames asked for.
"""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from engine import checkpoint
from engine.config import END_AUDIO, ModelConfig, parse_config, read_params
from engine.engine import Engine
from engine.generation.loop import seeded_noise
from engine.generation.sequence import Bounds
from engine.generation.sequence import Sequence as Chunk
from engine.loading import prepared
from engine.models.voxtral import VoxtralModel
from engine.pipeline import Speaker, SpeechRequest
from engine.speech import SpeechOptions
from engine.text import Passage
from engine.tokenizer import Tokenizer

CHARACTERS = 500
"""A text, as in the paper's measurements."""
SECONDS = 509 / 12.5
"""Of sound that such a text makes: 509 frames, 0.081 s a character, which vLLM-Omni's figures for
the official model imply."""
VOICE_ROWS = 126
"""Of a voice of 10 s: 125 frames and END."""
CHARACTERS_A_TOKEN = 4


class Words:
    """In a tokenizer's place: as many tokens as a text of this length has."""

    bos, audio, begin_audio, next_audio_text, repeat_audio_text = 1, 24, 25, 36, 35

    def encode_text(self, text: str) -> list[int]:
        return [40] * (len(text) // CHARACTERS_A_TOKEN)


@dataclass(frozen=True)
class Bytes:
    """Of weights that a frame must read.

    Args:
        step: For each Euler step.
        frame: Once.
        position: Of keys and values, for each position that a row has.
    """

    step: int
    frame: int
    position: int

    @classmethod
    def of(cls, model: VoxtralModel) -> "Bytes":
        head, config = model.acoustic_transformer, model.config
        steps = (head.layers, head.norm, head.input_projection, head.acoustic_codebook_output)
        once = (head.llm_projection, head.semantic_codebook_output, model.layers, model.norm)
        values = 2 * config.n_layers * config.n_kv_heads * config.head_dim
        return cls(
            step=sum(tensor.nbytes for part in steps for tensor in part.parameters()),
            frame=sum(tensor.nbytes for part in once for tensor in part.parameters()),
            position=values * model.norm.weight.element_size(),
        )

    def moved(self, rows: int, steps: int, positions: float) -> float:
        """By a frame of rows that hold so many positions."""
        return steps * self.step + self.frame + rows * positions * self.position


@dataclass
class Spoken:
    """One run of a request.

    Args:
        first: Seconds from the known prompt to the first samples.
        seconds: To the last.
        samples: Of all chunks.
        frames: Seconds that each frame took while all rows spoke.
    """

    first: float
    seconds: float
    samples: int
    frames: list[float]


@dataclass
class Synthetic:
    """The engine, and what speaking through it needs.

    Args:
        bytes: Read by a frame.
        noises: When each frame of the last chunk was started.
    """

    engine: Engine
    model: VoxtralModel
    bytes: Bytes
    noises: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, params: Path, device: str) -> "Synthetic":
        """With the dimensions of a params.json; bfloat16 but on the CPU."""
        model = random_model(parse_config(read_params(params)), device)
        sizes = Bytes.of(model)  # before the engine lays the weights out as it likes
        engine = Engine(Path(params.stem), prepared(model, cast(Tokenizer, Words())))
        return cls(engine, model, sizes)

    def voice(self, seed: int = 0) -> Tensor:
        """Rows of a voice that was never heard before, for a new seed."""
        weight = self.model.norm.weight
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randn(VOICE_ROWS, self.model.config.dim, generator=generator)
        return rows.to(weight.device, weight.dtype)

    def request(self, options: SpeechOptions, voice: Tensor, frames: int) -> SpeechRequest:
        """As many chunks of CHARACTERS as rows, of so many frames each."""
        speaker = self.engine._speaker({"": voice}, options)
        vars(speaker)["chunk"] = chunk_of(frames)
        speaker.noise = self._timed(speaker, options.rows)
        passages = [Passage("x" * CHARACTERS, 0.0)] * options.rows
        return SpeechRequest(speaker, passages)

    def speak(self, options: SpeechOptions, voice: Tensor, frames: int) -> Spoken:
        """A request from its prompts to its last sample."""
        synchronize(self.engine.device)
        self.noises.clear()
        begin, first, samples = time.perf_counter(), 0.0, 0
        for piece in self.request(options, voice, frames).stream():
            first = first or time.perf_counter() - begin
            samples += len(piece.samples)
        seconds = time.perf_counter() - begin
        ticks = self.noises[: max(2, frames - options.rows)]  # then the first rows are done
        took = [after - before for before, after in itertools.pairwise(ticks)]
        return Spoken(first, seconds, samples, took)

    def first_audio(self, options: SpeechOptions, voice: Tensor) -> float:
        """Seconds from the known prompt to the first samples; the rest is not spoken."""
        synchronize(self.engine.device)
        begin = time.perf_counter()
        frames = round(SECONDS * self.engine.frame_rate)
        stream = self.request(options, voice, frames).stream()
        next(stream)
        seconds = time.perf_counter() - begin
        stream.close()
        return seconds

    def _timed(self, speaker: Speaker, rows: int):
        """Noise as ever, which notes when it was asked for: once a frame, just before it."""
        draw = seeded_noise(0, self.model.model_config.codec.acoustic_dim)

        def noise(chunk: Chunk) -> Iterator[Tensor]:
            for values in draw(chunk):
                if chunk.index == rows - 1:
                    self.noises.append(time.perf_counter())
                yield values

        return noise


def chunk_of(frames: int):
    """In place of `Speaker.chunk`: chunks that are cut, without a second attempt, at a length."""

    def chunk(index: int, text: str, voice: str = "", name: str = "") -> Chunk:
        return Chunk(index, text, Bounds(frames, frames, frames), voice, name, attempt=1)

    return chunk


@torch.no_grad()
def random_model(config: ModelConfig, device: str) -> VoxtralModel:
    """Weights made where they are to be; the values within it stay near 1."""
    model = checkpoint.build(config, with_encoder=False)
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    generator = torch.Generator(device).manual_seed(0)
    weights = {}
    for name, meta in model.state_dict().items():
        kept = torch.float32 if name.startswith(checkpoint.FLOAT32_PREFIX) else dtype
        weight = torch.ones(meta.shape, dtype=kept, device=device)
        if weight.dim() > 1:
            fan_in = weight[0].numel()
            weight.normal_(0, fan_in**-0.5, generator=generator)
        weights[name] = weight
    model.load_state_dict(weights, assign=True)
    model.acoustic_transformer.semantic_codebook_output.weight[END_AUDIO] = 0
    return model.eval().requires_grad_(False)


def synchronize(device: str) -> None:
    """Wait for a GPU."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
