"""What Project Gutenberg puts around its books and into them, which nobody wrote to be read.

Around: a header, two lines of stars, a licence. Into: `[Illustration: ...]`, `[Footnote 1: ...]`
and the marks that lead to it, numbers of pages in braces, who produced the text.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from engine.text.passages import Block
from voxtral_cli.manuscripts.outline import full_lines

_START = re.compile(
    r"^[ \t]*\*{3} ?START OF TH(?:E|IS) (?:[^*]{0,300}\*{3})?[^\n]*(?:\n|\Z)", re.MULTILINE
)
_END = re.compile(
    r"^[ \t]*(?:\*{3} ?END OF TH(?:E|IS) |End of (?:the |this )?Project Gutenberg)", re.MULTILINE
)
_LIBRARY = re.compile(
    r"^[ \t]*\*{3} ?(?:START|END) OF TH(?:E|IS) (?:COPYRIGHTED )?PROJECT GUTENBERG", re.MULTILINE
)
_STATED = re.compile(r"^(Title|Author): *(\S[^\n]*)$", re.MULTILINE)
_NAMED = re.compile(
    r"(?:The )?Project Gutenberg(?:['\u2019]s| e-?(?:book|text) of),? (?P<title>.+?)(?:,? by .+)?"
    r"|(?P<whole>.+?) \| Project Gutenberg",
    re.IGNORECASE,
)
_EDGE = "\x1e"  # between two texts
_INSERTED = re.compile(
    r"\[ ?(?:(?:Illustration|Footnotes?|Sidenote|Decoration|Transcriber['\u2019]s Notes?)\b"
    r"[^\[\]]{0,5000}(?:\[[^\[\]]{0,500}\][^\[\]]{0,5000}){0,20}"
    r"|Blank page|(?:Pg|Page|p\.) ?\w+)\]",
    re.IGNORECASE,
)
_SIGN = r"\[(\d{1,3}|[A-Z]|[*\u2020\u2021\u00a7]{1,3})\]"
_MARK = re.compile(rf"(?:(?<=[\w.,;:!?'\"\u2019\u201d)_])|(?<=\S) +(?=\[[^A-Z])){_SIGN}(?!\w)")
"""Glued to a word; numbers and stars may also stand after a space."""

_PAGE = re.compile(r"\{(?:(?:Pg|Page|p\.) ?)?(?:\d{1,4}|[ivxlc]{1,7})\}", re.IGNORECASE)
_GLUED = re.compile(rf"(?<=\S) +(?:{_PAGE.pattern})(?!\w)", re.IGNORECASE)
_NOTE = re.compile(rf"(?P<named>Footnote )?{_SIGN}:? ")
_NOTES = re.compile(r"FOOTNOTES?[.:]?", re.IGNORECASE)
_CREDIT = re.compile(
    r"(?:Produced|Scanned(?: and \w+)?|Transcribed|Digiti[sz]ed|HTML version) by\b|Credits?:"
    r"|Transcribed from the \d"
    r"|(?:This )?E-?(?:text|book) (?:was )?(?:prepared|produced|transcribed|scanned)\b"
    r"|\[?Transcriber['\u2019]s notes?:",
    re.IGNORECASE,
)
_FRONT = 10
"""Paragraphs among which the credits are."""


def _is_free(text: str) -> bool:
    """Whether a line of stars says that a text is one of its books."""
    return _LIBRARY.search(text) is not None


def without_frame(text: str) -> tuple[str, dict[str, str] | None]:
    """A text without what stands around it, and what that states; nothing where there is none."""
    start = _START.search(text)
    if start is None or not _is_free(text):
        return text, None
    stated = {match[1]: match[2] for match in _STATED.finditer(text[: start.start()])}
    end = _END.search(text, start.end())
    return text[start.end() : end.start() if end else None], stated


def title_alone(title: str) -> str:
    """The title of a page without the library's name."""
    match = _NAMED.fullmatch(title)
    return (match["title"] or match["whole"]) if match else title


def without_apparatus(texts: Sequence[str]) -> list[str | None]:
    """The texts of one of its books without what was put into them: as many; None for no text."""
    if not texts:
        return []
    parts = _parted(_INSERTED.sub(_edges, _joined(texts)))
    notes = _notes(parts)
    kept: list[str | None] = []
    said = 0
    for place, (before, text) in enumerate(zip(texts, parts, strict=True)):
        note = _NOTE.match(text)
        if (
            _NOTES.fullmatch(text)
            or (note and (note["named"] or place in notes))
            or (said < _FRONT and _CREDIT.match(text))
        ):
            text = ""
        for pattern in (_MARK, _GLUED, _PAGE):
            text = pattern.sub("", text)
        text = full_lines(text)
        full = any(map(str.isalnum, text))
        said += full
        kept.append(text if full or not any(map(str.isalnum, before)) else None)
    return kept


def _notes(texts: Sequence[str]) -> set[int]:
    """The paragraphs that begin with a sign and are notes, and not the numbered text itself.

    Each follows a mark of its own. There are none unless most that begin so do, and all of those
    are short beside the rest.
    """
    marks: Counter[str] = Counter()
    notes: set[int] = set()
    begun = size = 0
    for place, text in enumerate(texts):
        note = _NOTE.match(text)
        if not note:
            marks.update(match[1] for match in _MARK.finditer(text))
        elif not note["named"]:
            begun += 1
            size += len(text)
            if marks[note[2]]:
                marks[note[2]] -= 1
                notes.add(place)
    few = 2 * len(notes) > begun and 3 * size < sum(map(len, texts))
    return notes if few else set()


def of_the_book(blocks: Sequence[Block], free: bool = False) -> list[Block | None]:
    """Blocks without what Project Gutenberg put around and into them: as many; None for no block.

    Args:
        free: Whether they are known to be one of its books; else a line of stars must tell.
    """
    whole = _joined([item.text for item in blocks])
    if not (blocks and (free or _is_free(whole))):
        return list(blocks)
    if start := _START.search(whole):
        whole = _edges(whole[: start.end()]) + whole[start.end() :]
    if end := _END.search(whole):
        whole = whole[: end.start()] + _edges(whole[end.start() :])
    texts = without_apparatus(_parted(whole))
    return [
        item if not item.text else replace(item, text=text) if text else None
        for item, text in zip(blocks, texts, strict=True)
    ]


def _joined(texts: Sequence[str]) -> str:
    return f"\n{_EDGE}\n".join(text.replace(_EDGE, " ") for text in texts)


def _parted(whole: str) -> list[str]:
    return [text.strip() for text in whole.split(_EDGE)]


def _edges(found: re.Match[str] | str) -> str:
    """The edges in what is left out."""
    return _EDGE * (found if isinstance(found, str) else found[0]).count(_EDGE)
