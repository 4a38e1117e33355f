"""Speaks what a ledger does not hold yet, and keeps the best take of each passage.

A take whose sound is at fault, or in which the recogniser misses too many words, is spoken again
with other noise, up to TAKES times. What is kept is in the ledger at once.
"""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.text import Passage
from voxtral_cli.books.ledger import Entry, Ledger

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.hearing.judge import Listener
    from engine.rendering import Line, Take
    from engine.speech import SpeechOptions, Voice

TAKES = 3
"""Most takes of one passage."""

Chain = Sequence[tuple[str, Passage]]
"""Passages that continue each other, each with its key."""


@dataclass(frozen=True)
class Opinion:
    """What is thought of a take.

    Args:
        rank: The smallest is the best.
        note: What is wrong; empty when nothing is.
        good: Whether another take is not worth while.
        wer: Word error rate by the recogniser; None where nobody listened.
    """

    rank: tuple[bool, float, int]
    note: str
    good: bool
    wer: float | None = None


class Critic:
    """Judges takes by their sound and, with ears, by their words.

    Args:
        deaf: Codes of languages that the ears do not know.
    """

    def __init__(
        self, engine: "Engine", ears: "Listener | None", deaf: Collection[str] = ()
    ) -> None:
        self.engine, self.ears, self.deaf = engine, ears, deaf

    def listens(self, language: str) -> "Listener | None":
        """What listens to a language, if anything does."""
        return None if language in self.deaf else self.ears

    def opinion(
        self,
        text: str,
        codes: np.ndarray,
        language: str,
        note: str = "",
        was_cut: bool = False,
    ) -> Opinion:
        """What is thought of the codes that say a text.

        Args:
            language: Code of the text's.
            note: What the engine said of it.
            was_cut: Whether the engine had to end it, which is a fault.
        """
        from engine.hearing.judge import RETAKE_WER, better, check, judge

        samples, rate = self.engine.decode(codes), self.engine.sample_rate
        fault = check(text, samples, rate)
        notes = [part for part in (note, fault) if part]
        fault = fault or "cut" * was_cut
        if (ears := self.listens(language)) is None:
            return Opinion((bool(fault), 0.0, 0), "; ".join(notes), not fault)
        verdict = judge(text, samples, rate, ears, language)
        good = not fault and verdict.wer <= RETAKE_WER and not verdict.repeated
        if not good:
            notes.append(f"heard as: {verdict.heard}")
        return Opinion(better(fault, verdict), "; ".join(notes), good, round(verdict.wer, 4))


class Director:
    """Decides on takes: the judge of `Engine.render`.

    Args:
        languages: Code of each line's language, by its name.
    """

    def __init__(self, critic: Critic, languages: Mapping[str, str]) -> None:
        self.critic, self.languages = critic, languages
        self.best: dict[str, tuple[Opinion, Take]] = {}
        self.takes: dict[str, int] = {}

    def __call__(self, take: "Take") -> "Take | None":
        name, text = take.line.name, take.line.text
        language = self.languages[name]
        opinion = self.critic.opinion(text, take.codes, language, take.note, take.was_cut)
        self.takes[name] = take.number + 1
        if opinion.good or name not in self.best or opinion.rank < self.best[name][0].rank:
            self.best[name] = opinion, take
        if not opinion.good and take.number + 1 < TAKES:
            return None
        return self.best[name][1]

    def entry(self, take: "Take") -> Entry:
        """What the ledger is to hold of a take that was kept."""
        line, (opinion, _) = take.line, self.best.pop(take.line.name)
        return Entry(
            line.name,
            line.text,
            take.codes,
            self.takes.pop(line.name),
            opinion.note,
            opinion.wer,
            was_cut=take.was_cut,
        )


def spoken_of(chain: Chain, ledger: Ledger, critic: Critic | None = None) -> int:
    """How many passages of a chain are done; none after the first that is not.

    Args:
        critic: What it would listen to, and nobody did, counts as not spoken.
    """
    before = ""
    for number, (key, passage) in enumerate(chain):
        if key not in ledger:
            return number
        if critic and critic.listens(passage.language) and ledger.wer(key) is None:
            return number
        if before and ledger.after(key) not in ("", before):
            return number  # it goes on from a take that was replaced
        before = ledger.digest(key)
    return len(chain)


def missing(chains: Sequence[Chain], ledger: Ledger, critic: Critic) -> list[list["Line"]]:
    """The chains of which something is to be spoken, each once."""
    from engine.rendering import Line

    wanted: dict[str, list[Line]] = {}
    for chain in chains:
        done = spoken_of(chain, ledger, critic)
        if done < len(chain) and chain[-1][0] not in wanted:
            codes = [ledger.entry(key).codes for key, _ in chain[:done]]
            wanted[chain[-1][0]] = [
                Line(key, passage.text, passage.voice, codes[n] if n < done else None)
                for n, (key, passage) in enumerate(chain)
            ]
    return list(wanted.values())


def speak_missing(
    engine: "Engine",
    chains: Sequence[Chain],
    ledger: Ledger,
    voices: "Mapping[str, str | Voice]",
    options: "SpeechOptions",
    critic: Critic,
) -> Iterator[Entry]:
    """Speaks what is missing; each entry is in the ledger when it is handed out."""
    languages: dict[str, str] = {}
    for key, passage in itertools.chain(*chains):
        languages.setdefault(key, passage.language)
    director = Director(critic, languages)
    lines = missing(chains, ledger, critic)
    before = {line.name: one.name for chain in lines for one, line in itertools.pairwise(chain)}
    for take in engine.render(lines, voices, options, director):
        entry = director.entry(take)
        if entry.key in before:
            entry = replace(entry, after=ledger.digest(before[entry.key]))
        ledger.add(entry)
        yield entry


def listen_again(chains: Sequence[Chain], ledger: Ledger, critic: Critic) -> None:
    """Notes what the recogniser thinks of passages that nobody listened to, where it is good.

    Of a chain no further than the first that is not: what follows will be spoken again with it.
    """
    for chain in chains:
        for key, passage in chain[: spoken_of(chain, ledger)]:
            if critic.listens(passage.language) and ledger.wer(key) is None:
                entry = ledger.entry(key)
                opinion = critic.opinion(
                    entry.text, entry.codes, passage.language, was_cut=entry.was_cut
                )
                if not opinion.good:
                    break
                ledger.add(replace(entry, wer=opinion.wer))
