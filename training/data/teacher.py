"""The teacher: package `hibari-tts` (Apache-2.0), and the durations that its graph keeps."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.data.manifest import SAMPLE_RATE, PhoneSpan, WordSpan
from training.data.speakers import Style, gain_curve, shape_pitch, warp_frequency

DURATIONS = "/Cast_32_output_0"
"""The node of the graph with the duration of each phoneme, int64 [phonemes]."""
DURATION_S = 0.025
EARLY_S = 0.05
"""Sounds come two steps before the durations say (measured: sibilants 45 ms, vowels 55 ms,
plosive closures 50 ms, by correlation over 250 utterances; the same in every voice)."""


@dataclass(frozen=True)
class Speech:
    """float32 samples [n] at 24 kHz, and the time of each word and of each phone."""

    samples: np.ndarray
    words: tuple[WordSpan, ...] | None
    phones: tuple[PhoneSpan, ...] = ()


def _field(tag: int, content: bytes) -> bytes:
    """One length-delimited field of a protobuf message."""
    size, head = len(content), bytearray([tag << 3 | 2])
    while size > 127:
        head.append(size & 127 | 128)
        size >>= 7
    return bytes(head) + bytes([size]) + content


def with_output(model: bytes, name: str) -> bytes:
    """The ONNX model with one inner tensor as a further output.

    Serialised protobuf messages merge when they are joined, so `graph.output` (field 7, then 12)
    gains an entry with nothing but a name (field 1); the `onnx` package is not needed.
    """
    return model + _field(7, _field(12, _field(1, name.encode())))


@dataclass(frozen=True)
class Script:
    """A text as a teacher reads it.

    Attributes:
        ids: One a phoneme, with padding (0) before and after.
        symbols: The phonemes themselves, without padding.
        words: Character start, end, phoneme start, end of each word, in all of the phonemes.
        known: Of all phonemes, whether they have an id.
    """

    ids: tuple[int, ...]
    symbols: tuple[str, ...]
    words: list[tuple[int, int, int, int]]
    known: list[bool]


def open_model(model: bytes, durations: str, threads: int) -> Any:
    """An ONNX session of the model, with the node `durations` as its last output."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        with_output(model, durations), options, providers=["CPUExecutionProvider"]
    )


def timed(script: Script, durations: np.ndarray, samples: np.ndarray) -> Speech:
    """The samples with the times of words and phones; `durations` [ids] count DURATION_S."""
    ends = np.concatenate([[0], np.cumsum(durations)]) * DURATION_S - EARLY_S
    phones = tuple(
        (symbol, float(ends[n]), float(ends[n + 1])) for n, symbol in enumerate(script.symbols, 1)
    )
    return Speech(samples, _word_times(script.words, script.known, ends), phones)


class Teacher:
    """Speaks plain English sentences in the voice of any style."""

    def __init__(self, threads: int = 1) -> None:
        import hibari

        self._dsp: Any = hibari.tts.dsp
        self._hibari: Any = hibari.Hibari(threads=threads)
        model = Path(self._hibari.model_path).read_bytes()
        self._session: Any = open_model(model, DURATIONS, threads)

    def _phonemes(self, text: str) -> tuple[str, list[tuple[int, int, int, int]]]:
        """Phonemes, and a list of (character start, end, phoneme start, end) of the words."""
        from hibari.g2p import normalize

        g2p = self._hibari.g2p
        phonemes, words, position = "", [], 0
        for token in g2p.phonemize_tokens(g2p.tokenize(normalize(text))):
            first = len(phonemes)
            phonemes += token.phonemes or ""
            word = token.text.strip(" \"'.,;:?!-()")
            if word and token.phonemes:
                start = text.find(word, position)
                if start < 0:
                    return phonemes, []
                position = start + len(word)
                words.append((start, position, first, len(phonemes)))
            phonemes += " " if token.whitespace else ""
        return phonemes, words

    def read(self, text: str) -> "Script":
        """What is to be said for `text`.

        Raises:
            ValueError: The teacher finds nothing to say in the text.
        """
        phonemes, words = self._phonemes(text)
        vocab = self._hibari.vocab
        known = [c in vocab for c in phonemes]
        ids = (0, *(vocab[c] for c in phonemes if c in vocab), 0)
        if len(ids) < 3:
            raise ValueError(f"the teacher reads nothing in {text!r}")
        return Script(ids, tuple(c for c in phonemes if c in vocab), words, known)

    def speak(self, text: str, style: Style, seed: int) -> Speech:
        """Say `text`; the same arguments always give the same samples.

        Raises:
            ValueError: The teacher finds nothing to say in the text.
        """
        script = self.read(text)
        outputs = self._session.run(
            None,
            {
                "ids": np.asarray([script.ids], np.int64),
                "speed": np.asarray([style.rate], np.float32),
            },
        )
        durations = outputs.pop()
        return timed(script, durations, self._synthesise(outputs, style, seed))

    def _synthesise(self, outputs: list[np.ndarray], style: Style, seed: int) -> np.ndarray:
        """Samples [n] from the source-filter parameters ([1, bins, frames]; F0 [1, frames])."""
        harmonic, theta, noise, free, phase, f0 = (np.array(o[0], np.float32) for o in outputs)
        harmonic, noise, free = (warp_frequency(part, style) for part in (harmonic, noise, free))
        gain = gain_curve(len(harmonic), SAMPLE_RATE / 2, style)
        return np.asarray(
            self._dsp.synth(
                harmonic + gain,
                theta,
                noise + gain + np.float32(style.breath),
                free + gain,
                phase,
                shape_pitch(f0, style),
                np.random.default_rng(seed),
            ),
            np.float32,
        )


def _word_times(
    words: list[tuple[int, int, int, int]], known: list[bool], ends: np.ndarray
) -> tuple[WordSpan, ...] | None:
    """Times of the words; id n sounds from ends[n] to ends[n + 1] seconds, id 0 is padding."""
    if not words:
        return None
    index = np.concatenate([[0], np.cumsum(known)]) + 1
    return tuple((a, b, float(ends[index[p]]), float(ends[index[q]])) for a, b, p, q in words)
