"""Fine-tuning on a folder of recordings, by its command: nano, and the 4B's format."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

from engine import Engine, checkpoint
from engine.encoder import NAME
from engine.errors import InputError
from engine.hub import EMBEDDED_FOLDER
from engine.models.voxtral import VoxtralModel
from engine.prompt import build_continuation, build_prompt
from engine.speech import SpeechOptions
from engine.tokenizer import Tokenizer
from tests.conftest import GOLDEN_FOLDER
from training.codes import Spoken
from training.speech.__main__ import main
from training.speech.batches import SampleOptions, Sampler
from training.speech.finetune import _claim, _facts, options_of, usable
from training.speech.losses import embed
from training.speech.samples import Sample, Vocabulary, collate
from training.speech.train import Run
from training.speech.tuned import voice_names

WHOLE, OPEN = GOLDEN_FOLDER / "tiny", GOLDEN_FOLDER / "tiny-open"
TEXTS = ("One small step in 1969.", "A giant leap for all.", "And back again.")
SPOKEN = ("One small step in nineteen sixty-nine.", *TEXTS[1:])
SHARED = "hi_male"
"""A preset of the golden checkpoint without an encoder; here also a speaker of the folder."""


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Three noises with transcripts, of two speakers."""
    folder, random = tmp_path / "recordings", np.random.default_rng(0)
    folder.mkdir()
    lines = []
    for number, (text, rate) in enumerate(zip(TEXTS, (24000, 16000, 44100), strict=True)):
        samples = 0.1 * random.standard_normal(int(rate * (1.5 + number)))
        soundfile.write(folder / f"{number}.wav", samples, rate)
        lines.append(f"{number}.wav|{text}|{('Anna Lee', SHARED)[number % 2]}")
    (folder / "metadata.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """An encoder file for the golden checkpoint that has none; its weights are random."""
    model = VoxtralModel(checkpoint.load(OPEN).model_config)
    model.load_state_dict(checkpoint.load(OPEN).state_dict(), strict=False)
    for name, tensor in model.state_dict().items():
        if name.startswith(checkpoint.ENCODER_PREFIXES):
            tensor.copy_(
                0.3 * torch.randn(tensor.shape, generator=torch.Generator().manual_seed(0))
            )
    path = tmp_path / "some.safetensors"
    checkpoint.save_encoder(path, model.audio_tokenizer, "tiny-open", "random")
    return path


def line(source: str | Path, data: Path, out: Path, *more: str | Path) -> list[str]:
    command = ["--from", source, "--data", data, "--out", out, "--steps", "2", "--budget", "500"]
    return [str(word) for word in (*command, *more)]


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def raw(tensor: torch.Tensor) -> np.ndarray:
    return tensor.contiguous().flatten().view(torch.uint8).numpy()


def check(source: Path, folder: Path, old: str, new: list[str]) -> None:
    """The codec and the old voices are the old ones to the bit, speech learned, voices speak."""
    before, after = (load_file(path / checkpoint.WEIGHTS) for path in (source, folder))
    assert before.keys() == after.keys()
    assert all(after[name].dtype == tensor.dtype for name, tensor in before.items())
    changed = {n for n, tensor in before.items() if not np.array_equal(raw(tensor), raw(after[n]))}
    assert any(name.startswith("layers.") for name in changed)
    assert any(name.startswith("acoustic_transformer.") for name in changed)
    assert not any(name.startswith("audio_tokenizer.") for name in changed)
    voices, others = digests(source / "voice_embedding"), digests(folder / "voice_embedding")
    assert voices.items() <= others.items()
    engine = Engine.from_folder(folder, device="cpu")
    assert [*Engine.from_folder(source, device="cpu").voices, *new] == list(engine.voices)
    tekken = json.loads((folder / "tekken.json").read_text())["audio"]
    for voice in (old, new[0]):
        assert len(engine.speak("Hi.", voice, SpeechOptions(steps=1)))
        assert len(engine.rows(voice)) == tekken["voice_num_audio_tokens"][voice]
    assert engine.rows(new[0])[-1].isfinite().all()


def test_two_steps_from_nano(recordings: Path, tmp_path: Path) -> None:
    """By the command itself, as a user calls it."""
    out, known = tmp_path / "tuned", digests(EMBEDDED_FOLDER)
    done = subprocess.run(
        [sys.executable, "-m", "training.speech", *line("nano", recordings, out)],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(out / "model")
    check(EMBEDDED_FOLDER, out / "model", "neutral_female", ["anna_lee", SHARED])
    assert (out / "model/NOTICE").read_bytes() == (EMBEDDED_FOLDER / "NOTICE").read_bytes()
    assert digests(EMBEDDED_FOLDER) == known  # its weights are mapped from the file


def test_two_steps_in_the_4b_format_and_on_from_there(
    recordings: Path, encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, known = tmp_path / "tuned", digests(OPEN)
    call = line(OPEN, recordings, out, "--encoder", encoder)
    assert main(call) == 0
    new = ["anna_lee", f"{SHARED}_2"]
    check(OPEN, out / "model", "fr_female", new)
    told = capsys.readouterr().err
    assert "3 recordings, 0.1 min, 2 speakers" in told
    assert "step 1, loss " in told
    assert "step 2, loss " in told
    assert "0.0 minutes left" in told
    assert "Anna Lee -> --voice anna_lee" in told
    assert f"{SHARED} -> --voice {SHARED}_2" in told
    assert digests(OPEN) == known
    assert Engine.from_folder(out / "model", device="cpu").can_clone
    assert (out / "model" / NAME).read_bytes() == encoder.read_bytes()

    def steps() -> int:
        return int(torch.load(out / "run/speech.pt", weights_only=True)["step"])

    first = digests(out / "model")
    assert main(call) == 0  # it has ended already
    assert steps() == 2
    assert digests(out / "model") == first
    assert main([*call, "--steps", "3"]) == 0
    assert steps() == 3
    assert digests(out / "model") != first


def test_the_weights_of_a_float32_checkpoint_stay_float32_and_need_no_average(
    recordings: Path, tmp_path: Path
) -> None:
    out, known = tmp_path / "tuned", digests(WHOLE)
    assert main(line(WHOLE, recordings, out, "--average", "0")) == 0
    check(WHOLE, out / "model", "casual_male", ["anna_lee", SHARED])
    assert digests(WHOLE) == known
    state = torch.load(out / "run/speech.pt", weights_only=True)
    made = load_file(out / "model" / checkpoint.WEIGHTS)
    for name, tensor in state["model"].items():
        assert torch.equal(made[name], tensor), name
    options = replace(options_of(WHOLE, out / "run"), corpus=out / "corpus", codes=out / "codes")
    run = Run(replace(options, average=0.0, steps=3))
    name = "layers.0.attention.wq.weight"
    assert run.average[name].data_ptr() == run.parameters[name].data_ptr()
    run.update(next(run.batches()))
    assert torch.equal(run.averaged().state_dict()[name], run.parameters[name])
    assert run.parameters[name].requires_grad


class TestBadInput:
    """One error, a hint, and nothing is written."""

    def refused(self, capsys: pytest.CaptureFixture[str], call: list[str], code: int = 2) -> str:
        assert main(call) == code
        error = capsys.readouterr().err.splitlines()[-2:]
        assert [text.split(":")[0] for text in error] == ["error", "hint"]
        return error[0]

    def test_a_checkpoint_without_an_encoder(
        self, recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        error = self.refused(capsys, line(OPEN, recordings, tmp_path / "out"))
        assert error.startswith("error: tiny-open has no codec encoder")
        assert not (tmp_path / "out").exists()

    def test_no_checkpoint(
        self, recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert "no checkpoint 'nine'" in self.refused(
            capsys, line("nine", recordings, tmp_path / "out"), code=1
        )

    def test_folders_without_recordings(
        self, recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "out"
        assert "There is no folder" in self.refused(capsys, line(WHOLE, tmp_path / "nowhere", out))
        for name in ("metadata.csv", "1.wav", "2.wav"):
            (recordings / name).unlink()
        assert "no recordings with transcripts" in self.refused(
            capsys, line(WHOLE, recordings, out)
        )
        (recordings / "0.txt").write_bytes(b"\xff\xfe")
        assert "0.txt is not UTF-8" in self.refused(capsys, line(WHOLE, recordings, out))
        (recordings / "0.txt").write_text("Hello.")
        (recordings / "0.wav").write_bytes(b"no sound")
        for reason in ("cannot be read", "empty, or above 30 s"):
            assert main(line(WHOLE, recordings, out)) == 2
            assert f"left out 1 of 1 recordings: {reason}: 0.wav" in capsys.readouterr().err
            soundfile.write(recordings / "0.wav", np.zeros(31 * 8000), 8000)
        assert not out.exists()

    def test_a_folder_of_something_else(
        self, recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "out"
        out.write_text("a file")
        assert "holds something else" in self.refused(capsys, line(WHOLE, recordings, out))
        out.unlink()
        out.mkdir()
        (out / "codes").mkdir()
        (out / "codes/index.json").touch()
        (out / "finetune.json").write_text('{"checkpoint": "1", "encoder": "", "recordings": "2"}')
        error = self.refused(capsys, line(WHOLE, recordings, out))
        assert "begun with another checkpoint and recordings" in error
        facts = _facts(WHOLE, usable(recordings), None)
        old = {name: value for name, value in facts.items() if "version" not in name}
        (out / "finetune.json").write_text(json.dumps(old))
        assert not _claim(out, WHOLE, usable(recordings), None, {})  # begun before versions
        os.utime(recordings / "0.wav", (1, 1))
        with pytest.raises(InputError, match="another version of these files"):
            _claim(out, WHOLE, usable(recordings), None, {})
        (out / "finetune.json").write_text("")
        error = self.refused(capsys, line(WHOLE, recordings, out))
        assert error == f"error: {out}/finetune.json is not whole."
        (out / "finetune.json").rename(out / "notes.txt")
        assert "holds something else" in self.refused(capsys, line(WHOLE, recordings, out))
        error = self.refused(capsys, line(WHOLE, recordings, recordings / "0.wav/x"))
        assert "0.wav/x cannot be written: Not a directory" in error

    def test_a_folder_without_codes_can_be_begun_with_others(
        self, recordings: Path, tmp_path: Path
    ) -> None:
        out, chosen = tmp_path / "out", usable(recordings)
        assert _claim(out, WHOLE, chosen, None, {"rate": 1.0})
        (out / "corpus").mkdir()
        assert _claim(out, WHOLE, chosen, None, {"rate": 2.0})
        assert (out / "corpus").exists()
        assert _claim(out, WHOLE, chosen[1:], None, {"rate": 2.0})
        assert not (out / "corpus").exists()

    @pytest.mark.parametrize(
        "wrong",
        ["--steps 0", "--rate nan", "--average 1", "--average -1", "--budget 10", "--language xx"],
    )
    def test_what_cannot_be(self, wrong: str, recordings: Path, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match="2"):
            main(line(WHOLE, recordings, tmp_path / "out", *wrong.split()))


def test_texts_are_normalised_as_speaking_does(recordings: Path) -> None:
    assert [text for _, text, _ in usable(recordings)] == list(SPOKEN)
    assert usable(recordings, "de")[0][1] != SPOKEN[0]


@pytest.mark.parametrize("source", [EMBEDDED_FOLDER, WHOLE], ids=["bytes", "BPE"])
def test_what_is_read_is_what_the_engine_feeds(source: Path) -> None:
    """The ids of a chain's parts, and the embedded rows of its prompt."""
    tokenizer, vocabulary = Tokenizer.from_file(source / "tekken.json"), Vocabulary.of(source)
    assert (vocabulary.encode is None) == (source == EMBEDDED_FOLDER)
    engine = Engine.from_folder(source, device="cpu", dtype="float32")
    model = checkpoint.load(source)
    random = np.random.default_rng(0)
    voice = engine.clone(0.1 * random.standard_normal(24000), 24000)
    codes = np.ascontiguousarray(voice.codes.T)
    unknown = np.full(len(codes), np.nan, np.float16)
    phones = np.full(len(codes), -100, np.int16)
    other = codes[::-1].copy()  # what is said is never its own reference
    spoken = [Spoken(text, "anna", "train", other, unknown, phones) for text in SPOKEN]
    spoken.append(Spoken("Größe: 5 \u20ac", "anna", "train", other, unknown, phones))
    sampler = Sampler(spoken, {"anna": codes}, SampleOptions(fixed=1.0), 0, vocabulary)
    for one in spoken:
        sample = sampler.sample(one)
        prompt = build_prompt(tokenizer, one.text, len(codes) + 1)
        batch = collate([sample], vocabulary)
        ids = batch.inputs[0, : batch.query[0, 0] + 1]
        assert ids.where(ids < vocabulary.size, tokenizer.audio).tolist() == prompt.ids
        expected = model.mm_audio_embeddings.tok_embeddings(torch.tensor(prompt.ids))
        expected[prompt.audio_start :][: prompt.audio_rows] = engine.rows(voice).float()
        torch.testing.assert_close(embed(model, batch)[0, : len(ids)], expected)
    parts = [sampler.sample(one).parts[0] for one in spoken[:2]]
    batch = collate([Sample(codes, parts)], vocabulary)
    start = int(batch.query[0, len(codes)]) + 1  # the END row of the first part
    ids = batch.inputs[0, start : int(batch.query[0, len(codes) + 1]) + 1]
    ids = ids.where(ids < vocabulary.size, tokenizer.audio)
    assert ids.tolist() == build_continuation(tokenizer, SPOKEN[1]).ids


def test_speakers_become_names_of_voices() -> None:
    names = voice_names(["Anna Lee", "../b", "é-ü", "//", "anna lee", "B"], ["casual_male", "B"])
    assert list(names.values()) == ["anna_lee", "b_2", "é_ü", "speaker", "anna_lee_2", "b_3"]


def test_the_rate_falls_with_the_width(tmp_path: Path) -> None:
    shutil.copy(GOLDEN_FOLDER / "params-4b.json", tmp_path / "params.json")
    options = options_of(tmp_path, tmp_path)
    assert options.rate == pytest.approx(2.5e-5)
    assert options.samples.prompt_frames == (15, 312)
    assert options.samples.chain == 0
    assert options_of(EMBEDDED_FOLDER, tmp_path).samples.chain == SampleOptions.chain
