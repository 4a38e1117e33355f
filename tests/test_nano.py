"""The embedded checkpoint: what it holds, that it speaks and hears, and what it says it is."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import Engine, SpeechOptions
from engine.hub import resolve
from engine.rendering import Line

FOLDER = Path(resolve("nano"))
PRESETS = {"casual_female", "casual_male", "cheerful_female", "neutral_female", "neutral_male"}
LARGEST = 48e6


@pytest.fixture(scope="module")
def nano() -> Engine:
    return Engine.from_folder(FOLDER, device="cpu")


def test_it_is_small_and_has_a_notice() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= LARGEST
    notice = (FOLDER / "NOTICE").read_text(encoding="utf-8")
    assert "Apache" in notice
    assert "hibari" in notice


def test_it_has_the_five_english_presets_and_an_encoder(nano: Engine) -> None:
    assert set(nano.voices) == PRESETS
    assert nano.can_clone
    assert nano.sample_rate == 24000
    assert nano.num_codebooks == 37


def test_tekken_and_params_agree_about_the_voices() -> None:
    tekken = json.loads((FOLDER / "tekken.json").read_text(encoding="utf-8"))
    assert set(tekken["audio"]["voice_num_audio_tokens"]) == PRESETS


@pytest.mark.parametrize("voice", sorted(PRESETS))
def test_every_voice_speaks_for_a_plausible_time(nano: Engine, voice: str) -> None:
    """About 15 characters a second; not silent, not clipped for long, no note of a runaway."""
    text = "The train to the coast leaves in ten minutes."
    pieces = list(nano.stream(text, voice, SpeechOptions(seed=3)))
    samples = np.concatenate([piece.samples for piece in pieces])
    assert not any(piece.note for piece in pieces)
    assert 1.2 < len(samples) / nano.sample_rate < 8
    assert 0.01 < float(np.sqrt(np.mean(samples**2))) < 0.3
    assert float(np.mean(np.abs(samples) > 0.99)) < 0.001


def test_what_it_says_can_be_encoded_and_decoded(nano: Engine) -> None:
    samples = nano.speak("Good morning.", None, SpeechOptions(seed=1))
    codes = nano.encode(samples, nano.sample_rate)
    again = nano.decode(codes)
    assert codes.shape == (37, -(-len(samples) // 960))
    assert abs(len(again) - len(samples)) < 960
    ours, theirs = (np.abs(np.fft.rfft(part[: len(samples)])) for part in (again, samples))
    assert np.corrcoef(np.log(ours + 0.1), np.log(theirs + 0.1))[0, 1] > 0.5


def test_a_chain_goes_on_from_codes_with_the_same_bytes(nano: Engine) -> None:
    """The packed weights too treat rows and steps one by one."""
    texts = ["Good morning.", "The boat is here.", "We can go."]
    lines = [Line(str(number), text) for number, text in enumerate(texts)]
    other = [Line("other", "Something else is said beside it.")]
    options = SpeechOptions(rows=2)
    takes = {take.line.name: take for take in nano.render([other, lines], {"": None}, options)}
    earlier = [replace(line, codes=takes[line.name].codes) for line in lines[:2]]
    (last,) = nano.render([[*earlier, lines[2]]], {"": None}, options)
    assert np.array_equal(last.codes, takes["2"].codes)


def test_unasked_it_runs_as_it_was_trained_for(nano: Engine) -> None:
    flow = nano.flow(SpeechOptions())
    asked = SpeechOptions(seed=1, cfg=flow.cfg, steps=flow.steps, temperature=flow.temperature)
    said = [nano.speak("Good morning.", None, one) for one in (SpeechOptions(seed=1), asked)]
    assert np.array_equal(*said)
