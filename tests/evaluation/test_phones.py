"""Labels of moments: stress marks, silence around the phones, recordings without any."""

import numpy as np

from evaluation.phones import SYMBOLS, UNKNOWN, phone_labels


def test_phone_labels_take_the_phone_of_each_moment() -> None:
    phones = (("h", 0.1, 0.5), ("ˈ", 0.5, 0.6), ("A", 0.6, 1.4))
    labels = phone_labels(phones, np.array([0.0, 0.3, 0.55, 1.0, 2.0]))
    assert [SYMBOLS[label] for label in labels] == [" ", "h", "A", "A", " "]
    assert (phone_labels(None, np.zeros(3)) == UNKNOWN).all()
