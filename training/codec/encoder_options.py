"""Hyper-parameters of a run that recovers an encoder, and whether they can be used."""

from dataclasses import dataclass, replace
from pathlib import Path

from engine.device import find_device
from engine.errors import InputError
from engine.hub import resolve
from evaluation.sentences import read_sentences
from training.data.manifest import MANIFEST_NAME


@dataclass(frozen=True)
class Options:
    """Hyper-parameters of one run.

    Args:
        model: As for `voxtral --model`.
        out: Folder for the pairs, the state and the encoder.
        minutes: Of training.
        speech: Corpus of recordings without codes, as `training.data.corpus --folder` makes it.
        texts: Sentences to speak, one a line; English ones of our own without.
        pairs: Minutes of speech that the checkpoint makes.
        batch: Crops of pairs in a step; half as many of recordings.
        frames: Of a crop.
        rate: Peak learning rate.
        noise: Largest white noise on a waveform, as a share of its level.
        blur: Largest noise in a place of its spectrogram, as a share of what is there.
        levels: Weight of the acoustic codes' distance, in levels.
        reconstruction: Weight of the loss through the decoder.
        commitment: Weight of the distance of semantic vectors to their entries.
        spread: Weight of what the semantic codes of recordings tell: the entropy of their mean
            less their mean entropy.
        save_minutes: From state to state.
        device: cpu, cuda or auto.
        seed: Of the pairs, the new weights and the crops.
    """

    model: str
    out: Path
    minutes: float
    speech: Path | None = None
    texts: Path | None = None
    pairs: float = 30.0
    batch: int = 8
    frames: int = 40
    rate: float = 1e-3
    noise: float = 0.1
    blur: float = 0.6
    levels: float = 1.0
    reconstruction: float = 0.3
    commitment: float = 0.03
    spread: float = 0.2
    save_minutes: float = 5.0
    device: str = "cpu"
    seed: int = 0


def check(options: Options) -> Options:
    """The options with a device that is here; nothing is written yet.

    Raises:
        InputError: If they cannot be used.
    """
    for name in ("minutes", "pairs", "batch", "frames", "rate"):
        if not (value := getattr(options, name)) > 0:
            raise InputError(f"--{name} is {value:g}.", "Give more than 0.")
    if options.texts is not None and not read_sentences(options.texts):
        raise InputError(f"{options.texts} is empty.", "Give sentences, one a line.")
    if options.speech is not None and not (options.speech / MANIFEST_NAME).is_file():
        raise InputError(
            f"{options.speech} is no corpus.",
            "Make one: `python -m training.data.corpus --folder RECORDINGS --out CORPUS`.",
        )
    resolve(options.model)
    return replace(options, device=str(find_device(options.device)))
