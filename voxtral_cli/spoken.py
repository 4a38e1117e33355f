"""What `say` has spoken, told to people and to programs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.speech import SpeechOptions
    from voxtral_cli.destination import Destination


@dataclass(frozen=True)
class Speech:
    """What was spoken, and how."""

    destination: "Destination"
    engine: "Engine"
    options: "SpeechOptions"
    voice: str
    chunks: int
    seconds: float  # of sound
    took: float | None  # seconds from the loaded model to the last sample; None where it waited
    first: float  # seconds from the loaded model to the first sample
    notes: list[str]
    watermark: bool
    signed: bool

    def facts(self) -> dict[str, Any]:
        """For `--json`."""
        flow, took = self.engine.flow(self.options), self.took
        return {
            "file": str(self.destination.path) if self.destination.path else None,
            "seconds": round(self.seconds, 3),
            "wall_seconds": None if took is None else round(took, 3),
            "first_audio_seconds": None if took is None else round(self.first, 3),
            "rtf": None if took is None or not self.seconds else round(took / self.seconds, 4),
            "sample_rate": self.engine.sample_rate,
            "seed": self.options.seed,
            "voice": self.voice,
            "cfg": flow.cfg,
            "steps": flow.steps,
            "speed": self.options.speed,
            "model": self.engine.name,
            "fingerprint": self.engine.fingerprint,
            "quantize": self.engine.quantized,
            "chunks": self.chunks,
            "watermark": self.watermark,
            "signed": self.signed,
            "notes": self.notes,
        }

    def summary(self) -> str:
        """For people."""
        took = "" if self.took is None else f" in {self.took:.1f} s"
        took += f" (RTF {self.took / self.seconds:.2f})" if self.took and self.seconds else ""
        return (
            f"{self.destination.name}: {self.seconds:.1f} s of speech{took}, "
            f"voice {self.voice}, seed {self.options.seed}"
        )
