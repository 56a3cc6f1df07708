"""Every endpoint of the client against the METRC under test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from metrc_client.client import MetrcClient
from metrc_client.endpoint import LicenseRule
from metrc_client.endpoints import BY_NAME
from metrc_client.errors import Declined
from metrc_client.recording import Exchange
from metrc_client.windows import Window
from metrc_simulator.contract.operations import Operation
from tests.contract.samples import sample_object
from tests.contract.subject import READS, WRITES, Call, Subject, rows_of


class Tape:
    """A recorder that keeps the exchanges."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def record(self, exchange: Exchange) -> None:
        """Keep one exchange."""
        self.exchanges.append(exchange)


@contextmanager
def _client(subject: Subject, call: Call, tape: Tape | None = None) -> Iterator[MetrcClient]:
    vendor_key, user_key = call.caller.keys
    with MetrcClient(
        str(subject.http.base_url),
        vendor_key=vendor_key,
        user_key=user_key,
        license_number=call.caller.license_number,
        recorder=tape,
    ) as client:
        yield client


@pytest.mark.parametrize("operation", READS, ids=str)
def test_a_read_brings_what_metrc_answers(operation: Operation, subject: Subject) -> None:
    endpoint = BY_NAME[str(operation)]
    found = subject.first_answered(operation)
    if found is None:
        assert not subject.is_simulator
        pytest.skip("no caller has a row of it")
    call, answer = found
    with _client(subject, call) as client:
        if operation.is_paged or operation.answer in {"rows", "strings"}:
            pages = client.pages(
                endpoint, window=_window(call.query), path=call.path_values, query=_plain(call)
            )
            assert list(next(pages).rows) == rows_of(operation, answer)
        elif endpoint.required_query:
            pages = client.pages(endpoint, path=call.path_values, query=_plain(call))
            assert next(pages).rows is not None
        else:
            read = client.one(endpoint, **call.path_values)
            assert read.response_sha256
            if operation.answer == "object":
                assert list(read.rows) == rows_of(operation, answer)


def _plain(call: Call) -> dict[str, str]:
    paging = {"lastModifiedStart", "lastModifiedEnd", "pageSize", "pageNumber"}
    return {name: value for name, value in call.query.items() if name not in paging}


def _window(query: dict[str, str]) -> Window | None:
    if "lastModifiedStart" not in query:
        return None
    return Window(
        start=datetime.fromisoformat(query["lastModifiedStart"]),
        end=datetime.fromisoformat(query["lastModifiedEnd"]),
    )


@pytest.mark.parametrize("operation", WRITES, ids=str)
def test_a_write_goes_out_once_and_its_answer_is_clear(
    operation: Operation, subject: Subject
) -> None:
    endpoint = BY_NAME[str(operation)]
    call = Call(subject.callers[0], operation.path, dict.fromkeys(operation.path_names, "1"), {})
    objects = [sample_object(operation)] if operation.body else []
    tape = Tape()
    with _client(subject, call, tape) as client:
        try:
            client.write(endpoint, objects, path=call.path_values)
        except Declined as refusal:
            assert str(refusal)
    (sent,) = tape.exchanges
    assert sent.status in {200, 400, 401, 404}
    assert (f"licenseNumber={call.caller.license_number}" in sent.query) == (
        endpoint.license is not LicenseRule.NONE
    )
