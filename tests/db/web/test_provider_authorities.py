"""A provider whose certificate a company's own authority signed: trusted where it is named, and by its name."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.test import override_settings

from glassbox.operations.openid import (
    Question,
    SignOnFailed,
    claims_of_code,
    metadata_of,
    question_address,
)
from glassbox.queries.installation import installation_facts
from glassbox.queries.sign_on_providers import sign_on_provider
from glassbox.rules.installation import problems
from tests.openid_provider import openid_provider, providers_file

QUESTION = Question(back="https://here.example/", state="s", nonce="n", verifier="v")


class Authority:
    """An authority made at random, and what it signs."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign(self.key, f"Authority {token_hex(4)}", is_authority=True)

    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def vouches_for(self, host: str, folder: Path) -> ssl.SSLContext:
        """Return what a server that bears this name shows."""
        key = ec.generate_private_key(ec.SECP256R1())
        file = folder / f"{host}.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + self._sign(key, host, is_authority=False).public_bytes(Encoding.PEM)
        )
        shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        shown.load_cert_chain(file)
        return shown

    def _sign(
        self, key: ec.EllipticCurvePrivateKey, name: str, *, is_authority: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if is_authority else self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if not is_authority:
            names = x509.SubjectAlternativeName([x509.DNSName(name)])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self.key, SHA256())


def test_a_provider_of_a_companys_own_authority_answers_where_it_is_named_alone(
    tmp_path: Path, caplog: Any
) -> None:
    ours, strangers = Authority(), Authority()
    (tmp_path / "ours.pem").write_bytes(strangers.pem() + ours.pem())
    (tmp_path / "strangers.pem").write_bytes(strangers.pem())
    with openid_provider(ours.vouches_for("localhost", tmp_path)) as there:
        file = providers_file(tmp_path, there.address, ca_file='"ours.pem"')
        with override_settings(GLASSBOX_SINGLE_SIGN_ON_FILE=file):
            provider = sign_on_provider("poppy")
            asked = question_address(provider, metadata_of(provider), QUESTION)
            brought = there.authorize(asked)
            claims = claims_of_code(
                provider, QUESTION, code=brought["code"], said_issuer=brought["iss"]
            )
            assert claims["sub"] == "person-1"
            for words in ({}, {"ca_file": '"strangers.pem"'}):
                providers_file(tmp_path, there.address, **words)
                with pytest.raises(SignOnFailed, match="ConnectError"):
                    metadata_of(sign_on_provider("poppy"))
    assert caplog.text.count("TLS with an OpenID provider failed") == 2


def test_a_certificate_of_another_name_opens_nothing(tmp_path: Path) -> None:
    ours = Authority()
    (tmp_path / "ours.pem").write_bytes(ours.pem())
    with openid_provider(ours.vouches_for("elsewhere.example", tmp_path)) as there:
        file = providers_file(tmp_path, there.address, ca_file='"ours.pem"')
        with (
            override_settings(GLASSBOX_SINGLE_SIGN_ON_FILE=file),
            pytest.raises(SignOnFailed, match="ConnectError"),
        ):
            metadata_of(sign_on_provider("poppy"))


@pytest.mark.parametrize("held", [None, b"", b"no PEM", b"\xff\x00", "a key"])
def test_serve_does_not_start_with_authorities_that_are_none(
    cast: object, tmp_path: Path, held: bytes | str | None
) -> None:
    if held == "a key":
        Authority().vouches_for("localhost", tmp_path)
        text = (tmp_path / "localhost.pem").read_bytes()
        held = text[: text.index(b"-----BEGIN CERTIFICATE")]
    if isinstance(held, bytes):
        (tmp_path / "ours.pem").write_bytes(held)
    file = providers_file(tmp_path, "https://login.example", ca_file='"ours.pem"')
    with override_settings(GLASSBOX_SINGLE_SIGN_ON_FILE=file):
        (found,) = (one for one in problems(installation_facts("serve")) if one.id == "SIGN-ON")

    assert found.stops and "provider poppy, ca_file" in found.sentence
    assert "PEM file" in found.sentence and str(tmp_path / "ours.pem") in found.sentence
    assert b"PRIVATE" not in found.sentence.encode()
