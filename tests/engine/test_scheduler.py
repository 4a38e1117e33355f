"""Rows refill from waiting chunks, in order; a retry goes before all that wait."""

from engine.generation.scheduler import Scheduler
from engine.generation.sequence import Bounds, Sequence


def chunks(count: int) -> list[Sequence]:
    return [Sequence(index, f"chunk {index}", Bounds(1, 2, 3)) for index in range(count)]


def admit_all(scheduler: Scheduler) -> list[tuple[int, int]]:
    """(row, chunk) of everything that could be admitted."""
    placed = []
    while (admitted := scheduler.admit()) is not None:
        placed.append((admitted[0], admitted[1].index))
    return placed


def test_rows_fill_in_order_and_no_further() -> None:
    scheduler = Scheduler(chunks(5), rows=2)
    assert admit_all(scheduler) == [(0, 0), (1, 1)]
    assert [s.index for s in scheduler.waiting] == [2, 3, 4]


def test_a_free_row_takes_the_first_that_waits() -> None:
    scheduler = Scheduler(chunks(5), rows=3)
    admit_all(scheduler)
    scheduler.release(1)
    assert admit_all(scheduler) == [(1, 3)]
    assert {row: s.index for row, s in scheduler.speaking().items()} == {0: 0, 1: 3, 2: 2}


def test_every_chunk_is_spoken_once() -> None:
    scheduler = Scheduler(chunks(11), rows=4)
    spoken: list[int] = []
    turn = 0
    while scheduler.waiting or scheduler.speaking():
        admit_all(scheduler)
        rows = list(scheduler.speaking())
        row = rows[turn % len(rows)]
        spoken.append(scheduler.speaking()[row].index)
        scheduler.release(row)
        turn += 1
    assert sorted(spoken) == list(range(11))


def test_more_rows_than_chunks_leaves_rows_idle() -> None:
    scheduler = Scheduler(chunks(1), rows=3)
    assert admit_all(scheduler) == [(0, 0)]
    assert list(scheduler.speaking()) == [0]


def test_a_retry_goes_first() -> None:
    scheduler = Scheduler(chunks(3), rows=1)
    admit_all(scheduler)
    scheduler.retry(0)
    assert not scheduler.speaking()
    assert admit_all(scheduler) == [(0, 0)]
    assert [s.index for s in scheduler.waiting] == [1, 2]


def test_a_follower_takes_the_row_before_all_that_wait() -> None:
    scheduler, (first, second, *_) = Scheduler([], rows=2), chunks(5)
    first.follower = second
    scheduler.waiting.extend([first, *chunks(5)[2:]])
    assert admit_all(scheduler) == [(0, 0), (1, 2)]
    scheduler.release(0)
    assert list(scheduler.speaking()) == [1]  # the follower's prompt is not read yet
    assert admit_all(scheduler) == [(0, 1)]
    scheduler.release(0)
    assert admit_all(scheduler) == [(0, 3)]
