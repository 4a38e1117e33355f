"""What a file says about its making: one line in its comment, the one tag that all containers have.

    AI_GENERATED=true; tool=voxtral 0.1.0; model=nano 0123456789ab; voice=alice; seed=7; ...

Whatever writes sound writes it, `detect` reads it. Values hold no `;` and no line break: these, and
`%`, are written as in a URL.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote

from voxtral_cli import __version__
from voxtral_cli.console import printable

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.speech import SpeechOptions

GENERATED = "AI_GENERATED"
WATERMARK = "perth"
"""What the fact `watermark` says where there is one; else `none`."""


def tags(facts: Mapping[str, object]) -> dict[str, str]:
    """The tags `software` and `comment` of a file that this program makes.

    Args:
        facts: Name -> value, in the order in which they are to stand.
    """
    tool = f"voxtral {__version__}"
    stated = {GENERATED: "true", "tool": tool, **facts}
    return {
        "software": tool,
        "comment": "; ".join(f"{name}={_escaped(str(value))}" for name, value in stated.items()),
    }


def making(engine: "Engine", voice: str, options: "SpeechOptions", mark: bool) -> dict[str, object]:
    """What a file's tags are to say: what was asked for, and whether it is marked."""
    flow = engine.flow(options)
    return {
        "model": f"{engine.name} {engine.fingerprint[:12]}",
        "voice": voice,
        "seed": options.seed,
        "cfg": f"{flow.cfg:g}",
        "steps": flow.steps,
        **({} if options.speed == 1 else {"speed": f"{options.speed:g}"}),
        "watermark": WATERMARK if mark else "none",
    }


def generated_facts(found: dict[str, str]) -> dict[str, str] | None:
    """The facts in a file's tags, ours or another tool's; None where none says AI_GENERATED=true.

    Args:
        found: Name -> text of each tag.
    """
    for name, text in found.items():
        stated = f"{name}={text}" if name.upper() == GENERATED else text
        if re.search(rf"\b{GENERATED}\s*=\s*(true|yes|1)\b", stated, re.IGNORECASE):
            pairs = [part.partition("=") for part in stated.split(";")]
            return {
                printable(key.strip()): printable(unquote(value.strip()))
                for key, equals, value in pairs
                if equals and key.strip().upper() != GENERATED
            }
    return None


def _escaped(value: str) -> str:
    """A file's name may hold bytes that are no UTF-8, and characters that would end a value."""
    text = value.encode(errors="replace").decode()
    return re.sub(r"[%;\x00-\x1f\x7f]", lambda found: f"%{ord(found[0]):02X}", text)
