"""Which chunk is spoken in which row, and whose turn it is to be heard. Knows no tensors.

    waiting -> a row -> finished

Chunks wait in order; a row that falls free takes the first one waiting. Chunks finish in any
order; the caller, who keeps the list, hears them in theirs.
"""

from collections import deque
from collections.abc import Iterable

from engine.generation.sequence import Sequence


class Scheduler:
    """Rows and the chunks in them.

    Args:
        sequences: The chunks, in the order in which they are to be heard.
        rows: How many can be spoken side by side.

    Attributes:
        running: The chunk in each row; None where the row is free.
    """

    def __init__(self, sequences: Iterable[Sequence], rows: int) -> None:
        assert rows > 0, rows
        self.waiting = deque(sequences)
        self.running: list[Sequence | None] = [None] * rows

    @property
    def rows(self) -> int:
        return len(self.running)

    def speaking(self) -> dict[int, Sequence]:
        """The chunk in each row that has one, in the order of the rows."""
        return {row: chunk for row, chunk in enumerate(self.running) if chunk is not None}

    def admit(self) -> tuple[int, Sequence] | None:
        """Put the first waiting chunk into the lowest free row, if there are both."""
        if not self.waiting or None not in self.running:
            return None
        row = self.running.index(None)
        sequence = self.running[row] = self.waiting.popleft()
        return row, sequence

    def release(self, row: int) -> None:
        """The chunk in this row is finished, or given up."""
        self.running[row] = None

    def retry(self, row: int) -> None:
        """The chunk in this row starts again, before all that wait."""
        sequence = self.running[row]
        assert sequence is not None, row
        self.running[row] = None
        self.waiting.appendleft(sequence)

    def clear(self) -> None:
        """Forget what waits and free all rows."""
        self.waiting.clear()
        self.running = [None] * self.rows
