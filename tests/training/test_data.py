"""The corpus: texts, pseudo-speakers, levels, the format on disk, and the teacher."""

import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from training.data import corpus, levels, templates, texts
from training.data.manifest import (
    MANIFEST_NAME,
    SAMPLE_RATE,
    Utterance,
    load_manifest,
    read_audio,
)
from training.data.speakers import (
    HELD_OUT,
    PRESETS,
    Style,
    gain_curve,
    held_out_styles,
    random_style,
    shape_pitch,
    style_of,
    style_values,
    warp_frequency,
)

EVALUATION = Path(__file__).parents[2] / "evaluation/sets/english.txt"


def tone(seconds: float, rate: int = SAMPLE_RATE, hertz: float = 220.0) -> np.ndarray:
    """A tone of amplitude 0.3, float32 [n]."""
    time = np.arange(round(seconds * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def tone_of(item: corpus.Item) -> corpus.Sound | None:
    """A teacher that hums; it has nothing to say to a text of one letter."""
    if len(item.text) == 1:
        return None
    samples = levels.level(tone(0.1 + 0.01 * item.seed))
    return samples, ((0, 2, 0.0, 0.1),), (("a", 0.0, 0.1),)


def items(count: int) -> list[corpus.Item]:
    return [corpus.Item(f"u{n:06d}", f"text {n}", "neutral_male", "train", n) for n in range(count)]


class TestManifest:
    def test_a_line_is_read_back_as_it_was_written(self, tmp_path: Path) -> None:
        written = Utterance(
            "u1", 'Say "é".', "p0001", "audio-000.npy", 7, 5, "valid", ((0, 3, 0.1, 0.25),)
        )
        line = written.to_json()
        assert "\n" not in line
        assert "folder" not in json.loads(line)
        read = Utterance.from_json(line, tmp_path)
        assert read.folder == tmp_path
        assert read.to_json() == line
        assert read.seconds == 5 / SAMPLE_RATE

    def test_lines_without_times_are_read(self, tmp_path: Path) -> None:
        fields = {"id": "a", "text": "b", "speaker": "c", "shard": "d", "start": 0, "samples": 1}
        read = Utterance.from_json(json.dumps({**fields, "split": "train"}), tmp_path)
        assert read.align is None
        assert read.phones is None

    def test_a_half_written_last_line_is_left_out(self, tmp_path: Path) -> None:
        line = Utterance("u1", "t", "s", "audio-000.npy", 0, 1, "train").to_json()
        (tmp_path / MANIFEST_NAME).write_text(f"{line}\n{line[:20]}")
        assert [u.id for u in load_manifest(tmp_path)] == ["u1"]

    def test_an_unknown_split_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="train, valid, heldout"):
            load_manifest(tmp_path, "test")

    def test_a_crop_is_a_piece_of_the_whole(self, tmp_path: Path) -> None:
        np.save(tmp_path / "audio-000.npy", np.arange(100, dtype=np.int16) * 300)
        utterance = Utterance("u", "t", "s", "audio-000.npy", 10, 50, "train", folder=tmp_path)
        whole = read_audio(utterance)
        assert whole.dtype == np.float32
        assert whole[0] == pytest.approx(3000 / 32768)
        np.testing.assert_array_equal(read_audio(utterance, 40, 30), whole[40:])
        np.testing.assert_array_equal(read_audio(utterance, 5, 7), whole[5:12])


class TestLevels:
    def test_edges_are_cut_and_times_move_with_them(self) -> None:
        samples = np.concatenate([silence(0.5), tone(1.0), silence(0.7)])
        words = ((0, 3, 0.5, 0.9), (4, 7, 1.0, 1.9))
        cut, moved, phones = levels.trim(samples, words, (("a", 0.5, 0.9), (".", 1.5, 2.2)))
        assert len(cut) / SAMPLE_RATE == pytest.approx(1.3, abs=0.006)
        assert moved == ((0, 3, 0.1, 0.5), (4, 7, 0.6, 1.1))
        assert phones == (("a", 0.1, 0.5), (".", 1.1, 1.1))

    def test_speech_at_the_edges_is_kept(self) -> None:
        cut, words, _ = levels.trim(tone(0.5), None)
        assert len(cut) == round(0.5 * SAMPLE_RATE)
        assert words is None

    def test_the_level_is_the_same_for_quiet_and_loud(self) -> None:
        for gain in (0.01, 3.0):
            levelled = levels.level(tone(1.0) * gain) / 32767
            assert np.sqrt(np.mean(levelled**2)) == pytest.approx(levels.TARGET_RMS, rel=0.02)

    def test_peaks_do_not_clip(self) -> None:
        samples = tone(1.0) * 0.01
        samples[SAMPLE_RATE // 2] = 1.0
        assert np.abs(levels.level(samples).astype(int)).max() <= levels.PEAK * 32767 + 1

    @pytest.mark.parametrize("count", [0, 1, 50, 5000])
    def test_silence_of_any_length_stays_silent(self, count: int) -> None:
        levelled = levels.level(levels.trim(np.zeros(count, np.float32), None)[0])
        assert levelled.dtype == np.int16
        assert len(levelled) == count
        assert not levelled.any()


class TestSpeakers:
    def test_the_presets_are_the_five_english_voices(self) -> None:
        assert sorted(PRESETS) == [
            "casual_female",
            "casual_male",
            "cheerful_female",
            "neutral_female",
            "neutral_male",
        ]

    def test_a_name_always_means_the_same_voice(self) -> None:
        assert style_of("p0007") == style_of("p0007") != style_of("p0008")
        assert style_of("neutral_male") == PRESETS["neutral_male"]

    def test_a_style_as_numbers(self) -> None:
        assert (style_values(Style()) == 0).all()
        many = np.stack([style_values(random_style(f"p{n:04d}")) for n in range(400)])
        assert ((many.std(0) > 0.3) & (many.std(0) < 3)).all()

    def test_held_out_speakers_are_spread_and_unlike_all_others(self) -> None:
        styles = held_out_styles(len(HELD_OUT))
        assert style_of("h0003") == styles[2]
        tilts = sorted(style.tilt for style in styles)
        np.testing.assert_allclose(np.diff(tilts), tilts[1] - tilts[0])
        assert sum(style.warp < 0.945 for style in styles) == len(styles) // 2
        others = {style_of(f"p{n:04d}") for n in range(1, 50)} | set(PRESETS.values())
        assert len(others) == 54
        assert others.isdisjoint(styles)

    def test_a_bend_moves_low_peaks_alone(self) -> None:
        spectrum = np.zeros((601, 1), np.float32)
        spectrum[[20, 400]] = 1.0
        bent = warp_frequency(spectrum, Style(bend=0.1))[:, 0]
        assert bent[:100].argmax() == 22
        assert 100 + bent[100:].argmax() == 400

    def test_a_stretch_moves_the_peaks_of_its_region_alone(self) -> None:
        spectrum = np.zeros((601, 1), np.float32)
        spectrum[[15, 125, 300]] = 1.0  # 300, 2500 and 6000 Hz
        moved = warp_frequency(spectrum, Style(stretch=(0, 0, 0, 0.1, 0, 0)))[:, 0]
        assert moved[:50].argmax() == 15
        assert 50 + moved[50:200].argmax() in (135, 136, 137)
        assert 200 + moved[200:].argmax() == 300

    def test_warping_moves_a_peak(self) -> None:
        spectrum = np.zeros((601, 2), np.float32)
        spectrum[200] = 1.0
        assert warp_frequency(spectrum, Style(warp=0.85)).argmax(axis=0).tolist() == [170, 170]
        np.testing.assert_allclose(warp_frequency(spectrum, Style()), spectrum)

    def test_tilt_turns_about_1_khz(self) -> None:
        curve = gain_curve(601, 12_000.0, Style(tilt=0.1))[:, 0]
        assert curve[50] == pytest.approx(0.0, abs=1e-6)
        assert curve[100] == pytest.approx(0.1, abs=1e-6)
        assert np.all(np.diff(curve) >= 0)

    def test_a_curve_has_its_gains_and_a_band_its_end(self) -> None:
        nepers = (0.5, -0.5, 0.2, 0.4, -0.3, 0.1, 0.6, -0.6, 0.3)
        gain = gain_curve(601, 12_000.0, Style(curve=nepers, top=5000.0))[:, 0]
        assert gain[[10, 20, 40, 200]] == pytest.approx([-0.5, 0.2, 0.4, 0.6])
        open_end = gain_curve(601, 12_000.0, Style(curve=nepers))[:, 0]
        np.testing.assert_array_equal(gain[:251], open_end[:251])
        assert gain[300] - open_end[300] == pytest.approx(-6.0)

    def test_half_of_the_speakers_differ_in_every_region(self) -> None:
        styles = [style_of(f"p{n:04d}") for n in range(1, 201)]
        free = [style for style in styles if style.curve]
        assert 70 < len(free) < 130
        assert all(len(style.stretch) == 6 and len(style.curve) == 9 for style in free)
        assert 10 < sum(style.top < 12_000 for style in free) < 60

    def test_pitch_moves_the_median_and_leaves_unvoiced_frames(self) -> None:
        f0 = np.array([0.0, 180.0, 200.0, 220.0, 0.0], np.float32)
        shaped = shape_pitch(f0, Style(pitch=0.5, range=2.0))
        assert shaped[0] == shaped[-1] == 0.0
        np.testing.assert_allclose(shaped[1:4], [81.0, 100.0, 121.0], rtol=1e-4)
        np.testing.assert_array_equal(shape_pitch(f0 * 0, Style(pitch=2.0)), f0 * 0)


class TestTexts:
    def test_numbers_are_written_out(self) -> None:
        rng = random.Random(1)
        for make in (templates.numbers, templates.everyday, templates.short):
            for _ in range(500):
                text = make(rng)
                assert text.isascii()
                assert not any(c.isdigit() or c in "{}|" for c in text), text
                assert text[-1] in '.?!"', text
                assert ".." not in text, text

    def test_only_clean_sentences_are_taken(self) -> None:
        text = (
            "This one \u201cis fine\u201d, it\u2019s said. The NATO one is not. It costs 5 pounds. "
            'A _marked_ sentence -- with\na dash. He wrote e.g. this. An open " quote is bad. '
            "See section [1.2] for it. As we argued in [A.1]. Too short."
        )
        assert list(texts.sentences(text)) == [
            'This one "is fine", it\'s said.',
            "A marked sentence, with a dash.",
        ]

    def test_prose_is_read_from_the_unpacked_packages(self, tmp_path: Path) -> None:
        place = tmp_path / "usr/share/games/fortunes"
        place.mkdir(parents=True)
        quote = "Every good rule has an exception.\n\t\t-- Someone, c. 1900\n"
        (place / "wisdom").write_text(f"{quote}%\n{quote}%\nQ:\tWhy is that so?\n")
        assert texts.read_prose(tmp_path) == ["Every good rule has an exception."]
        with pytest.raises(FileNotFoundError, match="no texts"):
            texts.read_prose(tmp_path / "elsewhere")

    def test_evaluation_sentences_and_near_copies_are_excluded(self) -> None:
        excluded = texts.Exclusion(["The old clock on the wall stopped.", "Hello."])
        assert "The OLD clock, on the wall: stopped!" in excluded
        assert "Then the old clock on the wall stopped again." in excluded
        assert "hello" in excluded
        assert "The new clock in the hall stopped." not in excluded

    def test_the_evaluation_list_is_fit_for_use(self) -> None:
        lines = EVALUATION.read_text(encoding="utf-8").splitlines()
        assert len(lines) >= 120
        assert len(set(lines)) == len(lines)
        assert all(15 <= len(line) <= 100 and line == line.strip() for line in lines)
        assert sum(any(c.isdigit() for c in line) for line in lines) >= 10

    def test_a_longer_plan_begins_with_the_shorter(self) -> None:
        prose = [f"Sentence {'x' * (n % 60)} of the prose." for n in range(300)]
        short = corpus.plan(prose, 20, seed=3, presets_share=0.5)
        longer = corpus.plan(prose, 40, seed=3, presets_share=0.5)
        held_out = len(HELD_OUT) * corpus.HELDOUT_EACH
        assert longer[:20] == short[:20]
        assert longer[-held_out:] == short[-held_out:]
        assert {item.split for item in short[-held_out:]} == {"heldout"}
        assert not {i.speaker for i in longer[:40]} & {i.speaker for i in longer[40:]}
        assert corpus.plan(prose, 20, seed=4, presets_share=0.5) != short

    def test_further_speakers_say_several_utterances(self) -> None:
        prose = [f"Sentence {'x' * (n % 60)} of the prose." for n in range(300)]
        for count in (1000, 3000):  # however many there are
            items = corpus.plan(prose, count, 3, presets_share=0.2, blends_share=0.2)
            said = Counter(i.speaker for i in items if i.split == "train" or i.split == "valid")
            further = [n for name, n in said.items() if name not in PRESETS]
            assert sum(n for n in further if n == 1) < 0.02 * sum(further)
            assert len(further) > 0.1 * count


class TestBuild:
    def test_shards_hold_what_the_manifest_says(self, tmp_path: Path) -> None:
        todo = [*items(3), corpus.Item("silent", "x", "neutral_male", "train")]
        lines = corpus.make_shard((tmp_path, "audio-000.npy", todo, tone_of))
        read = [Utterance.from_json(line, tmp_path) for line in lines]
        assert [u.id for u in read] == ["u000000", "u000001", "u000002"]
        assert read[1].start == read[0].samples
        for n, utterance in enumerate(read):
            expected = levels.level(tone(0.1 + 0.01 * n)) / 32768
            np.testing.assert_allclose(read_audio(utterance), expected, atol=1e-6)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["audio-000.npy"]

    def test_a_stopped_build_goes_on(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(corpus, "SHARD_UTTERANCES", 2)
        corpus.build(tmp_path, items(6), tone_of, jobs=1)
        whole = (tmp_path / MANIFEST_NAME).read_bytes()
        assert [u.id for u in load_manifest(tmp_path)] == [item.id for item in items(6)]
        first_shard = b"".join(whole.splitlines(keepends=True)[:2])
        (tmp_path / MANIFEST_NAME).write_bytes(first_shard + b'{"id": "u0')
        (tmp_path / "audio-002.npy").unlink()
        capsys.readouterr()
        corpus.build(tmp_path, items(6), tone_of, jobs=1)
        assert (tmp_path / MANIFEST_NAME).read_bytes() == whole
        assert "shard 2/2" in capsys.readouterr().err

    def test_a_shard_half_in_the_manifest_is_made_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(corpus, "SHARD_UTTERANCES", 2)
        corpus.build(tmp_path, items(4), tone_of, jobs=1)
        whole = (tmp_path / MANIFEST_NAME).read_bytes()
        lines = whole.splitlines(keepends=True)
        (tmp_path / MANIFEST_NAME).write_bytes(b"".join(lines[:3]) + lines[3][:9])
        corpus.build(tmp_path, items(4), tone_of, jobs=1)
        assert (tmp_path / MANIFEST_NAME).read_bytes() == whole


class TestTeacher:
    @pytest.fixture
    def teacher(self) -> object:
        pytest.importorskip("hibari")
        return corpus._teacher()

    def test_an_output_is_added_by_joining_messages(self) -> None:
        from training.data.teacher import with_output

        name = "n" * 200
        added = with_output(b"model", name)
        assert added.startswith(b"model\x3a\xce\x01\x62\xcb\x01\x0a\xc8\x01")
        assert added.endswith(name.encode())

    def test_words_and_phones_are_where_they_sound(self, teacher: object) -> None:
        text = 'Well, "good morning", said Mister Green.'
        speech = teacher.speak(text, PRESETS["neutral_male"], 0)  # type: ignore[attr-defined]
        assert [text[a:b] for a, b, _, _ in speech.words] == [
            "Well",
            "good",
            "morning",
            "said",
            "Mister",
            "Green",
        ]
        times = [time for _, _, start, end in speech.words for time in (start, end)]
        assert times == sorted(times)
        first, last = (b / SAMPLE_RATE for b in levels.speech_bounds(speech.samples))
        assert times[0] == pytest.approx(first, abs=0.05)
        assert speech.words[-1][2] < last
        assert speech.phones[0][0] == "w"
        assert speech.phones[-1][0] == "."

    def test_the_same_utterance_is_the_same_samples(self, teacher: object) -> None:
        item = corpus.Item("u", "Hello there.", "p0003", "train", 5)
        first, again = corpus.speak(item), corpus.speak(item)
        assert first is not None
        assert again is not None
        np.testing.assert_array_equal(first[0], again[0])
        assert first[1:] == again[1:]

    def test_a_text_without_words_is_left_out(self, teacher: object) -> None:
        assert corpus.speak(corpus.Item("u", "", "neutral_male", "train")) is None
