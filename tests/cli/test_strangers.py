"""What comes from strangers (books, lists, voices, folders) gets no more than it should."""

import io
import os
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import docx
import pytest
import soundfile
from typer.testing import Result

from tests.babble import babble
from tests.cli.fake_engine import FakeEngine
from tests.manuscripts_made import page, write_epub
from voxtral_cli import lexicons
from voxtral_cli.audio.output import PART
from voxtral_cli.manuscripts.docx import read_docx
from voxtral_cli.manuscripts.html import read_html
from voxtral_cli.manuscripts.markdown import read_markdown
from voxtral_cli.voice_files import VoiceStore, read_voice_file, write_voice_file

Voxtral = Callable[..., Result]
ESCAPE = "\x1b]0;pwned\x07\x1b[31m"


@pytest.fixture(autouse=True)
def clip(fake: FakeEngine) -> None:
    soundfile.write("diary.wav", babble(5.0), 24000)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "[voice:./diary.wav] Hello there."),
        ("a.txt", "[voice:diary.wav] Hello there."),
        ("a.jsonl", '{"text": "Hello there.", "name": "diary", "voice": "diary.wav"}'),
        ("a.jsonl", '{"text": "Hello there.", "voice": "mine.safetensors"}'),
    ],
)
def test_a_text_cannot_ask_for_files(voxtral: Voxtral, name: str, text: str) -> None:
    """Neither would anybody have consented, nor would the recording be safe."""
    voxtral("clone", "diary.wav", "--consent")
    voxtral("voices", "export", "diary", "mine.safetensors")
    before = Path("diary.wav").read_bytes()
    Path(name).write_text(text)
    refused = voxtral("batch", name, "-o", ".", "--format", "wav", "--consent")
    assert refused.exit_code == 2
    assert "--cast NAME=FILE" in refused.stderr
    assert Path("diary.wav").read_bytes() == before
    Path("a.txt").write_text("[voice:ANN] Hello there.")
    given = ("--cast", "ANN=diary.wav", "--consent")
    assert voxtral("batch", "a.txt", "-o", "a.wav", *given).exit_code == 0


def a_docx(**parts: tuple[str, str]) -> Path:
    """A document in which `parts` (name without path and suffix -> old, new) are changed."""
    document, made = docx.Document(), Path("a.docx")
    document.add_paragraph("Words.")
    content = io.BytesIO()
    document.save(content)
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            data = source.read(name).decode("utf-8", errors="surrogateescape")
            old, new = parts.get(Path(name).stem, ("", ""))
            assert old in data
            changed = data.replace(old, new, 1) if old else data
            target.writestr(name, changed.encode("utf-8", errors="surrogateescape"))
    return made


@pytest.mark.parametrize(
    "parts",
    [
        {"document": ("w:body>", "w:nobody>")},
        {"styles": ("<w:styles ", "<w:nothing ")},
    ],
)
def test_a_damaged_docx_costs_no_other(voxtral: Voxtral, parts: dict[str, tuple[str, str]]) -> None:
    a_docx(**parts)
    Path("b.txt").write_text("Hello there.")
    told = voxtral("batch", "a.docx", "b.txt", "--list")
    assert (told.exit_code, told.stderr.count("error: a.docx is damaged")) == (3, 1)
    assert "b\t" in told.stdout


def test_what_commands_a_terminal_is_not_shown(voxtral: Voxtral) -> None:
    told = voxtral("encode", f"{ESCAPE}.wav").stderr
    assert ("\x1b" in told, "?]0;pwned?" in told) == (False, True)
    voxtral("clone", "diary.wav", "--consent")
    path = VoiceStore().path("diary")
    write_voice_file(path, replace(read_voice_file(path), origin=(ESCAPE,)))
    shown = voxtral("voices", "show", "diary").stdout
    assert ("\x1b" in shown, "origin\t?]0;pwned?" in shown) == (False, True)


def test_many_small_members_make_a_bomb_too(voxtral: Voxtral) -> None:
    pages = {f"{n}.xhtml": page("<p>" + "boom " * (4 << 18) + "</p>") for n in range(5)}
    path = write_epub(Path("a.epub"), pages)
    assert path.stat().st_size < 100_000
    refused = voxtral("batch", "a.epub", "--list")
    assert (refused.exit_code, refused.stderr.count("unpacks to more than")) == (2, 1)


def rows_of(cells: int) -> Path:
    document = docx.Document()
    document.add_table(1, 2)
    document.save("rows.docx")
    cell = "<w:tc><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc>"
    with zipfile.ZipFile("rows.docx") as source:
        data = {name: source.read(name) for name in source.namelist()}
    body = data["word/document.xml"].decode()
    head, tail = body[: body.index("<w:tc>")], body[body.index("</w:tr>") :]
    data["word/document.xml"] = (head + cell * cells + tail).encode()
    with zipfile.ZipFile("rows.docx", "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in data.items():
            target.writestr(name, content)
    return Path("rows.docx")


def nested(count: int) -> Path:
    opened = "".join(f'<div id="d{n}">' for n in range(300))
    links = "".join(f'<a href="#d{n}">1</a>' for n in range(300))
    Path("a.html").write_text(f"{opened}{'<b>x</b>' * count}{'</div>' * 300}<p>{links}</p>")
    return Path("a.html")


def written(text: str) -> Path:
    Path("a.md").write_text(f"Words.\n\n{text}\n")
    return Path("a.md")


@pytest.mark.parametrize(
    ("read", "made", "size"),
    [
        (read_docx, rows_of, 1500),
        (read_html, nested, 8000),
        (read_markdown, lambda n: written("[" * n), 20_000),
        (read_markdown, lambda n: written("![[" * n), 3_000),
        (read_markdown, lambda n: written("# a" + " " * n + "b"), 30_000),
    ],
)
def test_time_grows_with_length_not_faster(
    read: Callable[[Path], object], made: Callable[[int], Path], size: int
) -> None:
    def seconds(count: int) -> float:
        path = made(count)
        start = time.process_time()
        read(path)
        return time.process_time() - start

    seconds(10)
    short = min(seconds(size) for _ in range(2))
    assert seconds(4 * size) < 10 * max(short, 0.02)


def test_a_lexicon_of_somebody_else_is_not_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("deep").mkdir()
    for folder in (Path(), Path("deep")):
        (folder / lexicons.FILE_NAME).write_text("five = nine\n")
    assert len(lexicons.find_lexicons(Path("deep"))) == 2
    above, owners = Path("voxtral.lexicon").resolve(), dict[Path, int]()
    monkeypatch.setattr(lexicons, "_owner", lambda path: owners.get(path, 1000))
    monkeypatch.setattr(os, "getuid", lambda: 1001)
    for owner, heeded in ((0, 2), (1000, 2), (1001, 2), (1002, 1)):
        owners[above] = owner
        assert len(lexicons.find_lexicons(Path("deep"))) == heeded
    assert lexicons.find_lexicons(Path("deep")) == [Path("deep/voxtral.lexicon").resolve()]
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # nobody has a home
    assert lexicons.find_lexicons(Path("deep"))


def test_pipes_in_the_place_of_files_are_refused(voxtral: Voxtral) -> None:
    os.mkfifo("a.safetensors")
    for line in ("voices import a.safetensors --name a", "decode a.safetensors -o a.wav"):
        refused = voxtral(*line.split())
        assert (refused.exit_code, refused.stderr.count("no plain file")) == (2, 1)


def test_names_that_look_like_ours(voxtral: Voxtral) -> None:
    Path(f"{PART}99999999999999999999-0.part").write_text("")
    assert voxtral("say", "Hi.", "-o", "a.wav").exit_code == 0
