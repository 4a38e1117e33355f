"""`voxtral doctor`: is everything here that speaking needs?"""

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata

import typer

from engine.errors import VoxtralError
from voxtral_cli import __version__, loading
from voxtral_cli.audio.formats import M4B, ffmpeg_lacks
from voxtral_cli.console import print_json, print_table
from voxtral_cli.failures import ExitCode, perhaps_unread
from voxtral_cli.options import Device, Encoder, Json, Model, Quantize

PACKAGES = (
    "torch",
    "numpy",
    "safetensors",
    "mistral-common",
    "soundfile",
    "huggingface_hub",
    "resemble-perth",
    "num2words",
)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Args:
        name: What it is.
        state: `ok`, `missing` (something useful is not here), or `broken` (speaking will fail).
        found: What was seen there.
    """

    name: str
    state: str
    found: str


def doctor(
    model: Model = "nano",
    encoder: Encoder = None,
    device: Device = "auto",
    quantize: Quantize = None,
    as_json: Json = False,
) -> None:
    """Check the installation; exit code 1 if speech cannot be made.

    \b
    voxtral doctor
    voxtral doctor --model FOLDER
    """
    checks = [
        Check("voxtral", "ok", __version__),
        Check("python", "ok", f"{platform.python_version()} on {platform.platform()}"),
        *_packages(),
        _guarded("devices", _devices),
        _ffmpeg(),
        _players(),
        _guarded("hub cache", _cache),
        _guarded(f"checkpoint {model}", lambda: _checkpoint(model, encoder, device, quantize)),
    ]
    with perhaps_unread():
        if as_json:
            print_json([asdict(check) for check in checks])
        else:
            print_table(["", "state", ""], [[c.name, c.state, c.found] for c in checks])
    if any(check.state == "broken" for check in checks):
        raise typer.Exit(ExitCode.FAILED)


def _guarded(name: str, look: Callable[[], str]) -> Check:
    """What `look` finds; an error of the kind that users can put right is `broken`."""
    try:
        return Check(name, "ok", look())
    except VoxtralError as error:
        return Check(name, "broken", f"{error.message} {error.hint}".strip())
    except (OSError, ImportError) as error:
        return Check(name, "broken", str(error))


def _packages() -> Iterator[Check]:
    for name in PACKAGES:
        try:
            yield Check(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(name, "broken", "is not installed")


def _devices() -> str:
    import torch

    found = [f"cpu ({torch.get_num_threads()} threads of {os.cpu_count()} cores)"]
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        found.append(f"cuda:{index} ({properties.name}, {properties.total_memory / 1e9:.0f} GB)")
    if torch.backends.mps.is_available():
        found.append("mps")
    return ", ".join(found)


def _ffmpeg() -> Check:
    path = shutil.which("ffmpeg")
    if path is None:
        return Check(
            "ffmpeg",
            "missing",
            "m4a, m4b, aac, and chapters but for mp3, cannot be written, nor rare kinds be read",
        )
    lacking = ffmpeg_lacks(M4B.coding, M4B.container)
    return Check("ffmpeg", "ok", f"{path}, without {lacking}: no m4a or m4b" if lacking else path)


def _players() -> Check:
    from voxtral_cli.audio.programs import PLAYERS, find_players

    players = find_players()
    if not players:
        return Check("player", "missing", f"none of {', '.join(PLAYERS)}: --play cannot work")
    return Check("player", "ok", ", ".join(players))


def _cache() -> str:
    from engine.hub import cache_folder

    return str(cache_folder())


def _checkpoint(model: str, encoder: str | None, device: str, quantize: str | None) -> str:
    engine = loading.load_engine(model, device, encoder, quantize)
    cloning = "can encode" if engine.can_clone else "no codec encoder"
    return (
        f"{engine.name} {engine.fingerprint[:12]}, {len(engine.voices)} voices, "
        f"{engine.sample_rate} Hz, {cloning}"
    )
