"""One whole number in words, in the form that the noun after it asks for.

By num2words and indic-numtowords; what they get wrong is put right here.
"""

import re
from functools import lru_cache

from engine.text import arabic

_LONGEST = 12
"""More digits than these are read one by one."""

_MOST = {"hi": 9}
"""Digits that are read as one number, where these are fewer than _LONGEST."""

_NOUN = {
    "de": re.compile(r" (?!(?:Der|Die|Das|Ein|Eine|Er|Sie|Es)\b)[A-ZÄÖÜ]| ?%"),
    "es": re.compile(
        r" (?!(?:al?|así|con|contra|de|del|e|el|en|entre|es|está|fue|hasta|la|lo|los|las|mis|más"
        r"|menos|no|nos|o|para|pero|por|que|se|si|sin|sobre|son|sus|tras|u|y|ya)\b)[a-záéíóúñ]+\b"
    ),
    "it": re.compile(
        r" (?!(?:a[dil]?|all[aeo]|agli|che|con|contro|da[il]?|dall[aeo]|di|de[il]|dell[aeo]|degli|e"
        r"|ed|è|era|fra|ha|il|in|l[aeo]|gli|i|ma|ne[il]?|nell[aeo]|no|non|o|ogni|per|più|poi|se|si"
        r"|sono|su|sul|sulla|tra|un|una|vs|gennaio|febbraio|marzo|aprile|maggio|giugno|luglio"
        r"|agosto|settembre|ottobre|novembre|dicembre)\b)[a-zàèéìòù]+\b"
    ),
}
"""What a number counts, after it; in other languages only a feminine noun matters."""

_FEMININE_NOUN = {
    "de": re.compile(
        r" (?!(?:Auge|Ende|Gebäude|Interesse|Junge|Kunde|Name)\b)"
        r"(?:\w{1,40}(?:e|heit|ion|keit|schaft|tät|ung)|Frau|Nacht|Person|Stadt)\b"
    ),
    "es": re.compile(
        r" (?!(?:días?|mapas?|planetas?|\w{1,40}[aeo]mas?)\b)"
        r"(?:\w{1,40}(?:as?|[cs]ión|[cs]iones|[dt]ad|[dt]ades)|vez|veces|mujer(?:es)?|gente"
        r"|(?:calle|clase|foto|moto|frase|llave|mano|muerte|nave|noche|nube|parte|tarde|torre)s?)\b"
    ),
    "fr": re.compile(
        r" (?:(?:amie|année|bouteille|chambre|chanson|chose|dame|école|équipe|étape|étoile|femme"
        r"|fille|cuill[eè]re|cuillerée|gousse|mère|pincée|pomme|sœur|soeur|tante|tranche"
        r"|fleur|heure|histoire|idée|image|journée|lettre|ligne|livraison|maison|minute|nuit|page"
        r"|partie|personne|photo|pièce|place|porte|question|réponse|rue|seconde|semaine|soirée"
        r"|table|tasse|tonne|vache|victime|ville|voiture|\w{2,40}[st]ion)s?|fois|voix)\b"
    ),
    "it": re.compile(
        r" (?!(?:cinema|clima|dramma|papa|pianeta|poeta|problema|programma|schema|sistema|tema)\b)"
        r"(?:\w{1,40}(?:a|[gsz]ione|tà|tù|trice|udine)|arte|base|carne|chiave|classe|crisi|fase"
        r"|frase|legge|luce|madre|mano|moglie|nave|notte|parte|rete|serie|specie|torre|voce)\b"
    ),
    "pt": re.compile(
        r" (?!(?:agora|ainda|apenas|aquelas?|cada|cerca|contra|da|das|dias?|ela|elas|ess?as?"
        r"|estas?|era|fora|mapas?|mas|minhas?|nas?|nossas?|numa|outras?|para|pelas?|planetas?|poetas?"
        r"|suas?|todas?|umas?|\w{1,40}[eo]mas?|clima|programas?|coraç(?:ão|ões)|amanhã"
        r"|(?:talism|[ií]m|gal|div|cl|xam|suti|tit|tobog)ãs?"
        r"|(?:\w{0,40}gr|dr|pij|panor)amas?)\b)"
        r"(?:\w{1,40}(?:[aã]s?|[çs]ão|[çs]ões|dades?|[aeu]gem|[aeu]gens)|(?:mulh|colh)er(?:es)?|vez|vezes|voz"
        r"|ordem|ordens|nuvem|nuvens|(?:base|chave|classe|fase|frase|mão|mãe|noite|parte|rede|tarde)s?|flor(?:es)?)\b"
    ),
}
_LABEL = re.compile(
    r"\b(?:Kapitel|Nummer|Nr\.|Platz|Band|Teil|Seite|Artikel|Klasse|Gruppe|Liga|Stufe|Zimmer|Tag"
    r"|Formel|Typ|Phase|Staffel|Kategorie|Saison|Linie|Zone|Level"
    r"|formule|type|exercice|saison|niveau|ligne|chapitre|numéro|tome"
    r"|f[oó]rmula|tipo|fase|rai|canale?|stagione|temporada|livello|nivel|volumen?|l[ií]nea|linha|zona"
    r"|capítulo|número|núm\.|página|tomo|parte|artículo|día|grupo|sala|el|la"
    r"|capitolo|numero|pagina|articolo|gruppo|classe|serie|il|giorno|artigo|dia|nível"
    r"|\u0639\u0627\u0645|\u0627\u0644\u0639\u0627\u0645|\u0633\u0646\u0629|\u0631\u0642\u0645) $",
    re.IGNORECASE,
)
"""What goes before a number that counts nothing."""

_LARGE = re.compile(r"\b[mbt]r?il[lhi]?[iaoóãõ]\w+\b")
"""A million or more, in a Romance language; but not mil, mille or mila."""

_DATIVE = re.compile(r"\b(?:in|vor|nach|seit|mit|aus|bei|von|binnen|ab) $", re.IGNORECASE)
"""What "ein" is "einem" or "einer" after."""

_ONE_O_CLOCK = re.compile(
    r"[\s\S]?[Ll]a 1 (?:y (?:\d|media|cuarto|pico)|menos |en punto\b"
    r"|de la (?:tarde|ma\u00f1ana|madrugada|noche)\b)"
)
_ELEVENTH = {"d\u00e9cimoprimero": "und\u00e9cimo", "d\u00e9cimosegundo": "duod\u00e9cimo"}

_UNO = re.compile(r" (?:z|x|y|gn|pn|ps|s[b-df-hj-np-tv-z]|i[aeou])")
"""What "un" is "uno" before."""


@lru_cache(maxsize=65536)
def in_words(number: int, code: str, kind: str) -> str:
    """A number as num2words says it, in the way of the language."""
    # Here, because it takes 40 ms and many texts have no number.
    if code == "hi":
        from indic_numtowords import num2words as hindi  # type: ignore[import-untyped]

        hundreds, rest = divmod(number, 100) if kind == "year" else (0, number)
        said = [f"{hindi(hundreds, lang='hi')} \u0938\u094c"] if hundreds else []
        return " ".join([*said, str(hindi(rest, lang="hi"))] if rest or not said else said)
    from num2words import num2words  # type: ignore[import-untyped]

    words: str = num2words(number, lang="pt_BR" if code == "pt-br" else code, to=kind)
    if code == "ar":
        return arabic.whole(words)
    if code == "de":
        words = words.replace("einstausend", "eintausend")
    if code == "fr" and kind == "ordinal":
        words = re.sub("(?<=vingt|.cent)s(?=i\u00e8me)", "", words)
    if code == "it":
        words = words.replace("dicott", "diciott").replace("diecesimo", "decimo")
        return words[:-1] + "\u00e9" if re.search(r"\wtre$", words) else words
    if code == "es":
        words = re.sub("^quad", "cuad", words.replace("veintiuno m", "veinti\u00fan m"))
        words = _ELEVENTH.get(words, words)
        return re.sub(r"\buno (?=mil)", "un ", words)
    if code == "pt-br":
        return words.replace(",", "")
    return words.replace(" honderd", "honderd") if kind == "year" else words


def cardinal(digits: str, code: str) -> str:
    """A number that counts nothing; digit by digit where it is long or begins with 0."""
    if len(digits) > _MOST.get(code, _LONGEST) or (len(digits) > 1 and digits[0] == "0"):
        return one_by_one(digits, code)
    return in_words(int(digits), code, "cardinal")


def one_by_one(digits: str, code: str) -> str:
    return " ".join(in_words(int(digit), code, "cardinal") for digit in digits)


def counted(digits: str, code: str, feminine: bool = False, noun: str = "") -> str:
    """A number before a noun: "ein Euro", "un euro", "veintiún euros"."""
    words = cardinal(digits, code)
    if feminine:
        words = _feminine(words, code)
    if code == "es":
        return re.sub(r"\buno$", "un", re.sub(r"veintiuno$", "veinti\u00fan", words))
    if code == "it" and words in {"uno", "una"}:
        if feminine:
            return "un'" if re.match(r" [aeiou]", noun) else words
        return words if _UNO.match(noun) else "un"
    if (code, words) == ("de", "eins"):
        return "eine" if feminine else "ein"
    return words


def is_large(words: str) -> bool:
    """Whether a number ends in millions, after which many languages say "of"."""
    return bool(_LARGE.fullmatch(words.split(" ")[-1]))


def number_between(digits: str, code: str, before: str, after: str) -> str:
    """A number with what is written on both sides: it may count a noun."""
    language = code[:2]
    if code == "ar" and len(digits) <= _LONGEST and (digits == "0" or digits[0] != "0"):
        return arabic.agreeing(int(digits), before, after, _arabic)
    some = digits != "1" and language in {"es", "pt"}
    thousands = " mil" if some and re.match(r" mil [^\W\d_]", after) else ""
    after = after.removeprefix(thousands)
    feminine = language in _FEMININE_NOUN and _FEMININE_NOUN[language].match(after)
    noun = _NOUN[language].match(after) if language in _NOUN else feminine
    if code == "es" and digits == "1" and _ONE_O_CLOCK.match(before[-4:] + digits + after):
        return "una"
    if not noun or (before.endswith(" ") and _LABEL.search(before[-16:])):
        return cardinal(digits, code)
    if (code, digits) == ("de", "1") and "%" not in noun[0] and _DATIVE.search(before):
        return "einer" if feminine else "einem"
    if language in {"es", "pt"} and digits != "1" and not re.search(r"s$|^ mil$", noun[0]):
        return cardinal(digits, code)
    words = counted(digits, code, bool(feminine), noun[0])
    return words.replace("veintiuna", "veinti\u00fan") if thousands else words


def _arabic(number: int) -> str:
    return in_words(number, "ar", "cardinal")


def _feminine(words: str, code: str) -> str:
    """ "veintiuno" -> "veintiuna", "vingt et un" -> "vingt et une", "duzentos" -> "duzentas"."""
    if code == "fr":
        return words + "e" if re.search(r"\bun$", words) else words
    if code == "it":
        return "una" if words == "uno" else words
    start = max((match.end() for match in _LARGE.finditer(words)), default=0)
    words, counting = words[:start], words[start:]
    counting = re.sub(r"(?<=[eé]nt)os\b", "as", counting)
    counting = re.sub(r"\bdois\b", "duas", re.sub(r"\bum$", "uma", counting))
    return words + re.sub(r"uno$", "una", counting)
