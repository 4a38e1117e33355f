"""Which phone is spoken at a moment: labels for the codec's training and for its probe."""

from collections.abc import Sequence

import numpy as np

SYMBOLS = " .,!?;:-—…'\"()“”AIOQSTWYbdfhijklmnoprstuvwzæðŋɑɐɒɔɕəɚɛɜɡɣɪɹɾʃʊʌʒʔʤʧˈˌːθᵊᵻβɫxeaqcg"
"""Phones of the teachers (misaki's alphabet); stress marks belong to the phone after them."""
UNKNOWN = -100

PhoneSpan = tuple[str, float, float]
"""Symbol, start and end in seconds."""


def phone_labels(phones: Sequence[PhoneSpan] | None, times: np.ndarray) -> np.ndarray:
    """Index of the phone at each time in seconds, int64, UNKNOWN where there is none.

    Args:
        phones: Of a recording, one after another; None when nobody knows them.
        times: Seconds from the start of the recording, float [n].
    """
    labels = np.full(len(times), UNKNOWN, np.int64)
    if phones is None:
        return labels
    ends = np.array([end for _, _, end in phones])
    index = np.searchsorted(ends, times, side="right")
    symbols = [symbol for symbol, _, _ in phones]
    for position, phone in enumerate(index):
        while phone < len(symbols) - 1 and symbols[phone] in "ˈˌ":
            phone += 1  # a stress mark has a length of its own: part of its vowel
        label = SYMBOLS.find(symbols[phone]) if phone < len(symbols) else 0
        labels[position] = max(label, 0)
    before = times < phones[0][1]
    labels[before] = 0
    return labels
