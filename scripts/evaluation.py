"""Show the calls that METRC's evaluation of integrators asks for, licence type by licence type.

Run `python scripts/evaluation.py manufacturing` (or distribution, laboratory). Each step is printed
as an evaluation sheet wants it: what it shows, the request, the status, the bodies. The steps go to
a simulator of its own; with METRC_SANDBOX_URL, METRC_SANDBOX_VENDOR_KEY, METRC_SANDBOX_USER_KEY and
METRC_SANDBOX_LICENSE set, and METRC_SANDBOX_RECIPIENT for templates, to METRC's sandbox. It makes
records there and deletes only its own.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import urlopen

from metrc_client.client import MetrcClient
from metrc_client.endpoints import BY_NAME
from metrc_client.recording import Exchange
from metrc_client.windows import Window
from metrc_simulator.clock import MetrcClock
from metrc_simulator.documents import pdf_base64
from metrc_simulator.running import running

LICENSES = {
    "manufacturing": ("CDPH-19990001", "Fay"),
    "distribution": ("C11-9990001-LIC", "Fay"),
    "laboratory": ("C8-9990001-LIC", "Lou"),
}
SHOWN_CHARACTERS = 300


@dataclass
class Sheet:
    """Prints every exchange of the client under the step it belongs to."""

    now: datetime
    license_number: str
    client: MetrcClient | None = None
    step: str = ""
    count: int = 0

    @property
    def today(self) -> str:
        """Return the day as METRC writes dates."""
        return self.now.date().isoformat()

    @property
    def stamp(self) -> str:
        """Return what makes a name of this run its own."""
        return self.now.strftime("%m%d %H%M%S")

    def record(self, exchange: Exchange) -> None:
        """Print one exchange, bodies on one line each."""
        self.count += 1
        query = f"?{exchange.query}" if exchange.query else ""
        sys.stdout.write(f"{self.count:>3}. {self.step}\n")
        sys.stdout.write(f"     {exchange.method} {exchange.path}{query} -> {exchange.status}\n")
        for name, body in (("sent", exchange.request_body), ("got", exchange.response_body)):
            if body:
                text = body.decode("utf-8", errors="replace")
                more = f"... ({len(text)} characters)" if len(text) > SHOWN_CHARACTERS else ""
                sys.stdout.write(f"     {name}: {text[:SHOWN_CHARACTERS]}{more}\n")

    def write(self, step: str, name: str, *objects: dict[str, Any], **path: Any) -> int:
        """Do one write and return the first id METRC gave, 0 if it gave none."""
        assert self.client is not None
        self.step = step
        answer = self.client.write(BY_NAME[name], list(objects), path=path or None)
        return answer.ids[0] if answer.ids else 0

    def one(self, step: str, name: str, **path: Any) -> Any:
        """Read one object."""
        assert self.client is not None
        self.step = step
        return self.client.one(BY_NAME[name], **path).rows[0]

    def page(self, step: str, name: str, days_ago: int = 0, **path: Any) -> list[Any]:
        """Read the first page of a list, of one day where METRC wants a window."""
        assert self.client is not None
        self.step, endpoint = step, BY_NAME[name]
        end = self.now - timedelta(days=days_ago)
        window = Window(start=end - timedelta(hours=24), end=end) if endpoint.is_windowed else None
        return list(next(self.client.pages(endpoint, window=window, path=path or None)).rows)

    def newest(self, step: str, name: str, is_wanted: Callable[[Any], bool]) -> Any:
        """Read day after day until a wanted row is there.

        :raises LookupError: if six weeks have none
        """
        for days_ago in range(44):
            for row in self.page(step, name, days_ago):
                if is_wanted(row):
                    return row
        raise LookupError(f"{step}: no such row in six weeks of {name}")


def _master_data(sheet: Sheet) -> str:
    kind = sheet.page("Read the location types", "GET /locations/v2/types")[0]["Name"]
    location = {"Name": f"Room {sheet.stamp}", "LocationTypeName": kind}
    number = sheet.write("Create a location", "POST /locations/v2/", location)
    location["Name"] = f"Vault {sheet.stamp}"
    sheet.write("Rename it", "PUT /locations/v2/", {**location, "Id": number})
    sheet.one("Read it by its id", "GET /locations/v2/{id}", id=number)
    categories = sheet.page("Read the item categories", "GET /items/v2/categories")
    extract = next(
        row
        for row in categories
        if row["QuantityType"] == "WeightBased" and not row["RequiresStrain"]
    )
    item = {
        "Name": f"Oil {sheet.stamp}",
        "ItemCategory": extract["Name"],
        "UnitOfMeasure": "Grams",
    }
    number = sheet.write("Create an item", "POST /items/v2/", item)
    sheet.write("Update it", "PUT /items/v2/", {**item, "UnitOfMeasure": "Ounces", "Id": number})
    sheet.one("Read it by its id", "GET /items/v2/{id}", id=number)
    return location["Name"]


def _packages(sheet: Sheet, location: str) -> str:
    source = sheet.newest(
        "Find a package to work with",
        "GET /packages/v2/active",
        lambda row: row["Quantity"] >= 10 and not row["IsOnHold"] and not row["IsTestingSample"],
    )
    tag = sheet.page("Read the available tags", "GET /tags/v2/package/available")[0]["Label"]
    unit = source["UnitOfMeasureName"]
    made = {
        "Tag": tag,
        "UseSameItem": True,
        "Quantity": 10,
        "UnitOfMeasure": unit,
        "Location": location,
        "ActualDate": sheet.today,
        "Ingredients": [{"Package": source["Label"], "Quantity": 10, "UnitOfMeasure": unit}],
    }
    sheet.write("Create a package from it", "POST /packages/v2/", made)
    sheet.one("Read it by its label", "GET /packages/v2/{label}", label=tag)
    sheet.write("Set its note", "PUT /packages/v2/note", {"PackageLabel": tag, "Note": "Checked."})
    sheet.page("Read the adjustment reasons", "GET /packages/v2/adjust/reasons")
    change = {
        "Label": tag,
        "Quantity": -10,
        "UnitOfMeasure": unit,
        "AdjustmentReason": "Waste",
        "AdjustmentDate": sheet.today,
        "ReasonNote": "Evaluation: destroyed.",
    }
    sheet.write("Adjust it to nothing", "POST /packages/v2/adjust", change)
    finish = {"Label": tag, "ActualDate": sheet.today}
    sheet.write("Finish it", "PUT /packages/v2/finish", finish)
    sheet.write("Unfinish it", "PUT /packages/v2/unfinish", {"Label": tag})
    sheet.write("Finish it again", "PUT /packages/v2/finish", finish)
    return str(source["Label"])


def _transfers(sheet: Sheet, label: str, recipient: str) -> None:
    recipient = os.environ.get("METRC_SANDBOX_RECIPIENT", recipient)
    departs, arrives = sheet.now + timedelta(hours=20), sheet.now + timedelta(hours=23)
    template = {
        "Name": f"Route {sheet.stamp}",
        "Destinations": [
            {
                "RecipientLicenseNumber": recipient,
                "TransferTypeName": "Transfer",
                "PlannedRoute": "By the coast road.",
                "EstimatedDepartureDateTime": departs.strftime("%Y-%m-%dT%H:%M:%S"),
                "EstimatedArrivalDateTime": arrives.strftime("%Y-%m-%dT%H:%M:%S"),
                "Transporters": [{"TransporterFacilityLicenseNumber": sheet.license_number}],
                "Packages": [{"PackageLabel": label, "WholesalePrice": None}],
            }
        ],
    }
    base = "/transfers/v2/templates/outgoing"
    sheet.page("Read the transfer types", "GET /transfers/v2/types")
    number = sheet.write("Create a transfer template", f"POST {base}", template)
    renamed = {**template, "TransferTemplateId": number, "Name": f"Way {sheet.stamp}"}
    sheet.write("Update it", f"PUT {base}", renamed)
    sheet.page("Read its deliveries", f"GET {base}/{{id}}/deliveries", id=number)
    sheet.write("Delete it", f"DELETE {base}/{{id}}", id=number)
    for direction in ("incoming", "outgoing"):
        name = f"GET /transfers/v2/{direction}"
        transfer = sheet.newest(f"Read {direction} transfers", name, lambda row: True)
        deliveries = sheet.page(
            "Read its deliveries", "GET /transfers/v2/{id}/deliveries", id=transfer["Id"]
        )
        for what in ("packages", "packages/wholesale"):
            sheet.page(
                f"Read their {what}",
                f"GET /transfers/v2/deliveries/{{id}}/{what}",
                id=deliveries[0]["Id"],
            )


def manufacturing(sheet: Sheet) -> None:
    """Show the sections of a processor: master data, packages, transfers."""
    sheet.page("Read the facilities of the key", "GET /facilities/v2/")
    label = _packages(sheet, _master_data(sheet))
    _transfers(sheet, label, LICENSES["distribution"][0])


def distribution(sheet: Sheet) -> None:
    """Show the sections of a distributor: packages, a testing sample, drivers, transfers."""
    sheet.page("Read the facilities of the key", "GET /facilities/v2/")
    label = _packages(sheet, _master_data(sheet))
    driver = {"Name": f"Gus {sheet.stamp}", "DriversLicenseNumber": "D0000001", "EmployeeId": None}
    number = sheet.write("Create a driver", "POST /transporters/v2/drivers", driver)
    sheet.write("Delete the driver", "DELETE /transporters/v2/drivers/{id}", id=number)
    _transfers(sheet, label, LICENSES["manufacturing"][0])


def laboratory(sheet: Sheet) -> None:
    """Show the section of a laboratory: types, a result with its certificate, the release."""
    sheet.page("Read the lab states", "GET /labtests/v2/states")
    sheet.page("Read the test batches", "GET /labtests/v2/batches")
    sample = sheet.newest(
        "Find a sample without results",
        "GET /packages/v2/labsamples",
        lambda row: row["LabTestingState"] == "SubmittedForTesting",
    )
    assert sheet.client is not None
    sheet.step = "Read the test types"
    wanted = f"({sample['Item']['LabTestBatchNames'][0].split()[0]})"
    types = [
        row
        for row in sheet.client.rows(BY_NAME["GET /labtests/v2/types"])
        if row["RequiresTestResult"] and row["Name"].endswith(wanted)
    ]
    results = [{"LabTestTypeName": row["Name"], "Quantity": 0, "Passed": True} for row in types]
    record = {
        "Label": sample["Label"],
        "ResultDate": sheet.now.isoformat(timespec="seconds"),
        "DocumentFileName": "certificate.pdf",
        "DocumentFileBase64": pdf_base64("Certificate of analysis", [str(sample["Label"])]),
        "Results": results,
    }
    sheet.write("Record its results", "POST /labtests/v2/record", record)
    release = {"PackageLabel": sample["Label"]}
    sheet.write("Release them", "PUT /labtests/v2/results/release", release)


SECTIONS: dict[str, Callable[[Sheet], None]] = {
    "manufacturing": manufacturing,
    "distribution": distribution,
    "laboratory": laboratory,
}


@contextmanager
def _opened(section: str, now: datetime) -> Iterator[Sheet]:
    number, person = LICENSES[section]
    if address := os.environ.get("METRC_SANDBOX_URL"):
        sheet = Sheet(now, os.environ["METRC_SANDBOX_LICENSE"])
        keys = (os.environ["METRC_SANDBOX_VENDOR_KEY"], os.environ["METRC_SANDBOX_USER_KEY"])
        with _client(sheet, address, keys):
            yield sheet
        return
    with running("demo") as server:
        with urlopen(f"{server.address}/desk/api/keys", timeout=20) as answer:
            known = json.load(answer)
        user = next(one for one in known["users"] if one["name"] == person)
        sheet = Sheet(now, number)
        with _client(sheet, server.address, (known["vendorKey"], user["userKey"])):
            yield sheet


def _client(sheet: Sheet, address: str, keys: tuple[str, str]) -> MetrcClient:
    sheet.client = MetrcClient(
        address,
        vendor_key=keys[0],
        user_key=keys[1],
        license_number=sheet.license_number,
        recorder=sheet,
    )
    return sheet.client


def main() -> int:
    """Show one section; a refused step ends it with METRC's own words."""
    parser = argparse.ArgumentParser()
    parser.add_argument("section", choices=SECTIONS)
    section = parser.parse_args().section
    with _opened(section, MetrcClock(0).now().astimezone(UTC).replace(microsecond=0)) as sheet:
        SECTIONS[section](sheet)
    sys.stdout.write(f"{sheet.count} calls shown.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
