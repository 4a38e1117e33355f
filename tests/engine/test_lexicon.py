"""Words spoken otherwise than written: their files, how they match, and where they are found."""

from pathlib import Path

import pytest

from engine.errors import InputError
from engine.text import Block, Lexicon, plan_passages
from voxtral_cli.lexicons import find_lexicons, read_lexicons

FILE = """
# names
Siobhan = shivawn
  gif=jif
New  York = Noo York
york = yoik
C++ = see plus plus = yes
SQL = sequel
राम = RAM
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Siobhan and siobhan", "shivawn and siobhan"),
        ("A GIF, gifs, Gif.", "A Jif, gifs, Jif."),
        ("in New\nYork, York, Newyork", "in Noo York, Yoik, Newyork"),
        ("new york", "new yoik"),
        ("C++, C+++", "see plus plus = yes, see plus plus = yes+"),
        ("MySQL, SQL, sql", "MySQL, sequel, sql"),
        ("राम रामा", "RAM रामा"),
        ("", ""),
    ],
)
def test_apply(text: str, expected: str) -> None:
    assert Lexicon.parse(FILE, "x").apply(text) == expected


def test_texts_are_typed_in_other_ways() -> None:
    lexicon = Lexicon.parse("O'Brien = oh bryan\nCafe\u0301 = kafay\nd\u2019or = door\n", "x")
    texts = [Block("O\u2019Brien, O'Brien, Cafe\u0301, Caf\u00e9, d'or.")]
    said = ["oh bryan, oh bryan, kafay, kafay, door."]
    assert [p.text for p in plan_passages(texts, lexicon=lexicon)] == said
    assert Lexicon({"": "x", "\u200b": "y", "!": "z"}).apply("a b, c!") == "a b, c!"
    assert Lexicon({"a": "b"}) == Lexicon({"a": "b"}) != Lexicon({"a": "c"})


def test_a_capital_with_a_dot() -> None:
    lexicon = Lexicon({"\u0130stanbul": "A", "i\u0307zmir": "b", "bursa": "c"})
    assert lexicon.apply("\u0130stanbul, istanbul, \u0130ZM\u0130R, izmir, BURSA") == (
        "A, istanbul, B, b, C"
    )


def test_replaced_once_and_longest_first() -> None:
    lexicon = Lexicon({"a": "b", "b": "a", "a b": "c"})
    assert lexicon.apply("a b, a, b") == "c, b, a"
    assert Lexicon({}).apply("a b") == "a b"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Siobhan", "line 2 is not 'word = replacement'"),
        ("= shivawn", "line 2 is not"),
        ("Siobhan =  ", "line 2 is not"),
        ("!!! = bang", "line 2 is not"),
        ("one = uno", "line 2 gives 'one' a second time"),
    ],
)
def test_bad_lines(line: str, message: str) -> None:
    with pytest.raises(InputError, match=f"my.lexicon, {message}") as caught:
        Lexicon.parse(f"one = wun\n{line}\n", "my.lexicon")
    assert caught.value.hint


def test_found_upwards_and_the_nearest_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    deep = home / "books" / "harbour"
    deep.mkdir(parents=True)
    monkeypatch.setattr(Path, "home", lambda: home)
    (tmp_path / "voxtral.lexicon").write_text("above = home")
    (home / "voxtral.lexicon").write_text("one = far\ntwo = far", encoding="utf-8-sig")
    (deep / "voxtral.lexicon").write_text("one = near\r\n")
    (deep / "book.txt").write_text("One two")
    found = find_lexicons(deep / "book.txt")
    assert found == [deep / "voxtral.lexicon", home / "voxtral.lexicon"] == find_lexicons(deep)
    assert read_lexicons(found).apply("one two above") == "near far above"
    assert len(read_lexicons([])) == 0


def test_unreadable_files(tmp_path: Path) -> None:
    binary = tmp_path / "voxtral.lexicon"
    binary.write_bytes(b"caf\xe9 = coffee")
    with pytest.raises(InputError, match="not UTF-8"):
        read_lexicons([binary])
    with pytest.raises(InputError, match="Cannot read"):
        read_lexicons([tmp_path / "none"])
