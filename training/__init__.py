"""Training of voxtral checkpoints: corpus, codec and speech. Imports engine, never the reverse."""
