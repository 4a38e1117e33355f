"""Ordinals in figures of the Romance languages and of Dutch -> words."""

import re

from engine.text.counting import in_words

_MONTHS = (
    "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre"
)
_COUNTED_DEGREES = (
    r"(?<!\d{3})\u00b0(?= (?i:anno|anniversario|articolo|atto|battaglione|canto|capitolo"
    r"|classificato|compleanno|episodio|giorno|giro|grado|libro|livello|paragrafo|piano|posto"
    r"|premio|reggimento|round|secolo|semestre|trimestre|turno|volume"
    rf"|{_MONTHS}"
    r"|andar|ano|cap[i\u00ed]tulo|dia|d\u00eda|grau|lugar|s\u00e9culo|a\u00f1o|piso|premio|puesto|siglo)\b)"
    r"|(?<=\b[1-5])(?<!\b[Aa] \d)\u00b0(?= (?:mese|quarto|set)\b)"
    r"|(?<=\b[12])(?<!\b[Aa] \d)\u00b0(?= tempo\b)"
)
"""A sign of degrees in the place of the raised o: "5\u00b0 piano"."""

_RAISED = rf"\u00ba(?! ?C\b)|\u00aa|{_COUNTED_DEGREES}"
_LETTER = r"(?<=\.)[oa](?![\w@]|\.\w)"
_ORDINALS = {
    "fr": re.compile(r"(?<![\w.,])(\d{1,4})(ers?|[e\u00e8]?res?|[e\u00e8]mes?|es?|nde?s?)(?!\w)"),
    "es": re.compile(rf"(?<![\w.,])(\d{{1,3}})\.?({_RAISED}|{_LETTER}|(?:er|[rdtmvn][oa])(?!\w))"),
    "it": re.compile(rf"(?<![\w.,])(\d{{1,4}})\.?({_RAISED})"),
    "pt": re.compile(rf"(?<![\w.,])(\d{{1,3}})\.?({_RAISED}|{_LETTER})"),
    "nl": re.compile(r"(?<![\w.,])(\d{1,4})(ste|de|e)(?!\w)"),
}
_FIRST_OF_MONTH = re.compile(rf"(?<![\w.,'/:-])1(?= (?:{_MONTHS})\b)")

_MASCULINE = re.compile(
    r" (?:gran|acto|a\u00f1o|aniversario|art\u00edculo|bachillerato|batall\u00f3n|cap\u00edtulo"
    r"|ciclo|curso|d\u00eda|domingo|equipo|gol|grado|hijo|intento|libro|lugar|mes|ministro|nivel|partido|paso"
    r"|piso|premio|puesto|punto|regimiento|siglo|tiempo|tomo|trimestre|turno|volumen)\b"
)
"""Spanish nouns before which "tercero" is shortened; a verb may come after it, too."""

_ARTICLE = re.compile(
    r"\b(?:l[ao]s?|el|al|del|un[ao]?|su|mi|tu|[ao]s?|[nd][ao]s?|\u00e0s?|aos?"
    r"|pel[ao]s?|uma?|sua|seu) $",
    re.IGNORECASE,
)
"""Without one of these "3.a" is a name or an address."""


def spoken_ordinals(text: str, code: str) -> str:
    """ "le 1er mai" -> "le premier mai"."""
    if code == "it":
        text = _FIRST_OF_MONTH.sub("1\u00ba", text)
    if ordinals := _ORDINALS.get(code[:2]):
        text = ordinals.sub(lambda match: _ordinal(match, code), text)
    return text


def _ordinal(match: re.Match[str], code: str) -> str:
    digits, ending = match.groups()
    before = match.string[max(0, match.start() - 8) : match.start()]
    if ending in {"a", "o"} and not _ARTICLE.search(before):
        return match[0]
    words = in_words(int(digits), code, "ordinal")
    if code == "fr":
        plural = "s" if ending.endswith("s") else ""
        if digits == "1":
            return ("premi\u00e8re" if "re" in ending else "premier") + plural
        if ending.startswith("nd"):
            words = "seconde" if ending.startswith("nde") else "second"
        return words + plural
    if ending[-1] in "a\u00aa":
        return " ".join(re.sub("o$", "a", word) for word in words.split())
    after = match.string[match.end() : match.end() + 60]
    if code == "es" and (ending in {"er", "\u00b0"} or _MASCULINE.match(after)):
        return re.sub("ero$", "er", words)
    return words
