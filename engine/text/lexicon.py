"""Words that are spoken otherwise than they are written, from lines such as `Siobhan = shivawn`."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cached_property

from engine.errors import InputError
from engine.text.characters import printable


class Lexicon:
    """Words and phrases with what is spoken for them.

    A word without capitals stands for itself in any case, one with capitals for that spelling
    alone. Only whole words are replaced, the longest entry first, each place once.

    Args:
        entries: Replacements by words; those of signs alone are left out.
    """

    def __init__(self, entries: Mapping[str, str]) -> None:
        plain = {_plain(word): spoken for word, spoken in entries.items()}
        self.entries = {word: plain[word] for word in plain if any(map(str.isalnum, word))}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lexicon) and self.entries == other.entries

    def __hash__(self) -> int:
        return hash(frozenset(self.entries.items()))

    @classmethod
    def parse(cls, text: str, name: str) -> "Lexicon":
        """Reads lines of `word = replacement`; empty lines and those that begin with # say nothing.

        Args:
            text: Of a lexicon file.
            name: Of the file, for errors.

        Raises:
            InputError: If a line is none of these, or gives a word a second time.
        """
        entries: dict[str, str] = {}
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            word, sign, spoken = (_plain(part) for part in line.partition("="))
            problem = ""
            if not (sign and spoken and any(map(str.isalnum, word))):
                problem = f"is not 'word = replacement': {line.strip()[:60]!r}"
            elif word in entries:
                problem = f"gives {word!r} a second time"
            if problem:
                raise InputError(
                    f"{name}, line {number} {problem}.", "Write for example: Siobhan = shivawn"
                )
            entries[word] = spoken
        return cls(entries)

    def __or__(self, stronger: "Lexicon") -> "Lexicon":
        """Both; for a word in both, that of the second."""
        return Lexicon(self.entries | stronger.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def apply(self, text: str) -> str:
        """The text with what is spoken for its words.

        Example:
            >>> Lexicon({"gif": "jif", "SQL": "sequel"}).apply("GIF and SQL, not sql")
            'Jif and sequel, not sql'
        """
        return self._pattern.sub(self._spoken, text) if self.entries else text

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = sorted(self.entries, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(_expression, words))})(?!\w)")

    def _spoken(self, match: re.Match[str]) -> str:
        text, end = match.string, match.end()
        if end < len(text) and unicodedata.category(text[end])[0] == "M":
            return match[0]  # the word goes on with the sign of a vowel
        word = _plain(match[0])
        if word in self.entries:
            return self.entries[word]
        spoken = self.entries.get(_plain(word.lower()), word)  # "\u0130" becomes two
        return spoken[:1].upper() + spoken[1:] if word[0].isupper() else spoken


def _plain(text: str) -> str:
    """As texts are read: letters and accents in one, spaces once, apostrophes of one kind."""
    return " ".join(printable(text).split()).replace("\u2019", "'")


def _expression(word: str) -> str:
    pattern = r"\s+".join(map(re.escape, word.split())).replace("'", "['\u2019]")
    return pattern if word != word.lower() else f"(?i:{pattern})"
