"""A recording of somebody -> the reference clip that a voice is made of."""

from engine.reference.prepare import LONGEST_FILE_S, Reference, prepare

__all__ = ["LONGEST_FILE_S", "Reference", "prepare"]
