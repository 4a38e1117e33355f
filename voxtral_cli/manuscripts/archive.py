"""Zip archives of strangers: read in memory, never unpacked to disk, and no more than is sane."""

import lzma
import zipfile
import zlib
from pathlib import Path
from typing import Any

from engine.errors import InputError
from voxtral_cli.manuscripts.decoding import LARGEST

_RATIO = 200
"""Times that a large file may grow; text grows about 3 to 10 times."""

_SMALL = 16 << 20
"""Bytes below which a file, and all texts together, may grow as they like."""

_TEXTS = (".xml", ".rels", ".xhtml", ".html", ".htm")
"""Pictures without much in them are packed better than any text."""

_PIECE = 1 << 20
_OLE = b"\xd0\xcf\x11\xe0"  # the container of old Office files and of encrypted new ones
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError),
    *(ValueError, OverflowError, RuntimeError, OSError),  # OSError: it points before its start
)


class Archive:
    """A zip file whose members are counted as they are read, whatever their headers say.

    Raises:
        InputError: If it is none, is damaged or locked, or grows beyond measure.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.left, self.texts = LARGEST, 0
        try:
            self.size = path.stat().st_size
            with path.open("rb") as file:
                start = file.read(4)
        except OSError as error:
            raise InputError(f"Cannot read {path}: {error.strerror}.", "Check the path.") from error
        try:
            self.zip = zipfile.ZipFile(path)
        except _DAMAGE as error:
            if start == _OLE:
                raise self._locked() from None
            raise self.damaged(str(error)) from None
        self.names = frozenset(self.zip.namelist())

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *raised: object) -> None:
        self.zip.close()

    def read(self, name: str) -> bytes:
        """A member that is there.

        Raises:
            InputError: If it is damaged, locked, or too large.
        """
        info = self.zip.getinfo(name)
        if info.flag_bits & 1:
            raise self._locked()
        pieces: list[bytes] = []
        size = 0
        try:
            with self.zip.open(info) as file:
                while piece := file.read(_PIECE):
                    size += len(piece)
                    self.left -= len(piece)
                    packed = max(info.compress_size, 1)
                    self.texts += len(piece) * name.endswith(_TEXTS)
                    if self.left < 0 or any(
                        grown > max(_SMALL, _RATIO * before)
                        for grown, before in ((size, packed), (self.texts, self.size))
                    ):
                        raise self._bomb()
                    pieces.append(piece)
        except _DAMAGE as error:
            raise self.damaged(f"{name}: {error}") from None
        return b"".join(pieces)

    def damaged(self, complaint: str) -> InputError:
        return InputError(
            f"{self.path} is damaged, or no {self.path.suffix[1:].upper()}: "
            f"{complaint.rstrip('.')}.",
            "Get the file again.",
        )

    def _locked(self) -> InputError:
        return InputError(
            f"{self.path} is protected by a password, or of an older format.",
            "Save it again without a password, in today's format.",
        )

    def _bomb(self) -> InputError:
        return InputError(
            f"{self.path} unpacks to more than {LARGEST >> 20} MB, or {_RATIO} times its size.",
            "That is no book; give its text.",
        )


def parse_xml(data: bytes) -> Any:
    """The root of an XML file, read leniently; None where there is nothing to read.

    No entity of its own is expanded and nothing outside of it is read.
    """
    from lxml import etree

    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:  # nothing in it, or entities beyond measure
        return None
