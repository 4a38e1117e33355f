"""Web addresses, e-mail addresses and file names -> something that can be said aloud."""

import re

from engine.text.numerals import spelled

_TLD = "com|org|net|edu|gov|int|info|io|ai|dev|app|me|tv|co|uk|us|de|fr|eu|ch|jp|ca|au"
_DOMAIN = rf"(?:[A-Za-z0-9-]{{1,63}}\.){{1,5}}(?:{_TLD})\b(?![.\w-]*@)(?::\d{{2,5}}\b)?"
_EMAIL = re.compile(r"(?<![\w.+-])([\w.+-]{1,64})@((?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24})(?!\w)")
_SCHEME = re.compile(r"(?<!\w)(?:https?|ftp)://(?:www\.)?([^\s<>\"]{1,2000})", re.IGNORECASE)
_BARE = re.compile(rf"(?<![\w.@/-])(?:www\.)?({_DOMAIN}(?:/[^\s<>\"]{{0,2000}})?)")
_TAIL = re.compile(r"[.,;:!?')\]}]+$")
_SAID = {".": " dot ", "/": " slash ", "-": " dash ", "_": " underscore ", "@": " at ", ":": " "}
_SAID |= {"+": " plus "}
_PORT = re.compile(r":(?=\d{1,5}\b)")
_HOST = re.compile(
    r"(?<![\w.])(localhost|(?:\d{1,3}\.){3}\d{1,3})(?::(\d{1,5})|/(\d\d?))(?![\w:]|[.-]\w)"
)
_DOI = re.compile(
    r"(?<![\w/.])(?:doi: ?|(?:https?://)?(?:dx\.)?doi\.org/)(10\.\d{4,9}/[^\s<>\"]{1,200})", re.I
)
_FILE = re.compile(r"(?<=[A-Za-z0-9]{2})\.(?=(?:[a-z]{2,4}|mp[34]|[chr])\b(?!\.[a-z]))")
_NAME = re.compile(r"(?<!\S)\.(?=[A-Za-z])")  # .NET


def spoken_addresses(text: str) -> str:
    """ "mail jo@x.org or see https://www.x.org/a?b=1." -> "mail jo at x dot org or see x dot ..."

    Queries and fragments are left out: nobody can follow them by ear.
    """
    text = _EMAIL.sub(lambda match: _said(match[0]), text)
    text = _HOST.sub(_host, _DOI.sub(_doi, text))
    text = _SCHEME.sub(_address, text)
    text = _BARE.sub(_address, text)
    return _NAME.sub("dot ", _FILE.sub(" dot ", text))


def _address(match: re.Match[str]) -> str:
    tail = _TAIL.search(match[1])
    address = match[1][: tail.start()] if tail else match[1]
    address = re.split(r"[?#]", address, maxsplit=1)[0].rstrip("/")
    return _said(address) + (tail[0] if tail else "")


def _host(match: re.Match[str]) -> str:
    host, port, bits = match.groups()
    return f"{host} port {port}" if port else f"{host} slash {bits}"


def _doi(match: re.Match[str]) -> str:
    """ "doi:10.1000/182" -> "DOI ten dot one zero zero zero slash one eight two"."""
    tail = _TAIL.search(match[1])
    name = match[1][2 : tail.start()] if tail else match[1][2:]
    said = re.sub(r"\d+", lambda digits: f" {spelled(digits[0])} ", _said(name))
    return f"DOI 10 {' '.join(said.split())}{tail[0] if tail else ''}"


def _said(address: str) -> str:
    address = _PORT.sub(" port ", address)
    words = "".join(_SAID.get(char, char) for char in address)
    return re.sub(r"[^\w ]", " ", words)
