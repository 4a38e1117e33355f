"""Figures as tables for people: speech by voice and kind, the codec, clones by speaker."""

from collections.abc import Mapping
from typing import Any

from evaluation.report import table

SPEECH = (
    *("sentences", "wer", "cer", "empty", "runaway", "missing_end"),
    *("similarity_within", "similarity_reference"),
)
DELIVERY = ("letters_per_second", "pauses", "pause_seconds", "pause_share")
CLONES = (
    *("sentences", "wer", "cer", "similarity", "others", "identified"),
    *("similarity_to_reference", "identified_to_reference"),
    *("similarity_codec", "identified_codec", "similarity_reference"),
    *("similarity_real", "others_real", "identified_real", "distinct"),
)
ALL = "all"

Figures = Mapping[str, Any]


def speech_tables(figures: Figures) -> str:
    """Of `SpeechReport.figures`: by voice, how voices and their teachers speak, by kind."""
    rows = {**figures["voices"], ALL: figures}
    cells = [[voice, *(some[name] for name in SPEECH)] for voice, some in rows.items()]
    tables = [table(["voice", *map(_short, SPEECH)], cells)]
    header = [part for name in DELIVERY for part in (_short(name), "teacher")]
    tables.append(table(["delivery", *header], [_delivery(*pair) for pair in rows.items()]))
    kinds = [[kind, *some.values()] for kind, some in figures["kinds"].items()]
    tables.append(table(["kind", "sentences", "wer", "cer"], kinds))
    between, rtf = figures["similarity_between"], figures["rtf"]
    return "\n\n".join(tables) + f"\n\nsimilarity between voices {between:.3f}, RTF {rtf:.3f}\n"


def codec_table(figures: Figures) -> str:
    """Of the reconstructions and codes, a figure a line; of each acoustic dimension nothing."""
    shown = [(name, value) for name, value in figures.items() if name != "acoustic_bits"]
    return table(["codec", ""], shown) + "\n"


def clone_table(title: str, figures: Figures) -> str:
    """Of the clones of one encoder, by speaker."""
    rows = [
        [name, *(some[column] for column in CLONES)]
        for name, some in {**figures["people"], ALL: figures}.items()
    ]
    return table([title, *map(_short, CLONES)], rows) + "\n"


def _delivery(voice: str, figures: Figures) -> list[object]:
    own, teacher = (figures[name] or {} for name in ("delivery", "delivery_teacher"))
    return [voice, *(value for name in DELIVERY for value in (own.get(name), teacher.get(name)))]


def _short(column: str) -> str:
    words = {"similarity": "sim", "identified": "id", "seconds": "s"}
    return " ".join(words.get(word, word) for word in column.split("_"))
