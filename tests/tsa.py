"""A time stamping authority of our own (RFC 3161): answers a request, by a clock that is given."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

INTEGER, OCTETS, OID, TIME, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x18, 0x30, 0x31
EXPLICIT_0 = 0xA0
SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"
SHA_256, ECDSA_SHA_256 = "2.16.840.1.101.3.4.2.1", "1.2.840.10045.4.3.2"
POLICY = "1.3.6.1.4.1.99999.1"


class TestAuthority:
    """Stamps what it is sent, with a root certificate of its own and one for stamping below it."""

    __test__ = False

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._serial = 0
        root_key, self._key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root_name, name = _name("Golden Poppy Test Root"), _name("Golden Poppy Test Stamps")
        self.root = _certificate(root_name, root_key, root_name, root_key, is_root=True)
        self._certificate = _certificate(name, self._key, root_name, root_key, is_root=False)

    def roots_pem(self) -> bytes:
        """Return what a client trusts."""
        return self.root.public_bytes(Encoding.PEM)

    def answer(self, request: bytes) -> bytes:
        """Return the answer to a time-stamp request, in DER."""
        fields = list(_parts(next(_parts(request))[1]))
        imprint = _der(SEQUENCE, fields[1][1])
        nonce = [_der(INTEGER, value) for tag, value in fields[2:] if tag == INTEGER]
        self._serial += 1
        said = _der(
            SEQUENCE,
            _der(INTEGER, b"\x01"),
            _oid(POLICY),
            imprint,
            _der(INTEGER, bytes([self._serial])),
            _der(TIME, self.at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()),
            *nonce,
        )
        signed_data = _der(
            SEQUENCE,
            _der(INTEGER, b"\x03"),
            _der(SET, _der(SEQUENCE, _oid(SHA_256))),
            _der(SEQUENCE, _oid(TST_INFO), _der(EXPLICIT_0, _der(OCTETS, said))),
            _der(EXPLICIT_0, self._certificate.public_bytes(Encoding.DER)),
            _der(SET, self._signer(said)),
        )
        token = _der(SEQUENCE, _oid(SIGNED_DATA), _der(EXPLICIT_0, signed_data))
        return _der(SEQUENCE, _der(SEQUENCE, _der(INTEGER, b"\x00")), token)

    def _signer(self, said: bytes) -> bytes:
        fingerprint = hashlib.sha256(self._certificate.public_bytes(Encoding.DER)).digest()
        certificates = _der(SEQUENCE, _der(SEQUENCE, _der(SEQUENCE, _der(OCTETS, fingerprint))))
        attributes = sorted(
            _der(SEQUENCE, _oid(kind), _der(SET, value))
            for kind, value in (
                (CONTENT_TYPE, _oid(TST_INFO)),
                (MESSAGE_DIGEST, _der(OCTETS, hashlib.sha256(said).digest())),
                (SIGNING_CERTIFICATE, certificates),
            )
        )
        signature = self._key.sign(_der(SET, *attributes), ec.ECDSA(SHA256()))
        number = self._certificate.serial_number
        return _der(
            SEQUENCE,
            _der(INTEGER, b"\x01"),
            _der(
                SEQUENCE,
                self._certificate.issuer.public_bytes(),
                _der(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big")),
            ),
            _der(SEQUENCE, _oid(SHA_256)),
            _der(EXPLICIT_0, *attributes),
            _der(SEQUENCE, _oid(ECDSA_SHA_256)),
            _der(OCTETS, signature),
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_root: bool,
) -> x509.Certificate:
    began = datetime(2020, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=365 * 40))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
    )
    if not is_root:
        stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(stamping, critical=True)
    return builder.sign(issuer_key, SHA256())


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def _oid(dotted: str) -> bytes:
    return _der(OID, _oid_content(dotted))


def _oid_content(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for number in (40 * first + second, *rest):
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | number & 0x7F)
        content += bytes(reversed(groups))
    return bytes(content)


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(data[at : at + count], "big"), at + count
        yield tag, data[at : at + length]
        at += length
