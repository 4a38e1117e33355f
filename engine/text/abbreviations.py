"""Abbreviations and dotted acronyms -> English words."""

import re

from engine.text.dates import DAYS, MONTH, MONTHS

_TITLES = {
    "Mr": "Mister",
    "Mrs": "Missus",
    "Ms": "Miz",
    "Prof": "Professor",
    "Rev": "Reverend",
    "Gen": "General",
    "Col": "Colonel",
    "Capt": "Captain",
    "Lt": "Lieutenant",
    "Sgt": "Sergeant",
    "Sen": "Senator",
    "Gov": "Governor",
    "Hon": "Honorable",
    "Mt": "Mount",
    "Ft": "Fort",
    "Rt": "Right",
    "Maj": "Major",
    "Lieut": "Lieutenant",
    "Adm": "Admiral",
    "Cpl": "Corporal",
    "Pvt": "Private",
    "Fr": "Father",
    "Insp": "Inspector",
    "Supt": "Superintendent",
    "Det": "Detective",
    "Messrs": "Messers",
    "Mme": "Madame",
    "Mlle": "Mademoiselle",
    "Drs": "Doctors",
}
_WITHOUT_DOT = (
    "Prof|Capt|Lt|Sgt|Mt|Lieut|Cpl|Pvt|Insp|Supt|Messrs|Mme|Mlle|(?<=Lt )(?:Col|Gen)"
    "|Maj(?= Gen\\b)|(?<=Maj )Gen"
)
"""What the British write without one; the others are words or names, too."""

_BEFORE_NUMBER = {
    "No": "number",
    "no": "number",
    "Nos": "numbers",
    "nos": "numbers",
    "Fig": "figure",
    "fig": "figure",
    "Vol": "volume",
    "vol": "volume",
    "Ch": "chapter",
    "ch": "chapter",
    "Chap": "chapter",
    "chap": "chapter",
    "Bk": "book",
    "bk": "book",
    "Pt": "part",
    "pt": "part",
    "Sc": "scene",
    "sc": "scene",
    "Sec": "section",
    "sec": "section",
    "Eq": "equation",
    "Eqs": "equations",
    "p": "page",
    "pp": "pages",
}
_ANYWHERE = {
    "e.g.": "for example",
    "i.e.": "that is",
    "vs.": "versus",
    "cf.": "compare",
    "approx.": "approximately",
    "dept.": "department",
}
_CLOSING = {
    "etc": "et cetera",
    "et al": "et al",
    "Jr": "Junior",
    "Sr": "Senior",
    "Inc": "Incorporated",
    "Ltd": "Limited",
    "Corp": "Corporation",
    "Ave": "Avenue",
    "Blvd": "Boulevard",
    "Rd": "Road",
}
_STARTERS = (
    "The|He|She|We|It|They|I|This|That|These|Those|But|And|In|On|At|A|An|You|There|When|If|So|My"
    "|His|Her|Our|For|What|Why|How|Who|Yet|Or|As|No|Then"
)
_NOT_A_STREET = (
    "In|At|On|The|From|To|And|Near|For|Of|By|With|Saint|St|Our|Is|Was|Visit|Mister|Missus|Miz|But"
    "|See|Meet|Ask|Call|Tell|Dear|Watch"
)
_A_STREET = "Baker|Bond|Bourbon|Broad|Canal|Church|Elm|Fleet|High|Main|Market|Oak|Wall"
"""Streets before which a capital begins no saint's name: Wall St. Journal."""

_OF_A_STREET = (
    "Station|Clinic|Hospital|Market|Garda|Police|Tube|School|Bridge|Baptist|Methodist|Theatre"
    "|Theater|Gallery|New|San|Santa|Los|Las|Bakery|Cafe|Hotel|Journal"
    "|Synagogue|Mosque|Bus|Subway|Metro"
)
"""What is named after its street, or begins the name of its city: Liverpool St. Station."""

_ENDS = re.compile(rf"[\"')\]]{{0,3}}(?:$| +[\"'(]?(?:{_STARTERS})\b)")
_CAPITAL = re.compile(
    r"[\"')\]]{0,3}(?:$| +[\"'(]?(?!(?:[A-Z]{1,3}T|UTC|Eastern|Central|Mountain|Pacific"
    rf"|{'|'.join([*DAYS.values(), *MONTHS])})\b)[A-Z])"
)
"""A capital that begins a sentence, not a zone or a day that goes with a time."""

_SINCE_START = re.compile(
    r"(?:^|[.!?][\"')]{0,3} )[\"'(]{0,3}(?:About|After|Around|At|Before|Between|By|From|Just|On"
    r"|Since|Shortly|Till|Until)(?: (?:about|after|and|around|at|before|the|to|until|[ap]\.m\."
    r"|[A-Z\d][\w.:]{0,12}),?){0,4} [\d:]{1,8} ?$"
)
"""A time that opens its sentence, which goes on: "At 5 p.m. John left"."""

_TITLE = re.compile(
    rf"\b(?:((?:{'|'.join(_TITLES)}|Dr)(?=\.)|Mrs?|Ms|Dr)\.?"
    r"(?= (?:and|or|&) (?:Mrs?|Ms|Miss|Dr|Lady|Madame)\b)"
    rf"|({'|'.join(_TITLES)})\.(?= ?[A-Z])|({_WITHOUT_DOT})(?= [A-Z][a-z]))"
)
_MISTER = re.compile(r"\b(Mrs?(?:(?=\.)|(?!\w))|Ms(?=\.| [A-Z]))\.?(?!\w)")
_NUMBERED = re.compile(
    rf"\b((?!(?<=\d )(?:pt|sc)\b)(?:{'|'.join(_BEFORE_NUMBER)}))\. ?"
    r"(?=\d|(?:(?<=\bEq\. )|(?<=\bEqs\. ))\()"
)
_MONTH = re.compile(r"\b(Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.(?= ?\d)")
_WEEKDAY = re.compile(
    rf"(?<!\b[Tt]he )(?<![a-z]{{3}} (?=Sun\b))\b({'|'.join(DAYS)})\.?"
    rf"(?= \d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{MONTH})\b| (?:{MONTH}) \d)"
)
_MEASURE = re.compile(
    r"(?<=\d)( ?(?:ft|st|lbs?|hrs?|mins?))\.(?= \d{1,2} ?(?:in|lbs?|oz|mins?|secs?)\b)"
)
_SAID = re.compile(
    rf"(?<![\w.])({'|'.join(map(re.escape, _ANYWHERE))})(?!\w)(,)?|(?<![\w.])(eg|ie)(?=,)",
    re.IGNORECASE | re.ASCII,
)
_CLOCK = re.compile(r"(?<=\d)( ?[AaPp])\.([Mm])\.(?!\w)")
_ENDING = re.compile(rf"\b({'|'.join(_CLOSING)})\.(?!\w)")
_ORDINAL = (
    "first|second|third|(?:four|fif|six|seven|eigh|nin|ten|eleven|twelf|[a-z]{2,5}(?:teen|tie))th"
)
_SAINT = re.compile(
    rf"(?:\b([A-Z\d][\w']{{0,30}}|{_ORDINAL}) )?"
    r"\b(St|Dr)(?:\.(?= ?[A-Z\d])|(?= [A-Z][a-z]))"
)
_BEFORE_A_NAME = re.compile(rf"Mount|Mt|Fort|Port|East|West|{_NOT_A_STREET}|{_STARTERS}")
_STREET = re.compile(
    rf"\b((?!(?:{_NOT_A_STREET})\b)[A-Z][a-z]{{1,30}}|\d+(?:st|nd|rd|th)) (St|Dr)\."
)
_NAME = re.compile(rf" ?(?!(?:{_OF_A_STREET})\b)[A-Z]")
_ALONG = re.compile(r"\b(?i:on|along|down|up|off|from|to|of|at|in|near) $")
_OF_A_SAINT = re.compile(
    r" ?(?:Helens|Louis|Clair|Moritz|Andrews|Albans|Petersburg|Paul|Kitts|Lucia|Vincent|Tropez"
    r"|Ives)\b"
)
_HOUSE = re.compile(r"(?<!\w)(?!(?:1[5-9]|20)\d\d )\d{1,5}[A-Z]? (?:[A-Z][a-z]{1,12} )?$")
_DOTTED = re.compile(r"(?<![\w.])((?:[A-Za-z]\.){2,12}|Ph\.D\.)(?!\w)")
_ET_CETERA = re.compile(r"(?<!\w)&c\b\.?")
_VERSUS = re.compile(r"\b((?!The\b)[A-Z][\w'&.-]{1,30}) v\. (?=[A-Z])")
_LAW = re.compile(
    r"\b(?i:courts?|cases?|justices?|(?:law)?suits?|sued|plaintiffs?|rulings?|ruled|judgments?)\b"
    r"|\d (?:U\. ?S\.|F\. ?[23]d|S\. ?Ct\.) \d|\bv\. (?:Board|United States)\b|\bRoe v\."
)
_CIRCUIT = re.compile(r"(?<=\d(?:st|nd|rd|th) )Cir\.")
_CIRCA = re.compile(r"(?<![\w.])c\. ?(?=(?:1[1-9]|20)\d\d\b)")


def spoken_abbreviations(text: str) -> str:
    """ "Dr. Smith, e.g., lives on Main St." -> "Doctor Smith, for example, lives on Main Street."

    A full stop that also ends the sentence stays.
    """
    text = _ET_CETERA.sub("etc.", text)
    text = _TITLE.sub(_titled, text)
    text = _MISTER.sub(lambda match: _TITLES[match[1]], text)
    text = _WEEKDAY.sub(r"\1,", text)
    text = _MONTH.sub(r"\1", _NUMBERED.sub(_numbered, _CIRCA.sub("circa ", text)))
    text = _SAID.sub(_said, _MEASURE.sub(r"\1", text))
    text = _CLOCK.sub(lambda match: match[1] + match[2] + _clock_stop(match), text)
    if " v. " in text and _LAW.search(text):
        text = _VERSUS.sub(r"\1 versus ", text)
    text = _ENDING.sub(_closed, text)
    text = _CIRCUIT.sub(lambda match: "Circuit" + _stop(match), text)
    text = _STREET.sub(_street, text)
    text = _SAINT.sub(_saint, text)
    return _DOTTED.sub(lambda match: match[1].replace(".", "") + _stop(match), text)


def _titled(match: re.Match[str]) -> str:
    title = match[1] or match[2] or match[3]
    return ("Doctor" if title == "Dr" else _TITLES[title]) + _space(match)


def _space(match: re.Match[str]) -> str:
    """What is missing before the name in "Mr.Smith"."""
    return "" if match.string[match.end() : match.end() + 1] == " " else " "


def _starts_sentence(match: re.Match[str]) -> bool:
    before = match.string[max(0, match.start() - 3) : match.start()].rstrip(" \"'(")
    return before[-1:] in {"", ".", "!", "?"}


def _numbered(match: re.Match[str]) -> str:
    word = _BEFORE_NUMBER[match[1]]
    return (word.capitalize() if _starts_sentence(match) else word) + " "


def _said(match: re.Match[str]) -> str:
    short = (match[1] or {"eg": "e.g.", "ie": "i.e."}[match[3].lower()]).lower()
    words = _ANYWHERE[short]
    if _starts_sentence(match):
        words = words.capitalize()
    return words + ("," if short in {"e.g.", "i.e."} and not match[3] else "")


def _stop(match: re.Match[str]) -> str:
    """The full stop, if the sentence ends here too."""
    return "." if _ENDS.match(match.string, match.end()) else ""


def _closed(match: re.Match[str]) -> str:
    ends = match[1] == "etc" and _CAPITAL.match(match.string, match.end())
    return _CLOSING[match[1]] + ("." if ends else _stop(match))


def _clock_stop(match: re.Match[str]) -> str:
    """The same after a time: before any capital, unless the sentence has only begun."""
    text, start, end = match.string, match.start(), match.end()
    if _SINCE_START.search(text, max(0, start - 60), start):
        return "" if text.startswith(" I ", end) else _stop(match)
    return "." if _CAPITAL.match(text, end) else ""


def _street(match: re.Match[str]) -> str:
    """A name after it makes it a saint's or a doctor's, but not after the number of a house."""
    name, short = match.groups()
    text, start, end = match.string, match.start(), match.end()
    street = name[0].isdigit() or name in _A_STREET.split("|")
    street = street or _HOUSE.search(text, max(0, start - 20), start) is not None
    along = (
        short == "St" and not _BEFORE_A_NAME.fullmatch(name) and not _OF_A_SAINT.match(text, end)
    )
    street = street or bool(along and _ALONG.search(text, max(0, start - 8), start))
    if not street and _NAME.match(text, end) and not _stop(match):
        return match[0]
    return f"{name} {'Street' if short == 'St' else 'Drive'}{_stop(match)}"


def _saint(match: re.Match[str]) -> str:
    """Without a dot it may be a street after a name: "Harley St Clinic"."""
    before, short = match.groups()
    if before and not (match[0].endswith(".") or _BEFORE_A_NAME.fullmatch(before)):
        return match[0]
    word = {"St": "Saint", "Dr": "Doctor"}[short] + _space(match)
    return f"{before} {word}" if before else word
