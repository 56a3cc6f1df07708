"""Certificates of a laboratory: the paper that goes with recorded results."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act
from metrc_simulator.certificates import Certificate, Measured, draw_certificate
from metrc_simulator.laws import labs
from metrc_simulator.records import Record
from metrc_simulator.wire import decimal_of


def certificate_of(act: Act, sample: Record, rows: list[dict[str, Any]]) -> str:
    """Return the certificate of these results of a sample, as a PDF in base64."""
    limits = {kind["name"]: kind["maximum"] for kind in labs.required_types(act, sample)}
    body = sample.body
    return draw_certificate(
        Certificate(
            laboratory=act.facility().body["Name"],
            laboratory_license=act.license_number,
            sample=body["Label"],
            sources=body["SourcePackageLabels"] or "",
            product=body["Item"]["Name"],
            category=body["Item"]["ProductCategoryName"],
            tested_on=act.now.date().isoformat(),
            tests=tuple(
                Measured(
                    name=row["LabTestTypeName"],
                    maximum=limits.get(row["LabTestTypeName"]),
                    quantity=decimal_of(row["Quantity"]) or Decimal(0),
                    passed=row["Passed"],
                )
                for row in rows
            ),
        )
    )
