"""Time stamps are believed only if hash, nonce, signature and chain hold."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.x509 import load_pem_x509_certificates
from rfc3161_client import TimestampRequestBuilder

from glassbox.audit.notes import Head
from glassbox.audit.timestamps import check_timestamp
from glassbox.audit.witness_client import NoAnswer
from tests.tsa import TestAuthority

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
HEAD = Head(origin="goldenpoppy.example/audit/dev/anchor/2026", size=7, root=bytes(range(32)))


def test_a_stamp_says_its_time_and_holds_without_the_authority() -> None:
    authority = TestAuthority(NOON)
    request = TimestampRequestBuilder().data(HEAD.text().encode()).nonce(nonce=True).build()
    answer = authority.answer(request.as_bytes())
    roots = load_pem_x509_certificates(authority.roots_pem())

    assert check_timestamp(answer, HEAD, roots, request=request) == NOON
    assert check_timestamp(answer, HEAD, roots) == NOON


def test_a_stamp_of_something_else_is_refused() -> None:
    authority, stranger = TestAuthority(NOON), TestAuthority(NOON)
    roots = load_pem_x509_certificates(authority.roots_pem())
    build = TimestampRequestBuilder().data(HEAD.text().encode())
    request = build.nonce(nonce=True).build()
    answer = authority.answer(request.as_bytes())
    other = Head(origin=HEAD.origin, size=8, root=HEAD.root)

    for what, args in {
        "another head": (answer, other, roots, request),
        "another request": (answer, HEAD, roots, build.nonce(nonce=True).build()),
        "another root": (answer, HEAD, load_pem_x509_certificates(stranger.roots_pem()), request),
        "nothing": (b"", HEAD, roots, request),
        "not DER": (b"<html>", HEAD, roots, request),
    }.items():
        with pytest.raises(NoAnswer):
            check_timestamp(*args[:3], request=args[3])
            raise AssertionError(what)


def test_a_changed_byte_of_a_stamp_is_refused_or_changes_nothing_it_says() -> None:
    authority = TestAuthority(NOON)
    roots = load_pem_x509_certificates(authority.roots_pem())
    request = TimestampRequestBuilder().data(HEAD.text().encode()).nonce(nonce=True).build()
    answer, refused = authority.answer(request.as_bytes()), 0
    for at in range(len(answer)):
        changed = answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1 :]
        try:
            assert check_timestamp(changed, HEAD, roots, request=request) == NOON
        except NoAnswer:
            refused += 1
    assert refused > len(answer) * 0.9
