"""Recordings to evaluate with: the held-out part of a training corpus, or files of anybody's."""

import itertools
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import InputError
from engine.reference import Reference, prepare
from engine.reference.prepare import SHORTEST_S
from evaluation.audio import Clip, OnFault, read_clips, refuse

if TYPE_CHECKING:
    from training.data.manifest import Utterance

CLIP_S = (2.0, 5.0)
"""Shortest and longest recording to compare with: about as long as the sentences spoken."""
KEPT = 30
"""Most recordings of a speaker to compare with."""
CODED_S = 600.0
"""Seconds that are coded of each part of a corpus, about: as much as shows most codes."""
SPARE = 1.5
"""Recorded seconds for a second of reference: not all of a recording is speech."""


@dataclass(frozen=True)
class Person:
    """One speaker's recordings in two parts: the reference holds nothing of `kept`.

    Args:
        name: The speaker.
        reference: What is cloned.
        kept: What clones are compared with.
    """

    name: str
    reference: Reference
    kept: tuple[Clip, ...]


def read_corpus(folder: Path, limit: int, on_fault: OnFault = refuse) -> Iterator[Clip]:
    """Recordings of a folder: held-out utterances of a training corpus, or any audio files.

    Args:
        on_fault: As of `read_clips`.
    """
    if not _is_training_corpus(folder):
        yield from read_clips(folder, limit, on_fault)
        return
    held_out = _held_out(folder)
    count = min(limit, len(held_out))
    for number in range(count):  # spread evenly, so that all speakers are heard
        yield _clip(held_out[number * len(held_out) // count])


def read_parts(folder: Path, seconds: float = CODED_S) -> tuple[Iterator[Clip], Iterator[Clip]]:
    """Many recordings in two parts of about `seconds` each, whose speakers differ.

    Those of a training corpus are valid utterances, of speakers that the training heard, and
    held-out ones. Of any other folder the first part is empty, and what cannot be read is left out.
    """
    if not _is_training_corpus(folder):
        readable = read_clips(folder, on_fault=lambda _: None)
        return iter(()), _beginning(readable, seconds)
    from training.data.manifest import load_manifest

    utterances = load_manifest(folder)
    parts = []
    for split in ("valid", "heldout"):
        part = [one for one in utterances if one.split == split]
        share = min(1.0, seconds / max(sum(one.seconds for one in part), 1e-9))
        chosen = np.arange(round(len(part) * share)) / share
        parts.append(map(_clip, [part[int(index)] for index in chosen]))
    return parts[0], parts[1]


def read_teachers(folder: Path, voices: Collection[str]) -> dict[str, list[Clip]]:
    """Valid utterances of a training corpus by voice: what the speech model learned to be like.

    No voice has any in another folder.
    """
    if not _is_training_corpus(folder):
        return {}
    from training.data.manifest import load_manifest

    found: dict[str, list[Clip]] = {}
    for utterance in load_manifest(folder, split="valid"):
        if utterance.speaker in voices:
            found.setdefault(utterance.speaker, []).append(_clip(utterance))
    return found


def read_people(
    folder: Path, rate: int, longest: float, on_fault: OnFault = refuse
) -> list[Person]:
    """The speakers of a folder: the held-out ones of a training corpus, or one a sub-folder.

    A file that is in no sub-folder is a speaker too.

    Args:
        folder: The corpus.
        rate: Samples a second of the references.
        longest: Seconds of a reference.
        on_fault: Called for each speaker of whom there is too little, and each recording that
            cannot be read, which are then left out.

    Raises:
        InputError: If there are no recordings, or too few of a speaker.
    """
    people = []
    for name, own in itertools.groupby(_by_speaker(folder, on_fault), key=lambda pair: pair[0]):
        try:
            people.append(divide(name, [clip for _, clip in own], rate, longest))
        except InputError as error:
            on_fault(error)
    return people


def divide(name: str, clips: Sequence[Clip], rate: int, longest: float) -> Person:
    """The first recordings become the reference, the others are kept; one alone is halved.

    Raises:
        InputError: If there is too little for either.
    """
    if len(clips) == 1:
        clips = [replace(clips[0], samples=half) for half in np.array_split(clips[0].samples, 2)]
    ends = np.cumsum([len(clip.samples) / clip.rate for clip in clips])
    enough = int(np.searchsorted(ends, SPARE * max(longest, SHORTEST_S))) + 1
    count = min(enough, len(clips) // 2)
    kept = [piece for clip in clips[count:] for piece in _pieces(clip)][:KEPT]
    if not kept:
        raise InputError(
            f"{name} has no recordings to compare with, beside the reference.",
            f"Give more: of {CLIP_S[0]:g} s at least.",
        )
    try:
        given = [(clip.samples, clip.rate) for clip in clips[:count]]
        return Person(name, prepare(given, rate, longest), tuple(kept))
    except InputError as error:
        raise InputError(f"{name}: {error.message}", error.hint) from error


def _by_speaker(folder: Path, on_fault: OnFault) -> Iterator[tuple[str, Clip]]:
    """Speaker and recording, one speaker after the other."""
    if _is_training_corpus(folder):
        for utterance in sorted(_held_out(folder), key=lambda one: one.speaker):
            yield utterance.speaker, _clip(utterance)
    else:
        for clip in read_clips(folder, on_fault=on_fault):
            yield Path(clip.name).parts[0], clip


def _beginning(clips: Iterator[Clip], seconds: float) -> Iterator[Clip]:
    """The first clips, as many as make up `seconds`."""
    for clip in clips:
        yield clip
        seconds -= clip.seconds
        if seconds <= 0:
            return


def _pieces(clip: Clip) -> list[Clip]:
    """A recording in equal pieces as long as the sentences; none of one that is shorter."""
    shortest, longest = CLIP_S
    seconds = len(clip.samples) / clip.rate
    if seconds < shortest:
        return []
    pieces = np.array_split(clip.samples, math.ceil(seconds / longest))
    return [replace(clip, samples=samples) for samples in pieces]


def _is_training_corpus(folder: Path) -> bool:
    from training.data.manifest import MANIFEST_NAME

    return (folder / MANIFEST_NAME).is_file()


def _held_out(folder: Path) -> "list[Utterance]":
    """Held-out utterances of a training corpus.

    Raises:
        InputError: If there are none.
    """
    from training.data.manifest import load_manifest

    held_out = load_manifest(folder, split="heldout")
    if not held_out:
        raise InputError(
            f"{folder} holds no utterance out.",
            "A corpus of teachers does; of your own recordings, give the folder itself.",
        )
    return held_out


def _clip(utterance: "Utterance") -> Clip:
    from training.data.manifest import SAMPLE_RATE, read_audio

    samples = read_audio(utterance)
    return Clip(utterance.id, samples, SAMPLE_RATE, utterance.text, utterance.phones)
