"""Rooms, noises and lines: what a channel does to a sound, and who has one."""

from dataclasses import replace

import numpy as np
import pytest

from training.data import corpus
from training.data.channels import CODINGS, Channel, channel_of, transmit
from training.data.manifest import SAMPLE_RATE
from training.data.speakers import CURVE_HZ, HELD_OUT, PRESETS, Style
from training.data.teacher import Speech

PLAIN = Channel(
    decay=0.0,
    direct=0.0,
    snr=float("inf"),
    slope=0.0,
    hum=float("inf"),
    mains=50.0,
    band=(1.0, 1e6),
    colour=Style(),
    coding="",
    press=0.0,
    gated=False,
)
SECONDS = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE


def speech() -> np.ndarray:
    """Bursts of a chord, 0.3 s each with pauses of 0.2 s, float32 [48000]."""
    chord = sum(np.sin(2 * np.pi * hertz * SECONDS) for hertz in (200.0, 900.0, 3000.0))
    return (0.1 * chord * (SECONDS % 0.5 < 0.3)).astype(np.float32)


def power(samples: np.ndarray) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64)))


def share_above(samples: np.ndarray, hertz: float) -> float:
    """Part of the energy of samples [n] that is above a frequency."""
    energy = np.abs(np.fft.rfft(samples)) ** 2
    return float(energy[round(hertz * len(samples) / SAMPLE_RATE) :].sum() / energy.sum())


class TestWho:
    def test_a_share_of_the_further_speakers_always_the_same_ones(self) -> None:
        names = [f"{kind}{n:04d}" for kind in "pk" for n in range(1, 501)]
        having = {name: channel_of(name, 0.3) for name in names}
        some = [channel for channel in having.values() if channel is not None]
        assert 250 < len(some) < 350
        assert len(set(some)) == len(some)
        assert having == {name: channel_of(name, 0.3) for name in names}
        assert all(channel_of(name, 0.6) == one for name, one in having.items() if one)

    def test_not_the_presets_nor_the_held_out(self) -> None:
        assert not any(channel_of(name, 1.0) for name in (*PRESETS, *HELD_OUT))
        assert channel_of("p0001", 0.0) is None

    def test_a_corpus_sends_only_the_further_speakers_through(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Voice:
            def speak(self, text: str, style: Style, seed: int) -> Speech:
                return Speech(speech(), ((0, 2, 0.1, 0.3),))

        monkeypatch.setattr(corpus, "_teacher", Voice)
        for name, changed in (("p0001", True), ("neutral_male", False), (HELD_OUT[0], False)):
            item = corpus.Item("u", "Hi.", name, "train", 5)
            plain, sent = corpus.speak(item), corpus.speak(item, channels=1.0)
            assert plain is not None
            assert sent is not None
            assert len(plain[0]) == len(sent[0])
            assert plain[1:] == sent[1:]
            assert np.array_equal(plain[0], sent[0]) is not changed
            again = corpus.speak(item, channels=1.0)
            assert again is not None
            assert np.array_equal(sent[0], again[0])


class TestTransmit:
    def test_nothing_between_leaves_the_sound_alone(self) -> None:
        sent = transmit(speech(), PLAIN, "p0001", 1)
        assert sent.dtype == np.float32
        np.testing.assert_allclose(sent, speech(), atol=2e-4)

    @pytest.mark.parametrize("slope", [0.0, 6.0])
    def test_noise_is_as_faint_as_asked_and_new_each_time(self, slope: float) -> None:
        channel = replace(PLAIN, snr=20.0, slope=slope)
        noises = [transmit(speech(), channel, "p0001", seed) - speech() for seed in (1, 2)]
        for noise in noises:
            ratio = 10 * np.log10(power(speech()) / power(noise))
            assert ratio == pytest.approx(20.0, abs=1.0)
        assert not np.allclose(*noises, atol=1e-3)
        assert (share_above(noises[0], 6000.0) > 0.4) is (slope == 0.0)

    def test_a_room_fills_pauses_without_delay_and_is_one_of_the_speaker(self) -> None:
        channel = replace(PLAIN, decay=0.4, direct=6.0)
        sent = transmit(speech(), channel, "p0001", 1)
        lags = np.fft.irfft(np.fft.rfft(sent, 2**17) * np.conj(np.fft.rfft(speech(), 2**17)))
        assert lags.argmax() == 0
        pause = (SECONDS % 0.5 > 0.32) & (SECONDS % 0.5 < 0.48)
        assert power(speech()[pause]) == 0.0
        assert power(sent[pause]) > 1e-3 * power(speech())
        assert np.array_equal(sent, transmit(speech(), channel, "p0001", 2))
        assert not np.allclose(sent, transmit(speech(), channel, "p0002", 1), atol=1e-3)

    def test_a_line_has_its_band_and_a_microphone_its_colour(self) -> None:
        narrow = transmit(speech(), replace(PLAIN, band=(500.0, 2000.0)), "p0001", 1)
        assert share_above(narrow, 2500.0) < 1e-3
        assert 1 - share_above(narrow, 300.0) < 0.01
        colour = Style(curve=tuple(1.0 if hertz == 2500.0 else 0.0 for hertz in CURVE_HZ))
        bright = transmit(speech(), replace(PLAIN, colour=colour), "p0001", 1)
        assert share_above(bright, 2000.0) > 1.5 * share_above(speech(), 2000.0)

    def test_eight_bits_have_few_levels(self) -> None:
        sent = transmit(speech(), replace(PLAIN, coding="ULAW"), "p0001", 1)
        assert len(np.unique(np.round(sent, 6))) < 256
        assert 25 < 10 * np.log10(power(speech()) / power(sent - speech())) < 45

    @pytest.mark.parametrize("coding", sorted(CODINGS))
    def test_a_coding_changes_a_sound_neither_much_nor_in_time(self, coding: str) -> None:
        sent = transmit(speech(), replace(PLAIN, coding=coding), "p0001", 1)
        assert len(sent) == len(speech())
        lags = np.fft.irfft(np.fft.rfft(sent, 2**17) * np.conj(np.fft.rfft(speech(), 2**17)))
        assert lags.argmax() == 0
        assert 10 < 10 * np.log10(power(speech()) / power(sent - speech())) < 60

    def test_a_hum_is_of_the_mains_as_faint_as_asked_and_one_of_the_speaker(self) -> None:
        channel = replace(PLAIN, hum=20.0, mains=60.0)
        hum = transmit(speech(), channel, "p0001", 1) - speech()
        ratio = 10 * np.log10(power(speech()) / power(hum))
        assert ratio == pytest.approx(20.0, abs=1.0)
        lines = np.abs(np.fft.rfft(hum * np.hanning(len(hum)))) ** 2
        hertz = np.fft.rfftfreq(len(hum), 1 / SAMPLE_RATE)
        near = np.abs((hertz + 30) % 60 - 30) < 3
        assert lines[near].sum() > 0.99 * lines.sum()
        other = transmit(speech(), channel, "p0002", 1) - speech()
        strengths = [np.abs(np.fft.rfft(each))[120 * np.arange(1, 13)] for each in (hum, other)]
        assert np.corrcoef(strengths)[0, 1] < 0.99

    def test_a_gate_silences_pauses_and_pressing_draws_levels_together(self) -> None:
        noisy = replace(PLAIN, snr=20.0)
        pause = (SECONDS % 0.5 > 0.37) & (SECONDS % 0.5 < 0.43)
        open_, shut = (transmit(speech(), replace(noisy, gated=g), "p", 1) for g in (False, True))
        assert power(shut[pause]) < 1e-3 * power(open_[pause])
        fading = (speech() * np.where(SECONDS < 1, 1.0, 0.1)).astype(np.float32)
        pressed = transmit(fading, replace(PLAIN, press=0.5), "p", 1)
        loud, faint = SECONDS < 1, SECONDS >= 1
        assert power(fading[loud]) / power(fading[faint]) == pytest.approx(100.0, rel=0.05)
        assert power(pressed[loud]) / power(pressed[faint]) == pytest.approx(10.0, rel=0.1)

    def test_silence_stays_silence(self) -> None:
        channel = channel_of("p0001", 1.0)
        assert channel is not None
        every = replace(channel, snr=20.0, hum=30.0, coding="VORBIS", gated=True, press=0.3)
        assert not transmit(np.zeros(4800, np.float32), every, "p0001", 1).any()
