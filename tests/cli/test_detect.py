"""Watermark and tags of what `say` makes, read back by `detect` and by a second reader."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import Result

from engine.engine import Engine
from engine.hub import EMBEDDED_FOLDER
from engine.speech import SpeechChunk, SpeechOptions
from engine.watermark import marked
from tests.babble import babble
from tests.cli.fake_engine import CODES, FakeEngine
from voxtral_cli.audio.blocks import open_audio
from voxtral_cli.provenance import generated_facts, tags

Voxtral = Callable[..., Result]
RMS = 10 ** (-24 / 20)
needs_ffmpeg = pytest.mark.skipif(
    not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="needs ffmpeg"
)


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    """3.2 s of a real voice at -24 dBFS: what hums or babbles is no speech to the watermark."""
    engine = Engine.from_folder(EMBEDDED_FOLDER, device="cpu")
    words = "The rain had stopped, and the streets were bright again in the evening sun."
    spoken = engine.speak(words, options=SpeechOptions(seed=1, steps=4))[:76_800]
    return spoken * np.float32(RMS / np.std(spoken))


@pytest.fixture(autouse=True)
def talking(fake: FakeEngine, speech: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the fake engine say it, in pieces, whatever it is asked."""

    def pieces(chunks: list[str], seed: int) -> Iterator[SpeechChunk]:
        parts = np.split(speech, [4800, 9600, 40_000])
        for number, part in enumerate(parts):
            yield SpeechChunk(part, chunks[0], 0, number == len(parts) - 1, CODES)

    monkeypatch.setattr(fake, "_pieces", pieces)
    soundfile.write("alice.wav", babble(4.0, pitch=180.0), 24000)


def spoken(voxtral: Voxtral, name: str, *options: str, voice: str = "alice.wav") -> Result:
    line = ("say", "Hello.", "-v", voice, "--consent", "--seed", "7", "-o", name, *options)
    result = voxtral(*line)
    assert result.exit_code == 0, result.stderr
    return result


def detected(voxtral: Voxtral, name: str) -> dict:
    result = voxtral("detect", name, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.opus"])
def test_a_cloned_voice_bears_both_marks(voxtral: Voxtral, name: str, speech: np.ndarray) -> None:
    spoken(voxtral, name)
    with soundfile.SoundFile(name) as sound:
        assert sound.frames == len(speech)
        assert sound.copy_metadata()["comment"].startswith("AI_GENERATED=true; tool=voxtral ")
    found = detected(voxtral, name)
    assert found["ai_generated"] is True
    assert found["seconds"] == 3.2
    assert (found["tags"]["voice"], found["tags"]["seed"]) == ("alice.wav", "7")
    assert found["tags"]["model"] == "fake 0123456789ab"
    assert found["tags"]["watermark"] == "perth"
    mark = found["watermark"]
    assert (mark["found"], mark["windows"], mark["marked"]) == (True, 1, 1)


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.m4a", "a.aac"])
def test_what_ffmpeg_writes_bears_both_marks(voxtral: Voxtral, name: str) -> None:
    spoken(voxtral, name)
    command = ["ffprobe", "-v", "error", "-show_entries", "format_tags=comment", "-of", "csv", name]
    assert "AI_GENERATED=true" in subprocess.run(command, capture_output=True, text=True).stdout
    found = detected(voxtral, name)
    assert found["tags"]["seed"] == "7"
    assert found["watermark"]["found"] is True


def test_no_watermark_is_said_and_done(voxtral: Voxtral, speech: np.ndarray) -> None:
    spoken(voxtral, "a.wav")
    told = spoken(voxtral, "b.wav", "--no-watermark", "--json")
    notes = [line for line in told.stderr.splitlines() if "--no-watermark" in line]
    assert len(notes) == 1
    assert json.loads(told.stdout)["watermark"] is False
    marked, plain = (soundfile.read(name, dtype="int16")[0] for name in ("a.wav", "b.wav"))
    np.testing.assert_array_equal(plain, np.rint(speech * 32767).astype(np.int16))
    assert 0 < np.abs(marked - plain).max() < 2000
    found = detected(voxtral, "b.wav")
    assert (found["watermark"]["found"], found["tags"]["watermark"]) == (False, "none")
    assert found["ai_generated"] is True


def test_presets_bear_tags_alone(voxtral: Voxtral, speech: np.ndarray) -> None:
    assert "--no-watermark" not in spoken(voxtral, "a.wav", voice="casual_male").stderr
    np.testing.assert_array_equal(
        soundfile.read("a.wav", dtype="int16")[0], np.rint(speech * 32767).astype(np.int16)
    )
    assert detected(voxtral, "a.wav")["watermark"]["found"] is False


def test_a_pipe_is_marked_too(voxtral: Voxtral) -> None:
    result = voxtral("say", "Hello.", "-v", "alice.wav", "--consent")
    Path("piped.wav").write_bytes(result.stdout_bytes)
    found = detected(voxtral, "piped.wav")
    assert found["tags"]["watermark"] == "perth"
    assert found["watermark"]["found"] is True


@pytest.mark.usefixtures("unloadable")
def test_a_recording_is_not_called_human(voxtral: Voxtral, speech: np.ndarray) -> None:
    soundfile.write("plain.wav", speech, 24000)
    found = detected(voxtral, "plain.wav")
    assert (found["ai_generated"], found["tags"]) == (None, None)
    assert found["watermark"]["found"] is False
    lines = voxtral("detect", "plain.wav").stdout.splitlines()
    parts = [line.partition(":")[0] for line in lines]
    assert parts == ["file", "tags", "watermark", "c2pa", "verdict"]
    assert lines[-1].startswith("verdict: unknown")


def test_the_name_of_a_file_commands_no_terminal(voxtral: Voxtral, speech: np.ndarray) -> None:
    soundfile.write("a\x1b[2J.wav", speech, 24000)
    told = voxtral("detect", "a\x1b[2J.wav")
    assert (told.exit_code, "\x1b" in told.output) == (0, False)
    assert "a?[2J.wav" in told.stdout


def test_the_mark_outlives_the_tags(voxtral: Voxtral) -> None:
    spoken(voxtral, "a.wav")
    samples = soundfile.read("a.wav")[0]
    stereo = np.stack([samples, samples], axis=1)
    soundfile.write("bare.mp3", stereo, 24000)
    lines = voxtral("detect", "bare.mp3").stdout.splitlines()
    assert lines[1] == "tags: do not say that it is AI-generated"
    assert lines[2].startswith("watermark: found (1 of 1 windows of 10 s")
    assert lines[-1] == "verdict: AI-generated, by its watermark"


def test_a_long_file_is_judged_by_windows(voxtral: Voxtral) -> None:
    spoken(voxtral, "a.wav")
    other = 0.1 * np.random.default_rng(0).standard_normal(240_000)
    marked = np.tile(soundfile.read("a.wav")[0], 4)[:240_000]
    soundfile.write("long.flac", np.concatenate([other, marked, other[:24_000]]), 24000)
    found = detected(voxtral, "long.flac")
    mark = found["watermark"]
    assert mark["windows"] == 4, "one every five seconds, and a last second is not judged alone"
    assert 2 <= mark["marked"] <= 3
    assert found["seconds"] == 21.0


def test_what_is_marked_lies_across_windows(voxtral: Voxtral) -> None:
    spoken(voxtral, "a.wav")
    other = 0.1 * np.random.default_rng(0).standard_normal(120_000)
    marked = np.tile(soundfile.read("a.wav")[0], 4)[:240_000]
    soundfile.write("long.flac", np.concatenate([other, marked, other]), 24000)
    assert detected(voxtral, "long.flac")["watermark"]["found"]


def test_what_is_too_short_is_not_judged(voxtral: Voxtral, speech: np.ndarray) -> None:
    soundfile.write("short.wav", speech[:24_000], 24000)
    assert detected(voxtral, "short.wav")["watermark"]["found"] is None
    assert "cannot be told" in voxtral("detect", "short.wav").stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "There is no file"), (b"", "is empty"), (b"words " * 99, "cannot be read as audio")],
)
def test_what_is_no_audio(voxtral: Voxtral, content: bytes | None, message: str) -> None:
    if content is not None:
        Path("bad.wav").write_bytes(content)
    result = voxtral("detect", "bad.wav")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_hum_is_no_mark(voxtral: Voxtral, speech: np.ndarray) -> None:
    times = 2 * np.pi * 60 * np.arange(len(speech)) / 24000
    hum = 0.02 * sum(np.sin(n * times + n) / n for n in (1, 2, 3, 5, 7))
    marks = np.concatenate(list(marked([speech], 24000)))
    for name, sound in (("plain.wav", speech), ("marked.wav", marks)):
        soundfile.write(name, (sound + hum) * 0.5, 24000)
    assert detected(voxtral, "plain.wav")["watermark"]["found"] is False
    assert detected(voxtral, "marked.wav")["watermark"]["found"] is True


def test_nearly_silent_sound_is_not_judged(voxtral: Voxtral) -> None:
    soundfile.write("soft.wav", np.full(72_000, 1e-14, np.float32), 24000, subtype="FLOAT")
    assert detected(voxtral, "soft.wav")["watermark"]["found"] is None


def test_samples_that_are_no_numbers(voxtral: Voxtral, speech: np.ndarray) -> None:
    bad = speech.copy()
    bad[100] = np.nan
    soundfile.write("bad.wav", bad, 24000, subtype="FLOAT")
    result = voxtral("detect", "bad.wav")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no numbers" in result.stderr


@pytest.mark.usefixtures("unloadable")
def test_without_the_extra(voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    assert detected(voxtral, "alice.wav")["c2pa"]["found"] is None
    shown = voxtral("detect", "alice.wav").stdout
    assert "c2pa: not looked for: pip install 'voxtral[c2pa]'" in shown
    pair = ("--sign", "cert.pem", "--sign-key", "key.pem")
    result = voxtral("say", "Hello.", "-o", "a.wav", *pair)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[1] == "hint: pip install 'voxtral[c2pa]'"


def test_facts_survive_odd_names() -> None:
    voice = "a; AI_GENERATED=false; b=100%\n.wav\udcff"
    found = generated_facts(tags({"voice": voice, "seed": 3}))
    assert found is not None
    assert found["voice"] == "a; AI_GENERATED=false; b=100%?.wav?"
    assert list(found) == ["tool", "voice", "seed"]


@pytest.mark.parametrize(
    ("version", "coding", "name"),
    [(3, "latin-1", b"\0comment\0"), (4, "utf-8", b"\3comment\0"), (3, "utf-16", b"")],
)
def test_comments_where_ffmpeg_puts_them_in_an_mp3(
    voxtral: Voxtral, speech: np.ndarray, version: int, coding: str, name: bytes
) -> None:
    soundfile.write("plain.mp3", speech, 24000)
    stated = f"AI_GENERATED=true; voice={'x' * 200}"
    frame = name + stated.encode(coding)
    if coding == "utf-16":
        frame = b"\1" + "comment\0".encode(coding) + stated.encode(coding) + b"\0\0"
    bits = 7 if version == 4 else 8
    size = bytes(len(frame) >> bits * place & (1 << bits) - 1 for place in (3, 2, 1, 0))
    body = b"TXXX" + size + b"\0\0" + frame
    whole = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    Path("a.mp3").write_bytes(
        b"ID3" + bytes([version, 0, 0]) + whole + body + Path("plain.mp3").read_bytes()
    )
    assert detected(voxtral, "plain.mp3")["tags"] is None
    assert detected(voxtral, "a.mp3")["tags"] == {"voice": "x" * 200}


def test_comments_where_ffmpeg_puts_them_in_a_flac(voxtral: Voxtral, speech: np.ndarray) -> None:
    """DESCRIPTION, which is as long as COMMENT and four letters."""
    with soundfile.SoundFile("made.flac", "w", 24000, 1) as sound:
        sound.comment = "1234AI_GENERATED=true; voice=alice"
        sound.write(speech)
    data = Path("made.flac").read_bytes()
    Path("a.flac").write_bytes(data.replace(b"comment=1234", b"DESCRIPTION="))
    assert detected(voxtral, "a.flac")["tags"] == {"voice": "alice"}


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("plain.mp3", b"TXXX\x7f\x7f\x7f\x7f\0\0\0"),
        ("plain.mp3", b"TXXX\0\0\x7f\x7f\0\0\0"),
        ("plain.mp3", b"TXXX\0\0\0\0\0\0\0"),
        ("plain.flac", b"\xff\xff\0\0DESCRIPTION="),
        ("plain.flac", b"\0\0\0\0DESCRIPTION="),
    ],
)
def test_many_tags_that_overlap(speech: np.ndarray, name: str, frame: bytes) -> None:
    soundfile.write(name, speech, 24000)
    data, many = Path(name).read_bytes(), frame * ((1 << 20) // len(frame))
    if name.endswith("mp3"):
        whole = bytes(len(many) >> shift & 0x7F for shift in (21, 14, 7, 0))
        Path(name).write_bytes(b"ID3\4\0\0" + whole + many + data)
    else:  # PADDING behind STREAMINFO, which is 42 bytes long with what is before it
        padding = b"\1" + len(many).to_bytes(3, "big") + many
        Path(name).write_bytes(data[:42] + padding + data[42:])
    begun = time.monotonic()
    with open_audio(Path(name), 1.0) as stream:
        assert stream.rate == 24000
    assert time.monotonic() - begun < 2


@needs_ffmpeg
@pytest.mark.parametrize("name", ["b.flac", "b.opus", "b.mp3"])
def test_what_ffmpeg_converts_keeps_its_tags(voxtral: Voxtral, name: str) -> None:
    spoken(voxtral, "a.mp3")
    subprocess.run(["ffmpeg", "-v", "error", "-i", "a.mp3", name], check=True)
    assert detected(voxtral, name)["tags"]["seed"] == "7"


def test_tags_of_others() -> None:
    assert generated_facts({"comment": "ai_generated = TRUE; model=X\x1b[2J"}) == {"model": "X?[2J"}
    assert generated_facts({"AI_GENERATED": "true"}) == {}
    assert generated_facts({"comment": "NOT_AI_GENERATED=true", "title": "AI_GENERATED=no"}) is None
    assert generated_facts({}) is None
