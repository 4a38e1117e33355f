"""`say --sign`: C2PA manifests, read back by the library's own reader and by `detect`."""

import datetime
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from typer.testing import Result

from tests.cli.fake_engine import FakeEngine

c2pa = pytest.importorskip("c2pa")

from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: E402
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID  # noqa: E402

Voxtral = Callable[..., Result]
PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
OPENSSL = serialization.PrivateFormat.TraditionalOpenSSL
OPEN = serialization.NoEncryption()
PAIR = ("--sign", "cert.pem", "--sign-key", "key.pem")
FORMATS = ["a.wav", "a.flac", "a.mp3"]
needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")


def certificate(subject: str, public: Any, issuer: Any, days: int, root: bool) -> bytes:
    """Of `subject`, issued by "Root" with the key `issuer`, ending `days` from now."""
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    name = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)]) for common in (subject, "Root")
    ]
    usage = {key: root for key in ("key_cert_sign", "crl_sign")} | {"digital_signature": not root}
    never = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    unused = {key: False for key in (*never, "encipher_only", "decipher_only")}
    builder = (
        x509.CertificateBuilder(name[1], name[0], public, x509.random_serial_number())
        .not_valid_before(end - datetime.timedelta(days=9))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(root, None), critical=True)
        .add_extension(x509.KeyUsage(**usage, **unused), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False
        )
    )
    if not root:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(issuer, hashes.SHA256()).public_bytes(PEM)


def write_pair(key: Any, days: int = 8, form: Any = PKCS8, lock: Any = OPEN) -> None:
    """Writes key.pem, and its chain as cert.pem."""
    root = ec.generate_private_key(ec.SECP256R1())
    leaf = certificate("Alice", key.public_key(), root, days, root=False)
    Path("cert.pem").write_bytes(leaf + certificate("Root", root.public_key(), root, 8, root=True))
    Path("key.pem").write_bytes(key.private_bytes(PEM, form, lock))


@pytest.fixture(autouse=True)
def pair(fake: FakeEngine) -> None:
    write_pair(ec.generate_private_key(ec.SECP256R1()))


def signed(voxtral: Voxtral, name: str, *options: str) -> dict:
    result = voxtral("say", "Hello there.", "--seed", "7", "-o", name, *PAIR, "--json", *options)
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in Path().iterdir()) == sorted([name, "cert.pem", "key.pem"])
    return json.loads(result.stdout)


def manifest(name: str) -> tuple[str, dict]:
    with open(name, "rb") as file, c2pa.Reader(None, file) as reader:
        found = json.loads(reader.json())
    return found["validation_state"], found["manifests"][found["active_manifest"]]


def detected(voxtral: Voxtral, name: str) -> dict:
    result = voxtral("detect", name, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("name", [*FORMATS, pytest.param("a.m4a", marks=needs_ffmpeg)])
def test_the_library_reads_what_was_signed(voxtral: Voxtral, name: str) -> None:
    assert signed(voxtral, name)["signed"] is True
    state, read = manifest(name)
    assert state == "Valid"
    assert read["claim_generator_info"][0]["name"] == "voxtral"
    said = {part["label"]: part["data"] for part in read["assertions"]}
    (action,) = said["c2pa.actions.v2"]["actions"]
    assert action["action"] == "c2pa.created"
    assert action["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert said["voxtral.making"]["model"] == "fake 0123456789ab"
    assert (said["voxtral.making"]["seed"], said["voxtral.making"]["watermark"]) == ("7", "none")
    found = detected(voxtral, name)
    assert found["tags"]["seed"] == "7", "the tags are still there"
    assert found["c2pa"] == {
        "found": True,
        "state": "valid",
        "signer": "Alice",
        "ai_generated": True,
        "facts": said["voxtral.making"],
        "failures": [],
    }


@pytest.mark.parametrize("name", FORMATS)
def test_signing_leaves_the_sound_alone(voxtral: Voxtral, name: str) -> None:
    signed(voxtral, name)
    plain = voxtral("say", "Hello there.", "--seed", "7", "-o", f"plain-{name}")
    assert plain.exit_code == 0
    assert (soundfile.read(name)[0] == soundfile.read(f"plain-{name}")[0]).all()


@pytest.mark.parametrize("name", FORMATS)
def test_what_was_changed_is_invalid(voxtral: Voxtral, name: str) -> None:
    signed(voxtral, name)
    whole = bytearray(Path(name).read_bytes())
    if name == "a.flac":  # has checksums of its own for the sound
        whole = whole.replace(b"seed=7", b"seed=8")
    else:  # the manifest is at the end of a WAV, at the start of an MP3
        whole[2000 if name == "a.wav" else len(whole) - 100] ^= 1
    Path(name).write_bytes(whole)
    assert manifest(name)[0] == "Invalid"
    found = detected(voxtral, name)["c2pa"]
    assert (found["state"], found["failures"]) == ("invalid", ["assertion.dataHash.mismatch"])
    lines = voxtral("detect", name).stdout.splitlines()
    assert lines[3].startswith("c2pa: INVALID (assertion.dataHash.mismatch); it names Alice")


def test_a_manifest_is_a_mark(voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own, and only while it is valid: here the tags say nothing."""
    monkeypatch.setattr("voxtral_cli.commands.say.tags", lambda facts: {})
    signed(voxtral, "a.wav")
    assert (detected(voxtral, "a.wav")["ai_generated"], manifest("a.wav")[0]) == (True, "Valid")
    lines = voxtral("detect", "a.wav").stdout.splitlines()
    assert lines[3].startswith(
        "c2pa: valid, signed by Alice, who is on no trust list here: AI-generated; cfg 1.2; "
    )
    whole = bytearray(Path("a.wav").read_bytes())
    whole[2000] ^= 1
    Path("a.wav").write_bytes(whole)
    assert detected(voxtral, "a.wav")["ai_generated"] is None


@pytest.mark.parametrize("name", ["a.wav", "a.opus"])
def test_no_manifest(voxtral: Voxtral, name: str) -> None:
    assert voxtral("say", "Hello.", "-o", name).exit_code == 0
    assert detected(voxtral, name)["c2pa"]["found"] is False
    assert "c2pa: no manifest" in voxtral("detect", name).stdout


def test_a_damaged_manifest_is_no_traceback(voxtral: Voxtral) -> None:
    signed(voxtral, "a.wav")
    Path("a.wav").write_bytes(Path("a.wav").read_bytes()[:-100])
    assert detected(voxtral, "a.wav")["c2pa"]["found"] is None
    assert "c2pa: cannot be read" in voxtral("detect", "a.wav").stdout


def test_nothing_is_fetched(voxtral: Voxtral) -> None:
    """A manifest elsewhere is left there; port 9 would refuse, with another message."""
    assert voxtral("say", "Hello.", "-o", "a.wav").exit_code == 0
    info = c2pa.C2paSignerInfo(
        "es256", Path("cert.pem").read_bytes(), Path("key.pem").read_bytes(), None
    )
    action = {"action": "c2pa.created", "digitalSourceType": "http://x/trainedAlgorithmicMedia"}
    parts = [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}]
    with (
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder({"claim_generator_info": [{"name": "x"}], "assertions": parts}) as builder,
        open("a.wav", "rb") as source,
        open("far.wav", "x+b") as far,
    ):
        builder.set_no_embed()
        builder.set_remote_url("http://127.0.0.1:9/far.c2pa")
        builder.sign(signer, "audio/wav", source, far)
    assert "must fetch remote manifests" in detected(voxtral, "far.wav")["c2pa"]["state"]


@pytest.mark.parametrize(
    ("key", "form"),
    [
        (ec.generate_private_key(ec.SECP256R1()), OPENSSL),
        (ec.generate_private_key(ec.SECP384R1()), PKCS8),
        (ed25519.Ed25519PrivateKey.generate(), PKCS8),
        (rsa.generate_private_key(65537, 2048), OPENSSL),
    ],
    ids=["P-256 of openssl", "P-384", "Ed25519", "RSA"],
)
def test_kinds_of_keys(voxtral: Voxtral, key: Any, form: Any) -> None:
    write_pair(key, form=form)
    signed(voxtral, "a.wav")
    assert manifest("a.wav")[0] == "Valid"


def test_the_environment_names_the_pair(voxtral: Voxtral, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOXTRAL_SIGN_CERT", "cert.pem")
    monkeypatch.setenv("VOXTRAL_SIGN_KEY", "key.pem")
    assert voxtral("say", "Hello.", "-o", "a.wav").exit_code == 0
    assert manifest("a.wav")[0] == "Valid"


@pytest.mark.usefixtures("unloadable")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "-", *PAIR], "stdout cannot be signed"),
        (["-o", "/dev/null", "--format", "wav", *PAIR], "/dev/null cannot be signed"),
        (["-o", "a.opus", *PAIR], "opus has no place for a signed manifest"),
        (["-o", "a.wav", "--sign", "cert.pem"], "needs the certificate's private key"),
        (["-o", "a.wav", "--sign-key", "key.pem"], "A key alone cannot sign"),
        (["-o", "a.wav", "--sign", "no.pem", "--sign-key", "key.pem"], "Cannot read no.pem"),
        (["-o", "a.wav", "--sign", "cert.pem", "--sign-key", "."], "Cannot read .: "),
        (["-o", "a.wav", "--sign", "key.pem", "--sign-key", "key.pem"], "holds no certificate"),
        (["-o", "a.wav", "--sign", "cert.pem", "--sign-key", "cert.pem"], "no private key"),
    ],
)
def test_refused_before_the_model(voxtral: Voxtral, options: list[str], message: str) -> None:
    refused(voxtral, message, *options)


@pytest.mark.usefixtures("unloadable")
def test_pairs_that_cannot_sign(voxtral: Voxtral) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    write_pair(key, days=-1)
    refused(voxtral, "cert.pem cannot sign: ", "-o", "a.wav", *PAIR)
    Path("cert.pem").write_bytes(certificate("Root", key.public_key(), key, 8, root=True))
    refused(voxtral, "cert.pem cannot sign: ", "-o", "a.wav", *PAIR)
    write_pair(key, lock=serialization.BestAvailableEncryption(b"secret"))
    refused(voxtral, "locked with a password", "-o", "a.wav", *PAIR)
    write_pair(key)
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(PEM, PKCS8, OPEN)
    Path("key.pem").write_bytes(other)
    refused(voxtral, "key.pem is not the key of cert.pem", "-o", "a.wav", *PAIR)
    write_pair(ec.generate_private_key(ec.SECP256K1()))
    refused(voxtral, "C2PA does not sign with such a key", "-o", "a.wav", *PAIR)


def refused(voxtral: Voxtral, message: str, *options: str) -> None:
    result = voxtral("say", "Hello.", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    errors = result.stderr.splitlines()
    assert message in errors[0]
    assert [line.partition(":")[0] for line in errors] == ["error", "hint"]
    assert sorted(path.name for path in Path().iterdir()) == ["cert.pem", "key.pem"]


def test_a_failed_signature_leaves_nothing(
    voxtral: Voxtral, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signer is tried before speaking, so it is made to fail after that."""

    def fail(number: int) -> None:
        monkeypatch.setattr(c2pa.Signer, "from_info", lambda info: c2pa.Signer(None))

    fake.before = fail
    Path("a.wav").write_bytes(b"the old one")
    result = voxtral("say", "Hello.", "-o", "a.wav", *PAIR)
    assert result.exit_code == 1
    assert "The speech could not be signed: " in result.stderr
    assert Path("a.wav").read_bytes() == b"the old one"
    assert len(list(Path().iterdir())) == 3
