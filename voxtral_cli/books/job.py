"""A job from its plan to its files: speak what is missing, write each file once it is all there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import VoxtralError
from engine.longform import chain_chars
from voxtral_cli import __version__, loading
from voxtral_cli.audio.book import About
from voxtral_cli.books.assembly import Chapter, assemble, subtitle_path
from voxtral_cli.books.ledger import Ledger, open_ledger
from voxtral_cli.books.plan import Finish, Keys, Product, digest
from voxtral_cli.books.progress import Progress
from voxtral_cli.books.speaking import Chain, Critic, listen_again, speak_missing
from voxtral_cli.console import Console
from voxtral_cli.provenance import WATERMARK, tags
from voxtral_cli.voice_choice import ChosenVoice

if TYPE_CHECKING:
    from engine.cloning import Voice
    from engine.engine import Engine
    from engine.speech import SpeechOptions


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
        wer: Mean of the passages' word error rates; None where nobody listened.
    """

    files: list[dict[str, Any]] = field(default_factory=list)
    failures: list[tuple[str, VoxtralError]] = field(default_factory=list)
    spoken: int = 0
    reused: int = 0
    seconds: float = 0.0
    took: float = 0.0
    notes: list[str] = field(default_factory=list)
    wer: float | None = None


@dataclass
class Work:
    """A product with the keys of its passages, and of those that are not spoken yet."""

    product: Product
    chapters: list[Chapter]
    missing: set[str]


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
        self.options, self.finish, self.console, self.critic = options, finish, console, critic
        facts = {
            "checkpoint": engine.fingerprint,
            "seed": options.seed,
            "cfg": options.cfg,
            "steps": options.steps,
        }
        known = {name: _identity(voice) for name, voice in voices.items()}
        self.keys = Keys(facts, known, chain_chars)
        self.report = Report()

    def run(self, products: Sequence[Product]) -> Report:
        """Speak what is missing and write every file that can be written."""
        chains = [chain for product in products for chain in self._chains(product)]
        if self.critic.ears is not None:
            for _ in listen_again(chains, self.ledger, self.critic):
                pass
        waiting = [self._work(product) for product in products]
        texts = {key: p.text for chain in chains for key, p in chain}
        missing = [text for key, text in texts.items() if not self._has(key)]
        self.report.reused = len(texts) - len(missing)
        progress = Progress(self.console, sum(map(len, missing)), len(missing))
        with progress.shown():
            waiting = self._write(waiting)
            entries = speak_missing(
                self.engine, chains, self.ledger, self.voices, self.options, self.critic
            )
            for entry in entries:
                seconds = entry.codes.shape[1] / self.engine.frame_rate
                progress.add(len(entry.text), seconds, bool(entry.note))
                for work in waiting:
                    work.missing.discard(entry.key)
                waiting = self._write(waiting)
        assert not waiting
        report = self.report
        report.spoken, report.seconds, report.took = progress.done, progress.seconds, progress.took
        report.notes = [
            f"{note}: {text}" for key, text in texts.items() if (note := self.ledger.note(key))
        ]
        rates = [rate for key in texts if (rate := self.ledger.wer(key)) is not None]
        report.wer = sum(rates) / len(rates) if rates else None
        return report

    def _has(self, key: str) -> bool:
        heard = self.critic.ears is None or (
            key in self.ledger and self.ledger.wer(key) is not None
        )
        return key in self.ledger and heard

    def _chains(self, product: Product) -> list[Chain]:
        return [chain for part in product.parts for chain in self.keys.chains(part.passages)]

    def _work(self, product: Product) -> Work:
        chapters = [
            Chapter(
                part.title, [pair for chain in self.keys.chains(part.passages) for pair in chain]
            )
            for part in product.parts
        ]
        keys = {key for chapter in chapters for key, _ in chapter.passages}
        return Work(product, chapters, {key for key in keys if not self._has(key)})

    def _write(self, waiting: list[Work]) -> list[Work]:
        """Write the files whose passages are all there; returns the others."""
        left = []
        for work in waiting:
            if work.missing:
                left.append(work)
                continue
            try:
                self._finish(work)
            except VoxtralError as error:
                self.report.failures.append((str(work.product.path), error))
                self.console.note(f"failed: {work.product.path}: {error.message}")
        return left

    def _finish(self, work: Work) -> None:
        """Write one file, unless it is there."""
        path, about = work.product.path, self._about(work.product)
        marked = self.finish.watermark and any(
            not isinstance(self.voices[p.voice], str) for p in work.product.passages
        )
        made_of = digest(
            [
                __version__,
                self.finish.format.name,
                self.finish.loudness,
                self.finish.subtitles,
                marked,
                vars(about) | {"cover": digest(about.cover.hex())},
                [[c.title, [[key, p.pause] for key, p in c.passages]] for c in work.chapters],
            ]
        )
        name = str(path)
        beside = [subtitle_path(path, kind) for kind in self.finish.subtitles]
        size = path.stat().st_size if path.is_file() else -1
        if self.ledger.written(name, made_of, size) and all(map(Path.is_file, beside)):
            self.report.files.append({"file": name, "new": False})
            return
        finish = Finish(self.finish.format, self.finish.loudness, marked, self.finish.subtitles)
        path.parent.mkdir(parents=True, exist_ok=True)
        seconds, note = assemble(self.engine, self.ledger, work.chapters, path, about, finish)
        self.ledger.add_file(name, made_of, path.stat().st_size)
        self.report.files.append({"file": name, "new": True, "seconds": round(seconds, 3)})
        if note:
            self.console.note(f"note: {path}: {note}")

    def _about(self, product: Product) -> About:
        """What a file says about itself."""
        book, asked = product.book, dict.fromkeys(p.voice for p in product.passages)
        narrator = ", ".join(self.labels[name] for name in asked)
        cloned = any(not isinstance(self.voices[name], str) for name in asked)
        facts = {
            "model": f"{self.engine.name} {self.engine.fingerprint[:12]}",
            "voice": narrator,
            "seed": self.options.seed,
            "cfg": f"{self.options.cfg:g}",
            "steps": self.options.steps,
            "watermark": WATERMARK if cloned and self.finish.watermark else "none",
        }
        made = tags(facts)
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


def perform(
    products: Sequence[Product],
    place: Path,
    chosen: Mapping[str, ChosenVoice],
    options: "SpeechOptions",
    finish: Finish,
    console: Console,
    *,
    model: str,
    encoder: str | None,
    device: str,
    verify: bool,
    force: bool,
    language: str,
) -> "Report":
    """Load what is needed and do the job.

    Args:
        place: Of the ledger.
        verify: Whether a recogniser listens, in this language.
        force: Whether to speak again what the ledger holds.

    Raises:
        VoxtralError: If the ledger is in use or cannot be written; what is finished is kept.
    """
    with open_ledger(place) as ledger:
        encoded = any(voice.encoded for voice in chosen.values())
        engine = loading.load_engine(model, device, encoder if encoded else None)
        ears = None
        if verify:
            from engine.hearing.asr import Ears
            from engine.text.languages import language_code

            language = language_code(language)
            ears = Ears(cpu_threads=1, language=language)
        job = Job(
            engine,
            ledger,
            {name: voice.make(engine) for name, voice in chosen.items()},
            {name: voice.label for name, voice in chosen.items()},
            options,
            finish,
            console,
            Critic(engine, ears, language),
            chain_chars(loading.read_config(model), options),
        )
        if force:
            ledger.clear()
        return job.run(products)


def _identity(voice: "str | Voice") -> str:
    """What tells a voice from others in the same checkpoint."""
    if isinstance(voice, str):
        return f"preset {voice.lower()}"
    return digest(voice.codes.tolist())
