"""Marks of pauses and voices in a text, and the speakers of a script.

    [pause:1.5s] [pause:800ms] [pause:2] [pause]    silence here; pauses side by side add up
    [voice:alice] ... [voice:] or [/voice]          alice from here on; the narrator again
    \\[pause:1s]                                     text
    ALICE: Hello.                                   a line that the voice cast for ALICE speaks

Other words in brackets are text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.errors import InputError
from engine.text.passages import Block

DEFAULT_PAUSE = 1.0
"""Seconds of a mark without a number."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 10.0
"""Seconds that one mark may ask for."""

_MARK = re.compile(
    r"(\\?)\[(?:(?P<pause>pause)(?::(?P<time>[^\[\]\n]{0,40}))?"
    r"|voice:(?P<voice>[^\[\]\n]{0,100})|/voice)\](?!\()",
    re.IGNORECASE,
)
_TIME = re.compile(r"(\d+(?:\.\d+)?|\.\d+) ?(ms|s|)", re.IGNORECASE | re.ASCII)
_SPEAKER = re.compile(
    r"^[ \t]*[*_]{0,3}([A-Z\u00c0-\u00de][A-Z\u00c0-\u00de.' -]{1,30})[*_]{0,3}:", re.MULTILINE
)


@dataclass(frozen=True)
class Part:
    """Text between two marks.

    Args:
        text: Without marks; may be empty.
        voice: Whose words these are; None where no mark has said so yet.
        pause: Seconds of silence that marks ask for after it; None without such a mark.
    """

    text: str
    voice: str | None
    pause: float | None


def parts(text: str) -> Iterator[Part]:
    """A text cut at its marks, which are gone.

    Raises:
        InputError: If a pause is no time, or too short or too long.
    """
    voice: str | None = None
    start, said = 0, ""
    for mark in _MARK.finditer(text):
        said += text[start : mark.start()]
        start = mark.end()
        if mark[1]:
            said += mark[0][1:]
            continue
        yield Part(said, voice, _seconds(mark[0], mark["time"]) if mark["pause"] else None)
        said = ""
        if not mark["pause"]:
            voice = (mark["voice"] or "").strip()
    yield Part(said + text[start:], voice, None)


def has_voices(text: str) -> bool:
    """Whether a mark asks for a voice."""
    return any(part.voice for part in parts(text))


def _seconds(mark: str, time: str | None) -> float:
    if time is None:
        return DEFAULT_PAUSE
    found = _TIME.fullmatch(time.strip())
    if not found:
        raise InputError(
            f"{mark} is no pause.", "Write [pause:1.5s] or [pause:800ms]; \\[pause:...] is text."
        )
    seconds = float(found[1]) / (1000 if found[2].lower() == "ms" else 1)
    if not SHORTEST_PAUSE <= seconds <= LONGEST_PAUSE:
        raise InputError(
            f"{mark} is {'too short' if seconds < SHORTEST_PAUSE else 'too long'}.",
            f"A pause takes {SHORTEST_PAUSE:g} to {LONGEST_PAUSE:g} seconds; several add up.",
        )
    return seconds


def turns(blocks: Sequence[Block], cast: Mapping[str, str]) -> Iterator[Block]:
    """Paragraphs cut where a line begins with a name of the cast: that voice, without the name.

    A turn lasts to the next name or to the end of its paragraph, so that its lines may be wrapped.
    """
    names = sorted(map(re.escape, cast), key=len, reverse=True)
    speaker = re.compile(
        rf"^[ \t]*[*_]{{0,3}}({'|'.join(names)})[*_]{{0,3}}[ \t]*:[*_]{{0,3}}[ \t]*",
        re.IGNORECASE | re.MULTILINE,
    )
    for block in blocks:
        starts = list(speaker.finditer(block.text)) if cast and not block.level else []
        if not starts:
            yield block
            continue
        if before := block.text[: starts[0].start()].strip():
            yield Block(before, voice=block.voice)
        ends = [match.start() for match in starts[1:]] + [len(block.text)]
        for match, end in zip(starts, ends, strict=True):
            said = next(name for name in cast if re.fullmatch(re.escape(name), match[1], re.I))
            yield Block(block.text[match.end() : end], voice=cast[said])


def likely_speakers(blocks: Sequence[Block], cast: Mapping[str, str] = {}) -> list[str]:
    """Names in capitals that begin two lines or more ("BOB: Hi.") and are not in the cast."""
    known = {name.lower() for name in cast}
    counts: dict[str, int] = {}
    for block in blocks:
        for match in () if block.level else _SPEAKER.finditer(block.text):
            name = match[1].strip()
            counts[name] = counts.get(name, 0) + 1
    return [name for name, count in counts.items() if count > 1 and name.lower() not in known]
