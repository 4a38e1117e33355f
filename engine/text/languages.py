"""Words that the reading of numbers needs, language by language; English has its own modules.

A language that is not listed has no number words: its texts are only cleaned, and their numbers are
left to the model. Arabic and Hindi money and times of day are left too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Money:
    """Names of a currency and of its hundredth.

    Args:
        one, many: Of the currency.
        cent, cents: Of its hundredth.
        feminine: Whether numbers take their feminine form before it.
    """

    one: str
    many: str
    cent: str
    cents: str
    feminine: bool = False


@dataclass(frozen=True)
class Language:
    """What a language calls the parts of a number.

    Args:
        point: Said between a whole number and its decimals.
        minus: Said before a negative number.
        percent: Said after a number.
        to: Said between the ends of a range.
        power: Said before a raised number.
        groups: Signs that part thousands ("1.000"); the decimal sign is the other one.
        years: Whether 1989 is read in hundreds.
        joint: Said between an amount and its cents.
        money: Currencies by their signs and codes.
        sizes: What an amount is counted in, by what is written: of 1, of more.
        of: Said between millions and what they count.
        degrees: The word for one degree and for more.
        hour: After the hour: of 1, of more, and before the minutes.
        clock: Signs between hour and minutes, as in a regular expression.
        alone: Words after an hour without minutes, likewise; as it is, nothing matches.
    """

    point: str
    minus: str
    percent: str
    to: str
    power: str = ""
    groups: str = "."
    years: bool = False
    joint: str = ""
    money: Mapping[str, Money] = field(default_factory=dict)
    sizes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    of: str = ""
    degrees: tuple[str, str] | None = None
    hour: tuple[str, str, str] = ("", "", "")
    clock: str = ""
    alone: str = "(?!)"


def _by_sign(euro: Money, dollar: Money, pound: Money) -> dict[str, Money]:
    return {
        **{"\u20ac": euro, "EUR": euro, "$": dollar, "USD": dollar},
        **{"\u00a3": pound, "GBP": pound},
    }


def _by_size(*rows: tuple[str, str, str]) -> dict[str, tuple[str, str]]:
    return {short: (one, many) for shorts, one, many in rows for short in shorts.split()}


LANGUAGES = {
    "fr": Language(
        point="virgule",
        minus="moins",
        percent="pour cent",
        to="\u00e0",
        power="puissance",
        groups=" .'",
        joint=" et ",
        money=_by_sign(
            Money("euro", "euros", "centime", "centimes"),
            Money("dollar", "dollars", "cent", "cents"),
            Money("livre", "livres", "penny", "pence", feminine=True),
        ),
        sizes=_by_size(
            ("k K", "mille", "mille"),
            ("M", "million", "millions"),
            ("Md Mds Mrd", "milliard", "milliards"),
        ),
        of="de",
        degrees=("degr\u00e9", "degr\u00e9s"),
        hour=(" heure", " heures", " "),
        clock=" ?[hH] ?|:",
        alone=r"h|(?<=\d)H|heures?",
    ),
    "es": Language(
        point="coma",
        minus="menos",
        percent="por ciento",
        to="a",
        power="elevado a",
        groups=" .",
        joint=" con ",
        money=_by_sign(
            Money("euro", "euros", "c\u00e9ntimo", "c\u00e9ntimos"),
            Money("d\u00f3lar", "d\u00f3lares", "centavo", "centavos"),
            Money("libra", "libras", "penique", "peniques", feminine=True),
        ),
        sizes=_by_size(
            ("k K", "mil", "mil"),
            ("M MM", "mill\u00f3n", "millones"),
            ("bill\u00f3n", "bill\u00f3n", "billones"),
        ),
        of="de",
        degrees=("grado", "grados"),
        hour=("", "", " y "),
        clock=":",
    ),
    "de": Language(
        point="Komma",
        minus="minus",
        percent="Prozent",
        to="bis",
        power="hoch",
        groups=" .'",
        years=True,
        joint=" und ",
        money=_by_sign(
            Money("Euro", "Euro", "Cent", "Cent"),
            Money("Dollar", "Dollar", "Cent", "Cent"),
            Money("Pfund", "Pfund", "Penny", "Pence"),
        ),
        sizes=_by_size(
            ("k Tsd tausend", "Tausend", "Tausend"),
            ("M Mio", "Million", "Millionen"),
            ("Mrd", "Milliarde", "Milliarden"),
            ("Bio", "Billion", "Billionen"),
        ),
        degrees=("Grad", "Grad"),
        hour=(" Uhr", " Uhr", " "),
        clock=r":|\.(?=\d\d Uhr\b)",
        alone="Uhr",
    ),
    "it": Language(
        point="virgola",
        minus="meno",
        percent="per cento",
        to="a",
        power="elevato a",
        groups=" .'",
        joint=" e ",
        money=_by_sign(
            Money("euro", "euro", "centesimo", "centesimi"),
            Money("dollaro", "dollari", "centesimo", "centesimi"),
            Money("sterlina", "sterline", "penny", "pence", feminine=True),
        ),
        sizes=_by_size(
            ("k K", "mila", "mila"),
            ("M mln", "milione", "milioni"),
            ("mld", "miliardo", "miliardi"),
        ),
        of="di",
        degrees=("grado", "gradi"),
        hour=("", "", " e "),
        clock=":",
    ),
    "pt": Language(
        point="v\u00edrgula",
        minus="menos",
        percent="por cento",
        to="a",
        power="elevado a",
        groups=" .",
        joint=" e ",
        money={
            **_by_sign(
                Money("euro", "euros", "c\u00eantimo", "c\u00eantimos"),
                Money("d\u00f3lar", "d\u00f3lares", "centavo", "centavos"),
                Money("libra", "libras", "p\u00eani", "pence", feminine=True),
            ),
            "R$": Money("real", "reais", "centavo", "centavos"),
        },
        sizes=_by_size(
            ("k K", "mil", "mil"),
            ("M mi", "milh\u00e3o", "milh\u00f5es"),
            ("bi", "bilh\u00e3o", "bilh\u00f5es"),
            ("tri", "trilh\u00e3o", "trilh\u00f5es"),
            ("bili\u00e3o", "bili\u00e3o", "bili\u00f5es"),
        ),
        of="de",
        degrees=("grau", "graus"),
        hour=(" hora", " horas", " e "),
        clock=" ?[hH] ?|:",
        alone="h|horas?",
    ),
    "nl": Language(
        point="komma",
        minus="min",
        percent="procent",
        to="tot",
        power="tot de macht",
        groups=" .",
        years=True,
        joint=" en ",
        money=_by_sign(
            Money("euro", "euro", "cent", "cent"),
            Money("dollar", "dollar", "cent", "cent"),
            Money("pond", "pond", "penny", "pence"),
        ),
        sizes=_by_size(
            ("k", "duizend", "duizend"),
            ("mille", "mille", "mille"),
            ("M mln", "miljoen", "miljoen"),
            ("mld mrd", "miljard", "miljard"),
        ),
        degrees=("graad", "graden"),
        hour=(" uur", " uur", " "),
        clock=r":|\.(?=\d\d uur\b)",
    ),
    "ar": Language(
        point="\u0641\u0627\u0635\u0644\u0629",
        minus="\u0633\u0627\u0644\u0628",
        percent="\u0628\u0627\u0644\u0645\u0627\u0626\u0629",
        to="\u0625\u0644\u0649",
        groups=",",
    ),
    "hi": Language(
        years=True,
        point="\u0926\u0936\u092e\u0932\u0935",
        minus="\u092e\u093e\u0907\u0928\u0938",
        percent="\u092a\u094d\u0930\u0924\u093f\u0936\u0924",
        to="\u0938\u0947",
        groups=",",
    ),
}
"""Languages whose numbers are written out, by code."""

_EURO = Money("euro", "euros", "centavo", "centavos")
LANGUAGES["pt-br"] = replace(
    LANGUAGES["pt"], money={**LANGUAGES["pt"].money, "\u20ac": _EURO, "EUR": _EURO}
)


LONG = {
    **{"eng": "en", "fra": "fr", "fre": "fr", "spa": "es", "deu": "de", "ger": "de", "ita": "it"},
    **{"por": "pt", "nld": "nl", "dut": "nl", "ara": "ar", "hin": "hi"},
}
"""Codes of three letters, as some books have them (ISO 639-2)."""


def language_code(tag: str) -> str:
    """ "fr-FR" and "fra" -> "fr", but "pt_BR" -> "pt-br", whose numbers have words of their own."""
    code, _, region = tag.replace("_", "-").strip().lower().partition("-")
    code = LONG.get(code.strip(), code.strip())
    whole = f"{code}-{region}" if region else code
    return whole if whole in LANGUAGES else code
