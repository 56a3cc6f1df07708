"""Rows of METRC's transferred list, which has its own names for a package's fields."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from metrc_client.shapes import BadRow, package

ROW: dict[str, Any] = {
    "PackageId": 1000006,
    "PackageLabel": "1A4060300000002000000006",
    "ManifestNumber": "0000000005",
    "ProductName": "Blue Dream Vape Cart 1 g",
    "LabTestingStateName": "TestPassed",
    "ShippedQuantity": Decimal("240.0"),
    "ShippedUnitOfMeasureAbbreviation": "ea",
    "SourcePackageLabels": "1A4060300000001000000012",
    "ReceivedDateTime": "2026-11-12T18:00:00+00:00",
}


def test_a_transferred_row_is_a_package_as_it_left() -> None:
    seen = package(ROW)
    assert (seen.id, seen.label) == (1000006, "1A4060300000002000000006")
    assert (seen.quantity, seen.unit) == (Decimal("240.0"), "Each")
    assert (seen.item_name, seen.lab_testing_state) == ("Blue Dream Vape Cart 1 g", "TestPassed")
    assert seen.received_at is None


def test_an_unknown_unit_sign_is_kept_as_it_came() -> None:
    assert package({**ROW, "ShippedUnitOfMeasureAbbreviation": "dr"}).unit == "dr"


def test_a_transferred_row_without_a_quantity_is_refused_by_name() -> None:
    with pytest.raises(BadRow, match="1A4060300000002000000006 has no Quantity"):
        package({**ROW, "ShippedQuantity": None})
