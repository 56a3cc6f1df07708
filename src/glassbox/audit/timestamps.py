"""Time stamps of somebody else (RFC 3161) on the head of the anchor log, checked at receipt."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    TimeStampRequest,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from glassbox.audit.notes import Head
from glassbox.audit.witness_client import NoAnswer, exchange_bytes

QUERY_TYPE = "application/timestamp-query"


def read_roots(path: Path) -> list[Certificate]:
    """Return the certificates of a PEM file that time stamps must lead to.

    :raises ValueError: if it holds none
    """
    return load_pem_x509_certificates(path.read_bytes())


def ask_timestamp(url: str, head: Head, roots: list[Certificate]) -> tuple[bytes, datetime]:
    """Return an authority's whole answer over a head, and the time that it says.

    :raises NoAnswer: if there is none, or it does not hold
    """
    request = TimestampRequestBuilder().data(head.text().encode()).nonce(nonce=True).build()
    status, _, content = exchange_bytes("POST", url, request.as_bytes(), QUERY_TYPE)
    if status != HTTPStatus.OK:
        raise NoAnswer(f"{url} answered {status}.")
    return content, check_timestamp(content, head, roots, request=request)


def check_timestamp(
    answer: bytes,
    head: Head,
    roots: list[Certificate],
    *,
    request: TimeStampRequest | None = None,
) -> datetime:
    """Return the time that an answer says, once its signature, its chain and its hash hold.

    With the `request` also that it answers this one.

    :raises NoAnswer: if it does not hold
    """
    try:
        builder = VerifierBuilder.from_request(request) if request else VerifierBuilder()
        for root in roots:
            builder = builder.add_root_certificate(root)
        response = decode_timestamp_response(answer)
        builder.build().verify_message(response, head.text().encode())
    except (ValueError, VerificationError) as problem:
        raise NoAnswer(f"The time stamp does not hold: {problem}") from problem
    return response.tst_info.gen_time
