"""Fine-tune a checkpoint on recordings: `python -m training.speech --from nano --data FOLDER
--out DIR --minutes 20`.

FOLDER holds recordings with transcripts (training/data/folder.py). They are coded by the
checkpoint's own codec encoder (or `--encoder FILE`), the speech model goes on learning from them,
and DIR/model is a checkpoint in the official format: its codec is that of the old one, to the bit,
and the speakers of FOLDER are preset voices beside the old ones. Works for nano and for the 4B
format alike. Started again, it goes on where it was.
"""

import argparse
import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import safe_open

from engine.checkpoint import FLOAT32_PREFIX, WEIGHTS, has_encoder, load, save
from engine.cloning import embed_codes
from engine.config import ModelConfig, parse_config, read_params
from engine.encoder import NAME as ENCODER_NAME
from engine.errors import InputError, VoiceError, VoxtralError
from engine.hub import resolve
from engine.voice import read_voice
from training.codes import encode_corpus
from training.data import corpus
from training.data.folder import recordings
from training.speech.batches import SampleOptions
from training.speech.train import Options, Run, carry_out

FACTS = "finetune.json"
"""What a folder was begun with."""
DTYPES = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}
REFERENCE_SECONDS, PRESET_SECONDS = 1.2, (3.0, 8.0)
"""Shortest reference; length of an utterance that becomes a speaker's prompt."""


def finetune(checkpoint: Path, data: Path, options: Options, encoder: Path | None = None) -> Run:
    """Fine-tune a checkpoint; `options.out` then holds corpus, codes, run and model.

    Args:
        options: `corpus`, `codes`, `codec`, `samples` and `from_checkpoint` are set here.

    Raises:
        VoiceError: If nothing can encode the recordings.
        InputError: If there are no recordings with transcripts, or `out` holds something else.
    """
    if not has_encoder(checkpoint, encoder):
        raise VoiceError(
            f"{checkpoint} has no codec encoder, so it cannot hear recordings.",
            "Recover one (docs/training.md), then give --encoder FILE.",
        )
    out, config = options.out, parse_config(read_params(checkpoint / "params.json"))
    try:
        recordings(data)
    except FileNotFoundError as error:
        raise InputError(
            f"There are {error}.", "Lay a .txt beside each sound file, or write a metadata.csv."
        ) from error
    _claim(out, {"from": str(checkpoint.resolve()), "data": str(data.resolve())})
    corpus.main(["--out", str(out / "corpus"), "--folder", str(data), "--jobs", "1"])
    if not (out / "codes" / "index.json").is_file():
        codec = load(checkpoint, options.device, torch.float32, encoder).audio_tokenizer
        encode_corpus(out / "corpus", codec, out / "codes")
    options = replace(
        options,
        corpus=out / "corpus",
        codes=out / "codes",
        codec=checkpoint,
        out=out / "run",
        from_checkpoint=checkpoint,
        curriculum=0.0,
        long_from=0.0,
        samples=samples_of(config),
    )
    run = carry_out(options)
    _write(checkpoint, out / "model", run, encoder)
    return run


def samples_of(config: ModelConfig) -> SampleOptions:
    """How samples are drawn for a checkpoint: its frame rate, levels and chains."""

    def frames(seconds: float) -> int:
        return round(seconds * config.codec.frame_rate)

    return SampleOptions(
        prompt_frames=(frames(REFERENCE_SECONDS), frames(config.max_voice_seconds)),
        fixed_frames=(frames(PRESET_SECONDS[0]), frames(PRESET_SECONDS[1])),
        levels=config.codec.acoustic_codebook_size,
        chain=0.3 if config.max_chain_chars else 0.0,
        chain_chars=config.max_chain_chars or SampleOptions.chain_chars,
    )


def voice_name(speaker: str) -> str:
    """A speaker's name as that of a voice, which is a file's too."""
    return re.sub(r"\W+", "_", speaker).strip("_").lower() or "speaker"


def _claim(out: Path, facts: dict[str, str]) -> None:
    """Begin a folder, or go on in one that was begun with the same."""
    path = out / FACTS
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    if known not in (None, facts) or (known is None and out.is_dir() and any(out.iterdir())):
        raise InputError(
            f"{out} holds something else.", "Give a new folder, or go on with what it was made of."
        )
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(facts), encoding="utf-8")


def _write(checkpoint: Path, folder: Path, run: Run, encoder: Path | None) -> None:
    """The checkpoint with the new speech weights and voices, in the dtype of the old one."""
    model = run.averaged()
    params, config = read_params(checkpoint / "params.json"), model.model_config
    presets = params["multimodal"]["audio_tokenizer_args"].get("voice") or {}
    voices = {name: read_voice(checkpoint, name, config.backbone.dim) for name in presets}
    for speaker, codes in run.voices.items():
        voices[voice_name(speaker)] = embed_codes(model, codes).to(torch.bfloat16)
    with safe_open(checkpoint / WEIGHTS, "pt") as file:
        stored = next(name for name in file.keys() if not name.startswith(FLOAT32_PREFIX))  # noqa: SIM118
        dtype = DTYPES[file.get_slice(stored).get_dtype()]
    tekken = json.loads((checkpoint / "tekken.json").read_text(encoding="utf-8"))
    save(folder, params, model, tekken, voices, dtype)
    separate = encoder or checkpoint / ENCODER_NAME
    if separate.is_file() and not model.audio_tokenizer.can_encode:
        shutil.copy(separate, folder / ENCODER_NAME)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m training.speech", description=__doc__.split("\n\n")[1]
    )
    parser.add_argument(
        "--from", dest="checkpoint", default="nano", help="nano, a folder, a hub id"
    )
    parser.add_argument("--data", type=Path, required=True, help="recordings with transcripts")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, help="for a checkpoint without a codec encoder")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--steps", type=int, default=0, help="ends earlier")
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--budget", type=int, default=Options.budget)
    parser.add_argument("--device", default=Options.device)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default=Options.precision)
    given = vars(parser.parse_args())
    name, data, encoder = (given.pop(key) for key in ("checkpoint", "data", "encoder"))
    unset = given["out"]
    try:
        checkpoint = resolve(name)
        options = Options(corpus=unset, codes=unset, codec=unset, **given)
        finetune(checkpoint, data, options, encoder)
    except VoxtralError as error:
        print(f"error: {error}\n{error.hint}", file=sys.stderr)
        return 2 if isinstance(error, InputError | VoiceError) else 1
    print(options.out / "model")
    return 0


if __name__ == "__main__":
    sys.exit(main())
