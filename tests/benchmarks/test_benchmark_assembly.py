"""The stub has all that `voxtral batch` asks an engine for."""

from benchmarks import assembly


def test_a_small_book_is_written_twice() -> None:
    figures = assembly.measure(500, "mp3")
    assert set(figures) == {"mp3_s", "flac_s", "peak_mb", "sound_s", "ledger_mb"}
    assert 20 < figures["sound_s"] < 90
    assert all(figure > 0 for figure in figures.values())
