"""Names of files from titles."""

from pathlib import Path

from voxtral_cli.file_names import LONGEST, file_name

TITLES = [
    "The Harbour",
    'a/b\\c:d*e?f"g<h>i|j',
    "..",
    "",
    "...hidden. . .",
    "CON",
    "nul.txt",
    "COM1",
    "Aux",
    "tab\tnew\nline\x00\x1b\x7f",
    "half \ud800 letter",
    "é" * 300,
    "日本" * 300,
    "👩‍🚀" * 100,
    "x" * 197 + "...",
    "con" + "x" * 300,
    "same",
    "Same",
    "SAME ",
    "same (2)",
    "cafe\u0301",
    "café",
]


def check(name: str) -> None:
    """What Linux, macOS and Windows ask of a name; the first is tried."""
    assert 0 < len(name.encode()) <= LONGEST
    assert not set(name) & set('<>:"/\\|?*')
    assert name.isprintable() or "\u200d" in name
    assert name[0] not in ". "
    assert name[-1] not in ". "
    assert name.split(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    Path(f"{name}.mp3").write_text("")


def test_numbered_names() -> None:
    assert file_name(1, 9, "The Harbour") == "01 The Harbour"
    assert file_name(7, 1200, "Part II: Snow/Ice") == "0007 Part II - Snow-Ice"
    assert file_name(3, 12, "") == "03"
    names = [file_name(number, len(TITLES), title) for number, title in enumerate(TITLES, 1)]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        check(name)
