"""Which chunk is spoken in which row, and whose turn it is to be heard. Knows no tensors.

    waiting -> a row, unread -> speaking -> finished, or its follower takes the row

Chunks wait in order; a row that falls free takes the first one waiting. A chunk that continues
another one does not wait: it takes that one's row when it is finished. Chunks finish in any order;
the caller, who keeps the list, hears them in theirs.
"""

from collections import deque
from collections.abc import Iterable

from engine.generation.sequence import Sequence


class Scheduler:
    """Rows and the chunks in them.

    Args:
        sequences: The chunks that continue no other, in the order in which they are to be heard.
        rows: How many can be spoken side by side.

    Attributes:
        running: The chunk in each row; None where the row is free.
        unread: Rows whose chunk's prompt must be read before it speaks.
    """

    def __init__(self, sequences: Iterable[Sequence], rows: int) -> None:
        assert rows > 0, rows
        self.waiting = deque(sequences)
        self.running: list[Sequence | None] = [None] * rows
        self.unread: deque[int] = deque()

    @property
    def rows(self) -> int:
        return len(self.running)

    def speaking(self) -> dict[int, Sequence]:
        """The chunk in each row that has one whose prompt was read, in the order of the rows."""
        return {
            row: chunk
            for row, chunk in enumerate(self.running)
            if chunk is not None and row not in self.unread
        }

    def admit(self) -> tuple[int, Sequence] | None:
        """A chunk whose prompt is to be read now, and its row: those in a row come first."""
        if not self.unread and self.waiting and None in self.running:
            row = self.running.index(None)
            self.running[row] = self.waiting.popleft()
            self.unread.append(row)
        if not self.unread:
            return None
        row = self.unread.popleft()
        sequence = self.running[row]
        assert sequence is not None, row
        return row, sequence

    def release(self, row: int) -> None:
        """The chunk in this row is finished, or given up; its follower takes the row."""
        sequence = self.running[row]
        assert sequence is not None, row
        self.running[row] = sequence.follower
        if sequence.follower is not None:
            self.unread.append(row)

    def retry(self, row: int) -> None:
        """The chunk in this row starts again, before all that wait."""
        self.unread.append(row)
