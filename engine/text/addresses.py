"""Web addresses, e-mail addresses and file names -> something that can be said aloud."""

import re

_TLD = "com|org|net|edu|gov|int|info|io|ai|dev|app|me|tv|co|uk|us|de|fr|eu|ch|jp|ca|au"
_DOMAIN = rf"(?:[A-Za-z0-9-]{{1,63}}\.){{1,5}}(?:{_TLD})\b(?![.\w-]*@)"
_EMAIL = re.compile(r"(?<![\w.+-])([\w.+-]{1,64})@((?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24})(?!\w)")
_SCHEME = re.compile(r"(?<!\w)(?:https?|ftp)://(?:www\.)?([^\s<>\"]{1,2000})", re.IGNORECASE)
_BARE = re.compile(rf"(?<![\w.@/-])(?:www\.)?({_DOMAIN}(?:/[^\s<>\"]{{0,2000}})?)")
_TAIL = re.compile(r"[.,;:!?')\]}]+$")
_SAID = {".": " dot ", "/": " slash ", "-": " dash ", "_": " underscore ", "@": " at ", ":": " "}
_SAID |= {"+": " plus "}
_FILE = re.compile(r"(?<=[A-Za-z0-9]{2})\.(?=(?:[a-z]{2,4}|mp[34]|[chr])\b(?!\.[a-z]))")
_NAME = re.compile(r"(?<!\S)\.(?=[A-Za-z])")  # .NET


def spoken_addresses(text: str) -> str:
    """ "mail jo@x.org or see https://www.x.org/a?b=1." -> "mail jo at x dot org or see x dot ..."

    Queries and fragments are left out: nobody can follow them by ear.
    """
    text = _EMAIL.sub(lambda match: _said(match[0]), text)
    text = _SCHEME.sub(_address, text)
    text = _BARE.sub(_address, text)
    return _NAME.sub("dot ", _FILE.sub(" dot ", text))


def _address(match: re.Match[str]) -> str:
    tail = _TAIL.search(match[1])
    address = match[1][: tail.start()] if tail else match[1]
    address = re.split(r"[?#]", address, maxsplit=1)[0].rstrip("/")
    return _said(address) + (tail[0] if tail else "")


def _said(address: str) -> str:
    words = "".join(_SAID.get(char, char) for char in address)
    return re.sub(r"[^\w ]", " ", words)
