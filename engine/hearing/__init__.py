"""What was said: a recogniser, word errors, and the verdict on a chunk (extra `verify`).

    samples -> `judge.check`: silent, too short, too long, broken?    numpy alone
    samples -> `asr.Ears` -> `judge.judge`: which words are missing, which came twice?

Imports no torch; the recogniser is loaded when `Ears` is made.
"""
