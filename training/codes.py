"""Codes of a corpus: `python -m training.codes --corpus DIR --codec codec.pt --out DIR`.

Every utterance of the train and valid splits goes through the codec's encoder once. Written:
`codes.npy` int16 [frames, codebooks] (0-based), `chars.npy` float16 [frames] (which character is
spoken, NaN where unknown), `phones.npy` int16 [frames], all utterances one after another, and
`index.json` with `[id, first frame, frames]` of each.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.checkpoint import load as load_checkpoint
from engine.config import parse_config
from engine.models.codec.codec import Codec
from evaluation.phones import phone_labels
from training.data.kokoro import is_blend
from training.data.manifest import SAMPLE_RATE, Utterance, load_manifest, read_audio
from training.data.speakers import style_of, style_values, unknown_style
from training.presets import PRESETS

BATCH_SECONDS = 40.0
"""Audio in one call of the encoder, padding included."""
SPLITS = ("train", "valid")


@dataclass(frozen=True)
class Spoken:
    """An utterance as the speech model sees it.

    Args:
        codes: int16 [frames, codebooks], 0-based.
        chars: Character being spoken in each frame, float16 [frames], NaN where unknown.
        phones: Phone of each frame, int16 [frames], -100 where unknown.
        style: What its pseudo-speaker is like (`style_values`); NaN where nobody knows.
    """

    text: str
    speaker: str
    split: str
    codes: np.ndarray
    chars: np.ndarray
    phones: np.ndarray
    id: str = ""
    style: np.ndarray = field(default_factory=unknown_style)

    @property
    def frames(self) -> int:
        return len(self.codes)


def load_codes(folder: Path, corpus: Path) -> list[Spoken]:
    """What `encode_corpus` wrote, mapped from disk, with the texts of the corpus."""
    codes, chars, phones = (
        np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("codes", "chars", "phones")
    )
    utterances = {u.id: u for u in load_manifest(corpus)}
    spoken = []
    for name, start, frames in json.loads((folder / "index.json").read_text(encoding="utf-8")):
        part, u = slice(start, start + frames), utterances[name]
        styled = u.phones and not is_blend(u.speaker)
        style = style_values(style_of(u.speaker)) if styled else unknown_style()
        tracks = codes[part], chars[part], phones[part]
        spoken.append(Spoken(u.text, u.speaker, u.split, *tracks, name, style))
    return spoken


def write_codes(out: Path, made: Sequence[tuple[str, np.ndarray, np.ndarray, np.ndarray]]) -> None:
    """Write a folder of codes: the id, codes, characters and phones of each utterance."""
    out.mkdir(parents=True, exist_ok=True)
    ids, *columns = zip(*made, strict=True)
    for name, arrays in zip(("codes", "chars", "phones"), columns, strict=True):
        np.save(out / f"{name}.npy", np.concatenate(arrays))
    counts = [len(codes) for codes in columns[0]]
    starts = np.cumsum([0, *counts])[:-1].tolist()
    lines = list(zip(ids, starts, counts, strict=True))
    part = out / "index.part"
    part.write_text(json.dumps(lines), encoding="utf-8")
    part.replace(out / "index.json")


def load_codec(path: Path, preset: str) -> Codec:
    """The codec of a training state, or of a checkpoint folder, for use."""
    if path.is_dir():
        return load_checkpoint(path).audio_tokenizer.float()
    codec = Codec(parse_config(PRESETS[preset]).codec)
    codec.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["model"])
    return codec.eval().requires_grad_(False)


def spoken_chars(utterance: Utterance, frames: int, frame_rate: float) -> np.ndarray:
    """Character (its UTF-8 byte) spoken at the centre of each frame, float16 [frames].

    Linear within a word and across the gaps between words; NaN without word times.
    """
    if not utterance.align:
        return np.full(frames, np.nan, np.float16)
    byte = np.cumsum([0, *(len(c.encode()) for c in utterance.text)])
    times, places = [0.0], [0.0]
    for first, end, start, stop in utterance.align:
        times += [start, stop]
        places += [byte[first] - 0.5, byte[end] - 0.5]
    times.append(max(utterance.seconds, times[-1]) + 1e-3)
    places.append(byte[-1] - 1.0)
    centres = (np.arange(frames) + 0.5) / frame_rate
    return np.interp(centres, times, places).clip(0, byte[-1] - 1).astype(np.float16)


def encode_corpus(corpus: Path, codec: Codec, out: Path, precision: str = "float32") -> int:
    """Write the codes of a corpus; returns how many frames there are.

    Args:
        precision: Of the encoder's products; "bfloat16" moves some codes to a neighbouring level.
    """
    utterances = [u for u in load_manifest(corpus) if u.split in SPLITS]
    size, device = codec.config.frame_samples, next(codec.parameters()).device
    frames = np.array([-(-u.samples // size) for u in utterances])
    codes: list[np.ndarray] = [np.empty(0)] * len(utterances)
    begin = time.perf_counter()
    for number, (chosen, wave) in enumerate(_batches(utterances, frames, size)):
        with torch.inference_mode():
            with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
                latent = codec.latent(wave.to(device))
            encoded = codec.quantizer.encode(latent.float()).transpose(1, 2).short().cpu().numpy()
        for index, rows in zip(chosen, encoded, strict=True):
            codes[index] = rows[: frames[index]]
        if number % 50 == 0:
            print(f"batch {number}, {time.perf_counter() - begin:.0f} s", flush=True)
    made = []
    for utterance, rows in zip(utterances, codes, strict=True):
        chars = spoken_chars(utterance, len(rows), codec.config.frame_rate)
        centres = (np.arange(len(rows)) + 0.5) * size / SAMPLE_RATE
        labels = phone_labels(utterance.phones, centres).astype(np.int16)
        made.append((utterance.id, rows, chars, labels))
    write_codes(out, made)
    return int(frames.sum())


def _batches(
    utterances: list[Utterance], frames: np.ndarray, size: int
) -> Iterator[tuple[list[int], Tensor]]:
    """Utterances of similar length, zero-padded to one: indices, float32 [batch, samples]."""
    order = np.argsort(frames, kind="stable").tolist()
    while order:
        longest = int(frames[order[-1]]) * size
        count = max(1, int(BATCH_SECONDS * SAMPLE_RATE / longest))
        chosen, order = order[-count:], order[:-count]
        wave = np.zeros((len(chosen), longest), np.float32)
        for row, index in enumerate(chosen):
            wave[row, : utterances[index].samples] = read_audio(utterances[index])
        yield chosen, torch.from_numpy(wave)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--codec", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--preset", choices=PRESETS, default="nano")
    options = parser.parse_args()
    codec = load_codec(options.codec, options.preset).to(options.device)
    frames = encode_corpus(options.corpus, codec, options.out, options.precision)
    print(f"{frames} frames, {frames / codec.config.frame_rate / 3600:.2f} h")


if __name__ == "__main__":
    main()
