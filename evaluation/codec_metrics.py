"""How near a reconstruction comes to its original, and how well the codes are used.

The paper gives no definitions for its mel and STFT distances (VOXTRAL_FACTS 8.1). Those here are
the losses of descript-audiotools with their default arguments, written again on librosa, at
the clip's own rate: for windows of 2048 and 512 samples (Hann, hop a quarter),

    mean |log10(max(A, 1e-5)^2) - log10(max(B, 1e-5)^2)| + mean |A - B|

summed over the two windows, with A and B the magnitudes of original and reconstruction. 0 is
equal; lower is better. PESQ is wide-band at 16 kHz (1 to 4.64), ESTOI at 16 kHz (0 to 1).
"""

import warnings
from dataclasses import dataclass

import numpy as np

from engine.errors import InputError
from evaluation.audio import resample

WINDOWS = (2048, 512)
MEL_BANDS = (150, 80)  # one number a window
FLOOR = 1e-5
RATE = 16_000
SHORTEST_S = 0.5


def stft_distance(original: np.ndarray, copy: np.ndarray) -> float:
    """Two-resolution distance of STFT magnitudes, float32 [n] each; see the top of the file."""
    return sum(
        _distance(_magnitudes(original, window), _magnitudes(copy, window)) for window in WINDOWS
    )


def mel_distance(original: np.ndarray, copy: np.ndarray, rate: int) -> float:
    """The same distance of mel spectra: 150 bands of the long window, 80 of the short one."""
    import librosa

    total = 0.0
    for window, bands in zip(WINDOWS, MEL_BANDS, strict=True):
        filters = librosa.filters.mel(sr=rate, n_fft=window, n_mels=bands)
        total += _distance(
            filters @ _magnitudes(original, window), filters @ _magnitudes(copy, window)
        )
    return total


def pesq_wide(original: np.ndarray, copy: np.ndarray, rate: int) -> float | None:
    """PESQ MOS-LQO (ITU-T P.862.2); None when there is too little speech for it."""
    import pesq

    if len(original) < SHORTEST_S * rate or not np.any(copy):
        return None
    value = pesq.pesq(
        RATE,
        resample(original, rate, RATE),
        resample(copy, rate, RATE),
        "wb",
        on_error=pesq.PesqError.RETURN_VALUES,
    )
    return None if value < 0 else float(value)


def estoi(original: np.ndarray, copy: np.ndarray, rate: int) -> float | None:
    """Extended short-time objective intelligibility; None for under 0.5 s, or too little sound."""
    import pystoi

    if len(original) < SHORTEST_S * rate or not (np.any(original) and np.any(copy)):
        return None
    wide = resample(original, rate, RATE), resample(copy, rate, RATE)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # under 0.4 s are left without pauses
        try:
            return float(pystoi.stoi(*wide, RATE, extended=True))
        except RuntimeWarning:
            return None


@dataclass(frozen=True)
class CodeUse:
    """How a corpus uses the codebooks.

    Args:
        frames: Frames counted.
        semantic_used: Distinct semantic codes.
        semantic_perplexity: 2 to the power of the semantic entropy: as if so many were in even use.
        acoustic_bits: Entropy of each acoustic dimension, in bits (21 levels: 4.39 at most).
    """

    frames: int
    semantic_used: int
    semantic_perplexity: float
    acoustic_bits: tuple[float, ...]


def code_use(codes: np.ndarray) -> CodeUse:
    """Count int [codebooks, frames]: the first row semantic, the others acoustic, all 0-based."""
    return CodeUse(
        frames=codes.shape[1],
        semantic_used=len(np.unique(codes[0])),
        semantic_perplexity=2.0 ** entropy_bits(codes[0]),
        acoustic_bits=tuple(entropy_bits(row) for row in codes[1:]),
    )


@dataclass(frozen=True)
class CodeAgreement:
    """How nearly two encoders say the same of the same sound.

    Args:
        frames: Frames compared.
        semantic_equal: Share of equal semantic codes.
        acoustic_error: Mean absolute difference of acoustic codes, in levels.
        acoustic_near: Share of acoustic codes that differ by one level at most.
        semantic_used: Distinct semantic codes of the true encoder.
        semantic_used_other: Of the other.
    """

    frames: int
    semantic_equal: float
    acoustic_error: float
    acoustic_near: float
    semantic_used: int
    semantic_used_other: int


def code_agreement(true: np.ndarray, other: np.ndarray) -> CodeAgreement:
    """Compare int [codebooks, frames] with its like: the first row semantic, 0-based.

    Raises:
        InputError: If the shapes differ, or hold no frame or no acoustic codes.
    """
    if true.shape != other.shape or true.ndim != 2 or len(true) < 2 or not true.shape[1]:
        raise InputError(
            f"Codes {list(true.shape)} and {list(other.shape)} cannot be compared.",
            "Give those of the same sound, [codebooks, frames].",
        )
    apart = np.abs(true[1:].astype(np.int64) - other[1:])
    return CodeAgreement(
        frames=true.shape[1],
        semantic_equal=float(np.mean(true[0] == other[0])),
        acoustic_error=float(apart.mean()),
        acoustic_near=float(np.mean(apart <= 1)),
        semantic_used=len(np.unique(true[0])),
        semantic_used_other=len(np.unique(other[0])),
    )


def entropy_bits(symbols: np.ndarray) -> float:
    """Entropy of int [n] by its histogram, in bits."""
    counts = np.unique(symbols, return_counts=True)[1]
    shares = counts / counts.sum()
    return float(abs(-np.sum(shares * np.log2(shares))))


def _magnitudes(samples: np.ndarray, window: int) -> np.ndarray:
    """|STFT|, float32 [window / 2 + 1, frames]; clips shorter than a window are padded."""
    import librosa

    padded = np.pad(samples, (0, max(0, window - len(samples))))
    return np.abs(librosa.stft(padded, n_fft=window, hop_length=window // 4, pad_mode="reflect"))


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    logs = [2.0 * np.log10(np.maximum(m, FLOOR)) for m in (a, b)]
    return float(np.mean(np.abs(logs[0] - logs[1])) + np.mean(np.abs(a - b)))
