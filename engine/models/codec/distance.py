"""What a reconstruction is measured by: spectra at several resolutions, and the waveform.

All take waveforms [batch, samples] in [-1, 1] and return scalars. Source: paper section 2.1
(L1 waveform and STFT terms), with log-mel terms as in EnCodec and DAC, which teach a small model
pitch and envelope sooner.
"""

import functools
import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

RESOLUTIONS = (2048, 1024, 512, 256, 128)
"""FFT sizes in samples; the hop is a quarter."""
HARMONIC_SIZE, HARMONIC_HZ = 2048, 4000
COLOUR_HZ, COLOUR_OCTAVES, COLOUR_FLOOR = 60.0, 1 / 3, 1e-5
"""The lowest band of `colour_distance`, its bands' width, and what it adds to each of the whole."""
MELS = {2048: 120, 1024: 80, 512: 40, 256: 20, 128: 10}
CPU = torch.device("cpu")
FLOOR = 1e-3
"""Added to magnitudes before the logarithm (windows sum to 1, so full scale is about 0.5)."""


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms of `reconstruction_loss`; `power` compresses those of `phase`."""

    mel: float = 1.0
    log: float = 0.5
    linear: float = 1.0
    wave: float = 0.5
    square: float = 0.0
    phase: float = 0.0
    power: float = 1.0


def reconstruction_loss(
    made: Tensor, real: Tensor, weights: LossWeights, rate: int = 24000
) -> dict[str, Tensor]:
    """Terms of the loss, already weighted; their sum is to be minimised.

    mel: L1 of log-mel spectra. log: L1 of log magnitudes. linear: L1 of magnitudes over the L1 of
    the real ones (spectral convergence). wave: L1 of samples over the L1 of the real ones. square:
    their squared error over their energy. phase: as linear, of the complex spectra, whose
    magnitudes are first raised to `power`.
    """
    power = made.new_tensor(weights.power)
    sums = made.new_zeros(4)
    for size in RESOLUTIONS:
        a, b = (torch.view_as_real(spectrum(wave, size)) for wave in (made, real))
        bank = mel_bank(size, rate, made.device)
        sums = sums + spectral_terms(a, b, bank, power if weights.phase else None)
    mel, log, linear, phase = sums.unbind()
    wave = (made - real).abs().sum() / (real.abs().sum() + 1e-3)
    square = made.new_zeros(())
    if weights.square:
        square = (made - real).square().sum() / (real.square().sum() + 1e-3)
    count = len(RESOLUTIONS)
    terms = {
        "mel": weights.mel * mel,
        "log": weights.log * log,
        "linear": weights.linear * linear / count,
        "wave": weights.wave * wave,
        "square": weights.square * square,
        "phase": weights.phase * phase / count,
    }
    return {name: term for name, term in terms.items() if getattr(weights, name)}


def spectral_terms(made: Tensor, real: Tensor, bank: Tensor, power: Tensor | None) -> Tensor:
    """The terms mel, log, linear and phase [4] of one resolution; real arithmetic alone, so that
    training can compile it.

    Args:
        made, real: Spectra as real and imaginary parts [batch, bins, frames, 2].
        bank: [mels, bins]. power: [], None leaves the phases out.
    """
    a, b = ((part.square().sum(-1) + 1e-12).sqrt() for part in (made, real))
    mel = F.l1_loss((bank @ a + FLOOR).log(), (bank @ b + FLOOR).log())
    log = F.l1_loss((a + FLOOR).log(), (b + FLOOR).log())
    linear = (a - b).abs().sum() / (b.sum() + 1e-3)
    phase = linear.new_zeros(()) if power is None else phase_distance(made, real, power)
    return torch.stack([mel, log, linear, phase])


def harmonic_distance(made: Tensor, real: Tensor, rate: int = 24000) -> Tensor:
    """L1 of magnitudes over that of the real ones, below 4 kHz and with a window of 85 ms: whether
    harmonics, which such a window tells apart, are where they should be. About 0.6 where they are
    not."""
    a, b = (magnitudes(spectrum(wave, HARMONIC_SIZE)) for wave in (made, real))
    top = round(HARMONIC_HZ * HARMONIC_SIZE / rate)
    a, b = a[:, :top], b[:, :top]
    return (a - b).abs().sum() / (b.sum() + 1e-3)


def colour_distance(made: Tensor, real: Tensor, rate: int = 24000) -> Tensor:
    """Difference of long-term spectra, in nepers: of the power of each third of an octave in the
    whole crop, so that no band is always too faint or too loud. Bands 50 dB below the whole are
    as good as silent."""
    bands = third_octaves(HARMONIC_SIZE, rate, made.device)
    a, b = (magnitudes(spectrum(wave, HARMONIC_SIZE)) for wave in (made, real))
    a, b = (bands @ x.square().mean(2).unsqueeze(-1) for x in (a, b))  # [batch, bands, 1]
    floor = COLOUR_FLOOR * b.sum(1, keepdim=True) + 1e-10
    return 0.5 * F.l1_loss((a + floor).log(), (b + floor).log())


def log_mel_distance(made: Tensor, real: Tensor, rate: int = 24000) -> Tensor:
    """Mean difference of log-mel spectra of 1,024 samples, in dB."""
    size = 1024
    bank = mel_bank(size, rate, made.device)
    a, b = ((bank @ magnitudes(spectrum(wave, size)) + FLOOR).log10() for wave in (made, real))
    return 20 * F.l1_loss(a, b)


def phase_distance(made: Tensor, real: Tensor, power: Tensor) -> Tensor:
    """L1 of complex spectra over the L1 of the real one, magnitudes raised to `power`.

    About 1.27 where phases have nothing to do with each other. Arguments as in `spectral_terms`.
    """
    made, real = (
        part * ((part.square().sum(-1, True) + 1e-12).sqrt() + 1e-3).pow(power - 1)
        for part in (made, real)
    )
    error = (made - real).square().sum(-1)
    return (error + 1e-9).sqrt().sum() / (real.square().sum(-1).sqrt().sum() + 1e-3)


def spectrum(wave: Tensor, size: int) -> Tensor:
    """Complex STFT [batch, size / 2 + 1, frames], Hann window scaled to sum to 1."""
    window = hann(size, wave.device)
    return torch.stft(wave, size, size // 4, window=window, return_complex=True)


def magnitudes(spectrum: Tensor) -> Tensor:
    """Of a complex spectrum, with a gradient at 0 too."""
    return (spectrum.real.square() + spectrum.imag.square() + 1e-12).sqrt()


@functools.cache
def hann(size: int, device: torch.device = CPU) -> Tensor:
    window = torch.hann_window(size, device=device)
    return window / window.sum() * 4


@functools.cache
def third_octaves(size: int, rate: int, device: torch.device = CPU) -> Tensor:
    """Which bins of an FFT belong to which band of a third of an octave: [bands, size / 2 + 1]."""
    bins = torch.linspace(0, rate / 2, size // 2 + 1).clamp(min=1)
    band = ((bins / COLOUR_HZ).log2() / COLOUR_OCTAVES).floor().long()
    return F.one_hot(band.clamp(min=0)).T.float().to(device)


@functools.cache
def mel_bank(size: int, rate: int, device: torch.device = CPU) -> Tensor:
    """Triangular bands equally wide on the mel scale (HTK), each summing to 1.

    Returns:
        [mels, size / 2 + 1].
    """
    top = 2595 * math.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (torch.linspace(0, top, MELS[size] + 2) / 2595) - 1)
    bins = torch.linspace(0, rate / 2, size // 2 + 1)
    low, centre, high = (edges[n : n + MELS[size], None] for n in range(3))
    width = torch.tensor(rate / size)  # no band narrower than a bin
    rising = (bins - low) / torch.maximum(centre - low, width)
    falling = (high - bins) / torch.maximum(high - centre, width)
    bank = torch.minimum(rising, falling).clamp(min=0) + 1e-8
    return (bank / bank.sum(1, keepdim=True)).to(device)
