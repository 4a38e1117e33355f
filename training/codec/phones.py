"""Semantic distillation: the semantic vector is made to tell which phone is spoken.

Voxtral distils a frozen ASR model into its semantic codes (paper section 2.1). Here the teacher
that speaks the corpus knows the phone of every moment, which is a stronger label at no cost; where
a corpus has no phones, nothing is asked of the semantic vector.
"""

import numpy as np
from torch import Tensor, nn
from torch.nn import functional as F

from training.data.manifest import Utterance

SYMBOLS = " .,!?;:-—…'\"()“”AIOQSTWYbdfhijklmnoprstuvwzæðŋɑɐɒɔɕəɚɛɜɡɣɪɹɾʃʊʌʒʔʤʧˈˌːθᵊᵻβɫxeaqcg"
"""Phones of the teachers (misaki's alphabet); stress marks belong to the phone after them."""
UNKNOWN = -100


def phone_labels(utterance: Utterance, times: np.ndarray) -> np.ndarray:
    """Index of the phone at each time in seconds, int64, UNKNOWN where there is none."""
    labels = np.full(len(times), UNKNOWN, np.int64)
    if utterance.phones is None:
        return labels
    ends = np.array([end for _, _, end in utterance.phones])
    index = np.searchsorted(ends, times, side="right")
    symbols = [symbol for symbol, _, _ in utterance.phones]
    for position, phone in enumerate(index):
        while phone < len(symbols) - 1 and symbols[phone] in "ˈˌ":
            phone += 1  # a stress mark has a length of its own: part of its vowel
        label = SYMBOLS.find(symbols[phone]) if phone < len(symbols) else 0
        labels[position] = max(label, 0)
    before = times < utterance.phones[0][1]
    labels[before] = 0
    return labels


class PhoneProbe(nn.Module):
    """A linear layer from semantic vectors to phones; thrown away after training."""

    def __init__(self, semantic_dim: int) -> None:
        super().__init__()
        self.output = nn.Linear(semantic_dim, len(SYMBOLS))

    def forward(self, semantic: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors [batch, semantic_dim, frames] and labels [batch, frames].

        Returns:
            Cross-entropy and accuracy over the labelled frames; zeros where there are none.
        """
        logits = self.output(semantic.transpose(1, 2)).flatten(0, 1)
        known = labels.flatten() != UNKNOWN
        if not known.any():
            return semantic.sum() * 0, semantic.new_zeros(())
        logits, labels = logits[known], labels.flatten()[known]
        accuracy = (logits.argmax(-1) == labels).float().mean()
        return F.cross_entropy(logits, labels), accuracy
