"""The last step of the command: lock the ledger, load the model, do the job."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.longform import chain_chars
from voxtral_cli import loading
from voxtral_cli.audio.output import write_error
from voxtral_cli.books.job import Job, Report, stem_of
from voxtral_cli.books.ledger import open_ledger
from voxtral_cli.books.plan import Finish, Product
from voxtral_cli.books.speaking import Critic
from voxtral_cli.console import Console
from voxtral_cli.voice_choice import ChosenVoice

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.hearing.asr import Ears
    from engine.speech import SpeechOptions


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
    load: Callable[[str | None], "Engine"],
    verify: bool,
    force: bool,
    clean: bool,
) -> "Report":
    """Load what is needed and do the job.

    Args:
        place: Of the ledger.
        load: The model, with a codec encoder of its own or not.
        verify: Whether a recogniser listens.
        force: Whether to speak again what the ledger holds.
        clean: Whether the ledger goes when all is written.

    Raises:
        VoxtralError: If the ledger is in use or cannot be written; what is finished is kept.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(str(place.parent), error) from error
    with open_ledger(place) as ledger:
        if ledger.damaged:
            console.note(f"note: {ledger.damaged} lines of {place} are damaged: spoken again")
        encoded = any(voice.encoded for voice in chosen.values())
        ears = _ears(products, console) if verify else None
        engine = load(encoder if encoded else None)
        job = Job(
            engine,
            ledger,
            {name: voice.make(engine) for name, voice in chosen.items()},
            {name: voice.label for name, voice in chosen.items()},
            options,
            finish,
            console,
            Critic(engine, ears, ears.unknown if ears else ()),
            chain_chars(loading.read_config(model), options),
        )
        try:
            report = job.run(products, force)
        except (KeyboardInterrupt, SystemExit):
            console.note(f"What was spoken is kept in {place}; the same command goes on.")
            raise
        mine = set(map(stem_of, [*(product.path for product in products), *report.outdated]))
        others = [path for path in ledger.files if stem_of(path) not in mine]
        ledger.needed = not clean or bool(report.failures or others)
        if clean and others:
            console.note(f"note: {place} is kept: it holds other files' speech ({others[0]})")
        return report


def _ears(products: Sequence[Product], console: Console) -> "Ears":
    """What listens; a line names the languages that it does not know."""
    from engine.hearing.asr import Ears

    passages = [passage for product in products for passage in product.passages]
    ears = Ears(cpu_threads=1, languages={passage.language for passage in passages})
    if ears.unknown:
        named = ", ".join(sorted(ears.unknown))
        console.note(f"note: not listened to, the recogniser knows no such language: {named}")
    return ears
