"""Many chunks in no order: texts -> codes, for those who keep them and make the sound later.

Rows never idle while anything waits. A finished take is judged at once; one that is not kept is
spoken again with other noise before anything continues it.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import torch

from engine.config import SPECIAL_CODES
from engine.device import enough_memory
from engine.generation.scheduler import Scheduler
from engine.generation.sequence import Sequence as Chunk
from engine.pipeline import Speaker, codes_of, link


@dataclass(frozen=True, eq=False)
class Line:
    """A chunk that is to be spoken, or was, and is continued by others.

    Args:
        name: Its noise is drawn by it: same name, text, voice and seed, same codes.
        text: What the model reads, one line.
        voice: One of the speaker's voices.
        codes: Of a line that was spoken before, int16 [codebooks, frames], 0-based.
    """

    name: str
    text: str
    voice: str = ""
    codes: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Take:
    """A line as it was spoken once.

    Args:
        line: Which one.
        number: How often it was spoken before.
        codes: int16 [codebooks, frames], 0-based.
        note: What went wrong and how it was handled; empty when nothing did.
        was_cut: Whether it did not end by itself.
    """

    line: Line
    number: int
    codes: np.ndarray
    note: str
    was_cut: bool = False


Judge = Callable[[Take], Take | None]
"""A new take -> the one to keep, this or an earlier one; None to hear another."""


def keep(take: Take) -> Take:
    """The judge who keeps every take."""
    return take


class Rendering:
    """What one call of `Engine.render` speaks.

    Args:
        chains: Lines that continue each other, in one voice; those that have codes come first.

    Raises:
        InputError: If the prompts of a chain leave no room for speech.
    """

    def __init__(self, speaker: Speaker, chains: Sequence[Sequence[Line]], judge: Judge) -> None:
        self.speaker, self.judge = speaker, judge
        self.lines: dict[int, Line] = {}
        self.kept: list[tuple[Chunk, Take]] = []
        self.positions = 0
        self.heads = [head for chain in chains if (head := self._head(chain)) is not None]

    def _head(self, chain: Sequence[Line]) -> Chunk | None:
        """The first chunk of a chain that is still to be spoken."""
        made = [
            self.speaker.chunk(len(self.lines) + number, line.text, line.voice, line.name)
            for number, line in enumerate(chain)
        ]
        spoken = [line for line in chain if line.codes is not None]
        new = made[len(spoken) :]
        if not new:
            return None
        assert all(line.codes is None for line in chain[len(spoken) :]), "codes come first"
        longer = [
            max(0, line.codes.shape[1] - c.bounds.limit)
            for line, c in zip(chain, made, strict=True)
            if line.codes is not None
        ]
        self.positions = max(self.positions, self.speaker.room(made) + sum(longer))
        self.lines |= {c.index: line for c, line in zip(made, chain, strict=True)}
        head = link(new)
        head.earlier = [(line.text, _frames(line.codes)) for line in spoken]
        return head

    @torch.inference_mode()
    def takes(self) -> Generator[Take, None, None]:
        """Takes that were kept, as they finish. Closing the iterator frees the rows."""
        if not self.heads:
            return
        scheduler = Scheduler(self.heads, self.speaker.rows(len(self.heads), self.positions))
        with (
            enough_memory(),
            closing(self.speaker.loop(scheduler, self.positions, self._judge)) as loop,
        ):
            while scheduler.waiting or any(scheduler.running):
                loop.advance()
                for chunk, take in self.kept:
                    chunk.frames.clear()
                    yield take
                self.kept.clear()

    def _judge(self, chunk: Chunk) -> bool:
        line, codes = self.lines[chunk.index], codes_of(chunk.frames)
        take = Take(line, chunk.take, codes, chunk.note, chunk.was_cut)
        kept = self.judge(take)
        if kept is None:
            return False
        if kept is not take:
            chunk.replace(_frames(kept.codes))
        self.kept.append((chunk, kept))
        return True


def _frames(codes: np.ndarray | None) -> list[np.ndarray]:
    """0-based codes [codebooks, frames] -> frames with specials: int64 [codebooks] each."""
    assert codes is not None
    return list(codes.T.astype(np.int64) + SPECIAL_CODES)
