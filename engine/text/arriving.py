"""Text that is still being written, as by a language model -> passages to be spoken meanwhile."""

import re
from collections.abc import Iterable, Iterator

from engine.text.characters import printable
from engine.text.chunk import sentences
from engine.text.languages import language_code
from engine.text.normalize import has_words, spoken_line

_SHORTEST = 25
"""Characters; a sentence of fewer goes with the next of its line."""

_LONGEST = 1000
"""Characters after which a sentence ends with the next word, and a word with the next character."""
_LOOKED = 300
"""Characters before an end, which are read to see that it is one."""
_WORDS = re.compile(r"(?<=\s)")
_OPEN = re.compile(
    r"\[[^\]]{0,300}$|\]\([^)]{0,500}$|<[A-Za-z/][^>]{0,300}$|<!--[^>]{0,500}$|^ {0,3}#{1,6} "
)
"""A mark, a link, a tag or a comment that is not over, where what is in it may be left out; a
heading, which its line ends."""


def arriving(pieces: Iterable[str], language: str = "en", normalize: bool = True) -> Iterator[str]:
    """The sentences of a text that comes in pieces, each as soon as it is whole.

    A sentence is when the word after it is, or its line; it keeps the newline. An end that the
    next word may undo ("at No. 5") is none. However the text is cut into pieces, the same
    sentences come, and joined they are the text. Some may have nothing that can be spoken.

    Args:
        language: Of the text, such as "en" or "fr-FR".
        normalize: Whether it will be spoken normalised.
    """
    code, held = language_code(language), ""
    for word in _words(pieces):
        if len(held) >= _LONGEST or _ends(held, word, code, normalize):
            yield held
            held = ""
        held += word
        if word.endswith("\n"):
            yield held
            held = ""
    if held:
        yield held


def _words(pieces: Iterable[str]) -> Iterator[str]:
    """Words with one blank after each, and what else there is between two blanks."""
    begun = ""
    for piece in pieces:
        *whole, begun = _WORDS.split(begun + piece)
        cut = len(begun) - len(begun) % _LONGEST
        whole += (begun[start : start + _LONGEST] for start in range(0, cut, _LONGEST))
        begun = begun[cut:]
        yield from whole
    if begun:
        yield begun


def _ends(held: str, word: str, language: str, normalize: bool) -> bool:
    """Whether a sentence ends before a word, and both are read the same apart as together."""
    if len(held) < _SHORTEST or not has_words(word) or held.rstrip()[-1:].isalnum():
        return False
    if _OPEN.search(held):
        return False
    before = held[-_LOOKED:]
    *_, last = sentences(before + word, language)
    if has_words(last.removesuffix(word)):
        return False
    if not normalize:
        return True
    parts = (before, word, before + word)
    first, second, both = (spoken_line(printable(part), language) for part in parts)
    return f"{first} {second}" == both
