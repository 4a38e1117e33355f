"""Texts of the corpus: prose from Debian packages, patterns, and the choice of a text by index.

The prose comes from two Debian packages, unpacked anywhere (no root needed):

    apt-get download anarchism fortunes && for deb in *.deb; do dpkg -x "$deb" TEXTS; done
"""

import collections
import gzip
import math
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from training.data import templates
from training.data.phrases import split_list

SHORTEST, LONGEST = 12, 140
MEDIAN_CHARS, SPREAD = 56, 0.45
SHARES = {"short": 0.10, "numbers": 0.13, "everyday": 0.24, "prose": 0.53}

FORTUNES = split_list(
    "computers|cookie|definitions|education|food|fortunes|goedel|humorists|kids|law|linux|"
    "linuxcookie|literature|love|magic|medicine|miscellaneous|news|paradoxum|people|pets|"
    "platitudes|riddles|science|sports|tao|wisdom|work"
)
"""Files of `fortunes`: neither rude nor verse, code, drawings or one author's novels."""

_SENTENCE_END = re.compile(r"(?<=[.!?])(?:(?<=\w\w[.!?])|(?<=\W[.!?]))[\"']?\s+(?=[\"A-Z])")
_PLAIN = re.compile(r"\"?[A-Z][A-Za-z ,.'\"?!;:-]*[.?!]\"?")
_REFUSED = re.compile(
    r"[A-Z]{2,}|\b[A-Z]\.|\b(?:Mr|Mrs|Ms|Dr|St|etc|eg|ie|vs|pp?|op|cit|No|Vol|ed|al|ibid)\.|"
    r"\b(?:Capt|Gen|Prof|Rev|Sen|Gov|Jr|Sr|Inc|Co|Ltd)\.|[.!?]\"[,;]|"
    r"\.\w|\.\.|[?!.,;:]{2}|\s[,.;:?!]|\s'|'\s|(?<!')\b[B-HJ-NP-Zb-hj-np-z]\b|[A-Za-z]{17,}|"
    r"-\s|\s-|[A-Z][a-z]+[A-Z]",
    re.ASCII,
)
_CUT = re.compile(
    r"\b(?:in|of|the|see|by|and|to|an?|with|as|section|for|e-mail|web-?page|web)\W*$", re.IGNORECASE
)
"""Ends of sentences whose reference in brackets was taken out."""
_LINKS = re.compile("web-?page|site", re.IGNORECASE)
_RUDE = re.compile(
    r"\b(?:fuck\w*|shit\w*|bitch\w*|bastard\w*|damn\w*|hell|ass|arse|whore\w*|slut\w*|rape\w*|"
    r"sex\w*|nazi\w*|hitler\w*|jew\w*|negro\w*|nigg\w*|fag\w*|homosex\w*|retard\w*|idiots?|kill\w*|"
    r"murder\w*|suicide\w*|virgin\w*|breasts?|naked|nude|penis|vagina\w*|drunk\w*|crap\w*|piss\w*|"
    r"genocid\w*|holocaust\w*|tortur\w*|masturbat\w*|orgasm\w*|prostitut\w*|slave\w*|ugly|"
    r"blondes?|fascis\w*|terroris\w*|lesbian\w*|gays?|crippl\w*|women's place|fat)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


def _tidy(text: str) -> str:
    """Markdown and typographic marks to plain ASCII, white space to single blanks."""
    for mark, plain in (("\u2019", "'"), ("\u2018", "'"), ("\u201c", '"'), ("\u201d", '"')):
        text = text.replace(mark, plain)
    text = re.sub(r"\[[^\]]*\](?=\s*[a-z])", "#", text)  # a reference that the sentence needs
    text = re.sub(r"[*_`\\]|\[[^\]]*\]|\([^)]*\)", "", text)
    text = re.sub(r"(\w)-\s+(\w)", r"\1-\2", text)
    text = re.sub(r"\s*(?:--+|\u2014|\s-\s)\s*", ", ", text)
    return re.sub(r"\s+([,.;:?!])", r"\1", re.sub(r"\s+", " ", text)).strip()


def sentences(text: str) -> Iterator[str]:
    """The clean sentences of a text; whatever is not plain written English is left out."""
    for sentence in _SENTENCE_END.split(_tidy(text)):
        if not SHORTEST <= len(sentence) <= LONGEST or not _PLAIN.fullmatch(sentence):
            continue
        if _REFUSED.search(sentence) or _CUT.search(sentence):
            continue
        if _RUDE.search(sentence) or _LINKS.search(sentence):
            continue
        if sentence.count('"') % 2 == 0 and len(sentence.split()) > 2:
            yield sentence


def _anarchism(root: Path) -> Iterator[str]:
    for path in sorted((root / "usr/share/doc/anarchism/markdown").glob("*.md.gz")):
        text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        for paragraph in re.split(r"\n\s*\n", text.replace("> ", "")):
            yield from sentences(paragraph)


def _fortunes(root: Path) -> Iterator[str]:
    for name in FORTUNES:
        path = root / "usr/share/games/fortunes" / name
        if not path.is_file():
            continue
        for fortune in path.read_text(encoding="utf-8", errors="replace").split("\n%\n"):
            body = re.sub(r"\n\s*--.*", "", fortune, flags=re.DOTALL)
            if not re.search(r"^\s*\w+:\s", body, flags=re.MULTILINE):
                yield from sentences(body)


def read_prose(root: Path) -> list[str]:
    """Clean sentences of both packages, each once, in a fixed order; FileNotFoundError if none."""
    found = list(dict.fromkeys([*_fortunes(root), *_anarchism(root)]))
    if not found:
        raise FileNotFoundError(f"no texts of anarchism or fortunes under {root}")
    return found


def _ngrams(text: str, n: int) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}


class Exclusion:
    """Texts that must not be trained on: equal ones, and those sharing long runs of words."""

    def __init__(self, held_out: Iterable[str], n: int = 4) -> None:
        self.n = n
        lines = [line.strip() for line in held_out if line.strip()]
        self.equal = {" ".join(_WORD.findall(line.lower())) for line in lines}
        self.runs = {run for line in lines for run in _ngrams(line, n)}

    def __contains__(self, text: str) -> bool:
        if " ".join(_WORD.findall(text.lower())) in self.equal:
            return True
        own = _ngrams(text, self.n)
        return len(own & self.runs) > 0.3 * len(own) if own else False


class TextSource:
    """Draws the texts of a corpus one after another; prose and patterns come up once each."""

    def __init__(self, prose: Iterable[str], excluded: Exclusion, seed: int) -> None:
        self.excluded = excluded
        self._rng = random.Random(f"texts {seed}")
        self._used: set[str] = set()
        pool = [text for text in prose if text not in excluded]
        self._rng.shuffle(pool)
        self._by_length: dict[int, list[str]] = collections.defaultdict(list)
        for text in pool:
            self._by_length[len(text)].append(text)
        counts = collections.Counter(w for text in pool for w in _WORD.findall(text.lower()))
        common = [w for w, k in counts.items() if k >= 8 and 3 <= len(w) <= 12 and "'" not in w]
        self._words = tuple(w for w in sorted(common) if not _RUDE.search(w))

    def draw(self) -> str:
        """The next text."""
        kind = self._rng.choices(list(SHARES), list(SHARES.values()))[0]
        if kind == "prose" and (text := self._draw_prose()):
            return text
        if kind == "short":
            return self._draw_pattern("short")
        return self._draw_pattern("numbers" if kind == "numbers" else "everyday")

    def _draw_prose(self) -> str | None:
        wanted = self._rng.lognormvariate(math.log(MEDIAN_CHARS), SPREAD)
        target = round(min(max(wanted, SHORTEST), LONGEST))
        for distance in range(LONGEST):
            for length in (target - distance, target + distance):
                if self._by_length.get(length):
                    return self._by_length[length].pop()
        return None

    def _draw_pattern(self, kind: str) -> str:
        for _ in range(200):
            if kind == "short":
                text = templates.short(self._rng, self._words)
            else:
                text = (templates.numbers if kind == "numbers" else templates.everyday)(self._rng)
            new = kind == "short" or text not in self._used
            if new and len(text) <= LONGEST and text not in self.excluded:
                self._used.add(text)
                return text
        raise RuntimeError(f"the {kind} patterns are exhausted")
