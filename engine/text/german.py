"""German days of a month and other ordinals in figures -> words."""

import re

from engine.text.counting import in_words

_MONTHS = (
    *("Januar", "Februar", "M\u00e4rz", "April", "Mai", "Juni", "Juli", "August", "September"),
    *("Oktober", "November", "Dezember"),
)
_MONTH = "|".join(_MONTHS)
_STARTERS = (
    "Er|Sie|Es|Wir|Ich|Ihr|Du|Das|Die|Der|Dann|Danach|Da|Und|Aber|Doch|Als|So|Nun|Ein|Eine|Dort"
    "|Hier|Jetzt|Heute|Gestern|Damals|Sp\u00e4ter|Im|In|Am|Nach|Vor|Mit|Von|Bei|Auf|F\u00fcr|Man|Wenn|Wie"
    "|Was|Wer|Wo|Wann|Warum|Wieso|Weil|Zum|Zur|Seit|Ja|Nein|Keine?|Leider|Schade|Endlich|Vielleicht"
    "|Deshalb|Trotzdem|Au\u00dferdem|Morgen|Bitte|Danke|Herzlichen|Auch|Nur"
    "|Diese[rs]?|Mein|Meine|Sein|Seine|Ihre|Alle"
)
_DATE = re.compile(
    r"\b(am|vom|zum|bis|ab|seit|nach|vor|dem|den|der) ([12]\d|3[01]|0?[1-9])\."
    r"(?P<apart> (?=\d\d?\. [12]\d{3}\b))?(1[0-2]|0?[1-9])\.(?!\d)"
    rf"(?P<end>(?-i:(?= (?:{_STARTERS})\b)))?",
    re.IGNORECASE,
)
_OWN = r"[mdsk]?ein|ihr|unser"
_SERIES = r"\d{1,3}\.(?:(?:, | und | oder | bis | ?[\u2013-] ?)\d{1,3}\.){0,5}"
_NAME = (
    r"Weltkrieg"
    r"|FC (?:Heidenheim|Kaiserslautern|K\u00f6ln|Magdeburg|N\u00fcrnberg|Saarbr\u00fccken|Union)"
)
"""What has an ordinal before it even where a list of things might begin."""

_DAY = re.compile(
    r"(?:\b(?:(?P<n>am|vom|zum|zur|beim|im|dem|den|des"
    rf"|(?:{_OWN}|eur|dies|jed|jen|welch)e[mn]|(?:{_OWN}|eur)e[rs]"
    r"|(?:in|an|auf|aus|bei|mit|nach|seit|von|vor|zu|unter|ab|w\u00e4hrend|trotz|wegen|Anfang|Beginn"
    r"|Mitte|Ende) (?:dies|jed|jen|d)er)"
    rf"|(?P<e>der|die|das|(?:{_OWN}|eur|dies|jed|jen)e|(?:dies|jed|jen)e[rs])"
    rf"|(?P<mixed>{_OWN}|euer)|(?P<bare>ab|bis|nach|seit|vor)))? ?"
    rf"(?<![\w.,])(?P<days>{_SERIES}) (?=(?P<month>{_MONTH})\b|(?P<name>{_NAME})\b|[^\W\d_])"
    rf"(?-i:(?!(?:{_STARTERS})\b))",
    re.IGNORECASE,
)
"""A figure with a full stop that ends no sentence, or several, with what tells their ending."""

_NEUTER = re.compile(
    r" (?:Album|Angebot|Auto|Bein|Bier|Bild|Buch|Dorf|Ergebnis|Fenster|Festival|Foto|Gebot"
    r"|Gespr\u00e4ch|Glas|Haus|Interview|Jahr|Kapitel|Kind|Konzert|Land|Leben|Lied|Problem|Rennen|Team"
    r"|Thema|Tier"
    r"|Mal|Praktikum|Quartal|Semester|Spiel|St\u00fcck|Studium|Tor|Treffen|Werk|Ziel|Zimmer"
    r"|\w{2,40}(?:[^aeou]chen|lein|spiel|buch|haus|jahr|werk)|[a-z\u00e4\u00f6\u00fc\u00df]{2,40}es)\b"
)
_OPENING = re.compile(r"(?:^|[.!?\n])[\s\"']*$")


def german_ordinals(text: str) -> str:
    """ "am 3. Mai" -> "am dritten Mai"; before lists are read, for it may begin a line."""
    return _DAY.sub(_day, _DATE.sub(_date, text))


def _date(match: re.Match[str]) -> str:
    """ "am 24.12." -> "am 24. Dezember"; "am 5. 3. 1990" -> "am f\u00fcnften dritten 1990"."""
    article, day, _, month, end = match.groups()
    if match["apart"]:
        ordinals = [in_words(int(number), "de", "ordinal") for number in (day, month)]
        return " ".join([article, *(word + "n" * (article != "der") for word in ordinals)])
    stop = "" if end is None else "."
    return f"{article} {day.lstrip('0')}. {_MONTHS[int(month) - 1]}{stop}"


def _day(match: re.Match[str]) -> str:
    n = match["n"] or (match["bare"] and match["month"])
    if not (n or match["e"] or match["mixed"] or match["month"] or match["name"]):
        return match[0]
    neuter = match["mixed"] and _NEUTER.match(match.string, match.end() - 1)
    ending = "n" if n else "" if match["e"] else "s" if neuter else "r"
    lead = match[0][: match.start("days") - match.start()]
    words = re.sub(
        r"(\d+)\.", lambda day: in_words(int(day[1]), "de", "ordinal") + ending, match["days"]
    )
    words = re.sub(r" ?[\u2013-] ?", " bis ", words)
    if not lead.strip() and _OPENING.search(
        match.string[max(0, match.start() - 4) : match.start()]
    ):
        words = words[0].upper() + words[1:]
    return f"{lead}{words} "
