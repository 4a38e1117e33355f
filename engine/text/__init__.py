"""Text front end: what the model should read, and in which pieces. Imports no torch."""

from engine.text.chunk import plan_text
from engine.text.normalize import normalize

__all__ = ["normalize", "plan_text"]
