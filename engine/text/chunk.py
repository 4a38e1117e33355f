"""One line of a paragraph -> chunks, which are spoken one by one.

Line -> sentences (sentencex) -> chunks of at most `max_chars` characters that end where a
sentence ends. Every word comes once, in order.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import accumulate

from sentencex import segment  # type: ignore[import-untyped]

from engine.text.punctuation import finished
from engine.text.shortened import is_title

_PIECE = 10_000
"""Characters given to the sentence splitter at a time, so that its cost stays linear."""

_PAUSES = (re.compile(r"[;:\u061b](?= )"), re.compile(r"[,\u060c](?= )"))
"""Where a sentence that is too long may be cut, best first,"""

_LOOKED = 16
"""Characters that these look ahead, at most."""

_SPACE = re.compile(r"(?= )")
"""and where it may be in a language of which no more is known."""

_NUMBER = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+teen|"
    "(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-[a-z]+)?|hundred|thousand|[mbtr]+illion|point"
)
_OPEN = r"(?<! and)(?<! even)(?<! or)(?<!hundred)(?<!thousand)(?<!illion)(?= "
_BREATHS = (
    re.compile(
        rf"{_OPEN}(?:although|because|but|even (?:if|though)|if|nor|since|so|though|unless|until|"
        r"when|where|whereas|which|while|who|whom|whose)\b)"
    ),
    re.compile(
        rf"{_OPEN}(?:about|across|after|against|along|among|and|around|at|before|behind|between|"
        r"beyond|by|during|for|from|in|into|near|on|or|over|than|through|toward|towards|under|"
        r"upon|with|within|without)\b)"
    ),
    re.compile(
        r"(?<!\S)(?!(?:a|an|and|as|at|by|even|for|from|her|his|in|its|my|no|not|of|on|or|our|the|"
        rf"their|to|very|with|your|{_NUMBER})\b(?!-))\S+(?= )"
    ),
    _SPACE,
)
"""Where English is cut that has no pause: before a clause, before a preposition or "and", after a
word that leaves nothing open (a number belongs to what follows it), anywhere."""

_AROUND = set('"()[]\u00ab\u00bb\u2018\u201c\u201d\u201e\u2039\u203a')
"""Between these the splitter sees no end of a sentence."""

_SCRAP = 8
"""A last chunk shorter than this part of the longest one is a scrap."""

_OPENED = re.compile(r"(?<=\s)[\"'(\u00ab\u2018\u201c]{1,3}$")
"""What opens the next sentence, where it is not closed in this paragraph."""

_INSIDE = re.compile(r"\.$|(?<!\w)[^\W\d_]\. $")
"""A full stop within a word ("z.B.") or after a single letter ("M. Dupont") ends no sentence,"""

_SHORT = re.compile(r"(?:(?<!\w)[^\W\d_]{2,4}|str)\. $")
"""nor one after a short word ("Mme. ") when a small letter follows. English knows its own."""


def chunk_line(line: str, max_chars: int, close: bool, language: str = "en") -> list[str]:
    """The chunks of one line.

    Args:
        line: What is spoken of one paragraph, without line breaks.
        max_chars: Longest chunk, in characters.
        close: A cut-off piece of a sentence gets a full stop.
        language: Whose abbreviations do not end a sentence, a code of two letters.
    """
    assert max_chars >= 2, max_chars
    pieces = phrases(line, max_chars, close, language)
    return [" ".join(group) for group in _groups(pieces, max_chars)]


def evened(chunks: list[str], max_chars: int, close: bool, language: str = "en") -> list[str]:
    """The same with no scrap at the end: the long sentence before it is cut, and part goes to it.

    Only where a sentence ends in it, at a comma, a colon or a semicolon; as it was where that leads
    to nothing.
    """
    if len(chunks) < 2 or len(chunks[-1]) >= max_chars // _SCRAP:
        return chunks
    *done, long, scrap = chunks
    room = max_chars - 1 - len(scrap)
    parts = accumulate(map(len, _within(long, language)))
    within = [end - long[end - 1].isspace() for end in parts][:-1]
    pauses = [match.end() for cut in _PAUSES for match in cut.finditer(long)]
    fitting = (
        [end for end in ends if max_chars // 3 <= end and len(long) - end - 1 <= room]
        for ends in (within, pauses)
    )
    ends = next(filter(None, fitting), None)
    if not ends:
        return chunks
    end = min(ends, key=lambda end: abs(2 * end - len(long) - len(scrap)))
    first, second = long[:end], long[end:].strip()
    return [*done, finished(first) if close else first, f"{second} {scrap}"]


def sentences(line: str, language: str = "en") -> Iterator[str]:
    """Sentences of one paragraph, in pieces: an unfinished one is carried into the next piece."""
    carry = ""
    for start in range(0, len(line), _PIECE):
        *done, carry = _segments(carry + line[start : start + _PIECE], language)
        yield from done
        if len(carry) > _PIECE:
            cut = carry.rfind(" ") + 1 or len(carry)
            yield carry[:cut]
            carry = carry[cut:]
    yield carry


def _segments(text: str, language: str) -> list[str]:
    """What sentencex finds, without the ends that it sees in abbreviations it does not know."""
    found: list[str] = list(segment(language, text))
    for number in range(len(found) - 1):
        if opened := _OPENED.search(found[number]):
            found[number] = found[number][: opened.start()]
            found[number + 1] = opened[0] + found[number + 1]
    if language == "en":
        return found
    whole = found[:1]
    for part in found[1:]:
        last = whole[-1][-16:]
        short = part[:1].islower() and _SHORT.search(last)
        if short or _INSIDE.search(last) or is_title(last, language):
            whole[-1] += part
        else:
            whole.append(part)
    return whole


def _whole(line: str, max_chars: int, language: str) -> Iterator[str]:
    for sentence in sentences(line, language):
        yield from _within(sentence, language) if len(sentence) > max_chars else (sentence,)


def _within(text: str, language: str) -> list[str]:
    """Sentences of a speech or an aside, too: the splitter takes one for a part of a sentence."""
    kept = [place for place, char in enumerate(text) if char not in _AROUND]
    found, start, count = [], 0, 0
    for part in _segments("".join(map(text.__getitem__, kept)), language)[:-1]:
        count += len(part)
        after = kept[count]
        if not text[after].islower():
            end = text.rfind(" ", start, after) + 1 if part[-1] == " " else after
            found.append(text[start:end])
            start = end
    return [*found, text[start:]]


def phrases(line: str, max_chars: int, close: bool, language: str) -> list[str]:
    """Sentences, those over `max_chars` cut up; `close`: a cut-off piece gets a full stop."""
    pieces = []
    for rest in map(str.strip, _whole(line, max_chars, language)):
        while len(rest) > max_chars:
            cut = _cut(rest, max_chars - 1 if close else max_chars, language)
            piece, rest = rest[:cut].strip(), rest[cut:].strip()
            pieces.append(finished(piece) if close else piece)
        pieces.append(rest)
    return [piece for piece in pieces if piece]


def _cut(sentence: str, max_chars: int, language: str) -> int:
    """Where to cut: at the best kind of pause, nearest to making all pieces equally long."""
    goal = len(sentence) / -(-len(sentence) // max_chars)
    for pattern in (*_PAUSES, *(_BREATHS if language == "en" else (_SPACE,))):
        seen = max_chars + _LOOKED  # what a pattern looks ahead at is not cut off
        ends = [match.end() for match in pattern.finditer(sentence, max_chars // 3, seen)]
        ends = [end for end in ends if 0 < end <= max_chars]
        if ends:
            return min(ends, key=lambda end: abs(end - goal))
    cut = sentence.rfind(" ", 0, max_chars + 1)
    if cut > 0:
        return cut
    cut = max_chars
    while cut > max(1, max_chars - 16) and unicodedata.category(sentence[cut])[0] == "M":
        cut -= 1  # a combining mark stays with its letter
    return cut


def _groups(pieces: list[str], max_chars: int) -> list[list[str]]:
    """Neighbours share a chunk while they fit; a short last chunk takes some of the one before."""
    groups: list[list[str]] = []
    length = 0
    for piece in pieces:
        if groups and length + 1 + len(piece) <= max_chars:
            groups[-1].append(piece)
            length += 1 + len(piece)
        else:
            groups.append([piece])
            length = len(piece)
    while len(groups) > 1 and len(groups[-2]) > 1 and length < max_chars // 3:
        moved = groups[-2][-1]
        if length + 1 + len(moved) > max_chars:
            break
        groups[-1].insert(0, groups[-2].pop())
        length += 1 + len(moved)
    return groups
