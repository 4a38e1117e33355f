"""German days of a month and other ordinals in figures -> words."""

import re

from engine.text.counting import in_words

_MONTHS = (
    *("Januar", "Februar", "M\u00e4rz", "April", "Mai", "Juni", "Juli", "August", "September"),
    *("Oktober", "November", "Dezember"),
)
_MONTH = "|".join(_MONTHS)
_SHORT_MONTHS = {month[:3]: month for month in _MONTHS if len(month) > 3} | {
    "Febr": "Februar",
    "Sept": "September",
}
STARTERS = (
    "Er|Sie|Es|Wir|Ich|Ihr|Du|Das|Die|Der|Dann|Danach|Da|Und|Aber|Doch|Als|So|Nun|Ein|Eine|Dort"
    "|Hier|Jetzt|Heute|Gestern|Damals|Sp\u00e4ter|Im|In|Am|Nach|Vor|Mit|Von|Bei|Auf|F\u00fcr|Man|Wenn|Wie"
    "|Was|Wer|Wo|Wann|Warum|Wieso|Weil|Zum|Zur|Seit|Ja|Nein|Keine?|Leider|Schade|Endlich|Vielleicht"
    "|Deshalb|Trotzdem|Au\u00dferdem|Morgen|Bitte|Danke|Herzlichen|Auch|Nur"
    "|Diese[rs]?|Mein|Meine|Sein|Seine|Ihre|Alle"
)
_GAP = r"(?: {0,3}\n {0,9}| )"
"""Between words, which may stand on two lines."""

_D, _M = r"(?:[12]\d|3[01]|0?[1-9])", r"(?:1[0-2]|0?[1-9])"
_END = rf"(?P<end>(?-i:(?={_GAP}(?:{STARTERS})\b)))?"
_DATE = re.compile(
    rf"\b(am|vom|zum|bis|ab|seit|nach|vor|dem|den|der){_GAP}({_D})\."
    rf"(?P<apart>{_GAP}(?=\d\d?\.{_GAP}[12]\d{{3}}\b))?({_M})\.(?!\d)"
    rf"{_END}",
    re.IGNORECASE,
)
_DATE_ALONE = re.compile(rf"(?<![\w.,])({_D})\. ({_M})\.(?= [12]\d{{3}}\b)")
_DAYS = re.compile(rf"(?<![\w.,])({_D})\. ?([\u2013-]) ?({_D})\. ?({_M})\.(?!\d){_END}")
_SHORT_MONTH = re.compile(rf"(?<=\d\.)({_GAP})({'|'.join(sorted(_SHORT_MONTHS, reverse=True))})\.")
_GOES_ON = re.compile(rf"{_GAP}[\da-z\u2013-]|[,;:)\u2013-]")
_OWN = r"[mdsk]?ein|ihr|unser"
_SERIES = (
    rf"\d{{1,3}}\.(?:(?:,{_GAP}|{_GAP}(?:und|oder|bis){_GAP}| ?[\u2013-] ?)\d{{1,3}}\.){{0,5}}"
)
_NAME = (
    r"Weltkrieg|Jahrhundert|Jh|Jhdt?"
    r"|FC (?:Heidenheim|Kaiserslautern|K\u00f6ln|Magdeburg|N\u00fcrnberg|Saarbr\u00fccken|Union)"
)
"""What has an ordinal before it even where a list of things might begin,"""

_PART = (
    "Kapitel|Teil|Akt|Aufzug|Auftritt|Szene|Band|Buch|Auflage|Abschnitt|Advent|Klasse|Liga"
    "|Bundesliga|Stock|Etage|T\u00fcr|Platz|Preis|Reihe|Runde"
)
_ENDS = r" ?(?:$|[\n.,:;!?()\u2013\u2014]|-(?!\w)| [\d(\u2013\u2014-])"
"""and what has one if no more of an item follows: "1. Kapitel"."""

_DAY = re.compile(
    r"(?:\b(?:(?P<n>am|vom|zum|zur|beim|im|dem|den|des"
    rf"|(?:{_OWN}|eur|dies|jed|jen|welch)e[mn]|(?:{_OWN}|eur)e[rs]"
    r"|(?:in|an|auf|aus|bei|mit|nach|seit|von|vor|zu|unter|ab|w\u00e4hrend|trotz|wegen|Anfang|Beginn"
    r"|Mitte|Ende) (?:dies|jed|jen|d)er)"
    rf"|(?P<e>der|die|das|(?:{_OWN}|eur|dies|jed|jen)e|(?:dies|jed|jen)e[rs])"
    rf"|(?P<mixed>{_OWN}|euer)|(?P<bare>ab|bis|nach|seit|vor|in|mit|aus|bei|von)){_GAP})?"
    rf"(?<![\w.,])(?P<days>{_SERIES}){_GAP}(?=(?P<month>{_MONTH})\b|(?P<name>{_NAME})\b"
    rf"|(?P<part>{_PART})(?=(?P<ends>{_ENDS})|(?![\w-]))|[^\W\d_])"
    rf"(?-i:(?!(?:{STARTERS})\b))",
    re.IGNORECASE | re.MULTILINE,
)
"""A figure with a full stop that ends no sentence, or several, with what tells their ending."""

_NEUTER = re.compile(
    r"[ \n](?:Album|Angebot|Auto|Bein|Bier|Bild|Buch|Dorf|Ergebnis|Fenster|Festival|Foto|Gebot"
    r"|Gespr\u00e4ch|Glas|Haus|Interview|Jahr(?:hundert)?|Jh|Jhdt?|Kapitel|Kind"
    r"|Konzert|Land|Leben|Lied|Problem|Rennen|Team|Thema|Tier"
    r"|Mal|Praktikum|Quartal|Semester|Spiel|St\u00fcck|Studium|Tor|Treffen|Werk|Ziel|Zimmer"
    r"|\w{2,40}(?:[^aeou]chen|lein|spiel|buch|haus|jahr|werk)|[a-z\u00e4\u00f6\u00fc\u00df]{2,40}es)\b"
)
_FEMININE = re.compile(
    r"[ \n](?:Szene|Auflage|Klasse|(?:Bundesl|L)iga|Etage|T\u00fcr|Reihe|Runde)\b"
)
_OPENING = re.compile(r"(?:^|[.!?\n])[\s\"']*$")
_PAUSE = re.compile(r"[,;(\u2013\u2014-] ?\Z")
_SECOND = re.compile(r"[^\n]{0,200}\n {0,9}2\. ")
"""What follows the first of a list."""

_LINE_MARK = "\ue003"  # private use: `printable` let none through
_LINE_START = re.compile(rf"(?<=[^\s.!?:;,])(?= {{0,9}}\n {{0,9}}{_LINE_MARK})")


def german_ordinals(text: str) -> str:
    """ "am 3. Mai" -> "am dritten Mai"; before lists are read, for it may begin a line."""
    text = _SHORT_MONTH.sub(_whole_month, text)
    text = _DAYS.sub(_days, text)
    text = _DAY.sub(_day, _DATE_ALONE.sub(_date_alone, _DATE.sub(_date, text)))
    return _LINE_START.sub(".", text).replace(_LINE_MARK, "")


def _named(month: str) -> str:
    return _MONTHS[int(month) - 1]


def _days(match: re.Match[str]) -> str:
    """ "1.-3.5." -> "1.-3. Mai"."""
    stop = "" if match["end"] is None else "."
    return f"{match[1]}.{match[2]}{match[3]}. {_named(match[4])}{stop}"


def _whole_month(match: re.Match[str]) -> str:
    stop = "" if _GOES_ON.match(match.string, match.end()) else "."
    return f"{match[1]}{_SHORT_MONTHS[match[2]]}{stop}"


def _date(match: re.Match[str]) -> str:
    """ "am 24.12." -> "am 24. Dezember"; "am 5. 3. 1990" -> "am f\u00fcnften dritten 1990"."""
    article, day, _, month, end = match.groups()
    if match["apart"]:
        ordinals = [in_words(int(number), "de", "ordinal") for number in (day, month)]
        return " ".join([article, *(word + "n" * (article != "der") for word in ordinals)])
    stop = "" if end is None else "."
    return f"{article} {day.lstrip('0')}. {_named(month)}{stop}"


def _date_alone(match: re.Match[str]) -> str:
    """ "5. 3. 1990" -> "f\u00fcnfter dritter 1990"."""
    words = " ".join(in_words(int(number), "de", "ordinal") + "r" for number in match.groups())
    return words[0].upper() + words[1:] if _opens(match, match.start()) else words


def _opens(match: re.Match[str], start: int) -> bool:
    return bool(_OPENING.search(match.string[max(0, start - 4) : start]))


def _day(match: re.Match[str]) -> str:
    named = match["month"] or match["name"] or _is_part(match)
    n = match["n"] or (match["bare"] and match["month"])
    if not (n or match["e"] or match["mixed"] or named):
        return match[0]
    lead = match[0][: match.start("days") - match.start()]
    if (
        match["e"]
        and "\n" in lead
        and match["days"] == "1."
        and _SECOND.match(match.string, match.end())
    ):
        return match[0]
    noun = match.end() - 1
    feminine = _FEMININE.match(match.string, noun)
    if n:
        ending = "n"
    elif match["e"]:
        ending = ""
    elif match["bare"]:
        ending = "r" if feminine else "m"
    elif feminine:
        ending = ""
    else:
        ending = "s" if _NEUTER.match(match.string, noun) else "r"
    words = re.sub(
        r"(\d+)\.", lambda day: in_words(int(day[1]), "de", "ordinal") + ending, match["days"]
    )
    words = re.sub(r" ?[\u2013-] ?", " bis ", words)
    if not lead and _opens(match, match.start()):
        words = words[0].upper() + words[1:]
        if match["part"]:  # on a line of its own, as in a table of contents
            words = _LINE_MARK + words
    return f"{lead}{words} "


def _is_part(match: re.Match[str]) -> bool:
    """Whether a part of a book or the like is numbered, not a thing in a list."""
    if not match["part"]:
        return False
    before = match.string[max(0, match.start() - 4) : match.start()]
    ends = match["ends"] is not None and (_PAUSE.search(before) or _OPENING.search(before))
    return bool(match["bare"] or ends)
