"""Tables of what is written and what is said of it, for the tests of languages."""

from collections.abc import Mapping

Table = Mapping[str, Mapping[str, str]]
"""Code of a language -> written -> said."""


def readings(*tables: Table) -> list[tuple[str, str, str]]:
    """Code, written and said of all."""
    return [
        (code, text, said)
        for table in tables
        for code, cases in table.items()
        for text, said in cases.items()
    ]
