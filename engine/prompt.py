"""One chunk's prompt: token ids, and where the rows of the voice embedding go.

    [BOS][BEGIN_AUDIO][AUDIO]*N[NEXT_AUDIO_TEXT] text [REPEAT_AUDIO_TEXT][BEGIN_AUDIO]

and, for a chunk that goes on after the frames of the one before, with the END row of those:

    [AUDIO][NEXT_AUDIO_TEXT] text [REPEAT_AUDIO_TEXT][BEGIN_AUDIO]

N is the row count of the voice embedding (its END row included); the embedding replaces the
[AUDIO] rows in order. This is the layout of mistral-common's `encode_speech_request`, except that
N comes from the embedding at hand: mistral-common computes it from a clip's length in floating
point, which is one too many for some exact multiples of a frame (13440 samples: 9 for 8 rows).
"""

from dataclasses import dataclass

from engine.tokenizer import Tokenizer


@dataclass(frozen=True)
class Prompt:
    """A prompt, ready to be embedded.

    Args:
        ids: Token ids [positions].
        audio_start: Position of the first audio row.
        audio_rows: Number of audio rows, N; `ids[audio_start:audio_start + N]` are all [AUDIO].
    """

    ids: list[int]
    audio_start: int
    audio_rows: int


def build_prompt(tokenizer: Tokenizer, text: str, voice_rows: int) -> Prompt:
    """The prompt that makes a voice of `voice_rows` rows say `text`, which is taken as it is.

    Example:
        >>> build_prompt(tokenizer, "Hi.", voice_rows=2).ids
        [1, 25, 24, 24, 36, 1072, 1105, 1046, 35, 25]
    """
    assert voice_rows > 0, voice_rows
    opening = [tokenizer.bos, tokenizer.begin_audio]
    ids = [*opening, *[tokenizer.audio] * voice_rows, *_question(tokenizer, text)]
    return Prompt(ids=ids, audio_start=len(opening), audio_rows=voice_rows)


def build_continuation(tokenizer: Tokenizer, text: str) -> Prompt:
    """The prompt that makes the voice of a row go on with `text`, which is taken as it is."""
    return Prompt(ids=[tokenizer.audio, *_question(tokenizer, text)], audio_start=0, audio_rows=1)


def prompt_of(tokenizer: Tokenizer, text: str, voice_rows: int | None) -> Prompt:
    """`build_prompt`, and without a voice `build_continuation`."""
    if voice_rows is None:
        return build_continuation(tokenizer, text)
    return build_prompt(tokenizer, text, voice_rows)


def _question(tokenizer: Tokenizer, text: str) -> list[int]:
    """The text, and that it is to be said."""
    return [
        tokenizer.next_audio_text,
        *tokenizer.encode_text(text),
        tokenizer.repeat_audio_text,
        tokenizer.begin_audio,
    ]
