"""The command `python -m evaluation [speech|codec|clone|all|longform|watermark]`: tables, then one
line of JSON.

    python -m evaluation speech --model nano --limit 20
    python -m evaluation codec --model nano --corpus recordings/ --limit 50
    python -m evaluation clone --model nano --corpus speakers/ --limit 6
    python -m evaluation all --model nano --corpus .training/corpus --out heard/
    python -m evaluation longform --model nano --voices neutral_male
    python -m evaluation watermark --model nano --corpus recordings/ --limit 12

Exit codes: 0 done, 1 failed, 2 bad input.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import InputError, VoiceError, VoxtralError
from engine.speech import SpeechOptions
from evaluation import report, tables
from evaluation.arguments import check, parse
from evaluation.audio import read_clips
from evaluation.clone import OTHER, OWN, Cloned, evaluate_clone
from evaluation.codec import Reconstruction, evaluate_codec
from evaluation.codes import evaluate_codes, semantic_vectors
from evaluation.longform import Chunk, evaluate_longform, table_rows, with_contexts
from evaluation.recordings import Person, read_corpus, read_parts, read_people, read_teachers
from evaluation.sentences import read_sentences, read_text
from evaluation.speech import evaluate_speech
from evaluation.spoken import Spoken

RECORDS = Path("build") / "evaluation"
CLIPS = 50
CLONED_SENTENCES = 6


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; see the top of the file."""
    given = parse(arguments)
    try:
        print(report.last_line(_evaluate(given)))
    except (InputError, VoiceError) as error:
        return _complain(error, 2)
    except VoxtralError as error:
        return _complain(error, 1)
    except ModuleNotFoundError as error:
        hint = 'Run `pip install -e ".[eval]"` and `pip install --no-deps resemblyzer==0.1.4`.'
        return _complain(VoxtralError(f"{error.name} is not installed.", hint), 1)
    return 0


def read_references(folder: Path) -> dict[str, tuple[np.ndarray, int]]:
    """Recordings named after voices (`casual_male.wav`), voice -> (float32 [n], rate)."""
    return {Path(clip.name).stem: (clip.samples, clip.rate) for clip in read_clips(folder)}


def _evaluate(given: argparse.Namespace) -> dict[str, Any]:
    check(given)
    from engine import Engine
    from engine.checkpoint import has_encoder
    from engine.encoder import read_facts
    from engine.hearing.asr import Ears, check_installed
    from engine.hub import resolve
    from evaluation.similarity import SpeakerEncoder

    if given.what != "watermark":
        check_installed()
    folder = resolve(given.model)
    faults: list[InputError] = []
    people = _people(given, folder, faults) if given.what in ("clone", "all") else []
    if given.what in ("codec", "clone", "all") and not has_encoder(folder, given.encoder):
        raise VoiceError(f"{given.model} has no codec encoder.", "Give --encoder FILE.")
    engine, other = Engine.from_folder(folder, device=given.device), None
    if given.encoder is not None:
        other = Engine.from_folder(folder, device=given.device, encoder=given.encoder)
        if not engine.can_clone:  # nothing to compare with
            engine, other = other, None
    figures: dict[str, Any] = {
        "model": engine.name,
        "fingerprint": engine.fingerprint,
        "hardware": report.hardware(engine.device),
        "commit": report.commit(),
    }
    if given.encoder is not None:
        figures["encoder"] = read_facts(given.encoder).origin
    if given.what == "watermark":
        return figures | {"watermark": _watermark(given, engine)}
    tools = Ears(cpu_threads=given.threads), SpeakerEncoder()
    if given.what in ("speech", "all"):
        figures["speech"] = _speech(given, engine, *tools)
    if given.what in ("codec", "all"):
        figures["codec"] = _codec(given, engine, *tools)
    if given.what in ("clone", "all"):
        figures["clone"] = _clone(given, engine, other, people, faults, *tools)
    if given.what == "longform":
        figures["longform"] = _longform(given, engine, *tools)
    return figures


def _people(given: argparse.Namespace, folder: Path, faults: list[InputError]) -> list[Person]:
    """Whom to clone, their references as long as the checkpoint takes; `faults` gets the others."""
    from engine.config import parse_config, read_params

    config = parse_config(read_params(folder / "params.json"))
    rate = config.codec.sampling_rate
    longest = min(given.seconds, config.max_voice_seconds)
    people = read_people(given.corpus, rate, longest, faults.append)
    if not people:
        raise faults[-1]
    for person in people:
        for note in person.reference.notes:
            _say(f"note: {person.name}: {note}")
        _save(given.out, f"clone-{person.name}-reference", person.reference.samples, rate)
    return people


def _speech(given: argparse.Namespace, engine: Any, ears: Any, encoder: Any) -> dict[str, Any]:
    options = SpeechOptions(seed=given.seed, cfg=given.cfg, steps=given.steps)
    voices = [voice for voice in given.voices.split(",") if voice]
    sentences = read_sentences(given.set, given.limit)

    def on_spoken(spoken: Spoken, samples: np.ndarray) -> None:
        _say(f"{spoken.index + 1}/{len(sentences)} {spoken.voice} {spoken.wer:.2f} {spoken.heard}")
        _save(given.out, f"speech-{spoken.index:03d}-{spoken.voice}", samples, engine.sample_rate)

    engine.speak("One, two, three.", (voices or engine.voices)[0], options)  # warm-up
    references = read_references(given.references) if given.references else None
    chosen = voices or engine.voices
    teachers = read_teachers(given.corpus, chosen) if given.corpus else None
    done = evaluate_speech(
        engine, sentences, ears, encoder, voices, options, references, teachers, on_spoken
    )
    _records(given.out, "speech", done.records())
    figures = done.figures()
    print(tables.speech_tables(figures))
    return figures


def _codec(given: argparse.Namespace, engine: Any, ears: Any, encoder: Any) -> dict[str, Any]:
    from engine.hub import resolve

    def on_clip(clip: Reconstruction, samples: np.ndarray) -> None:
        _say(f"{clip.name} mel {clip.mel:.2f} {clip.heard}")
        _save(
            given.out,
            "-".join(["codec", *Path(clip.name).with_suffix("").parts]),
            samples,
            engine.sample_rate,
        )

    faults: list[InputError] = []
    clips = read_corpus(given.corpus, given.limit or CLIPS, faults.append)
    done = evaluate_codec(engine, clips, ears, encoder, on_clip, faults.append)
    _records(given.out, "codec", done.records())
    vectors = semantic_vectors(resolve(given.model))
    codes = evaluate_codes(engine, *read_parts(given.corpus), vectors)
    figures = done.figures() | codes.figures()
    print(tables.codec_table(figures))
    return figures | _left_out(faults)


def _clone(
    given: argparse.Namespace,
    engine: Any,
    other: Any,
    people: list[Person],
    faults: list[InputError],
    ears: Any,
    encoder: Any,
) -> dict[str, Any]:
    each = given.limit or CLONED_SENTENCES
    options = SpeechOptions(seed=given.seed, cfg=given.cfg, steps=given.steps)

    def on_cloned(one: Cloned, samples: np.ndarray) -> None:
        spoken = one.spoken
        number = f"{spoken.index + 1}/{each * len(people)}"
        nearest = one.verdict.nearest if one.verdict is not None else "nobody"
        who = f"{spoken.voice} ({one.encoder}, like {nearest})"
        _say(f"{number} {who} {spoken.wer:.2f} {spoken.heard}")
        name = f"clone-{spoken.voice}-{one.encoder}-{spoken.index:03d}"
        _save(given.out, name, samples, engine.sample_rate)

    sentences = read_sentences(given.set)
    more = (each, options, other, on_cloned, faults.append)
    done = evaluate_clone(engine, people, sentences, ears, encoder, *more)
    _records(given.out, "clone", done.records())
    figures = done.figures()
    for which, some in ((OWN, figures), (OTHER, figures.get("other"))):
        if some is not None:
            print(tables.clone_table(f"{which} encoder", some))
    if other is not None:
        compared = {k: figures[k] for k in ("similarity_ratio", "wer_difference")}
        rows = list((compared | figures["agreement"]).items())
        print(report.table(["other against own", ""], rows) + "\n")
    return figures | _left_out(faults)


def _longform(given: argparse.Namespace, engine: Any, ears: Any, encoder: Any) -> dict[str, Any]:
    """Figures of each voice with each context: voice -> context -> figures."""
    options = SpeechOptions(seed=given.seed, cfg=given.cfg, steps=given.steps)
    contexts = with_contexts(options, given.context)
    voices = [voice for voice in given.voices.split(",") if voice] or engine.voices[:1]
    references = read_references(given.references) if given.references else {}
    text = read_text(given.text)

    def on_chunk(chunk: Chunk) -> None:
        _say(f"{len(chunk.samples) / engine.sample_rate:.1f} s {chunk.note} {chunk.text}")

    found: dict[str, dict[str, Any]] = {voice: {} for voice in voices}
    for voice in voices:
        for context, chosen in contexts.items():
            done, samples = evaluate_longform(
                engine, text, voice, ears, encoder, chosen, references.get(voice), on_chunk
            )
            name = "-".join(filter(None, ("longform", voice, context)))
            _records(given.out, name, [{"text": t, "heard": heard} for t, heard in done.heard])
            _save(given.out, name, samples, engine.sample_rate)
            found[voice][context or "default"] = figures = done.figures()
            minutes = [list(minute.values()) for minute in figures["minutes"]]
            print(f"{name}\n" + report.table(list(figures["minutes"][0]), minutes) + "\n")
            print(report.table([name, "p50, p95, max"], table_rows(figures)) + "\n")
    return found


def _watermark(given: argparse.Namespace, engine: Any) -> list[dict[str, Any]]:
    from engine.watermark import STRENGTH
    from evaluation import watermark

    def on_judged(judged: watermark.Judged) -> None:
        _say(f"{judged.source} {judged.name} {judged.strength:g} {judged.pesq} {judged.scores}")

    clips, sentences = read_corpus(given.corpus, given.limit or CLIPS), read_sentences(given.set)
    strengths = given.strengths or [STRENGTH]
    done = watermark.evaluate_watermark(engine, clips, sentences, strengths, on_judged)
    _records(given.out, "watermark", [asdict(judged) for judged in done])
    figures = watermark.figures(done)
    print(report.table(list(figures[0]), watermark.table_rows(figures)) + "\n")
    return figures


def _left_out(faults: list[InputError]) -> dict[str, int]:
    """Tell of recordings and speakers that are left out, at the end."""
    for fault in faults:
        _say(f"left out: {fault.message}")
    if faults:
        _say(f"{len(faults)} left out")
    return {"left_out": len(faults)}


def _records(out: Path | None, name: str, records: list[dict[str, Any]]) -> None:
    folder = out or RECORDS
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


def _save(out: Path | None, name: str, samples: np.ndarray, rate: int) -> None:
    if out is not None:
        import soundfile

        out.mkdir(parents=True, exist_ok=True)
        soundfile.write(out / f"{name}.wav", samples, rate)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _complain(error: VoxtralError, code: int) -> int:
    _say(f"error: {error.message}")
    if error.hint:
        _say(f"hint: {error.hint}")
    return code
