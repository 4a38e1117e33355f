"""How good a checkpoint speaks, codes and clones: words, voices, reconstructions (extra `eval`).

`python -m evaluation` prints tables and a last line of JSON; `evaluate_speech`, `evaluate_codec`
and `evaluate_clone` (modules `speech`, `codec`, `clone`) are the same for a training loop. Speed is
the business of `benchmarks`.
"""
