"""Markdown -> HTML (markdown-it) -> blocks, so that both are read alike."""

import re
from pathlib import Path

from voxtral_cli.manuscripts.decoding import decode, read_bytes
from voxtral_cli.manuscripts.document import Document
from voxtral_cli.manuscripts.html import document_of, read_page
from voxtral_cli.manuscripts.outline import clean

_FRONT = re.compile(
    r"\A---[ \t]*\n(?=\S)((?:(?:[A-Za-z][\w -]*:[^\n]*|[ \t#-][^\n]*|)\n)*?)"
    r"(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
_STATED = re.compile(
    r"^(title|author|language|lang)[ \t]*:([^\n]*(?:\n(?:[ \t]+\S|-[ \t])[^\n]*)*)", re.M | re.I
)
_FOLDED = re.compile(r"[>|][-+\d]{0,2}[ \t]*\n")
_ITEM = re.compile(r"^[ \t]*(-[ \t]+)?(?:([a-z]+)[ \t]*:(?:[ \t]+|$))?(.*)$", re.M)
_NOTE = re.compile(r"^ {0,3}\[\^[^\]\n]+\]:[^\n]*(?:\n(?!\[\^)(?:[ \t]*\n)*[ \t]+\S[^\n]*)*", re.M)
_DEEPEST = 100
"""Levels of lists and quotes in each other; the library drops what lies deeper."""

_EMPTY_LINE = re.compile(r"(\n[ \t]*\n)")
_SIGN = "\ue001"  # private use: what stands for a span of code
_CODE = re.compile(f"`+|{_SIGN}")
_MASKED = re.compile(f"{_SIGN}(\\d+){_SIGN}")
_NOTE_MARK = re.compile(r"\[\^[^\]\s]{1,100}\]")
_ATTRIBUTES = r"[ \t]*\{(?:[#.:][^{}\n]*|-)\}[ \t]*"
_DIALECTS = (
    (re.compile(rf"^( {{0,3}}#{{1,6}}[ \t](?:.*[^ \t\n])?){_ATTRIBUTES}[ \t#]*$", re.M), r"\1"),
    (re.compile(rf"^(.*\S){_ATTRIBUTES}(?=\n {{0,3}}(?:=+|-+)[ \t]*$)", re.M), r"\1"),
    (re.compile(r"^([ \t>]*(?:[-*+]|\d+[.)])[ \t]+)\[[ xX]\][ \t]+", re.M), r"\1"),
    (re.compile(r"^([ \t]*>[ \t>]*)\[![\w-]+\][+-]?[ \t]*", re.M), r"\1"),
    (re.compile(r"!\[\[[^\[\]\n]*\]\](?!\()"), ""),
    (re.compile(r"\[\[(?:[^\[\]|\n]*\|)?([^\[\]|\n]+)\]\](?!\()"), r"\1"),
    (re.compile(r"(?<!\\)\^\[(?:[^\[\]\n]|\n(?!\s*\n)|\[[^\[\]\n]*\]){1,3000}\]"), ""),
    (
        re.compile(
            r"^([ \t>]*):{3,}(?!:)(?:[ \t]*(?:\{[^{}\n]*\}|[\w.-]+))?(?:[ \t]*:+)?[ \t]*$", re.M
        ),
        r"\1",
    ),
    (re.compile(r"^[ \t]*\\(?:newpage|pagebreak|clear(?:double)?page)(?:\{\})?[ \t]*$", re.M), ""),
    (re.compile(r"\$\$\s{0,9}((?:[^$\n]|\n(?!\s*\n)){1,2000}?)\s{0,9}\$\$"), r"\1"),
    (re.compile(r"(?<!\\)\\(?=\[(?:pause|/?voice)\b)", re.I), r"\\\\\\"),
    (
        re.compile(
            r"(?<![\w\\$])\$(?=[^\s\d$]|\d[^\s$]*\$|\d[^$\n]{0,200}[\\^_=])([^$\n]{1,200})(?<!\s)"
            r"\$(?![\w$])"
        ),
        r"\1",
    ),
)
"""What some writers' tools add, and what is read of it: Pandoc's attributes of headings, boxes of
tasks, kinds of callouts, embedded files, links of a wiki, notes in the line, fences of boxes, ends
of pages, and formulas, which stand between dollars. What is marked as no mark of ours stays so."""


def read_markdown(path: Path) -> Document:
    """Reads a Markdown file; line breaks inside a paragraph stay.

    Raises:
        InputError: If it is no text.
    """
    from markdown_it import MarkdownIt

    text = decode(read_bytes(path), str(path))
    source = "\n".join(text.text.splitlines())
    front = _FRONT.match(source)
    body = source[front.end() :] if front else source
    found = _STATED.findall(front[1] if front else "")
    stated = {key.lower(): _value(value.strip()) for key, value in found if value.strip()}
    code: list[str] = []
    body = "".join(_masked(part, code) for part in _EMPTY_LINE.split(body))
    body = _NOTE_MARK.sub("", _NOTE.sub("", body))
    for pattern, kept in _DIALECTS:
        body = pattern.sub(kept, body)
    body = _MASKED.sub(lambda found: code[int(found[1])], body)
    parser = MarkdownIt("commonmark", {"breaks": True, "maxNesting": _DEEPEST})
    parser.enable(["table", "strikethrough"])
    page = read_page(parser.render(body), str(path))
    page.title = stated.get("title", "")
    page.author = stated.get("author", "")
    page.language = stated.get("language", stated.get("lang", ""))
    return document_of(page, path, text.notes)


def _masked(paragraph: str, code: list[str]) -> str:
    """A paragraph in which signs stand for its spans of code, which are appended to a list."""
    signs = list(_CODE.finditer(paragraph))
    closing: dict[str, int] = {}
    ends: list[int | None] = [None] * len(signs)  # the sign that closes each
    for number in reversed(range(len(signs))):
        sign = signs[number][0]
        ends[number] = number if sign == _SIGN else closing.get(sign)
        closing[sign] = number
    parts: list[str] = []
    at = number = 0
    while number < len(signs):
        start, end = signs[number].start(), ends[number]
        if end is None or paragraph[start - 1 : start] == "\\":
            number += 1
            continue
        parts += [paragraph[at:start], f"{_SIGN}{len(code)}{_SIGN}"]
        at = signs[end].end()
        code.append(paragraph[start:at])
        number = end + 1
    return "".join([*parts, paragraph[at:]])


def _value(text: str) -> str:
    """What front matter says: bare, quoted, over several lines, or as a list, be it of names."""
    folded = _FOLDED.match(text)
    if text.startswith("["):
        items = text.strip("[]").split(",")
    elif text.startswith(("-", "name:")):
        items = [said for _, key, said in _ITEM.findall(text) if said and key in ("", "name")]
    else:
        items = [text[folded.end() :] if folded else text]
    return ", ".join(clean(item.strip().strip("\"'")) for item in items)
