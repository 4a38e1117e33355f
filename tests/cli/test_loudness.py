"""How loud books are: the meter against other meters, the limiter against its promises."""

import pickle
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine import Engine, SpeechOptions
from engine.hub import resolve
from voxtral_cli.audio.limiter import Limiter
from voxtral_cli.audio.loudness import Levels, find_levels, levelled, measured

RATE = 24000
TEXT = "The old man looked at the water."


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """Real speech with one shout, float32 [n]."""
    engine = Engine.from_folder(resolve("nano"))
    samples = engine.speak(TEXT, "neutral_male", SpeechOptions(seed=3))
    peak = int(np.abs(samples).argmax())
    samples[max(0, peak - 200) : peak + 200] *= 3
    return samples


def noise(seconds: float, rate: int = RATE, level: float = 0.1) -> np.ndarray:
    samples = np.random.default_rng(0).standard_normal(round(seconds * rate)) * level
    return samples.astype(np.float32)


def cut(samples: np.ndarray, sizes: tuple[int, ...] = (1, 7, 4096, 9999, 0, 50_000)) -> list:
    """Pieces of all sizes that are the samples again when joined."""
    edges = [0, *np.cumsum(sizes)]
    pieces = [samples[start:end] for start, end in pairwise(edges)]
    return [*pieces, samples[edges[-1] :]]


def limited(samples: np.ndarray, ceiling_db: float = -3.0) -> np.ndarray:
    limiter = Limiter(RATE, ceiling_db)
    return np.concatenate([limiter.write(samples), limiter.finish()])


@pytest.mark.parametrize("rate", [8000, 22050, 24000, 44100, 48000])
def test_the_meter_agrees_with_a_second_one(rate: int) -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm")
    samples = noise(6.3, rate)
    samples[rate : 3 * rate] *= 0.001  # silence that the gates have to leave out
    samples[4 * rate :] *= 0.3
    other = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(samples)
    assert measured([samples], rate).lufs == pytest.approx(other, abs=0.001)


def test_the_meter_agrees_with_the_norm() -> None:
    """EBU Tech 3341, case 1: -23 LUFS in two channels, so 3.01 less in one."""
    tone = 10 ** (-23 / 20) * np.sin(2 * np.pi * 1000 * np.arange(20 * 48000) / 48000)
    meter = measured([tone.astype(np.float32)], 48000)
    assert meter.lufs == pytest.approx(-26.01, abs=0.05)
    assert meter.rms_db == pytest.approx(-26.01, abs=0.01)
    assert meter.peak_db == pytest.approx(-23, abs=0.01)


def test_the_meter_hears_the_same_in_pieces() -> None:
    samples = noise(5.05)
    whole, pieces = measured([samples], RATE), measured(cut(samples), RATE)
    assert (whole.lufs, whole.rms_db, whole.peak_db) == (pieces.lufs, pieces.rms_db, pieces.peak_db)


def test_the_meter_keeps_nothing_of_what_it_has_heard() -> None:
    short, long = (measured([noise(seconds)], RATE) for seconds in (7, 70))
    assert len(pickle.dumps(short)) == len(pickle.dumps(long))


@pytest.mark.parametrize("samples", [np.zeros(RATE), np.zeros(0), noise(0.39)])
def test_what_has_no_loudness_is_not_made_louder(samples: np.ndarray) -> None:
    blocks = [samples.astype(np.float32)]
    assert measured(blocks, RATE).lufs == -np.inf
    assert find_levels("ebu", RATE, lambda: blocks).gain_db == 0
    np.testing.assert_array_equal(np.concatenate(list(levelled(blocks, RATE, Levels()))), blocks[0])


def test_peaks_are_held_and_the_rest_stays_bit_for_bit() -> None:
    samples = noise(4, level=0.05)
    samples[2 * RATE : 2 * RATE + 500] *= 12
    out = limited(samples)
    assert len(out) == len(samples)
    assert np.abs(samples).max() > 1 > 10 ** (-3 / 20) + 1e-6 > np.abs(out).max()
    before, after = 2 * RATE - round(0.006 * RATE), 2 * RATE + 500 + round(0.9 * RATE)
    np.testing.assert_array_equal(out[:before], samples[:before])
    np.testing.assert_array_equal(out[after:], samples[after:])
    assert (out[before:after] != samples[before:after]).any()
    quiet = noise(1, level=0.01)
    np.testing.assert_array_equal(limited(quiet), quiet)


def test_the_limiter_gives_the_same_in_pieces() -> None:
    samples = noise(4, level=0.4)
    limiter = Limiter(RATE, -3.0)
    pieces = [limiter.write(piece) for piece in cut(samples)]
    np.testing.assert_array_equal(np.concatenate([*pieces, limiter.finish()]), limited(samples))
    assert sum(map(len, pieces)) > len(samples) - RATE / 4  # no more is held back


@pytest.mark.parametrize("length", [0, 1, 50, 131, 132, 133, 4096, 4097])
def test_short_sounds_keep_their_length(length: int) -> None:
    samples = np.full(length, 0.9, np.float32)
    out = limited(samples)
    assert len(out) == length
    assert np.abs(out).max(initial=0) <= 10 ** (-3 / 20) + 1e-6


def test_peaks_between_the_samples_are_held_too() -> None:
    """A quarter of the rate, sampled beside its peaks: they are 3 dB higher than the samples."""
    tone = 0.7 * np.sin(np.pi / 2 * np.arange(RATE) + np.pi / 4) * np.hanning(RATE)
    out = limited(tone.astype(np.float32))
    np.testing.assert_array_equal(out, tone.astype(np.float32))  # 0.7 is under the ceiling
    louder = limited((1.4 * tone).astype(np.float32))
    between = np.fft.irfft(np.fft.rfft(louder), 8 * RATE) * 8
    assert 20 * np.log10(np.abs(between).max()) == pytest.approx(-3.0, abs=0.1)


@pytest.mark.parametrize("preset", ["ebu", "acx"])
def test_speech_meets_the_preset(preset: str, speech: np.ndarray) -> None:
    levels = find_levels(preset, RATE, lambda: cut(speech))
    done = np.concatenate(list(levelled(cut(speech), RATE, levels)))
    assert len(done) == len(speech)
    assert np.abs(speech).max() * 10 ** (levels.gain_db / 20) > 1  # the limiter was needed
    np.testing.assert_array_equal(done, np.concatenate(list(levelled([speech], RATE, levels))))
    meter = measured([done], RATE)
    if preset == "ebu":
        assert meter.lufs == pytest.approx(-18, abs=0.5)
        assert meter.peak_db <= -1
    else:
        assert meter.rms_db == pytest.approx(-20, abs=0.5)
        assert meter.peak_db <= -3


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")
def test_ffmpeg_hears_the_loudness_and_the_true_peak_of_the_preset(speech: np.ndarray) -> None:
    levels = find_levels("ebu", RATE, lambda: [speech])
    done = np.concatenate(list(levelled([speech], RATE, levels)))
    soundfile.write(Path("done.wav"), done, RATE, subtype="FLOAT")
    command = ["ffmpeg", "-hide_banner", "-i", "done.wav", "-af", "ebur128=peak=true"]
    command += ["-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    summary = said[said.rindex("Summary:") :]
    found = {name: re.search(rf"{name}:\s+(\S+)", summary) for name in ("I", "Peak")}
    assert found["I"]
    assert float(found["I"][1]) == pytest.approx(measured([done], RATE).lufs, abs=0.1)
    assert found["Peak"]
    assert float(found["Peak"][1]) <= -1
