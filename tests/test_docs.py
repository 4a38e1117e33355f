"""What README shows is run: every `voxtral` line that needs no network, and the Python example."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests import manuscripts_made as made
from tests.babble import babble

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def shown_commands() -> list[str]:
    """Lines of console blocks that call voxtral, without comments and without a player."""
    lines = [line for block in blocks("console") for line in block.splitlines()]
    commands = [re.sub(r"\s+#.*", "", line).strip() for line in lines if "voxtral " in line]
    return [command.split("| aplay")[0].strip() for command in commands]


def offline(command: str) -> bool:
    """Whether it runs here: without a download, and what it needs is installed."""
    ears = "--verify" not in command or bool(importlib.util.find_spec("faster_whisper"))
    sound = ".m4b" not in command or bool(shutil.which("ffmpeg"))
    return "mistralai/" not in command and ears and sound


def run(command: list[str] | str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """With `voxtral` meaning this checkout's, in a folder with the files that README names."""
    (folder / "chapter.txt").write_text("Rain fell. It was late.", encoding="utf-8")
    tone = 0.1 * np.sin(np.arange(24000) / 20)
    soundfile.write(folder / "in.wav", tone, 24000)
    soundfile.write(folder / "alice.wav", babble(5.0), 24000)
    pages = {f"{n}.xhtml": made.chapter(f"Part {n}", "It rained.") for n in range(7)}
    nav = {"nav.xhtml": made.nav("".join(made.line(f"Part {name[0]}", name) for name in pages))}
    made.write_epub(folder / "book.epub", {**nav, **pages})
    (folder / "play.txt").write_text("ALICE: Good morning.\n\nBOB: Hello.\n", encoding="utf-8")
    (folder / "lines.jsonl").write_text('{"text": "Good morning."}\n', encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    environment["VOXTRAL_VOICES"] = str(folder / "voices")
    return subprocess.run(
        command,
        shell=isinstance(command, str),
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
    )


def test_readme_shows_what_is_tested_here() -> None:
    commands = shown_commands()
    assert len([command for command in commands if offline(command)]) >= 7
    assert any("--format pcm" in command for command in commands)


def test_readme_commands_run(tmp_path: Path) -> None:
    voxtral = f"{shlex.quote(sys.executable)} -m voxtral_cli"
    for command in filter(offline, shown_commands()):
        done = run(re.sub(r"\bvoxtral (?=[a-z])", f"{voxtral} ", command, count=1), tmp_path)
        assert done.returncode == 0, (command, done.stderr.decode())
    names = ["hello.wav", "chapter.mp3", "out.wav", "play.flac", "sounds/item-0001.wav"]
    for name in [*names, "book/07 Part 6.mp3"]:
        samples, rate = soundfile.read(tmp_path / name)
        acx = name.startswith("book/") and shutil.which("ffmpeg")
        assert rate == (44100 if acx else 24000)
        assert len(samples) > 2000


@pytest.mark.parametrize("example", blocks("python"))
def test_readme_python_runs(example: str, tmp_path: Path) -> None:
    done = run([sys.executable, "-c", example], tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert b"float32" in done.stdout


def anchors(page: Path) -> set[str]:
    """What links may name within a page: its headings as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def test_links_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    for page in [*pages, ROOT / "training/data/README.md"]:
        text = page.read_text(encoding="utf-8")
        for target, anchor in re.findall(r"\]\((?!http)([^)#]*)#?([^)]*)\)", text):
            there = page.parent / target if target else page
            assert there.exists(), (page.name, target)
            if anchor and there.suffix == ".md":
                assert anchor in anchors(there), (page.name, target, anchor)
