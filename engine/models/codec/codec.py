"""The Voxtral codec: 24 kHz waveform <-> 12.5 frames a second of 1 + 36 codes (paper section 2.1).

Patches of 240 samples become channels; convolutions and windowed transformers halve (encoder) or
double (decoder) the rate between stages. The encoder may be absent, as in the public checkpoint.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from engine.config import CodecConfig
from engine.models.codec.blocks import (
    CausalConv1d,
    CausalConvTranspose1d,
    CodecTransformer,
    StreamState,
)
from engine.models.codec.quantizer import Quantizer


class Codec(nn.Module):
    """The checkpoint's `audio_tokenizer`.

    Args:
        with_encoder: Whether to build `input_proj` and `encoder_blocks`.
    """

    def __init__(self, config: CodecConfig, with_encoder: bool = True) -> None:
        super().__init__()
        self.config = config
        if with_encoder:
            self.input_proj = CausalConv1d(
                config.patch_size, config.dim, config.patch_kernel, pad_mode="reflect"
            )
            self.encoder_blocks = _encoder_blocks(config)
        self.quantizer = Quantizer(config)
        self.decoder_blocks = _decoder_blocks(config)
        self.output_proj = CausalConv1d(
            config.dim, config.patch_size, config.patch_kernel, pad_mode="reflect"
        )

    @property
    def can_encode(self) -> bool:
        return hasattr(self, "encoder_blocks")

    @property
    def lead_frames(self) -> int:
        """Frames that the first piece of a stream must hold (the output's reflected padding)."""
        patches = self.config.frame_samples // self.config.patch_size
        return -(-self.config.patch_kernel // patches)

    def encode(self, wave: Tensor, state: StreamState | None = None) -> Tensor:
        """Waveform [batch, samples] -> codes [batch, codebooks, frames], 0-based.

        With a state, the next piece of a stream: of whole frames, unless it is the last.
        """
        return self.quantizer.encode(self.latent(wave, state))

    def decode(self, codes: Tensor, state: StreamState | None = None) -> Tensor:
        """Codes [batch, codebooks, frames], 0-based -> waveform [batch, samples], not clipped.

        With a state, the next piece of a stream; the first holds at least `lead_frames` frames
        unless it is also the last.
        """
        latent = self.quantizer.decode(codes)
        return self.synthesize(latent.to(next(self.decoder_blocks.parameters()).dtype), state)

    def latent(self, wave: Tensor, state: StreamState | None = None) -> Tensor:
        """Waveform [batch, samples] -> latent before quantisation [batch, dims, frames]."""
        size = self.config.patch_size
        patches = F.pad(wave, (0, -wave.shape[-1] % size)).unflatten(-1, (-1, size))
        x = self.input_proj(patches.transpose(1, 2), state, "input_proj")
        for index, block in enumerate(self.encoder_blocks):
            x = block(x, state, str(index))
        return x

    def synthesize(self, latent: Tensor, state: StreamState | None = None) -> Tensor:
        """Latent [batch, dims, frames] -> waveform [batch, samples]."""
        x = latent
        for index, block in enumerate(self.decoder_blocks):
            x = block(x, state, str(index))
        patches = self.output_proj(x, state, "output_proj")
        return patches.transpose(1, 2).flatten(1)


def _encoder_blocks(config: CodecConfig) -> nn.ModuleList:
    blocks: list[nn.Module] = []
    sides = (config.encoder_lengths, config.encoder_kernels, config.encoder_strides)
    for stage, (length, kernel, stride) in enumerate(zip(*sides, strict=True)):
        out_dim = config.dim if stage + 1 < len(config.encoder_lengths) else config.latent_dim
        blocks.append(CodecTransformer(config, length, config.encoder_windows[stage]))
        blocks.append(CausalConv1d(config.dim, out_dim, kernel, stride))
    return nn.ModuleList(blocks)


def _decoder_blocks(config: CodecConfig) -> nn.ModuleList:
    blocks: list[nn.Module] = []
    sides = (config.decoder_lengths, config.decoder_kernels, config.decoder_strides)
    for stage, (length, kernel, stride) in enumerate(zip(*sides, strict=True)):
        in_dim = config.latent_dim if stage == 0 else config.dim
        conv = CausalConv1d if stride == 1 else CausalConvTranspose1d
        blocks.append(conv(in_dim, config.dim, kernel, stride))
        blocks.append(CodecTransformer(config, length, config.decoder_windows[stage]))
    return nn.ModuleList(blocks)
