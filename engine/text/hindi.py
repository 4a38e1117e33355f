# ruff: noqa: RUF001 (figures of Devanagari)
"""What Hindi writes with figures beside numbers: signs, years, ordinals."""

import re

_DEVANAGARI = str.maketrans("०१२३४५६७८९", "0123456789")
_SHORTENED = re.compile("(?<=[\u0900-\u0963])[०0](?![.,]?[०-९0-9])")
"""A nought in the place of the sign of abbreviation: "डा० सिंह"."""

_LAKHS = re.compile(r"(?<![\d,])\d{1,2}(?:,\d{2})+,\d{3}(?![\d,])", re.ASCII)
"""Grouped as in India: 12,34,567."""

_FIRST = {"1ल": "पहल", "2र": "दूसर", "3र": "तीसर", "4थ": "चौथ", "6ठ": "छठ"}
_ORDINAL = re.compile(
    rf"(?<![\d.,:/-])({'|'.join(_FIRST)})(?=[ाीे](?![\u0900-\u0963]))|(?<![\d.,:/-])6(?=व[ाीे][ंँ]?(?![\u0900-\u0963]))"
)


def plain_figures(text: str) -> str:
    """Figures as elsewhere in the world; "4था" -> "चौथा"."""
    text = _SHORTENED.sub("॰", text).translate(_DEVANAGARI)
    text = _LAKHS.sub(lambda match: match[0].replace(",", ""), text)
    return _ORDINAL.sub(lambda match: _FIRST.get(match[0], "छठ"), text)
