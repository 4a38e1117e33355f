"""What is read, kept or given by others is never written over, and what is lost is said."""

import errno
import io
import re
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import Result

from engine.errors import InputError, VoxtralError
from tests.babble import babble
from tests.cli.fake_engine import FakeEngine
from voxtral_cli.audio.blocks import open_audio
from voxtral_cli.audio.output import PART, Output, is_unread, whole_file
from voxtral_cli.audio.read import read_audio
from voxtral_cli.failures import perhaps_unread
from voxtral_cli.voice_files import VoiceStore

Voxtral = Callable[..., Result]


@pytest.fixture(autouse=True)
def clip(fake: FakeEngine) -> Path:
    path = Path("alice.wav")
    soundfile.write(path, babble(5.0), 24000)
    return path


@pytest.mark.parametrize(
    "line",
    [
        "say Hello. --voice alice.wav --consent -o alice.wav",
        "say -f book.txt -o book.txt --format wav",
        "decode t.safetensors -o t.safetensors --format wav",
        "batch book.txt --voice alice.wav --consent -o alice.wav",
        "batch book.txt --cast ANN=alice.wav --consent -o alice.wav",
        "encode alice.wav -o alice.wav",
        "encode alice.wav -o ./bob.safetensors",
    ],
)
def test_no_input_is_written_over(voxtral: Voxtral, line: str) -> None:
    Path("book.txt").write_text("It rained.\n\nANN: It stopped.\n")
    voxtral("clone", "alice.wav", "--consent")
    assert voxtral("voices", "export", "alice", "bob.safetensors").exit_code == 0
    assert voxtral("encode", "alice.wav", "-o", "t.safetensors").exit_code == 0
    before = {path: path.read_bytes() for path in Path().iterdir()}
    refused = voxtral(*line.split())
    assert refused.exit_code == 2
    assert "it would be lost" in refused.stderr or "holds something else" in refused.stderr
    assert {path: path.read_bytes() for path in Path().iterdir()} == before


def test_tokens_are_made_anew(voxtral: Voxtral) -> None:
    for _ in range(2):
        assert voxtral("encode", "alice.wav").exit_code == 0


def test_a_damaged_recording_is_told(voxtral: Voxtral) -> None:
    path = Path("a.mp3")
    soundfile.write(path, babble(5.0), 24000)
    assert len(read_audio(path).samples) == pytest.approx(5 * 24000, abs=0.1 * 24000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    for command in ("encode", "clone", "detect"):
        refused = voxtral(command, str(path), *["--consent"] * (command == "clone"))
        assert refused.exit_code == 2
        assert "is damaged: " in refused.stderr
    with pytest.raises(InputError, match="is damaged"), open_audio(path, 0.5) as stream:
        for _ in stream.blocks:
            pass


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.au"])
def test_a_recording_that_is_cut_off_is_told(voxtral: Voxtral, name: str) -> None:
    soundfile.write(name, babble(8.0), 24000)
    path, told = Path(name), f"note: {name} is cut off: 4.0 of 8.0 s are there\n"
    for size, notes in ((None, 0), (-4000, 0), (path.stat().st_size // 2, 1)):
        path.write_bytes(path.read_bytes()[:size])  # 4000 bytes are less than a header may err by
        for line in (f"encode {name}", f"say Hi --voice {name} --consent -o b.wav"):
            done = voxtral(*line.split())
            assert (done.exit_code, done.stderr.count(told)) == (0, notes)
            assert done.stderr.count("cut off") == notes


def test_a_wav_that_claims_no_length_is_not_cut_off(voxtral: Voxtral) -> None:
    streamed = voxtral("say", "Two words.", "-o", "-").stdout_bytes
    assert streamed[4:8] == b"\xff\xff\xff\xff"
    Path("a.wav").write_bytes(streamed)
    assert read_audio(Path("a.wav")).note == ""


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8000, 24000, 44100])
@pytest.mark.parametrize("loud_first", [True, False])
def test_an_mp3_that_does_not_tell_its_length_is_read_whole(
    rate: int, channels: int, loud_first: bool
) -> None:
    """libsndfile takes the rate of the first frame for that of all."""
    noise = np.random.default_rng(0).normal(0, 0.2, (2 * rate, channels))
    parts = [noise, np.zeros((rate, channels))]
    sound = np.concatenate(parts if loud_first else parts[::-1])
    soundfile.write("a.mp3", sound, rate)
    whole = read_audio(Path("a.mp3")).samples
    data = Path("a.mp3").read_bytes()
    begin = data.index(b"\xff" + data[1:2], data.index(b"Xing"))  # the second frame
    Path("a.mp3").write_bytes(data[begin:])
    with soundfile.SoundFile("a.mp3") as guessed:
        assert abs(guessed.frames - len(sound)) > rate / 4
    found = read_audio(Path("a.mp3"))
    assert found.rate == rate
    assert len(found.samples) == pytest.approx(len(sound), abs=4000)
    energy, known = (np.square(one).sum() for one in (found.samples, whole))
    assert energy == pytest.approx(known, rel=0.05)


def test_an_mp3_out_of_a_pipe_tells_its_length(voxtral: Voxtral) -> None:
    """All frames of it have one rate."""
    said = voxtral("say", "Hello there. How are you?", "-o", "-", "--format", "mp3")
    Path("a.mp3").write_bytes(said.stdout_bytes)
    voxtral("say", "Hello there. How are you?", "-o", "a.wav")
    assert soundfile.info("a.mp3").frames == pytest.approx(soundfile.info("a.wav").frames, abs=4000)
    assert said.stdout_bytes[:3] == b"ID3"


def test_a_flac_that_claims_to_be_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room is made for what is there."""
    monkeypatch.setattr("shutil.which", lambda name: None)
    soundfile.write("a.flac", babble(2.0), 24000)
    data = bytearray(Path("a.flac").read_bytes())
    packed = int.from_bytes(data[18:26], "big")  # rate, channels, bits, and 36 bits of length
    data[18:26] = struct.pack(">Q", packed & ~(2**36 - 1) | 2**33)
    Path("a.flac").write_bytes(data)
    with pytest.raises(InputError, match=r"damaged|cannot be read"):
        read_audio(Path("a.flac"))


def test_too_little_memory_is_an_error_like_others(
    voxtral: Voxtral, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(fake, "encode", fail)
    failed = voxtral("encode", "alice.wav")
    assert failed.exit_code == 1
    assert failed.stderr.startswith("error: This takes more memory than there is.")


@pytest.mark.parametrize(
    ("file", "name"),
    [("New Recording 3.wav", "New-Recording-3"), ("Zo\u00eb.wav", "Zoe"), ("_a_.wav", "a")],
)
def test_a_voice_is_called_after_its_recording(
    voxtral: Voxtral, clip: Path, file: str, name: str
) -> None:
    clip.rename(file)
    assert voxtral("clone", file, "--consent").exit_code == 0
    assert VoiceStore().names() == [name]
    Path(file).rename("\u65e5.wav")
    refused = voxtral("clone", "\u65e5.wav", "--consent")
    assert refused.exit_code == 2
    assert "--name" in refused.stderr


def test_styles_that_go_are_named_and_can_be_removed_and_chosen(voxtral: Voxtral) -> None:
    make = ("clone", "alice.wav", "--consent")
    for more in ((), ("--style", "happy"), ("--style", "sad")):
        assert voxtral(*make, *more).exit_code == 0
    assert voxtral("voices", "export", "alice", "two.safetensors").exit_code == 0
    said = voxtral("say", "Hi.", "--voice", "two.safetensors:happy", "-o", "a.wav")
    assert said.exit_code == 0, said.stderr
    assert "two:happy" in said.stderr
    unknown = voxtral("say", "Hi.", "--voice", "two.safetensors:angry", "-o", "b.wav")
    assert "no style 'angry'" in unknown.stderr
    assert voxtral("voices", "remove", "alice:sad").exit_code == 0
    assert VoiceStore().styles("alice") == ["default", "happy"]
    assert voxtral("voices", "remove", "alice:sad").exit_code == 2
    again = voxtral(*make, "--force")
    assert "gone with it: happy" in again.stderr
    assert voxtral("voices", "remove", "alice:default").exit_code == 0
    assert VoiceStore().names() == []


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", refuse)


def test_where_the_file_system_has_no_locks(voxtral: Voxtral, no_locks: None) -> None:
    Path("book.txt").write_text("It rained.\n")
    assert voxtral("batch", "book.txt", "-o", "book.wav").exit_code == 0
    assert voxtral("clone", "alice.wav", "--consent").exit_code == 0
    assert VoiceStore().names() == ["alice"]


def test_chapters_that_are_none_any_more_are_named(voxtral: Voxtral) -> None:
    book, line = Path("book.md"), ("batch", "book.md", "-o", "out/", "--split", "--format", "flac")
    book.write_text("# One\n\nIt rained.\n\n# Two\n\nIt stopped.\n\n# Three\n\nThe end.\n")
    assert "any more" not in voxtral(*line).stderr
    assert "any more" not in voxtral(*line[:-1], "wav").stderr
    assert "any more" not in voxtral(*line, "--chapters", "2").stderr
    book.write_text("# One\n\nIt rained.\n\n# Two: The Boats\n\nIt stopped.\n")
    said = voxtral(*line).stderr
    told = [text for text in said.splitlines() if "no chapter of the book any more" in text]
    gone = ["02 Two.flac", "03 Three.flac", "02 Two.wav", "03 Three.wav"]
    assert sorted(text.rpartition("/")[2] for text in told) == sorted(gone)


def test_clean_takes_what_is_outdated_with_it_and_knows_a_folder_by_any_name(
    voxtral: Voxtral,
) -> None:
    book, line = Path("book.md"), ("batch", "book.md", "--split", "--format", "flac", "-o")
    book.write_text("# One\n\nIt rained.\n\n# Two\n\nIt stopped.\n")
    assert voxtral(*line, "out/").exit_code == 0
    book.write_text("# One\n\nIt rained.\n\n# Three\n\nIt stopped.\n")
    done = voxtral(*line, f"{Path('out').absolute()}/", "--clean")
    assert "02 Two.flac" in done.stderr
    assert "is kept" not in done.stderr
    assert not Path("out/batch.voxtral").exists()


def test_another_books_chapters_are_not_outdated(voxtral: Voxtral) -> None:
    for name in "ab":
        Path(f"{name}.md").write_text(f"# {name}1\n\nIt rained.\n\n# {name}2\n\nIt stopped.\n")
        done = voxtral("batch", f"{name}.md", "--split", "-o", "out/", "--format", "flac")
        assert "any more" not in done.stderr
    assert len(list(Path("out").glob("*.flac"))) == 4


def test_clean_keeps_what_others_need(voxtral: Voxtral, fake: FakeEngine) -> None:
    for name in ("one", "two"):
        Path(f"{name}.txt").write_text(f"It rained on {name}.\n")
        done = voxtral("batch", f"{name}.txt", "-o", "out/", "--format", "flac", "--clean")
        assert done.exit_code == 0
        assert not Path("out/batch.voxtral").exists()
    voxtral("batch", "one.txt", "-o", "out/", "--format", "wav")
    kept = voxtral("batch", "two.txt", "-o", "out/", "--format", "wav", "--clean")
    assert re.search(r"is kept: it holds other files' speech \(.*out/one\.wav\)", kept.stderr)
    assert "0 passages to speak" in voxtral("batch", "one.txt", "-o", "out/").stderr


def test_a_folder_is_swept_once(tmp_path: Path) -> None:
    stale = tmp_path / f"{PART}999999999-0.part"
    for left in (False, True):
        stale.touch()
        with whole_file(tmp_path / "a.txt") as output:
            output.write(b"a")
        assert stale.exists() == left


def test_the_last_step_of_a_file_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", ".voxtral-1-2.part")

    Path("a.bin").write_bytes(b"old")
    monkeypatch.setattr("shutil.copymode", refused)  # a file system without modes
    with whole_file(Path("a.bin")) as output:
        output.write(b"new")
    assert Path("a.bin").read_bytes() == b"new"
    monkeypatch.setattr(Path, "replace", refused)  # on Windows: another program has it open
    why = pytest.raises(VoxtralError, match=r"Cannot write a\.bin: Operation not permitted")
    with why, whole_file(Path("a.bin")) as output:
        output.write(b"newer")
    assert Path("a.bin").read_bytes() == b"new"
    assert not list(Path().glob(f"{PART}*"))


def test_on_windows_a_closed_pipe_is_an_invalid_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            raise OSError(errno.EINVAL, "Invalid argument")

    with pytest.raises(VoxtralError, match="Invalid argument"):
        Output(Closed(), "stdout").write(b"1")
    monkeypatch.setattr("voxtral_cli.audio.output.WINDOWS", True)
    with pytest.raises(BrokenPipeError):
        Output(Closed(), "stdout").write(b"1")
    assert not is_unread(OSError(errno.EINVAL, "Invalid argument", "what?.wav"))
    with pytest.raises(VoxtralError, match="Invalid argument"):  # a file: its disk is gone
        Output(Closed(), "a.wav", path=Path("a.wav")).write(b"1")
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BufferedWriter(Closed())))
    monkeypatch.setattr("voxtral_cli.failures._give_up_stdout", lambda: None)
    with perhaps_unread():
        print("words")


def test_a_user_without_a_home(voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobodys_home(name: str) -> str:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.delenv("VOXTRAL_VOICES")
    for answer in (nobodys_home, lambda name: "~/.local/share/voxtral"):
        monkeypatch.setattr("platformdirs.user_data_dir", answer)
        assert voxtral("say", "Hi.", "-o", "hi.wav").exit_code == 0
        assert voxtral("voices").exit_code == 0
        refused = voxtral("clone", "alice.wav", "--consent")
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "Set VOXTRAL_VOICES" in refused.stderr
    assert not Path("~").exists()
