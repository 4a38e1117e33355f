"""The official checkpoint folder <-> VoxtralModel.

    params.json  consolidated.safetensors  tekken.json  voice_embedding/<name>.pt

Reading is strict, part by part: a tensor that is missing, left over or wrongly shaped is an error
that names it. The codec encoder is wholly there or wholly absent; one in a file of its own
(engine.encoder) takes its place. Weights are mapped from the file, not copied, unless their dtype
or device must change, or the backbone is quantised: then its layers are read one by one.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from engine.cloning import quantizer_fingerprint
from engine.config import ModelConfig, parse_config, read_params
from engine.encoder import EncoderFacts, find_encoder, metadata_of, read_facts
from engine.errors import CheckpointError, no_such_file
from engine.hub import folder_name
from engine.models.codec.codec import Codec
from engine.models.codec.quantizer import Quantizer
from engine.models.quantized import quantize
from engine.models.voxtral import VoxtralModel
from engine.voice import write_voice

WEIGHTS = "consolidated.safetensors"
ENCODER_PREFIXES = ("audio_tokenizer.input_proj.", "audio_tokenizer.encoder_blocks.")
FLOAT32_PREFIX = "audio_tokenizer.quantizer."
"""Running sums whose quotient is the codebook: kept in float32 whatever the rest is in."""
LAYERS_PREFIX = "layers."
"""The backbone's: what is quantised."""
IGNORED = frozenset({"acoustic_transformer.time_embedding.inv_freq"})
"""Computed, not stored; the reference ignores them where a file has them."""
KINDS = ("BF16", "F16", "F32")
"""What weights may be stored in."""
LARGE = 2 * 2**30
"""Bytes of weights above which the CPU keeps the stored dtype rather than float32."""


def load(
    folder: Path,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
    encoder: Path | None = None,
    scheme: str | None = None,
) -> VoxtralModel:
    """Read a checkpoint folder.

    Args:
        folder: Holds params.json and consolidated.safetensors.
        device: Where the weights go.
        dtype: Of the weights; None for float32 on the CPU (as stored, above 2 GiB) and
            bfloat16 elsewhere.
        encoder: An encoder file that takes the place of the codec encoder. None: the
            checkpoint's own, or else the folder's encoder.safetensors, or else none.
        scheme: How the backbone's layers are quantised (`engine.models.quantized`); None: not.

    Raises:
        CheckpointError: If the folder is not a complete and consistent checkpoint, the encoder is
            not for it, or its matrices cannot be quantised so.
    """
    config = parse_config(read_params(folder / "params.json"))
    device = torch.device(device)
    with ExitStack() as stack:
        file = stack.enter_context(_open(folder / WEIGHTS))
        parts = dict.fromkeys(set(file.keys()) - IGNORED, file)
        own = _has_encoder(config, set(parts))
        separate = encoder if own else find_encoder(folder, encoder)
        model = build(config, with_encoder=own)
        _check(model, {name: file.get_slice(name) for name in parts})
        if separate is not None:
            extra = stack.enter_context(_encoder_for(separate, file, config, folder))
            parts = {name: file for name in parts if not _of_encoder(name)}
            parts |= dict.fromkeys(extra.keys(), extra)
            model = build(config, with_encoder=True)
            _check(model, {name: part.get_slice(name) for name, part in parts.items()})
        large = (folder / WEIGHTS).stat().st_size >= LARGE
        if not dtype and device.type == "cpu":
            one = f"{LAYERS_PREFIX}0.attention.wq.weight"  # a file may hold several dtypes
            dtype = file.get_tensor(one).dtype if large else torch.float32
        dtype = dtype or torch.bfloat16
        for name, part in parts.items():
            if scheme and name.startswith(LAYERS_PREFIX):
                continue
            wanted = torch.float32 if name.startswith(FLOAT32_PREFIX) else dtype
            tensor = part.get_tensor(name).to(device, wanted)
            if not large and not tensor.sum().isfinite():  # sooner than each
                raise CheckpointError(f"{name} holds no finite numbers.", "Fetch it again.")
            _assign(model, name, tensor)
    if scheme:
        for number, layer in enumerate(model.layers):
            _read(layer, folder / WEIGHTS, f"{LAYERS_PREFIX}{number}.", device, dtype)
            quantize(layer, scheme)
    return model.eval().requires_grad_(False)


def _read(
    part: torch.nn.Module, path: Path, prefix: str, device: torch.device, dtype: torch.dtype
) -> None:
    """Assign one part, through a mapping of its own: its pages leave memory with its matrices."""
    with _open(path) as file:
        for name in part.state_dict():
            tensor = file.get_tensor(prefix + name)
            _assign(part, name, tensor.to(device, dtype, copy=tensor.dim() < 2))  # vectors stay


def has_encoder(folder: Path, encoder: Path | None = None) -> bool:
    """Whether a checkpoint folder can encode, with the encoder file at hand; only names are read.

    Raises:
        CheckpointError: If the folder is no checkpoint or has half an encoder, or the file is none.
    """
    separate = encoder if (own := has_own_encoder(folder)) else find_encoder(folder, encoder)
    if separate is not None:
        read_facts(separate)
    return own or separate is not None


def has_own_encoder(folder: Path) -> bool:
    """Whether a checkpoint's own weights hold an encoder; raises as `has_encoder`."""
    config = parse_config(read_params(folder / "params.json"))
    with _open(folder / WEIGHTS) as file:
        return _has_encoder(config, set(file.keys()) - IGNORED)


def save_encoder(path: Path, codec: Codec, model: str, origin: str) -> None:
    """Write the encoder of a codec to a file of its own, in bfloat16.

    Args:
        model: Name of the checkpoint whose codes it makes.
        origin: How it came to be, for people.
    """
    tensors = {
        name: tensor.detach().to("cpu", torch.bfloat16).contiguous()
        for part, tensor in codec.state_dict().items()
        if _of_encoder(name := f"audio_tokenizer.{part}")
    }
    facts = EncoderFacts(quantizer_fingerprint(codec.quantizer), model, origin)
    write_tensors(path, tensors, **metadata_of(facts))


def build(config: ModelConfig, with_encoder: bool) -> VoxtralModel:
    """A model without weights (on the meta device)."""
    with torch.device("meta"):
        return VoxtralModel(config, with_encoder)


def save(
    folder: Path,
    params: Mapping[str, Any],
    model: VoxtralModel,
    tekken: Mapping[str, Any],
    voices: Mapping[str, Tensor],
    dtype: torch.dtype = torch.bfloat16,
) -> None:
    """Write a checkpoint folder in the official format, readable by `load`.

    Args:
        params: Content of params.json; `audio_tokenizer_args.voice` is set from `voices`.
        tekken: Content of tekken.json; `audio.voice_num_audio_tokens` is set from `voices`.
        voices: Embedding rows of each preset, [rows, dim].
        dtype: Of the stored weights; the codebook's running sums stay float32.
    """
    (folder / "voice_embedding").mkdir(parents=True, exist_ok=True)
    stored = {
        name: tensor.detach()
        .to("cpu", torch.float32 if name.startswith(FLOAT32_PREFIX) else dtype)
        .contiguous()
        for name, tensor in model.state_dict().items()
    }
    params, tekken = json.loads(json.dumps(params)), json.loads(json.dumps(tekken))
    params["multimodal"]["audio_tokenizer_args"]["voice"] = {n: i for i, n in enumerate(voices)}
    tekken["audio"]["voice_num_audio_tokens"] = {name: len(rows) for name, rows in voices.items()}
    for name, rows in voices.items():
        write_voice(folder, name, rows)
    (folder / "tekken.json").write_text(json.dumps(tekken), encoding="utf-8")
    (folder / "params.json").write_text(json.dumps(params, indent=1) + "\n", encoding="utf-8")
    write_tensors(folder / WEIGHTS, stored, format="pt")


def write_tensors(path: Path, tensors: dict[str, Tensor], **metadata: str) -> None:
    """Write a safetensors file, whole or not at all, readable for whom new files are."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.touch()
    mode = temporary.stat().st_mode  # that of safetensors' own files lets nobody else read them
    save_file(tensors, temporary, metadata)
    temporary.chmod(mode)
    temporary.replace(path)


def fingerprint(folder: Path) -> str:
    """16 hex digits that tell checkpoints apart: of parameters, tensor names, shapes, first values.

    Raises:
        CheckpointError: If the folder is not a checkpoint.
    """
    parse_config(params := read_params(folder / "params.json"))
    audio = params["multimodal"]["audio_model_args"]
    params["multimodal"]["audio_tokenizer_args"].pop("voice", None)
    audio.pop("cfg_alpha", None)
    audio["acoustic_transformer_args"].pop("n_decoding_steps", None)
    digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode())
    with _open(folder / WEIGHTS) as file:
        for name in sorted(file.keys()):
            tensor = file.get_tensor(name)
            digest.update(f"{name}{list(tensor.shape)}".encode())
            digest.update(tensor.flatten()[:2048].view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    """`safe_open` whose complaints are CheckpointErrors."""
    try:
        file = safe_open(path, "pt")
    except FileNotFoundError:
        raise no_such_file(path) from None
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}.", "Fetch it again.") from None
    with file:
        yield file


@contextmanager
def _encoder_for(path: Path, weights: Any, config: ModelConfig, folder: Path) -> Iterator[Any]:
    """An encoder file, open, after it was found to make the codes of a checkpoint."""
    facts, quantizer = read_facts(path), Quantizer(config.codec)
    for name in quantizer.state_dict():
        _assign(quantizer, name, weights.get_tensor(FLOAT32_PREFIX + name).float())
    if facts.quantizer != quantizer_fingerprint(quantizer):
        name = folder_name(folder)
        raise CheckpointError(
            f"{path} makes codes of {facts.model}, which mean other sounds to {name}.",
            "Give an encoder that was made for this checkpoint.",
        )
    with _open(path) as file:
        names = set(file.keys())
        if not _has_encoder(config, names) or not all(map(_of_encoder, names)):
            raise CheckpointError(f"{path} holds no codec encoder.", "Make it again.")
        yield file


def _has_encoder(config: ModelConfig, names: set[str]) -> bool:
    """Whether the codec encoder is there; half of one is an error."""
    expected = {name for name in build(config, True).state_dict() if _of_encoder(name)}
    found = {name for name in names if _of_encoder(name)}
    if found and found != expected:
        raise CheckpointError(
            f"The codec encoder is incomplete: {_some(sorted(expected ^ found))}.",
            "It must be wholly there or wholly absent; fetch the checkpoint again.",
        )
    return bool(found)


def _of_encoder(name: str) -> bool:
    return name.startswith(ENCODER_PREFIXES)


def _check(model: VoxtralModel, stored: Mapping[str, Any]) -> None:
    """Names, shapes and kinds of the stored tensors against those of the model."""
    expected = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    hint = "The weights do not belong to this params.json; fetch the checkpoint again."
    if missing := sorted(expected.keys() - stored.keys()):
        raise CheckpointError(f"{WEIGHTS} lacks {_some(missing)}.", hint)
    if extra := sorted(stored.keys() - expected.keys()):
        raise CheckpointError(f"{WEIGHTS} has unknown tensors: {_some(extra)}.", hint)
    for name, part in sorted(stored.items()):
        shape, kind = part.get_shape(), part.get_dtype()
        if shape != expected[name]:
            asked = f"params.json asks for {expected[name]}"
            raise CheckpointError(f"{name} has shape {shape}, {asked}.", hint)
        if kind not in KINDS:
            raise CheckpointError(f"{name} holds {kind}; weights are {', '.join(KINDS)}.", hint)


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _assign(model: torch.nn.Module, name: str, tensor: Tensor) -> None:
    """Put a tensor where its name says, replacing the meta one without a copy."""
    *path, leaf = name.split(".")
    module = model.get_submodule(".".join(path))
    if leaf in module._parameters:
        module._parameters[leaf] = torch.nn.Parameter(tensor, requires_grad=False)
    else:
        module._buffers[leaf] = tensor
