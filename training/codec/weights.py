"""What the terms of a codec's loss weigh, as the time of a run passes."""

from collections.abc import Mapping

from torch import Tensor

from engine.models.codec.distance import LossWeights, colour_distance, harmonic_distance
from training.codec.loudness import disturbance

WAVE_FIRST, SPECTRA_FROM = 0.07, 0.21
"""Shares of the time: until when the waveform is nearly all, and from when spectra count fully."""
SPECTRA = LossWeights(wave=0.0)
"""For a run without phases: all that the waveform then asks for is to be fainter."""
HEARD = {"loudness": disturbance, "harmonics": harmonic_distance, "colour": colour_distance}
"""What may count beside them."""


def heard(made: Tensor, real: Tensor, rate: int, weights: Mapping[str, float]) -> dict[str, Tensor]:
    """Those of HEARD that weigh something, weighted; of samples [batch, n] at `rate` Hz."""
    return {
        name: weights[name] * measure(made, real, rate).mean()
        for name, measure in HEARD.items()
        if weights[name]
    }


def loss_weights(progress: float) -> LossWeights:
    """Waveform and phases first, then more and more of the spectra, which then keep both.

    Begun the other way round, phases are never learned: spectra are as good with any, and no
    small step from there brings the waveform nearer.

    Args:
        progress: Share of the time that is over.
    """
    spectra = min(1.0, max(0.05, (progress - WAVE_FIRST) / (SPECTRA_FROM - WAVE_FIRST)))
    return LossWeights(
        mel=spectra,
        log=0.5 * spectra,
        linear=spectra,
        wave=2.0,
        square=4.0,
        phase=3.0,
        power=1 - 0.4 * spectra,
    )
