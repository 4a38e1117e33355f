"""Text front end: what the model should read, and in which pieces. Imports no torch."""

from engine.text.arriving import arriving
from engine.text.lexicon import Lexicon
from engine.text.marks import has_voices, likely_speakers
from engine.text.normalize import normalize
from engine.text.passages import Block, Passage
from engine.text.plan import passages_of, plan_passages, plan_text

__all__ = [
    "Block",
    "Lexicon",
    "Passage",
    "arriving",
    "has_voices",
    "likely_speakers",
    "normalize",
    "passages_of",
    "plan_passages",
    "plan_text",
]
