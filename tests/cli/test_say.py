"""`voxtral say`: what goes in, what comes out, and what is said about it."""

import fcntl
import json
import re
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import Result

from tests.cli.fake_engine import PIECE, FakeEngine
from voxtral_cli.audio import output

Voxtral = Callable[..., Result]
TEXT = "One two three. Four five."
SAMPLES = 5 * PIECE

pytestmark = pytest.mark.usefixtures("fake")


def wav_samples(path: str | Path) -> np.ndarray:
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (24000, 1, 2)
        return np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.opus", "a.ogg", "A.WAV"])
def test_a_file_holds_the_whole_speech_and_how_it_was_made(voxtral: Voxtral, name: str) -> None:
    result = voxtral("say", TEXT, "-o", name, "--seed", "41", "-v", "casual_male")
    assert (result.exit_code, result.stdout) == (0, "")
    with soundfile.SoundFile(name) as sound:
        assert (sound.samplerate, sound.channels) == (24000, 1)
        samples = sound.read()
        comment = sound.copy_metadata()["comment"]
    assert len(samples) == SAMPLES
    assert np.abs(samples).max() == pytest.approx(0.5, abs=0.1)
    for fact in ("AI_GENERATED=true", "seed=41", "voice=casual_male", "model=fake 0123456789ab"):
        assert fact in comment
    assert list(Path().iterdir()) == [Path(name)]


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.opus"])
def test_a_second_reader_agrees_on_the_length(voxtral: Voxtral, name: str) -> None:
    av = pytest.importorskip("av")
    assert voxtral("say", TEXT, "-o", name).exit_code == 0
    with av.open(name) as container:
        seconds = sum(frame.samples / frame.rate for frame in container.decode(audio=0))
    assert seconds == pytest.approx(SAMPLES / 24000, abs=0.07)  # an mp3 ends in a padded frame


def test_lossless_outputs_hold_the_same_samples(voxtral: Voxtral) -> None:
    for name in ("a.wav", "a.flac", "a.pcm", "a.raw"):
        assert voxtral("say", TEXT, "--seed", "1", "-o", name).exit_code == 0
    expected = wav_samples("a.wav")
    piped = voxtral("say", TEXT, "--seed", "1", "-o", "-", "--format", "pcm").stdout_bytes
    np.testing.assert_array_equal(np.frombuffer(piped, "<i2"), expected)
    np.testing.assert_array_equal(soundfile.read("a.flac", dtype="int16")[0], expected)
    for name in ("a.pcm", "a.raw"):
        np.testing.assert_array_equal(np.fromfile(name, "<i2"), expected)


def test_a_pipe_gets_a_wav_of_unknown_length(voxtral: Voxtral) -> None:
    result = voxtral("say", TEXT, "--seed", "1")
    head, _, samples = result.stdout_bytes.partition(b"data\xff\xff\xff\xff")
    assert head.startswith(b"RIFF\xff\xff\xff\xffWAVEfmt ")
    assert b"seed=1" in head
    assert len(samples) == 2 * SAMPLES
    Path("piped.wav").write_bytes(result.stdout_bytes)
    assert len(soundfile.read("piped.wav")[0]) == SAMPLES
    assert re.search(r"^stdout: .* voice neutral_female, seed 1$", result.stderr, re.M)


@pytest.mark.parametrize("name", ["flac", "mp3", "opus", "ogg"])
def test_encoded_streams_reach_a_pipe(voxtral: Voxtral, name: str) -> None:
    av = pytest.importorskip("av")
    result = voxtral("say", TEXT * 9, "-o", "-", "--format", name)
    Path("piped").write_bytes(result.stdout_bytes)
    with av.open("piped") as container:
        seconds = sum(frame.samples / frame.rate for frame in container.decode(audio=0))
    assert seconds == pytest.approx(9 * SAMPLES / 24000, abs=0.15)


def test_audio_is_written_while_it_is_made(voxtral: Voxtral, fake: FakeEngine) -> None:
    sizes = []

    def look(number: int) -> None:
        sizes.append(sum(path.stat().st_size for path in Path().glob(".voxtral-*.part")))

    fake.before = look
    assert voxtral("say", TEXT, "-o", "a.wav").exit_code == 0
    assert sizes[1:] == sorted(sizes[1:])
    assert sizes[1] >= 2 * PIECE
    assert sizes[-1] >= 2 * (SAMPLES - PIECE)


def test_what_a_killed_process_left_is_swept_but_not_what_another_container_writes(
    voxtral: Voxtral, fake: FakeEngine
) -> None:
    """There its process has a number that nobody has here."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    part = Path(f".voxtral-{ended.pid}-0.part")
    with part.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert voxtral("say", TEXT, "-o", "a.wav").exit_code == 0
        assert part.exists()
    output._sweep.cache_clear()
    assert voxtral("say", TEXT, "-o", "a.wav").exit_code == 0
    assert not part.exists()


def test_what_is_written_is_held(voxtral: Voxtral, fake: FakeEngine) -> None:
    held = []

    def look(number: int) -> None:
        for part in Path().glob(".voxtral-*.part"):
            with part.open("rb") as file, pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held.append(part)

    fake.before = look
    assert voxtral("say", TEXT, "-o", "a.wav").exit_code == 0
    assert held


def test_options_reach_the_engine(voxtral: Voxtral, fake: FakeEngine) -> None:
    line = "say -o a.wav --seed 5 --cfg 1.5 --steps 7 --rows 2 --no-normalize -v casual_male Hi."
    line += " --context chunks --first-chunk-ms 80 --speed 1.25"
    assert voxtral(*line.split()).exit_code == 0
    [(text, voice, options)] = fake.heard
    assert (text, voice) == ("Hi.", "casual_male")
    assert (options.seed, options.cfg, options.steps, options.rows) == (5, 1.5, 7, 2)
    assert options.normalize is False
    assert (options.context, options.first_chunk_ms) == ("chunks", 80)
    assert options.speed == 1.25
    with soundfile.SoundFile("a.wav") as sound:
        assert "speed=1.25" in sound.copy_metadata()["comment"]
    assert voxtral("say", "Hi.", "-o", "b.wav", "--speed", "3").exit_code == 2


def test_without_a_seed_each_speech_has_its_own(voxtral: Voxtral, fake: FakeEngine) -> None:
    lines = [voxtral("say", "Hi.", "-o", "a.wav").stderr for _ in range(2)]
    seeds = [options.seed for _, _, options in fake.heard]
    assert seeds[0] != seeds[1]
    assert [f"seed {seed}" in line for seed, line in zip(seeds, lines, strict=True)] == [True] * 2


def test_json_is_one_object_on_stdout(voxtral: Voxtral) -> None:
    result = voxtral("say", TEXT, "-o", "a.wav", "--seed", "3", "--json")
    facts = json.loads(result.stdout)
    assert facts["file"] == "a.wav"
    assert facts["seconds"] == SAMPLES / 24000
    assert facts["chunks"] == 2
    assert (facts["seed"], facts["voice"]) == (3, "neutral_female")
    assert (facts["model"], facts["fingerprint"]) == ("fake", "0123456789abcdef")
    assert 0 <= facts["first_audio_seconds"] <= facts["wall_seconds"]
    assert facts["rtf"] >= 0


def test_quiet_says_nothing(voxtral: Voxtral, fake: FakeEngine) -> None:
    fake.note = "cut at the frame limit, retried"
    assert "note: chunk 2: cut" in voxtral("say", TEXT, "-o", "a.wav").stderr
    result = voxtral("say", TEXT, "-o", "a.wav", "-q")
    assert (result.stdout, result.stderr) == ("", "")


def test_text_comes_from_files_and_stdin(voxtral: Voxtral, fake: FakeEngine) -> None:
    Path("a.txt").write_bytes(b"\xef\xbb\xbfFrom a file.")
    assert voxtral("say", "-f", "a.txt", "-f", "-", "-o", "a.wav", stdin="Piped.").exit_code == 0
    assert voxtral("say", "-o", "a.wav", stdin="Piped.").exit_code == 0
    assert voxtral("say", "-", "-o", "a.wav", stdin="Dash.").exit_code == 0
    assert voxtral("say", "Two", "words", "-o", "a.wav", stdin="Ignored.").exit_code == 0
    texts = [text for text, _, _ in fake.heard]
    assert texts == ["From a file.\n\nPiped.", "Piped.", "Dash.", "Two words"]


@pytest.mark.usefixtures("unloadable")
def test_show_text_prints_chunks_without_a_model(voxtral: Voxtral) -> None:
    assert voxtral("say", TEXT, "--show-text").stdout == "One two three.\nFour five.\n"
    shown = voxtral("say", TEXT, "--show-text", "--json").stdout
    assert json.loads(shown) == {"chunks": ["One two three.", "Four five."]}


def test_a_long_text_is_announced(voxtral: Voxtral, fake: FakeEngine) -> None:
    def stop(number: int) -> None:
        raise KeyboardInterrupt

    fake.before = stop
    result = voxtral("say", "-o", "a.wav", stdin="Word " * 200_000)
    assert result.exit_code == 130
    assert "note: 1,000,000 characters will be about 18.5 hours of speech" in result.stderr


def test_an_existing_file_is_replaced_and_keeps_its_mode(voxtral: Voxtral) -> None:
    Path("a.wav").write_text("old")
    Path("a.wav").chmod(0o640)
    Path("link.wav").symlink_to("a.wav")
    assert voxtral("say", TEXT, "-o", "link.wav").exit_code == 0
    assert Path("link.wav").is_symlink()
    assert Path("a.wav").stat().st_mode & 0o777 == 0o640
    assert len(wav_samples("a.wav")) == SAMPLES


def test_a_device_is_written_to_and_stays_one(voxtral: Voxtral) -> None:
    assert voxtral("say", TEXT, "-o", "/dev/null", "--format", "wav").exit_code == 0
    assert Path("/dev/null").is_char_device()


def test_a_bar_shows_on_a_terminal(
    voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from voxtral_cli.console import Console

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for quiet, total in ((False, 3), (True, 3), (False, 1)):
        with Console(quiet).progress("speaking", total) as advance:
            for _ in range(total):
                advance()
        printed = capsys.readouterr()
        assert printed.out == ""
        assert ("speaking" in printed.err) == (not quiet and total > 1)


def test_a_mark_of_a_voice_is_said_to_do_nothing(voxtral: Voxtral) -> None:
    result = voxtral("say", "[voice:casual_male] Hello.", "-o", "a.wav")
    assert result.exit_code == 0
    assert "note: say has one voice" in result.stderr
    assert "note: say" not in voxtral("say", r"\[voice:x] Hello.", "-o", "b.wav").stderr
