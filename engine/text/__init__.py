"""Text front end: what the model should read, and in which pieces. Imports no torch."""

from engine.text.chunk import plan_text
from engine.text.normalize import normalize
from engine.text.passages import Block, Passage

__all__ = ["Block", "Passage", "normalize", "plan_text"]
