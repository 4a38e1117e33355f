"""Sentences from patterns: everyday phrases, numbers in words, very short utterances."""

import random
import re

from num2words import num2words

from training.data.phrases import EVERYDAY, NUMBERS, SHORT, SHORT_PATTERNS, SLOTS

_SLOT = re.compile(r"\{(\w+)\}")


def cardinal(number: int | float, rng: random.Random) -> str:
    """A number in words, with or without the British "and"."""
    words = num2words(number).replace(",", "")
    return words if rng.random() < 0.5 else words.replace(" and ", " ")


def year(rng: random.Random) -> str:
    return str(num2words(rng.randint(1700, 2039), to="year"))


def money(rng: random.Random) -> str:
    amount = rng.choice((rng.randint(1, 20), rng.randint(1, 99), rng.randint(100, 9999)))
    unit, cents = rng.choice((("dollar", "cent"), ("euro", "cent"), ("pound", "penny")))
    words = f"{cardinal(amount, rng)} {unit}{'s' if amount != 1 else ''}"
    if amount < 100 and rng.random() < 0.5:
        small = rng.randint(2, 99)
        plural = "pence" if cents == "penny" else "cents"
        words += f" and {cardinal(small, rng)} {plural}"
    return words


def clock(rng: random.Random) -> str:
    hour, minute = rng.randint(1, 12), rng.choice((0, 15, 30, 45, rng.randint(1, 59)))
    name = num2words(hour)
    suffix = rng.choice(("", "", " in the morning", " a.m.", " p.m."))
    if minute == 0:
        return name + (suffix or " o'clock")
    if minute in (15, 30) and not suffix:
        return f"{'a quarter' if minute == 15 else 'half'} past {name}"
    past = num2words(minute)
    return f"{name} {'oh ' if minute < 10 else ''}{past}{suffix}"


def date(rng: random.Random) -> str:
    month, day = rng.choice(SLOTS["month"]), num2words(rng.randint(1, 28), to="ordinal")
    words = rng.choice((f"{month} {day}", f"the {day} of {month}"))
    return f"{words}, {year(rng)}" if rng.random() < 0.4 else words


def _number(kind: str, rng: random.Random) -> str:
    """A number slot in words."""
    match kind:
        case "int":
            return cardinal(rng.choice((rng.randint(2, 99), rng.randint(2, 999))), rng)
        case "big":
            return cardinal(rng.randint(2, 999) * rng.choice((1000, 10_000)), rng)
        case "small":
            return str(num2words(rng.randint(0, 12)))
        case "age":
            return str(num2words(rng.randint(2, 99)))
        case "ordinal":
            return str(num2words(rng.randint(1, 40), to="ordinal"))
        case "digits":
            return " ".join(num2words(rng.randint(0, 9)) for _ in range(rng.randint(3, 7)))
        case "decimal":
            return cardinal(rng.randint(1, 999) / 10, rng)
        case "percent":
            return f"{cardinal(rng.randint(1, 100), rng)} percent"
        case "money":
            return money(rng)
        case "time":
            return clock(rng)
        case "date":
            return date(rng)
        case "year":
            return year(rng)
    raise KeyError(kind)


def fill(pattern: str, rng: random.Random) -> str:
    """Fill all slots of a pattern and start it with a capital letter."""

    def replace(match: re.Match[str]) -> str:
        choices = SLOTS.get(match[1])
        return rng.choice(choices) if choices else _number(match[1], rng)

    while _SLOT.search(pattern):
        pattern = _SLOT.sub(replace, pattern)
    pattern = pattern.replace("a.m..", "a.m.").replace("p.m..", "p.m.")
    pattern = re.sub(r"\b([Aa]) (?=[aeio])", r"\1n ", pattern)
    start = 1 if pattern.startswith('"') else 0
    return pattern[:start] + pattern[start].upper() + pattern[start + 1 :]


def everyday(rng: random.Random) -> str:
    return fill(rng.choice(EVERYDAY), rng)


def numbers(rng: random.Random) -> str:
    return fill(rng.choice(NUMBERS), rng)


def short(rng: random.Random, words: tuple[str, ...] = ()) -> str:
    """A very short utterance: a phrase, a filled pattern, or one or two of the given words."""
    kind = rng.random()
    if kind < 0.35 or (not words and kind < 0.5):
        return rng.choice(SHORT)
    if kind < 0.7 or not words:
        return fill(rng.choice(SHORT_PATTERNS), rng)
    count = 1 if rng.random() < 0.6 else 2
    return fill(" ".join(rng.choice(words) for _ in range(count)) + ".", rng)
