"""Digits -> English words, by num2words: cardinals, ordinals, years, decimals, digit by digit.

Every function takes a string of ASCII digits, so that leading zeros and length are known. What
a number means in a sentence is decided in `engine.text.quantities` and `engine.text.dates`.
"""

from functools import lru_cache

LONGEST_CARDINAL = 12
"""More digits than these are read one by one."""

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@lru_cache(maxsize=65536)
def _num2words(number: int, kind: str) -> str:
    # Here, because it takes 40 ms and many texts have no number.
    from num2words import num2words  # type: ignore[import-untyped]

    words: str = num2words(number, to=kind)
    return words.replace(",", "")


def spelled(digits: str) -> str:
    """ "007" -> "zero zero seven"."""
    return " ".join(_DIGITS[int(digit)] for digit in digits)


def cardinal(digits: str) -> str:
    """ "1,234" -> "one thousand two hundred and thirty-four"; "007" -> "zero zero seven"."""
    digits = digits.replace(",", "")
    if len(digits) > LONGEST_CARDINAL or (len(digits) > 1 and digits[0] == "0"):
        return spelled(digits)
    return _num2words(int(digits), "cardinal")


def ordinal(digits: str) -> str:
    """ "21" -> "twenty-first"."""
    digits = digits.replace(",", "")
    if len(digits) > LONGEST_CARDINAL:
        return spelled(digits)
    return _num2words(int(digits), "ordinal")


def decimal(number: str) -> str:
    """ "3.14" -> "three point one four"; "1.2.3" -> "one point two point three".

    Four bytes, one of them over 9, are an address: "10.0.0.1" -> "ten dot zero dot zero dot one".
    """
    whole, *parts = number.split(".")
    if len(parts) > 1:
        values = [int(part or 0) for part in (whole, *parts)]
        address = len(parts) == 3 and 9 < max(values) < 256
        return (" dot " if address else " point ").join(map(cardinal, [whole, *parts]))
    words = [cardinal(whole)] if whole else []
    for part in parts:
        words += ["point", spelled(part)]
    return " ".join(words)


def number(digits: str) -> str:
    """ "1,234.5" in words."""
    return decimal(digits.replace(",", ""))


def year(digits: str) -> str:
    """ "1999" -> "nineteen ninety-nine"; "2005" -> "two thousand and five"."""
    return _num2words(int(digits), "year")


def plural(word: str) -> str:
    """ "nineteen ninety" -> "nineteen nineties"; "five" -> "fives"; "six" -> "sixes"."""
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("x") else "s")


def decade(digits: str) -> str:
    """ "1990" -> "nineteen nineties"; "80" -> "eighties"."""
    return plural(year(digits) if len(digits) == 4 else cardinal(digits))


def group_by_group(number: str) -> str:
    """ "555-010-9999" -> "five five five, zero one zero, nine nine nine nine"."""
    groups, group = [], ""
    for char in number + " ":
        if char.isdecimal():
            group += char
        elif group:
            groups.append(spelled(group))
            group = ""
    return ", ".join(groups)
