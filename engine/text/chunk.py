"""A text of any length -> the chunks that are spoken one by one.

Paragraphs (blank lines) -> sentences (sentencex) -> chunks of at most `max_chars` characters that
end where a sentence ends and never cross a paragraph. Every word comes once, in order.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from sentencex import segment  # type: ignore[import-untyped]

from engine.text.characters import printable
from engine.text.normalize import has_words, nothing_to_say, spoken_line
from engine.text.punctuation import finished

_PIECE = 10_000
"""Characters given to the sentence splitter at a time, so that its cost stays linear."""

_CUTS = (re.compile(r"[;:](?= )"), re.compile(r",(?= )"), re.compile(r"(?= )"))
"""Where a sentence that is too long may be cut, best first."""


def plan_text(text: str, normalize: bool = True, max_chars: int = 300) -> list[str]:
    """The chunks of a text, each one line.

    Args:
        text: Plain text or Markdown.
        normalize: Write out numbers, symbols and abbreviations (`engine.text.normalize`).
            Otherwise only characters that cannot be said are dropped.
        max_chars: Longest chunk, in characters.

    Example:
        >>> plan_text("One fish. Two fish.\\n\\nRed fish.")
        ['One fish. Two fish.', 'Red fish.']

    Raises:
        InputError: If nothing in the text can be said.
    """
    return list(_plan(text, normalize, max_chars))


@lru_cache(maxsize=1)
def _plan(text: str, normalize: bool, max_chars: int) -> tuple[str, ...]:
    """Kept for the last text: the command line plans before it loads a model, the engine after."""
    assert max_chars >= 2, max_chars
    chunks: list[str] = []
    for paragraph in _paragraphs(printable(text)):
        line = spoken_line(paragraph) if normalize else " ".join(paragraph.split())
        if has_words(line):
            pieces = _pieces(line, max_chars, close=normalize)
            chunks += [" ".join(group) for group in _groups(pieces, max_chars)]
    if not chunks:
        raise nothing_to_say()
    return tuple(chunks)


def _paragraphs(text: str) -> Iterator[str]:
    lines: list[str] = []
    for line in text.split("\n"):
        if line.strip():
            lines.append(line)
        elif lines:
            yield "\n".join(lines)
            lines = []
    if lines:
        yield "\n".join(lines)


def _sentences(line: str) -> Iterator[str]:
    """Sentences of one paragraph, in pieces: an unfinished one is carried into the next piece."""
    carry = ""
    for start in range(0, len(line), _PIECE):
        *done, carry = segment("en", carry + line[start : start + _PIECE])
        yield from done
        if len(carry) > _PIECE:
            cut = carry.rfind(" ") + 1 or len(carry)
            yield carry[:cut]
            carry = carry[cut:]
    yield carry


def _pieces(line: str, max_chars: int, close: bool) -> list[str]:
    """Sentences, those over `max_chars` cut up; `close`: a cut-off piece gets a full stop."""
    pieces = []
    for sentence in map(str.strip, _sentences(line)):
        rest = sentence
        while len(rest) > max_chars:
            cut = _cut(rest, max_chars - 1 if close else max_chars)
            piece, rest = rest[:cut].strip(), rest[cut:].strip()
            pieces.append(finished(piece) if close else piece)
        pieces.append(rest)
    return [piece for piece in pieces if piece]


def _cut(sentence: str, max_chars: int) -> int:
    """Where to cut: at the best kind of pause, nearest to making all pieces equally long."""
    goal = len(sentence) / -(-len(sentence) // max_chars)
    for pattern in _CUTS:
        ends = [match.end() for match in pattern.finditer(sentence, max_chars // 3, max_chars + 1)]
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
