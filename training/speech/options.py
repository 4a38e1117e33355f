"""Hyper-parameters of a run of the speech model."""

from dataclasses import dataclass, field
from pathlib import Path

from training.data.speakers import PRESETS as VOICES
from training.speech.batches import SampleOptions
from training.speech.losses import LossOptions


@dataclass(frozen=True)
class Options:
    """Hyper-parameters of one run.

    Args:
        budget: Positions of a batch, padding included.
        rate: Peak learning rate of AdamW.
        steps: Ends the run after so many, if the time does not; 0 for none.
        muon: Learning rate of Muon, times `rate`.
        curriculum: Share of the time until texts of all lengths are seen.
        long_from: Share of the time from which there are long references and chains: they cost
            several times as many positions for each frame that is learned.
        optimiser: "muon" for the matrices of the layers and "adamw" for the rest, or "adamw".
        average: How slowly the averaged weights follow; 0 for none, which saves a copy of them.
        precision: Of the model's products; losses are always float32. bfloat16 is several times
            faster where the processor has units for it (AVX-512, AMX, tensor cores), and slower
            elsewhere.
        compile: Compile the layers before the first step (a minute), for a quarter less time.
        speakers: Who becomes a preset voice; where the corpus has none of them, its commonest.
    """

    corpus: Path
    codes: Path
    codec: Path
    out: Path
    minutes: float
    preset: str = "nano"
    from_checkpoint: Path | None = None
    budget: int = 2500
    rate: float = 3e-3
    steps: int = 0
    muon: float = 3.0
    warmup: int = 60
    curriculum: float = 0.35
    long_from: float = 0.6
    optimiser: str = "adamw"
    average: float = 0.998
    log_steps: int = 25
    save_minutes: float = 5.0
    probe_minutes: float = 10.0
    probe: bool = False
    device: str = "cpu"
    precision: str = "float32"
    compile: bool = False
    seed: int = 0
    speakers: tuple[str, ...] = tuple(VOICES)
    losses: LossOptions = field(default_factory=LossOptions)
    samples: SampleOptions = field(default_factory=SampleOptions)
