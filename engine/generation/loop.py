"""The loop over frames: schedule -> run -> collect. Owns the state of one request.

Each chunk has its own noise, its prompt is read alone, and the step treats rows one by
one (`engine.generation.frame`). So a chunk's codes are the same alone or beside others, in any row.

A prompt is read in two parts, how it opens with the voice and then the text: the first is the same
for all chunks of a voice and read once (`engine.generation.workspace`).

A chunk that continues another is spoken in its row, whose positions stay:

    opening prompt with the voice | frames | END row, prompt | frames | END row, prompt | ...

The END row is the one that voices have (`engine.cloning.voice_codes`), not the ending step's own.
What a follower hears is a function of the texts and frames before it, however these came about
(`FrameLoop._replay`): a chain that is taken up again goes on as if it had never stopped.

Where the step has a lag (on a GPU), frames are started before the codes of earlier ones are seen.
Those that turn out to be spoken after the end of their turn are dropped.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.config import END_AUDIO
from engine.generation.frame import Codes, FrameStep
from engine.generation.scheduler import Scheduler
from engine.generation.sequence import Sequence
from engine.generation.workspace import Workspace

NoiseSource = Callable[[Sequence], Iterator[Tensor]]
"""A chunk (its name, take and attempt) -> starting noise of each frame, float32 [acoustic_dim]."""

PromptSource = Callable[[str, str | None], tuple[Tensor, Tensor]]
"""A text and a voice -> a prompt as backbone inputs [positions, dim], in two parts: how it opens
with the voice, whatever the text, and the rest. Without a voice nothing opens: END row and the
prompt that continues what a row holds."""


@dataclass(eq=False)
class Turn:
    """A row's work on a chunk, from reading its prompt to END, a retry or a cut.

    Args:
        draws: The chunk's noise.
        spoken: Frames so far, with those that were started and not collected yet.
        begun: Positions of the row after the prompt and the frames that were kept.
    """

    sequence: Sequence
    draws: Iterator[Tensor]
    spoken: int
    begun: int


class FrameLoop:
    """Speaks the chunks of a scheduler, a frame of every row at a time.

    Args:
        workspace: Of the step.
        step: Has as many rows as the scheduler, or more.
        embed: Where prompts come from.
        noise: Where each chunk's noise comes from.
        judge: A finished chunk -> whether it is kept (its frames perhaps replaced) or spoken again.
    """

    def __init__(
        self,
        workspace: Workspace,
        step: FrameStep,
        scheduler: Scheduler,
        embed: PromptSource,
        noise: NoiseSource,
        judge: Callable[[Sequence], bool] = lambda sequence: True,
    ) -> None:
        self.workspace, self.step, self.scheduler = workspace, step, scheduler
        self.embed, self.noise, self.judge = embed, noise, judge
        self.model, self.cache, self.buffers = step.model, step.cache, step.buffers
        self.turns: list[Turn | None] = [None] * scheduler.rows
        self.started: deque[tuple[list[tuple[int, Turn]], Codes]] = deque()

    def advance(self) -> None:
        """Read a few prompts (so that no row waits long for others), then speak one frame."""
        for _ in range(self.step.prompts):
            admitted = self.scheduler.admit()
            if admitted is not None:
                self._prefill(*admitted)
        speaking = list(self.scheduler.speaking())
        if speaking:
            self._start(speaking)
        if self.started and (len(self.started) > self.step.lag or not speaking):
            turns, codes = self.started.popleft()
            for frame, (row, turn) in zip(codes(), turns, strict=True):
                if self.turns[row] is turn:
                    self._collect(row, turn, frame)

    def close(self) -> None:
        """Wait for what was started, and let others have the step."""
        while self.started:
            self.started.popleft()[1]()
        self.workspace.give_back(self.step)

    def _start(self, rows: list[int]) -> None:
        turns = []
        for row in rows:
            turn = self.turns[row]
            assert turn is not None, row
            self.step.feed(
                row, next(turn.draws), forbid_end=turn.spoken < turn.sequence.bounds.least
            )
            turn.spoken += 1
            turns.append((row, turn))
        self.started.append((turns, self.step.launch(rows)))

    def _prefill(self, row: int, sequence: Sequence) -> None:
        """Read the prompt, and on a second attempt the frames that stay."""
        if sequence.start is None:
            sequence.start = self._place(row, sequence)
        self.cache.lengths[row] = sequence.start
        hidden = self._ask(row, sequence.text, self._opening(sequence))
        if sequence.frames:
            hidden = self.step.read(row, self._heard(sequence.frames))
        self.buffers.hidden[row] = hidden
        self.step.place(row)
        begun, kept = self.cache.lengths[row], len(sequence.frames)
        self.turns[row] = Turn(sequence, self.noise(sequence), kept, begun)

    def _place(self, row: int, sequence: Sequence) -> int:
        """Where the chunk begins: after what it continues, or at the row's start."""
        if sequence.follows:
            return self.cache.lengths[row]
        self.cache.reset(row)
        for number, (text, frames) in enumerate(sequence.earlier):
            self._replay(row, text, None if number else sequence.voice, frames)
        return self.cache.lengths[row]

    @staticmethod
    def _opening(sequence: Sequence) -> str | None:
        return None if sequence.start else sequence.voice

    def _ask(self, row: int, text: str, voice: str | None) -> Tensor:
        """Read the prompt of a text behind what a row holds; with a voice, at its start."""
        opening, rest = self.embed(text, voice)
        if voice is not None:
            self.workspace.open(self.step, row, opening)
        return self.step.read(row, rest)

    def _replay(self, row: int, text: str, voice: str | None, frames: list[np.ndarray]) -> None:
        """Hear a chunk that was spoken before, in steps of one frame, as speaking it would have."""
        self._ask(row, text, voice)
        for frame in self._heard(frames):
            self.step.read(row, frame.unsqueeze(0))

    def _heard(self, frames: list[np.ndarray]) -> Tensor:
        """Frames as backbone inputs [frames, dim]."""
        codes = torch.from_numpy(np.stack(frames)).to(self.buffers.hidden.device)
        return self.model.mm_audio_embeddings.audio_codebook_embeddings(codes)

    def _collect(self, row: int, turn: Turn, codes: np.ndarray) -> None:
        sequence = turn.sequence
        if codes[0] == END_AUDIO:
            sequence.finished = True
        else:
            sequence.frames.append(codes)
        if sequence.run_away and sequence.attempt == 0:
            sequence.retry()
            self._again(row)
            return
        if sequence.run_away:
            sequence.cut()
        if not sequence.finished:
            return
        if not self.judge(sequence):
            sequence.again()
            self._again(row)
            return
        self.turns[row] = None
        if sequence.follower is not None:
            self._leave(row, turn)
        self.scheduler.release(row)

    def _again(self, row: int) -> None:
        self.turns[row] = None
        self.scheduler.retry(row)

    def _leave(self, row: int, turn: Turn) -> None:
        """Let the row hold the chunk's frames and nothing after them."""
        sequence = turn.sequence
        if sequence.exact:
            self.cache.lengths[row] = turn.begun + len(sequence.frames)
        else:
            assert sequence.start is not None
            self.cache.lengths[row] = sequence.start
            self._replay(row, sequence.text, self._opening(sequence), sequence.frames)
        self.step.place(row)


def seeded_noise(seed: int, dim: int, temperature: float = 1.0) -> NoiseSource:
    """Noise of each take of a chunk from its own generator: who else speaks never matters.

    Args:
        seed: Of the request.
        dim: Values a frame (acoustic_dim).
        temperature: Standard deviation.
    """

    def draws(sequence: Sequence) -> Iterator[Tensor]:
        take = f"+{sequence.take}" if sequence.take else ""
        name = f"{seed}/{sequence.name}{take}/{sequence.attempt}".encode()
        mixed = int.from_bytes(hashlib.sha256(name).digest()[:8], "big") >> 1
        generator = torch.Generator().manual_seed(mixed)
        while True:
            yield temperature * torch.randn(dim, generator=generator)

    return draws
