"""A codec encoder in a file of its own, for checkpoints that come without one.

`encoder.safetensors` holds the tensors of `audio_tokenizer.input_proj` and `.encoder_blocks` under
their names in the checkpoint, and as metadata (all text): `format` = voxtral-encoder, `quantizer`
(fingerprint of the codes that it makes, engine.cloning), `model` (whose codes) and `origin` (how it
came to be). It lies in the model's folder, or is given. `training.codec.encoder` makes one.
"""

import re
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from engine.errors import CheckpointError

NAME = "encoder.safetensors"
KIND = "voxtral-encoder"


@dataclass(frozen=True)
class EncoderFacts:
    """What an encoder file says about itself."""

    quantizer: str
    model: str
    origin: str


def find_encoder(folder: Path, given: Path | None = None) -> Path | None:
    """The encoder file that goes with a checkpoint folder: the given one, or the folder's."""
    return given or (folder / NAME if (folder / NAME).is_file() else None)


def read_facts(path: Path) -> EncoderFacts:
    """The facts of an encoder file; its tensors are not read.

    Raises:
        CheckpointError: If it is no encoder file.
    """
    hint = "Make one in a checkout: python -m training.codec.encoder (docs/training.md)."
    try:
        with safe_open(path, "numpy") as file:
            metadata = file.metadata() or {}
    except FileNotFoundError:
        raise CheckpointError(f"There is no encoder file {path}.", hint) from None
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}.", hint) from None
    controls = re.search("[\x00-\x1f\x7f-\x9f]", "".join(metadata.values()))
    if metadata.get("format") != KIND or controls:
        raise CheckpointError(f"{path} is no encoder file.", hint)
    return EncoderFacts(*(metadata.get(key, "unknown") for key in EncoderFacts.__annotations__))


def metadata_of(facts: EncoderFacts) -> dict[str, str]:
    """The metadata of an encoder file."""
    return {"format": KIND, **asdict(facts)}
