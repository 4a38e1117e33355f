"""How good a checkpoint speaks and codes: words, voices, reconstructions (extra `eval`).

`python -m evaluation` prints tables and a last line of JSON; `evaluate_speech` and
`evaluate_codec` (modules `speech`, `codec`) are the same for a training loop. Speed is the
business of `benchmarks`.
"""
