"""One chunk of text being spoken: how long it may be, what it has so far, how it ended.

What a chunk sounds like is a function of its text, voice, options and number alone. So is the
handling of a runaway (a chunk whose END does not come), which must never repeat or take back
audio that was already heard:

    0 ------- sure ------------- kept ------------------- limit      frames
    streamed  | held until END is seen, then streamed     | runaway

Frames before `sure` (faster than anybody reads this text) are handed on as they come. The rest is
held back until END. At `limit` the chunk returns to `sure` and goes on from there with other
noise; if it runs away again, it is cut at `kept`. Either is reported in `note`.
"""

from dataclasses import dataclass, field

import numpy as np

SURE_SECONDS = 0.035
"""Per character: speech is not over before (typical English takes 0.065). In the first half of it
END is forbidden: some prompts make END and silence equally likely in the first frames."""
KEPT_SECONDS = (0.5, 0.1)
"""In all and per character: what is kept of a chunk that never ends."""
LIMIT_SECONDS = (1.5, 0.25)
"""In all and per character: a chunk this long has run away."""
LONGEST_SECONDS = 120.0


@dataclass(frozen=True)
class Bounds:
    """Frame counts, see above; sure <= kept <= limit."""

    sure: int
    kept: int
    limit: int

    @property
    def least(self) -> int:
        """Frames before which END is forbidden, at least the first."""
        return max(1, self.sure // 2)

    @classmethod
    def of(cls, text: str, frame_rate: float) -> "Bounds":
        """Bounds for a text, whatever the voice.

        Example:
            >>> Bounds.of("x" * 100, frame_rate=12.5)
            Bounds(sure=43, kept=131, limit=331)
        """
        limit = min(LONGEST_SECONDS, LIMIT_SECONDS[0] + LIMIT_SECONDS[1] * len(text))
        kept = min(limit, KEPT_SECONDS[0] + KEPT_SECONDS[1] * len(text))
        sure = min(kept, SURE_SECONDS * len(text))
        return cls(int(sure * frame_rate), int(kept * frame_rate), int(limit * frame_rate))


@dataclass
class Sequence:
    """A chunk, from waiting to finished.

    Args:
        index: Number of the chunk in its text, from 0.
        text: What it says.
        bounds: How long it may be.
        voice: Whose prompt it begins with.
        name: What its noise is drawn by; the index unless given.
        earlier: Text and frames of chunks that were spoken before and that it continues.
        follower: The chunk that continues it, in the same row.
        follows: Whether it is another's follower.
        take: How often it was spoken before and not kept.
        attempt: 0, or 1 after a runaway.
        frames: Codes of each frame so far, specials included (+2): int64 [codebooks].
        finished: Whether END was seen, or the chunk was cut.
        was_cut: Whether it was.
        exact: Whether the row holds just these frames, as single steps make them, and END's step.
        start: Position in the row where its prompt begins; None until that was read.
        note: What went wrong and how it was handled; empty when nothing did.
    """

    index: int
    text: str
    bounds: Bounds
    voice: str = ""
    name: str = ""
    earlier: list[tuple[str, list[np.ndarray]]] = field(default_factory=list)
    follower: "Sequence | None" = None
    follows: bool = False
    take: int = 0
    attempt: int = 0
    frames: list[np.ndarray] = field(default_factory=list)
    finished: bool = False
    was_cut: bool = False
    exact: bool = True
    start: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        self.name = self.name or str(self.index)

    @property
    def audible(self) -> int:
        """Frames that may be heard now: nothing will take them back."""
        return len(self.frames) if self.finished else min(len(self.frames), self.bounds.sure)

    @property
    def run_away(self) -> bool:
        return not self.finished and len(self.frames) >= self.bounds.limit

    def retry(self) -> None:
        """Go back to what may have been heard; the rest is spoken anew, with other noise."""
        self.attempt += 1
        self.exact = False
        self.note = f"no end within {len(self.frames)} frames; the tail was spoken again"
        del self.frames[self.bounds.sure :]

    def cut(self) -> None:
        """Finish without an end."""
        self.note = f"no end within {len(self.frames)} frames, twice; cut after {self.bounds.kept}"
        del self.frames[self.bounds.kept :]
        self.finished = self.was_cut = True

    def again(self) -> None:
        """Forget this take and speak another, with other noise."""
        self.take, self.attempt = self.take + 1, 0
        self.finished, self.was_cut, self.exact, self.note = False, False, True, ""
        self.frames.clear()

    def replace(self, frames: list[np.ndarray]) -> None:
        """Keep other frames than those that were spoken last, such as those of an earlier take."""
        self.frames, self.exact = frames, False
