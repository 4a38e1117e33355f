"""Playing, and what ffmpeg writes, through stand-ins for the programs."""

import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import Result

from tests.cli.fake_engine import PIECE, FakeEngine
from voxtral_cli.audio import programs as audio_programs

Voxtral = Callable[..., Result]
Programs = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def _fake(fake: FakeEngine) -> None:
    """Every test here speaks through the fake engine."""


@pytest.mark.parametrize("player", [name for name in audio_programs.PLAYERS if name != "afplay"])
def test_a_player_hears_every_sample(voxtral: Voxtral, programs: Programs, player: str) -> None:
    programs(player, 'echo "$@" > asked; cat > heard.raw')
    result = voxtral("say", "One two three", "--play", "--seed", "2")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith(f"{player}: 0.2 s of speech")
    assert len(np.fromfile("heard.raw", "<i2")) == 3 * PIECE
    assert "24000" in Path("asked").read_text()


def test_afplay_hears_a_file(voxtral: Voxtral, programs: Programs) -> None:
    programs("afplay", 'cat "$1" > heard.wav')
    assert voxtral("say", "One two three", "--play").exit_code == 0
    assert len(soundfile.read("heard.wav")[0]) == 3 * PIECE


def test_playing_and_writing(voxtral: Voxtral, programs: Programs) -> None:
    programs("aplay", "cat > heard.raw")
    assert voxtral("say", "One two three", "--play", "-o", "a.wav").exit_code == 0
    heard = np.fromfile("heard.raw", "<i2")
    np.testing.assert_array_equal(soundfile.read("a.wav", dtype="int16")[0], heard)


def test_a_terminal_plays(fake_program: Callable[..., list[str]], programs: Programs) -> None:
    programs("ffplay", "cat > heard.raw")
    main, terminal = pty.openpty()
    result = subprocess.run(
        fake_program("say", "One two three"),
        stdout=terminal,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    os.close(terminal)
    os.close(main)
    assert result.returncode == 0, result.stderr
    assert len(np.fromfile("heard.raw", "<i2")) == 3 * PIECE


@pytest.mark.usefixtures("unloadable")
def test_without_a_player(voxtral: Voxtral, programs: Programs) -> None:
    result = voxtral("say", "Hi", "--play")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: There is no player on this machine (ffplay, ")
    assert "hint: Install ffmpeg" in result.stderr


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'no sound card' >&2; exit 1", "aplay: no sound card."),
        ("exit 3", "aplay: it stopped before the end."),
        ("head -c 100 > heard.raw", "aplay: it stopped before the end."),
    ],
)
def test_a_player_that_fails(
    voxtral: Voxtral, fake: FakeEngine, programs: Programs, script: str, reason: str
) -> None:
    fake.delay = 0.01
    programs("aplay", script)
    result = voxtral("say", "word " * 60, "--play", "-o", "a.wav")
    assert (result.exit_code, result.stderr) == (1, f"error: {reason}\n")
    assert soundfile.info("a.wav").frames == 60 * PIECE  # quitting the player costs nothing else
    spoken: list[int] = []
    fake.before = spoken.append
    assert voxtral("say", "word " * 60, "--play").exit_code == 1
    assert len(spoken) < 60  # nobody would hear the rest


def test_a_player_that_fails_is_named_beside_ffmpeg(
    voxtral: Voxtral, fake: FakeEngine, programs: Programs
) -> None:
    fake.delay = 0.01
    programs("ffplay", "exit 3")
    programs("ffmpeg", 'for last; do :; done; cat > "${last#file:}"')
    result = voxtral("say", "word " * 60, "--play", "-o", "a.m4a")
    assert (result.exit_code, result.stderr) == (1, "error: ffplay: it stopped before the end.\n")
    assert Path("a.m4a").stat().st_size == 2 * 60 * PIECE


def test_a_file_is_whole_before_its_player_ends(
    voxtral: Voxtral, fake: FakeEngine, programs: Programs
) -> None:
    programs("aplay", "cat > heard.raw; test -s a.wav && echo whole > seen")
    assert voxtral("say", "One two three", "--play", "-o", "a.wav").exit_code == 0
    assert Path("seen").read_text() == "whole\n"


def test_an_interrupted_player_is_ended(
    voxtral: Voxtral, fake: FakeEngine, programs: Programs
) -> None:
    def stop(number: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    programs("aplay", "exec cat > heard.raw")
    fake.before = stop
    assert voxtral("say", "One two three", "--play").exit_code == 130


def test_ffmpeg_is_fed_as_samples_are_made(voxtral: Voxtral, programs: Programs) -> None:
    script = 'for last; do :; done; echo "$@" > asked; cat > "${last#file:}"'
    programs("ffmpeg", script)
    assert voxtral("say", "One two three", "-o", "a.m4a", "--seed", "8").exit_code == 0
    assert Path("a.m4a").stat().st_size == 2 * 3 * PIECE
    asked = Path("asked").read_text()
    assert "-ar 24000 -ac 1 -i pipe:0 -c:a aac" in asked
    assert "comment=AI_GENERATED=true; tool=voxtral " in asked
    assert "; seed=8; " in asked
    assert voxtral("say", "Hi", "-o", "-", "--format", "m4a").exit_code == 2
    programs("ffmpeg", "cat > heard.raw; echo 'Unknown encoder' >&2; exit 1")
    result = voxtral("say", "One two three", "-o", "b.aac")
    assert (result.exit_code, result.stderr) == (1, "error: ffmpeg: Unknown encoder.\n")
    assert not list(Path().glob("*b.aac*"))


@pytest.mark.usefixtures("unloadable")
def test_without_ffmpeg(voxtral: Voxtral, programs: Programs) -> None:
    result = voxtral("say", "Hi", "-o", "a.m4a")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: m4a needs ffmpeg")


@pytest.mark.usefixtures("unloadable")
@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ("case $2 in -encoders) echo ' A....D flac';; *) echo ' E ipod';; esac", "encoder aac"),
        ("case $2 in -encoders) echo ' A....D aac';; *) echo ' E mp4';; esac", "muxer ipod"),
        ("exit 127 # it does not run, be it for -encoders", "encoder aac"),
    ],
)
def test_an_ffmpeg_that_cannot_is_refused_before_speaking(
    voxtral: Voxtral, programs: Programs, told: str, missing: str
) -> None:
    path = programs("ffmpeg", told)
    Path("a.txt").write_text("It rained.")
    for line in (("say", "Hi"), ("batch", "a.txt")):
        result = voxtral(*line, "-o", "a.m4a")
        assert (result.exit_code, result.stderr.splitlines()[0]) == (
            2,
            f"error: m4a needs ffmpeg's {missing}, which is not in {path}.",
        )
        assert "hint: Install a full ffmpeg, or write wav" in result.stderr
