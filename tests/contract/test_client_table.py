"""The client's endpoints are METRC's documented operations, no more and no fewer."""

from __future__ import annotations

import pytest

from metrc_client.endpoints import BY_NAME
from metrc_simulator.contract.operations import OPERATIONS, Operation


def test_the_client_has_an_endpoint_for_every_operation_and_no_other() -> None:
    assert set(BY_NAME) == {str(one) for one in OPERATIONS}


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_endpoint_keeps_what_metrc_documents(operation: Operation) -> None:
    endpoint = BY_NAME[str(operation)]
    assert endpoint.license.value == operation.license_rule.upper()
    assert endpoint.is_paged == operation.is_paged
    assert endpoint.is_windowed == operation.is_windowed
    assert endpoint.permissions == operation.permissions
    assert endpoint.is_html == (operation.answer == "html")
    # METRC's pages show no body of these: the document is a file like the others, the key an object.
    is_unsaid = operation.path in {
        "/labtests/v2/labtestdocument/{id}",
        "/sandbox/v2/integrator/setup",
    }
    assert endpoint.is_object == (operation.answer == "object" or is_unsaid)
    assert endpoint.takes_object == (operation.body == "object")
    assert endpoint.is_on_connect_host == operation.is_on_connect_host
    assert endpoint.key_header == operation.key_header
    needed = {name for name, kind in operation.query.items() if not kind.endswith("?")}
    assert set(endpoint.required_query) == needed - {"licenseNumber"}


def test_four_endpoints_read_by_hand_from_metrcs_pages() -> None:
    destroy = BY_NAME["DELETE /plants/v2/"]
    assert destroy.license == "REQUIRED" and not destroy.takes_object
    assert BY_NAME["GET /transfers/v2/{id}/deliveries"].license == "NONE"
    assert BY_NAME["GET /packages/v2/active"].is_windowed
    assert BY_NAME["PUT /webhooks/v2/enable/{subscriptionId}"].takes_nothing
