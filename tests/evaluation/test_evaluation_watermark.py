"""Marks and judges two sounds; the figures that come of it."""

import json
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError
from engine.speech import SpeechOptions, Voice
from evaluation.audio import Clip, resample
from evaluation.run import main
from evaluation.watermark import CHANGES, crop, evaluate_watermark, figures, table_rows
from tests.babble import babble

for package in ("pesq", "librosa"):
    pytest.importorskip(package, reason="extra eval")
soundfile = pytest.importorskip("soundfile", reason="extra eval")

GOLDEN = Path(__file__).parents[1] / "golden"


class Parrot:
    """Says nothing but its one sound."""

    sample_rate = 24_000

    def clone(self, samples: np.ndarray, rate: int) -> Voice:
        return Voice(np.zeros((37, 3), np.int16), "f", "q", "parrot")

    def speak(self, text: str, voice: Voice, options: SpeechOptions) -> np.ndarray:
        return babble(3.5, seed=options.seed)


def test_marked_and_unmarked() -> None:
    sound = resample(babble(4.0), 24_000, 44_100)  # no rate of Opus
    clips = [Clip("short", babble(1.0), 24_000), Clip("long", sound, 44_100)]
    rows = figures(evaluate_watermark(Parrot(), clips, ["One."], [0.6, 1.0]))
    found = {(row["source"], row["strength"]): row for row in rows}
    assert list(found) == [(s, n) for s in ("recording", "clone") for n in (0.0, 0.6, 1.0)]
    plain, weak, strong = (found["recording", strength] for strength in (0.0, 0.6, 1.0))
    assert (plain["sounds"], plain["pesq"], plain["none"]["found"]) == (1, None, 0.0)
    assert weak["pesq"] > strong["pesq"] > 3
    assert plain["none"]["worst"] < weak["none"]["worst"] < strong["none"]["worst"]
    assert weak["none"]["found"] == strong["mp3 128k"]["found"] == 1.0
    assert weak["cost_share"] is None
    assert found["clone", 0.6]["cost_share"] > 0
    cells = table_rows(rows)
    assert cells[2][5] == f"100% {strong['none']['worst']:.2f}"
    assert json.dumps(rows)


@pytest.mark.parametrize("change", CHANGES)
def test_changes_keep_the_sound(change: str) -> None:
    sound = babble(4.0)
    samples, rate = CHANGES[change](sound, 24_000)
    seconds = 3.0 if change.startswith("3 s") else 4.0
    assert len(samples) / rate == pytest.approx(seconds, abs=0.1)
    assert np.std(samples) == pytest.approx(np.std(crop(sound, 24_000)[0]), rel=0.2)


def test_what_is_too_short() -> None:
    with pytest.raises(InputError, match="long"):
        evaluate_watermark(Parrot(), [Clip("short", babble(1.0), 24_000)], ["One."], [0.6])


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(tmp_path / "a.wav", babble(3.2), 24_000)
    options = ["--model", str(GOLDEN / "tiny"), "--device", "cpu", "--out", str(tmp_path / "out")]
    assert main(["watermark", *options, "--corpus", str(tmp_path), "--strengths", "0.6"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [row["source"] for row in last["watermark"]] == ["recording"] * 2 + ["clone"] * 2
    assert len((tmp_path / "out" / "watermark.jsonl").read_text().splitlines()) == 4
    assert main(["watermark", *options]) == 2
