"""Codes many recordings, and decodes none: are all codes used, and do they tell phones?

34 seconds cannot have 1,024 different codes, so this takes more recordings than `codec` listens to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import InputError
from evaluation.audio import Clip
from evaluation.codec import Coder
from evaluation.codec_metrics import CodeUse, code_use
from evaluation.phones import SYMBOLS, UNKNOWN, phone_labels
from evaluation.probe import Probe, probe_phones

USED_BITS = 1.0
"""An acoustic dimension of less entropy says next to nothing: it is not used."""


@dataclass(frozen=True)
class CodesReport:
    """What many recordings make of the codebooks.

    Args:
        recordings: How many were coded.
        use: The codes of all of them.
        semantic_size: Entries of the semantic codebook.
        probe: Whether semantic codes tell phones; None where nobody knows the phones.
    """

    recordings: int
    use: CodeUse
    semantic_size: int
    probe: Probe | None

    def figures(self) -> dict[str, Any]:
        """The summary; figures of the probe are None without it."""
        use, probe = self.use, self.probe
        bits = use.acoustic_bits
        return {
            "recordings": self.recordings,
            "frames": use.frames,
            "semantic_used": use.semantic_used,
            "semantic_size": self.semantic_size,
            "semantic_share": use.semantic_used / self.semantic_size,
            "semantic_perplexity": use.semantic_perplexity,
            "phone_frames": probe.frames if probe else None,
            "phone_accuracy": probe.accuracy if probe else None,
            "phone_accuracy_table": probe.table if probe else None,
            "phone_accuracy_majority": probe.majority if probe else None,
            "phone_bits": probe.bits if probe else None,
            "acoustic_dimensions": len(bits),
            "acoustic_used": sum(one >= USED_BITS for one in bits),
            "acoustic_bits_mean": float(np.mean(bits)),
            "acoustic_bits_min": min(bits),
            "acoustic_bits": bits,
        }


def evaluate_codes(
    engine: Coder, learned: Iterable[Clip], tested: Iterable[Clip], vectors: np.ndarray
) -> CodesReport:
    """Encode all recordings of two parts, whose speakers differ.

    Args:
        engine: What codes.
        learned: From these the probe learns phones; there may be none.
        tested: In these it names them.
        vectors: Of the semantic codebook, float32 [codes, dim].

    Raises:
        InputError: If there is no recording in either part.
        VoiceError: If the checkpoint has no codec encoder.
    """
    made: list[np.ndarray] = []

    def table(clips: Iterable[Clip]) -> np.ndarray:
        """Codes the clips, and counts how often each code has each phone."""
        counts = np.zeros((len(vectors), len(SYMBOLS)), np.int64)
        for clip in clips:
            try:
                codes = np.asarray(engine.encode(clip.samples, clip.rate))
            except InputError:  # `evaluate_codec` tells of it
                continue
            made.append(codes)
            centres = (np.arange(codes.shape[1]) + 0.5) / engine.frame_rate
            labels = phone_labels(clip.phones, centres)
            known = labels != UNKNOWN
            np.add.at(counts, (codes[0][known], labels[known]), 1)
        return counts

    probe = probe_phones(table(learned), table(tested), vectors)
    if not made:
        raise InputError("There is no recording to code.", "Give a corpus or a folder of audio.")
    return CodesReport(len(made), code_use(np.concatenate(made, axis=1)), len(vectors), probe)


def semantic_vectors(folder: Path) -> np.ndarray:
    """The vectors of a checkpoint's semantic codebook, float32 [codes, dim]."""
    from safetensors import safe_open

    from engine.checkpoint import FLOAT32_PREFIX, WEIGHTS
    from engine.models.codec.quantizer import SemanticCodebook

    prefix = f"{FLOAT32_PREFIX}semantic_codebook."
    with safe_open(folder / WEIGHTS, framework="pt") as weights:
        names = [name for name in weights.keys() if name.startswith(prefix)]  # noqa: SIM118
        stored = {name.removeprefix(prefix): weights.get_tensor(name) for name in names}
    book = SemanticCodebook(*stored["embedding_sum"].shape)
    book.load_state_dict(stored)
    return book.embedding.numpy()
