"""A job from its plan to its files: speak what is missing, write each file once it is all there."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import VoxtralError
from voxtral_cli import __version__
from voxtral_cli.audio.book import codings_of
from voxtral_cli.audio.metadata import About
from voxtral_cli.audio.output import write_error
from voxtral_cli.books.assembly import Chapter, assemble
from voxtral_cli.books.beside import due, stale, states
from voxtral_cli.books.ledger import Entry, Ledger
from voxtral_cli.books.plan import Finish, Keys, Product, digest, subtitle_path
from voxtral_cli.books.progress import Progress
from voxtral_cli.books.speaking import Chain, Critic, listen_again, speak_missing, spoken_of
from voxtral_cli.console import Console
from voxtral_cli.forecast import warn_of_speed
from voxtral_cli.provenance import making, tags

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.speech import SpeechOptions, Voice


@dataclass
class Report:
    """What a job has done.

    Args:
        files: Each file that is there now: its path, seconds, and whether it was written now.
        failures: What could not be made, and why.
        spoken: Passages that were spoken now.
        reused: Passages that the ledger had.
        seconds: Of sound that was spoken now.
        took: Seconds that it took.
        notes: What is wrong with passages that are kept.
        outdated: Files of chapters, written before, that are none any more.
        wer: Mean of the passages' word error rates; None where nobody listened.
    """

    files: list[dict[str, Any]] = field(default_factory=list)
    failures: list[tuple[str, VoxtralError]] = field(default_factory=list)
    spoken: int = 0
    reused: int = 0
    seconds: float = 0.0
    took: float = 0.0
    notes: list[str] = field(default_factory=list)
    outdated: list[Path] = field(default_factory=list)
    wer: float | None = None


@dataclass
class Work:
    """A product with its chapters, their chains, and the keys that are not spoken yet."""

    product: Product
    chapters: list[Chapter]
    chains: list[Chain]
    missing: set[str] = field(default_factory=set)


class Job:
    """Products, and all that it takes to make them.

    Args:
        voices: Name in the passages -> what the engine is to be given.
        labels: The same -> what it is called in a file's tags.
        chain_chars: Longest text of passages that continue each other; 0 when none do.
    """

    def __init__(
        self,
        engine: "Engine",
        ledger: Ledger,
        voices: "Mapping[str, str | Voice]",
        labels: Mapping[str, str],
        options: "SpeechOptions",
        finish: Finish,
        console: Console,
        critic: Critic,
        chain_chars: int,
    ) -> None:
        self.engine, self.ledger, self.voices, self.labels = engine, ledger, voices, labels
        self.options, flow = options, engine.flow(options)
        self.finish, self.console, self.critic = finish, console, critic
        facts = {
            "checkpoint": engine.fingerprint,
            "seed": options.seed,
            "cfg": flow.cfg,
            "steps": flow.steps,
        }
        if engine.quantized:
            facts["quantize"] = engine.quantized
        known = {name: _identity(voice, engine) for name, voice in voices.items()}
        self.keys = Keys(facts, known, chain_chars)
        self.report = Report()

    def run(self, products: Sequence[Product], force: bool = False) -> Report:
        """Speak what is missing and write every file that can be written.

        Args:
            force: Whether to speak again what was spoken before.
        """
        works = [self._work(product) for product in products]
        chains = [chain for work in works for chain in work.chains]
        texts = {key: passage.text for chain in chains for key, passage in chain}
        if force:
            self.ledger.force(texts)
        if self.critic.ears is not None:
            listen_again(chains, self.ledger, self.critic)
        missing = self._missing(works)
        chapters = [
            {key for key, _ in chapter.passages} & missing.keys()
            for work in works
            for chapter in work.chapters
        ]
        size = sum(len(texts[key]) for key in missing)
        self.progress = Progress(self.console, size, len(missing), chapters)
        self.report.reused = len(texts) - len(missing)
        self.console.note(f"{len(missing)} passages to speak, {self.report.reused} are kept")
        if missing:
            warn_of_speed(self.engine, size, len(missing), self.options, self.console)
        with self.progress.shown():
            for work in works:
                if not work.missing:
                    self._write(work)
            for entry in self._speak(chains):
                for work in missing.pop(entry.key, []):
                    work.missing.remove(entry.key)
                    if not work.missing:
                        self._write(work)
        self.ledger.forced()
        places = {str(product.path): number for number, product in enumerate(products)}
        self.report.files.sort(key=lambda file: places[file["file"]])
        self.report.outdated = outdated(products, self.ledger.files)
        for path in self.report.outdated:
            self.console.note(f"note: no chapter of the book any more: {path}")
        return self._told(texts)

    def _missing(self, works: Sequence[Work]) -> dict[str, list[Work]]:
        """What is to be spoken -> the works that wait for it."""
        waiting: dict[str, list[Work]] = {}
        for work in works:
            for chain in work.chains:
                done = spoken_of(chain, self.ledger, self.critic)
                work.missing.update(key for key, _ in chain[done:])
            for key in work.missing:
                waiting.setdefault(key, []).append(work)
        return waiting

    def _speak(self, chains: Sequence[Chain]) -> Iterator[Entry]:
        """Entries as they are made, counted."""
        for entry in speak_missing(
            self.engine, chains, self.ledger, self.voices, self.options, self.critic
        ):
            seconds = entry.codes.shape[1] / self.engine.frame_rate
            self.progress.add(entry.key, len(entry.text), seconds, bool(entry.note))
            yield entry

    def _told(self, texts: Mapping[str, str]) -> Report:
        """The report, of the passages of these keys."""
        report, progress, ledger = self.report, self.progress, self.ledger
        report.spoken, report.seconds, report.took = progress.done, progress.seconds, progress.took
        report.notes = [
            f"{note}: {text}" for key, text in texts.items() if (note := ledger.note(key))
        ]
        rates = [rate for key in texts if (rate := ledger.wer(key)) is not None]
        report.wer = sum(rates) / len(rates) if rates else None
        return report

    def _work(self, product: Product) -> Work:
        own = [self.keys.chains(part.passages) for part in product.parts]
        chapters = [
            Chapter(part.title, [member for chain in chains for member in chain])
            for part, chains in zip(product.parts, own, strict=True)
        ]
        return Work(product, chapters, [chain for chains in own for chain in chains])

    def _write(self, work: Work) -> None:
        """Write a file whose passages are all there; a failure does not stop the others."""
        path = str(work.product.path)
        try:
            self._finish(work)
            return
        except VoxtralError as error:
            self.report.failures.append((path, error))
        except OSError as error:
            self.report.failures.append((path, write_error(path, error)))
        self.progress.failed += 1

    def _finish(self, work: Work) -> None:
        """Write one file, unless it is there."""
        path = work.product.path
        marked = self.finish.watermark and any(
            not isinstance(self.voices[p.voice], str) for p in work.product.passages
        )
        about = self._about(work.product, marked)
        passages = [
            [c.title]
            + [[self.ledger.digest(k), p.text, p.before, p.pause, p.asked] for k, p in c.passages]
            for c in work.chapters
        ]
        acx, kinds = self.finish.loudness == "acx", self.finish.subtitles
        facts = [
            *(__version__, self.finish.format.name, self.finish.loudness, self.finish.speed),
            *(marked, vars(about) | {"cover": digest(about.cover.hex())}, passages),
        ]
        makings = [digest([coding, *facts]) for coding in codings_of(self.finish.format, acx)]
        written = [passage.written for passage in work.product.passages]
        made_by = __version__, self.engine.fingerprint
        words = digest([*made_by, acx, self.finish.speed, passages, written])
        name = str(path)
        known = self.ledger.beside(name)
        for kind in stale(path, kinds, words, known):
            old = subtitle_path(path, kind)
            self.console.note(f"note: {old} is of other words or times (--subtitles {kind})")
        size = path.stat().st_size if path.is_file() else -1
        there = any(self.ledger.written(name, made_of, size) for made_of in makings)
        missing, changed = due(path, kinds, words, self.ledger.beside)
        if there and not missing:
            seconds = self.ledger.seconds(name)
            self.report.files.append({"file": name, "new": False, "seconds": seconds})
            return
        for old in changed:
            self.console.note(f"note: {old} was changed by hand, and is written anew: other words")
        finish = replace(self.finish, watermark=marked, subtitles=tuple(missing))
        self.progress.writing(path.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        seconds, note = assemble(self.engine, self.ledger, work.chapters, path, about, finish)
        size, seconds = path.stat().st_size, round(seconds, 3)
        beside = {**known, **states(path, missing, words)}
        self.ledger.add_file(name, makings[0], size, work.product.book.name, seconds, beside)
        self.report.files.append({"file": name, "new": True, "seconds": seconds})
        if note:
            self.console.note(f"note: {path}: {note}")

    def _about(self, product: Product, marked: bool) -> About:
        """What a file says about itself."""
        book, asked = product.book, dict.fromkeys(p.voice for p in product.passages)
        narrator = ", ".join(self.labels[name] for name in asked)
        made = tags(making(self.engine, narrator, self.options, marked))
        return About(
            title=product.title,
            author=book.author,
            narrator=narrator,
            album=book.title,
            cover=book.cover,
            comment=made["comment"],
            software=made["software"],
            track=f"{product.number}/{product.total}" if product.total > 1 else "",
        )


def stem_of(path: Path) -> Path:
    """An absolute path without its suffix: the same for another format."""
    return Path(os.path.abspath(path)).with_suffix("")


def outdated(products: Sequence[Product], files: Mapping[Path, str]) -> list[Path]:
    """Files of chapters, written before, whose numbers others have now, or none.

    Args:
        files: What was written before and is there -> of which book it is.
    """
    made = {stem_of(product.path) for product in products}
    chapters: dict[tuple[Path, str], list[Product]] = {}
    for product in products:
        if product.total > 1:
            place = stem_of(product.path).parent, product.book.name
            chapters.setdefault(place, []).append(product)
    old = []
    for path, book in files.items():
        number = path.name.partition(" ")[0]
        if stem_of(path) not in made and number.isdecimal():
            others = chapters.get((path.parent, book), [])
            old += [path] * any(int(number) == p.number or int(number) > p.total for p in others)
    return old


def _identity(voice: "str | Voice", engine: "Engine") -> str:
    """What tells a voice from others in the same checkpoint."""
    if isinstance(voice, str):
        rows = engine.rows(voice).bfloat16().float().cpu()  # the same on every device
        return f"preset {voice.lower()} {digest(rows.numpy().tobytes().hex())}"
    return digest(voice.codes.tolist())
