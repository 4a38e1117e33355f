"""Shortened words of other languages than English, whose full stop ends no sentence."""

import re
from functools import lru_cache

_FIGURES = {
    "": "p pp cap caps fig figs vol art cell tel nr nrs no num sept okt jan febr apr aug nov",
    "de": "nrn bd bde abb kap abs ca vgl geb gest gegr abt taf tab anm aufl ziff rdnr jg lfg rd"
    " zzgl inkl hg feb m\u00e4r jun jul sep dez",
    "fr": "t\u00e9l chap \u00e9d env janv f\u00e9vr avr juil d\u00e9c ch cf nos",
    "es": "p\u00e1g p\u00e1gs n\u00fam n\u00fams nn arts tfno aprox ene feb abr ago oct dic",
    "it": "pag pagg capp artt nn voll sec tav ca cfr gen feb mag giu lug ott dic",
    "pt": "p\u00e1g p\u00e1gs n\u00fam arts aprox fev abr ago out",
    "nl": "blz hfst afb ca geb gest ong jrg bijl pag par mrt jun jul aug sep dec",
}
"""After these comes a figure."""

_NOT_FIGURES = {
    "es": "no",
    "pt": "no",
    "it": "no",
    "nl": "vol art",
    "fr": "vol cap tel",
    "de": "art",
}
_NOT_ALONE = {
    "de": r"(?<!e )(?<!e[nrsm] )(?<!das )art",
    "it": r"(?:(?<=\d )|(?<=\d di ))(?:mar|ago)",
    "pt": r"(?:(?<=\d )|(?<=\d de ))(?:mar|set|dez)",
}
"""Those that are words, too, with what tells them apart."""

_STREET = {"de": r"|\w{1,40}str|Str", "nl": r"|\w{2,40}str"}

_TITLES = {
    "de": "Frl Hrn Hl Gebr Fa Ing Kfm Hptm Geh Kgl Ew Sr",
    "fr": "Mr Mrs coll",
    "es": "Mons Cnel Fr Fray D\u00f1a SS MM RR HH Hno Hna Pbro Gral Cap Tte",
    "pt": "Srta Sta Pe Fr Av Cel Cap Gal Dona Exmo Exma Ilmo V",
    "nl": "mevr mw dhr ds fam jhr drs ir ing prof dr mr wed Mevr Mw Dhr Ds Fam Jhr Drs Ir Prof",
    "it": "Sigg Mons Gen Cap Cav Comm On Ing Avv Rag Geom",
    "hi": "डॉ श्री प्रो पं कु स्व रु कि मी सं पृ क्र लेफ्ट सुश्री मो ए बी सी डी ई एफ एच जे एल एम एन आर"
    " एस टी यू वी",
}
"""After these comes a name, or in Hindi a figure, a unit or another letter."""


def before_figure(text: str, code: str) -> bool:
    """Whether what ends with a full stop is a shortened word before a figure, or "p.", "z. B.".

    But a letter after a figure is a unit: "He ran 100 m. 20 others followed."
    """
    return bool(_figures(code[:2]).search(text))


def is_title(text: str, code: str) -> bool:
    """Whether a sentence cannot end with this, for it is a title before a name."""
    found = _titles(code[:2])
    return bool(found and found.search(text))


@lru_cache
def _figures(code: str) -> re.Pattern[str]:
    words = {*_FIGURES[""].split(), *_FIGURES.get(code, "").split()}
    words -= set(_NOT_FIGURES.get(code, "").split())
    words |= {"et al", _NOT_ALONE.get(code, "et al")}
    street = _STREET.get(code, "")
    return re.compile(
        rf"(?:(?<![\w/\u00b0\u00ba])(?<!\d )(?<!\u00b0 )[pPsSnN]"
        r"|(?:(?<=\b[^\W\d_]\.)|(?<=\b[^\W\d_]\. ))[^\W\d_]"
        rf"|(?<!\w)(?:(?i:{'|'.join(sorted(words))}){street}))\.$"
    )


@lru_cache
def _titles(code: str) -> re.Pattern[str] | None:
    if code not in _TITLES:
        return None
    return re.compile(rf"(?<![\w\u0900-\u0963])(?:{'|'.join(_TITLES[code].split())})\. $")
