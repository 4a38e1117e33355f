"""Marks of pauses and voices in a text, and the speakers of a script.

    [pause:1.5s] [pause:800ms] [pause:2] [pause]    silence here; pauses side by side add up
    [voice:alice] ... [voice:] or [/voice]          alice from here on; the narrator again
    \\[pause:1s]                                     text
    ALICE: Hello.                                   a line that the voice cast for ALICE speaks
    ALICE (aside): Hello.   ALICE. [Aside.] Hello.  the same, without the direction

Other words in brackets are text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

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
_EMPHASIS = "[*_]{0,3}"
_BRACKETED = r"\[(?!pause\b|/?voice\b)[^\[\]]{1,300}\](?!\()"
_ASIDE = rf"{_EMPHASIS}(?:\([^()]{{1,300}}\)|{_BRACKETED}){_EMPHASIS}"
"""A direction behind a name."""

_ADVERB = (
    "(?:very )?(?!(?:only|really|probably|possibly|finally|actually|usually|certainly|surely|early"
    r"|family|nearly|hardly)\b)[a-z]+ly"
)
_ACTING = (
    "(?:laugh|smil|sigh|whisper|cry|weep|sobb|sing|shout|yell|mutter|chuckl|giggl|grinn|nodd|bow"
    "|kneel|ris|paus|cough)ing"
)
_ACTS = (
    "(?:laugh|smile|sigh|whisper|crie|weep|sob|sing|shout|yell|mutter|chuckle|giggle|grin|nod|bow"
    "|kneel|rise|pause|cough)s"
)
_HOW = rf"(?-i:{_ADVERB}|{_ACTING}|aside|apart|sotto voce)"
"""How something is said, in small letters."""

_DIRECTION = (
    rf"{_EMPHASIS}(?:{_HOW}(?:,? and {_HOW})?|(?:{_ACTING}|{_ACTS})(?![\w'-])[^()\[\]]{{0,80}}"
    r"|(?:to|at) (?:him|her|them|[A-Z]{2,})(?:self|selves)?(?:,\s[^()\[\]]{0,80})?"
    rf"|in a [a-z ]{{0,40}}(?:voice|tone|whisper)){_EMPHASIS}"
)
_DIRECTIONS = re.compile(
    rf"(?:\s*{_EMPHASIS}(?:\({_DIRECTION}\)"
    rf"|\[(?:{_DIRECTION}|(?i:{_ACTING}|{_ACTS})|[A-Z][^\[\]]{{4,300}}[.!]{_EMPHASIS})\](?!\()"
    rf"){_EMPHASIS})+"
)
"""Those that a speech begins with: of a few words, or a sentence in brackets."""

_QUOTES = "\"'\u201c\u2018\u201e\u00ab\u00bf\u00a1\n"
"""What a speech behind a direction begins with, if not with a capital."""

_BEGINS = (
    rf"^[ \t]*{_EMPHASIS}(NAMES){_EMPHASIS}"
    rf"(?:[ \t]*{_ASIDE}|(?P<how>, {_HOW}))?"
    rf"(?P<end>[ \t]*:{_EMPHASIS}|\.{_EMPHASIS}(?=[ \t\u2014\u2013-]|$)|[ \t]*$)"
    r"[ \t]*[\u2014\u2013]?[ \t]*"
)
"""How turns begin: a name, perhaps a direction, and a colon, a full stop or the end of the line."""

_CLOSED = ".!?:;\u2026\"'\u201d\u2019)]*_-\u2014"
_WORDS = re.compile(r"\S")
_LETTER = re.compile(r"[^\W_]")
_SPEAKER = re.compile(
    rf"^[ \t]*{_EMPHASIS}([A-Z\u00c0-\u00de][A-Z\u00c0-\u00de.' -]{{1,30}}?){_EMPHASIS}"
    rf"(?:[ \t]*{_ASIDE})?{_EMPHASIS}:",
    re.MULTILINE,
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


def voice_after(text: str, voice: str = "") -> str:
    """The voice that marks ask for at the end of a text; empty for the narrator's.

    Args:
        voice: At its beginning.
    """
    for mark in _MARK.finditer(text):
        if not (mark[1] or mark["pause"]):
            voice = (mark["voice"] or "").strip()
    return voice


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
    Where several names are paragraphs of their own, without a full stop, a turn is the paragraph
    after one. Directions between a name and its speech are left out; a whole speech never is.
    """
    for name, block in _turns(blocks, cast):
        yield block if name is None else Block(block.text, voice=cast[name])


def speakers(blocks: Sequence[Block], cast: Mapping[str, str]) -> set[str]:
    """Names of the cast that have a turn."""
    return {name for name, _ in _turns(blocks, cast) if name is not None}


def _turns(blocks: Sequence[Block], cast: Mapping[str, str]) -> Iterator[tuple[str | None, Block]]:
    """Turns with their names, and what lies between them with none."""
    names = "|".join(sorted(map(re.escape, cast), key=len, reverse=True))
    begins = re.compile(_BEGINS.replace("NAMES", names), re.IGNORECASE | re.MULTILINE)
    starts = [_starts(block, begins) if cast else [] for block in blocks]
    alone = _alone(blocks, starts)
    waiting: list[Block] = []  # a paragraph that is a name; directions and marks after it
    name = ""
    for place, (block, found) in enumerate(zip(blocks, starts, strict=True)):
        if waiting and block.text.strip() and not (found or block.level):
            if _says_nothing(block.text) or _DIRECTIONS.fullmatch(block.text.strip()):
                waiting.append(block)
                continue
            yield from ((None, held) for held in waiting if _says_nothing(held.text))
            yield name, Block(_said(block.text))
            waiting = []
            continue
        yield from ((None, held) for held in waiting)
        waiting = []
        if place in alone:
            waiting, name = [block], _known(found[0][1], cast)
        elif found and not _is_name(block, found):
            yield from _cut(block, found, cast)
        else:
            yield None, block
    yield from ((None, held) for held in waiting)


def _starts(block: Block, begins: re.Pattern[str]) -> list[re.Match[str]]:
    """Where turns begin in a paragraph."""
    found = [] if block.level else begins.finditer(block.text)
    return [match for match in found if _is_start(block, match)]


def _is_start(block: Block, match: re.Match[str]) -> bool:
    """Whether a name begins a turn: without a colon it must be in capitals, behind a sentence."""
    colon = ":" in match["end"]
    if colon and not match["how"]:
        return True
    before = block.text[max(0, match.start() - 9) : match.start()].rstrip()[-1:]
    if not (len(match[1]) > 1 and match[1] == match[1].upper() and before in _CLOSED):
        return False
    if colon:
        return True
    said = _WORDS.search(block.text, match.end())
    if block.text[match.end() : match.end() + 1] == "\n" and said:  # the name has its own line
        word = _LETTER.search(block.text, said.start(), said.start() + 4)
        if word and word[0].islower() and block.text[said.start()] not in "([":
            return False
    return not match["how"] and bool(said or not before)


def _alone(blocks: Sequence[Block], starts: Sequence[Sequence[re.Match[str]]]) -> set[int]:
    """Which paragraphs are names whose turns follow: several, or with a colon, and no list.

    With a full stop it is a signature.
    """
    names = {n for n, block in enumerate(blocks) if _is_name(block, starts[n])}
    apart = [n for n in names if not (n - 1 in names or n + 1 in names)]
    cues = [n for n in apart if "." not in starts[n][0]["end"]]
    return {n for n in cues if len(cues) > 1 or ":" in starts[n][0]["end"]}


def _is_name(block: Block, starts: Sequence[re.Match[str]]) -> bool:
    """Whether a paragraph is the name of a speaker and no more."""
    return [match.span() for match in starts] == [(0, len(block.text))]


def _cut(
    block: Block, starts: Sequence[re.Match[str]], cast: Mapping[str, str]
) -> Iterator[tuple[str | None, Block]]:
    """The turns of a paragraph that begin at these places, and what stands before them."""
    if before := block.text[: starts[0].start()].strip():
        yield None, replace(block, text=before)
    ends = [*(match.start() for match in starts[1:]), len(block.text)]
    for match, end in zip(starts, ends, strict=True):
        if said := _said(block.text[match.end() : end]):
            yield _known(match[1], cast), Block(said)


def _said(speech: str) -> str:
    """A speech without the directions that it begins with, if they are plainly that."""
    directions = _DIRECTIONS.match(speech)
    left = speech[directions.end() :] if directions else ""
    first = left.lstrip("*_ \t")[:1]
    whole = not left[:1].isspace() or not (first.isupper() or first in _QUOTES)
    return (speech if whole or _says_nothing(left) else left).strip()


def _says_nothing(text: str) -> bool:
    """Whether there are no words besides marks."""
    return not _LETTER.search(_MARK.sub(lambda mark: mark[1] and mark[0], text))


def _known(name: str, cast: Mapping[str, str]) -> str:
    return next(known for known in cast if re.fullmatch(re.escape(known), name, re.IGNORECASE))


def likely_speakers(blocks: Sequence[Block], cast: Mapping[str, str] = {}) -> list[str]:
    """Names in capitals that begin two lines or more ("BOB: Hi.") and are not in the cast."""
    known = {name.lower() for name in cast}
    counts: dict[str, int] = {}
    for block in blocks:
        for match in () if block.level else _SPEAKER.finditer(block.text):
            name = match[1].strip()
            counts[name] = counts.get(name, 0) + 1
    return [name for name, count in counts.items() if count > 1 and name.lower() not in known]
