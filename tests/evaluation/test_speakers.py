"""People out of packages: which files are whose, and what is made of them."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError
from evaluation.recordings import read_people
from evaluation.sources import SOURCES, Source
from evaluation.speakers import RATE, joined, main, read_sound, speech_of, write_speakers
from tests.babble import babble

av = pytest.importorskip("av", reason="extra eval")
soundfile = pytest.importorskip("soundfile", reason="extra eval")

ANN = Source("ann", "en", "ann-sounds", "CC0", "ann/**/*.wav")
BOB = Source("bob", "fr", "bob-sounds", "MIT", "bob/*.ogg")


def write_g722(path: Path, samples: np.ndarray) -> None:
    """float32 [n] at 16 kHz, without a header as G.722 is."""
    with av.open(str(path), "w", format="g722") as container:
        stream = container.add_stream("g722", rate=16_000)
        stream.layout = "mono"
        pcm = np.rint(samples * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.rate = 16_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Ann says eighteen short things, Bob a single one."""
    share = tmp_path / "packages" / "usr" / "share"
    word = babble(1.5, 200.0, 16_000)
    for index in range(18):
        path = share / "ann" / str(index % 3) / f"{index}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        said = np.pad(word * (1 - index / 40), 8000)
        soundfile.write(path, np.stack([said, said], axis=1), 16_000)
    (share / "bob").mkdir()
    soundfile.write(share / "bob" / "hello.ogg", babble(3.0, rate=16_000), 16_000)
    (share / "doc" / "ann-sounds").mkdir(parents=True)
    changelog = gzip.compress(b"ann-sounds (1:2.0-3) unstable; urgency=low\n\n  * (First.)\n")
    (share / "doc" / "ann-sounds" / "changelog.Debian.gz").write_bytes(changelog)
    return tmp_path / "packages"


def test_short_files_become_recordings_that_can_be_cloned(
    packages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "speakers"
    absent = Source("eve", "de", "eve-sounds", "MIT", "eve/*.wav")
    (record,) = write_speakers(packages, out, [ANN, BOB, absent])
    seconds = record.pop("seconds")
    assert 20 < seconds < 32
    assert record == {
        **{"speaker": "ann", "language": "en", "rate": 16_000, "recordings": 6},
        **{"package": "ann-sounds", "version": "1:2.0-3", "licence": "CC0"},
    }
    notes = capsys.readouterr().err.splitlines()
    assert notes[0] == "note: eve-sounds is not there"
    assert notes[1].startswith("note: bob left out: ")
    assert [path.name for path in out.iterdir()] == ["ann"]
    files = sorted((out / "ann").iterdir())
    assert [path.name for path in files] == [f"{index:03d}.wav" for index in range(6)]
    assert all(soundfile.info(path).samplerate == RATE for path in files)
    assert all(4 <= soundfile.info(path).duration < 6 for path in files)
    (person,) = read_people(out, RATE, 4.0)
    assert person.name == "ann"


def test_a_minute_is_enough(packages: Path, tmp_path: Path) -> None:
    long = babble(25.0, rate=8000)
    for index in range(18, 21):
        soundfile.write(packages / "usr" / "share" / "ann" / f"{index}.wav", long, 8000)
    (record,) = write_speakers(packages, tmp_path / "speakers", [ANN])
    assert 60 <= record["seconds"] < 90


def test_the_order_is_always_the_same(packages: Path, tmp_path: Path) -> None:
    for out in ("one", "two"):
        assert list(write_speakers(packages, tmp_path / out, [ANN]))
    for path in (tmp_path / "one" / "ann").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / "ann" / path.name).read_bytes()


def test_g722_and_both_channels_are_read(tmp_path: Path) -> None:
    wave = babble(2.0, rate=16_000)
    write_g722(tmp_path / "a.g722", wave)
    samples, rate = read_sound(tmp_path / "a.g722")
    assert (rate, len(samples) / RATE) == (16_000, pytest.approx(2.0, abs=0.01))
    assert np.std(samples) == pytest.approx(np.std(wave), rel=0.05)
    soundfile.write(tmp_path / "a.wav", np.stack([0.9 * np.sign(wave), 0 * wave], axis=1), 16_000)
    samples, _ = read_sound(tmp_path / "a.wav")
    assert np.std(samples) == pytest.approx(0.45, rel=0.1)


def test_silence_around_the_speech_is_cut() -> None:
    said = babble(2.0)
    cut = speech_of(np.pad(said, (RATE, 2 * RATE)))
    assert 1.6 < len(cut) / RATE < 2.4
    assert not len(speech_of(said[: RATE // 4]))
    assert not len(speech_of(np.zeros(RATE, np.float32)))


def test_pieces_are_joined_until_they_are_long_enough() -> None:
    pieces = [np.full(round(seconds * RATE), 0.1, np.float32) for seconds in (2, 1.5, 1, 5, 2)]
    lengths = [len(recording) / RATE for recording in joined(pieces)]
    assert lengths == pytest.approx([2 + 1.5 + 1 + 2 * 0.2, 5.0])


def test_every_speaker_has_a_folder_of_their_own() -> None:
    names = [source.speaker for source in SOURCES]
    assert len(set(names)) == len(names) >= 8
    assert all(name.replace("-", "").isalnum() for name in names)
    assert all(len(source.language) == 2 and source.licence for source in SOURCES)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packages, out = tmp_path / "packages", tmp_path / "speakers"
    path = packages / "usr/share/codec2/wav/ve9qrp.wav"
    path.parent.mkdir(parents=True)
    soundfile.write(path, babble(20.0, rate=8000), 8000)
    arguments = ["--packages", str(packages), "--out", str(out)]
    assert main(arguments) == 0
    printed = capsys.readouterr()
    assert [json.loads(line)["speaker"] for line in printed.out.splitlines()] == ["bruce"]
    assert "note: asterisk-core-sounds-en-g722 is not there" in printed.err
    assert main(arguments) == 2
    assert capsys.readouterr().err == f"error: {out} is not empty.\nhint: Give a new folder.\n"


def test_what_is_no_sound_and_where_nobody_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no recordings of people"):
        list(write_speakers(tmp_path, tmp_path / "out"))
    (tmp_path / "a.ogg").write_bytes(b"no sound")
    with pytest.raises(InputError, match=r"a\.ogg cannot be read"):
        read_sound(tmp_path / "a.ogg")
