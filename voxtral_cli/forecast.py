"""What is said before the work, where it will be long."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING
from unicodedata import name, normalize

from engine.hub import EMBEDDED
from voxtral_cli import loading
from voxtral_cli.console import Console

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.speech import SpeechOptions

CHARACTERS_A_SECOND = 15  # of English read aloud
MUCH = 3.0
"""Seconds for a second of speech from which on nano is much faster; what is nearer is as small."""
LONG_MINUTES = 20  # of speech, from which on it is said how long it will be
SCRIPTS = {"ar": "ARABIC", "hi": "DEVANAGARI"}
"""How the Unicode names of a language's letters begin; of all others: LATIN."""


def warn_of_text(text: str, characters: int, speed: float, console: Console) -> None:
    """Says beforehand that a text is long, and that `say` has one voice.

    Args:
        characters: That will be spoken.
        speed: Factor on the pace.
    """
    from engine.text import has_voices

    if has_voices(text):
        console.note("note: say has one voice: [voice:NAME] is for `voxtral batch`")
    seconds = characters / CHARACTERS_A_SECOND / speed
    if seconds >= 60 * LONG_MINUTES:
        length = _duration(seconds)
        console.note(f"note: {characters:,} characters will be about {length} of speech")


def warn_of_languages(tags: Iterable[str], text: str, model: str, console: Console) -> list[str]:
    """Says beforehand what a model does not speak, and where numbers are not written out.

    Args:
        tags: The languages of what will be spoken.
        text: All of it.

    Returns:
        What was said.
    """
    from engine.text.languages import LANGUAGES, language_code

    spoken = loading.languages(model)
    only = f"{model} speaks {', '.join(loading.PRESET_LANGUAGES[code] for code in spoken)} alone"
    notes = []
    for tag in dict.fromkeys(tags):
        code, faults = language_code(tag), []
        if spoken and code.partition("-")[0] not in spoken:
            faults.append(f"{only}, not {tag!r}")
        if code not in ("en", *LANGUAGES):
            faults.append(
                f"numbers are left to the model: no words are known for them in {tag!r} "
                f"(--language: en, {', '.join(LANGUAGES)})"
            )
        notes += ["; ".join(faults)] if faults else []
    if spoken and not any(only in note for note in notes) and _is_foreign(text, spoken):
        notes.append(f"{only}, and most of this text is in another script")
    for note in notes:
        console.note(f"note: {note}")
    return notes


def _is_foreign(text: str, languages: Iterable[str]) -> bool:
    """Whether most letters are of a script that none of some languages is written in."""
    scripts = tuple(SCRIPTS.get(code, "LATIN") for code in languages)
    letters = {c: n for c, n in Counter(normalize("NFKC", text)).items() if c.isalpha()}
    known = sum(n for letter, n in letters.items() if name(letter, "").startswith(scripts))
    foreign = sum(letters.values()) - known
    return foreign > max(1, known)  # a single sign is no text


def warn_of_speed(
    engine: "Engine", characters: int, chunks: int, options: "SpeechOptions", console: Console
) -> None:
    """Says beforehand that a model is slower than speech on this CPU; measured, in a second or so.

    Args:
        characters: Of the text.
        chunks: That will be spoken, `options.rows` of them side by side.
    """
    if console.quiet or engine.name == EMBEDDED or engine.device != "cpu":
        return
    from engine.longform import CHAIN_CHUNKS
    from engine.pipeline import MOST_ROWS

    heads = -(-chunks // CHAIN_CHUNKS) if options.context == "chunks" else chunks  # about
    rows = min(options.rows or MOST_ROWS[False], heads)
    factor, start = engine.estimate(rows, engine.flow(options).steps)
    if factor > 1:
        total = factor * characters / CHARACTERS_A_SECOND + start * chunks
        hint = f"; {EMBEDDED} is faster (-m {EMBEDDED})" if factor > MUCH else ""
        each = f"{factor:.0f}" if factor >= 10 else f"{factor:.1f}"
        console.note(
            f"note: {engine.name} takes about {each} s for a second of sound on this CPU, "
            f"{_duration(total)} in all{hint}"
        )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"
