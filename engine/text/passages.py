"""A manuscript as data: blocks as they are written, passages as they are spoken.

    Block (a heading, a paragraph, a break) -> Passage (a chunk, its voice, the pause after it)

Nothing here needs a model; the plan of a long text can be printed, counted and kept.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """A heading or a paragraph of a manuscript.

    Args:
        text: As it is written, line breaks included, but without the manuscript's own markup.
            Empty for a break (a rule, three stars) that only makes the pause longer.
        level: Of a heading, 1 to 6; 0 for a paragraph.
        voice: Whose words these are; empty for the narrator's.
    """

    text: str
    level: int = 0
    voice: str = ""


@dataclass(frozen=True)
class Passage:
    """A chunk of a long text: what is spoken in one go.

    Args:
        text: What the model reads, one line.
        pause: Silence after it, in seconds.
        voice: Who speaks; empty for the narrator.
        opens: Whether it begins a block: what is spoken before it may be spoken elsewhere.
        before: Silence before it that a mark asks for, in seconds; of a text's first alone.
        asked: Whether a mark asks for the silence after it, which then stays at a text's end too.
        language: Code of the language that it was read in.
        written: What of the manuscript it says, as it is written there, one line; empty where that
            is in a neighbour's or not known.
    """

    text: str
    pause: float
    voice: str = ""
    opens: bool = True
    before: float = 0.0
    asked: bool = False
    language: str = "en"
    written: str = ""
