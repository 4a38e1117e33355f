"""One request, start to end: chunks of text -> prompts -> frames -> samples, in order."""

import itertools
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from engine.cloning import embed_codes
from engine.config import SPECIAL_CODES, ModelConfig
from engine.device import enough_memory, free_memory
from engine.errors import InputError
from engine.generation.decoding import TOGETHER, CodecThread
from engine.generation.graphs import bucket
from engine.generation.loop import FrameLoop, NoiseSource, seeded_noise
from engine.generation.scheduler import Scheduler
from engine.generation.sequence import Bounds
from engine.generation.sequence import Sequence as Chunk
from engine.generation.static import SHORTEST_SPAN
from engine.generation.waveform import Waveform
from engine.generation.workspace import Workspace
from engine.longform import chain_chars, chains
from engine.models.backbone import placed
from engine.models.voxtral import VoxtralModel
from engine.prompt import Prompt
from engine.speech import FlowOptions, SpeechChunk, SpeechOptions
from engine.text import Passage

MOST_WAITING = 128
"""Pieces that wait to be decoded before the frames wait for them."""
CACHE_SHARE = 0.5
"""Of the free memory, for the cache."""
MOST_ROWS = (16, 64)
"""On the CPU and on a GPU; beyond, rows bring little and the first sound comes late."""


def link(chain: Sequence[Chunk]) -> Chunk:
    """Make each chunk the follower of the one before; returns the first."""
    for chunk, follower in itertools.pairwise(chain):
        chunk.follower, follower.follows = follower, True
    return chain[0]


def flow_options(options: SpeechOptions, config: ModelConfig) -> FlowOptions:
    """How the flow head runs: as was asked, otherwise as the checkpoint asks."""
    own = FlowOptions(config.cfg, config.steps, config.temperature)
    asked = {name: getattr(options, name) for name in ("cfg", "steps", "temperature")}
    return replace(own, **{name: value for name, value in asked.items() if value is not None})


@dataclass
class Speaker:
    """What it takes to speak chunks.

    Args:
        workspace: Of the model that speaks.
        voices: Rows of each voice's embedding [rows, dim], on the model's device, in its dtype.
        build: A text and the voice's number of rows -> the prompt that opens a row; without that
            number the one that continues it.
        noise: Where noise comes from; seeded by the options unless given.
    """

    workspace: Workspace
    voices: Mapping[str, Tensor]
    build: Callable[[str, int | None], Prompt]
    options: SpeechOptions
    noise: NoiseSource | None = None
    openings: dict[str, Tensor] = field(default_factory=dict, init=False)

    @property
    def model(self) -> VoxtralModel:
        return self.workspace.model

    def chunk(self, index: int, text: str, voice: str = "", name: str = "") -> Chunk:
        bounds = Bounds.of(text, self.model.model_config.codec.frame_rate)
        return Chunk(index, text, bounds, voice, name)

    def room(self, chain: Sequence[Chunk]) -> int:
        """Positions that a chain can take: at most a token a byte, the specials, the frames.

        Raises:
            InputError: If the model has fewer.
        """
        texts = sum(len(chunk.text.encode()) + 8 for chunk in chain)
        frames = sum(chunk.bounds.limit + 1 for chunk in chain)
        room = len(self.voices[chain[0].voice]) + texts + frames
        most = self.model.model_config.max_positions
        if room > most:
            raise InputError(
                f"A chunk of text may need {room} positions; this model has {most}.",
                "Speak shorter chunks.",
            )
        return room

    def rows(self, heads: int, positions: int) -> int:
        """Rows for so many chains, each of so many positions: as asked, or what memory allows."""
        if self.options.rows:
            return min(self.options.rows, heads)
        config, weight = self.model.config, self.model.norm.weight
        on_gpu = weight.device.type == "cuda"
        if on_gpu:
            positions = bucket(positions, SHORTEST_SPAN)  # as `StaticStep` does, and with rows too
        values = 2 * config.n_layers * config.n_kv_heads * config.head_dim * positions
        free = (free_memory(weight.device) + self.workspace.idle_size) * CACHE_SHARE
        fitting = int(free // (values * weight.element_size()))
        if on_gpu:
            fitting = 1 << max(0, fitting.bit_length() - 1)
        return max(1, min(MOST_ROWS[on_gpu], fitting, heads))

    def together(self, rows: int) -> int:
        """Pieces that are decoded at once where so many rows speak."""
        on_gpu = self.model.norm.weight.device.type == "cuda"
        return min(TOGETHER, bucket(rows, 1)) if on_gpu else 1

    def loop(
        self,
        scheduler: Scheduler,
        positions: int,
        judge: Callable[[Chunk], bool] = lambda chunk: True,
    ) -> FrameLoop:
        """The loop that speaks the chunks of a scheduler; `positions` from `room`. Close it."""
        config = self.model.model_config
        flow = flow_options(self.options, config)
        noise = self.noise or seeded_noise(
            self.options.seed, config.codec.acoustic_dim, flow.temperature
        )
        step = self.workspace.step(scheduler.rows, positions, flow.steps, flow.cfg)
        return FrameLoop(self.workspace, step, scheduler, self.embed, noise, judge)

    def embed(self, text: str, voice: str | None) -> tuple[Tensor, Tensor]:
        """A prompt as backbone inputs [positions, dim]: tokens, and the rows of a voice or END.

        Returns:
            What a voice's prompts open with, nothing without a voice; and what comes after it.
        """
        rows = self._end_row if voice is None else self.voices[voice]
        prompt = self.build(text, None if voice is None else len(rows))
        ids = placed(prompt.ids, rows.device)
        inputs = self.model.mm_audio_embeddings.tok_embeddings(ids)
        end = prompt.audio_start + prompt.audio_rows
        inputs[prompt.audio_start : end] = rows
        if voice is None:
            return inputs[:0], inputs
        if voice not in self.openings:
            self.openings[voice] = inputs[:end].clone()
        return self.openings[voice], inputs[end:]

    @cached_property
    def _end_row(self) -> Tensor:
        """[1, dim]."""
        return embed_codes(self.model, np.zeros((0, self.model.model_config.num_codebooks)))


class SpeechRequest:
    """What one call of `Engine.stream` speaks, in the order of the text.

    Args:
        passages: The chunks, already normalized. Their voices are among the speaker's.

    Raises:
        InputError: If the prompts of a chain leave no room for speech.
    """

    def __init__(self, speaker: Speaker, passages: Sequence[Passage]) -> None:
        self.speaker = speaker
        self.sequences = [
            speaker.chunk(index, passage.text, passage.voice)
            for index, passage in enumerate(passages)
        ]
        grouped = [
            [self.sequences[index] for index in chain]
            for chain in chains(passages, chain_chars(speaker.model.model_config, speaker.options))
        ]
        self.positions = max(map(speaker.room, grouped))
        self.heads = [link(chain) for chain in grouped]

    @torch.inference_mode()
    def stream(self) -> Generator[SpeechChunk, None, None]:
        """Pieces of speech, in order. Closing the iterator frees the rows."""
        scheduler = Scheduler(self.heads, self.speaker.rows(len(self.heads), self.positions))
        with enough_memory():
            yield from self._run(scheduler)

    def _run(self, scheduler: Scheduler) -> Iterator[SpeechChunk]:
        """Frames here, samples on a thread beside: they are a third of the work of many rows."""
        silent, order = True, deque(map(self._sound, self.sequences))
        working = deque[Future[SpeechChunk]]()
        thread = self.speaker.workspace.codec_thread
        together = self.speaker.together(scheduler.rows)
        try:
            with closing(self.speaker.loop(scheduler, self.positions)) as loop:
                while order:
                    thread.check_alive()
                    while working and (working[0].done() or len(working) > MOST_WAITING):
                        working.popleft().result()  # an error is not kept until its turn
                    speaking = bool(scheduler.waiting) or any(scheduler.running)
                    if speaking:
                        loop.advance()
                    for sound in itertools.islice(order, scheduler.rows):
                        working.extend(sound.decode(thread, together))
                    while order and (order[0].over or order[0].pieces):
                        if order[0].over:
                            order.popleft().sequence.frames.clear()
                        elif speaking and not silent and not order[0].pieces[0].done():
                            break
                        else:
                            silent = False
                            yield order[0].pieces.popleft().result()
        finally:
            for sound in order:  # of a stream that was closed early
                while sound.pieces:
                    sound.pieces.popleft().cancel()

    def _sound(self, sequence: Chunk) -> "Sound":
        options = self.speaker.options
        return Sound(sequence, Waveform(self.speaker.model.audio_tokenizer, options.first_chunk_ms))


@dataclass
class Sound:
    """A chunk on its way from frames to samples.

    Args:
        pieces: Those that are decoded, or will be, and were not heard yet.
    """

    sequence: Chunk
    waveform: Waveform
    pieces: deque[Future[SpeechChunk]] = field(default_factory=deque)

    @property
    def over(self) -> bool:
        """Whether all of it was heard."""
        ended = self.sequence.finished and self.waveform.done == len(self.sequence.frames)
        return ended and not self.pieces

    def decode(self, thread: CodecThread, together: int) -> Iterator[Future[SpeechChunk]]:
        """Begin with what can be heard now and was not yet."""
        sequence, waveform = self.sequence, self.waveform
        available = sequence.audible
        for frames in waveform.pieces(sequence.frames[:available], sequence.finished):
            last = sequence.finished and waveform.done == available
            note = sequence.note if last else ""
            make = partial(heard, sequence, frames, last, note)
            self.pieces.append(thread.submit(waveform, frames, make, together))
            yield self.pieces[-1]


def heard(
    sequence: Chunk, frames: list[np.ndarray], last: bool, note: str, samples: np.ndarray
) -> SpeechChunk:
    """The next piece of a chunk."""
    return SpeechChunk(
        samples=samples,
        text=sequence.text,
        index=sequence.index,
        last=last,
        codes=codes_of(frames),
        note=note,
    )


def codes_of(frames: Sequence[np.ndarray]) -> np.ndarray:
    """Frames with specials -> 0-based codes: int16 [codebooks, frames]."""
    return (np.stack(frames, axis=1) - SPECIAL_CODES).astype(np.int16)
