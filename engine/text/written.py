"""What is spoken -> what is written: "Doctor Who paid five dollars." -> "Dr. Who paid $5."

Readers of subtitles want the words of the manuscript. Most of them are spoken as they are written,
and between two such words the others belong together.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, pairwise

_SIGNS = r"\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"(?:[{_SIGNS}]|[^\s\u2014{_SIGNS}]+|\u2014+)\s*")
"""A word to the next blank; a sign of Chinese or Japanese; a dash, which ends a word."""

_OPENERS = tuple("\u00ab\u201e\u201c\u2018([{\u00bf\u00a1\u300c\u300e\u300a\uff08")
_ENDED = re.compile("[.!?\u2026:] ?[\"'\u00bb\u201d\u2019)]?$")
"""After this a dash begins what somebody says."""

_Pair = tuple[str, str]

_APART = 40
"""Within so many words what is spoken otherwise than it is written has an end."""


def as_written(parts: Sequence[str], written: str) -> list[str]:
    """What each part of a spoken line is in writing; together they are all of it, in order.

    A part is empty where its words are written together with those of another ("1,250" may be
    spoken in two parts).

    Args:
        parts: Of what is spoken of one paragraph, in order.
        written: The paragraph as it is written, one line.

    Example:
        >>> as_written(["Doctor Who paid five dollars.", "So did I."], "Dr. Who paid $5. So did I.")
        ['Dr. Who paid $5.', 'So did I.']
    """
    said, words = list(map(_words, parts)), _words(written)
    if not words:
        return list(parts)
    ends = list(accumulate(map(len, said)))[:-1]
    stops = [place for place, word in enumerate(words, 1) if _ENDED.search(word.rstrip())]
    places = [0, *_places(_bare(chain(*said)), _bare(words), ends, stops), len(words)]
    return ["".join(words[start:end]).strip() for start, end in pairwise(places)]


def _words(line: str) -> list[str]:
    """What joins to the line: words, each with the signs that belong to it."""
    words: list[str] = []
    opening = ""
    for token in _TOKEN.findall(line):
        if any(map(str.isalnum, token)):
            words.append(opening + token)
            opening = ""
        elif opening or not words or _opens(token, words[-1]):
            opening += token
        else:
            words[-1] += token
    if opening:
        words[-1:] = ["".join([*words[-1:], opening])]
    return words


def _opens(token: str, before: str) -> bool:
    """Whether signs without a word belong to the word after them."""
    if token[0] in "-\u2013\u2014":
        return bool(_ENDED.search(before.rstrip()))
    return token.startswith(_OPENERS)


def _bare(words: Iterable[str]) -> list[str]:
    return ["".join(filter(str.isalnum, word)).casefold() for word in words]


def _places(
    said: list[str], words: list[str], ends: Sequence[int], stops: Sequence[int]
) -> list[int]:
    """Numbers of words spoken -> of words written, both ascending.

    Args:
        stops: Of those written, after which a sentence may end.
    """
    places, same, begun, behind = [], _same(said, words), 0, 0
    start, there, size = next(same)
    for end in ends:
        while start + size < end:
            begun, behind = start + size, there + size
            start, there, size = next(same)
        if end >= start:
            places.append(there + end - start)
        else:  # among words that are spoken otherwise than written
            share = behind + (end - begun) / (start - begun) * (there - behind)
            inside = stops[bisect_left(stops, share - 1) : bisect_right(stops, share + 1)]
            place = min(inside or [round(share)], key=lambda stop: abs(stop - share))
            places.append(min(max([place, behind, *places[-1:]]), there))
    return places


def _same(said: list[str], words: list[str]) -> Iterator[tuple[int, int, int]]:
    """Words spoken as they are written: where they begin, among either, and how many they are.

    The last ones are none, at the end of both.
    """
    pairs, others = (list(pairwise([*some, "", ""])) for some in (said, words))
    here, there = 0, 0
    while here < len(said) and there < len(words):
        size, most = 0, min(len(said) - here, len(words) - there)
        while size < most and said[here + size] == words[there + size]:
            size += 1
        if size:
            yield here, there, size
        here, there = _next(pairs, others, here + size, there + size)
    yield len(said), len(words), 0


def _next(pairs: list[_Pair], others: list[_Pair], here: int, there: int) -> tuple[int, int]:
    """Where two words in a row are next the same, as near as may be; else one further in each."""
    places: dict[_Pair, int] = {}
    for place, pair in enumerate(others[there : there + _APART]):
        places.setdefault(pair, place)
    near = pairs[here : here + _APART]
    found = [(place + places[pair], place) for place, pair in enumerate(near) if pair in places]
    apart, place = min(found, default=(2, 1))
    return here + place, there + apart - place
