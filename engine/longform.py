"""Which chunks of a long text continue each other, and which are spoken side by side.

A chain is a run of passages of one block, in one voice: the first begins with the voice's prompt,
each of the others hears those before it (`engine.generation.loop`). Chains are independent, short
enough for what the checkpoint was trained on, and never cross a paragraph: there the voice takes
breath anyway, and a change in one paragraph leaves the chains of all others as they are.
"""

from collections.abc import Sequence

from engine.config import ModelConfig
from engine.speech import SpeechOptions
from engine.text import Passage

CHAIN_CHUNKS = 3
"""Chunks that continue each other, where a checkpoint does not say how much text it is used to."""

MOST_CHUNKS = 8
"""Of a chain: each takes positions of its own, however short."""


def chain_chars(config: ModelConfig, options: SpeechOptions) -> int:
    """Longest text of chunks that continue each other, in characters; 0 when none do."""
    if options.context == "none":
        return 0
    return config.max_chain_chars or CHAIN_CHUNKS * (options.max_chars or config.max_chars)


def chains(passages: Sequence[Passage], max_chars: int) -> list[list[int]]:
    """Indices of the passages of each chain, in order.

    Args:
        max_chars: Longest text of a chain, in characters; 0 makes every passage one of its own.

    Example:
        >>> one, two = Passage("x" * 60, 0.3), Passage("y" * 60, 0.3, opens=False)
        >>> chains([one, two, one, two], max_chars=150)
        [[0, 1], [2, 3]]
    """
    result: list[list[int]] = []
    length = 0
    for index, passage in enumerate(passages):
        same = not passage.opens and index > 0 and passages[index - 1].voice == passage.voice
        fits = same and length + len(passage.text) <= max_chars and len(result[-1]) < MOST_CHUNKS
        if not fits:
            result.append([])
            length = 0
        result[-1].append(index)
        length += len(passage.text)
    return result
