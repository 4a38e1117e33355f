"""`voxtral batch`: manuscripts in, audiobooks out, in as many sittings as it takes."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import VoxtralError
from voxtral_cli import loading
from voxtral_cli.console import Console, print_json, print_table
from voxtral_cli.failures import ExitCode, perhaps_unread, print_error
from voxtral_cli.options import (
    Consent,
    Context,
    Device,
    Encoder,
    Graphs,
    Json,
    Lexicon,
    Model,
    NoWatermark,
    Quantize,
    Quiet,
    Rows,
    Speed,
    Voice,
    note_watermark,
)

if TYPE_CHECKING:
    from voxtral_cli.books.job import Report
    from voxtral_cli.books.plan import Book

Failures = Sequence[tuple[str, VoxtralError]]
MOST_LINES = 30
"""Of the summary."""

Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT...",
        help="epub, docx, html, md, txt; folders, globs, a .jsonl of items; - is text on stdin.",
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE|DIR",
        help="One file for all, or a folder for a file each.  "
        "[default: NAME.m4b; NAME.mp3 without ffmpeg]",
    ),
]
BookFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="m4b, m4a, mp3, opus, flac or wav, where no suffix tells it.",
    ),
]
Split = Annotated[bool, typer.Option("--split", help="A file a chapter, titles numbered.")]
List = Annotated[bool, typer.Option("--list", help="Print the chapters, and do no more.")]
ShowText = Annotated[
    bool,
    typer.Option("--dry-run", "--show-text", help="Print what would be spoken, a passage a line."),
]
Chapters = Annotated[
    str | None,
    typer.Option("--chapters", metavar="3-7,9", help="Only these, as --list numbers them."),
]
Matter = Annotated[
    bool, typer.Option("--all-matter", help="Title pages, contents, notes and the like as well.")
]
Title = Annotated[str | None, typer.Option("--title", help="Instead of the manuscript's.")]
Author = Annotated[str | None, typer.Option("--author", help="Instead of the manuscript's.")]
Cover = Annotated[
    Path | None,
    typer.Option("--cover", metavar="IMAGE", help="A JPEG or PNG instead of the manuscript's."),
]
Language = Annotated[
    str | None,
    typer.Option(
        "--language",
        metavar="CODE",
        help="en, fr, ...  [default: manuscript's or preset's]",
    ),
]
Cast = Annotated[
    list[str] | None,
    typer.Option(
        "--cast", metavar="NAME=VOICE", help="Who speaks lines that begin with NAME: (repeatable)."
    ),
]
Subtitles = Annotated[
    list[str] | None,
    typer.Option("--subtitles", metavar="KIND", help="srt, vtt or json beside it (repeatable)."),
]
Loudness = Annotated[
    str,
    typer.Option("--loudness", metavar="PRESET", help="ebu (-18 LUFS), acx (-20 dB RMS) or none."),
]
Verify = Annotated[
    bool,
    typer.Option("--verify", help="Listen to every passage; speak it again if words are missing."),
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Another seed, other speech.")]
Force = Annotated[
    bool, typer.Option("--force", help="Speak all of it again, whatever the ledger holds.")
]
Clean = Annotated[
    bool, typer.Option("--clean", help="Delete the ledger once everything is written: no going on.")
]


def batch(
    inputs: Inputs,
    output: Output = None,
    format_name: BookFormat = None,
    split: Split = False,
    chapters: Chapters = None,
    all_matter: Matter = False,
    list_chapters: List = False,
    show_text: ShowText = False,
    voice: Voice = None,
    cast: Cast = None,
    consent: Consent = False,
    language: Language = None,
    lexicon: Lexicon = None,
    title: Title = None,
    author: Author = None,
    cover: Cover = None,
    speed: Speed = 1.0,
    loudness: Loudness = "ebu",
    subtitles: Subtitles = None,
    verify: Verify = False,
    context: Context = "none",
    rows: Rows = 0,
    seed: Seed = 0,
    no_watermark: NoWatermark = False,
    force: Force = False,
    clean: Clean = False,
    model: Model = "nano",
    encoder: Encoder = None,
    device: Device = "auto",
    quantize: Quantize = None,
    graphs: Graphs = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Turn manuscripts into audiobooks.

    What was spoken is kept in a ledger beside the output (book.voxtral for book.m4b). Stopped at
    any moment, the same command goes on where it was and ends with the same bytes. Only what
    changed in the text is spoken again, and nothing for another format, loudness, speed or title.
    In the text, [pause:1.5s] is a pause, and [voice:NAME] changes the voice until [voice:].

    \b
    voxtral batch book.epub -o book.m4b
    voxtral batch book.epub --list
    voxtral batch book.epub -o book.mp3 --split --chapters 3-7 --loudness acx
    voxtral batch script.txt -o play.flac --cast ALICE=cheerful_female --cast BOB=casual_male
    voxtral batch lines.jsonl -o sounds/ --format wav

    Exit code 3: some files could not be made, the others are there; 1: none could.
    """
    from engine.speech import SpeechOptions
    from voxtral_cli.books import reading
    from voxtral_cli.books import target as targets

    console = Console(quiet)
    options = SpeechOptions(
        seed=seed, rows=rows, context=context, language=language or "en", speed=speed
    )
    roles = reading.roles(cast)
    found, unread = reading.documents(inputs, chapters, all_matter, voice, model, roles, console)
    books = reading.planned(found, model, lexicon, language, roles, console)
    if list_chapters or show_text:
        with perhaps_unread():
            if list_chapters:
                print_chapters(books, speed, as_json)
            else:
                print_passages(books, as_json)
        raise typer.Exit(ended(unread))
    books = targets.renamed(books, author, cover)
    kept = [voice, *roles.values()]
    target = targets.target(books, output, format_name, split, title, kept, subtitles or ())
    finish = targets.finish(target.format, loudness, subtitles, not no_watermark, speed)
    note_watermark(no_watermark, console)
    voices = targets.voices(target.products, roles, voice, model, encoder, consent, console)
    if verify:
        targets.check_ears()
    from voxtral_cli.books.perform import perform  # torch comes with it

    said = perform(
        target.products,
        target.ledger,
        voices,
        options,
        finish,
        console,
        model=model,
        encoder=encoder,
        load=lambda own: loading.load_engine(model, device, own, quantize, graphs),
        verify=verify,
        force=force,
        clean=clean,
    )
    said.failures[:0] = unread
    console.note(summary(said))
    with perhaps_unread():
        if as_json:
            print_json(facts(said, target.ledger))
        else:
            print("".join(f"{file['file']}\n" for file in said.files), end="")
    raise typer.Exit(ended(said.failures, bool(said.files)))


def ended(failures: Failures, made: bool = True) -> int:
    """Says what could not be made; the exit code."""
    for name, error in failures:
        told = error.message if name in error.message else f"{name}: {error.message}"
        print_error(told, error.hint)
    if not failures:
        return ExitCode.OK
    return ExitCode.SOME_FAILED if made else ExitCode.FAILED


def print_chapters(books: "Sequence[Book]", speed: float, as_json: bool) -> None:
    """The table of `--list`: number, book, title, characters, minutes at a speed."""
    rows = [(book, part) for book, parts in books for part in parts]
    if as_json:
        print_json(
            [
                {
                    "number": part.number,
                    "book": book.title,
                    "title": part.title,
                    "characters": part.characters,
                    "seconds": round(part.seconds / speed),
                }
                for book, part in rows
            ]
        )
        return
    minute = 60 * speed
    print_table(
        ["", "book", "chapter", "characters", "about"],
        [
            [str(p.number), b.title, p.title, str(p.characters), f"{p.seconds / minute:.1f} min"]
            for b, p in rows
        ],
    )


def print_passages(books: "Sequence[Book]", as_json: bool) -> None:
    """The plan: passage by passage, or as one JSON value with voices and pauses."""
    if as_json:
        print_json(
            [
                {"book": book.title, "chapter": part.title, **asdict(passage)}
                for book, parts in books
                for part in parts
                for passage in part.passages
            ]
        )
        return
    print(*(p.text for _, parts in books for part in parts for p in part.passages), sep="\n")


def summary(said: "Report") -> str:
    """What was done, for people."""
    speed = f" ({said.seconds / said.took:.1f} x real time)" if said.spoken else ""
    took = f"{said.seconds:.1f} s of sound in {said.took:.1f} s{speed}"
    lines = [f"{said.spoken} passages spoken: {took}"]
    lines += [f"{f['file']}: {'written' if f['new'] else 'is up to date'}" for f in said.files]
    lines += [f"flawed: {note}" for note in said.notes]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"... and {len(lines) - MOST_LINES} more lines (--json has all)"]
    wer = "" if said.wer is None else f"\nmean word error rate of the passages: {said.wer:.1%}"
    return "\n".join(lines) + wer


def facts(said: "Report", ledger: Path) -> dict[str, Any]:
    """For `--json`."""
    return {
        "files": said.files,
        "failures": [{"file": name, "error": error.message} for name, error in said.failures],
        "passages": {"spoken": said.spoken, "reused": said.reused, "flawed": said.notes},
        "seconds": round(said.seconds, 3),
        "wall_seconds": round(said.took, 3),
        "wer": None if said.wer is None else round(said.wer, 4),
        "ledger": str(ledger),
    }
