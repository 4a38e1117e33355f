"""Build a corpus: `python -m training.data.corpus --out DIR --utterances N --seed S`.

What an utterance is depends on the seed and its index alone. Work is done a shard at a time, and a
shard that the manifest names is not made again, so a build that was stopped can be run again.
"""

import argparse
import functools
import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.data import folder as folder_source
from training.data import levels, texts
from training.data.channels import channel_of, transmit
from training.data.kokoro import Kokoro, blend_of, is_blend
from training.data.manifest import (
    MANIFEST_NAME,
    SAMPLE_RATE,
    PhoneSpan,
    Utterance,
    WordSpan,
    iter_manifest,
)
from training.data.speakers import HELD_OUT, PRESETS, style_of
from training.data.teacher import Teacher

SHARD_UTTERANCES = 250
SPEAKERS = 3000
BLENDS = 1200
HELDOUT_EACH = 30
VALID_SHARE = 0.02
EVALUATION_SETS = Path(__file__).parents[2] / "evaluation/sets"

Sound = tuple[np.ndarray, tuple[WordSpan, ...] | None, tuple[PhoneSpan, ...] | None]
"""int16 [n] and the spans of the words and of the phones."""


@dataclass(frozen=True)
class Item:
    """An utterance to be made; `source` is a file in folder mode."""

    id: str
    text: str
    speaker: str
    split: str
    seed: int = 0
    source: str = ""


def plan(
    prose: Sequence[str],
    utterances: int,
    seed: int,
    presets_share: float,
    blends_share: float = 0.0,
) -> list[Item]:
    """What every utterance says, and in which voice: a preset, a blend, or a pseudo-speaker.

    An item does not depend on how many follow it; the held-out speakers come after all others and
    take their texts first.
    """
    held_out = [
        line
        for path in sorted(EVALUATION_SETS.glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    source = texts.TextSource(prose, texts.Exclusion(held_out), seed)
    last = [
        Item(f"h{n:05d}", source.draw(), HELD_OUT[n // HELDOUT_EACH], "heldout", 10**7 + n)
        for n in range(len(HELD_OUT) * HELDOUT_EACH)
    ]
    names = list(PRESETS)
    items = []
    for index in range(utterances):
        rng = random.Random(f"item {seed} {index}")
        draw = rng.random()
        if draw < presets_share:
            speaker = rng.choice(names)
        elif draw >= 1 - blends_share:
            speaker = f"k{rng.randint(1, BLENDS):04d}"
        else:
            speaker = f"p{rng.randint(1, SPEAKERS):04d}"
        split = "valid" if rng.random() < VALID_SHARE else "train"
        items.append(Item(f"u{index:06d}", source.draw(), speaker, split, index))
    return items + last


def plan_folder(recordings: Sequence[tuple[Path, str, str]]) -> list[Item]:
    """Items of recordings: sound file, text, speaker. Every fiftieth is for validation."""
    return [
        Item(f"f{n:06d}", text, speaker, "valid" if n % 50 == 49 else "train", n, str(path))
        for n, (path, text, speaker) in enumerate(recordings)
    ]


@functools.cache
def _teacher() -> Teacher:
    """The teacher of this process."""
    return Teacher()


@functools.cache
def _kokoro(voices: Path) -> Kokoro:
    """The second teacher of this process."""
    return Kokoro(voices, _teacher())


def speak(item: Item, voices: Path | None = None, channels: float = 0.0) -> Sound | None:
    """The sound of an item by its teacher; None where it has nothing to say.

    Args:
        voices: Kokoro's, for blends.
        channels: Share of the further speakers that have a channel.
    """
    try:
        if is_blend(item.speaker):
            assert voices is not None, "blends need Kokoro's voices"
            speech = _kokoro(voices).speak(item.text, blend_of(item.speaker))
        else:
            speech = _teacher().speak(item.text, style_of(item.speaker), item.seed)
    except ValueError:
        return None
    samples, words, phones = levels.trim(speech.samples, speech.words, speech.phones)
    channel = channel_of(item.speaker, channels)
    if channel is not None:
        samples = transmit(samples, channel, item.speaker, item.seed)
    return levels.level(samples), words, phones


def read_recording(item: Item) -> Sound | None:
    """The sound of an item of folder mode."""
    samples, _, _ = levels.trim(folder_source.read_mono(Path(item.source)), None)
    return levels.level(samples), None, None


def make_shard(job: tuple[Path, str, list[Item], Callable[[Item], Sound | None]]) -> list[str]:
    """Write one shard whole; returns its manifest lines."""
    out, name, items, sound_of = job
    lines, pieces, start = [], [], 0
    for item in items:
        sound = sound_of(item)
        if sound is None or len(sound[0]) == 0:
            continue
        samples, words, phones = sound
        entry = Utterance(
            item.id, item.text, item.speaker, name, start, len(samples), item.split, words, phones
        )
        lines.append(entry.to_json())
        pieces.append(samples)
        start += len(samples)
    part = out / f"{name}.part"
    with part.open("wb") as file:
        np.save(file, np.concatenate(pieces) if pieces else np.zeros(0, np.int16))
    os.replace(part, out / name)
    return lines


def _jobs(
    out: Path, items: list[Item], sound_of: Callable[[Item], Sound | None]
) -> Iterator[tuple[Path, str, list[Item], Callable[[Item], Sound | None]]]:
    """The shards that the manifest does not have yet."""
    done = {u.shard for u in iter_manifest(out)}
    for number, first in enumerate(range(0, len(items), SHARD_UTTERANCES)):
        name = f"audio-{number:03d}.npy"
        if name not in done:
            yield out, name, items[first : first + SHARD_UTTERANCES], sound_of


def build(
    out: Path, items: list[Item], sound_of: Callable[[Item], Sound | None], jobs: int
) -> None:
    """Make all shards that are missing, with progress on stderr; one job is this process."""
    manifest = out / MANIFEST_NAME
    _repair(manifest)
    todo = list(_jobs(out, items, sound_of))
    begin, made, samples = time.monotonic(), 0, 0
    with ExitStack() as stack:
        file = stack.enter_context(manifest.open("a", encoding="utf-8"))
        shards: Iterator[list[str]] = map(make_shard, todo)
        if jobs > 1:
            pool = stack.enter_context(multiprocessing.get_context("spawn").Pool(jobs))
            shards = pool.imap(make_shard, todo)
        for count, lines in enumerate(shards, 1):
            file.writelines(line + "\n" for line in lines)
            file.flush()
            made += len(lines)
            samples += sum(json.loads(line)["samples"] for line in lines)
            hours = samples / SAMPLE_RATE / 3600
            print(
                f"shard {count}/{len(todo)}  {made} utterances  {hours:.2f} h  "
                f"{time.monotonic() - begin:.0f} s",
                file=sys.stderr,
                flush=True,
            )


def _repair(manifest: Path) -> None:
    """Create the manifest, or cut it back to whole shards after a stop in the midst of writing."""
    if not manifest.exists():
        manifest.touch()
        return
    entries = list(iter_manifest(manifest.parent))
    if entries:
        last = entries[-1].shard
        shard = np.load(manifest.parent / last, mmap_mode="r")
        if sum(entry.samples for entry in entries if entry.shard == last) != len(shard):
            entries = [entry for entry in entries if entry.shard != last]
    part = manifest.with_suffix(".part")
    part.write_text("".join(entry.to_json() + "\n" for entry in entries), encoding="utf-8")
    os.replace(part, manifest)


def _check_same(out: Path, options: dict[str, object]) -> None:
    """Refuse to continue a corpus that was begun with other options."""
    path = out / "options.json"
    if path.exists() and json.loads(path.read_text()) != options:
        raise SystemExit(f"error: {out} was begun with other options, see {path}")
    path.write_text(json.dumps(options, indent=1) + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m training.data.corpus", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--utterances", type=int, default=9000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--presets-share", type=float, default=0.65)
    parser.add_argument("--blends-share", type=float, default=0.0)
    parser.add_argument("--channels-share", type=float, default=0.0)
    parser.add_argument("--kokoro", type=Path, help="folder of Kokoro's voices, for blends")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--texts", type=Path, default=Path("texts"), help="unpacked packages")
    parser.add_argument("--folder", type=Path, help="recordings with transcripts, no teacher")
    options = parser.parse_args(arguments)
    if bool(options.blends_share) != bool(options.kokoro):
        parser.error("--blends-share and --kokoro go together")
    options.out.mkdir(parents=True, exist_ok=True)
    _check_same(
        options.out,
        {
            "utterances": options.utterances,
            "seed": options.seed,
            "presets_share": options.presets_share,
            "blends_share": options.blends_share,
            "channels_share": options.channels_share,
            "folder": str(options.folder) if options.folder else None,
        },
    )
    if options.folder:
        items = plan_folder(folder_source.recordings(options.folder))
        build(options.out, items, read_recording, options.jobs)
        return
    prose = texts.read_prose(options.texts)
    shares = options.presets_share, options.blends_share
    items = plan(prose, options.utterances, options.seed, *shares)
    sound_of = functools.partial(speak, voices=options.kokoro, channels=options.channels_share)
    build(options.out, items, sound_of, options.jobs)


if __name__ == "__main__":
    main()
