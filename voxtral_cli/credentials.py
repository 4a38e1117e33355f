"""What a file's C2PA manifest says of its making, and whether that can be believed.

Without the extra `c2pa` it is not looked for. Specification: https://spec.c2pa.org
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voxtral_cli.console import printable
from voxtral_cli.signing import GENERATED, IMPORT_ERRORS, INSTALL, MAKING

UNTRUSTED = "signingCredential.untrusted"


@dataclass(frozen=True)
class Credentials:
    """What a file's manifest says, and whether that can be believed.

    Args:
        found: Whether there is a manifest; None where that cannot be known.
        state: `valid`, `trusted` (valid, and the signer on a trust list) or `invalid`; else why
            there is nothing to say.
        signer: Whom the certificate names.
        ai_generated: Whether it says so.
        facts: Ours.
        failures: C2PA's codes of what is wrong.
    """

    found: bool | None
    state: str
    signer: str = ""
    ai_generated: bool = False
    facts: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether signature and content are those that were signed."""
        return self.state in ("valid", "trusted")

    def line(self) -> str:
        """For people."""
        if not self.found:
            return self.state
        said = "AI-generated" if self.ai_generated else "does not say that it is AI-generated"
        facts = "".join(f"; {name} {value}" for name, value in self.facts.items())
        if not self.good:
            wrong = ", ".join(self.failures)
            return f"INVALID ({wrong}); it names {self.signer} as its signer and: {said}{facts}"
        known = "" if self.state == "trusted" else ", who is on no trust list here"
        return f"valid, signed by {self.signer}{known}: {said}{facts}"


def read_credentials(path: Path) -> Credentials:
    """The manifest in a file; nothing is fetched, whatever the file asks for."""
    from concurrent.futures import ThreadPoolExecutor

    try:
        from c2pa import C2paError
    except IMPORT_ERRORS:
        return Credentials(None, f"not looked for: {INSTALL}")
    try:
        with ThreadPoolExecutor(max_workers=1) as thread:
            return _credentials(thread.submit(_manifests, path).result())
    except (C2paError.ManifestNotFound, C2paError.NotSupported):
        return Credentials(False, "no manifest")
    except (C2paError, AttributeError, KeyError, TypeError, ValueError) as error:
        return Credentials(None, f"cannot be read: {printable(str(error))}")


def _manifests(path: Path) -> dict[str, Any]:
    import c2pa

    offline = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
    with (
        open(path, "rb") as file,
        c2pa.Context.from_dict(offline) as context,
        c2pa.Reader(None, file, context=context) as reader,
    ):
        found: dict[str, Any] = json.loads(reader.json())
        return found


def _credentials(found: dict[str, Any]) -> Credentials:
    """From the library's report.

    Raises:
        AttributeError, KeyError, TypeError: If it is of another shape.
    """
    manifest = found["manifests"][found["active_manifest"]]
    said = [(part["label"], part["data"]) for part in manifest["assertions"]]
    actions = [a for label, data in said if "c2pa.actions" in label for a in data["actions"]]
    signed = manifest.get("signature_info") or {}
    names = [signed[name] for name in ("common_name", "issuer") if signed.get(name)]
    failures = [status["code"] for status in found.get("validation_status", [])]
    facts: dict[str, Any] = next((data for label, data in said if label == MAKING), {})
    return Credentials(
        True,
        found["validation_state"].lower(),
        printable(", ".join(names)) or "nobody",
        any(a.get("digitalSourceType", "").endswith(GENERATED) for a in actions),
        {printable(name): printable(str(value)) for name, value in facts.items()},
        [printable(code) for code in failures if code != UNTRUSTED],
    )
