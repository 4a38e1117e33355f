# ruff: noqa: RUF001 (letters of Arabic)
"""Arabic numbers: their gender and case after what stands beside them, and their compounds."""

import re
from collections.abc import Callable

_FEMALE = {
    **{3: "ثلاث", 4: "أربع", 5: "خمس", 6: "ست"},
    **{7: "سبع", 8: "ثماني", 9: "تسع", 10: "عشر"},
}
_NOUN = re.compile(
    r" (?!(?:في|من|إلى|على|عن|مع|أو|أم|ثم|هو|هي|كان|كانت|حتى|منذ|قبل|بعد)\b|[وبفك]?ال|لل)"
    "[ء-غف-ي]{2,}\\b"
)
"""What a number counts, after it."""

_LABEL = re.compile(r"(?<!\w)و?(?:عام|العام|سنة|السنة|رقم) $")
"""What goes before a number that counts nothing."""

_FEMININE_NOUN = re.compile(
    r" (?!\w*(?:متر|غرام|جرام|لتر|دولار|ريال|جنيه|مليار|تريليون|مجلد|حمام|مطار|قرار|خيار)ات\b"
    r"|ا\w{2,5}ا\wات\b|إ\w\wا\wات\b|ت\w\wي\wات\b|خليفة\b)"
    r"(?:\w{2,20}(?:ة|ات)|دقائق|ثوان[يٍ]?|بنات|نساء|ليال[يٍ]?|مدن|قرى|غرف|دول|قصص|صور|رسائل|جزر|أسر"
    r"|نقاط|مراحل|مناطق|مدارس)(?!\w)"
)
"""A feminine noun, for the most part; not the plural of a masculine one in the same ending."""

_MASCULINE_PLURAL = re.compile(
    r" (?:أ\w{2,3}[ةه]|(?:أوق|أصو|أبي|أمو)ات|أساتذة"
    r"|تلامذة|طلبة|قضاة|قادة|سادة|إخوة|ورثة|دعاة)(?!\w)"
)
"""One that ends as a feminine noun does; after three to ten."""

_YEAR = re.compile(r"(?<!\w)[وفبل]{0,2}(?:ال)?سنة $")
_GENITIVE = re.compile(
    r"(?<!\w)[وف]?(?:[بل]?(?:عام|العام|عامي|سنة|السنة)|في|من|إلى|الى|منذ|قبل|بعد|حتى|خلال|على|عن"
    r"|مع|نحو|حوالي|بين|لمدة) $|(?<!\w)[وف]?[بل]ـ?$"
)
"""What a number is in the genitive after."""

_TWO = "(ألف|مئت|مليون|مليار)([اي])ن$"
"""Two thousand, hundred, million or milliard: shortened before a noun."""

_CENTURY = re.compile(
    r"(?<!\w)(?P<century>[وفبل]{0,2}القرن(?P<two>ين)? )(?:الـ? ?)?"
    r"(?P<first>\d{1,2})(?![\w:/-]|[.,]\d)"
    r"(?:(?P<joint> و(?:القرن )?)(?(two)(?:الـ? ?)?|الـ? ?)(?P<second>\d{1,2})(?![\w:/-]|[.,]\d))?"
)
_ORDINALS = (
    *("الأول", "الثاني", "الثالث", "الرابع", "الخامس", "السادس"),
    *("السابع", "الثامن", "التاسع", "العاشر"),
)


def whole(words: str) -> str:
    """A number of num2words, its compounds put right: a hundred and one thousand."""
    words = words.replace(" و ", " و")
    words = re.sub(r"(\S+) و(ألف|مليون|مليار) \2\b", r"\1 \2 و\2", words)
    words = re.sub(r"(\S+) واثنان (ألف|مليون|مليار)\b", r"\1 \2 و\2ان", words)
    words = re.sub(r"\bمئتان (ألف|مليون|مليار)\b", r"مئتا \1", words)
    return re.sub("(ألف|مئت|مليون|مليار)ا$", r"\1ان", words)


def agreeing(number: int, before: str, after: str, named: Callable[[int], str]) -> str:
    """A number in the gender and the case that the words beside it ask for.

    Args:
        named: Numbers -> words in the masculine and the nominative.
    """
    words = named(number)
    noun = None if _LABEL.search(before) else _NOUN.match(after)
    few = 3 <= number % 100 <= 10
    feminine = noun and _FEMININE_NOUN.match(after) and not (few and _MASCULINE_PLURAL.match(after))
    if _YEAR.search(before) or feminine:
        words = _feminine(words, number % 100, named)
    if _GENITIVE.search(before):
        words = re.sub(r"(?<!لي)ون\b|(?<!ثم)ان\b", "ين", words)
        words = re.sub(r"\b(و?)(اثن|اثنت|مئت)ا\b", r"\1\2ي", words)
    return re.sub(_TWO, r"\1\2", words) if noun else words


def _feminine(words: str, rest: int, named: Callable[[int], str]) -> str:
    """The last two digits in their feminine form: three to ten, eleven to 19, 21 to 99."""
    tail = named(rest)
    if rest < 3 or not words.endswith(tail):
        return words
    ten, unit = divmod(rest, 10)
    if rest <= 10:
        female = _FEMALE[rest]
    elif ten == 1:
        female = {1: "إحدى", 2: "اثنتا"}.get(unit, _FEMALE.get(unit, "")) + " عشرة"
    elif unit:
        one = {1: "إحدى", 2: "اثنتان", 8: "ثمان"}.get(unit, _FEMALE.get(unit, ""))
        female = f"{one} و{named(ten * 10)}"
    else:
        female = tail
    return words[: len(words) - len(tail)] + female


def spoken_centuries(text: str, named: Callable[[int], str]) -> str:
    """The number of a century is an ordinal."""

    def spoken(match: re.Match[str]) -> str:
        first, second = int(match["first"]), int(match["second"] or 1)
        if not (0 < first < 100 and 0 < second < 100):
            return match[0]
        said = match["century"] + _ordinal(first, named)
        return said + (match["joint"] + _ordinal(second, named) if match["joint"] else "")

    return _CENTURY.sub(spoken, text)


def _ordinal(number: int, named: Callable[[int], str]) -> str:
    ten, unit = divmod(number, 10)
    if number <= 10:
        return _ORDINALS[number - 1]
    one = "الحادي" if unit == 1 else _ORDINALS[unit - 1]
    if ten == 1:
        return f"{one} عشر"
    tens = "ال" + named(ten * 10)[:-2] + "ين"
    return f"{one} و{tens}" if unit else tens
