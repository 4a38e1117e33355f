"""`voxtral batch` started again: what was finished counts, and what it was made of."""

import errno
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import Result

from engine.errors import VoxtralError
from engine.hearing import asr
from engine.rendering import Line, Take
from engine.speech import FlowOptions
from engine.text import Passage
from tests.cli.fake_engine import FakeEngine
from voxtral_cli.books import job
from voxtral_cli.books.assembly import assemble
from voxtral_cli.books.ledger import Entry, open_ledger
from voxtral_cli.books.speaking import Critic, Director, Opinion, spoken_of

Voxtral = Callable[..., Result]
SENTENCES = ["It rained.", "It stopped.", "The sun came out.", "We went home."]
LINE = ("batch", "a.txt", "-o", "a.wav")


@pytest.fixture(autouse=True)
def book() -> None:
    Path("a.txt").write_text(" [pause:1s] ".join(SENTENCES))


def rendered(fake: FakeEngine, voxtral: Voxtral, *line: str, code: int = 0) -> list[str]:
    """What this run speaks."""
    fake.rendered.clear()
    result = voxtral(*line)
    assert result.exit_code == code, result.stderr
    return list(fake.rendered)


def test_a_force_that_was_interrupted_goes_on(fake: FakeEngine, voxtral: Voxtral) -> None:
    def stop(number: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    everything = rendered(fake, voxtral, *LINE)
    fake.before = stop
    assert rendered(fake, voxtral, *LINE, "--force", code=130) == everything[:2]
    fake.before = lambda number: None
    assert rendered(fake, voxtral, *LINE) == []
    fake.before = stop
    assert rendered(fake, voxtral, *LINE, "--force", code=130) == everything[:2]
    fake.before = lambda number: None
    assert rendered(fake, voxtral, *LINE, "--force") == everything[2:]
    assert rendered(fake, voxtral, *LINE, "--force") == everything
    assert rendered(fake, voxtral, *LINE) == []


def test_what_goes_on_from_a_replaced_take_is_spoken_again(tmp_path: Path) -> None:
    def entry(key: str, code: int, after: str = "") -> Entry:
        return Entry(key, key, np.full((37, 5), code, np.int16), after=after)

    chain = [(key, Passage(key, 0.2)) for key in "abc"]
    path = tmp_path / "book.voxtral"
    with open_ledger(path) as ledger:
        for key, code in (("a", 1), ("b", 2), ("c", 3)):
            before = chr(ord(key) - 1)
            ledger.add(entry(key, code, ledger.digest(before) if before in ledger else ""))
        assert spoken_of(chain, ledger) == 3
        ledger.add(entry("a", 9))
    with open_ledger(path) as ledger:
        assert spoken_of(chain, ledger) == 1
        ledger.add(entry("b", 2, ledger.digest("a")))
        assert spoken_of(chain, ledger) == 3  # the same codes again
        ledger.add(entry("b", 8))  # of a ledger that did not say it
        assert spoken_of(chain, ledger) == 2


def test_chains_say_what_they_go_on_from(fake: FakeEngine, voxtral: Voxtral) -> None:
    Path("a.txt").write_text("It rained. [pause:0.5s] It stopped.\n\nThe sun came out.")
    rendered(fake, voxtral, *LINE, "--context", "chunks")
    lines = map(json.loads, Path("a.voxtral").read_text().splitlines())
    after = {line["text"]: line["after"] for line in lines if "key" in line}
    assert [bool(digest) for digest in after.values()] == [False, True, False]


def test_names_that_are_no_unicode(fake_program: Callable[..., list[str]]) -> None:
    name = os.fsdecode(b"caf\xe9.wav")
    for spoken in (4, 0):
        line = fake_program("batch", "a.txt", "-o", name)
        done = subprocess.run(line, capture_output=True, timeout=60, check=True)
        assert f"{spoken} passages to speak".encode() in done.stderr
    assert os.path.getsize(name)


def test_a_preset_whose_file_was_replaced_is_another_voice(
    fake: FakeEngine, voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = rendered(fake, voxtral, *LINE)
    assert rendered(fake, voxtral, *LINE) == []
    monkeypatch.setattr(fake, "rows", lambda voice: torch.full((1, 1), 0.5))
    assert rendered(fake, voxtral, *LINE) == everything


def test_a_take_that_was_cut_is_spoken_again(
    fake: FakeEngine, voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch
) -> None:
    render = fake.render

    def cut_at_first(chains: Any, voices: Any, options: Any, judge: Callable[[Take], Any]) -> Any:
        def told(take: Take) -> Take | None:
            cut = take.number == 0
            return judge(replace(take, was_cut=cut, note="cut" * cut))

        return render(chains, voices, options, told)

    monkeypatch.setattr(fake, "render", cut_at_first)
    assert len(rendered(fake, voxtral, *LINE)) == 2 * len(SENTENCES)
    lines = map(json.loads, Path("a.voxtral").read_text().splitlines())
    assert [(line["takes"], line["note"]) for line in lines if "key" in line] == [(2, "")] * 4


def test_takes_counts_all_of_them(
    fake: FakeEngine, voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of three is kept: all are at fault alike."""
    monkeypatch.setattr(fake, "decode", lambda codes: np.zeros(1920 * codes.shape[1], np.float32))
    rendered(fake, voxtral, *LINE)
    lines = map(json.loads, Path("a.voxtral").read_text().splitlines())
    assert [line["takes"] for line in lines if "key" in line] == [3] * 4


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What recognisers answer, each with the language it was asked for; by default the text."""
    answers: list[tuple[str, str]] = []
    pytest.importorskip("jiwer", reason="extra verify")

    class Ears:
        def __init__(self, languages: set[str], **_: object) -> None:
            self.unknown = languages & {"eo"}

        def transcribe(self, samples: np.ndarray, rate: int, language: str) -> str:
            answers.append((SENTENCES[len(answers) % 4], language))
            return answers[-1][0]

    monkeypatch.setattr(asr, "check_installed", lambda: None)
    monkeypatch.setattr(asr, "Ears", Ears)
    return answers


def test_a_cut_take_is_spoken_again_when_somebody_listens(
    fake: FakeEngine,
    voxtral: Voxtral,
    monkeypatch: pytest.MonkeyPatch,
    heard: list[tuple[str, str]],
) -> None:
    """All are cut, thrice: they are kept, and are no good whoever looks at them later."""
    render = fake.render

    def cut(chains: Any, voices: Any, options: Any, judge: Callable[[Take], Any]) -> Any:
        return render(chains, voices, options, lambda take: judge(replace(take, was_cut=True)))

    rendered(fake, voxtral, *LINE)
    assert rendered(fake, voxtral, *LINE, "--verify") == []
    assert [language for _, language in heard] == ["en"] * 4
    monkeypatch.setattr(fake, "render", cut)
    rendered(fake, voxtral, *LINE, "--force")
    assert len(rendered(fake, voxtral, *LINE, "--verify")) == 3 * len(SENTENCES)


def test_each_text_is_heard_in_its_language(
    fake: FakeEngine, voxtral: Voxtral, heard: list[tuple[str, str]]
) -> None:
    items = [{"text": "It rained.", "language": "eng"}, {"text": "Il pleut.", "language": "fr-FR"}]
    Path("a.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    voxtral("batch", "a.jsonl", "-o", "out", "--format", "wav", "--verify")
    assert {language for _, language in heard} == {"en", "fr"}


def test_a_language_that_the_ears_do_not_know_is_not_listened_to(
    fake: FakeEngine, voxtral: Voxtral, heard: list[tuple[str, str]]
) -> None:
    items = [{"text": "It rained.", "language": "en"}, {"text": "Pluvis hodiaŭ.", "language": "eo"}]
    Path("a.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    line = ("batch", "a.jsonl", "-o", "out", "--format", "wav", "--verify", "--json")
    said = voxtral(*line)
    assert "note: not listened to, the recogniser knows no such language: eo\n" in said.stderr
    assert (said.exit_code, heard) == (0, [("It rained.", "en")])
    size = os.path.getsize("out/batch.voxtral")
    assert json.loads(voxtral(*line).stdout)["passages"]["reused"] == 2
    assert (len(heard), os.path.getsize("out/batch.voxtral")) == (1, size)


def test_a_good_take_is_kept_though_one_before_had_fewer_errors(tmp_path: Path) -> None:
    """The one before said a word twice."""

    class Opinions(Critic):
        def __init__(self) -> None:
            self.told = iter(
                [Opinion((False, 0.06, 1), "the the", False), Opinion((False, 0.12, 0), "", True)]
            )

        def opinion(self, *_: object, **__: object) -> Opinion:
            return next(self.told)

    director = Director(Opinions(), {"a": "en"})
    first, second = (Take(Line("a", "A."), n, np.full((37, 5), n), "") for n in range(2))
    assert director(first) is None
    assert director(second) is second
    assert director.entry(second).note == ""


def test_a_file_is_written_anew_once_there_is_ffmpeg(
    fake: FakeEngine, voxtral: Voxtral, programs: Callable[[str, str], Path]
) -> None:
    line = ("batch", "a.txt", "-o", "a.flac", "--json")

    def new() -> bool:
        return bool(json.loads(voxtral(*line).stdout)["files"][0]["new"])

    programs("aplay", "exit 1")  # on a PATH without ffmpeg
    assert [new(), new()] == [True, False]
    ffmpeg = programs("ffmpeg", 'for last; do :; done; cat > "${last#file:}"')
    assert [new(), new()] == [True, False]
    ffmpeg.unlink()
    assert not new()  # it would only lose its chapters


def test_an_ffmpeg_that_lacks_the_coding_is_as_none(
    fake: FakeEngine, voxtral: Voxtral, programs: Callable[[str, str], Path]
) -> None:
    programs("ffmpeg", "test $2 = -encoders && echo ' A....D aac' || exit 1")
    Path("a.md").write_text("# One\n\nIt rained.\n\n# Two\n\nIt stopped.")
    assert voxtral("batch", "a.md").stdout == "a.mp3\n"
    assert Path("a.mp3").read_bytes().count(b"CHAP") == 2
    note = "Without ffmpeg's encoder flac, flac is written without 2 chapter marks."
    assert note in voxtral("batch", "a.md", "-o", "a.flac").stderr


def test_a_disk_that_fills_up_fails_one_file(
    fake: FakeEngine, voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [{"text": f"{name} it is.", "name": name} for name in ("One", "Two")]
    Path("a.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))

    def full(engine: Any, ledger: Any, chapters: Any, path: Path, *rest: Any) -> Any:
        if path.stem == "One":
            raise OSError(errno.ENOSPC, "No space left on device")
        return assemble(engine, ledger, chapters, path, *rest)

    monkeypatch.setattr(job, "assemble", full)
    done = voxtral("batch", "a.jsonl", "-o", "out", "--format", "wav")
    assert (done.exit_code, done.stdout) == (3, "out/Two.wav\n")
    assert "Cannot write out/One.wav: No space left on device." in done.stderr


def test_of_three_poor_takes_the_best_is_kept() -> None:
    class Opinions(Critic):
        def __init__(self) -> None:
            self.told = iter(Opinion((False, wer, 0), "", False, wer) for wer in (0.5, 0.3, 0.4))

        def opinion(self, *_: object, **__: object) -> Opinion:
            return next(self.told)

    director = Director(Opinions(), {"a": "en"})
    takes = [Take(Line("a", "A."), n, np.full((37, 5), n), "") for n in range(3)]
    assert director(takes[0]) is director(takes[1]) is None
    assert director(takes[2]) is takes[1]
    assert director.entry(takes[1]).wer == 0.3


@pytest.mark.parametrize("change", [{"cfg": 2.0}, {"steps": 3}], ids=str)
def test_another_flow_is_other_speech(
    fake: FakeEngine, voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    everything = rendered(fake, voxtral, *LINE)
    monkeypatch.setattr(fake, "flow", lambda _: replace(FlowOptions(1.2, 8, 1.0), **change))
    assert rendered(fake, voxtral, *LINE) == everything


def test_when_no_file_could_be_made_the_job_has_failed(
    fake: FakeEngine, voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path, *_: object) -> str:
        raise VoxtralError(f"Cannot write {path}: No space left on device.")

    monkeypatch.setattr("voxtral_cli.books.assembly.write_book", fails)
    rendered(fake, voxtral, *LINE, code=1)
