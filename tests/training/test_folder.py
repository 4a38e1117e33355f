"""Folders of recordings: what is found, what is left out, and the corpus that is made of them."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.errors import InputError
from training.data import corpus, folder
from training.data.manifest import SAMPLE_RATE, load_manifest, read_audio


def tone(seconds: float, rate: int = SAMPLE_RATE) -> np.ndarray:
    """A tone of amplitude 0.3, float32 [n]."""
    time = np.arange(round(seconds * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * 220.0 * time)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


class TestFolder:
    @pytest.fixture
    def recordings(self, tmp_path: Path) -> Path:
        place = tmp_path / "recordings"
        (place / "wavs").mkdir(parents=True)
        sound = np.concatenate([silence(0.4), tone(0.5), silence(0.4)])
        soundfile.write(place / "wavs/a.wav", sound, SAMPLE_RATE)
        soundfile.write(place / "b.flac", np.stack([tone(0.6, 16_000)] * 2, axis=1), 16_000)
        return place

    def test_metadata_of_ljspeech(self, recordings: Path) -> None:
        (recordings / "metadata.csv").write_text("a|One two.|anna\nb.flac|Three.\nmissing|Four.\n")
        assert folder.recordings(recordings) == [
            (recordings / "wavs/a.wav", "One two.", "anna"),
            (recordings / "b.flac", "Three.", "recordings"),
        ]

    def test_the_third_column_of_ljspeech_itself_is_the_text_written_out(
        self, recordings: Path
    ) -> None:
        (recordings / "metadata.csv").write_text("a|In 1452,|In fourteen fifty-two,\nb|No.|No.\n")
        texts = [(text, speaker) for _, text, speaker in folder.recordings(recordings)]
        assert texts == [("In fourteen fifty-two,", "recordings"), ("No.", "recordings")]

    def test_a_file_that_holds_no_sound_is_named(self, recordings: Path) -> None:
        path = recordings / "c.wav"
        path.write_bytes(b"RIFF, no")
        for read in (folder.read_mono, folder.seconds_of):
            with pytest.raises(InputError, match=r"c\.wav cannot be read"):
                read(path)

    def test_text_files_beside_the_sound(self, recordings: Path) -> None:
        (recordings / "wavs/a.txt").write_text("One\ntwo.\n")
        assert folder.recordings(recordings) == [(recordings / "wavs/a.wav", "One two.", "wavs")]

    def test_a_folder_without_recordings_is_refused(self, recordings: Path, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=f"no recordings with transcripts in {tmp_path}"):
            folder.recordings(tmp_path)
        (recordings / "metadata.csv").write_text("missing|Four.\n/|Five.\n")
        with pytest.raises(InputError, match=r"transcripts that .*metadata.csv names"):
            folder.recordings(recordings)

    def test_what_is_left_out_is_named(
        self, recordings: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lines = "\ufeffa|One two.\nb.flac|\nmissing|Four.\n\n"  # as Windows begins a file
        (recordings / "metadata.csv").write_text(lines, encoding="utf-8")
        (recordings / "wavs/a.wav").rename(recordings / "wavs/a.WAV")
        found = [(recordings / "wavs/a.WAV", "One two.", "recordings")]
        assert folder.recordings(recordings) == found
        assert capsys.readouterr().err.splitlines() == [
            "left out 1 of 3 recordings: no text: b.flac",
            "left out 1 of 3 recordings: no such sound file: missing",
        ]

    def test_other_options_are_refused_and_a_mistyped_folder_leaves_nothing(
        self, recordings: Path, tmp_path: Path
    ) -> None:
        (recordings / "metadata.csv").write_text("a|One two.|anna\n")
        out, call = tmp_path / "corpus", ["--jobs", "1", "--folder"]
        with pytest.raises(SystemExit, match="There is no folder"):
            corpus.main(["--out", str(out), *call, "nowhere"])
        assert not out.exists()
        corpus.main(["--out", str(out), *call, str(recordings)])
        with pytest.raises(SystemExit, match=r"begun with other options \(seed 0\)"):
            corpus.main(["--out", str(out), *call, str(recordings), "--seed", "2"])

    def test_sound_that_cannot_be_the_text_is_left_out(self, recordings: Path) -> None:
        kinds = {"a": tone(0.5), "silent": silence(0.5), "short": tone(0.01)}
        kinds["nan"] = np.full(12000, np.nan, np.float32)
        for name, samples in kinds.items():
            soundfile.write(recordings / f"{name}.wav", samples, SAMPLE_RATE, subtype="FLOAT")
        rows = [(recordings / f"{name}.wav", "One two.", "anna") for name in kinds]
        made = [corpus.read_recording(item) is not None for item in corpus.plan_folder(rows)]
        assert made == [True, False, False, False]

    def test_a_speaker_of_few_recordings_keeps_them_all(self) -> None:
        rows = [(Path(f"{n}.wav"), "One.", f"s{n // 2}") for n in range(100)]
        assert {item.split for item in corpus.plan_folder(rows)} == {"train"}
        rows = [(path, text, "anna") for path, text, _ in rows]
        held = [item.seed for item in corpus.plan_folder(rows) if item.split == "valid"]
        assert held == [49, 99]

    def test_of_ten_one_is_held_out(self) -> None:
        assert folder.splits(["anna"] * 9 + ["bob"]) == ["train"] * 8 + ["valid", "train"]
        assert folder.splits(["anna"] * 9) == ["train"] * 9

    def test_columns_in_another_order_are_refused(self, recordings: Path) -> None:
        metadata = recordings / "metadata.csv"
        metadata.write_text("a|anna|One two, three.\nb|anna|No, it is four.\n")
        with pytest.raises(InputError, match=r"third column of .*looks like the text") as refused:
            folder.recordings(recordings)
        assert "The order is file|text|speaker" in refused.value.hint
        metadata.write_text("file|speaker|text\na|anna|One two, three.\nb|bob|Four.\n")
        said = [(text, speaker) for _, text, speaker in folder.recordings(recordings)]
        assert said == [("One two, three.", "anna"), ("Four.", "bob")]
        metadata.write_text("a|Yes.|Anna Maria Lee\nb|No.|Anna Maria Lee\n")
        assert len(folder.recordings(recordings)) == 2

    def test_a_transcript_is_of_one_recording(
        self, recordings: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name in ("b.wav", "b.m4a", "._b.wav", "b.txt"):
            (recordings / name).write_text("One.")
        assert folder.recordings(recordings) == [(recordings / "b.flac", "One.", "recordings")]
        error = capsys.readouterr().err.splitlines()
        assert "left out 1 of 4 recordings: to be made WAV first, by ffmpeg: b.m4a" in error
        assert next(line for line in error if "same name" in line).endswith(": b.wav")
        assert not any("._" in line for line in error)

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("metadata.csv", 'file_name,transcription,speaker\nwavs/a.wav,"One, two.",Jo\nx,,\n'),
            ("metadata.csv", "Text;File\nOne, two.;wavs/a.wav\n"),
            ("metadata.csv", "file|text\na|One, two.\n"),
            ("metadata.jsonl", '{"file_name": "wavs/a.wav", "text": "One, two.", "id": 7}\n\n'),
            ("manifest.json", '{"audio_filepath": "HERE/wavs/a.wav", "text": "One,\\ntwo."}'),
        ],
    )
    def test_tables_and_manifests(self, recordings: Path, name: str, content: str) -> None:
        (recordings / name).write_text(content.replace("HERE", str(recordings)))
        speaker = "Jo" if "Jo" in content else "recordings"
        assert folder.recordings(recordings) == [(recordings / "wavs/a.wav", "One, two.", speaker)]

    def test_what_cannot_be_read_is_named(self, recordings: Path) -> None:
        (recordings / "b.lab").write_bytes(b"\xff")
        with pytest.raises(InputError, match=r"b\.lab is not UTF-8"):
            folder.recordings(recordings)
        (recordings / "b.lab").write_text("One.")
        assert folder.recordings(recordings)[0][1] == "One."
        (recordings / "metadata.jsonl").write_text('{"file": "a", "text": "One."}\nnothing\n')
        with pytest.raises(InputError, match=r"Line 2 of .*metadata\.jsonl is no JSON object"):
            folder.recordings(recordings)
        (recordings / "metadata.csv").write_text(f"a.wav,{'One two. ' * 90}\n")
        with pytest.raises(InputError, match="no recordings") as refused:
            folder.recordings(recordings)
        assert "file|text|speaker" in refused.value.hint

    def test_the_first_folder_is_the_speaker(self, recordings: Path) -> None:
        for place in ("Anna B", "Anna B/sub", "Anna B/sub/deep"):
            (recordings / place).mkdir()
            shutil.copy(recordings / "b.flac", recordings / place / "x.flac")
            (recordings / place / "x.txt").write_text("One.")
        assert [speaker for *_, speaker in folder.recordings(recordings)] == ["Anna B"] * 3

    def test_sound_that_cannot_be_decoded_is_left_out(
        self, recordings: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = recordings / "b.flac"
        path.write_bytes(path.read_bytes()[:3000])
        (item,) = corpus.plan_folder([(path, "One.", "anna")])
        assert corpus.read_recording(item) is None
        assert capsys.readouterr().err.startswith(f"left out: {path} cannot be read")

    def test_a_corpus_of_recordings(self, recordings: Path, tmp_path: Path) -> None:
        (recordings / "metadata.csv").write_text("a|One two.|anna\nb.flac|Three.\n")
        out = tmp_path / "corpus"
        corpus.main(["--out", str(out), "--folder", str(recordings), "--jobs", "1"])
        first, second = load_manifest(out, "train")
        assert (first.text, first.speaker, first.align) == ("One two.", "anna", None)
        assert first.seconds == pytest.approx(0.8, abs=0.01)
        assert second.seconds == pytest.approx(0.6, abs=0.01)
        assert np.abs(read_audio(first)).max() > 0.05


def test_a_table_with_a_comma_too_many_or_too_few(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "abc":
        soundfile.write(tmp_path / f"{name}.wav", tone(0.5), SAMPLE_RATE)
    rows = ["file_name,text,speaker", "a.wav,Hello, world,anna", "b.wav,Hi", 'c.wav,"So, yes.",bo']
    (tmp_path / "metadata.csv").write_text("\n".join(rows))
    assert folder.recordings(tmp_path) == [(tmp_path / "c.wav", "So, yes.", "bo")]
    assert (
        "left out 2 of 3 recordings: more or fewer fields than the header"
        in capsys.readouterr().err
    )


def test_speaker_zero_and_a_line_separator(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(0.5), SAMPLE_RATE)
    line = '{"audio": "a.wav", "text": "One.\u2028Two.", "speaker_id": 0}'
    (tmp_path / "metadata.jsonl").write_text(line, encoding="utf-8")
    assert folder.recordings(tmp_path) == [(tmp_path / "a.wav", "One. Two.", "0")]
