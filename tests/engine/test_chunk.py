"""Text -> chunks: every word once and in order, ends at sentence ends, never across paragraphs."""

import random

import pytest

from engine.errors import InputError
from engine.text import normalize, plan_text
from engine.text.chunk import _PIECE, evened, phrases, sentences

STORY = (
    'It was late. "Who is there?" she asked. Nobody answered; the wind, which had been blowing '
    "since noon, rattled the door. Dr. Smith came at 5 p.m. He smiled.\n\n"
    "# Morning\n\nThe sun rose. Birds sang! Was it 1999? Perhaps.\n"
)


def words(text: str) -> list[str]:
    return text.replace(".", " ").replace(",", " ").replace(";", " ").replace(":", " ").split()


def long_text(sentences: int, seed: int = 0) -> str:
    rng = random.Random(seed)
    made = []
    for number in range(sentences):
        count = rng.choice([1, 2, 5, 12, 30, 90])
        body = [f"w{number}x{index}" + rng.choice(["", "", "", ",", ";"]) for index in range(count)]
        made.append(" ".join(body).rstrip(",;").capitalize() + rng.choice([". ", "? ", "! "]))
        if rng.random() < 0.1:
            made.append("\n\n")
    return "".join(made)


@pytest.mark.parametrize("max_chars", [20, 60, 150, 300, 2000])
@pytest.mark.parametrize("spoken", [True, False])
def test_every_word_once_in_order(max_chars: int, spoken: bool) -> None:
    text = long_text(80)
    chunks = plan_text(text, normalize=spoken, max_chars=max_chars)
    expected = " ".join(normalize(part) for part in text.split("\n\n") if part.strip())
    assert all(0 < len(chunk) <= max_chars for chunk in chunks)
    if not spoken or max_chars > 20:  # a number written out may be longer than 20 characters
        assert words(" ".join(chunks)) == words(expected if spoken else text)


def test_story() -> None:
    assert plan_text(STORY, max_chars=100) == [
        'It was late. "Who is there?" she asked.',
        "Nobody answered; the wind, which had been blowing since noon, rattled the door.",
        "Doctor Smith came at five PM. He smiled.",
        "Morning.",
        "The sun rose. Birds sang! Was it nineteen ninety-nine? Perhaps.",
    ]


def test_one_chunk_when_it_fits_and_paragraphs_stay_apart() -> None:
    assert plan_text("One. Two.\nThree.\n \t\r\n\r\nFour.") == ["One. Two. Three.", "Four."]


def test_scene_breaks_are_skipped() -> None:
    assert plan_text("One.\n\n* * *\n\nTwo.\n\n---\n\n!!!") == ["One.", "Two."]


def test_without_normalizing_only_characters_go() -> None:
    text = "Pay $5\x00 to *Dr. No* \u2014 now\u200b!\n\nbye"
    assert plan_text(text, normalize=False) == ["Pay $5 to *Dr. No* \u2014 now!", "bye"]


def test_long_sentence_is_cut_at_pauses_and_closed() -> None:
    sentence = (
        "The first part is here; the second part, which is longer, follows, and then it ends."
    )
    assert plan_text(sentence, max_chars=50) == [
        "The first part is here.",
        "the second part, which is longer.",
        "follows, and then it ends.",
    ]


SPEECH = (
    'He said, "Go home now and do not come back. You hear me? I will not have you here any more. '
    "Take your things and go before I call the police and have you arrested for trespassing on my "
    'land." Then he slammed the door!'
)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (
            "Nobody in the whole of the village remembered anything because the old man had told "
            "no more than half of it",
            "because",
        ),
        (
            "He was made president of the association in the spring of last year and then of the "
            "whole country",
            "in the spring",
        ),
        (
            "The people of the valley counted two hundred and thirty-four thousand five hundred "
            "sheep that belonged to nobody",
            "that belonged",
        ),
        ("She wanted to build it even though nobody else would ever", "even though"),
    ],
)
def test_a_sentence_without_pauses_is_cut_where_one_may_breathe(text: str, cut: str) -> None:
    first, second, *_ = phrases(text, len(text) - 12, True, "en")
    assert second.startswith(cut)
    assert first.endswith(".")


@pytest.mark.parametrize("max_chars", range(50, 60))
def test_the_limit_makes_no_preposition_of_half_a_word(max_chars: int) -> None:
    text = (
        "She had decided quite early that morning to give the wholesale merchants their money "
        "back without delay"
    )
    assert not any(piece.startswith("wholesale") for piece in phrases(text, max_chars, True, "en"))


def test_another_language_is_cut_at_the_middle() -> None:
    text = "Er sagte dem Mann in der Stadt bald alles was er damals noch wusste"
    first, second = phrases(text, 40, False, "de")
    assert (first, second) == (text[:35].strip(), text[35:].strip())


def test_long_speech_is_cut_where_its_sentences_end() -> None:
    chunks = plan_text(SPEECH, max_chars=140)
    assert " ".join(chunks) == SPEECH
    assert [chunk[-10:] for chunk in chunks] == [" any more.", " the door!"]
    written = SPEECH.replace(' "', " \u201c").replace('"', "\u201d")
    assert plan_text(written, normalize=False, max_chars=140)[0].endswith("any more.")


@pytest.mark.parametrize(
    ("language", "text", "cut"),
    [
        ("en", '"Will you stop it now!" he cried to all of them, and he went away.', "them,"),
        ("en", '"He left. They met." All was well with them in that house.', 'met."'),
        ("en", "It was (so they told us. She said the same) a day like this one.", "us."),
        ("en", '"He came. He saw Mrs. Smith and her. He won the day," said Ann.', "her."),
        ("fr", '"Émile entra. Était-ce lui? M. Durand ne savait rien," dit-il.', "lui?"),
        ("hi", '"घर जाओ और वहीं सो जाओ। अब तुम सब लोग यहाँ से चलो।"', "जाओ।"),
    ],
)
def test_only_ends_of_sentences_in_a_speech_count(language: str, text: str, cut: str) -> None:
    chunks = plan_text(text, normalize=False, max_chars=len(text) * 3 // 4, language=language)
    assert " ".join(chunks) == text
    assert chunks[0].endswith(cut)


def test_a_quote_that_is_not_closed_opens_its_sentence() -> None:
    text = 'He sat down. "It was long ago. We had left the house.'
    assert plan_text(text) == [text]
    assert plan_text(text, max_chars=29)[0] == "He sat down."


@pytest.mark.parametrize("mark", "\u060c\u061b")
def test_arabic_comma_is_a_pause(mark: str) -> None:
    first, second = "ذهب الولد", "مع أبيه إلى البيت"
    line = f"{first}{mark} {second}."
    assert plan_text(line, language="ar", max_chars=25) == [f"{first}.", f"{second}."]
    assert plan_text(f"{first}{mark}", language="ar") == [f"{first}."]


def test_word_longer_than_a_chunk_is_cut() -> None:
    chunks = plan_text("a" * 95, normalize=False, max_chars=20)
    assert [len(chunk) for chunk in chunks] == [20, 20, 20, 20, 15]
    marked = plan_text("न\u093f" * 30, normalize=False, max_chars=21)
    assert all(chunk[0] == "न" for chunk in marked)


def test_short_last_sentence_gets_company() -> None:
    text = "This is the first sentence of it. This is the second sentence. Yes."
    chunks = plan_text(text, max_chars=64)
    assert chunks == ["This is the first sentence of it.", "This is the second sentence. Yes."]


@pytest.mark.parametrize("spoken", [True, False])
@pytest.mark.parametrize("text", ["", "  \n\n ", "?!", "\u0301", "\x00", "\U0001f600\n\n..."])
def test_nothing_to_say(text: str, spoken: bool) -> None:
    with pytest.raises(InputError, match="nothing to say"):
        plan_text(text, normalize=spoken)


@pytest.mark.parametrize(
    "sentences",
    [
        ["नमस्ते।", "आज मौसम अच्छा है।"],
        ["\u4f60\u597d\u3002", "\u518d\u89c1\uff01"],
        ["مرحبا؟", "نعم."],
    ],
)
def test_other_scripts_are_split_and_kept(sentences: list[str]) -> None:
    text = " ".join(sentences)
    assert plan_text(text) == [text]
    assert plan_text(text, max_chars=max(map(len, sentences))) == sentences


def test_sentence_splitter_gets_bounded_pieces() -> None:
    sentence = "This sentence has a number of words in it. "
    line = (sentence * (3 * _PIECE // len(sentence))).strip()
    assert "".join(sentences(line)) == line
    assert {part.strip() for part in sentences(line)} == {sentence.strip()}
    endless = "word " * _PIECE
    assert "".join(sentences(endless)) == endless
    assert max(map(len, sentences(endless))) <= 2 * _PIECE


def test_megabyte_in_one_paragraph_keeps_every_word() -> None:
    text = "word and word, " * 70_000
    chunks = plan_text(text, normalize=False)
    assert len(text) > 1_000_000
    assert sum(chunk.count("word") for chunk in chunks) == 140_000


@pytest.mark.parametrize("gap", ["", " "])
def test_a_scrap_takes_whole_sentences_with_or_without_spaces_between(gap: str) -> None:
    one, two = "\u6211" * 40 + "\u3002", "\u4ed6" * 40 + "\u3002"
    chunks = [f"\u201c{one}{gap}{two}\u201d", "\u597d\u3002"]
    evened_chunks = evened(chunks, 100, close=True, language="zh")
    assert evened_chunks == [f"\u201c{one}", f"{two}\u201d {chunks[1]}"]
