"""Plain text -> chapters: headings are lines such as "Chapter 3" or "PROLOGUE" that stand alone."""

import re
from collections.abc import Iterator
from pathlib import Path

from voxtral_cli.manuscripts.decoding import Text, decode, read_bytes
from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.outline import Section, assemble, block, clean, is_matter

_KINDS = (
    r"chapter|book|part|volume|section|act|scene|canto|letter|chapitre|livre|partie|tome|kapitel"
    r"|buch|teil|band|cap[i\u00ed]tulo|libro|parte|capitolo|livro|hoofdstuk|boek|deel"
    r"|\u0627\u0644\u0641\u0635\u0644|\u0905\u0927\u094d\u092f\u093e\u092f"
)
_NUMBERS = (
    r"\d{1,4}|[IVXLC]{1,8}|[ivxlc]{1,8}|(?:the )?(?:(?:twenty|thirty|forty|fifty)[- ])?(?:one|two"
    r"|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)"
    r"teen|twenty|thirty|forty|fifty|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
    r"|tenth|last)|premier|premi\u00e8re"
)
_ALONE = (
    r"prologue?|epilogue?|preface|foreword|introduction|afterword|interlude|conclusion|postscript"
    r"|appendix(?: \w{1,4})?|prolog|epilog|vorwort|einleitung|nachwort|pr\u00f3logo|ep\u00edlogo"
    r"|introducci\u00f3n|introdu\u00e7\u00e3o|prologo|prefazione|introduzione|voorwoord|inleiding"
)
_HEADING = re.compile(
    rf"(?:{_KINDS})\s(?:{_NUMBERS})[.:]?(?P<title>\s*[.:\u2014\u2013-]+\s*\S.*"
    rf"|\s+(?-i:[^\W\d_a-z]|[\d\"'\u201c\u2018]).*)?|(?:{_ALONE})[.:]?",
    re.IGNORECASE,
)
_WIDE_PARTS = re.compile(
    r"(?:book|part|volume|act|livre|partie|tome|buch|teil|band|libro|parte|livro|boek|deel)\b",
    re.IGNORECASE,
)
_LONGEST_HEADING = 80
_WRAPPED = 120
"""A longer line is a paragraph of its own; shorter ones may be one paragraph, wrapped."""

_START = re.compile(
    r"^[ \t]*\*{3} ?START OF TH(?:E|IS) (?:[^*]{0,300}\*{3})?[^\n]*\n", re.MULTILINE
)
_END = re.compile(r"^[ \t]*(?:\*{3} ?END OF TH(?:E|IS) |End of (?:the )?Project )", re.MULTILINE)
_STATED = re.compile(r"^(Title|Author): *(\S[^\n]*)$", re.MULTILINE)


def read_plain(path: Path) -> Document:
    """Reads a file of plain text.

    Raises:
        InputError: If it is no text.
    """
    return plain_document(decode(read_bytes(path), str(path)), path.stem, path)


def plain_document(text: Text, name: str, source: Path | None = None) -> Document:
    """The document of a text."""
    body, stated = _without_frame(text.text)
    title = clean(stated.get("Title", "")) or name
    return Document(
        name,
        title,
        assemble(_sections(body), title),
        author=clean(stated.get("Author", "")),
        notes=text.notes,
        source=source,
    )


def paragraphs(text: str) -> Iterator[str]:
    """What blank lines and rules separate; a line too long to be wrapped stands alone."""
    lines: list[str] = []
    for line in [*map(str.strip, text.replace("\f", "\n\n").splitlines()), ""]:
        if line and not _is_rule(line):
            lines.append(line)
            continue
        if lines:
            longest = max(map(len, lines))
            yield from lines if longest > _WRAPPED else ["\n".join(lines)]
            lines = []
        if line:
            yield line


def _is_rule(line: str) -> bool:
    return len(line) > 2 and not any(map(str.isalnum, line)) and len(set(line) - {" "}) == 1


def is_part(title: str) -> bool:
    """Whether a title is one of a part, which has chapters in it."""
    return _WIDE_PARTS.match(title) is not None


def _without_frame(text: str) -> tuple[str, dict[str, str]]:
    """A text without what a library of free books puts around it, and what that states."""
    start = _START.search(text)
    if start is None:
        return text, {}
    stated = {match[1]: match[2] for match in _STATED.finditer(text[: start.start()])}
    end = _END.search(text, start.end())
    return text[start.end() : end.start() if end else None], stated


def _sections(text: str) -> Iterator[Section]:
    """Titles of front matter count until the first chapter; later they may be words of the book."""
    section, begun = Section(), False
    for paragraph in paragraphs(text):
        chapter = _is_heading(paragraph)
        front = not begun and len(paragraph) <= _LONGEST_HEADING and is_matter(paragraph)
        heading = chapter or (front and not paragraph.endswith("."))
        begun |= chapter
        if heading:
            yield section
            section = Section(clean(paragraph))
        section.blocks.append(block(paragraph, int(heading)))
    yield section


def _is_heading(paragraph: str) -> bool:
    """Whether a paragraph is a chapter's number, its title or both, on up to three lines."""
    first, *rest = paragraph.split("\n")
    if len(rest) > 2 or len(paragraph) > _LONGEST_HEADING:
        return False
    match = _HEADING.fullmatch(first)
    if match is None:
        return False
    title = "\n".join([match["title"] or "", *rest]).strip()
    if title.endswith((",", ";", '"', "\u201d")):
        return False
    return not (title.endswith(".") and len(title.split()) > 5)
