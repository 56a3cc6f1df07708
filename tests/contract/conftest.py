"""The METRC under test: the simulator's world `demo`, or METRC's own sandbox.

For the sandbox set METRC_SANDBOX_URL, METRC_SANDBOX_VENDOR_KEY, METRC_SANDBOX_USER_KEY and
METRC_SANDBOX_LICENSES (with commas between). Its envelopes and fields are then what is compared;
a list without a row there is skipped, not failed.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from metrc_simulator.contract.operations import OPERATIONS
from metrc_simulator.documents import pdf_base64
from metrc_simulator.running import running
from tests.contract.subject import Call, Caller, Subject

CAREGIVER_OF_THE_DEMO = "CG-0000501"
_POINT_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_BY_NAME = {str(one): one for one in OPERATIONS}


@pytest.fixture(scope="session")
def subject() -> Iterator[Subject]:
    """Yield the METRC under test, its lists walked once so that ids are known."""
    if "METRC_SANDBOX_URL" in os.environ:
        yield from _sandbox()
        return
    # California is seen to answer 404 to one documented read; here it is compared all the same.
    switches = {"employee_permissions_deployed": "true"}
    with (
        running("demo", switches=switches) as server,
        httpx.Client(base_url=server.address, timeout=60) as http,
    ):
        callers = _one_for_each_license(http.get("/desk/api/keys").json())
        found = Subject(http, callers, is_simulator=True)
        found.walk()
        _tell_what_no_list_shows(found)
        yield found


def _sandbox() -> Iterator[Subject]:
    keys = (os.environ["METRC_SANDBOX_VENDOR_KEY"], os.environ["METRC_SANDBOX_USER_KEY"])
    licenses = os.environ["METRC_SANDBOX_LICENSES"].split(",")
    with httpx.Client(base_url=os.environ["METRC_SANDBOX_URL"], timeout=60) as http:
        found = Subject(http, [Caller(keys, one) for one in licenses], is_simulator=False)
        found.walk()
        yield found


def _one_for_each_license(keys: dict[str, Any]) -> list[Caller]:
    """Return the caller with the most permissions in each licence."""
    best: dict[str, Caller] = {}
    for user in sorted(keys["users"], key=lambda one: len(one["permissions"])):
        for license_number in user["licenses"]:
            best[license_number] = Caller((keys["vendorKey"], user["userKey"]), license_number)
    return list(best.values())


def _tell_what_no_list_shows(subject: Subject) -> None:
    """Upload a picture and a sheet, and print a QR code: their ids come with the answer alone."""
    maker = next(one for one in subject.callers if one.license_number == "CDPH-19990001")
    picture = base64.b64encode(_POINT_GIF).decode()
    for name, file_name, content in (
        ("POST /items/v2/photo", "cart.gif", picture),
        ("POST /items/v2/file", "sheet.pdf", pdf_base64("Sheet", ["Keep cool and dry."])),
    ):
        body = [{"FileName": file_name, "EncodedImageBase64": content}]
        answer = subject.ask(_BY_NAME[name], Call(maker, _BY_NAME[name].path, {}, {}), json=body)
        subject.tell("id", str(answer.raise_for_status().json()["Ids"][0]))
    generate = _BY_NAME["POST /retailid/v2/generate"]
    label = subject.values("packages", "label", maker)[0]
    answer = subject.ask(
        generate,
        Call(maker, generate.path, {}, {}),
        json={"PackageLabel": label, "Quantity": 1},
    )
    code = answer.raise_for_status().json()["Manifest"]["Qrs"][0]
    subject.tell("shortCode", code.rpartition("/")[2])
    subject.tell("caregiverLicenseNumber", CAREGIVER_OF_THE_DEMO)
