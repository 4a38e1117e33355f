"""How good a checkpoint speaks, codes and clones: words, voices, reconstructions (extra `eval`).

`python -m evaluation` prints tables and a last line of JSON; `evaluate_speech`, `evaluate_codec`,
`evaluate_codes` and `evaluate_clone` (in `speech`, `codec`, `codes`, `clone`) are the same for a
training loop. Speed is the business of `benchmarks`.
"""
