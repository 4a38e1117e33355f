"""Do two clips sound like the same speaker? Resemblyzer's speaker encoder, cosine of embeddings.

Resemblyzer 0.1.4 asks for `typing`, a backport of a standard module, and for `webrtcvad`, which has
no wheels; so it is installed with `pip install --no-deps resemblyzer==0.1.4`, and what it needs is
in the extra `eval` (webrtcvad-wheels, librosa). Same speaker: about 0.75 and more; other
speakers: about 0.5 to 0.7. It is no absolute scale: compare with the figure between speakers.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from evaluation.audio import resample

RATE = 16_000
SHORTEST_S = 0.4


class SpeakerEncoder:
    """Clips to speaker embeddings (a 3-layer LSTM, on the CPU).

    >>> SpeakerEncoder().embed(samples).shape    # doctest: +SKIP
    (256,)
    """

    def __init__(self) -> None:
        with warnings.catch_warnings():  # scipy.ndimage.morphology, gone in SciPy 2
            warnings.simplefilter("ignore", DeprecationWarning)
            from resemblyzer import VoiceEncoder

        self.encoder = VoiceEncoder("cpu", verbose=False)

    def embed(self, samples: np.ndarray, rate: int = 24_000) -> np.ndarray | None:
        """float32 [n] to a unit vector float32 [256]; None without 0.4 s of speech."""
        from resemblyzer import preprocess_wav

        if not np.any(samples):
            return None
        speech = preprocess_wav(resample(samples, rate, RATE).clip(-1.0, 1.0))
        if len(speech) < SHORTEST_S * RATE:
            return None
        return np.asarray(self.encoder.embed_utterance(speech), dtype=np.float32)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Cosine of two vectors [d], from -1 to 1."""
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def within_and_between(groups: dict[str, list[np.ndarray]]) -> tuple[dict[str, float], float]:
    """How like itself every voice is, and how like each other the voices are.

    Args:
        groups: Voice -> embeddings [d] of its utterances.

    Returns:
        Voice -> mean cosine of an utterance with the mean of the voice's other utterances (voices
        with fewer than two are left out), and the mean cosine between the means of
        different voices (nan with fewer than two voices).
    """
    within = {}
    for voice, embeddings in groups.items():
        if len(embeddings) >= 2:
            total = np.sum(embeddings, axis=0)
            within[voice] = float(np.mean([cosine(e, total - e) for e in embeddings]))
    means = [np.mean(embeddings, axis=0) for embeddings in groups.values() if embeddings]
    pairs = [cosine(a, b) for i, a in enumerate(means) for b in means[i + 1 :]]
    return within, float(np.mean(pairs)) if pairs else float("nan")


@dataclass(frozen=True)
class Verdict:
    """Who is heard in a clip of somebody.

    Args:
        speaker: Who it is, or is to be.
        similarity: Cosine with the mean of that speaker's recordings in the gallery.
        others: Mean cosine with the means of the other speakers; None without others.
        nearest: The speaker whose mean is nearest.
    """

    speaker: str
    similarity: float
    others: float | None
    nearest: str


class Gallery:
    """Recordings of several speakers, to tell them apart by.

    >>> gallery = Gallery({"ann": [...], "bob": [...]})    # doctest: +SKIP
    >>> gallery.judge("ann", embedding)    # doctest: +SKIP
    Verdict(speaker='ann', similarity=0.91, others=0.78, nearest='ann')
    """

    def __init__(self, groups: dict[str, list[np.ndarray]]) -> None:
        """Speaker -> embeddings [d] of their recordings, at least one each."""
        self.groups = groups
        self._sums = {name: np.sum(group, axis=0) for name, group in groups.items()}

    def judge(self, speaker: str, embedding: np.ndarray) -> Verdict:
        """Compare the embedding [d] of a clip that is not in the gallery."""
        return self._verdict(speaker, embedding, self._sums)

    def judge_own(self, speaker: str) -> list[Verdict]:
        """The speaker's recordings, each as if it were not in the gallery; none of one alone."""
        group, total = self.groups[speaker], self._sums[speaker]
        if len(group) < 2:
            return []
        return [self._verdict(speaker, e, {**self._sums, speaker: total - e}) for e in group]

    def _verdict(self, speaker: str, embedding: np.ndarray, sums: dict[str, np.ndarray]) -> Verdict:
        found = {name: cosine(embedding, total) for name, total in sums.items()}
        nearest = max(found, key=lambda name: found[name])
        similarity = found.pop(speaker)
        others = float(np.mean(list(found.values()))) if found else None
        return Verdict(speaker, similarity, others, nearest)
