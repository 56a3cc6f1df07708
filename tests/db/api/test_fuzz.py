"""Cases drawn from the API's own document: nothing breaks, and every answer is as it says."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from glassbox.audit.models import ComplianceEvent
from glassbox.cli.demo_brand import Brand
from glassbox.operations.transaction import short_transaction
from glassbox.rules.action_kinds.registry import ACTION_KINDS
from tests.cast import MFG
from tests.db.actions.story import OIL, draft, put_oil
from tests.db.api.calling import EVERY_SCOPE, call, token_of

CASES = int(os.environ.get("CASES", "100"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
DRAWN = settings(
    max_examples=CASES,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# Words that facts are made of, so that a case comes past the first field.
WORDS = (
    *("packages", "rows", "labels", "label", "tag", "item", "quantity", "unit", "date", "reason"),
    *("ingredients", "note", "location", "name", "names", "id", "job", "inputs", "waste", "time"),
    *("quantity_before", "driver", "vehicle", "results", "departs_at", "time_zone", "products"),
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    | st.sampled_from(
        [OIL, "500", "1e9", "-1", "Grams", "Each", "2026-11-20", "2026-11-20T10:00Z"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6)
    ),
    max_leaves=12,
)


@pytest.fixture
def world(cast: Brand) -> dict[str, Any]:
    """Goods, an action and an event that the drawn addresses can name, and a token for all."""
    now = datetime.now(UTC).replace(microsecond=0)
    put_oil(cast, now)
    action_id = draft(cast, now, name="Fay")
    with short_transaction(cast.licenses[MFG]):
        event = ComplianceEvent.objects.filter(license_id=cast.licenses[MFG]).first()
    assert event is not None
    return {
        "token": token_of(cast, "Fay", *EVERY_SCOPE),
        "license_number": MFG,
        "label": OIL,
        "action_id": action_id,
        "event_id": str(event.event_id),
    }


def test_no_case_of_the_document_breaks_anything(world: dict[str, Any]) -> None:
    bearer = {"Authorization": f"Bearer {world['token']}"}
    with override_settings(API_CALLS_PER_MINUTE=10**9):
        schema = schemathesis.openapi.from_wsgi(
            f"/api/v1/l/{MFG}/openapi.json", get_wsgi_application(), headers=bearer
        )
        operations = [one.ok().as_strategy() for one in schema.get_all_operations()]
        statuses: dict[int, int] = {}

        @given(case=st.one_of(operations), named=st.sets(st.sampled_from(sorted(world))))
        @DRAWN
        def ask(case: Any, named: set[str]) -> None:
            case.path_parameters["license_number"] = MFG
            for name in named & set(case.path_parameters):
                case.path_parameters[name] = world[name]
            response = case.call(headers=bearer)
            case.validate_response(response, checks=CHECKS)
            statuses[response.status_code] = statuses.get(response.status_code, 0) + 1

        ask()
    assert sum(statuses.values()) >= CASES
    # A run that only met closed doors would prove nothing.
    assert {200, 404, 422} <= set(statuses), statuses


def test_no_facts_of_any_kind_break_anything(world: dict[str, Any]) -> None:
    with override_settings(API_CALLS_PER_MINUTE=10**9):

        @given(
            kind=st.sampled_from(sorted(ACTION_KINDS)),
            facts=st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=8),
        )
        @DRAWN
        def ask(kind: str, facts: dict[str, Any]) -> None:
            body = {"kind": kind, "facts": facts, "reason": "Drawn"}
            answer = call(world["token"], "actions", body)
            assert answer.status_code in (201, 404, 409, 422), answer.content

        ask()
