"""The training corpus: texts, teacher voices, the builder and the format on disk."""
