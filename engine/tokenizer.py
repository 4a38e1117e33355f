"""tekken.json -> token ids, through Mistral's own reader (mistral-common).

Knows the text vocabulary and the ids of the five specials a prompt needs; the layout of a prompt
is in `engine.prompt`. Only the tekken module is imported, and only when a file is read: the whole
of mistral-common takes half as long again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import CheckpointError, no_such_file

if TYPE_CHECKING:
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

SPECIALS = {
    "bos": "<s>",
    "audio": "[AUDIO]",
    "begin_audio": "[BEGIN_AUDIO]",
    "next_audio_text": "[NEXT_AUDIO_TEXT]",
    "repeat_audio_text": "[REPEAT_AUDIO_TEXT]",
}
"""Attribute of `Tokenizer` -> name in tekken.json. The ids are looked up, never assumed."""

UNREADABLE = (OSError, ValueError, RecursionError)


class Tokenizer:
    """Byte-level BPE over the first ranks of a tekken.json; surplus entries take no part.

    Example:
        >>> tokenizer = Tokenizer.from_file("engine/checkpoints/nano/tekken.json")
        >>> tokenizer.encode_text("Hi.")
        [1072, 1105, 1046]

    Attributes:
        bos, audio, begin_audio, next_audio_text, repeat_audio_text: Token ids of the specials.
        vocab_size: Ids are below this.
    """

    bos: int
    audio: int
    begin_audio: int
    next_audio_text: int
    repeat_audio_text: int

    def __init__(self, tekken: Tekkenizer) -> None:
        self._tekken = tekken
        self.vocab_size: int = tekken.n_words
        for attribute, name in SPECIALS.items():
            if not tekken.is_special(name):
                raise CheckpointError(
                    f"tekken.json has no special token {name}.",
                    "Is this the tekken.json of a Voxtral TTS checkpoint?",
                )
            setattr(self, attribute, tekken.get_special_token(name))

    @classmethod
    def from_file(cls, path: str | Path) -> Tokenizer:
        """Reads a tekken.json.

        Raises:
            CheckpointError: If there is no such file, or it is no usable tekken.json.
        """
        path = Path(path)
        if not path.is_file():
            raise no_such_file(path)
        from mistral_common.tokens.tokenizers.tekken import Tekkenizer

        try:
            tekken = Tekkenizer.from_file(path)
        # What mistral-common lets through when a key is missing or of another type.
        except (*UNREADABLE, LookupError, TypeError, AttributeError, AssertionError) as bad:
            raise CheckpointError(
                f"{path} cannot be read ({type(bad).__name__}: {str(bad)[:200]}).",
                "Fetch it again.",
            ) from None
        return cls(tekken)

    def check_size(self, vocab_size: int) -> None:
        """Compare with the model's table.

        Raises:
            CheckpointError: If that has too few rows.
        """
        needed = max(self.vocab_size, *(1 + getattr(self, name) for name in SPECIALS))
        if needed > vocab_size:
            raise CheckpointError(
                f"tekken.json has {needed} tokens, params.json {vocab_size}.",
                "The two do not belong together; fetch the checkpoint again.",
            )

    def encode_text(self, text: str) -> list[int]:
        """Token ids of a text as it is; names of specials in it are read as plain text."""
        return self._tekken.encode(text, bos=False, eos=False)
