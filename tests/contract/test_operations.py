"""Every documented operation, asked as METRC documents it."""

from __future__ import annotations

from typing import Any

import pytest

from metrc_simulator.contract.operations import OPERATIONS, Operation
from metrc_simulator.routes.finder import find_route
from tests.contract.samples import sample_body
from tests.contract.shape import differences
from tests.contract.subject import READS, WRITES, Call, Subject, rows_of

ROWS_CHECKED_AT_MOST = 100


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_is_found_with_and_without_a_slash(operation: Operation) -> None:
    plain = operation.filled().rstrip("/")
    bare, slashed = find_route(operation.method, plain), find_route(operation.method, plain + "/")
    assert not isinstance(bare, int) and bare == slashed


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_refuses_a_caller_without_keys_and_without_a_license(
    operation: Operation, subject: Subject
) -> None:
    body = {"json": [{}]} if operation.body else {}
    stranger = subject.http.request(operation.method, operation.filled(), **body)
    assert stranger.status_code in {400, 401}, stranger.text
    if operation.license_rule == "required":
        keys = subject.callers[0].keys
        unsaid = subject.http.request(operation.method, operation.filled(), auth=keys, **body)
        assert unsaid.status_code in {400, 401, 404}, unsaid.text


@pytest.mark.parametrize("operation", READS, ids=str)
def test_a_read_answers_the_documented_kind_and_fields(
    operation: Operation, subject: Subject
) -> None:
    seen = 0
    for _, answer in subject.answers(operation):
        seen += _checked(operation, answer)
        if seen > ROWS_CHECKED_AT_MOST:
            break
    if not seen and not subject.is_simulator:
        pytest.skip("no caller has a row of it")
    assert seen, "no caller saw a single row"


def _checked(operation: Operation, answer: Any) -> int:
    """Return how many rows an answer has, each compared field by field."""
    if operation.answer == "html":
        assert answer.headers["content-type"].startswith("text/html")
        return 1
    if operation.answer in {"empty", "undocumented"}:
        return 1
    rows = rows_of(operation, answer)
    if operation.answer != "strings":
        for row in rows:
            assert list(differences(operation, row)) == []
    return len(rows)


@pytest.mark.parametrize("operation", WRITES, ids=str)
def test_a_write_of_sample_values_is_done_or_refused_in_words(
    operation: Operation, subject: Subject
) -> None:
    for caller in subject.callers:
        rest = {"json": sample_body(operation)} if operation.body else {}
        call = Call(caller, operation.path, dict.fromkeys(operation.path_names, "1"), {})
        answer = subject.ask(operation, call, **rest)
        assert answer.status_code in {200, 400, 401, 404}, answer.text
        if answer.status_code == 400:
            found = answer.json()
            rows = found if isinstance(found, list) else [found]
            assert all("message" in row or "Message" in row for row in rows), found
