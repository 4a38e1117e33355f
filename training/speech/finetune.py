"""Fine-tuning: a checkpoint and a folder of recordings -> a checkpoint that knows their speakers.

What `out` holds then: `corpus` and `codes` (made once), `run` (state and curve) and `model`.
"""

import hashlib
import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from engine import checkpoint
from engine.cloning import embed_codes
from engine.config import ModelConfig, parse_config, read_params
from engine.encoder import find_encoder
from engine.errors import InputError, VoiceError
from engine.hub import folder_name
from engine.text.normalize import has_words, normalize
from training.codes import encode_corpus
from training.data import corpus, folder
from training.data.manifest import load_manifest
from training.parallel import Ranks
from training.speech.batches import SampleOptions
from training.speech.init import speech_parameters
from training.speech.train import Options, Run, carry_out
from training.speech.tuned import voice_names, write_tuned

BEGUN_WITH = "finetune.json"
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
) -> list[str]:
    """Fine-tune a checkpoint, or go on with it; `options.out / "model"` is the new one.

    All but the sound of the recordings is checked before anything is written.

    Args:
        source: Folder of the checkpoint.
        data: Recordings with transcripts (`training.data.folder`).
        options: As of `options_of`.
        encoder: A codec encoder in a file of its own, for a checkpoint without.
        language: Of the transcripts.

    Returns:
        The names of the new voices.

    Raises:
        CheckpointError: If the folder or the encoder file is none.
        VoiceError: If nothing can encode the recordings.
        InputError: If the recordings cannot be used, or `out` holds something else.
    """
    if not checkpoint.has_encoder(source, encoder):
        raise VoiceError(
            f"{folder_name(source)} has no codec encoder, so it cannot hear recordings.",
            "Recover one (docs/training.md), and give it with --encoder FILE.",
        )
    recordings, out, ranks = usable(data, language), options.out, Ranks()
    if ranks.first:
        _claim(out, _facts(source, recordings, encoder))
        _encode(source, recordings, options, encoder)
    ranks.wait()
    run = carry_out(replace(options, corpus=out / "corpus", codes=out / "codes", out=out / "run"))
    presets = parse_config(read_params(source / "params.json")).voices
    names = voice_names(run.voices, presets)
    if ranks.first:
        _write(source, out / "model", run, names, encoder)
    return list(names.values())


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
        InputError: If there are none, or one cannot be read.
    """
    found = folder.recordings(data.resolve())
    chosen, wordless, other = [], [], []
    for path, text, speaker in found:
        if not has_words(text):
            wordless.append(path.name)
        elif not 0 < folder.seconds_of(path) <= LONGEST_SECONDS:
            other.append(path.name)
        else:
            chosen.append((path, normalize(text, language), speaker))
    folder.report("no words to say", wordless, len(found))
    folder.report(f"empty, or above {LONGEST_SECONDS:.0f} s", other, len(found))
    if not chosen:
        raise InputError(
            f"No recording in {data} can be used.",
            f"Cut them into sentences, of at most {LONGEST_SECONDS:.0f} s, and write down each.",
        )
    return chosen


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


def _claim(out: Path, facts: dict[str, str]) -> None:
    """Begin a folder, or go on in one that was begun with the same."""
    path = out / BEGUN_WITH
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))
        if other := [name for name, value in facts.items() if known.get(name, value) != value]:
            raise InputError(
                f"{out} was begun with another {' and '.join(other)}.",
                "Give a new folder with --out, or what it was begun with.",
            )
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} holds something else.", "Give a new folder with --out.")
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def _encode(
    source: Path, recordings: list[Recording], options: Options, encoder: Path | None
) -> None:
    """The corpus of the recordings, and their codes, where they are missing."""
    place, codes = options.out / "corpus", options.out / "codes"
    place.mkdir(exist_ok=True)
    items = corpus.plan_folder(recordings)
    corpus.build(place, items, corpus.read_recording, jobs=1)
    made = {u.id for u in load_manifest(place)}
    lost = [Path(item.source).name for item in items if item.id not in made]
    folder.report("silent, broken, or too short for the text", lost, len(items))
    spoken = load_manifest(place, "train")
    if not spoken:
        hint = "Listen to them; give others, and a new --out."
        raise InputError("No recording can be used.", hint)
    counts = Counter(u.speaker for u in spoken)
    if single := [speaker for speaker, count in counts.items() if count == 1]:
        named = ", ".join(single[: folder.NAMED])
        print(f"only one recording, which is its own reference then: {named}", file=sys.stderr)
    minutes = sum(u.seconds for u in spoken) / 60
    print(f"{len(spoken)} recordings, {minutes:.1f} min, {len(counts)} speakers", file=sys.stderr)
    if not (codes / "index.json").is_file():
        codec = checkpoint.load(source, encoder=encoder).audio_tokenizer.float()
        encode_corpus(place, codec.to(options.device), codes)


def _write(
    source: Path, place: Path, run: Run, names: dict[str, str], encoder: Path | None
) -> None:
    """The new checkpoint."""
    model = run.averaged()
    voices = {names[speaker]: embed_codes(model, codes) for speaker, codes in run.voices.items()}
    write_tuned(source, place, speech_parameters(model), voices, encoder)
