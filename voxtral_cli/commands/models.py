"""`voxtral models`: which checkpoints are here, and fetching others."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from voxtral_cli.console import Console, print_json, print_table, tell
from voxtral_cli.options import Json, Quiet, refuse_astray

models = typer.Typer(rich_markup_mode=None)

HubId = Annotated[str, typer.Argument(metavar="ID", help="A hub id, owner/name.")]
Revision = Annotated[
    str | None,
    typer.Option("--revision", metavar="REV", help="Branch, tag or commit.  [default: newest]"),
]


@models.callback(invoke_without_command=True)
def list_models(ctx: typer.Context, as_json: Json = False) -> None:
    """List models, or fetch one: models pull ID.

    \b
    voxtral models
    voxtral models pull mistralai/Voxtral-4B-TTS-2603
    """
    if ctx.invoked_subcommand is not None:
        refuse_astray(ctx, {"as_json": "--json"})
        return
    from engine.hub import known

    found = known()
    if as_json:
        print_json(
            [
                {
                    "name": model.name,
                    "here": model.path is not None,
                    "path": str(model.path) if model.path else None,
                    "size_bytes": model.size_bytes,
                    "licence": model.licence,
                    "source": model.source,
                    "note": model.note,
                }
                for model in found
            ]
        )
        return
    rows = [
        [
            model.name,
            "here" if model.path else "not here",
            size(model.size_bytes) if model.size_bytes else "",
            model.licence,
            model.note,
        ]
        for model in found
    ]
    print_table(["model", "", "size", "licence", "note"], rows)


@models.command()
def pull(hub_id: HubId, revision: Revision = None, quiet: Quiet = False) -> None:
    """Fetch a model from the hub.

    It goes into the cache of huggingface_hub; its folder is printed.

    \b
    voxtral models pull mistralai/Voxtral-4B-TTS-2603
    voxtral say "Hello." --model mistralai/Voxtral-4B-TTS-2603 -o hello.wav
    """
    from engine import hub

    console = Console(quiet)
    if hub_id == hub.EMBEDDED:
        console.note(f"{hub.EMBEDDED} is embedded: there is nothing to fetch")
        print(hub.resolve(hub.EMBEDDED))
        return
    if quiet or not sys.stderr.isatty():
        from huggingface_hub.utils import disable_progress_bars

        disable_progress_bars()
    for model in hub.known():
        if model.name == hub_id.partition("@")[0] and model.path is None:
            console.note(f"fetching {size(model.size_bytes)}, licence {model.licence}")
    with _stopping_at_once():
        folder = hub.pull(hub_id, revision)
    used = f"{hub_id}@{revision}" if revision else hub_id.removesuffix("@")
    console.note(f"use it: voxtral say --model {used} ...")
    print(folder)


@contextmanager
def _stopping_at_once() -> Iterator[None]:
    """A signal ends the process: huggingface_hub would wait for the files that are on their way."""

    def stop(number: int, _frame: object) -> None:
        tell("interrupted; the same command goes on")
        os._exit(128 + number)

    names = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    before = {n: signal.getsignal(n) for n in (getattr(signal, s, None) for s in names) if n}
    before = {n: handler for n, handler in before.items() if handler != signal.SIG_IGN}  # nohup, &
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def size(count: int) -> str:
    """8004706784 -> `8.0 GB`."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
