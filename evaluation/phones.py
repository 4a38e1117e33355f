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
    if phones is None:
        return np.full(len(times), UNKNOWN, np.int64)
    symbols = [symbol for symbol, _, _ in phones]
    for index in range(len(symbols) - 2, -1, -1):
        if symbols[index] in "ˈˌ":  # a stress mark has a length of its own: part of its vowel
            symbols[index] = symbols[index + 1]
    ends = np.array([end for _, _, end in phones])
    known = np.array([max(SYMBOLS.find(symbol), 0) for symbol in symbols] + [0], np.int64)
    labels = known[np.searchsorted(ends, times, side="right")]
    labels[times < phones[0][1]] = 0
    return labels
