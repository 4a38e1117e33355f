"""Fine-tuning: a checkpoint and a folder of recordings -> a checkpoint that knows their speakers.

What `out` holds then: `corpus` and `codes` (made once), `run` (state and curve) and `model`.
"""

import hashlib
import json
import shutil
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine import checkpoint
from engine.cloning import embed_codes
from engine.config import ModelConfig, parse_config, read_params
from engine.encoder import find_encoder
from engine.errors import InputError, VoiceError, VoxtralError
from engine.hub import folder_name
from engine.text.normalize import has_words, normalize
from training.codes import encode_corpus
from training.data import corpus, folder
from training.data.manifest import load_manifest
from training.loop import check_same, read_note, write_note
from training.parallel import Ranks
from training.speech.batches import SampleOptions
from training.speech.init import speech_parameters
from training.speech.options import Options
from training.speech.train import Run, carry_out
from training.speech.tuned import voice_names, write_tuned

BEGUN_WITH, LOST = "finetune.json", "left out"
REFERENCE_SECONDS, PRESET_SECONDS = 1.2, (3.0, 8.0)
"""Shortest reference; length of an utterance that becomes a speaker's prompt."""
LONGEST_SECONDS = 30.0
"""Longer recordings are left out: no text is spoken for so long at once."""
RATE, RATE_DIM = 3e-4, 256
"""Learning rate up to this width of the backbone; of a wider one it is less in proportion."""

Recording = tuple[Path, str, str]
"""Sound file, text and speaker."""


def finetune(
    source: Path,
    data: Path,
    options: Options,
    encoder: Path | None = None,
    language: str = "en",
) -> dict[str, str]:
    """Fine-tune a checkpoint, or go on with it; `options.out / "model"` is the new one.

    All but the sound of the recordings is checked before anything is written.

    Args:
        source: Folder of the checkpoint.
        data: Recordings with transcripts (`training.data.folder`).
        options: As of `options_of`.
        encoder: A codec encoder in a file of its own, for a checkpoint without.
        language: Of the transcripts.

    Returns:
        The name of each speaker's new voice.

    Raises:
        CheckpointError: If the folder or the encoder file is none.
        VoiceError: If nothing can encode the recordings.
        InputError: If the recordings cannot be used, or `out` holds something else.
        VoxtralError: If the weights are no numbers, or something cannot be written.
        Stopped: If a signal asked for it; what is there is kept.
    """
    if not checkpoint.has_encoder(source, encoder):
        raise VoiceError(
            f"{folder_name(source)} has no codec encoder, so it cannot hear recordings.",
            "Recover one (docs/training.md), and give it with --encoder FILE.",
        )
    recordings, out, ranks = usable(data, language), options.out, Ranks()
    begun = {"from": folder_name(source), "data": str(data.resolve()), "language": language}
    begun |= {name: getattr(options, name) for name in ("precision", "rate", "budget", "average")}
    if ranks.first and _claim(out, source, recordings, encoder, begun):
        lost = _encode(source, recordings, options, encoder)
        kept = [one for one in recordings if str(one[0]) not in lost]
        write_note(out / BEGUN_WITH, {**_facts(source, kept, encoder), **begun, LOST: lost})
    ranks.wait()
    run = carry_out(replace(options, corpus=out / "corpus", codes=out / "codes", out=out / "run"))
    presets = parse_config(read_params(source / "params.json")).voices
    names = voice_names(run.voices, presets)
    if ranks.first:
        _write(source, out / "model", run, names, encoder)
    return names


def options_of(source: Path, out: Path) -> Options:
    """How a checkpoint is fine-tuned: rate, references, frame rate, levels and chains are its own.

    Every speaker becomes a voice (of more than 20, those with the most recordings).
    """
    config = parse_config(read_params(source / "params.json"))
    return Options(
        corpus=out,
        codes=out,
        codec=source,
        out=out,
        minutes=20.0,
        from_checkpoint=source,
        rate=RATE * min(1.0, RATE_DIM / config.backbone.dim),
        curriculum=0.0,
        long_from=0.0,
        speakers=(),
        samples=samples_of(config),
    )


def samples_of(config: ModelConfig) -> SampleOptions:
    """How samples are drawn for a checkpoint."""

    def frames(seconds: float) -> int:
        return round(seconds * config.codec.frame_rate)

    return SampleOptions(
        prompt_frames=(frames(REFERENCE_SECONDS), frames(config.max_voice_seconds)),
        fixed_frames=(frames(PRESET_SECONDS[0]), frames(PRESET_SECONDS[1])),
        levels=config.codec.acoustic_codebook_size,
        chain=SampleOptions.chain if config.max_chain_chars else 0.0,
        chain_chars=config.max_chain_chars or SampleOptions.chain_chars,
    )


def usable(data: Path, language: str = "en") -> list[Recording]:
    """The recordings of a folder, with their texts as speaking normalises them.

    Raises:
        InputError: If there are none.
    """
    found = folder.recordings(data.resolve())
    chosen = []
    left_out: dict[str, list[str]] = {}
    for path, text, speaker in found:
        if reason := _unusable(path, text):
            left_out.setdefault(reason, []).append(path.name)
        else:
            chosen.append((path, normalize(text, language), speaker))
    for reason, names in left_out.items():
        folder.report(reason, names, len(found))
    if not chosen:
        raise InputError(
            f"No recording in {data} can be used.",
            f"Cut them into sentences, of at most {LONGEST_SECONDS:.0f} s, and write down each.",
        )
    return chosen


def _unusable(path: Path, text: str) -> str:
    """Why a recording is left out; empty if it is not."""
    if not has_words(text):
        return "no words to say"
    try:
        fits = 0 < folder.seconds_of(path) <= LONGEST_SECONDS
    except InputError:
        return "cannot be read"
    return "" if fits else f"empty, or above {LONGEST_SECONDS:.0f} s"


def _facts(source: Path, recordings: list[Recording], encoder: Path | None) -> dict[str, str]:
    """What all that `out` holds depends on."""
    said = json.dumps([[str(path), text, speaker] for path, text, speaker in recordings])
    separate = find_encoder(source, encoder)
    files = [path for path, _, _ in recordings] + ([separate] if separate else [])
    states = [(path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return {
        "checkpoint": checkpoint.fingerprint(source),
        "encoder": str(separate.resolve()) if separate else "",
        "recordings": hashlib.sha256(said.encode()).hexdigest()[:16],
        "version of these files": hashlib.sha256(repr(states).encode()).hexdigest()[:16],
    }


def _claim(
    out: Path,
    source: Path,
    recordings: list[Recording],
    encoder: Path | None,
    options: dict[str, Any],
) -> bool:
    """Begin a folder, or go on in one that was begun with the same.

    Until its recordings are encoded, it may be begun anew with others.

    Returns:
        Whether they have to be.
    """
    path, encoded = out / BEGUN_WITH, (out / "codes/index.json").is_file()
    if not path.is_file() and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} holds something else.", "Give a new folder with --out.")
    known = read_note(path)
    lost = set(known.get(LOST, ()))
    facts = _facts(source, [one for one in recordings if str(one[0]) not in lost], encoder)
    other = [name for name, value in facts.items() if known.get(name, value) != value]
    if other and encoded:
        raise InputError(
            f"{out} was begun with another {' and '.join(other)}.",
            "Give a new folder with --out, or what it was begun with.",
        )
    if encoded:
        check_same(path, {**facts, **options})
    else:
        if other:
            shutil.rmtree(out / "corpus", ignore_errors=True)
        write_note(path, {**facts, **options})
    return not encoded


def _encode(
    source: Path, recordings: list[Recording], options: Options, encoder: Path | None
) -> list[str]:
    """The corpus of the recordings, where it is missing, and their codes; returns whose not."""
    place, codes = options.out / "corpus", options.out / "codes"
    place.mkdir(exist_ok=True)
    items = corpus.plan_folder(recordings)
    corpus.build(place, items, corpus.read_recording, jobs=1)
    made = {u.id for u in load_manifest(place)}
    lost = [item.source for item in items if item.id not in made]
    names = [Path(path).name for path in lost]
    folder.report("silent, broken, or too short for the text", names, len(items))
    spoken = load_manifest(place, "train")
    if not spoken:
        raise InputError("No recording can be used.", "Listen to them; give others.")
    counts = Counter(u.speaker for u in spoken)
    if single := [speaker for speaker, count in counts.items() if count == 1]:
        named = ", ".join(single[: folder.NAMED])
        print(f"only one recording, which is its own reference then: {named}", file=sys.stderr)
    minutes = sum(u.seconds for u in spoken) / 60
    print(f"{len(spoken)} recordings, {minutes:.1f} min, {len(counts)} speakers", file=sys.stderr)
    codec = checkpoint.load(source, encoder=encoder).audio_tokenizer.float()
    encode_corpus(place, codec.to(options.device), codes)
    return lost


def _write(
    source: Path, place: Path, run: Run, names: dict[str, str], encoder: Path | None
) -> None:
    """The new checkpoint; the earlier one stays until it is whole."""
    model = run.averaged()
    if not all(bool(weights.isfinite().all()) for weights in speech_parameters(model).values()):
        raise VoxtralError(
            f"The weights of {run.options.out} are no numbers; {place} stays as it was.",
            f"Lower --rate ({run.options.rate:g}), with another --out.",
        )
    voices = {names[speaker]: embed_codes(model, codes) for speaker, codes in run.voices.items()}
    write_tuned(source, place, speech_parameters(model), voices, encoder)
