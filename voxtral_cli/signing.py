"""Content Credentials (C2PA): a manifest inside a file, signed with the user's own certificate.

    choose_signer(--sign, --sign-key, destination) -> Signer
    signer.sign(path, facts)    a finished file, in place

Needs the extra `c2pa`; no time stamp is asked for, so all is done offline.
Specification: https://spec.c2pa.org
"""

import io
import os
import wave
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from engine.errors import InputError, VoxtralError
from voxtral_cli import __version__
from voxtral_cli.audio.output import write_error
from voxtral_cli.console import Console

if TYPE_CHECKING:
    from voxtral_cli.destination import Destination

IMPORT_ERRORS = (ImportError, OSError, RuntimeError)
"""Of c2pa-python, without itself or its library."""

INSTALL = "pip install 'voxtral[c2pa]'"
MEDIA = {"wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg"}
MEDIA |= {"m4a": "audio/mp4", "m4b": "audio/mp4"}
"""Formats with a place for a manifest, and what the library calls them."""

GENERATED = "trainedAlgorithmicMedia"
SOURCE_TYPE = f"http://cv.iptc.org/newscodes/digitalsourcetype/{GENERATED}"
MAKING = "voxtral.making"
"""The assertion that holds the facts of our tags."""

CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True)
class Signer:
    """A certificate with its key, seen to sign.

    Args:
        chain: The certificate and those of its issuers, in PEM.
        key: Its private key, in PEM (PKCS 8).
        algorithm: C2PA's name of the signature algorithm.
        media: Type of the file to be signed.
    """

    chain: bytes
    key: bytes = field(repr=False)
    algorithm: str
    media: str

    def sign(self, path: Path, facts: Mapping[str, object]) -> None:
        """Puts a signed manifest into the file; it stays as it was when that fails.

        Args:
            path: A finished file of the type `media`.
            facts: What the manifest is to say of the making.

        Raises:
            VoxtralError: If it cannot be signed or written.
        """
        from c2pa import C2paError

        part = path.with_suffix(".signed.part")  # swept like any part
        try:
            with open(path, "rb") as source, open(part, "x+b") as signed:
                self.copy(source, signed, self.media, facts)
            part.replace(path)
        except C2paError as error:
            raise VoxtralError(f"The speech could not be signed: {error}.") from error
        except OSError as error:
            raise write_error("the signed file", error) from error
        finally:
            part.unlink(missing_ok=True)

    def copy(
        self, source: IO[bytes], signed: IO[bytes], media: str, facts: Mapping[str, object]
    ) -> None:
        """Copies a file and adds the manifest; the library checks what it has signed."""
        from concurrent.futures import ThreadPoolExecutor

        import c2pa

        # A file's name may hold bytes that are no UTF-8.
        stated = {name: str(v).encode(errors="replace").decode() for name, v in facts.items()}
        action = {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE}
        manifest = {
            "claim_generator_info": [{"name": "voxtral", "version": __version__}],
            "assertions": [
                {"label": "c2pa.actions.v2", "data": {"actions": [action]}},
                {"label": MAKING, "data": stated},
            ],
        }
        info = c2pa.C2paSignerInfo(self.algorithm, self.chain, self.key, None)

        def run() -> None:
            with c2pa.Signer.from_info(info) as signer, c2pa.Builder(manifest) as builder:
                builder.sign(signer, media, source, signed)

        # Signals strike the main thread alone, so Ctrl-C is never lost in the library's callbacks.
        with ThreadPoolExecutor(max_workers=1) as thread:
            thread.submit(run).result()


def choose_signer(
    certificate: Path | None, key: Path | None, to: "Destination", console: Console
) -> Signer | None:
    """The signer, tried on a moment of silence; None where nothing is to be signed.

    A certificate of the environment signs what can be signed, and all else is noted.

    Raises:
        InputError: If certificate and key cannot sign, or not what goes to this destination.
        VoxtralError: If the extra is not installed.
    """
    if certificate is None:
        if key is not None and not _standing(key, "VOXTRAL_SIGN_KEY"):
            raise InputError("A key alone cannot sign.", "Give --sign CERT.pem as well.")
        return None
    if refusal := _refusal(to):
        if _standing(certificate, "VOXTRAL_SIGN_CERT"):
            console.note(f"note: not signed: {refusal.message}")
            return None
        raise refusal
    if key is None:
        raise InputError("--sign needs the certificate's private key.", "Give --sign-key KEY.pem.")
    try:
        from c2pa import C2paError
    except IMPORT_ERRORS as error:
        raise VoxtralError("--sign needs the package c2pa-python.", INSTALL) from error
    signer = Signer(*_pair(certificate, key), MEDIA[to.format.name])
    try:
        signer.copy(io.BytesIO(_silence()), io.BytesIO(), MEDIA["wav"], {})
    except C2paError as error:
        raise InputError(
            f"{certificate} cannot sign: {error}.",
            "C2PA wants a certificate for signing that is in force, followed by its issuer's.",
        ) from error
    return signer


def _refusal(to: "Destination") -> InputError | None:
    """Why nothing that goes there can be signed; None where it can."""
    if to.path is None or (to.path.exists() and not to.path.is_file()):
        complaint = f"{to.name} cannot be signed: it is no file."
        return InputError(complaint, "Give -o FILE, or no --sign.")
    if to.format.name not in MEDIA:
        complaint = f"{to.format.name} has no place for a signed manifest."
        return InputError(complaint, f"Write {', '.join(MEDIA)}, or leave --sign out.")
    return None


def _standing(path: Path, variable: str) -> bool:
    """Whether the environment gives it, for every command."""
    return variable in os.environ and Path(os.environ[variable]) == path


def _pair(certificate: Path, key: Path) -> tuple[bytes, bytes, str]:
    """Chain, key and the algorithm's name.

    Raises:
        InputError: If they cannot be read, or are not of a pair.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.x509 import load_pem_x509_certificates

    chain = _read(certificate)
    try:
        owner = load_pem_x509_certificates(chain)[0].public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(f"{certificate} holds no certificate.", "It has to be PEM.") from error
    try:
        private = serialization.load_pem_private_key(_read(key), None)
    except TypeError as error:
        unlock = f"openssl pkcs8 -topk8 -nocrypt -in {key} -out KEY.pem"
        raise InputError(f"{key} is locked with a password.", f"Unlock it: {unlock}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(f"{key} holds no private key.", "It has to be PEM.") from error
    if private.public_key() != owner:
        raise InputError(
            f"{key} is not the key of {certificate}.",
            "The first certificate has to be the key's own; its issuers' follow.",
        )
    pkcs8 = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return chain, pkcs8, _algorithm(private, key)


def _algorithm(key: Any, path: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in CURVES:
        return CURVES[key.curve.name]
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise InputError(f"{path}: C2PA does not sign with such a key.", "Use P-256, Ed25519 or RSA.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.", "Give a PEM file.") from error


def _silence() -> bytes:
    """A WAV of eight samples."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16))
    return buffer.getvalue()
