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
_NEEDS_NUMBER = {"Sam", "Kgs", "Chron", "Chr", "Macc", "Cor", "Thess", "Tim", "Pet"}


def _either(names: set[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_ALONE = _either({*_BOOKS.split(), *_SHORT} - _NEEDS_NUMBER)
_AFTER_NUMBER = _either({*_NUMBERED.split(), *_NEEDS_NUMBER})
_PLACE = r"\d{1,3}:\d{1,3}(?:[-\u2013]\d{1,3}(?::\d{1,3})?|(?:,\d{1,3}(?![\d:]))+)?"
_CITED = re.compile(
    rf"\b(?:([1-3]|I{{1,3}}) ({_AFTER_NUMBER})|({_ALONE}))\.? "
    rf"({_PLACE}(?:(?:[,;] ?| and ){_PLACE})*)"
    r"(?![\w:])(?! ?[AaPp]\.?[Mm]\b)"
)
_ONE = re.compile(_PLACE)


def spoken_places(text: str) -> str:
    """ "1 Cor. 13:4-7" -> "First Corinthians thirteen verses four to seven"."""
    return _CITED.sub(_cited, text)


def _cited(match: re.Match[str]) -> str:
    number, numbered, alone, places = match.groups()
    book = numbered or alone
    name = _SHORT.get(book, book)
    said = _ONE.sub(_place, places).replace(";", ",")
    return f"{_NUMBERS[number]} {name} {said}" if number else f"{name} {said}"


def _place(match: re.Match[str]) -> str:
    chapter, verses = match[0].replace("\u2013", "-").split(":", 1)
    first, _, last = verses.partition("-")
    if ":" in last:
        return f"{_verse(chapter, first)} to {_verse(*last.split(':'))}"
    if last:
        return f"{cardinal(chapter)} verses {cardinal(first)} to {cardinal(last)}"
    listed = [cardinal(verse) for verse in first.split(",")]
    if len(listed) > 1:
        return f"{cardinal(chapter)} verses {', '.join(listed[:-1])} and {listed[-1]}"
    return _verse(chapter, first)


def _verse(chapter: str, verse: str) -> str:
    return f"{cardinal(chapter)} verse {cardinal(verse)}"
