"""How an untrained speech model starts: what the codec knows is put into tables and heads."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.checkpoint import load as load_checkpoint
from engine.config import SPECIAL_CODES, parse_config
from engine.models.codec.codec import Codec
from engine.models.layers import Linear
from engine.models.voxtral import VoxtralModel
from training.presets import PRESETS
from training.speech.translate import translate


def init_speech(model: VoxtralModel, generator: torch.Generator) -> None:
    """Fill the weights of all parts but the codec, which must hold its own already.

    Semantic codes with near vectors in the codec start with near embeddings and near output rows;
    acoustic embeddings start as ramps over their levels. A row sums to a length of about that of
    a text embedding.
    """
    depth = 2 * len(model.layers)
    for name, module in model.named_modules():
        if isinstance(module, Linear) and not name.startswith("audio_tokenizer"):
            spread = module.in_features**-0.5
            spread *= (2 / depth) ** 0.5 if name.endswith(("attention.wo", "w2")) else 1.0
            module.weight.data.normal_(0, spread, generator=generator)
    head, parts = model.acoustic_transformer, model.mm_audio_embeddings
    head.acoustic_codebook_output.weight.data.mul_(0.1)
    parts.tok_embeddings.weight.data.normal_(0, 0.5, generator=generator)
    codebook = _whitened(model)
    codes, dim = codebook.shape[0], model.config.dim
    mixing = torch.randn(codebook.shape[1], dim, generator=generator) / codebook.shape[1] ** 0.5
    semantic = codebook @ mixing
    table = parts.audio_codebook_embeddings.embeddings.weight.data
    table.normal_(0, 0.02, generator=generator)
    table[SPECIAL_CODES : SPECIAL_CODES + codes] += 0.4 * semantic
    output = head.semantic_codebook_output.weight.data.mul_(0.1)
    output[SPECIAL_CODES : SPECIAL_CODES + codes] += 0.5 * semantic * dim**-0.5
    start = codes + 2 * SPECIAL_CODES
    levels = torch.linspace(-1, 1, head.levels).unsqueeze(1)
    for _ in range(head.acoustic_dim):
        direction = torch.randn(1, dim, generator=generator) / head.acoustic_dim**0.5
        table[start : start + head.levels] += 0.6 * levels * direction
        start += head.levels + SPECIAL_CODES


def _whitened(model: VoxtralModel) -> Tensor:
    """The semantic codebook with zero mean and unit variance in each dimension."""
    codebook = model.audio_tokenizer.quantizer.semantic_codebook.embedding
    return (codebook - codebook.mean(0)) / codebook.std(0).clamp(min=1e-5)


def speech_parameters(model: VoxtralModel) -> dict[str, nn.Parameter]:
    """All parameters but the codec's."""
    return {
        name: parameter
        for name, parameter in model.named_parameters()
        if not name.startswith("audio_tokenizer.")
    }


def start(
    preset: str,
    codec: Codec,
    checkpoint: Path | None,
    generator: torch.Generator,
    pairs: Callable[[Codec], tuple[Tensor, Tensor]] | None,
) -> VoxtralModel:
    """The model to begin with, float32: a new one of a preset's sizes, or a checkpoint's.

    Where the codec is not the checkpoint's own, its codes mean something else: what reads and
    writes codes is then translated.

    Args:
        pairs: The checkpoint's codec -> codes of the same frames, in it and in the new one;
            None where weights are loaded afterwards anyway.

    Raises:
        ValueError: If the checkpoint has another frame rate than the codec.
    """
    begun = load_checkpoint(checkpoint, dtype=torch.float32) if checkpoint else None
    if begun and begun.audio_tokenizer.config.frame_rate != codec.config.frame_rate:
        raise ValueError("the checkpoint to begin with has another frame rate than the codec")
    if begun and same_codes(begun.audio_tokenizer, codec):
        return begun.requires_grad_()
    model = VoxtralModel(parse_config(PRESETS[preset]))
    model.audio_tokenizer.load_state_dict(codec.state_dict())
    init_speech(model, generator)
    if begun:
        kept = {n: p for n, p in speech_parameters(begun).items() if not of_codes(n)}
        load_speech(model, {**speech_parameters(model), **kept})
        if pairs:
            translate(model, begun, *pairs(begun.audio_tokenizer))
    return model


def of_codes(name: str) -> bool:
    """Whether a parameter of the speech model is tied to what each code of the codec means."""
    return any(part in name for part in ("codebook", "acoustic_transformer.input_projection"))


def same_codes(one: Codec, other: Codec) -> bool:
    """Whether the codes of two codecs mean the same: one decoder may have been trained further."""
    books = one.quantizer.semantic_codebook, other.quantizer.semantic_codebook
    return books[0].embedding.shape == books[1].embedding.shape and torch.allclose(
        books[0].embedding, books[1].embedding, rtol=0.02, atol=1e-3
    )


def load_speech(model: VoxtralModel, weights: dict[str, torch.Tensor]) -> None:
    """Load the speech model's weights, all of them and nothing else; the codec stays as it is."""
    codec = {n: t for n, t in model.state_dict().items() if n.startswith("audio_tokenizer.")}
    model.load_state_dict({**codec, **weights})
