"""When each sentence is heard, and the files that say so: SubRip, WebVTT, JSON.

    cues(text, samples, rate, start_s) -> [Cue]         of one chunk of speech
    write_subtitles(cues, "srt") -> str                 of a book

The ends of a chunk are exact. Inside it, a border is where the shares of letters put it, moved to
the softest moment near: an estimate, which may take a pause at a comma for the end of a sentence.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

KINDS = ("srt", "vtt", "json")
LONGEST = 84
"""Characters of a cue: two lines of 42, as broadcasters have it."""

SHORTEST_S = 0.3
READABLE_S = 1.0
"""What would be on the screen for less joins its neighbour, where both fit in a cue."""

FRAME_S = 0.01
PAUSE_FRAMES = 9
"""Frames over which a pause is looked for: shorter ones are inside of words."""

REACH = 0.5
"""How far from its estimate a border may lie: this part of what is left on either side."""


@dataclass(frozen=True)
class Cue:
    """What is heard between two moments.

    Args:
        start: In seconds from the beginning of the file.
        end: In seconds.
        text: One line.
        chapter: Title of its chapter.
    """

    start: float
    end: float
    text: str
    chapter: str = ""


def cues(
    text: str,
    samples: "np.ndarray",
    rate: int,
    start_s: float,
    chapter: str = "",
    language: str = "en",
    written: str = "",
) -> list[Cue]:
    """The sentences of one chunk, or parts of long ones, without gaps or overlaps.

    Args:
        text: What is said in it.
        samples: The chunk as it was spoken, float32 [n].
        rate: Samples a second.
        start_s: Where it begins in the file, in seconds.
        chapter: Given to every cue.
        language: Code of the text's.
        written: The same as it is written; empty where that is not known, or in another chunk's.

    Example:
        >>> [cue.text for cue in cues("One fish. Two fish.", np.zeros(96_000), 24_000, 0.0)]
        ['One fish.', 'Two fish.']
    """
    from engine.text.chunk import phrases

    seconds = len(samples) / rate
    parts = _readable(phrases(" ".join(text.split()), LONGEST, False, language), seconds)
    if not parts or not len(samples):
        return []
    told = _told(parts, written)
    edges = [start_s + edge for edge in _borders([len(part) for part, _ in told], samples, rate)]
    return [
        Cue(start, end, shown, chapter)
        for (start, end), (_, shown) in zip(pairwise(edges), told, strict=True)
    ]


def write_subtitles(found: Sequence[Cue], kind: str) -> str:
    """A file's text.

    Args:
        found: In order.
        kind: One of KINDS.
    """
    if kind == "json":
        return json.dumps([_rounded(cue) for cue in found], ensure_ascii=False, indent=1) + "\n"
    srt = kind == "srt"
    blocks = [] if srt else ["WEBVTT\n"]
    for number, cue in enumerate(found, 1):
        times = " --> ".join(_clock(moment, "," if srt else ".") for moment in (cue.start, cue.end))
        text = "\n".join(_lines(cue.text))
        text = text.replace("-->", "\u2192") if srt else _vtt(text)
        blocks.append(f"{number}\n{times}\n{text}\n" if srt else f"{times}\n{text}\n")
    return "\n".join(blocks)


def _readable(parts: list[str], seconds: float) -> list[str]:
    """The parts, those too short for the eye joined to the one before, or the first to the next."""
    letters = max(1, sum(map(len, parts)))
    joined: list[str] = []
    for part in parts:
        least = min(len(part), len(joined[-1])) if joined else 0
        short = least / letters * seconds < READABLE_S
        if joined and short and len(joined[-1]) + 1 + len(part) <= LONGEST:
            joined[-1] += " " + part
        else:
            joined.append(part)
    if len(joined) * SHORTEST_S > seconds:
        return [" ".join(joined)] if joined else []
    return joined


def _told(parts: Sequence[str], written: str) -> list[tuple[str, str]]:
    """What is said and what is shown meanwhile; a part without words to show joins another."""
    from engine.text.written import as_written

    told: list[tuple[str, str]] = []
    for part, shown in zip(parts, as_written(parts, written), strict=True):
        if told and not (shown and told[-1][1]):
            told[-1] = (f"{told[-1][0]} {part}", told[-1][1] or shown)
        else:
            told.append((part, shown))
    return [(part, shown or part) for part, shown in told]


def _borders(lengths: list[int], samples: "np.ndarray", rate: int) -> list[float]:
    """Parts of so many letters -> where they begin and the last ends, in seconds.

    Each border is looked for when the one before it is known, so errors do not add up.
    """
    seconds = len(samples) / rate
    loudness = _loudness(samples, rate)
    first, last = _speech(loudness)
    edges = [0.0]
    for number in range(1, len(lengths)):
        begun = max(edges[-1], first * FRAME_S)
        left = max(last * FRAME_S - begun, 0.0)
        before, after = lengths[number - 1], sum(lengths[number:])
        guess = begun + left * before / (before + after)
        lowest = edges[-1] + SHORTEST_S
        highest = seconds - SHORTEST_S * (len(lengths) - number)
        reach = REACH * left * min(before, after) / (before + after) + 0.1
        edges.append(_pause(loudness, guess, reach, lowest, highest))
    return [*edges, seconds]


def _pause(
    loudness: "np.ndarray", guess: float, reach: float, lowest: float, highest: float
) -> float:
    """The softest moment about the guess; the further off it is, the softer it has to be."""
    import numpy as np

    low, high = max(lowest, guess - reach), min(highest, guess + reach)
    first, last = round(low / FRAME_S), round(high / FRAME_S)
    if last <= first:
        return min(max(guess, lowest), highest)
    moments = np.arange(first, last + 1) * FRAME_S
    heard = loudness[np.clip(np.arange(first, last + 1), 0, len(loudness) - 1)]
    return float(moments[(heard + 10 * np.abs(moments - guess) / reach).argmin()])


def _loudness(samples: "np.ndarray", rate: int) -> "np.ndarray":
    """Of each frame of 10 ms and its neighbours, in dB under the loudest: 0 to -50."""
    import numpy as np

    size = max(1, round(rate * FRAME_S))
    frames = max(1, len(samples) // size)
    padded = np.zeros(frames * size)
    heard = samples[: frames * size]
    padded[: len(heard)] = heard
    energies = np.square(padded).reshape(frames, size).mean(axis=1)
    around = np.full(PAUSE_FRAMES, 1 / PAUSE_FRAMES)
    wide = np.pad(energies, PAUSE_FRAMES // 2, mode="edge")
    smooth = np.convolve(wide, around, "valid")
    return np.maximum(-50.0, 10 * np.log10(np.maximum(smooth, 1e-12) / max(smooth.max(), 1e-12)))


def _speech(loudness: "np.ndarray") -> tuple[int, int]:
    """The frames between which there is speech."""
    import numpy as np

    heard = np.flatnonzero(loudness > -35)
    return int(heard[0]), int(heard[-1]) + 1


def _lines(text: str) -> list[str]:
    """One line, or two of about the same length."""
    if len(text) <= LONGEST // 2:
        return [text]
    spaces = [found.start() for found in re.finditer(" ", text)]
    if not spaces:
        return [text]
    cut = min(spaces, key=lambda space: abs(space - len(text) / 2))
    return [text[:cut], text[cut + 1 :]]


def _clock(moment: float, point: str) -> str:
    seconds, thousandths = divmod(round(moment * 1000), 1000)
    hours, rest = divmod(seconds, 3600)
    return f"{hours:02}:{rest // 60:02}:{rest % 60:02}{point}{thousandths:03}"


def _vtt(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _rounded(cue: Cue) -> dict[str, float | str]:
    return asdict(cue) | {"start": round(cue.start, 3), "end": round(cue.end, 3)}
