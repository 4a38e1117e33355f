"""What is asked of the engine (`SpeechOptions`, `Voice`), and what comes out (`SpeechChunk`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from engine.errors import InputError

CONTEXTS = ("chunks", "none")
SPEEDS = (0.5, 2.0)
"""Slowest and fastest."""
LANGUAGE_TAG = r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*"
"""A regular expression (RFC 5646, shortened)."""


@dataclass(frozen=True)
class SpeechOptions:
    """How to speak.

    Args:
        seed: Same seed, text, voice and checkpoint: same samples, whatever else is in the batch.
        cfg: Classifier-free guidance of the flow head (paper section 2.3; 1.0 = off; 1.2 in the
            paper); None for what the checkpoint asks for (`ModelConfig.cfg`).
        steps: Euler steps a frame (8 in the paper; 7 is what vLLM-Omni runs); None for what the
            checkpoint asks for (`ModelConfig.steps`).
        rows: Chunks spoken side by side; 0 for as many as bring something and memory allows.
        normalize: Write out numbers, dates, symbols and abbreviations before speaking.
        language: Of the text, such as "en" or "fr-FR": how numbers are read.
        max_chars: Longest text of one chunk, in characters; None for what the checkpoint is used
            to (`ModelConfig.max_chars`).
        temperature: Standard deviation of the noise that the flow starts from (1.0 in the paper);
            None for what suits the checkpoint (`ModelConfig.temperature`).
        context: "chunks": a chunk hears those before it in its paragraph and goes on from there;
            "none": each begins with the voice alone.
        first_chunk_ms: Sound of a chunk that is decoded before any of it is handed out, rounded up
            to frames and to what the codec needs at first (1 frame in the official model, 2 in
            `nano`); None for 5 frames. The less, the sooner; the same sound, up to rounding.
        lexicon: Words that are spoken otherwise than written, such as {"SQL": "sequel"}.
        speed: Factor on the pace of the finished speech, at the same pitch (`engine.tempo`).

    Raises:
        InputError: If a value is out of range.
    """

    seed: int = 0
    cfg: float | None = None
    steps: int | None = None
    rows: int = 4
    normalize: bool = True
    language: str = "en"
    max_chars: int | None = None
    temperature: float | None = None
    context: str = "none"
    first_chunk_ms: int | None = None
    lexicon: Mapping[str, str] = field(default_factory=dict, hash=False)
    speed: float = 1.0

    def __post_init__(self) -> None:
        ranges = {
            "seed": (0, 2**63 - 1),
            "cfg": (0.0, 10.0),
            "temperature": (0.0, 2.0),
            "steps": (1, 256),
            "rows": (0, 1024),
            "max_chars": (20, 1195),  # config.SHORTEST_CHUNK, LONGEST_CHUNK
            "first_chunk_ms": (1, 10_000),
            "speed": SPEEDS,
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise InputError(
                    f"{name} is {value}, outside {low} to {high}.", f"Give {name} between the two."
                )
            if value is not None and isinstance(low, int) and value % 1:
                raise InputError(f"{name} is {value}, no whole number.", "Give one.")
        if not re.fullmatch(LANGUAGE_TAG, self.language):
            raise InputError(f"There is no language {self.language!r}.", "Use en, fr, es, de, ...")
        if self.context not in CONTEXTS:
            raise InputError(
                f"There is no context {self.context!r}.", f"Use {' or '.join(CONTEXTS)}."
            )


@dataclass(frozen=True, eq=False)
class Voice:
    """Somebody's voice, for one checkpoint or for all with the same codes; equal to itself alone.

    Args:
        codes: Of the reference, 0-based, int16 [codebooks, frames].
        fingerprint: Of the checkpoint that made them.
        quantizer: Fingerprint of the quantizer that gives them their meaning.
        model: Name of that checkpoint.
    """

    codes: np.ndarray
    fingerprint: str
    quantizer: str
    model: str


@dataclass(frozen=True)
class FlowOptions:
    """What `SpeechOptions` and a checkpoint come to; see there."""

    cfg: float
    steps: int
    temperature: float


@dataclass(frozen=True, eq=False)
class SpeechChunk:
    """A piece of speech, in the order in which it is to be heard; equal to itself alone.

    Args:
        samples: float32 [n], mono, at the engine's `sample_rate`.
        text: The chunk of text that this piece belongs to.
        index: Number of that chunk, from 0.
        last: Whether this piece ends its chunk.
        codes: Its codec tokens, int16 [codebooks, frames], 0-based.
        note: What went wrong and how it was handled; empty when nothing did.
    """

    samples: np.ndarray
    text: str
    index: int
    last: bool
    codes: np.ndarray
    note: str = ""

    @property
    def frames(self) -> int:
        """Codec frames in this piece."""
        return self.codes.shape[1]
