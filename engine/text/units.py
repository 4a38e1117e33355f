"""Units after numbers, and inches, angles and currents, which need more than a sign."""

import re

from engine.text.money import NUMBER, after_article
from engine.text.numerals import number

_PREFIXES = {
    **{"-": "", "p": "pico", "n": "nano", "\u03bc": "micro", "m": "milli", "c": "centi"},
    **{"d": "deci", "h": "hecto", "k": "kilo", "K": "kilo", "M": "mega", "G": "giga", "T": "tera"},
    "P": "peta",
}
_PREFIXED = {
    "m": ("meter", "-n\u03bcmck"),
    "g": ("gram", "-n\u03bcmk"),
    "l": ("liter", "-\u03bcmcd"),
    "L": ("liter", "-\u03bcmd"),
    "s": ("second", "-n\u03bcm"),
    "V": ("volt", "-\u03bcmkM"),
    "W": ("watt", "-n\u03bcmkMGT"),
    "Wh": ("watt hour", "-kMGT"),
    "A": ("amp", "n\u03bcmk"),
    "Ah": ("amp hour", "-m"),
    "F": ("farad", "pn\u03bcm"),
    "\u03a9": ("ohm", "-m"),
    "J": ("joule", "mk"),
    "cal": ("calorie", "k"),
    "eV": ("electronvolt", "-mkMGT"),
    "Pa": ("pascal", "-hkMG"),
    "mol": ("mole", "-n\u03bcm"),
    "Hz": ("hertz", "-kMGT"),
    "B": ("byte", "kKMGTP"),
    "bit": ("bit", "kMGT"),
    "bps": ("bit per second", "kKMGT"),
    "b/s": ("bit per second", "kKMGT"),
}
"""Names of units and the prefixes that they take, "-" for none."""

_NAMED = {
    "kph": "kilometer per hour",
    "mph": "mile per hour",
    "mi": "mile",
    "in.": "inch",
    "ft": "foot",
    "yd": "yard",
    "yds": "yard",
    "sq ft": "square foot",
    "sq. ft": "square foot",
    "lb": "pound",
    "lbs": "pound",
    "oz": "ounce",
    "psi": "pound per square inch",
    "ha": "hectare",
    "tsp": "teaspoon",
    "tbsp": "tablespoon",
    "Tbsp": "tablespoon",
    "h": "hour",
    "hr": "hour",
    "hrs": "hour",
    "yr": "year",
    "yrs": "year",
    "min": "minute",
    "mins": "minute",
    "sec": "second",
    "secs": "second",
    "k\u03a9": "kilohm",
    "M\u03a9": "megohm",
    "KiB": "kibibyte",
    "MiB": "mebibyte",
    "GiB": "gibibyte",
    "TiB": "tebibyte",
    "dB": "decibel",
    "dBm": "decibel-milliwatt",
    "dBFS": "decibel full scale",
    "mmHg": "millimeter of mercury",
    "ppm": "part per million",
    "rpm": "revolution per minute",
    "bpm": "beat per minute",
    "fps": "frame per second",
    "px": "pixel",
    "\u00b0C": "degree Celsius",
    "\u00b0 C": "degree Celsius",
    "\u00b0F": "degree Fahrenheit",
    "\u00b0 F": "degree Fahrenheit",
    "\u00b0": "degree",
    "%": "percent",
}
_PLURALS = {"inch": "inches", "foot": "feet", "square foot": "square feet", "percent": "percent"}
_FIRST_WORD = re.compile(r"$|(?= per | of | full | Celsius| Fahrenheit)")


def _with_plural(name: str) -> tuple[str, str]:
    plural = name if name.endswith("hertz") else _FIRST_WORD.sub("s", name, count=1)
    return name, _PLURALS.get(name, plural)


UNITS = {
    **{
        prefix.strip("-") + symbol: _with_plural(_PREFIXES[prefix] + name)
        for symbol, (name, prefixes) in _PREFIXED.items()
        for prefix in prefixes
    },
    **{symbol: _with_plural(name) for symbol, name in _NAMED.items()},
}
"""Each in the singular and in the plural."""

NAMES = "|".join(sorted(map(re.escape, UNITS), key=len)[::-1])
LONG_NAMES = "|".join(name for name in NAMES.split("|") if name[1:].isalpha())
SMALL_NAMES = "|".join(name for name in LONG_NAMES.split("|") if name[0].islower())
_RAISED = "\u00b2\u00b3"
_POWERS = {"\u00b2": "square ", "\u00b3": "cubic ", "2": "square ", "3": "cubic "}
STOP = r"(?:\.(?=,| [a-z]))?"
"""Of an abbreviation, where no sentence ends."""

_UNIT = re.compile(
    rf"(?<![\w.,])({NUMBER})( ?|-)(?!ha ha|Ah[,!]|(?:(?<=[ (]\d )|(?<=[ (]\d\d ))Pa )"
    rf"({NAMES})([{_RAISED}]|(?<=m)[23])?"
    rf"((?:/(?:{NAMES}|day|week|month|year)(?![A-Za-z])(?:[{_RAISED}]|(?<=m)[23])?){{0,3}})"
    rf"(?![\w\u00b0/'{_RAISED}]){STOP}"
)
_CAPITAL = re.compile(r"[\"')]{0,3} +[\"'(]{0,3}[A-Z]")
_TIMES = "h|hrs?|mins?|secs?|[n\u03bcm]?s"
RATE = re.compile(
    rf"(?<![\w/.-])(?=\w{{1,4}}/)((?!(?:{_TIMES})/)(?:{LONG_NAMES}|m(?=/s)|W(?=/m)|L(?=/[mh])))"
    rf"((?:/(?:{_TIMES}|[cm]?m|[kmd]?[lLg]|mol)(?![A-Za-z])[{_RAISED}]?){{1,2}})(?![\w/])"
)
"""Units without a number: "in km/h"."""

_INCHES = re.compile(
    r"(?<![\w.,;:!?)'-])\"(?=\S)[^\"]*\""  # quoted words, which may end in a number
    r"|(?<![^\s(\[/\ue000])(?!0\")((?:\d{1,3} )?\d{1,3}(?:\.\d{1,3}|/\d{1,2})?)\"(?![\w\"])"
)
_EXTENT = re.compile(
    r" (?:above|across|and|apart|around|away|below|by|deep|from|high|in|is|long|of|on|or"
    r"|per|tall|thick|to|wide)\b|(?! ?[^\W\d_])"
)
_SIZE = re.compile(r" (?:by|deep|high|long|tall|thick|wide)\b")
_QUOTES = re.compile(r"(?<!\d)\"")
_BY_INCHES = re.compile(r"(?<=\d)\" ?x ?(?=[\d./]{1,9}\")")
_BY_FEET = re.compile(r"(?<![\w.,])(\d{1,3})' ?(?:x|by) ?(\d{1,3})'(?!\w)")
_FEET = re.compile(r"(?<![\w.,'])(\d{1,3})'(?= (?:deep|high|long|tall|thick|wide)\b)")
_HEIGHT = re.compile(r"(?<![\w.,])(\d{1,3})' ?(\d{1,2}(?:\.\d{1,2})?)\"(?!\w)")
_STONES = re.compile(r"(?<=\d) ?st(?= ?(?:and )?\d{1,2} ?lbs?\b)")
_FIGURE = r"\d{1,3}(?:\.\d{1,9})?"
_ANGLE = re.compile(
    rf"(?<![\w.,])({_FIGURE})\u00b0 ?(?:({_FIGURE})'(?: ?({_FIGURE})\")?(?: ?([NSEW])(?![\w'-]))?"
    r"|([NSEW])(?![\w'-]))(,? (?=\d))?"
)
_WINDS = {"N": " north", "S": " south", "E": " east", "W": " west"}
_AMPS = re.compile(
    rf"(?<![\w.,])({NUMBER})( ?|-)A(?![\w'/-])"
    r"( (?=(?:adapter|breaker|charger|circuit|current|fuse|load|outlet|plug|socket|supply)s?\b)"
    r"|(?! (?!(?:AC|and|at|by|DC|for|from|in|is|max|of|on|or|per|through|to|when|with)\b)\w))"
)
_PLACE = re.compile(r"(?i:\b(?:exit|fig(?:ures?)?\.?|gpa|section|tables?|version)\W[^.!?]{0,9})$")
_CURRENT = re.compile(
    r"\b(?:amperage|current (?:draw|is|of)|delivers?|draws?|fuse[ds]?"
    r"|limited to|rated|supplies|supply|volts?)\b[^.!?]{0,30}$|\dk?V(?:,| and| at|/)? ?$"
)


def spoken_units(text: str) -> str:
    """ "5 km/h" -> "five kilometers per hour"."""
    return _UNIT.sub(_unit, text)


def spoken_marks(text: str) -> str:
    """ "12\\" vinyl, 45\u00b0N, a 3 A fuse" -> "12-inch vinyl, 45 degrees north, a 3 amp fuse"."""
    text = _HEIGHT.sub(r"\1 foot \2", _ANGLE.sub(_angle, text))
    text = _BY_FEET.sub(r"\1 by \2 foot", _BY_INCHES.sub(" by ", text))
    quoted = bool(_QUOTES.search(text))
    text = _INCHES.sub(lambda match: _inches(match, quoted), text)
    return _AMPS.sub(_amps, _FEET.sub(_feet, _STONES.sub(" stone", text)))


def spoken_rate(match: re.Match[str]) -> str:
    return UNITS[match[1]][1] + _each(match[2])


def _unit(match: re.Match[str]) -> str:
    digits, space, unit, power, per = match.groups()
    one, many = UNITS[unit]
    stop = "." if unit == "in." and _CAPITAL.match(match.string, match.end()) else ""
    if space == "-":
        return f"{number(digits)}-{one}{_each(per)}{stop}"
    name = one if digits == "1" or after_article(match) else many
    return f"{number(digits)} {_POWERS.get(power or '', '')}{name}{_each(per)}{stop}"


def _each(per: str) -> str:
    """ "/m\u00b3" -> " per cubic meter", "/s\u00b2" -> " per second squared"."""
    words = ""
    for part in per.split("/")[1:]:
        unit = part.rstrip("23" + _RAISED)
        name, power = UNITS.get(unit, (unit,))[0], _POWERS.get(part[len(unit) :], "")
        after = {"square ": " squared", "cubic ": " cubed"}.get(power, "") if unit == "s" else ""
        words += f" per {'' if after else power}{name}{after}"
    return words


def _inches(match: re.Match[str], quoted: bool) -> str:
    """Where words are quoted, too, only what is surely no closing quote."""
    figure, one = match[1], after_article(match)
    text, end = match.string, match.end()
    sure = not quoted or one or _SIZE.match(text, end) or text.endswith("by ", 0, match.start())
    if not figure or not sure:
        return match[0]
    if _EXTENT.match(text, end):
        return f"{figure} inch{'es' * (figure != '1' and not one)}"
    return f"{figure}-inch"


def _feet(match: re.Match[str]) -> str:
    return f"{match[1]} {'foot' if match[1] == '1' or after_article(match) else 'feet'}"


def _angle(match: re.Match[str]) -> str:
    """ "40\u00b0 26' N" -> "40 degrees 26 minutes north"."""
    *figures, wind, other, more = match.groups()
    parts = zip(figures, ("degree", "minute", "second"), strict=True)
    said = " ".join(f"{figure} {unit}{'s' * (figure != '1')}" for figure, unit in parts if figure)
    return said + _WINDS.get(wind or other or "", "") + ", " * bool(more)


def _amps(match: re.Match[str]) -> str:
    figure, hyphen, device = match.groups()
    start = match.start()
    if _PLACE.search(match.string, max(0, start - 20), start):
        return match[0]
    current = device or "." in figure or _CURRENT.search(match.string, max(0, start - 60), start)
    if not current or (hyphen == "-" and not device):
        return match[0]
    many = "s" * (not device and figure != "1")
    return f"{figure}{hyphen if hyphen == '-' else ' '}amp{many}{device or ''}"
