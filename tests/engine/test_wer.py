"""Texts are compared by what is said, not by how it is written."""

import pytest

from engine.errors import InputError
from engine.hearing.wer import normalize, score

pytest.importorskip("jiwer", reason="extra verify")
pytest.importorskip("num2words", reason="extra verify")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello,  WORLD!", "hello world"),
        ("It\u2019s well-known \u2014 isn't it?", "it's well known isn't it"),
        ("'Quoted' words' end", "quoted words end"),
        ("She paid $12.50.", "she paid twelve dollars fifty cents"),
        ("twelve dollars and fifty cents", "twelve dollars fifty cents"),
        ("$1 and £2.01", "one dollar and two pounds one penny"),
        ("$3.5 million", "three point five million dollars"),
        ("$5 million, €7.5", "five million dollars seven euros fifty cents"),
        ("two dollars and ninety-nine cents", "two dollars ninety nine cents"),
        ("one million and two", "one million two"),
        ("1,500 men in 1984", "one thousand five hundred men in nineteen eighty four"),
        ("in 2007 and 2024", "in two thousand seven and twenty twenty four"),
        ("the 21st and the 3rd", "the twenty first and the third"),
        ("the 2,500th", "the two thousand five hundredth"),
        ("up by 10.25%", "up by ten point two five percent"),
        ("armour and odours; don\u02bct", "armor and odors don't"),
        ("40% of 3.14", "forty percent of three point one four"),
        ("at 3:05, 8:00 and 11:45", "at three oh five eight o'clock and eleven forty five"),
        (
            "It leaves at 6.45, or 6.45 metres",
            "it leaves at six forty five or six point four five meters",
        ),
        ("His neighbour's grey harbour", "his neighbor's gray harbor"),
        ("Our four hours; a realistic centre", "our four hours a realistic center"),
        ("We apologised, realising it", "we apologized realizing it"),
        ("one hundred and twenty steps", "one hundred twenty steps"),
        ("120 steps", "one hundred twenty steps"),
        ("a thousand and more", "a thousand and more"),
        ("Mr. Brown & Mrs. Smith are OK", "mister brown and missus smith are okay"),
        ("ＦＵＬＬ ﬁne", "full fine"),  # noqa: RUF001
        ("... !?", ""),
    ],
)
def test_normalize(text: str, expected: str) -> None:
    assert normalize(text) == expected
    assert normalize(expected) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Die 3 M\u00e4nner, um 20 Uhr!", "die drei m\u00e4nner um zwanzig uhr"),
        ("fr", "L\u2019\u00e9t\u00e9, c'est 2 mois.", "l'\u00e9t\u00e9 c'est deux mois"),
        ("hi", "\u0939\u093f\u0928\u094d\u0926\u0940 5", "\u0939\u093f\u0928\u094d\u0926\u0940 5"),
        ("pt", "16 dias", "dezasseis dias"),
        ("pt-br", "16 dias", "dezesseis dias"),
        ("nl", "grey harbour, Mr. Jansen", "grey harbour mr jansen"),
    ],
)
def test_other_languages(language: str, text: str, expected: str) -> None:
    assert normalize(text, language) == expected


def test_score_counts_errors_over_reference_words() -> None:
    result = score(["the cat sat down", "one two"], ["The cat sat", "one three two"])
    assert result.words == 6
    assert result.wer == pytest.approx(2 / 6)
    assert score(["abcd"], ["abxd"]).cer == pytest.approx(0.25)


def test_score_of_nothing_heard_and_of_babble() -> None:
    assert score(["the cat sat"], [""]).wer == 1.0
    assert score(["cat"], ["the cat sat down"]).wer == 3.0


@pytest.mark.parametrize("references", [[], ["!!!"], ["fine", ""]])
def test_references_without_words_are_refused(references: list[str]) -> None:
    with pytest.raises(InputError, match="no words"):
        score(references, ["x"] * len(references))
