"""What `say` has spoken, told to people and to programs."""

import math
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
    took: float  # seconds from the loaded model to the last sample; NaN where they tell nothing
    first: float  # seconds from the loaded model to the first sample
    notes: list[str]
    watermark: bool
    signed: bool

    @property
    def timed(self) -> bool:
        return not math.isnan(self.took)

    def facts(self) -> dict[str, Any]:
        """For `--json`."""
        flow = self.engine.flow(self.options)
        return {
            "file": str(self.destination.path) if self.destination.path else None,
            "seconds": round(self.seconds, 3),
            "wall_seconds": round(self.took, 3) if self.timed else None,
            "first_audio_seconds": round(self.first, 3) if self.timed else None,
            "rtf": round(self.took / self.seconds, 4) if self.timed and self.seconds else None,
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
        speed = f" (RTF {self.took / self.seconds:.2f})" if self.seconds else ""
        took = f" in {self.took:.1f} s{speed}" if self.timed else ""
        return (
            f"{self.destination.name}: {self.seconds:.1f} s of speech{took}, "
            f"voice {self.voice}, seed {self.options.seed}"
        )
