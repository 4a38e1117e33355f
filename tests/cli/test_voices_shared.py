"""A folder of voices that several people and processes use, under names of all kinds."""

import json
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from typer.testing import Result

from engine.errors import VoxtralError
from tests.babble import babble
from tests.cli.fake_engine import FakeEngine
from voxtral_cli import consent, loading, trial
from voxtral_cli.file_names import check_name, name_of
from voxtral_cli.locks import one_at_a_time
from voxtral_cli.tokens import read_tokens
from voxtral_cli.voice_files import LOCK, VoiceStore, default_folder, read_voice_file

Voxtral = Callable[..., Result]
CLONE = ("clone", "alice.wav", "--consent")


@pytest.fixture(autouse=True)
def store(fake: FakeEngine) -> VoiceStore:
    soundfile.write("alice.wav", babble(5.0), 24000)
    return VoiceStore()


@pytest.mark.parametrize(
    "user", ["山田\u3000太郎", "a\u00a0b", "👩\u200d💻", "\x1b[2Jroot", "\udce9"]
)
def test_whatever_the_user_and_the_model_are_called_the_voice_can_be_read(
    voxtral: Voxtral, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    monkeypatch.setattr(consent, "_user", lambda: user)
    fake.name = user
    assert voxtral(*CLONE).exit_code == 0
    voice = read_voice_file(VoiceStore().path("alice"))
    shown = user.replace("\x1b", "?").replace("\udce9", "?")
    assert voice.consent.endswith(shown)
    assert voice.styles["default"].model == shown
    assert voxtral("encode", "alice.wav", "-o", "a.safetensors").exit_code == 0
    assert read_tokens(Path("a.safetensors")).model == shown


@pytest.mark.parametrize("name", ["consents.jsonl", LOCK])
def test_what_another_user_owns_stops_no_clone(
    voxtral: Voxtral, store: VoiceStore, name: str
) -> None:
    (store.folder / name).mkdir(parents=True)  # as good as unwritable, for root too
    done = voxtral(*CLONE)
    assert done.exit_code == 0
    assert store.names() == ["alice"]
    assert ("the consent is not kept" in done.stderr) == (name == "consents.jsonl")


def test_one_waits_for_the_other(tmp_path: Path) -> None:
    order: list[str] = []
    first, second = threading.Event(), threading.Event()

    def other() -> None:
        first.wait()
        second.set()
        with one_at_a_time(tmp_path / LOCK):
            order.append("second")

    waiting = threading.Thread(target=other)
    waiting.start()
    with one_at_a_time(tmp_path / LOCK):
        first.set()
        second.wait()
        waiting.join(0.2)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


def test_no_style_is_not_all_of_them(voxtral: Voxtral, store: VoiceStore) -> None:
    voxtral(*CLONE, "--style", "happy", "--name", "ann")
    refused = voxtral("voices", "remove", "ann:")
    assert (refused.exit_code, store.styles("ann")) == (2, ["happy"])
    assert "No style is named" in refused.stderr


def test_a_voice_that_cannot_be_heard_is_told_of(
    voxtral: Voxtral, store: VoiceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_card(*_: object) -> None:
        raise VoxtralError("aplay: no sound card.")

    monkeypatch.setattr(trial.Trial, "run", no_card)
    done = voxtral(*CLONE, "--try", "Hi.", "-o", "a.wav", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["file"] == str(store.path("alice"))


@pytest.mark.parametrize(
    "line",
    [
        "clone alice.wav --consent --try Hi. -o /dev/stdout",
        "clone alice.wav --consent --show-reference /dev/fd/1",
        "encode alice.wav -o /dev/stdout",
        "voices --model nano play alice",
        "models --json pull nano",
    ],
)
def test_stdout_is_for_one_thing_and_options_for_what_they_stand_behind(
    voxtral: Voxtral, line: str
) -> None:
    refused = voxtral(*line.split())
    assert (refused.exit_code, refused.stdout) == (2, "")


def test_tokens_go_into_a_pipe(voxtral: Voxtral) -> None:
    os.mkfifo("pipe")
    with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE) as reader:
        assert voxtral("encode", "alice.wav", "-o", "pipe").exit_code == 0
        assert b'"format":"voxtral-codes"' in reader.communicate(timeout=30)[0]


def test_home_is_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("VOXTRAL_VOICES", "~/voices")
    assert default_folder() == tmp_path / "voices"


@pytest.mark.parametrize("name", ["con", "AUX", "nul.v2", "com1", "_a", "Zoë"])
def test_names_that_are_devices_somewhere_are_refused(name: str) -> None:
    with pytest.raises(VoxtralError, match="cannot be the name of a voice"):
        check_name(name, new=True)
    if name.isascii() and name != "_a":
        with pytest.raises(VoxtralError, match="cannot be the name of a voice"):
            name_of(Path(f"{name}.wav"))
        assert check_name(name) == name  # one that is there can be removed


@pytest.mark.parametrize(
    "line",
    [
        "clone alice.wav --consent --force",
        "encode alice.wav",
        "decode a.safetensors -o b.wav",
        "voices play ann -o b.wav",
        "doctor",
        "say Hi. -o b.wav",
    ],
)
def test_each_command_that_loads_a_model_quantizes_it(
    voxtral: Voxtral, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    voxtral(*CLONE, "--name", "ann")
    voxtral("encode", "alice.wav", "-o", "a.safetensors")
    asked: list[object] = []

    def load(
        model: str,
        device: str,
        encoder: str | None = None,
        quantize: str | None = None,
        graphs: bool | None = None,
    ) -> FakeEngine:
        asked.append(quantize)
        return fake

    monkeypatch.setattr(loading, "load_engine", load)
    monkeypatch.setenv("VOXTRAL_QUANTIZE", "int8")
    assert voxtral(*line.split()).exit_code == 0
    assert voxtral(*line.split(), "--quantize", "int4").exit_code == 0
    assert asked == ["int8", "int4"]
