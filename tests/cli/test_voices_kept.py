"""Whose voice it is, what it may replace, and what is said of its recording."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from typer.testing import Result

from tests.babble import babble
from tests.cli.fake_engine import FakeEngine
from voxtral_cli import consent, loading
from voxtral_cli.voice_files import VoiceStore, read_voice_file, write_voice_file

Voxtral = Callable[..., Result]


@pytest.fixture(autouse=True)
def store(fake: FakeEngine) -> VoiceStore:
    soundfile.write("alice.wav", babble(5.0), 24000)
    return VoiceStore()


def test_each_recording_needs_its_own_consent(voxtral: Voxtral, store: VoiceStore) -> None:
    soundfile.write("bob.wav", babble(5.0, pitch=110.0), 24000)
    assert voxtral("clone", "alice.wav", "--consent").exit_code == 0
    assert voxtral("clone", "alice.wav", "bob.wav", "--name", "two").exit_code == 2
    assert store.names() == ["alice"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("Yes ", 0), ("n", 2), ("", 2), ("why", 2)])
def test_consent_is_asked_for_on_a_terminal(
    voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    streams = SimpleNamespace(stdin=Terminal(f"{answer}\n"), stderr=Terminal())
    monkeypatch.setattr(consent, "sys", streams)
    done = voxtral("clone", "alice.wav")
    assert (done.exit_code, consent.QUESTION in done.stderr) == (code, True)


@pytest.mark.parametrize("line", ["voices rename one two", "voices import one.safetensors -n two"])
def test_no_voice_takes_anothers_place_unasked(
    voxtral: Voxtral, store: VoiceStore, line: str
) -> None:
    for name, style in (("one", "x"), ("two", "y")):
        voxtral("clone", "alice.wav", "--consent", "--name", name, "--style", style)
    voxtral("voices", "export", "one", "one.safetensors")
    refused = voxtral(*line.split())
    assert (refused.exit_code, refused.stderr.count("already")) == (2, 1)
    assert "--style" not in refused.stderr
    assert store.styles("two") == ["y"]
    assert voxtral(*line.split(), "--force").exit_code == 0
    assert store.styles("two") == ["x"]


def test_one_style_is_given_away(voxtral: Voxtral, store: VoiceStore) -> None:
    for style in ("calm", "happy"):
        voxtral("clone", "alice.wav", "--consent", "--style", style)
    assert "--style NAME" in voxtral("clone", "alice.wav", "--consent").stderr
    refused = voxtral("voices", "export", "alice:sad", "sad.safetensors")
    assert (refused.exit_code, "no style 'sad'" in refused.stderr) == (2, True)
    assert voxtral("voices", "export", "alice:happy", "happy.safetensors").exit_code == 0
    assert list(read_voice_file(Path("happy.safetensors")).styles) == ["happy"]
    assert store.styles("alice") == ["calm", "happy"]


def test_styles_are_of_one_checkpoint_and_keep_every_consent(
    voxtral: Voxtral, store: VoiceStore
) -> None:
    soundfile.write("bob.wav", babble(5.0, pitch=110.0), 24000)
    voxtral("clone", "alice.wav", "--consent")
    path = store.path("alice")
    write_voice_file(path, replace(read_voice_file(path), consent="in writing"))
    voxtral("clone", "bob.wav", "--name", "alice", "--style", "happy", "--consent")
    both = read_voice_file(path)
    assert "in writing" in both.consent
    assert "--consent" in both.consent
    other = {"default": replace(both.styles["default"], quantizer="other")}
    write_voice_file(path, replace(both, styles=other))
    assert voxtral("clone", "alice.wav", "--style", "sad").exit_code == 2
    assert store.styles("alice") == ["default"]


def test_what_is_heard_of_a_voice_is_marked(voxtral: Voxtral, fake: FakeEngine) -> None:
    voxtral("clone", "alice.wav", "--consent")
    assert voxtral("voices", "play", "alice", "-o", "a.wav").exit_code == 0
    codes = read_voice_file(VoiceStore().path("alice")).style("", "alice").codes
    plain = fake.decode(codes)
    assert np.abs(soundfile.read("a.wav")[0] - plain).max() > 1e-3


def test_a_model_takes_as_much_as_it_says(
    voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(loading.read_config("nano"), max_voice_seconds=10.0)
    monkeypatch.setattr(loading, "read_config", lambda model: config)
    soundfile.write("long.wav", babble(30.0), 24000)
    line = ("clone", "long.wav", "--consent", "--show-reference", "heard.wav")
    assert voxtral(*line).exit_code == 0
    assert 6 < soundfile.info("heard.wav").duration <= 10


def test_what_may_spoil_a_recording_is_said(voxtral: Voxtral) -> None:
    noise = 0.03 * np.random.default_rng(0).standard_normal(5 * 24000)
    soundfile.write("a.wav", babble(5.0) + noise, 24000)
    assert "note: noisy" in voxtral("clone", "a.wav", "--consent").stderr
