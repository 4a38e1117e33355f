"""Angle and square brackets: tags and citations go, what others hold is read."""

import re

_ELEMENTS = re.compile(
    "a|abbr|acronym|article|aside|audio|b|bdi|bdo|big|blockquote|body|br|button|canvas|caption"
    "|center|cite|col|colgroup|dd|del|details|dfn|div|dl|dt|em|embed|fieldset|figcaption|figure"
    "|footer|form|frameset|h[1-6]|head|header|hgroup|hr|html|i|iframe|img|ins|kbd|legend|li|main"
    "|menu|nav|nobr|noscript|ol|optgroup|p|picture|pre|q|rp|rt|ruby|s|samp|script|section|small"
    "|span|strike|strong|style|sub|sup|svg|table|tbody|td|textarea|tfoot|th|thead|tr|tt|u|ul|video"
    "|wbr"
)
"""Of HTML. Others, as "title", are tags only where they are closed or have attributes."""

_SWITCHES = "async|autofocus|autoplay|checked|compact|controls|defer|disabled|hidden|itemscope|loop"
_SWITCHES += "|multiple|muted|noshade|nowrap|open|readonly|required|reversed|selected"
_TAG = re.compile(
    r"<(/?)([A-Za-z][\w:.-]{0,40})"
    r"((?:\s{1,9}[A-Za-z_:@][\w:.-]{0,60} ?= ?(?:\"[^\"<>]{0,1000}\"|'[^'<>]{0,1000}'"
    rf"|[^\s\"'=<>`]{{1,500}})|\s{{1,9}}(?:{_SWITCHES})(?![\w-])){{0,20}})"
    r"\s{0,9}(/?)>(?! (?:tag|element)s?\b)"
)
_CLOSED = re.compile(r"</([A-Za-z][\w:.-]{0,40})>")
_WORD = r"(?:[\w:/'-]|\.(?=\w)|\.\.\.){1,40}"
_PLACEHOLDER = re.compile(
    rf"(?<![^\W_])<(?=[A-Za-z])({_WORD}(?:,? (?!(?:and|or|then)\b){_WORD}){{0,4}})>"
)
_TYPE = r"(?:[a-z]{2,12} )?(?!(?:and|or|then)\b)[A-Za-z][\w:./-]{0,40}(?:<[\w:., ]{1,60}>)?"
_OF_TYPE = re.compile(
    rf"(?:(?<=[A-Za-z]{{2}})|(?<![\w<].)(?<=[A-Z]))<({_TYPE}(?:, ?{_TYPE}){{0,4}})>(?!\w)"
)
_NICK = re.compile(r"^\s*<[ @+%]?([\w^|`\[\]{}-]{1,20}) ?> (?=\S)", re.MULTILINE)
"""Who speaks in a chat; a line begins there."""

_NUMBERS = re.compile(r"(?<=[\w%.,;:!?\"'])((?:\[\d{1,3}\])+)(?![(\[])")
_NAME = re.compile(r"[\w.:$>`(-]{0,40}$")
_IDENTIFIER = re.compile(
    r"(?:.*[^\w.])?(?:\w*_\w*|\$\w+|[a-z]\w*->\w+|\w+::\w+|argv|cron|kernel|nginx|sshd|sudo|systemd)"
)
_MAYBE = re.compile(
    r"(?:.*[^\w.])?(?:[A-Za-z]|[a-z]+\d\w*|[a-z]{2,}[A-Z]\w*|[a-z]\w*\.(?!com|net|org)[a-z]\w*"
    r"|[b-df-hj-np-tv-xz]{2,}|args?|array|arr|buf)"
)
"""Names in a text that has other signs of a program."""

_MEASURED = re.compile(
    r"(?<![\w.])\d[\d.,]{0,15}[ -]?[\u00b0\u03bc]?[A-Za-z\u03a9]{1,5}(?:/[A-Za-z]{1,4})?[23]?$"
)
_LABEL = re.compile(
    r"\b(?:(?!(?:Assume|For|Given|If|Let|Set|Since|The|Then|When|Where)\b)[A-Z][\w'-]{1,30}"
    r"|appendix|category|class|grade|group|hepatitis|option|plan|section|team|type|vitamin) [A-Z]$"
)
_NEXT = re.compile(r"\w|\.[a-z]")
_CODE_BEFORE = re.compile(r"(?:[=+*/<>] ?|\w\(|`)\w{1,40}$")
_CODE_AFTER = re.compile(r" ?[-+*/%]?=|\.[a-z_]| ?[+*<>] ?\w|`")
_SUBSCRIPT = re.compile(
    r"(?<![\w'])((?!a\[n\]|[AI]\b)[A-Za-z]|argv|args|arr)"
    r"((?:\[(?:[a-z]|-\d{1,6}|[a-z] ?[+-] ?\d{1,6})\])+)(?![(\[])"
)


def without_tags(text: str) -> str:
    """ "<b>x</b><y and <repository>" -> "x<y and repository"."""
    if "<" not in text:
        return text
    closed = set(_CLOSED.findall(text))
    nicks = [nick for nick in _NICK.finditer(text) if not _names_tag(nick[1], closed)]
    if nicks and (len(nicks) > 1 or not nicks[0].start()):
        text = _NICK.sub(r"- \1: ", text)
    text = _TAG.sub(lambda match: " " if _is_tag(match, closed) else match[0], text)
    text = _OF_TYPE.sub(lambda match: " " + re.sub("[<>]", " ", match[1]), text)
    return _PLACEHOLDER.sub(r"\1", text)


def without_citations(text: str) -> str:
    """ "as shown[12] in x[12]" -> "as shown in x 12"."""
    if "[" not in text:
        return text
    text = _SUBSCRIPT.sub(lambda match: match[1] + _spaced(match, match[2]), text)
    return _NUMBERS.sub(lambda match: _spaced(match, match[1]) if _is_index(match) else "", text)


def _is_tag(match: re.Match[str], closed: set[str]) -> bool:
    slash, name, attributes, end = match.groups()
    return bool(slash or end or "=" in attributes or _names_tag(name, closed))


def _names_tag(name: str, closed: set[str]) -> bool:
    known = _ELEMENTS.fullmatch(name.lower()) and name in (name.lower(), name.upper())
    return bool(known or name in closed)


def _spaced(match: re.Match[str], index: str) -> str:
    """ "[n-1][2]" -> " n minus 1 2"."""
    index = re.sub(r"(?<=\w) ?- ?", " minus ", re.sub(r"[\[\]]+", " ", index).rstrip())
    return index + " " * bool(_NEXT.match(match.string, match.end()))


def _is_index(match: re.Match[str]) -> bool:
    """Whether a number counts places ("x[0]", "sshd[123]"), not references to sources."""
    text, start, end = match.string, match.start(), match.end()
    name = _NAME.search(text, max(0, start - 40), start)
    if "[0" in match[1]:
        return True
    if not name or not name[0] or not (name[0][-1].isalnum() or name[0][-1] == "_"):
        return False
    if _IDENTIFIER.fullmatch(name[0]):
        return True
    if name[0].isdigit() or _MEASURED.search(text, max(0, start - 34), start):
        return False
    if _MAYBE.fullmatch(name[0]) and "[0" in text:
        return not _LABEL.search(text, max(0, start - 34), start)
    before = _CODE_BEFORE.search(text, max(0, start - 45), start)
    return bool(before or _CODE_AFTER.match(text, end))
