"""`--quantize` over the real engine, and what is said beforehand where a CPU is slow."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import Result

from tests.cli.conftest import ROOT
from tests.cli.fake_engine import FakeEngine

Voxtral = Callable[..., Result]
TINY = str(ROOT / "tests" / "golden" / "tiny")
TEXT = "One two three. Four five."


@pytest.mark.parametrize("kind", ["int8", "int4"])
def test_a_quantized_model_speaks(
    voxtral: Voxtral, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ["say", "Hi.", "-m", TINY, "--seed", "3", "--steps", "1", "--json"]
    result = voxtral(*line, "-o", "a.wav", "--quantize", kind)
    facts = json.loads(result.stdout)
    assert facts["quantize"] == kind
    samples, rate = soundfile.read("a.wav")
    assert len(samples) / rate == pytest.approx(facts["seconds"], abs=0.001)
    assert np.abs(samples).max() > 0.001
    monkeypatch.setenv("VOXTRAL_QUANTIZE", kind)
    assert json.loads(voxtral(*line, "-o", "b.wav").stdout)["quantize"] == kind
    np.testing.assert_array_equal(soundfile.read("b.wav")[0], samples)
    monkeypatch.delenv("VOXTRAL_QUANTIZE")
    assert json.loads(voxtral(*line, "-o", "c.wav").stdout)["quantize"] is None
    assert not np.array_equal(soundfile.read("c.wav")[0], samples)


@pytest.mark.parametrize("command", ["say Hi. -o a.wav", "batch book.md -o a.wav"])
def test_an_unknown_kind(voxtral: Voxtral, command: str) -> None:
    Path("book.md").write_text("Hi.")
    result = voxtral(*command.split(), "-m", TINY, "--quantize", "int3")
    assert (result.exit_code, result.stdout) == (2, "")
    lines = ["error: There is no quantisation 'int3'.", "hint: Use int8 or int4."]
    assert result.stderr.splitlines() == lines
    assert not Path("a.wav").exists()


def test_other_weights_are_other_passages(voxtral: Voxtral, fake: FakeEngine) -> None:
    Path("book.md").write_text(TEXT)
    for quantized, spoken in ((None, 1), ("int8", 1), ("int8", 0)):
        fake.rendered.clear()
        fake.quantized = quantized
        assert voxtral("batch", "book.md", "-o", "book.flac").exit_code == 0
        assert len(fake.rendered) == spoken


def test_a_slow_model_is_announced(voxtral: Voxtral, fake: FakeEngine) -> None:
    fake.slowness = 60.0
    result = voxtral("say", TEXT, "-o", "a.wav", "--rows", "1")
    note, *_ = result.stderr.splitlines()
    said = "fake takes about 60 s for a second of sound on this CPU, 2 minutes in all"
    assert note == f"note: {said}; nano is faster (-m nano)"
    assert result.stdout == ""
    fake.slowness = 2.0  # as small as nano, on a busy machine
    assert "faster" not in voxtral("say", TEXT, "-o", "a.wav", "--rows", "1").stderr
    fake.slowness = 60.0
    assert "about 30 s for a second" in voxtral("say", TEXT, "-o", "a.wav").stderr
    Path("book.md").write_text(TEXT)
    assert "about 60 s for a second" in voxtral("batch", "book.md", "-o", "a.flac").stderr


@pytest.mark.parametrize(
    ("field", "value"), [("slowness", 1.0), ("name", "nano"), ("device", "cuda:0"), ("quiet", "")]
)
def test_others_are_not(voxtral: Voxtral, fake: FakeEngine, field: str, value: object) -> None:
    fake.slowness = 60.0
    if field != "quiet":
        setattr(fake, field, value)
    quiet = ["--quiet"] if field == "quiet" else []
    result = voxtral("say", TEXT, "-o", "a.wav", "--rows", "1", *quiet)
    assert result.exit_code == 0
    assert "for a second of sound" not in result.output


def test_the_real_engine_says_so_too(voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def slow(model: object, rows: int, steps: int) -> tuple[float, float]:
        asked.append((rows, steps))
        return 40.0, 20.0

    monkeypatch.setattr("engine.engine.estimate", slow)
    line = ["say", "Hi.", "-o", "a.wav", "--seed", "3", "--steps", "1"]
    result = voxtral(*line, "-m", TINY)
    assert "note: tiny takes about 40 s for a second of sound on this CPU" in result.stderr
    assert asked == [(1, 1)]
    assert "for a second" not in voxtral(*line, "-m", "nano").output
    assert len(asked) == 1
