"""Discriminators of spectra whose features the codec is to match (paper section 2.1, eq. 2).

One per FFT size; the sizes are the paper's, about 1.62 apart, so that no two share a period. They
learn real from reconstructed by the hinge loss. The codec gets no adversarial term, only the L1
distance of all activations (feature matching). On a CPU a step takes several times as long.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

SIZES = (2296, 1418, 876, 542, 334, 206, 126, 76)
"""FFT sizes in samples; the hop is a quarter."""


class SpectrumDiscriminator(nn.Module):
    """Convolutions over time and frequency of one complex STFT."""

    window: Tensor

    def __init__(self, size: int, channels: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("window", torch.hann_window(size), persistent=False)
        self.convs = nn.ModuleList(
            weight_norm(
                nn.Conv2d(2 if n == 0 else channels, channels, (3, 5), (1, 2), padding=(1, 2))
            )
            for n in range(4)
        )
        self.output = weight_norm(nn.Conv2d(channels, 1, (3, 3), padding=(1, 1)))

    def forward(self, wave: Tensor) -> list[Tensor]:
        """Samples [batch, n] -> activations of every layer, float32; the last are
        the judgements."""
        spectrum = torch.stft(
            wave,
            self.size,
            max(1, self.size // 4),
            window=self.window,
            normalized=True,
            return_complex=True,
        )
        x = torch.view_as_real(spectrum).permute(0, 3, 2, 1)  # [batch, 2, frames, bins]
        activations = []
        for conv in self.convs:
            x = F.leaky_relu(conv(x), 0.1)
            activations.append(x.float())
        return [*activations, self.output(x).float()]


class Discriminators(nn.Module):
    """All of them."""

    def __init__(self, channels: int = 64, sizes: tuple[int, ...] = SIZES) -> None:
        super().__init__()
        self.parts = nn.ModuleList(SpectrumDiscriminator(size, channels) for size in sizes)

    def forward(self, wave: Tensor) -> list[list[Tensor]]:
        return [part(wave) for part in self.parts]


def hinge_loss(real: list[list[Tensor]], made: list[list[Tensor]]) -> Tensor:
    """What the discriminators minimise."""
    losses = [
        F.relu(1 - a[-1]).mean() + F.relu(1 + b[-1]).mean() for a, b in zip(real, made, strict=True)
    ]
    return torch.stack(losses).mean()


def match(judges: Discriminators, real: Tensor, made: Tensor) -> tuple[Tensor, list[list[Tensor]]]:
    """`feature_matching` of samples [batch, n], without a gradient for the discriminators; and
    what they say of the real ones, for `hinge_loss`."""
    known = judges(real)
    judges.requires_grad_(False)
    distance = feature_matching(known, judges(made))
    judges.requires_grad_(True)
    return distance, known


def feature_matching(real: list[list[Tensor]], made: list[list[Tensor]]) -> Tensor:
    """What the codec minimises: mean L1 of activations over the mean size of the real ones."""
    distances = [
        F.l1_loss(b, a.detach()) / (a.detach().abs().mean() + 1e-3)
        for one, other in zip(real, made, strict=True)
        for a, b in zip(one[:-1], other[:-1], strict=True)
    ]
    return torch.stack(distances).mean()
