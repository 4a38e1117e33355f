"""`clone --optimise` and `--try`, and `voices play`: a voice is made, tried and heard."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import Result

from tests.babble import babble
from tests.cli.fake_engine import PIECE, FakeEngine
from voxtral_cli import trial
from voxtral_cli.voice_files import VoiceStore, read_voice_file

Voxtral = Callable[..., Result]
OPEN = str(Path(__file__).parents[1] / "golden/tiny-open")
CLONE = ("clone", "alice.wav", "--consent")


@pytest.fixture(autouse=True)
def clip() -> Path:
    path = Path("alice.wav")
    soundfile.write(path, babble(4.0), 24000)
    return path


def test_a_model_without_encoder_clones_speaks_and_lets_hear(voxtral: Voxtral) -> None:
    made = voxtral(*CLONE, "--optimise", "--steps", "2", "-m", OPEN, "--json")
    assert made.exit_code == 0, made.stderr
    facts = json.loads(made.stdout)
    assert facts["score"]["distance_db"] > 0
    assert f"{facts['score']['verdict']}: " in made.stderr
    codes = read_voice_file(Path(facts["file"])).style("", "alice").codes
    said = voxtral("say", "Hi.", "-v", "alice", "-m", OPEN, "-o", "a.wav", "--steps", "1")
    assert said.exit_code == 0, said.stderr
    heard = voxtral("voices", "play", "alice", "-m", OPEN, "-o", "b.wav")
    assert heard.exit_code == 0, heard.stderr
    assert soundfile.info("b.wav").frames == codes.shape[1] * 1920
    wrong = voxtral("voices", "play", "alice", "-m", "nano", "-o", "c.wav")
    assert (wrong.exit_code, Path("c.wav").exists()) == (2, False)
    assert "made for tiny-open" in wrong.stderr


def test_an_interrupted_optimisation_leaves_nothing(voxtral: Voxtral, fake: FakeEngine) -> None:
    def stop(number: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    fake.before = stop
    assert voxtral(*CLONE, "--optimise").exit_code == 130
    assert VoiceStore().names() == []
    fake.before = lambda number: None
    fake.can_clone = False
    assert voxtral(*CLONE, "--optimise", "--steps", "1").exit_code == 0
    assert VoiceStore().names() == ["alice"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--steps 9", "--steps is for --optimise"),
        ("--optimise --steps 0", "--steps"),
        ("-o a.wav", "-o is for what --try says"),
        ("--try ...", "nothing to speak"),
        ("--try Hi -o -", "cannot go to -"),
        ("--try Hi -o alice.wav", "cannot go to alice.wav"),
        ("--try Hi -o a.xyz", "a.xyz"),
    ],
)
def test_what_is_refused_before_loading(
    voxtral: Voxtral, unloadable: None, clip: Path, arguments: str, message: str
) -> None:
    before = clip.read_bytes()
    bad = voxtral(*CLONE, *arguments.split())
    assert bad.exit_code == 2
    assert message in bad.stderr
    assert VoiceStore().names() == []
    assert clip.read_bytes() == before


def test_ways_out_are_named(voxtral: Voxtral, unloadable: None) -> None:
    bad = voxtral("say", "Hi.", "-v", "alice.wav", "--consent", "-m", OPEN, "-o", "a.wav")
    assert bad.exit_code == 2
    for way in ("preset", "--optimise", "--encoder FILE", "nano"):
        assert way in bad.stderr.splitlines()[1]


def test_a_try_is_written_and_measured(
    voxtral: Voxtral, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "speaker_similarity", lambda *given: 0.5)
    done = voxtral(*CLONE, "--try", "One two.", "-o", "a.wav", "--json")
    assert done.exit_code == 0, done.stderr
    assert len(soundfile.read("a.wav")[0]) == 2 * PIECE
    comment = soundfile.SoundFile("a.wav").comment
    assert "voice=alice" in comment
    assert "watermark=perth" in comment
    samples = np.arange(2 * PIECE) / 24000
    assert np.abs(soundfile.read("a.wav")[0] - 0.5 * np.sin(400 * np.pi * samples)).max() > 1e-3
    facts = json.loads(done.stdout)
    assert (facts["sample"], facts["similarity"]) == ("a.wav", 0.5)
    assert "similarity 0.50" in done.stderr
    assert fake.heard[-1][0] == "One two."


def test_a_try_is_played(voxtral: Voxtral, fake: FakeEngine, programs: Callable[..., Path]) -> None:
    programs("aplay", "cat > heard.raw")
    done = voxtral(*CLONE, "--try", "One two.")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.strip() == str(VoiceStore().path("alice"))
    assert len(np.fromfile("heard.raw", "<i2")) == 2 * PIECE


def test_without_resemblyzer_there_is_no_similarity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resemblyzer", None)
    from engine.reference import Reference

    wave = babble(2.0)
    reference = Reference(wave, 24000, 2.0, 2.0, ())
    assert trial.speaker_similarity(wave, 24000, reference) is None


def test_similarity_of_a_voice_with_itself() -> None:
    pytest.importorskip("resemblyzer")
    from engine.reference import Reference

    wave = babble(2.0)
    same = trial.speaker_similarity(wave, 24000, Reference(wave, 24000, 2.0, 2.0, ()))
    assert same == pytest.approx(1.0, abs=0.01)
    other = Reference(babble(2.0, pitch=220.0), 24000, 2.0, 2.0, ())
    different = trial.speaker_similarity(wave, 24000, other)
    assert different is not None
    assert different < 0.98 < same
    assert trial.speaker_similarity(wave[:2400], 24000, other) is None


@pytest.mark.usefixtures("fake")
def test_voices_are_played(voxtral: Voxtral, programs: Callable[..., Path]) -> None:
    voxtral(*CLONE)
    voxtral(*CLONE, "--style", "happy")
    frames = read_voice_file(VoiceStore().path("alice")).styles["happy"].codes.shape[1]
    piped = voxtral("voices", "play", "alice:happy", "--format", "pcm", "-o", "-")
    assert len(piped.stdout_bytes) == 2 * PIECE * frames
    assert "voice alice:happy" in piped.stderr
    for name, words in (
        ("casual_male", "voxtral say"),
        ("nobody", "no voice"),
        ("alice:sad", "default, happy"),
    ):
        bad = voxtral("voices", "play", name, "-o", "a.wav")
        assert (bad.exit_code, Path("a.wav").exists()) == (2, False)
        assert words in bad.stderr
