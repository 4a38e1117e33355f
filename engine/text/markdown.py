"""Markdown (and stray HTML) -> one line of prose. Headings and list items end like sentences."""

import html
import re

from engine.text.brackets import without_citations, without_tags
from engine.text.characters import printable
from engine.text.headings import ends_here

_ENTITY = re.compile(r"&#?[A-Za-z0-9]{1,31};")
_COMMENT = re.compile(r"<!--[^\n]{0,500}?-->")
_FENCE = re.compile(r" {0,3}(?:```|~~~)[^\s`]{0,40}\s*")
_RULE_CHARS = set("-=*_~|:+# ")
_QUOTE = re.compile(r"(?: {0,3}>(?!=) ?){1,8}")
_HEADING = re.compile(r" {0,3}#{1,6} +(.*)")
_BULLET = re.compile(r"\s*[-*\u2022\u2013\u2014] +(?:\[[ xX]\] +)?(?=\S)")
_NUMBERED = re.compile(r"\s*(\d{1,3})[.)] +(?=[^\W\d])")
_LINK = re.compile(
    r"!?\[([^\[\]\n]{0,500})\](?:\((?:[^()\n]|\([^()\n]{0,200}\)){0,500}\)|\[[^\[\]\n]{0,100}\])"
)
_ROLE = re.compile(r"(?<=:)`([^`<>]{1,200})\s<[^`<>]{1,200}>`|`([^`<>]{1,200})\s<[^`<>]{1,200}>`_")
_AUTOLINK = re.compile(r"<{1,2}((?:https?://|mailto:)?[^\s<>]{1,500}[.@][^\s<>]{1,500})>{1,2}")
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]{1,40}\]:?")
_POWER = re.compile(r"(?<![\w*])(\d+(?:\.\d+)?|[a-z]|[a-z]{1,9}\([a-z]\)) ?\*\* ?(?=-?\d|[a-z]\b)")
_GROUPED = re.compile(r"(?<![\w.])\d{1,3}(?:_\d{3}){1,9}(?!\w)")
_PRODUCT = re.compile(
    r"(?<![\w*])(?!s\*x)(?:\d[\d.]{0,9}(?:\*(?:\d[\d.]{0,9}|[a-z]{1,9}(?!\w))){1,9}"
    r"|[a-z](?:\*(?:\d[\d.]{0,9}|[a-z](?!\w))){1,9})(?![\w*])"
)
_STARS = re.compile(
    r"(?<=\d)\*(?= ?\d)|(?<=\d )\*(?=\d)|(?<=[^\s.,:;!?*] )\*(?= {1,9}[^\s*])"
    r"|(?<=\.\.\. )\*(?= )|(?<= )\*(?= \.\.\.)|(?<=! )\*(?= \w{1,9}!)"
)
_CODE_APOSTROPHE = re.compile(r"(?<=[A-Za-z])`(?=[A-Za-z])")
_UNDERSCORES = re.compile(r"(?<!\w)_++|(?<!_)_++(?!\w)")  # not those inside snake_case
_WRAPPED = re.compile(
    r"(?<=[^\W\d_]-) *+\n *+(?=[^\W\d_])(?!(?:and|or|to|und|oder|bis|sowie)(?![\w-]))"
)
"""A line that ends within a word ("well-"), but not before the "and" of "pre- and post-war"."""

_END_MARKS = ".!?:;,"


def plain_line(text: str, star: str = " times ", heading: bool = False) -> str:
    """One paragraph as one line without markup; `star` is read for one among numbers.

    Lines of a heading end like sentences where their sense does.

    Example:
        >>> plain_line("# Title\\nSome **bold** [link](http://x.org).")
        'Title. Some bold link.'
    """
    text = _ROLE.sub(lambda match: match[1] or match[2], _COMMENT.sub(" ", text))
    text = without_tags(_AUTOLINK.sub(r"\1", text))
    if "&" in text:
        text = printable(_ENTITY.sub(lambda match: html.unescape(match[0]), text))
    text = _LINK.sub(r"\1", without_citations(_FOOTNOTE.sub("", text)))
    lines: list[str] = []
    written = text.split("\n")
    for line, following in zip(written, [*written[1:], ""], strict=True):
        _append_line(lines, line)
        if heading and ends_here(line, following):
            _close(lines)
    return _inline(_WRAPPED.sub("", "\n".join(lines)).replace("\n", " "), star)


def is_rule(line: str) -> bool:
    """Whether a line is drawn, not written: "---", "* * *", "|---|"."""
    return len(line.strip()) > 2 and set(line) <= _RULE_CHARS


def heading_level(line: str) -> int:
    """1 for "# Title", 2 for "## Title"; 0 for a line that is no heading."""
    return len(line.split()[0]) if _HEADING.match(line) else 0


def _append_line(lines: list[str], line: str) -> None:
    """Adds what a line says; a line that starts or ends a block closes the sentence before it."""
    line = _QUOTE.sub("", line, count=1) if _QUOTE.match(line) else line
    if _FENCE.fullmatch(line) or is_rule(line):
        _close(lines)
    elif heading := _HEADING.match(line):
        _close(lines)
        lines.append(heading[1].rstrip().rstrip("#").rstrip())
        _close(lines)
    elif bullet := _BULLET.match(line):
        _close(lines)
        lines.append(line[bullet.end() :])
    elif number := _NUMBERED.match(line):
        _close(lines)
        lines.append(f"{number[1]}: {line[number.end() :]}")
    else:
        lines.append(line)


def _close(lines: list[str]) -> None:
    if lines and (line := lines[-1].rstrip()) and line.rstrip("*_`\"'")[-1:] not in _END_MARKS:
        lines[-1] = line + "."


def _inline(text: str, star: str) -> str:
    text = _GROUPED.sub(lambda match: match[0].replace("_", ""), _POWER.sub(r"\1^", text))
    text = _PRODUCT.sub(lambda match: match[0].replace("*", star), text)
    text = _STARS.sub(star, text).replace("*", "").replace("~~", "")
    text = _CODE_APOSTROPHE.sub("'", text).replace("``", '"').replace("`", "")
    return _UNDERSCORES.sub("", text).replace("_", " ")
