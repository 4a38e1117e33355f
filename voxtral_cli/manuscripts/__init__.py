"""Manuscripts of any kind -> documents, chapters and blocks."""
