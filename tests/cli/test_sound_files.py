"""Files of sound as they come out of editors, radios, pipes and crashes; and special places."""

import functools
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.babble import babble
from voxtral_cli.audio.blocks import open_audio
from voxtral_cli.audio.output import whole_file
from voxtral_cli.audio.read import read_audio

needs_ffmpeg = pytest.mark.skipif(
    not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="needs ffmpeg"
)


def test_joined_mp3s_are_read_to_the_end() -> None:
    soundfile.write("one.mp3", babble(3.0), 24000)
    data = Path("one.mp3").read_bytes()
    noise = np.random.default_rng(0).bytes(300_000)  # a picture
    size = bytes(len(noise) >> shift & 127 for shift in (21, 14, 7, 0))
    Path("a.mp3").write_bytes(2 * (b"ID3\3\0\0" + size + noise + data))
    assert len(read_audio(Path("a.mp3")).samples) == pytest.approx(6 * 24000, abs=4000)
    with open_audio(Path("a.mp3"), 0.5) as stream:
        assert sum(map(len, stream.blocks)) == pytest.approx(6 * 24000, abs=4000)


def test_an_mp3_that_begins_within_a_frame() -> None:
    """Wherever it was cut: bytes that look like a header are none unless another follows."""
    sound = np.random.default_rng(0).normal(0, 0.2, 6 * 44100).astype(np.float32)
    soundfile.write("a.mp3", sound, 44100, bitrate_mode="CONSTANT", compression_level=0.2)
    data = Path("a.mp3").read_bytes()
    for start in range(3000, 9000, 37):
        Path("cut.mp3").write_bytes(data[start:])
        seconds = len(read_audio(Path("cut.mp3")).samples) / 44100
        assert seconds == pytest.approx(6.0 * (1 - start / len(data)), abs=0.2)


def test_an_mp3_may_end_in_the_first_byte_of_a_header() -> None:
    """As a tag without a genre does."""
    soundfile.write("a.mp3", babble(3.0), 24000)
    data = Path("a.mp3").read_bytes()
    whole = read_audio(Path("a.mp3")).samples
    for tag in (b"TAG" + bytes(124) + b"\xff", b"\xff", b"\xff\xfb"):
        Path("b.mp3").write_bytes(2 * data + tag)
        assert len(read_audio(Path("b.mp3")).samples) == pytest.approx(2 * len(whole), abs=4000)


def test_an_mp3_is_read_in_blocks_without_complaints(capfd: pytest.CaptureFixture[str]) -> None:
    sound = np.random.default_rng(0).normal(0, 0.2, 12 * 24000).astype(np.float32)
    soundfile.write("a.mp3", sound * np.repeat([1, 0.01] * 6, 24000), 24000)
    with open_audio(Path("a.mp3"), 0.5) as stream:
        parts = np.concatenate(list(stream.blocks))
    assert np.abs(parts - read_audio(Path("a.mp3")).samples).max() < 1e-6
    assert capfd.readouterr() == ("", "")


@needs_ffmpeg
def test_what_ffmpeg_reads_may_have_any_name() -> None:
    soundfile.write("a.wav", babble(6.0), 24000)
    ask = ["ffmpeg", "-v", "error", "-i", "a.wav", "-movflags", "faststart"]
    subprocess.run([*ask, "file:10:30 -a.m4a"], check=True)
    data = Path("10:30 -a.m4a").read_bytes()
    for name in ("10:30 -a.m4a", "-a.m4a"):
        Path(name).write_bytes(data)
        assert len(read_audio(Path(name)).samples) == pytest.approx(6 * 24000, abs=2500)


@needs_ffmpeg
def test_an_m4a_that_is_cut_off_is_told() -> None:
    soundfile.write("a.wav", babble(6.0), 24000)
    ask = ["ffmpeg", "-v", "error", "-i", "a.wav", "-movflags", "faststart"]
    for name in ("a.m4a", "a.aac"):  # of aac, ffprobe says 8.3 s
        subprocess.run([*ask, name], check=True)
        assert read_audio(Path(name)).note == ""
    Path("b.m4a").write_bytes(Path("a.m4a").read_bytes()[: Path("a.m4a").stat().st_size // 2])
    half = read_audio(Path("b.m4a"))
    there = len(half.samples) / half.rate
    assert there == pytest.approx(3, abs=0.5)  # as ffmpeg's version spreads its bits
    assert half.note == f"b.m4a is cut off: {there:.1f} of 6.0 s are there"
    late = ["ffmpeg", "-v", "error", "-itsoffset", "3", "-i", "a.m4a", "-c", "copy", "late.m4a"]
    subprocess.run(late, check=True)
    assert read_audio(Path("late.m4a")).note == ""  # it begins after 3 s, and is whole


def test_other_names_of_stdout(fake_program: Callable[..., list[str]]) -> None:
    Path("kept").write_bytes(b"before")
    said = shlex.join(fake_program("say", "Hi there.", "--format", "pcm", "-o"))
    run = functools.partial(subprocess.run, check=True, timeout=60, capture_output=True)
    run(["bash", "-c", f"{said} /dev/stdout >> kept; {said} >(cat > piped); wait $!"])
    assert Path("kept").read_bytes()[:6] == b"before"
    assert len(Path("kept").read_bytes()) - 6 == len(Path("piped").read_bytes()) > 1000


def test_a_private_file_stays_private_while_it_is_written() -> None:
    Path("a.wav").write_text("old")
    Path("a.wav").chmod(0o600)

    def signed(part: Path) -> None:
        other = Path("other")
        other.write_bytes(part.read_bytes() + b"er")
        other.chmod(0o644)
        other.replace(part)

    with whole_file(Path("a.wav"), signed) as output:
        assert output.path is not None
        assert output.path.stat().st_mode & 0o777 == 0o600
        output.write(b"new")
    assert (Path("a.wav").read_text(), Path("a.wav").stat().st_mode & 0o777) == ("newer", 0o600)
