"""Corpora and folders as recordings, and speakers in two parts."""

import json
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError
from evaluation.audio import Clip
from evaluation.recordings import divide, read_corpus, read_parts, read_people, read_teachers
from tests.babble import babble

soundfile = pytest.importorskip("soundfile", reason="extra eval")

RATE = 8000


@pytest.fixture(scope="module")
def long() -> np.ndarray:
    return babble(12.0, rate=RATE)


def test_a_training_corpus_gives_its_held_out_part(tmp_path: Path) -> None:
    np.save(tmp_path / "audio-000.npy", np.arange(1000, dtype=np.int16))
    common = {"speaker": "s", "shard": "audio-000.npy", "samples": 10, "text": "Words."}
    splits = ["train", *["heldout"] * 6]
    lines = [
        json.dumps({"id": f"u{i}", "start": 100 * i, "split": split, **common})
        for i, split in enumerate(splits)
    ]
    (tmp_path / "manifest.jsonl").write_text("".join(f"{line}\n" for line in lines))
    clips = list(read_corpus(tmp_path, limit=3))
    assert [clip.name for clip in clips] == ["u1", "u3", "u5"]
    assert clips[1].samples[0] == pytest.approx(300 / 32768)
    assert (clips[0].rate, clips[0].text) == (24_000, "Words.")
    assert [clip.name for clip in read_corpus(tmp_path, limit=4)] == ["u1", "u2", "u4", "u5"]
    assert len(list(read_corpus(tmp_path, limit=9))) == 6

    (tmp_path / "manifest.jsonl").write_text(lines[0] + "\n")
    with pytest.raises(InputError, match="holds no utterance out"):
        list(read_corpus(tmp_path, limit=3))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Ten seconds of valid utterances of two speakers, and six of a held-out one."""
    np.save(tmp_path / "audio-000.npy", np.ones(24_000, np.int16))
    lines = [
        {"id": f"{split}{n}", "speaker": speaker, "split": split, "text": "Words."}
        | {"shard": "audio-000.npy", "start": 0, "samples": 24_000, "phones": [["w", 0.1, 0.9]]}
        for split, speakers in (("train", "ab"), ("valid", "aaaaaaaabb"), ("heldout", "cccccc"))
        for n, speaker in enumerate(speakers)
    ]
    (tmp_path / "manifest.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    return tmp_path


def test_parts_of_a_training_corpus_are_evenly_spread(corpus: Path) -> None:
    heard, never_heard = (list(part) for part in read_parts(corpus, 4.0))
    assert [clip.name for clip in heard] == ["valid0", "valid2", "valid5", "valid7"]
    assert [clip.name for clip in never_heard] == ["heldout0", "heldout1", "heldout3", "heldout4"]
    assert heard[0].phones == (("w", 0.1, 0.9),)


def test_parts_of_any_other_folder(tmp_path: Path) -> None:
    for name in "abc":
        soundfile.write(tmp_path / f"{name}.wav", np.zeros(800), 800)
    first, second = read_parts(tmp_path, 1.5)
    assert list(first) == []
    assert [clip.name for clip in second] == ["a.wav", "b.wav"]


def test_teachers_are_the_speakers_of_valid_utterances(corpus: Path, tmp_path: Path) -> None:
    found = read_teachers(corpus, ("b", "c", "d"))
    assert {voice: [clip.name for clip in clips] for voice, clips in found.items()} == {
        "b": ["valid8", "valid9"]
    }
    (tmp_path / "other").mkdir()
    assert read_teachers(tmp_path / "other", ("b",)) == {}


def test_any_folder_of_audio_is_a_corpus(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(80), 8000)
    assert [clip.name for clip in read_corpus(tmp_path, limit=3)] == ["a.wav"]


def test_held_out_speakers_of_a_training_corpus(tmp_path: Path) -> None:
    np.save(tmp_path / "audio-000.npy", np.rint(babble(9.0) * 32767).astype(np.int16))
    lines = [
        {"id": f"u{n}", "start": 36_000 * (n % 4), "samples": 72_000, "text": "Words."}
        | {"shard": "audio-000.npy", "split": "heldout" if n else "train", "speaker": speaker}
        for n, speaker in enumerate("acbcbcbcb")
    ]
    (tmp_path / "manifest.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    people = read_people(tmp_path, 24_000, 4.0)
    assert [person.name for person in people] == ["b", "c"]
    assert [clip.name for clip in people[0].kept] == ["u6", "u8"]
    assert people[1].reference.seconds <= 4.0


def test_a_sub_folder_is_a_speaker_and_so_is_a_file_beside_them(
    tmp_path: Path, long: np.ndarray
) -> None:
    (tmp_path / "dr.ann" / "chapter").mkdir(parents=True)
    for name in ("dr.ann/1.wav", "dr.ann/chapter/2.wav", "dr.ann/chapter/3.wav", "bob.wav"):
        soundfile.write(tmp_path / name, long, RATE)
    bob, ann = read_people(tmp_path, 24_000, 10.0)
    assert (bob.name, ann.name) == ("bob.wav", "dr.ann")
    assert {clip.name for clip in ann.kept} == {"dr.ann/chapter/2.wav", "dr.ann/chapter/3.wav"}
    assert ann.reference.rate == 24_000
    assert 6 < ann.reference.seconds <= 10


def test_the_reference_takes_what_it_needs_and_leaves_half(long: np.ndarray) -> None:
    clips = [Clip(f"{index}", long[: 4 * RATE], RATE) for index in range(10)]
    for longest, used in ((1.8, 2), (6.0, 3), (100.0, 5)):
        person = divide("ann", clips, RATE, longest)
        assert [clip.name for clip in person.kept] == [str(n) for n in range(used, 10)]
        assert person.reference.seconds <= longest


def test_one_recording_is_halved(long: np.ndarray) -> None:
    person = divide("ann", [Clip("a", long, RATE)], RATE, 10.0)
    assert 3.0 <= person.reference.seconds <= 6.0
    kept = np.concatenate([clip.samples for clip in person.kept])
    assert np.array_equal(kept, long[6 * RATE :])
    assert [len(clip.samples) for clip in person.kept] == [3 * RATE, 3 * RATE]


def test_too_little_of_a_speaker(long: np.ndarray) -> None:
    short = Clip("short", long[:RATE], RATE)
    with pytest.raises(InputError, match="ann has no recordings to compare with"):
        divide("ann", [Clip("a", long, RATE), short], RATE, 10.0)
    with pytest.raises(InputError, match=r"ann: There are only 0\.\d s of speech"):
        divide("ann", [short, Clip("a", long, RATE)], RATE, 10.0)


def test_what_cannot_be_used_is_left_out_if_somebody_is_told(
    tmp_path: Path, long: np.ndarray
) -> None:
    for name, samples in (("ann/1", long), ("ann/2", long), ("bob/1", long[:RATE])):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / f"{name}.wav", samples, RATE)
    (tmp_path / "ann/._1.wav").write_bytes(b"of a Mac")
    (tmp_path / "ann/3.wav").write_bytes(b"no sound")
    faults: list[InputError] = []
    assert [p.name for p in read_people(tmp_path, 24_000, 6.0, faults.append)] == ["ann"]
    assert ["3.wav cannot be read" in faults[0].message, "bob" in faults[1].message] == [True] * 2
    clips = read_corpus(tmp_path, 9, faults.append)
    assert [clip.name for clip in clips] == ["ann/1.wav", "ann/2.wav", "bob/1.wav"]
    assert len(faults) == 3
    assert len(list(read_parts(tmp_path)[1])) == 3


def test_what_is_no_sound(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"no sound")
    with pytest.raises(InputError, match=r"a\.wav cannot be read"):
        list(read_corpus(tmp_path, limit=1))
