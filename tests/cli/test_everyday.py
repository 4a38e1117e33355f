"""Settings, files and names as people have them: what is meant is done, or said."""

import codecs
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from typer.testing import Result

from engine.checkpoint import has_own_encoder
from engine.hub import resolve
from tests.babble import babble
from tests.cli.conftest import ROOT
from tests.cli.fake_engine import FakeEngine
from voxtral_cli import loading

Voxtral = Callable[..., Result]
TINY = str(ROOT / "tests/golden/tiny")


@pytest.fixture(autouse=True)
def clip(fake: FakeEngine) -> None:
    soundfile.write("alice.wav", babble(5.0), 24000)


def test_files_are_told_in_the_order_of_the_items(fake: FakeEngine, voxtral: Voxtral) -> None:
    """Whatever is ready first, the first time and the second."""
    items = [{"text": "word " * (6 - n), "name": f"n{n}"} for n in range(5)]
    Path("a.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    line = ["batch", "a.jsonl", "-o", "out", "--format", "wav", "--json"]
    told = [json.loads(voxtral(*line).stdout)["files"] for _ in range(2)]
    assert [Path(file["file"]).stem for file in told[0]] == [f"n{n}" for n in range(5)]
    assert [file.pop("new") for files in told for file in files] == [True] * 5 + [False] * 5
    assert told[0] == told[1]
    assert told[0][0]["seconds"] > told[0][4]["seconds"] > 0


def test_a_standing_encoder_is_for_models_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of the 4B model: nano has its own."""
    folder = resolve("nano")
    assert has_own_encoder(folder)
    assert loading.encoder_file(folder, "other.safetensors") == Path("other.safetensors")
    monkeypatch.setenv("VOXTRAL_ENCODER", "other.safetensors")
    assert loading.encoder_file(folder, "other.safetensors") is None
    assert loading.can_clone("nano", "other.safetensors")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_heeded(voxtral: Voxtral, encoding: str) -> None:
    Path("a.txt").write_text("Déjà vu.", encoding=encoding)
    assert voxtral("say", "-f", "a.txt", "--show-text").stdout == "Déjà vu.\n"
    big = codecs.BOM_UTF16_BE + "Hi.".encode("utf-16-be")
    assert voxtral("say", "--show-text", stdin=big).stdout == "Hi.\n"


def test_text_that_begins_with_a_dash(voxtral: Voxtral) -> None:
    for text in ("-5 degrees", "- Hello", "-- Hello"):
        refused = voxtral("say", text, "--show-text")
        assert refused.exit_code == 2
        assert 'voxtral say -- "' in refused.stderr
        assert voxtral("say", "--show-text", "--", text).exit_code == 0
    for option in ("--sed", "-s"):
        assert "--help" in voxtral("say", "Hi.", option, "3").stderr


def test_a_voice_file_has_a_name_that_voice_takes(voxtral: Voxtral) -> None:
    voxtral("clone", "alice.wav", "--consent")
    refused = voxtral("voices", "export", "alice", "alice.voice")
    assert (refused.exit_code, Path("alice.voice").exists()) == (2, False)
    assert "alice.safetensors" in refused.stderr


@pytest.mark.parametrize("line", ["say Hi. -o -", "say Hi. -o a.opus"])
def test_a_standing_certificate_signs_what_can_be_signed(
    voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setenv("VOXTRAL_SIGN_KEY", "./key.pem")
    assert voxtral("say", "Hi.", "-o", "a.wav").exit_code == 0
    monkeypatch.setenv("VOXTRAL_SIGN_CERT", "./cert.pem")
    done = voxtral(*line.split())
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("note: not signed: ") == 1
    assert voxtral(*line.split(), "--sign", "own.pem").exit_code == 2


def test_cloning_at_once_needs_no_place_for_voices(
    voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOXTRAL_VOICES", "/proc/voices")
    said = voxtral("say", "Hi.", "--voice", "alice.wav", "--consent", "-o", "a.wav")
    assert said.exit_code == 0, said.stderr
    assert "the consent is not kept" in said.stderr
    kept = voxtral("clone", "alice.wav", "--consent")
    assert (kept.exit_code, kept.stderr.count("Set VOXTRAL_VOICES")) == (1, 1)


def test_nothing_is_written_twice(unloadable: None, voxtral: Voxtral) -> None:
    line = ["clone", "alice.wav", "--consent", "--try", "Hi.", "--show-reference", "r.wav"]
    assert "written twice" in voxtral(*line, "-o", "./r.wav").stderr
    Path("talk.txt").write_text("Hello there.")
    Path("talk.srt").mkdir()
    refused = voxtral("batch", "talk.txt", "-o", "talk.wav", "--subtitles", "srt")
    assert (refused.exit_code, refused.stderr.count("talk.srt is a directory")) == (2, 1)


def test_what_voice_is_meant(fake: FakeEngine, voxtral: Voxtral) -> None:
    Path("echo").mkdir()
    fake.voices = ("neutral_male", "casual.male")
    assert voxtral("say", "Hi.", "--voice", "echo", "-o", "a.wav").exit_code == 0
    assert fake.heard[-1][1] == "neutral_male"
    for name in ("casual.mael", ""):
        refused = voxtral("say", "Hi.", "--voice", name, "-o", "a.wav")
        assert refused.exit_code == 2
        assert "Voices: neutral_male, casual.male" in refused.stderr


def test_languages_without_number_words_are_told(fake: FakeEngine, voxtral: Voxtral) -> None:
    Path("a.html").write_text('<html lang="und"><p>He has 5 dogs.</p></html>')
    plain = voxtral("batch", "a.html", "-o", "a.wav")
    assert (fake.rendered, "numbers" in plain.stderr) == (["He has five dogs."], False)
    for line in (["batch", "a.html", "-o", "b.wav"], ["say", "Hi 5.", "-o", "c.wav"]):
        told = voxtral(*line, "--language", "ge")
        assert "no words are known for them in 'ge'" in told.stderr
    Path("a.jsonl").write_text('{"text": "Hi.", "language": "klingon!"}\n')
    refused = voxtral("batch", "a.jsonl", "-o", "out")
    assert (refused.exit_code, refused.stderr.count("no language 'klingon!'")) == (2, 1)


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("Guten Tag.", "de", "nano speaks English alone, not 'de'"),
        ("Привет, мир. Hello.", "ru", "nano speaks English alone, not 'ru'; numbers"),
        ("Привет, мир. Hello.", "en", "English alone, and most of this text is in another script"),
        ("这是一个句子 for you.", "en", ""),
        ("Dear Владимир, welcome to Ωμέγα: ½ €5, ｃｍ² ☃.", "en-GB", ""),
    ],
)
def test_a_language_that_the_model_does_not_speak_is_told_once(
    fake: FakeEngine, voxtral: Voxtral, text: str, language: str, said: str
) -> None:
    Path("a.txt").write_text(text, encoding="utf-8")
    line = ["-f", "a.txt", "--language", language, "-o", "a.wav", "--json"]
    spoken = voxtral("say", *line)
    batch = voxtral("batch", "a.txt", "--language", language, "-o", "b.wav")
    notes = json.loads(spoken.stdout)["notes"]
    assert [said in note for note in notes] == [True] * bool(said)
    for told in (spoken, batch):
        assert told.stderr.count("nano speaks") == bool(said)
        assert f"note: {said}" in told.stderr or not said.startswith("nano")


def test_a_model_speaks_what_its_presets_tell(fake: FakeEngine, voxtral: Voxtral) -> None:
    assert loading.languages("nano") == ("en",)
    assert loading.languages(TINY) == ()  # a tuned one may speak anything
    fake.voices = ("neutral_female", "de_male", "AR_male")
    assert loading.languages(TINY) == ("en", "de", "ar")
    for text, count in (("شكرا جزيلا.", 0), ("Привет, мир.", 1)):
        told = voxtral("say", text, "-m", TINY, "-o", "a.wav").stderr
        assert told.count("speaks English, German, Arabic alone") == count


def test_items_name_roles(fake: FakeEngine, voxtral: Voxtral) -> None:
    Path("a.jsonl").write_text('{"text": "Hello there.", "voice": "Alice"}\n')
    line = ["batch", "a.jsonl", "-o", "out", "--format", "wav", "--cast", "ALICE=casual_male"]
    told = json.loads(voxtral(*line, "--dry-run", "--json").stdout)
    assert [passage["voice"] for passage in told] == ["casual_male"]
    assert "no line begins" not in voxtral(*line).stderr


def test_stdin_has_a_name(voxtral: Voxtral) -> None:
    Path("a.txt").write_text("Hello.")
    told = voxtral("batch", "-", "a.txt", "--list")
    assert told.exit_code == 3
    assert told.stderr.startswith("error: stdin")


@pytest.mark.parametrize("line", ["say Hi. -o a.wav", "batch a.txt -o a.wav"])
def test_what_is_asked_of_the_model_reaches_it(
    voxtral: Voxtral, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    Path("a.txt").write_text("Hi.")
    loaded: list[tuple[object, ...]] = []

    def load(*asked: object) -> FakeEngine:
        loaded.append(asked)
        return fake

    monkeypatch.setattr(loading, "load_engine", load)
    more = f"-m {TINY} --device cuda:1 --quantize int8 --no-graphs"
    assert voxtral(*line.split(), *more.split()).exit_code == 0
    assert loaded == [(TINY, "cuda:1", None, "int8", False)]
