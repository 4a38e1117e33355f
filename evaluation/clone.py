"""Clones speakers and listens to the clones: are the words right, and whose voice is it?

Each speaker's recordings are in two parts (`recordings.Person`): one is cloned, the other is what
the clone is compared with. The speakers share the list of sentences, `each` of them one after
another; a list that ends begins again. Sentence n has seed `options.seed + n`.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from engine.errors import InputError, VoiceError
from engine.hearing.judge import Listener
from engine.speech import SpeechOptions
from evaluation.audio import OnFault, refuse
from evaluation.codec import Coder
from evaluation.codec_metrics import CodeAgreement, code_agreement
from evaluation.recordings import Person
from evaluation.similarity import Gallery, Verdict
from evaluation.speech import Embedder, Speaker, check_sentences, speak
from evaluation.spoken import Spoken, rates

if TYPE_CHECKING:
    from engine import Voice

OWN, OTHER = "own", "other"
"""The checkpoint's encoder, and one that is tried in its place."""


class Cloner(Coder, Speaker, Protocol):
    """What is needed of `engine.Engine`."""

    def clone(self, samples: np.ndarray, rate: int) -> "Voice": ...


@dataclass(frozen=True)
class Cloned:
    """One sentence in a cloned voice.

    Args:
        encoder: Which encoder made the voice: `own` or `other`.
        spoken: The sentence as it was spoken and heard; `voice` is the speaker.
        verdict: Whose voice it is by the kept recordings; None when there was nothing to hear.
        by_reference: Whose it is by the references alone (SIM-o).
    """

    encoder: str
    spoken: Spoken
    verdict: Verdict | None
    by_reference: Verdict | None

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        record = asdict(self)
        return record.pop("spoken") | record


@dataclass(frozen=True)
class Clones:
    """What one encoder's voices said, and whose voice is left in the decoded references."""

    said: tuple[Cloned, ...]
    coded: dict[str, Verdict | None]


@dataclass(frozen=True)
class CloneReport:
    """All clones, and the recordings of their speakers that put them into proportion.

    Args:
        seconds: Length of each speaker's reference.
        references: Each reference as it was recorded.
        real: The kept recordings themselves.
        own: Clones by the checkpoint's encoder.
        other: Clones by the other encoder, of the same references.
        agreement: Codes of the other encoder against those of the own, over the kept recordings.
    """

    seconds: dict[str, float]
    references: dict[str, Verdict | None]
    real: dict[str, list[Verdict]]
    own: Clones
    other: Clones | None = None
    agreement: CodeAgreement | None = None

    def figures(self) -> dict[str, Any]:
        """The summary, overall and by speaker; with two encoders also of the second, and ratios."""
        figures = {"speakers": len(self.real), **self._summary(self.own)}
        if self.other is None or self.agreement is None:
            return figures
        other = self._summary(self.other)
        known = figures["similarity"] and other["similarity"]
        return {
            **figures,
            "other": other,
            "similarity_ratio": other["similarity"] / figures["similarity"] if known else None,
            "wer_difference": other["wer"] - figures["wer"],
            "agreement": asdict(self.agreement),
        }

    def records(self) -> list[dict[str, Any]]:
        """One JSON-ready record a sentence."""
        return [one.record() for some in (self.own, self.other) if some for one in some.said]

    def _summary(self, clones: Clones) -> dict[str, Any]:
        people = {name: self._of(clones, [name]) for name in self.real}
        return {**self._of(clones, list(self.real)), "people": people}

    def _of(self, clones: Clones, names: Sequence[str]) -> dict[str, Any]:
        """Figures over some of the speakers."""
        said = [one for one in clones.said if one.spoken.voice in names]
        spoken = [one.spoken for one in said]
        figures = {
            "sentences": len(said),
            **rates(spoken),
            "empty": sum(one.empty for one in spoken),
            "runaway": sum(one.runaway for one in spoken),
            "missing_end": sum(bool(one.missing_end) for one in spoken),
            "reference_seconds": _mean([self.seconds[name] for name in names]),
            **self._voices("", [one.verdict for one in said]),
            **self._voices("_to_reference", [one.by_reference for one in said]),
            **self._voices("_codec", [clones.coded[name] for name in names]),
            **self._voices("_reference", [self.references[name] for name in names]),
            **self._voices("_real", [one for name in names for one in self.real[name]]),
        }
        return {**figures, "distinct": _distinct(figures)}

    def _voices(self, suffix: str, verdicts: Sequence[Verdict | None]) -> dict[str, float | None]:
        """Means of verdicts; what was not to be heard is not identified."""
        heard = [one for one in verdicts if one is not None]
        right = [float(one is not None and one.nearest == one.speaker) for one in verdicts]
        return {
            f"similarity{suffix}": _mean([one.similarity for one in heard]),
            f"others{suffix}": _mean([one.others for one in heard]),
            f"identified{suffix}": _mean(right) if len(self.real) > 1 else None,
        }


def evaluate_clone(
    engine: Cloner,
    people: Sequence[Person],
    sentences: Sequence[str],
    ears: Listener,
    encoder: Embedder,
    each: int = 6,
    options: SpeechOptions | None = None,
    other: Cloner | None = None,
    on_cloned: Callable[[Cloned, np.ndarray], None] = lambda cloned, samples: None,
    on_fault: OnFault = refuse,
) -> CloneReport:
    """Clone every speaker and have the clones speak.

    Args:
        engine: What clones and speaks.
        people: Whom.
        sentences: What is to be said, each with at least one word.
        ears: What listens.
        encoder: What tells speakers apart.
        each: Sentences a speaker.
        options: How to speak.
        other: The same checkpoint with another codec encoder: does everything as well.
        on_cloned: Called after each sentence with its samples, float32 [n].
        on_fault: Called for whom there is no speech to compare with, who is then left out.

    Raises:
        InputError: If there are no people or no sentences, a sentence has no words, or what was
            kept of somebody no speech.
        VoiceError: If a checkpoint has no codec encoder.
    """
    check_sentences(sentences)
    if not all(one.can_clone for one in (engine, other) if one is not None):
        raise VoiceError("This checkpoint has no codec encoder.", "Give --encoder FILE.")
    kept = _heard(people, encoder, on_fault)
    people, gallery = [person for person in people if person.name in kept], Gallery(kept)
    if not people:
        raise InputError("There is nobody to clone.", "Give recordings.")
    clips = {person.name: person.reference for person in people}
    known = {name: encoder.embed(clip.samples, clip.rate) for name, clip in clips.items()}
    cloned = Gallery({name: [one] for name, one in known.items() if one is not None})
    base = options or SpeechOptions()

    def judge(by: Gallery, name: str, embedding: np.ndarray | None) -> Verdict | None:
        return by.judge(name, embedding) if embedding is not None and name in by.groups else None

    def clones(which: str, cloner: Cloner) -> Clones:
        rate = cloner.sample_rate
        said: list[Cloned] = []
        coded: dict[str, Verdict | None] = {}
        for person in people:
            name = person.name
            voice = cloner.clone(person.reference.samples, person.reference.rate)
            coded[name] = judge(gallery, name, encoder.embed(cloner.decode(voice.codes), rate))
            for index in range(len(said), len(said) + each):
                text = sentences[index % len(sentences)]
                seeded = replace(base, seed=base.seed + index)
                spoken, samples = speak(cloner, ears, index, text, voice, seeded, name)
                embedding = None if spoken.empty else encoder.embed(samples, rate)
                verdicts = [judge(by, name, embedding) for by in (gallery, cloned)]
                said.append(Cloned(which, spoken, *verdicts))
                on_cloned(said[-1], samples)
        return Clones(tuple(said), coded)

    return CloneReport(
        seconds={name: clip.seconds for name, clip in clips.items()},
        references={name: judge(gallery, name, one) for name, one in known.items()},
        real={name: gallery.judge_own(name) for name in clips},
        own=clones(OWN, engine),
        other=clones(OTHER, other) if other is not None else None,
        agreement=_agreement(engine, other, people) if other is not None else None,
    )


def _heard(
    people: Sequence[Person], encoder: Embedder, on_fault: OnFault
) -> dict[str, list[np.ndarray]]:
    """Embeddings of what was kept of each."""
    heard = {}
    for person in people:
        try:
            heard[person.name] = _embeddings(person, encoder)
        except InputError as error:
            on_fault(error)
    return heard


def _embeddings(person: Person, encoder: Embedder) -> list[np.ndarray]:
    found = [encoder.embed(clip.samples, clip.rate) for clip in person.kept]
    known = [embedding for embedding in found if embedding is not None]
    if not known:
        raise InputError(f"No speech is heard in the recordings of {person.name}.", "Give others.")
    return known


def _agreement(engine: Coder, other: Coder, people: Sequence[Person]) -> CodeAgreement:
    """Of all kept recordings."""
    clips = [clip for person in people for clip in person.kept]
    codes = [
        np.concatenate([one.encode(clip.samples, clip.rate) for clip in clips], axis=1)
        for one in (engine, other)
    ]
    return code_agreement(*codes)


def _distinct(figures: dict[str, Any]) -> float | None:
    """How far clones stand out from the other speakers, as a share of how far recordings do."""
    names = ("similarity", "others", "similarity_real", "others_real")
    similarity, others, real, others_real = (figures[name] for name in names)
    if None in (similarity, others, real, others_real) or real <= others_real:
        return None
    return (similarity - others) / (real - others_real)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
