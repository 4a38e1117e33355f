"""`clone`, `say --voice` and `voices` over files on disk."""

import json
import os
import re
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from safetensors.numpy import load_file
from typer.testing import Result

from engine.errors import InputError
from tests.babble import babble
from tests.cli.fake_engine import FakeEngine
from voxtral_cli import loading
from voxtral_cli.audio.encoders import open_encoder, to_pcm16
from voxtral_cli.audio.formats import FLAC
from voxtral_cli.audio.output import Output
from voxtral_cli.audio.read import read_audio
from voxtral_cli.voice_files import VoiceStore, read_voice_file, write_voice_file

Voxtral = Callable[..., Result]


@pytest.fixture(autouse=True)
def store(fake: FakeEngine) -> VoiceStore:
    return VoiceStore()


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    return babble(5.0)


@pytest.fixture
def clip(sound: np.ndarray) -> Path:
    path = Path("alice.wav")
    soundfile.write(path, sound, 24000)
    return path


def test_a_clip_becomes_a_voice_and_is_spoken_in(
    voxtral: Voxtral, fake: FakeEngine, clip: Path, store: VoiceStore
) -> None:
    made = voxtral("clone", "alice.wav", "--consent")
    assert made.exit_code == 0, made.stderr
    assert made.stdout.strip() == str(store.path("alice"))
    assert "s of speech" in made.stderr
    tensors = load_file(store.path("alice"))
    assert set(tensors) == {"codes.default"}
    voice = read_voice_file(store.path("alice"))
    assert voice.origin == ("alice.wav",)
    assert re.match(r"\d{4}-\d\d-\d\dT\S+ --consent", voice.consent)
    said = voxtral("say", "Hello.", "--voice", "alice", "-o", "a.wav", "--json")
    assert said.exit_code == 0, said.stderr
    assert json.loads(said.stdout)["voice"] == "alice"
    assert np.array_equal(fake.heard[-1][1].codes, voice.style("", "alice").codes)


def test_say_clones_in_one_step(voxtral: Voxtral, fake: FakeEngine, clip: Path) -> None:
    refused = voxtral("say", "Hello.", "--voice", "alice.wav", "-o", "a.wav")
    assert (refused.exit_code, Path("a.wav").exists()) == (2, False)
    assert "consent" in refused.stderr
    done = voxtral("say", "Hello.", "--voice", "alice.wav", "--consent", "-o", "a.wav")
    assert done.exit_code == 0, done.stderr
    assert "voice=alice.wav" in soundfile.SoundFile("a.wav").comment
    again = voxtral("say", "Hello.", "--voice", "alice.wav", "-o", "b.wav")
    assert again.exit_code == 0, "consent is asked for once a recording"


def test_styles(voxtral: Voxtral, fake: FakeEngine, clip: Path, store: VoiceStore) -> None:
    voxtral("clone", "alice.wav", "--consent")
    added = voxtral("clone", "alice.wav", "--style", "happy")
    assert added.exit_code == 0, added.stderr
    assert list(read_voice_file(store.path("alice")).styles) == ["default", "happy"]
    assert voxtral("say", "Hi.", "--voice", "alice:happy", "-o", "a.wav").exit_code == 0
    again = voxtral("clone", "alice.wav", "--style", "happy")
    assert (again.exit_code, again.stderr.count("already")) == (2, 1)
    assert voxtral("clone", "alice.wav", "--style", "").exit_code == 2
    assert len(read_voice_file(store.path("alice")).consent) > 20
    wrong = voxtral("say", "Hi.", "--voice", "alice:sad", "-o", "b.wav")
    assert wrong.exit_code == 2
    assert "default, happy" in wrong.stderr


def test_nothing_is_lost_by_cloning_again(
    voxtral: Voxtral, clip: Path, store: VoiceStore, unloadable: None
) -> None:
    store.prepare()
    store.path("alice").write_bytes(b"mine")
    again = voxtral("clone", "alice.wav", "--consent")
    assert again.exit_code == 2
    assert "already" in again.stderr
    assert store.path("alice").read_bytes() == b"mine"


def test_of_two_that_make_one_name_the_second_is_told(
    voxtral: Voxtral, clip: Path, store: VoiceStore
) -> None:
    voxtral("clone", "alice.wav", "--consent")
    voice = read_voice_file(store.path("alice"))
    with pytest.raises(InputError, match="already"):
        store.save("alice", voice)
    assert store.save("alice", voice, force=True) == store.path("alice")


def test_the_reference_never_replaces_the_recording(
    voxtral: Voxtral, clip: Path, unloadable: None
) -> None:
    before = clip.read_bytes()
    for name in ("alice.wav", "-", "heard.xyz", "no/where.wav"):
        bad = voxtral("clone", "alice.wav", "--consent", "--show-reference", name)
        assert bad.exit_code == 2, name
    assert clip.read_bytes() == before


def test_consent_is_written_down_once(voxtral: Voxtral, clip: Path, store: VoiceStore) -> None:
    for name in ("a", "b"):
        assert voxtral("clone", "alice.wav", "--consent", "--name", name).exit_code == 0
    assert len((store.folder / "consents.jsonl").read_text().splitlines()) == 1


def test_a_pipe_is_refused(voxtral: Voxtral, unloadable: None) -> None:
    os.mkfifo("pipe.wav")
    bad = voxtral("clone", "pipe.wav", "--consent", "--name", "p")
    assert bad.exit_code == 2
    assert "no plain file" in bad.stderr


def test_hours_are_refused_before_they_are_read(voxtral: Voxtral, unloadable: None) -> None:
    soundfile.write("long.wav", np.zeros(3601 * 1000, np.int16), 1000)
    bad = voxtral("clone", "long.wav", "--consent")
    assert bad.exit_code == 2
    assert "hours long" in bad.stderr


def test_a_name_that_is_no_utf8(voxtral: Voxtral, sound: np.ndarray) -> None:
    path = os.fsdecode(b"caf\xe9.wav")
    with open(path, "wb") as file:
        soundfile.write(file, sound, 24000, format="WAV")
    done = voxtral("say", "Hi.", "--consent", "--voice", path, "-o", "a.wav")
    assert done.exit_code == 0, done.stderr


def test_what_the_model_hears_can_be_heard(voxtral: Voxtral, clip: Path) -> None:
    soundfile.write("long.wav", babble(32.0), 24000)
    done = voxtral("clone", "long.wav", "--consent", "--show-reference", "heard.flac")
    assert done.exit_code == 0, done.stderr
    heard, rate = soundfile.read("heard.flac")
    assert rate == 24000
    assert 15 < len(heard) / rate <= loading.read_config("nano").max_voice_seconds
    assert "the best" in done.stderr


def test_voices_are_listed_shown_renamed_given_away_and_removed(
    voxtral: Voxtral, clip: Path, store: VoiceStore
) -> None:
    voxtral("clone", "alice.wav", "--consent", "--name", "a1")
    listed = json.loads(voxtral("voices", "--json").stdout)
    assert [voice["name"] for voice in listed if voice["kind"] == "cloned"] == ["a1"]
    shown = json.loads(voxtral("voices", "show", "a1", "--json").stdout)
    assert shown["origin"] == ["alice.wav"]
    astray = voxtral("voices", "--json", "show", "a1")
    assert (astray.exit_code, astray.stdout) == (2, "")
    assert "--json before show would not count" in astray.stderr
    assert voxtral("voices", "rename", "a1", "b2").exit_code == 0
    assert store.names() == ["b2"]
    assert voxtral("voices", "export", "b2", "b2.safetensors").exit_code == 0
    assert voxtral("voices", "export", "b2", "b2.safetensors").exit_code == 2
    assert voxtral("voices", "remove", "b2").exit_code == 0
    assert store.names() == []
    assert voxtral("say", "Hi.", "--voice", "b2.safetensors", "-o", "a.wav").exit_code == 0
    assert voxtral("voices", "import", "b2.safetensors", "-n", "c3").exit_code == 0
    assert store.names() == ["c3"]
    for line in ("rename c3 Casual_Male", "import b2.safetensors -n casual_male --force"):
        refused = voxtral("voices", *line.split())
        assert (refused.exit_code, store.names()) == (2, ["c3"])
        assert "preset voice of nano" in refused.stderr
    for command in (("show",), ("remove",), ("export", "x.safetensors")):
        missing = voxtral("voices", command[0], "nobody", *command[1:])
        assert (missing.exit_code, missing.stderr.count("\n")) == (2, 2)


def test_aliases_of_openai(voxtral: Voxtral, fake: FakeEngine) -> None:
    assert voxtral("say", "Hi.", "--voice", "Alloy", "-o", "a.wav").exit_code == 0
    assert fake.heard[-1][1] == "neutral_female"


@pytest.mark.parametrize("name", ["a/b", "../up", "x" * 10_000, "", "-", "a b", ".hidden"])
def test_names_that_are_no_names(
    voxtral: Voxtral, clip: Path, store: VoiceStore, name: str, unloadable: None
) -> None:
    bad = voxtral("clone", "alice.wav", "--consent", f"--name={name}")
    assert bad.exit_code == 2
    assert "cannot be the name" in bad.stderr
    assert len(bad.stderr) < 400
    assert store.names() == []


def write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "hello")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p, s: p.write_bytes(b""), "is empty"),
        (lambda p, s: p.write_bytes(b"not audio at all"), "cannot be read"),
        (lambda p, s: write_zip(p), "cannot be read"),
        (lambda p, s: soundfile.write(p, s[:0], 24000), "no samples"),
        (lambda p, s: soundfile.write(p, s[: 2 * 24000], 24000), "s of speech"),
        (lambda p, s: soundfile.write(p, s * 0, 24000), "only 0.0 s of speech"),
        (lambda p, s: soundfile.write(p, s * np.nan, 24000, "FLOAT"), "no numbers"),
        (lambda p, s: p.mkdir(), "is a directory"),
        (lambda p, s: None, "no file"),
    ],
)
def test_recordings_that_cannot_be_used(
    voxtral: Voxtral,
    sound: np.ndarray,
    store: VoiceStore,
    make: object,
    message: str,
    unloadable: None,
) -> None:
    make(Path("bad.wav"), sound)  # type: ignore[operator]
    bad = voxtral("clone", "bad.wav", "--consent", "--name", "x")
    assert bad.exit_code == 2
    assert message in bad.stderr
    assert 1 <= bad.stderr.count("\n") <= 2
    assert store.names() == []


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"),
    [(192000, 1, "PCM_24"), (48000, 6, "PCM_16"), (8000, 1, "PCM_U8"), (22050, 2, "FLOAT")],
)
def test_recordings_of_every_kind(
    voxtral: Voxtral, rate: int, channels: int, subtype: str, store: VoiceStore
) -> None:
    wave = babble(5.0, rate=rate)
    soundfile.write("odd.wav", np.stack([wave] * channels, 1), rate, subtype)
    done = voxtral("clone", "odd.wav", "--consent")
    assert done.exit_code == 0, done.stderr
    assert store.names() == ["odd"]


def test_channels_that_are_wired_against_each_other(voxtral: Voxtral, sound: np.ndarray) -> None:
    """Their mean is silence."""
    for name, other in (("good.wav", sound), ("bad.wav", -0.9 * sound)):
        soundfile.write(name, np.stack([sound, other], 1), 24000, "FLOAT")
    np.testing.assert_array_equal(read_audio(Path("bad.wav")).samples, sound)
    np.testing.assert_array_equal(read_audio(Path("good.wav")).samples, sound)


def test_a_flac_that_does_not_tell_its_length(
    voxtral: Voxtral, sound: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that came out of a pipe, whose end libsndfile loses."""
    monkeypatch.setattr("shutil.which", lambda name: None)
    with open("piped.flac", "wb") as file:
        encoder = open_encoder(Output(file, "stdout"), FLAC, 24000, {})
        encoder.write(sound)
        encoder.finish()
    assert soundfile.info("piped.flac").frames > 1 << 40
    soundfile.write("whole.flac", to_pcm16(sound), 24000)
    whole, piped = (read_audio(Path(f"{name}.flac")) for name in ("whole", "piped"))
    assert np.array_equal(whole.samples, piped.samples)
    for command in ("clone piped.flac --consent", "encode piped.flac", "detect piped.flac"):
        assert voxtral(*command.split()).exit_code == 0
    assert json.loads(voxtral("detect", "piped.flac", "--json").stdout)["seconds"] == 5.0


def test_a_truncated_recording_gives_what_it_has(
    voxtral: Voxtral, sound: np.ndarray, clip: Path
) -> None:
    clip.write_bytes(clip.read_bytes()[: 44 + 2 * 24000 * 4])
    assert voxtral("clone", "alice.wav", "--consent").exit_code == 0


@pytest.mark.parametrize(
    "how", ["cut", "bytes", "format", "codes", "escape", "style", "kind", "tokens"]
)
def test_voice_files_that_are_none(
    voxtral: Voxtral, clip: Path, store: VoiceStore, how: str
) -> None:
    voxtral("clone", "alice.wav", "--consent")
    path = store.path("alice")
    data = path.read_bytes()
    if how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "bytes":
        path.write_bytes(struct.pack("<Q", 9) + b"{garbage}" + data)
    elif how == "format":
        path.write_bytes(data.replace(b"voxtral-voice", b"voxtral-noise"))
    elif how == "escape":
        path.write_bytes(re.sub(rb'"consent":".{6}', rb'"consent":"\\u001b', data))
    elif how == "style":
        path.write_bytes(data.replace(b'[\\"default\\"]', b"[1, 2, 3, 4 ]"))
    elif how == "kind":
        path.write_bytes(data.replace(b'"I16"', b'"F16"'))
    elif how == "tokens":
        path.unlink()
        voxtral("encode", "alice.wav", "-o", str(path))
    else:
        voice = read_voice_file(path)
        voice.styles["default"].codes[3] = -1
        write_voice_file(path, voice)
    bad = voxtral("say", "Hi.", "--voice", "alice", "-o", "a.wav")
    assert bad.exit_code == 2
    assert "voice" in bad.stderr
    assert bad.stderr.count("\n") == 2
    assert not Path("a.wav").exists()


def test_a_store_that_cannot_be_written(
    voxtral: Voxtral, clip: Path, store: VoiceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.folder.mkdir()
    monkeypatch.setattr("voxtral_cli.audio.output.os.access", lambda *_: False)  # root may always
    assert voxtral("clone", "alice.wav", "--consent").exit_code == 1


def test_a_store_that_is_a_file(voxtral: Voxtral, clip: Path, store: VoiceStore) -> None:
    store.folder.write_text("")
    bad = voxtral("clone", "alice.wav", "--consent")
    assert bad.exit_code == 1
    assert "Cannot write" in bad.stderr


def test_a_voice_is_told_from_tokens(voxtral: Voxtral, clip: Path, store: VoiceStore) -> None:
    voxtral("clone", "alice.wav", "--consent")
    bad = voxtral("decode", str(store.path("alice")), "-o", "a.wav")
    assert bad.exit_code == 2
    assert "is a voice, not codec tokens" in bad.stderr
    voxtral("encode", "alice.wav", "-o", "t.safetensors")
    bad = voxtral("say", "Hi.", "--voice", "t.safetensors", "-o", "a.wav")
    assert bad.exit_code == 2
    assert "t.safetensors is no voice file" in bad.stderr
    assert not Path("a.wav").exists()


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("name", ["a.m4a", "a.webm", "film.mp4", "film.mkv"])
def test_any_container_with_sound_can_be_cloned(voxtral: Voxtral, clip: Path, name: str) -> None:
    picture = ["-f", "lavfi", "-i", "color=size=64x64:duration=5"] if "film" in name else []
    line = ["ffmpeg", "-v", "error", *picture, "-i", clip, "-strict", "-2", name]
    subprocess.run(line, check=True)
    facts = [
        json.loads(voxtral("clone", c, "--consent", "--json").stdout) for c in (str(clip), name)
    ]
    assert facts[0]["given_seconds"] == pytest.approx(facts[1]["given_seconds"], abs=0.3)
    assert facts[1]["frames"] > 0


def test_a_checkpoint_without_an_encoder_says_so_before_it_is_loaded(
    voxtral: Voxtral, clip: Path, unloadable: None
) -> None:
    model = Path(__file__).parents[1] / "golden/tiny-open"
    arguments = ("--consent", "--model", str(model))
    for command in (("clone", "alice.wav"), ("say", "Hi.", "--voice", "alice.wav", "-o", "a.wav")):
        bad = voxtral(*command, *arguments)
        assert bad.exit_code == 2
        assert "no codec encoder" in bad.stderr


@pytest.mark.parametrize("name", ["x" * 10_000, "x" * 10_000 + ".wav", "no/such", "a\0b", "Alise"])
def test_voices_that_are_nowhere(voxtral: Voxtral, name: str, unloadable: None) -> None:
    bad = voxtral("say", "Hi.", "--consent", f"--voice={name}", "-o", "a.wav")
    assert bad.exit_code == 2
    assert bad.stderr.count("\n") == 2
    assert not Path("a.wav").exists()
