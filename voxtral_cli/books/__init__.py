"""Manuscripts to audiobooks: what is to be spoken, what has been, and how it becomes files."""
