"""Semantic distillation: the semantic vector is made to tell which phone is spoken.

Voxtral distils a frozen ASR model into its semantic codes (paper section 2.1). Here the teacher
that speaks the corpus knows the phone of every moment, which is a stronger label at no cost; where
a corpus has no phones, nothing is asked of the semantic vector.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from evaluation.phones import SYMBOLS, UNKNOWN


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
