"""`voxtral detect`: does a file say, or sound, that a machine made it?"""

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voxtral_cli.console import Console, print_json, printable
from voxtral_cli.options import Json, Quiet

if TYPE_CHECKING:
    from voxtral_cli.credentials import Credentials

WINDOW_S = 10.0
"""Seconds of sound that are judged together; a window begins every half of it."""

Audio = Annotated[
    str, typer.Argument(metavar="FILE", help="wav, flac, mp3, opus, m4a, ...; - is stdin.")
]


@dataclass
class Findings:
    """What was seen of a file.

    Args:
        file: Its name.
        seconds: Read so far.
        tags: What its tags say of its making; None where they do not say AI_GENERATED.
        credentials: What its C2PA manifest says.
        scores: Of the watermark, one a window that could be judged.
    """

    file: str
    seconds: float
    tags: dict[str, str] | None
    credentials: "Credentials"
    scores: list[float] = field(default_factory=list)

    def add(self, score: float | None) -> None:
        """Of a window; None where it cannot be told."""
        self.scores += [score] if score is not None else []

    @property
    def marked(self) -> int:
        """Windows with the watermark."""
        from engine.watermark import MARKED_FROM

        return sum(score >= MARKED_FROM for score in self.scores)

    @property
    def reasons(self) -> list[str]:
        """What says that a machine made it."""
        signed = self.credentials.good and self.credentials.ai_generated
        signs = {"tags": self.tags is not None, "watermark": self.marked > 0, "manifest": signed}
        return [name for name, there in signs.items() if there]

    def facts(self) -> dict[str, Any]:
        """For `--json`; null where it cannot be known."""
        return {
            "file": self.file,
            "seconds": round(self.seconds, 3),
            "ai_generated": True if self.reasons else None,
            "tags": self.tags,
            "c2pa": asdict(self.credentials),
            "watermark": {
                "found": self.marked > 0 if self.scores else None,
                "score": round(max(self.scores), 4) if self.scores else None,
                "windows": len(self.scores),
                "marked": self.marked,
                "window_seconds": WINDOW_S,
            },
        }

    def lines(self) -> list[str]:
        """For people."""
        from engine.watermark import LOWEST_RATE, SHORTEST_S

        if not self.scores:
            mark = (
                f"cannot be told: the sound is silent, shorter than {SHORTEST_S:g} s, or of fewer "
                f"than {LOWEST_RATE} samples a second"
            )
        else:
            mark = (
                f"{'found' if self.marked else 'not found'} ({self.marked} of {len(self.scores)} "
                f"windows of {WINDOW_S:g} s, score {max(self.scores):.2f})"
            )
        said = "; ".join(f"{name} {value}" for name, value in (self.tags or {}).items())
        return [
            f"file: {printable(self.file)}, {self.seconds:.1f} s",
            "tags: do not say that it is AI-generated"
            if self.tags is None
            else f"tags: AI-generated; {said}".removesuffix("; "),
            f"watermark: {mark}",
            f"c2pa: {self.credentials.line()}",
            f"verdict: AI-generated, by its {' and its '.join(self.reasons)}"
            if self.reasons
            else "verdict: unknown; that no mark was found does not show that a person made it",
        ]


def detect(audio: Audio, quiet: Quiet = False, as_json: Json = False) -> None:
    """Say whether a file bears marks of AI speech.

    It reads the tags and looks for the watermark of cloned voices; it loads no model. Tags are
    easily lost and easily forged; the watermark stays through MP3, Opus, resampling and cutting.
    Where c2pa-python is installed, a C2PA manifest is checked too. A file without any of them may
    be anything. The exit code is 0 whatever was found.

    \b
    voxtral detect speech.mp3
    voxtral detect speech.mp3 --json
    """
    import numpy as np

    from engine.errors import InputError
    from voxtral_cli.audio.blocks import open_audio
    from voxtral_cli.credentials import read_credentials
    from voxtral_cli.provenance import generated_facts
    from voxtral_cli.stdin_file import on_disk

    with on_disk(audio) as path, open_audio(path, WINDOW_S / 2) as stream:
        from engine.watermark import score  # imports torch: after the file was found to be one

        found = Findings(audio, 0.0, generated_facts(stream.tags), read_credentials(path))
        halves = math.ceil(2 * stream.seconds / WINDOW_S)
        last: list[np.ndarray] = []  # two halves of a window
        with Console(quiet).progress("listening", halves) as advance:
            for block in stream.blocks:
                if not np.isfinite(block).all():
                    raise InputError(f"{path} holds samples that are no numbers.", "Make it again.")
                last = [*last[-1:], block]
                if len(last) == 2:
                    found.add(score(np.concatenate(last), stream.rate))
                found.seconds += len(block) / stream.rate
                advance()
            if len(last) == 1:
                found.add(score(last[0], stream.rate))
    if not found.seconds:
        raise InputError(f"{path} holds no samples.", "Give a longer one.")
    if as_json:
        print_json(found.facts())
        return
    for line in found.lines():
        print(line)
