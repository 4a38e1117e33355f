"""Fine-tuning on a folder of recordings, by its command: nano, and the 4B's format."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.engine import Engine
from engine.hub import EMBEDDED_FOLDER
from engine.prompt import build_prompt
from engine.speech import SpeechOptions
from engine.tokenizer import Tokenizer
from training.codes import Spoken
from training.speech.__main__ import main, voice_name
from training.speech.batches import SampleOptions, Sampler
from training.speech.samples import Vocabulary, collate

GOLDEN = Path(__file__).parents[1] / "golden"
WHOLE, OPEN = GOLDEN / "tiny", GOLDEN / "tiny-open"
TEXTS = ("One small step.", "A giant leap for all.", "And back again.")


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Three noises with transcripts, of two speakers."""
    folder, random = tmp_path / "recordings", np.random.default_rng(0)
    folder.mkdir()
    lines = []
    for number, text in enumerate(TEXTS):
        rate = (24000, 16000, 44100)[number]
        samples = 0.1 * random.standard_normal(rate * 3)
        soundfile.write(folder / f"{number}.wav", samples, rate)
        lines.append(f"{number}.wav|{text}|{('Anna Lee', 'ben')[number % 2]}")
    (folder / "metadata.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def tune(checkpoint: str | Path, data: Path, out: Path, *more: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "training.speech", "--from", str(checkpoint)]
    command += ["--data", str(data), "--out", str(out), "--steps", "2", "--budget", "600", *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def check(checkpoint: Path, folder: Path, old: str) -> None:
    """The codec is the old one to the bit, speech has learned, old and new voices speak."""
    before, after = (load_weights(path) for path in (checkpoint, folder))
    assert before.keys() == after.keys()
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed
    assert not any(name.startswith("audio_tokenizer.") for name in changed)
    engine = Engine.from_folder(folder, device="cpu")
    assert {old, "anna_lee", "ben"} <= set(engine.voices)
    for voice in (old, "anna_lee"):
        assert len(engine.speak("Hi.", voice, SpeechOptions(steps=1)))


def load_weights(folder: Path) -> dict[str, np.ndarray]:
    """Tensors as raw bits."""
    import torch
    from safetensors.torch import load_file as load_torch

    tensors = load_torch(folder / "consolidated.safetensors")
    return {n: t.contiguous().view(torch.uint8).numpy() for n, t in tensors.items() if t.dim()}


@pytest.mark.parametrize("checkpoint", [EMBEDDED_FOLDER, WHOLE], ids=["nano", "4B format"])
def test_two_steps_give_a_checkpoint_that_speaks(
    checkpoint: Path, recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tuned"
    name = "nano" if checkpoint == EMBEDDED_FOLDER else checkpoint
    done = tune(name, recordings, out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(out / "model")
    voices = json.loads((checkpoint / "tekken.json").read_text())["audio"]
    check(checkpoint, out / "model", next(iter(voices["voice_num_audio_tokens"])))


def test_a_run_goes_on_and_another_is_refused(recordings: Path, tmp_path: Path) -> None:
    out = tmp_path / "tuned"
    assert tune(WHOLE, recordings, out).returncode == 0
    again = tune(WHOLE, recordings, out)
    assert again.returncode == 0, again.stderr
    other = tmp_path / "others"
    shutil.copytree(recordings, other)
    refused = tune(WHOLE, other, out)
    assert refused.returncode == 2
    assert "holds something else" in refused.stderr


@pytest.mark.parametrize(
    ("checkpoint", "data", "words"),
    [
        (OPEN, "recordings", "has no codec encoder"),
        (WHOLE, "nowhere", "no recordings with transcripts"),
    ],
)
def test_bad_input_is_one_error_and_leaves_nothing(
    checkpoint: Path,
    data: str,
    words: str,
    recordings: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["--from", str(checkpoint), "--data", str(recordings.parent / data)]
    monkeypatch.setattr(sys, "argv", ["speech", *arguments, "--out", str(tmp_path / "tuned")])
    assert main() == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 2
    assert not (tmp_path / "tuned").exists()


def test_a_real_vocabulary_is_laid_out_as_the_engine_does() -> None:
    tokenizer, vocabulary = Tokenizer.from_file(WHOLE / "tekken.json"), Vocabulary.of(WHOLE)
    assert vocabulary.encode is not None
    codes = np.zeros((6, 37), np.int16)
    unknown = np.full(6, np.nan, np.float16)
    spoken = [
        Spoken(text, "anna", "train", codes, unknown, np.full(6, -100, np.int16), str(n))
        for n, text in enumerate(TEXTS)
    ]
    options = SampleOptions(prompt_frames=(4, 4), fixed=0.0)
    sample = Sampler(spoken, {}, options, 0, vocabulary).sample(spoken[0])
    batch = collate([sample], vocabulary)
    ids = batch.inputs[0, : batch.query[0, 0] + 1].clone()
    ids[ids >= vocabulary.size] = tokenizer.audio
    assert ids.tolist() == build_prompt(tokenizer, TEXTS[0], len(sample.prompt) + 1).ids


def test_speakers_become_names_of_voices() -> None:
    assert [voice_name(x) for x in ("Anna Lee", "../b", "é-ü", "//")] == [
        "anna_lee",
        "b",
        "é_ü",
        "speaker",
    ]
