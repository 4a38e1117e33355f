"""Training states -> a checkpoint folder in the official format.

`python -m training.export --codec codec.pt --speech speech.pt --out engine/checkpoints/nano`
writes params.json, consolidated.safetensors (bfloat16, with the codec encoder), tekken.json and
the preset voices. Without --speech the speech model is random: the codec alone can be used then.
With --mix every weight is half way to that of another checkpoint, such as the one that the training
began with (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022).
"""

import argparse
from pathlib import Path

import torch

from engine.checkpoint import load, save
from engine.cloning import embed_codes
from engine.config import parse_config
from engine.models.voxtral import VoxtralModel
from training.codes import load_codec
from training.loop import load_state
from training.presets import PRESETS
from training.speech.init import init_speech, load_speech
from training.tokenizer import byte_level_tekken

SILENT_FRAMES = 25
"""Frames of the one voice of a checkpoint whose speech model is not trained."""


def export(
    codec: Path, speech: Path | None, out: Path, preset: str = "nano", mix: Path | None = None
) -> VoxtralModel:
    """Write a checkpoint folder; returns the model in it.

    Args:
        mix: A checkpoint of the same sizes, whose weights are averaged with those of the states.
    """
    config = parse_config(PRESETS[preset])
    model = VoxtralModel(config).eval().requires_grad_(False)
    model.audio_tokenizer.load_state_dict(load_codec(codec, preset).state_dict())
    if speech is None:
        init_speech(model, torch.Generator().manual_seed(0))
        middle = config.codec.acoustic_codebook_size // 2
        prompts = {"random": torch.full((SILENT_FRAMES, config.num_codebooks), middle)}
    else:
        state = load_state(speech)
        if state is None:
            raise SystemExit(f"error: there is no {speech}")
        assert state["preset"] == preset, f"{speech} is of preset {state['preset']}"
        load_speech(model, state["average"])
        prompts = state["voices"]
    if mix is not None:
        other, own = load(mix).state_dict(), model.state_dict()
        model.load_state_dict({name: own[name].lerp(other[name], 0.5) for name in own})
    voices = {name: embed_codes(model, codes.numpy()) for name, codes in prompts.items()}
    lengths = {name: len(rows) for name, rows in voices.items()}
    tekken = byte_level_tekken(lengths, config.codec.frame_rate, config.codec.sampling_rate)
    save(out, PRESETS[preset], model, tekken, voices)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--codec", type=Path, required=True)
    parser.add_argument("--speech", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--mix", type=Path, help="checkpoint folder to meet half way")
    parser.add_argument("--preset", "--name", choices=PRESETS, default="nano")
    options = parser.parse_args()
    model = export(options.codec, options.speech, options.out, options.preset, options.mix)
    count = sum(p.numel() for p in model.state_dict().values())
    print(f"{options.out}: {count / 1e6:.1f} M values")


if __name__ == "__main__":
    main()
