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
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.errors import InputError, VoxtralError
from training.data import folder as folder_source
from training.data import levels, texts
from training.data.channels import channel_of, transmit
from training.data.kokoro import BLENDS, Kokoro, blend_of, is_blend
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
POOL, EACH = 1000, 8
"""Of POOL neighbours each further speaker says some EACH (fewer beside blends), for references."""
HELDOUT_EACH = 30
VALID_SHARE = 0.02
FASTEST_S, SILENT = 0.02, 1e-4
"""Seconds of a letter, and peak of a recording, below which its text is not in it."""
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
    blends_each: int = 1,
) -> list[Item]:
    """What every utterance says, and in which voice: a preset, a blend, or a pseudo-speaker.

    An item does not depend on how many follow it; the held-out speakers come after all others and
    take their texts first. What a blend says, `blends_each` sizes and colours of it say. A further
    speaker says several utterances: one that is alone is its own reference, to be copied.
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
    begin = random.Random(f"speakers {seed}").randrange(SPEAKERS)

    def one_of(count: int, share: float, index: int, rng: random.Random) -> int:
        """The number of a further speaker, of so many; their kind has this share of the items."""
        several = min(count, max(1, round(share * POOL / EACH)))
        return (begin + index // POOL * several + rng.randrange(several)) % count + 1

    items = []
    for index in range(utterances):
        rng = random.Random(f"item {seed} {index}")
        draw = rng.random()
        if draw < presets_share:
            speaker = rng.choice(names)
        elif draw >= 1 - blends_share:
            speaker = f"k{one_of(BLENDS, blends_share, index, rng):04d}"
        else:
            speaker = f"p{one_of(SPEAKERS, 1 - presets_share, index, rng):04d}"
        split = "valid" if rng.random() < VALID_SHARE else "train"
        first = Item(f"u{index:06d}", source.draw(), speaker, split, index)
        items.append(first)
        for turn in range(1, blends_each if is_blend(speaker) else 1):
            name = f"k{int(speaker[1:]) + turn * BLENDS:04d}"
            seed_of_noise = turn * 10**8 + index
            items.append(replace(first, id=f"{first.id}-{turn}", speaker=name, seed=seed_of_noise))
    return items + last


def plan_folder(recordings: Sequence[tuple[Path, str, str]]) -> list[Item]:
    """Items of recordings: sound file, text, speaker."""
    split = folder_source.splits([speaker for _, _, speaker in recordings])
    return [
        Item(f"f{n:06d}", text, speaker, split[n], n, str(path))
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
    """The sound of an item of folder mode; None where it cannot be what its text says."""
    try:
        samples, _, _ = levels.trim(folder_source.read_mono(Path(item.source)), None)
    except InputError as error:
        print(f"left out: {error}", file=sys.stderr)
        return None
    shortest = FASTEST_S * len(item.text) * SAMPLE_RATE
    if not np.isfinite(samples).all() or np.abs(samples).max(initial=0) < SILENT:
        return None
    return (levels.level(samples), None, None) if len(samples) >= shortest else None


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


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m training.data.corpus", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--utterances", type=int, default=9000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--presets-share", type=float, default=0.65)
    parser.add_argument("--blends-share", type=float, default=0.0)
    parser.add_argument("--blends-each", type=int, default=1, choices=range(1, 9))
    parser.add_argument("--channels-share", type=float, default=0.0)
    parser.add_argument("--kokoro", type=Path, help="folder of Kokoro's voices, for blends")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--texts", type=Path, default=Path("texts"), help="unpacked packages")
    parser.add_argument("--folder", type=Path, help="recordings with transcripts, no teacher")
    options = parser.parse_args(arguments)
    if bool(options.blends_share) != bool(options.kokoro):
        parser.error("--blends-share and --kokoro go together")
    try:
        _build_as(options)
    except (VoxtralError, FileNotFoundError) as error:
        hint = getattr(error, "hint", "See training/data/README.md.")
        raise SystemExit(f"error: {error}\nhint: {hint}") from None


def _build_as(options: argparse.Namespace) -> None:
    """All sources are looked for before anything is written."""
    from training.loop import check_same  # torch, which the other processes need not

    sound_of: Callable[[Item], Sound | None]
    if options.folder:
        items, sound_of = plan_folder(folder_source.recordings(options.folder)), read_recording
    else:
        prose = texts.read_prose(options.texts)
        shares = options.presets_share, options.blends_share, options.blends_each
        items = plan(prose, options.utterances, options.seed, *shares)
        sound_of = functools.partial(speak, voices=options.kokoro, channels=options.channels_share)
    named = ("utterances", "seed", "presets_share", "blends_share", "blends_each", "channels_share")
    begun = {name: getattr(options, name) for name in named}
    begun["folder"] = str(options.folder) if options.folder else None
    absent = {"blends_share": 0.0, "blends_each": 1, "channels_share": 0.0}
    check_same(options.out / "options.json", begun, absent)
    build(options.out, items, sound_of, options.jobs)


if __name__ == "__main__":
    main()
