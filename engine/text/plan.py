"""The plan of a text: blocks -> passages, each with its voice and the pause after it.

Blocks -> turns of speakers -> parts between marks -> lines (normalised) -> chunks. A chunk never
crosses a block, except that very short paragraphs share one with a neighbour.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from engine.text.characters import printable
from engine.text.chunk import chunk_line, evened
from engine.text.languages import language_code
from engine.text.lexicon import Lexicon
from engine.text.markdown import heading_level, is_rule, plain_line
from engine.text.marks import parts, turns
from engine.text.normalize import has_words, nothing_to_say, spoken_line
from engine.text.passages import Block, Passage
from engine.text.punctuation import finished
from engine.text.written import as_written

WITHIN_PARAGRAPH = 0.25
AFTER_PARAGRAPH = 0.55
AFTER_HEADING = 0.9
BEFORE_HEADING = 1.2
AT_BREAK = 1.4
"""Seconds of silence; where several meet, the longest."""

_SHORT = 25
"""Characters under which a paragraph shares a chunk with its neighbour."""


@dataclass(frozen=True)
class _Line:
    """What is spoken of one part of a block.

    Args:
        text: One line; empty where nothing is spoken, and only the rest counts.
        written: The same as it is written.
        voice: Who speaks.
        level: Of a heading; 0 for a paragraph.
        before: Shortest pause before it, in seconds.
        pause: Seconds after it that marks ask for; None without a mark.
        opens: Whether it begins a block.
    """

    text: str
    written: str = ""
    voice: str = ""
    level: int = 0
    before: float = 0.0
    pause: float | None = None
    opens: bool = True


def plan_passages(
    blocks: Sequence[Block],
    *,
    normalize: bool = True,
    max_chars: int = 300,
    lexicon: Lexicon | None = None,
    language: str = "en",
    cast: Mapping[str, str] = {},
    voice: str = "",
) -> list[Passage]:
    """What is spoken of a manuscript, in order; empty if nothing in it can be said.

    Args:
        blocks: Headings, paragraphs and breaks, with marks (`engine.text.marks`) in their text.
        normalize: Write out numbers, symbols and abbreviations. Otherwise only characters that
            cannot be said are dropped.
        max_chars: Longest passage, in characters.
        lexicon: Words that are spoken otherwise than written; applied first.
        language: Of the text, such as "en" or "fr-FR".
        cast: Voices by the names of speakers, for lines ("ALICE: Hello.") and marks.
        voice: That a mark before all blocks asks for; empty for the narrator's.

    Raises:
        InputError: If a mark asks for a pause that cannot be.
    """
    code, cast = language_code(language), {printable(n): cast[n] for n in cast if printable(n)}
    cleaned = (replace(block, text=printable(block.text)) for block in blocks)
    parted = turns(list(cleaned), cast)
    lines = _joined(_lines(parted, normalize, code, lexicon, cast, voice), max_chars)
    return _passages(lines, max_chars, close=normalize, language=code, even=True)


def passages_of(
    text: str,
    normalize: bool = True,
    max_chars: int = 300,
    language: str = "en",
    lexicon: Lexicon | None = None,
) -> list[Passage]:
    """The passages of a plain text or Markdown; blank lines end a paragraph.

    Marks of pauses are obeyed. Those of voices end a chunk and do nothing else: one voice speaks.

    Raises:
        InputError: If nothing in the text can be said, or a mark asks for a pause that cannot be.
    """
    return list(_passages_of(text, normalize, max_chars, language, lexicon))


@lru_cache(maxsize=1)
def _passages_of(
    text: str, normalize: bool, max_chars: int, language: str, lexicon: Lexicon | None
) -> tuple[Passage, ...]:
    """Kept for the last text: the command line plans before it loads a model, the engine after."""
    code = language_code(language)
    lines = _lines(map(_block, _paragraphs(printable(text))), normalize, code, lexicon, {})
    one_voice = (replace(line, voice="") for line in lines)
    passages = _passages(one_voice, max_chars, close=normalize, language=code, even=False)
    if not passages:
        raise nothing_to_say()
    return tuple(passages)


def plan_text(
    text: str,
    normalize: bool = True,
    max_chars: int = 300,
    language: str = "en",
    lexicon: Lexicon | None = None,
) -> list[str]:
    """The texts of `passages_of`: the chunks of a text, each one line.

    Example:
        >>> plan_text("One fish. Two fish.\\n\\nRed fish.")
        ['One fish. Two fish.', 'Red fish.']

    Raises:
        InputError: As `passages_of`.
    """
    return [passage.text for passage in passages_of(text, normalize, max_chars, language, lexicon)]


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


def _block(paragraph: str) -> Block:
    if all(map(is_rule, paragraph.split("\n"))):
        return Block("")
    return Block(paragraph, level=0 if "\n" in paragraph else heading_level(paragraph))


def _lines(
    blocks: Iterable[Block],
    normalize: bool,
    language: str,
    lexicon: Lexicon | None,
    cast: Mapping[str, str],
    marked: str = "",
) -> Iterator[_Line]:
    voices = {name.lower(): voice for name, voice in cast.items()}
    marked = voices.get(marked.lower(), marked)
    for block in blocks:
        if not block.text.strip():
            yield _Line("", before=AT_BREAK)
            continue
        opens = True
        for part in parts(block.text):
            if part.voice is not None:
                marked = voices.get(part.voice.lower(), part.voice)
            voice = marked if part.voice is not None else block.voice or marked
            text = lexicon.apply(part.text) if lexicon else part.text
            heading = block.level > 0
            if normalize:
                line = spoken_line(text, language, heading)
                written = plain_line(part.text, star=" \u00d7 ")
            else:
                line, written = text, part.text
            line, written = " ".join(line.split()), " ".join(written.split())
            spoken = has_words(line)
            before = BEFORE_HEADING if block.level and opens else 0.0
            if not spoken:
                line, before = "", 0.0
            yield _Line(line, written, voice, block.level, before, part.pause, opens)
            opens = opens and not spoken


def _joined(lines: Iterable[_Line], max_chars: int) -> Iterator[_Line]:
    """Very short paragraphs on one line with a neighbour of the same voice."""
    last: _Line | None = None
    for line in lines:
        if last and _may_join(last, line, max_chars):
            text, written = f"{last.text} {line.text}", f"{last.written} {line.written}"
            last = replace(last, text=text, written=written, pause=line.pause)
            continue
        if last:
            yield last
        last = line
    if last:
        yield last


def _may_join(last: _Line, line: _Line, max_chars: int) -> bool:
    return (
        bool(last.text and line.text and last.opens and line.opens)
        and not (last.level or line.level or last.pause is not None)
        and last.voice == line.voice
        and min(len(last.text), len(line.text)) < _SHORT
        and len(last.text) + 1 + len(line.text) <= max_chars
        and finished(last.text) == last.text
    )


def _passages(
    lines: Iterable[_Line], max_chars: int, close: bool, language: str, even: bool
) -> list[Passage]:
    """Lines in chunks, with their pauses: that of the mark, else the longest that applies."""
    passages: list[Passage] = []
    marked, lead = False, 0.0
    for line in lines:
        if passages and not marked:
            longest = max(passages[-1].pause, line.before)
            inside = line.text and not line.opens
            passages[-1] = replace(passages[-1], pause=WITHIN_PARAGRAPH if inside else longest)
        if line.text:
            chunks = chunk_line(line.text, max_chars, close, language)
            if even:
                chunks = evened(chunks, max_chars, close, language)
            chunks = list(filter(has_words, chunks)) or chunks
            written = as_written(chunks, line.written)
            for number, chunk in enumerate(chunks):
                opens = line.opens and number == 0
                before = 0.0 if passages else lead
                passages.append(
                    Passage(
                        *(chunk, WITHIN_PARAGRAPH, line.voice, opens, before),
                        language=language,
                        written=written[number],
                    )
                )
            after = AFTER_HEADING if line.level else AFTER_PARAGRAPH
            passages[-1] = replace(passages[-1], pause=after)
            marked = False
        if passages and line.pause is not None:
            pause = line.pause + (passages[-1].pause if marked else 0.0)
            passages[-1] = replace(passages[-1], pause=pause, asked=True)
            marked = True
        elif line.pause is not None:
            lead += line.pause
    return passages
