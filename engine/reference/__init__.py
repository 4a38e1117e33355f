"""A recording of somebody -> the reference clip that a voice is made of."""

from engine.reference.prepare import Reference, prepare

__all__ = ["Reference", "prepare"]
