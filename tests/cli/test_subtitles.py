"""Subtitles: when each sentence is heard, and files that other programs read."""

import json
import shutil
import subprocess
from io import StringIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from voxtral_cli.subtitles import LONGEST, SHORTEST_S, Cue, cues, write_subtitles

RATE = 24000
CUES = [
    Cue(0.0, 1.2345, "One <b>fish</b> & two.", "The Sea"),
    Cue(1.2345, 61.5, "A line that is so long that it has to stand on two lines, like this one."),
    Cue(61.5, 3599.9996, "An arrow --> in it."),
    Cue(3599.9996, 36000.0, "Ten hours: “日本” é."),
]


def spoken(*parts: float) -> np.ndarray:
    """Seconds of noise and of silence by turns; noise has a few soft moments, as words have."""
    noise = np.random.default_rng(1).standard_normal
    pieces = []
    for number, seconds in enumerate(parts):
        piece = 0.1 * noise(round(seconds * RATE))
        piece *= 1e-3 if number % 2 else 1 + 0.5 * np.sin(np.arange(len(piece)) / RATE * 25)
        pieces.append(piece)
    return np.concatenate(pieces).astype(np.float32)


def check(found: list[Cue], start: float, end: float) -> None:
    """Cues follow each other from start to end."""
    assert found[0].start == start
    assert found[-1].end == pytest.approx(end, abs=1e-9)
    for cue, following in pairwise(found):
        assert cue.end == following.start
    if len(found) > 1:
        assert min(cue.end - cue.start for cue in found) >= SHORTEST_S - 1e-9
    for cue in found:
        assert 0 < len(cue.text) <= LONGEST
        assert "\n" not in cue.text


def test_borders_lie_in_the_pauses() -> None:
    """The first sentence is spoken slowly, the second fast: shares of letters alone are wrong."""
    text = "He was late again. Nobody on the quay had seen him come. The lamps went out."
    samples = spoken(2.0, 0.3, 1.9, 0.25, 1.2)
    found = cues(text, samples, RATE, 100.0, "Two")
    assert [cue.text for cue in found] == [
        "He was late again.",
        "Nobody on the quay had seen him come.",
        "The lamps went out.",
    ]
    check(found, 100.0, 100 + len(samples) / RATE)
    assert 102.0 <= found[0].end <= 102.3
    assert 104.2 <= found[1].end <= 104.45
    assert {cue.chapter for cue in found} == {"Two"}


def test_sentences_end_where_the_language_ends_them() -> None:
    text = "La Sra. P\u00e9rez lleg\u00f3. Se fue."
    assert [cue.text for cue in cues(text, spoken(3.0, 0.5, 3.0), RATE, 0.0, language="es")] == [
        "La Sra. P\u00e9rez lleg\u00f3.",
        "Se fue.",
    ]


def test_silence_at_the_ends_is_no_pause_between_sentences() -> None:
    samples = spoken(0.0, 1.5, 1.5, 0.2, 1.5, 2.5)
    first, _ = cues("One two three four five. Six seven eight nine ten.", samples, RATE, 0.0)
    assert 3.0 <= first.end <= 3.2


@pytest.mark.parametrize(
    "text",
    [
        "Short.",
        "No. No. No! Yes? Not every morning. Once.",
        "Word " * 60 + "end.",
        "Long, with commas, " * 12 + "and an end. And one more.",
        "x" * 320,
        "日本語。" * 60,
        "   ",
        "...",
    ],
)
@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.25, 0.7, 3.0, 25.0])
def test_all_words_in_order_whatever_the_length(text: str, seconds: float) -> None:
    samples = spoken(seconds) if seconds > 1 else np.zeros(round(seconds * RATE), np.float32)
    found = cues(text, samples, RATE, 7.0)
    if not text.strip() or not seconds:
        assert not found
        return
    said = "".join(cue.text for cue in found)
    assert said.replace(" ", "") == text.replace(" ", "")
    if seconds < SHORTEST_S:
        assert len(found) == 1
    elif seconds >= 3:
        check(found, 7.0, 7.0 + seconds)


def test_json_holds_chapters_and_thousandths() -> None:
    found = json.loads(write_subtitles(CUES, "json"))
    first = {"start": 0.0, "end": 1.234, "text": "One <b>fish</b> & two.", "chapter": "The Sea"}
    assert found[0] in (first, first | {"end": 1.235})
    assert [item["text"] for item in found] == [cue.text for cue in CUES]


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_a_second_reader_reads_the_same(kind: str) -> None:
    webvtt = pytest.importorskip("webvtt")
    found = list(webvtt.from_buffer(StringIO(write_subtitles(CUES, kind)), kind))
    assert len(found) == len(CUES)
    for caption, cue in zip(found, CUES, strict=True):
        assert caption.start_in_seconds == int(cue.start + 0.0005)
        assert caption.start_time.milliseconds == round(cue.start * 1000) % 1000
        assert caption.end_in_seconds == int(cue.end + 0.0005)
    assert found[1].lines == [
        "A line that is so long that it has to",
        "stand on two lines, like this one.",
    ]
    assert "-->" not in found[2].raw_text


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")
@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_ffmpeg_reads_them(kind: str) -> None:
    Path(f"a.{kind}").write_text(write_subtitles(CUES, kind), encoding="utf-8")
    command = ["ffmpeg", "-v", "error", "-i", f"a.{kind}", "-f", "srt", "-"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert not done.stderr
    blocks = done.stdout.strip().split("\n\n")
    assert len(blocks) == len(CUES)
    assert "00:00:01,234 --> 00:01:01,500" in done.stdout
    assert "01:00:00,000 --> 10:00:00,000" in done.stdout
    if kind == "vtt":
        assert "<b>fish</b> & two." in done.stdout


def test_no_cues() -> None:
    assert [write_subtitles([], kind) for kind in ("srt", "vtt", "json")] == [
        "",
        "WEBVTT\n",
        "[]\n",
    ]
