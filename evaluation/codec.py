"""Codes recordings and listens to the reconstructions.

The ears read original and reconstruction. Word errors count against the transcript; a recording
without one counts against what the ears heard in the original.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from engine.errors import InputError, VoiceError
from engine.hearing.judge import Listener
from engine.hearing.wer import normalize, score
from evaluation.audio import Clip, OnFault, refuse, resample
from evaluation.codec_metrics import (
    estoi,
    mel_distance,
    pesq_wide,
    stft_distance,
)
from evaluation.similarity import cosine
from evaluation.speech import Embedder


class Coder(Protocol):
    """What is needed of `engine.Engine`."""

    @property
    def sample_rate(self) -> int: ...

    @property
    def frame_rate(self) -> float: ...

    @property
    def can_clone(self) -> bool: ...

    def encode(self, samples: np.ndarray, rate: int) -> np.ndarray: ...

    def decode(self, codes: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Reconstruction:
    """One recording after coding and decoding; None where a measure does not apply.

    Args:
        name: The recording.
        seconds: Its length.
        mel: Mel distance (`codec_metrics`).
        stft: STFT distance.
        pesq: Wide-band PESQ.
        estoi: ESTOI.
        similarity: Cosine of the speaker embeddings of original and reconstruction.
        text: What is said in it; empty where nobody wrote it down.
        heard_original: What the ears heard in the original.
        heard: What they heard in the reconstruction.
    """

    name: str
    seconds: float
    mel: float
    stft: float
    pesq: float | None
    estoi: float | None
    similarity: float | None
    text: str
    heard_original: str
    heard: str


@dataclass(frozen=True)
class CodecReport:
    """All reconstructions; how the codebooks are used is the business of `evaluation.codes`."""

    clips: tuple[Reconstruction, ...]

    def figures(self) -> dict[str, Any]:
        """Means over the recordings and corpus error rates."""
        means = {
            name: _mean([getattr(clip, name) for clip in self.clips])
            for name in ("mel", "stft", "pesq", "estoi", "similarity")
        }
        heard = [(clip.text or clip.heard_original, clip.heard) for clip in self.clips]
        known = [(clip.text, clip.heard_original) for clip in self.clips]
        rates = {"wer": _errors(heard), "wer_original": _errors(known)}
        seconds = sum(clip.seconds for clip in self.clips)
        return {"clips": len(self.clips), "seconds": seconds, **means, **rates}

    def records(self) -> list[dict[str, Any]]:
        """One JSON-ready record a recording."""
        return [asdict(clip) for clip in self.clips]


def evaluate_codec(
    engine: Coder,
    clips: Iterable[Clip],
    ears: Listener | None = None,
    encoder: Embedder | None = None,
    on_clip: Callable[[Reconstruction, np.ndarray], None] = lambda clip, samples: None,
    on_fault: OnFault = refuse,
) -> CodecReport:
    """Encode and decode every recording.

    Args:
        engine: What codes.
        clips: Recordings; read one by one.
        ears: What listens; None leaves word errors out.
        encoder: What tells speakers apart; None leaves similarity out.
        on_clip: Called after each recording with its reconstruction, float32 [n].
        on_fault: Called for each that cannot be coded, which is then left out.

    Raises:
        InputError: If there are no recordings.
        VoiceError: If the checkpoint has no codec encoder.
    """
    if not engine.can_clone:
        raise VoiceError(
            "This checkpoint has no codec encoder.", "Evaluate `speech`, or one that has it."
        )
    done = []
    for clip in clips:
        try:
            decoded = engine.decode(np.asarray(engine.encode(clip.samples, clip.rate)))
        except InputError as error:
            on_fault(InputError(f"{clip.name}: {error.message}", error.hint))
            continue
        done.append(_compare(clip, decoded, engine.sample_rate, ears, encoder))
        on_clip(done[-1], decoded)
    if not done:
        raise InputError("There is no recording to code.", "Give a corpus or a folder of audio.")
    return CodecReport(tuple(done))


def _compare(
    clip: Clip, decoded: np.ndarray, rate: int, ears: Listener | None, encoder: Embedder | None
) -> Reconstruction:
    whole = resample(clip.samples, clip.rate, rate)
    length = min(len(whole), len(decoded))  # decoding gives whole frames
    original, copy = whole[:length], np.asarray(decoded[:length], dtype=np.float32)
    heard_original = ears.transcribe(original, rate) if ears is not None else ""
    speakers = [encoder.embed(s, rate) for s in (original, copy)] if encoder is not None else []
    known = [speaker for speaker in speakers if speaker is not None]
    return Reconstruction(
        name=clip.name,
        seconds=length / rate,
        mel=mel_distance(original, copy, rate),
        stft=stft_distance(original, copy),
        pesq=pesq_wide(original, copy, rate),
        estoi=estoi(original, copy, rate),
        similarity=cosine(*known) if len(known) == 2 else None,
        text=clip.text if ears is not None else "",
        heard_original=heard_original,
        heard=ears.transcribe(copy, rate) if ears is not None else "",
    )


def _errors(pairs: list[tuple[str, str]]) -> float | None:
    """Word errors of (text, what was heard) where there is a text; None without any."""
    worded = [(text, heard) for text, heard in pairs if normalize(text)]
    texts, heard = [text for text, _ in worded], [heard for _, heard in worded]
    return score(texts, heard).wer if worded else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
