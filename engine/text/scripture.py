"""Places in the Bible and the Quran: "John 3:16", which is neither a time nor a ratio."""

import re

from engine.text.numerals import cardinal

_NUMBERED = "Samuel Kings Chronicles Maccabees Corinthians Thessalonians Timothy Peter John"
_BOOKS = (
    "Genesis Exodus Leviticus Numbers Deuteronomy Joshua Judges Ruth Ezra Nehemiah Tobit Judith"
    " Esther Job Psalm Psalms Proverbs Ecclesiastes Wisdom Sirach Isaiah Jeremiah Lamentations"
    " Baruch Ezekiel Daniel Hosea Joel Amos Obadiah Jonah Micah Nahum Habakkuk Zephaniah Haggai"
    " Zechariah Malachi Matthew Mark Luke John Acts Romans Galatians Ephesians Philippians"
    " Colossians Titus Philemon Hebrews James Jude Revelation Surah Sura Quran Qur'an"
)
_NUMBERS = {"1": "First", "2": "Second", "3": "Third", "I": "First", "II": "Second", "III": "Third"}
_SHORT = {
    "Gen": "Genesis", "Exod": "Exodus", "Lev": "Leviticus", "Num": "Numbers", "Deut": "Deuteronomy",
    "Josh": "Joshua", "Judg": "Judges", "Neh": "Nehemiah", "Ps": "Psalm", "Pss": "Psalms",
    "Prov": "Proverbs", "Eccl": "Ecclesiastes", "Isa": "Isaiah", "Jer": "Jeremiah",
    "Lam": "Lamentations", "Ezek": "Ezekiel", "Dan": "Daniel", "Hos": "Hosea", "Mic": "Micah",
    "Hab": "Habakkuk", "Zech": "Zechariah", "Mal": "Malachi", "Matt": "Matthew", "Rom": "Romans",
    "Gal": "Galatians", "Eph": "Ephesians", "Phil": "Philippians", "Col": "Colossians",
    "Heb": "Hebrews", "Jas": "James", "Rev": "Revelation", "Sam": "Samuel", "Kgs": "Kings",
    "Chron": "Chronicles", "Chr": "Chronicles", "Macc": "Maccabees", "Cor": "Corinthians",
    "Thess": "Thessalonians", "Tim": "Timothy", "Pet": "Peter",
}  # fmt: skip
_AFTER_NUMBER = {"Sam", "Kgs", "Chron", "Chr", "Macc", "Cor", "Thess", "Tim", "Pet"}
_PEOPLE = {
    *("Col", "Dan", "Gal", "Jer", "Josh", "Mal", "Matt", "Mic", "Phil"),
    *("Pet", "Sam", "Tim"),
}
"""Short forms that are names or ranks, too: only with a dot."""

_LAST = {
    "Amos": 9, "Colossians": 4, "Daniel": 14, "Esther": 16, "Ezra": 10, "Galatians": 6, "Hosea": 14,
    "James": 5, "Jeremiah": 52, "Job": 42, "Joel": 4, "John": 21, "Jonah": 4, "Joshua": 24,
    "Jude": 1, "Judith": 16, "Luke": 24, "Malachi": 4, "Mark": 16, "Matthew": 28, "Micah": 7,
    "Nahum": 3, "Peter": 5, "Philemon": 1, "Philippians": 4, "Ruth": 4, "Samuel": 31, "Timothy": 6,
    "Titus": 3,
}  # fmt: skip
"""Chapters of books that people are named after: "James 6:3" is a score."""


def _either(names: set[str]) -> str:
    whole, people = sorted(names - _PEOPLE, key=len, reverse=True), sorted(names & _PEOPLE)
    return rf"(?:({'|'.join(whole)})\.?|({'|'.join(people)})\.)"


_NUMBER = r"[1-9]\d{0,2}"
_VERSE = rf"{_NUMBER}[a-f]?"
_PLACE = (
    rf"{_NUMBER}:{_VERSE}(?![\d:])(?:[-\u2013]{_NUMBER}:{_VERSE}"
    rf"|(?:[-\u2013]{_VERSE})?(?:,{_VERSE}(?:[-\u2013]{_VERSE})?(?![\d:]))*)"
)
_CITED = re.compile(
    rf"\b(?<!Lt\. )(?:([1-3]|I{{1,3}}) {_either({*_NUMBERED.split(), *_AFTER_NUMBER})}|"
    rf"{_either({*_BOOKS.split(), *_SHORT} - _AFTER_NUMBER)}) "
    rf"((?>{_PLACE}(?:(?:[,;] ?| and ){_PLACE})*))"
    r"(?![\w:\u2013-]|\.\d)(?! ?[AaPp]\.?[Mm]\b)"
)
_ONE = re.compile(_PLACE)


def spoken_places(text: str) -> str:
    """ "1 Cor. 13:4-7" -> "First Corinthians thirteen verses four to seven"."""
    return _CITED.sub(_cited, text)


def _cited(match: re.Match[str]) -> str:
    number, *names, places = match.groups()
    name = next(filter(None, names))
    name = _SHORT.get(name, name)
    if int(places.partition(":")[0]) > _LAST.get(name, 150):
        return match[0]
    said = _ONE.sub(_place, places).replace(";", ",")
    return f"{_NUMBERS[number]} {name} {said}" if number else f"{name} {said}"


def _place(match: re.Match[str]) -> str:
    chapter, verses = match[0].replace("\u2013", "-").split(":", 1)
    if ":" in verses:
        first, last, end = re.split("[-:]", verses, maxsplit=2)
        return f"{_said(chapter)} verse {_said(first)} to {_said(last)} verse {_said(end)}"
    listed = [" to ".join(map(_said, part.split("-"))) for part in verses.split(",")]
    many = "verses" if re.search("[-,]", verses) else "verse"
    *others, last = listed
    return f"{_said(chapter)} {many} {', '.join(others)}{' and ' * bool(others)}{last}"


def _said(number: str) -> str:
    """ "12a" -> "twelve A"."""
    digits = number.rstrip("abcdef")
    return cardinal(digits) + f" {number[len(digits) :].upper()}".rstrip()
