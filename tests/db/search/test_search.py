"""The one search field: every kind of name and number, what opens at once, what nobody else finds."""

from __future__ import annotations

from datetime import datetime

import psycopg
import pytest
from django.db import connection
from django.db.models import Q, QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from glassbox import access
from glassbox.audit.models import ComplianceEvent
from glassbox.cli.demo_brand import Brand
from glassbox.models.exception_cases import ExceptionCase
from glassbox.models.packages import Package
from glassbox.models.people import User
from glassbox.models.transfers import Transfer, TransferPackage
from glassbox.operations.transaction import short_transaction
from glassbox.queries.search.find import Found, find
from glassbox.queries.search.hits import begins_or_ends, begins_with
from tests.builders import put_incoming, put_package
from tests.cast import DIST, MFG, R1, person, tag
from tests.db.actions import story as actions
from tests.db.lab.story import CARTS, SAMPLE
from tests.db.transfers.test_outgoing import SPLIT, Outgoing


@pytest.fixture
def outgoing(cast: Brand, frozen_now: datetime) -> Outgoing:
    """Carts with a certificate, an order and a delivery; oil, tags, a draft and a case."""
    outgoing = Outgoing(cast, frozen_now)
    outgoing.order()
    outgoing.plan()
    put_incoming(cast.licenses[MFG], {tag(77): 5}, now=frozen_now, manifest="0004212345")
    actions.put_oil(cast, frozen_now, tags=3)
    actions.draft(cast, frozen_now)
    with short_transaction(outgoing.license_id) as license:
        Package.objects.filter(label=SPLIT).update(printed_label=CARTS)
        ExceptionCase.objects.create(
            company_id=license.company_id,
            license=license,
            case_class="COUNT",
            severity="HIGH",
            fact_key="count:1",
            title="Vape carts: one short",
            what_happened="One is missing.",
            state="OPEN",
            opened_at=frozen_now,
        )
    return outgoing


def look(outgoing: Outgoing, text: str, name: str = "Fay") -> Found:
    brand = outgoing.brand
    return find(
        actor=person(brand, name),
        license_ids=(brand.licenses[MFG], brand.licenses[DIST]),
        text=text,
    )


def hits(outgoing: Outgoing, text: str, name: str = "Fay") -> set[tuple[str, str]]:
    return {(hit.what, hit.title) for hit in look(outgoing, text, name).here}


@pytest.mark.parametrize(
    ("text", "what", "title"),
    [
        (CARTS, "Package", CARTS),
        (CARTS.lower(), "Package", CARTS),
        (SPLIT[-6:], "Package", SPLIT),
        (CARTS, "Units that carry this UID", SPLIT),
        (CARTS[-8:], "Units that carry this UID", SPLIT),
        (tag(455), "Tag", tag(455)),
        (tag(77), "On a manifest", "0004212345"),
        ("0004212345", "Manifest", "0004212345"),
        ("4212345", "Manifest", "0004212345"),
        ("2345", "Manifest", "0004212345"),
        ("PB-V-201", "Batch", "PB-V-201"),
        ("pb-v", "Batch", "PB-V-201"),
        ("PB-V-201", "Packages of a batch", "PB-V-201"),
        ("CC-2026-849", "COA", "CC-2026-849"),
        (SAMPLE, "Sample", SAMPLE),
        ("SO-1", "Order", "SO-1"),
        ("INV-1", "Invoice", "INV-1"),
        ("inv", "Invoice", "INV-1"),
        ("v-1", "Invoice", "INV-1"),
        ("v-201", "Batch", "PB-V-201"),
        ("cc-2026", "COA", "CC-2026-849"),
        ("-849", "COA", "CC-2026-849"),
        ("so-", "Order", "SO-1"),
        (SAMPLE[-6:], "Sample", SAMPLE),
        (MFG, "Licence of ours", MFG),
        (R1, "Licence of a partner", R1),
        ("Harbor Street", "Licence of a partner", R1),
        ("Fay", "Person", "Fay"),
        ("eve@goldenpoppy", "Person", "Eve"),
        ("Gus", "Driver", "Gus"),
        ("EMP-00007", "Driver", "Gus"),
        ("one short", "Case", "case 1"),
        ("#1", "Case", "case 1"),
        ("case 1", "Case", "case 1"),
        ("action 1", "Action", "action 1"),
    ],
)
def test_a_name_or_number_finds_its_thing(
    outgoing: Outgoing, text: str, what: str, title: str
) -> None:
    assert (what, title) in hits(outgoing, text)


def test_bare_digits_end_a_uid_before_they_number_a_case(
    outgoing: Outgoing, frozen_now: datetime
) -> None:
    label = tag(1234, DIST)
    put_package(outgoing.license_id, label, 4, now=frozen_now)
    with short_transaction(outgoing.license_id):
        ExceptionCase.objects.update(id=1234)

    assert ("Case", "case 1234") in hits(outgoing, "1234")
    assert look(outgoing, "1234").sure_address == ""
    assert look(outgoing, "001234").sure_address.endswith(f"/packages/{label}/")
    for text in ("case 1234", "#1234"):
        assert look(outgoing, text).sure_address.endswith("/cases/1234/"), text


def test_what_is_said_to_be_a_case_is_no_action(outgoing: Outgoing) -> None:
    assert {what for what, _ in hits(outgoing, "case 1")} == {"Case"}
    assert {what for what, _ in hits(outgoing, "action 1")} == {"Action"}


def test_units_are_found_by_what_they_come_from_even_if_nobody_noted_the_printed_uid(
    outgoing: Outgoing, frozen_now: datetime
) -> None:
    put_package(outgoing.license_id, tag(31, DIST), 4, now=frozen_now, sources=(SPLIT,))

    assert ("Made of this UID", tag(31, DIST)) in hits(outgoing, CARTS)
    assert ("Made of this UID", SPLIT) not in hits(outgoing, CARTS)


def test_an_event_is_found_by_its_id_and_by_the_beginning_of_its_hash(outgoing: Outgoing) -> None:
    with short_transaction(outgoing.license_id):
        event = ComplianceEvent.objects.filter(license_id=outgoing.license_id).latest("ts")
    leaf = bytes(event.leaf).hex()

    for text in (str(event.event_id), leaf, leaf[:8]):
        assert [hit.detail[:40] for hit in look(outgoing, text).here] == [
            f"id {event.event_id},"[:40]
        ], text
    assert look(outgoing, leaf).sure_address.endswith(f"/audit/{event.event_id}/")
    assert look(outgoing, leaf[:8]).sure_address == ""
    assert look(outgoing, leaf[:7]).here == ()


def test_nobody_else_finds_anything_of_ours(outgoing: Outgoing) -> None:
    with short_transaction(outgoing.license_id):
        event = ComplianceEvent.objects.filter(license_id=outgoing.license_id).latest("ts")
    ours = (CARTS, SPLIT[-6:], tag(455), tag(77), "4212345", "PB-V-201", "CC-2026-849", "SO-1")
    more = ("INV-1", MFG, "Gus", "Fay", "case 1", "action 1", str(event.event_id), SAMPLE)

    for text in (*ours, *more):
        found = look(outgoing, text, name="Nell")
        assert (found.here, found.elsewhere) == ((), ()), text
    # The search itself is not blind: it finds what is Nell's.
    assert look(outgoing, "CDPH-19990500", name="Nell").elsewhere != ()


def test_who_sees_one_licence_finds_nothing_of_the_other(outgoing: Outgoing) -> None:
    ana = look(outgoing, CARTS, name="Ana")

    assert {hit.license_number for hit in (*ana.here, *ana.elsewhere)} <= {MFG}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (SPLIT, f"/l/{DIST}/packages/{SPLIT}/"),
        (SPLIT[-8:], f"/l/{DIST}/packages/{SPLIT}/"),
        ("SO-1", "/orders/"),
        ("CC-2026-849", "/lab/"),
        ("4212345", "/transfers/"),
        (tag(455), f"/l/{MFG}/scan/?text={tag(455)}"),
    ],
)
def test_one_sure_hit_opens_its_page(outgoing: Outgoing, text: str, place: str) -> None:
    client = Client()
    client.force_login(User.objects.get(id=outgoing.brand.users["Fay"]))

    answer = client.get("/both/search/", {"text": text})
    listed = client.get("/both/search/", {"text": text, "list": "1"})

    assert answer.status_code == 302
    assert place in answer["Location"]
    assert listed.status_code == 200


def test_a_uid_that_both_licences_hold_shows_both(outgoing: Outgoing, frozen_now: datetime) -> None:
    put_package(outgoing.brand.licenses[MFG], SPLIT, 900, now=frozen_now, list_name="TRANSFERRED")
    client = Client()
    client.force_login(User.objects.get(id=outgoing.brand.users["Fay"]))

    for scope in ("both", f"l/{DIST}", f"l/{MFG}"):
        answer = client.get(f"/{scope}/search/", {"text": SPLIT})

        assert answer.status_code == 200, scope
        for number in (MFG, DIST):
            assert f"/l/{number}/packages/{SPLIT}/" in answer.content.decode(), (scope, number)


def test_what_lies_at_another_licence_is_told_and_not_opened(outgoing: Outgoing) -> None:
    client = Client()
    client.force_login(User.objects.get(id=outgoing.brand.users["Fay"]))

    answer = client.get(f"/l/{MFG}/search/", {"text": SPLIT})

    assert answer.status_code == 200
    assert "At your other licence" in answer.content.decode()


@pytest.mark.parametrize(
    "text", ["", "1A", "\0\0\0", "'; --", "%%%", "\ud7ff\ud7ff\ud7ff", "#99999999999", "zzzz" * 20]
)
def test_a_text_that_means_nothing_finds_nothing(outgoing: Outgoing, text: str) -> None:
    found = look(outgoing, text)

    assert (found.here, found.elsewhere, found.sure_address) == ((), (), "")


def test_the_number_of_statements_does_not_grow_with_what_is_found(
    outgoing: Outgoing, frozen_now: datetime
) -> None:
    def statements(text: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            look(outgoing, text)
        return len(captured)

    few = statements("000"), statements(CARTS)
    for number in range(40_000, 60_000, 1_000):
        put_package(outgoing.license_id, tag(number, DIST), 1, now=frozen_now, sources=(SPLIT,))

    packages = [hit for hit in look(outgoing, "000").here if hit.what == "Package"]
    assert len(packages) == 20
    assert (statements("000"), statements(CARTS)) == few


def test_last_digits_and_manifests_go_through_an_index(
    cast: Brand, cast_superuser: psycopg.Connection, frozen_now: datetime
) -> None:
    license_id = cast.licenses[MFG]
    with short_transaction(license_id) as license:
        company_id = license.company_id
    fill(cast_superuser, company_id, license_id, frozen_now)
    here = Q(license_id__in=[license_id])
    ending = begins_with("label_reversed", "543210")
    printed = begins_with("printed_label_reversed", "543210")
    plans = {
        "package_by_last_digits": Package.objects.filter(here, ending),
        "package_by_printed_digits": Package.objects.filter(here, printed, printed_label__gt=""),
        "package_by_batch": Package.objects.filter(here, production_batch_number="PB-7"),
        "transfer_by_last_digits": Transfer.objects.filter(
            here, begins_with("manifest_reversed", "543210")
        ),
        "invoice_by_beginning": Transfer.objects.filter(here, begins_or_ends("invoice", "inv-77")),
        "invoice_by_end": Transfer.objects.filter(here, begins_or_ends("invoice", "inv-77")),
        "template_by_beginning": Transfer.objects.filter(
            here, begins_with("template_capitals", "TO R-77")
        ),
        "transfer_package_by_label": TransferPackage.objects.filter(here, label=tag(5)),
        "compliance_events_leaf": ComplianceEvent.objects.filter(
            here, leaf__gte=b"\1" * 32, leaf__lte=b"\2" * 32
        ),
    }
    for name, rows in plans.items():
        assert name in explained(cast, rows), name
    # Behind the wall the obvious condition would read every row of the licence.
    naive = Package.objects.filter(here, label__endswith="012345")
    assert "package_by_last_digits" not in explained(cast, naive)


def explained(brand: Brand, rows: QuerySet[object]) -> str:  # type: ignore[type-var]
    with access.reading(person(brand, "Fay")):
        return str(rows.explain())


def fill(superuser: psycopg.Connection, company_id: int, license_id: int, moment: datetime) -> None:
    """Many packages and deliveries, so that reading all of them would cost."""
    superuser.execute(
        "INSERT INTO packages (company_id, license_id, label, printed_label, item_name, unit,"
        " local_state, location_name, production_batch_number, opened_at)"
        " SELECT %s, %s, '1A4060300000009' || lpad(n::text, 9, '0'),"
        " CASE WHEN n %% 10 = 0 THEN '1A4060300000008' || lpad(n::text, 9, '0') ELSE '' END,"
        " 'Oil', 'Grams', 'ARRIVED', '', 'PB-' || (n %% 5000), %s FROM generate_series(1, 30000) n",
        [company_id, license_id, moment],
    )
    superuser.execute(
        "INSERT INTO transfers (company_id, license_id, direction, state, transfer_type,"
        " shipper_license_number, shipper_name, receiver_license_number, receiver_name,"
        " transporter_license_number, template_name, manifest_number, invoice_number,"
        " planned_route, opened_at, raw)"
        " SELECT %s, %s, 'INCOMING', 'RECEIVED', '', '', '', '', '', '', 'to R-' || n,"
        " lpad(n::text, 10, '0'), 'Inv-' || n, '', %s, '{}' FROM generate_series(1, 20000) n",
        [company_id, license_id, moment],
    )
    superuser.execute(
        "INSERT INTO transfer_packages (company_id, license_id, transfer_id, label, item_name,"
        " unit, shipment_state, verdict, verdict_reason, raw)"
        " SELECT company_id, license_id, id, '1A4' || manifest_number, '', '', '', '', '', '{}'"
        " FROM transfers"
    )
    superuser.execute(
        "INSERT INTO compliance_events (event_id, company_id, license_id, type, subject,"
        " occurred_at, ts, body, leaf, record)"
        " SELECT gen_random_uuid(), %s, %s, 'sync.started', 'license:1', %s, %s, '',"
        " sha256(n::text::bytea), '{}' FROM generate_series(1, 20000) n",
        [company_id, license_id, moment, moment],
    )
    superuser.execute("ANALYZE")
