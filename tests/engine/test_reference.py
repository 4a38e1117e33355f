"""Reference clips: what is kept of a recording, and what is said about it."""

import numpy as np
import pytest
import soxr

from engine.errors import InputError
from engine.reference import prepare
from engine.reference.activity import FRAME_S, levels, runs, speech_mask
from engine.reference.checks import reverberation
from tests.babble import babble

RATE = 24000


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return babble(8.0)


def silence(seconds: float) -> np.ndarray:
    noise = np.random.default_rng(1).standard_normal(round(seconds * RATE))
    return (1e-4 * noise).astype(np.float32)


def test_runs() -> None:
    assert runs(np.array([0, 1, 1, 0, 1], dtype=bool)) == [(1, 3), (4, 5)]
    assert runs(np.zeros(3, dtype=bool)) == []


def test_speech_is_found_and_silence_is_not(voice: np.ndarray) -> None:
    mask = speech_mask(np.concatenate([silence(1.0), voice, silence(1.0)]), RATE)
    assert not mask[: round(0.9 / FRAME_S)].any()
    assert not mask[-round(0.8 / FRAME_S) :].any()
    assert mask[round(1 / FRAME_S) : round(9 / FRAME_S)].mean() > 0.8


def test_silence_at_the_ends_goes_and_all_speech_stays(voice: np.ndarray) -> None:
    clip = prepare([(np.concatenate([silence(3.0), voice, silence(2.0)]), RATE)], RATE)
    assert clip.rate == RATE
    assert clip.given_s == pytest.approx(7.1, abs=0.6)
    assert clip.speech_s == pytest.approx(clip.given_s, abs=0.3)
    assert clip.seconds < 8.3
    assert clip.notes == ()
    mask = speech_mask(clip.samples, RATE)
    size = round(RATE * FRAME_S)
    loud = clip.samples[: len(mask) * size].reshape(-1, size)[mask]
    assert 20 * np.log10(np.sqrt(np.square(loud).mean())) == pytest.approx(-24, abs=0.7)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000, 192000])
def test_any_rate(voice: np.ndarray, rate: int) -> None:
    given = soxr.resample(voice, RATE, rate)
    here, there = prepare([(voice, RATE)], RATE), prepare([(given, rate)], RATE)
    assert there.seconds == pytest.approx(here.seconds, abs=0.1)
    assert any("narrow band" in note for note in there.notes) == (rate == 8000)


def test_rumble_and_offset_are_removed(voice: np.ndarray) -> None:
    times = np.arange(len(voice)) / RATE
    dirty = voice + 0.2 + (0.2 * np.sin(2 * np.pi * 15 * times)).astype(np.float32)
    clip = prepare([(dirty.astype(np.float32), RATE)], RATE).samples
    spectrum = np.square(np.abs(np.fft.rfft(clip)))
    hertz = np.fft.rfftfreq(len(clip), 1 / RATE)
    assert spectrum[hertz < 20].sum() < 0.01 * spectrum.sum()


def test_of_a_long_recording_the_window_begins_and_ends_in_pauses(voice: np.ndarray) -> None:
    sentences = [part for n in range(10) for part in (babble(3.4, seed=n), silence(0.5))]
    clip = prepare([(np.concatenate(sentences), RATE)], RATE, longest=12.0)
    assert 9.0 < clip.seconds <= 12.0
    assert clip.given_s > 25
    mask = speech_mask(clip.samples, RATE)
    assert not mask[:2].any()
    assert not mask[-2:].any()
    assert np.abs(clip.samples[[0, -1]]).max() < 1e-3


def test_speech_without_pauses_is_cut_to_the_room() -> None:
    times = np.arange(RATE * 20) / RATE
    steady = np.tile(babble(2.0), 10) + 0.02 * np.sin(2 * np.pi * 300 * times).astype(np.float32)
    assert 3.0 < prepare([(steady.astype(np.float32), RATE)], RATE, longest=5.0).seconds <= 5.0


def test_clips_are_joined(voice: np.ndarray) -> None:
    both = prepare([(voice[: 4 * RATE], RATE), (voice[4 * RATE :], RATE)], RATE)
    assert both.speech_s == pytest.approx(prepare([(voice, RATE)], RATE).speech_s, abs=0.5)


@pytest.mark.parametrize(
    ("spoil", "finding"),
    [
        (lambda v: np.clip(v * 30, -1, 1), "clipping"),
        (lambda v: v * 0.01, "very quiet"),
        (lambda v: v + 0.03 * np.random.default_rng(0).standard_normal(len(v)), "noisy"),
        (lambda v: np.concatenate([v, babble(8.0, pitch=240.0)]), "more than one speaker"),
        (lambda v: np.sin(np.arange(len(v)) * 0.2) * 0.1 + v * 0.02, "music"),
    ],
)
def test_what_spoils_a_voice_is_said(voice: np.ndarray, spoil: object, finding: str) -> None:
    bad = spoil(voice).astype(np.float32)  # type: ignore[operator]
    notes = prepare([(bad, RATE)], RATE).notes
    assert any(finding in note for note in notes), notes
    assert all(any(c.isdigit() for c in note) for note in notes)


@pytest.mark.parametrize("fading", [0.2, 0.5, 0.8, 1.2])
def test_a_room_is_heard(fading: float) -> None:
    """Rooms of white noise that fades by 60 dB in so many seconds, as loud as the direct sound."""
    times = np.arange(round(fading * RATE)) / RATE
    room = np.random.default_rng(0).standard_normal(len(times)) * 10 ** (-3 * times / fading)
    room /= np.sqrt(np.square(room).sum())
    room[0] += 1
    dry = np.concatenate([part for n in range(6) for part in (babble(1.4, seed=n), silence(0.6))])
    length = len(dry) + len(room)
    heard = np.fft.irfft(np.fft.rfft(dry, length) * np.fft.rfft(room, length), length)
    measured = reverberation(heard.astype(np.float32), RATE)
    assert measured is not None
    assert 0.6 * fading < measured < 1.5 * fading
    notes = prepare([(heard.astype(np.float32), RATE)], RATE).notes
    assert any("reverberant" in note for note in notes) == (fading > 0.2)


def test_without_falls_no_room_is_heard(voice: np.ndarray) -> None:
    noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    assert reverberation(noise, RATE) is None
    assert reverberation(np.zeros(RATE, np.float32), RATE) is None
    assert (reverberation(voice, RATE) or 1.0) < 0.3


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (babble(2.0), "only 1."),
        (silence(5.0), "only 0.0 s"),
        (np.zeros(5 * RATE, np.float32), "only 0.0 s"),
        (np.full(5 * RATE, np.nan, np.float32), "no numbers"),
        (np.zeros(0, np.float32), "empty"),
        (np.zeros((9, 2), np.float32), "floating point"),
        (babble(0.5)[:1], "only 0.0 s"),
    ],
)
def test_what_cannot_be_used_is_refused(samples: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        prepare([(samples, RATE)], RATE)


def test_a_few_samples_at_a_high_rate_are_no_speech() -> None:
    with pytest.raises(InputError, match="too short"):
        prepare([(np.ones(3, np.float32), 192000)], RATE)


@pytest.mark.parametrize("clean", [0, 1])
def test_the_part_with_less_noise_is_taken(voice: np.ndarray, clean: int) -> None:
    noise = 0.01 * np.random.default_rng(0).standard_normal(len(voice)).astype(np.float32)
    one, two = (voice + noise * (number != clean) for number in (0, 1))
    clip = prepare([(np.concatenate([one, silence(1.0), two]), RATE)], RATE, longest=8.5)
    assert np.percentile(levels(clip.samples, RATE), 5) < -55


def test_long_pauses_are_cut(voice: np.ndarray) -> None:
    clip = prepare([(np.concatenate([voice, silence(4.0), voice]), RATE)], RATE)
    assert clip.seconds < 17.0


def test_short_clips_count_together_at_one_level(voice: np.ndarray) -> None:
    clip = prepare([(voice[: 2 * RATE], RATE), (0.1 * voice[2 * RATE : 4 * RATE], RATE)], RATE)
    assert clip.given_s > 3
    first, second = (np.std(half) for half in np.array_split(clip.samples, 2))
    assert 0.6 < second / first < 1.6


def test_peaks_stay_below_full_scale(voice: np.ndarray) -> None:
    spiky = 0.05 * voice
    spiky[4 * RATE] = 1.0
    assert np.abs(prepare([(spiky, RATE)], RATE).samples).max() <= 0.97


@pytest.mark.parametrize("scale", [0.2, 0.02])
def test_one_click_changes_nothing_else(voice: np.ndarray, scale: float) -> None:
    clicked = scale * voice
    clicked[4 * RATE : 4 * RATE + 40] = 1.0
    plain, clip = (prepare([(wave, RATE)], RATE) for wave in (scale * voice, clicked))
    assert clip.speech_s == pytest.approx(plain.speech_s, abs=0.1)
    assert np.percentile(levels(clip.samples, RATE), 90) == pytest.approx(
        np.percentile(levels(plain.samples, RATE), 90), abs=1.0
    )


def test_what_only_several_clips_show_is_said() -> None:
    clips = [(babble(8.0), RATE), (babble(8.0, pitch=240.0), RATE), (silence(5.0), RATE)]
    assert prepare(clips[:1], RATE).notes == prepare(clips[1:2], RATE).notes == ()
    notes = prepare(clips, RATE).notes
    assert notes[0] == "clip 3: nobody speaks in it"
    assert notes[1].startswith("perhaps more than one speaker: ")
