"""What was spoken and heard, sentence by sentence, and the figures of it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from engine.hearing.wer import score
from evaluation.delivery import Delivery, summary
from evaluation.sentences import KINDS, PLAIN, kinds


@dataclass(frozen=True)
class Spoken:
    """One sentence as it was spoken and heard.

    Args:
        index: Number in the list, from 0.
        voice: Who spoke it.
        seed: With which seed.
        text: What was to be said.
        heard: What the ears made of it.
        seconds: Length of the sound.
        wall: Seconds it took to make.
        wer: Word errors / words, of this sentence.
        missing_end: Words at the end of the text that were not heard.
        delivery: How it was spoken; None when there was nothing to hear.
        empty: Nothing to hear: under 0.2 s, silent, not finite, or no word was recognised.
        runaway: Longer than `RUNAWAY` times the expected length, or the engine noted a mishap.
        note: The engine's notes.
    """

    index: int
    voice: str
    seed: int
    text: str
    heard: str
    seconds: float
    wall: float
    wer: float
    missing_end: list[str]
    delivery: Delivery | None
    empty: bool
    runaway: bool
    note: str


@dataclass(frozen=True)
class SpeechReport:
    """All sentences, and what they are compared with.

    Args:
        spoken: The sentences.
        within: Of each voice, how like itself it is (mean cosine; see `similarity`).
        between: How like each other the voices are.
        to_reference: How like a recording of its speaker each voice is.
        teachers: How the speaker of a voice speaks in recordings.
    """

    spoken: tuple[Spoken, ...]
    within: dict[str, float]
    between: float
    to_reference: dict[str, float]
    teachers: dict[str, tuple[Delivery, ...]] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        """The summary: errors and mishaps (also by voice and kind), delivery, similarity, speed."""
        seconds = sum(s.seconds for s in self.spoken)
        return {
            **_counted(self.spoken),
            "missing_end_sentences": [
                {"index": s.index, "voice": s.voice, "missing": " ".join(s.missing_end)}
                for s in self.spoken
                if s.missing_end
            ],
            "similarity_within": _mean(self.within.values()),
            "similarity_between": self.between,
            "similarity_reference": _mean(self.to_reference.values()),
            "rtf": sum(s.wall for s in self.spoken) / max(seconds, 1e-9),
            **self._delivery(self.voices),
            "kinds": self._kinds(),
            "voices": {voice: self._of(voice) for voice in self.voices},
        }

    def _of(self, voice: str) -> dict[str, Any]:
        return {
            **_counted([s for s in self.spoken if s.voice == voice]),
            "similarity_within": self.within.get(voice),
            "similarity_reference": self.to_reference.get(voice),
            **self._delivery([voice]),
        }

    def _delivery(self, voices: Sequence[str]) -> dict[str, Any]:
        """Of the sentences, and of recordings of the teacher who speaks like these voices."""
        taught = [one for voice in voices for one in self.teachers.get(voice, ())]
        return {
            "delivery": summary(s.delivery for s in self.spoken if s.voice in voices),
            "delivery_teacher": summary(taught),
        }

    def _kinds(self) -> dict[str, dict[str, Any]]:
        """Sentences and error rates by kind; a sentence may be of several kinds."""
        every = (PLAIN, *KINDS)
        some = {kind: [s for s in self.spoken if kind in kinds(s.text)] for kind in every}
        return {kind: {"sentences": len(own), **rates(own)} for kind, own in some.items() if own}

    @property
    def voices(self) -> list[str]:
        """The voices that spoke, in the order in which they first did."""
        return list(dict.fromkeys(s.voice for s in self.spoken))

    def records(self) -> list[dict[str, Any]]:
        """One JSON-ready record a sentence."""
        return [asdict(s) for s in self.spoken]


def rates(spoken: Sequence[Spoken]) -> dict[str, float]:
    """Error rates over all sentences: `wer` and `cer`."""
    total = score([s.text for s in spoken], [s.heard for s in spoken])
    return {"wer": total.wer, "cer": total.cer}


def _counted(spoken: Sequence[Spoken]) -> dict[str, Any]:
    """Sentences, error rates and mishaps."""
    return {
        "sentences": len(spoken),
        **rates(spoken),
        "empty": sum(s.empty for s in spoken),
        "runaway": sum(s.runaway for s in spoken),
        "missing_end": sum(bool(s.missing_end) for s in spoken),
    }


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return float(np.mean(known)) if known else None
