"""The packages grid: standings that never part from their sources, pages, pasted lists, CSV."""

from __future__ import annotations

import csv
import io
import time
from datetime import datetime, timedelta

import psycopg
import pytest
from django.db import connection

from glassbox import access
from glassbox.cli.demo_brand import Brand
from glassbox.models.packages import Count, Hold, Package
from glassbox.operations.transaction import short_transaction
from glassbox.queries.package_grid import grid
from glassbox.queries.package_grid.grid import PackageFilter, PackageOrder, package_list
from glassbox.queries.package_grid.pasted import pasted_labels
from glassbox.queries.package_grid.views import PackageView
from glassbox.rules.labels import read_labels
from tests.builders import put_package, see_package
from tests.cast import DIST, MFG, person, tag
from tests.signed_in_client import client_of

PARTED = """
    SELECT label FROM package_standings_truth AS truth FULL JOIN package_standings AS standing
        USING (package_id, label)
    WHERE (truth.list_name, truth.category, truth.lab_state, truth.metrc_quantity,
            truth.packaged_date, truth.changed_at, truth.counted_at, truth.is_held_by_state,
            truth.is_held_by_us, truth.is_released, truth.is_here, truth.local_state,
            truth.item_name, truth.location_name, truth.production_batch_number, truth.our_quantity)
        IS DISTINCT FROM (standing.list_name, standing.category, standing.lab_state,
            standing.metrc_quantity, standing.packaged_date, standing.changed_at,
            standing.counted_at, standing.is_held_by_state, standing.is_held_by_us,
            standing.is_released, standing.is_here, standing.local_state, standing.item_name,
            standing.location_name, standing.production_batch_number, standing.our_quantity)
"""
MANY = """
    INSERT INTO packages (company_id, license_id, label, printed_label, item_name, unit,
        local_state, location_name, production_batch_number, confirmed_at, opened_at)
    SELECT company_id, %(license)s, %(prefix)s || lpad(n::text, 9, '0'), '', 'Crude Oil ' || n % 3,
        'Grams', 'ARRIVED', 'Vault', '', %(now)s, %(now)s - n %% 50 * interval '1 hour'
    FROM licenses, generate_series(1, %(count)s) n WHERE licenses.id = %(license)s
""".replace("n % 3", "n %% 3")


def put_many(superuser: psycopg.Connection, license_id: int, count: int, now: datetime) -> None:
    """Packages that METRC has not shown yet, many of which were opened at the same moment."""
    superuser.execute(
        MANY,
        {"license": license_id, "prefix": tag(0)[:15], "count": count, "now": now},
    )


def parted(superuser: psycopg.Connection) -> list[str]:
    return [label for (label,) in superuser.execute(PARTED).fetchall()]


def test_a_standing_says_what_its_sources_say(
    cast: Brand, cast_superuser: psycopg.Connection, frozen_now: datetime
) -> None:
    maker, now = cast.licenses[MFG], frozen_now
    raw = {"Item": {"ProductCategoryName": "Vape"}, "PackagedDate": "2026-02-31"}
    first = put_package(maker, tag(1), 500, now=now, raw=raw)
    put_package(maker, tag(2), 20, now=now, raw={"PackagedDate": "0001-01-01", "Item": None})
    see_package(maker, tag(1), now=now + timedelta(minutes=1), quantity=490, is_on_hold=True)
    with short_transaction(maker) as license:
        tenant = {"company_id": license.company_id, "license": license, "package_id": first}
        hold = Hold.objects.create(**tenant, reason="Smells odd", placed_at=now)
        Count.objects.create(
            **tenant,
            quantity=490,
            unit="Grams",
            purpose="COUNT",
            counted_by_id=cast.users["Dee"],
            counted_at=now,
        )
        Package.objects.filter(label=tag(2)).update(location_name="Cage 3", local_state="CLOSED")
    assert parted(cast_superuser) == []

    with short_transaction(maker):
        Hold.objects.filter(id=hold.pk).update(lifted_at=now)
        Package.objects.get(id=first).snapshots.update(is_newest=False)
    assert parted(cast_superuser) == []

    cast_superuser.execute("UPDATE package_standings SET is_held_by_us = true")
    assert set(parted(cast_superuser)) == {tag(1), tag(2)}


@pytest.mark.parametrize("order", PackageOrder)
def test_pages_of_both_licences_show_every_package_once(
    cast: Brand, cast_superuser: psycopg.Connection, frozen_now: datetime, order: PackageOrder
) -> None:
    ids = (cast.licenses[MFG], cast.licenses[DIST])
    for license_id in ids:
        put_many(cast_superuser, license_id, 130, frozen_now)
    fay, seen, after = person(cast, "Fay"), [], ""
    for _ in range(3):
        found = package_list(
            actor=fay,
            license_ids=ids,
            filter=PackageFilter(order=order, after=after),
            now=frozen_now,
        )
        seen += [row.id for row in found.rows]
        after = found.next_after

    assert (len(seen), len(set(seen)), found.total, after) == (260, 260, 260, "")


def test_a_count_beyond_what_is_told_exactly_says_so(
    cast: Brand,
    cast_superuser: psycopg.Connection,
    frozen_now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_many(cast_superuser, cast.licenses[MFG], 30, frozen_now)
    monkeypatch.setattr(grid, "COUNTED_AT_MOST", 20)
    found = package_list(
        actor=person(cast, "Fay"),
        license_ids=(cast.licenses[MFG],),
        filter=PackageFilter(),
        now=frozen_now,
    )

    assert (found.total, found.is_more, len(found.rows)) == (20, True, 30)


def test_a_text_finds_items_rooms_batches_and_last_digits(
    cast: Brand, frozen_now: datetime
) -> None:
    maker = cast.licenses[MFG]
    put_package(maker, tag(11), 1, now=frozen_now, item="Distillate", batch_number="PB-D-7")
    put_package(maker, tag(4512), 1, now=frozen_now, item="Crude Oil")

    def labels(text: str, view: PackageView = PackageView.ACTIVE) -> list[str]:
        found = package_list(
            actor=person(cast, "Fay"),
            license_ids=(maker,),
            filter=PackageFilter(text=text, view=view),
            now=frozen_now,
        )
        return [row.label for row in found.rows]

    assert labels("stillat") == labels("pb-d") == labels("0011") == [tag(11)]
    assert labels("oil") == labels("4512") == labels("OIL", PackageView.ALL) == [tag(4512)]
    assert labels("%") == labels("nothing like it") == []

    put_package(maker, tag(4513), 1, now=frozen_now, item="Crude Oil of lot 77712 and 04512")
    assert labels("77712") == [tag(4513)]
    assert labels("04512") == [tag(4512)]


def test_a_thousand_pasted_words_are_sorted_into_what_they_are(
    cast: Brand, cast_superuser: psycopg.Connection, frozen_now: datetime
) -> None:
    maker, mover = cast.licenses[MFG], cast.licenses[DIST]
    put_many(cast_superuser, maker, 900, frozen_now)
    put_package(mover, tag(1, DIST), 1, now=frozen_now)
    words = [*(tag(n) for n in range(1, 901)), tag(1, DIST), *(tag(9000 + n) for n in range(90))]
    text = ";\n".join([*words, tag(5).lower(), "not-one"])
    began = time.monotonic()
    read = read_labels(text, at_most=1_000)
    found = pasted_labels(actor=person(cast, "Fay"), license_ids=(maker,), read=read)
    seconds = time.monotonic() - began
    with access.reading(person(cast, "Fay")), connection.cursor() as cursor:
        began = time.monotonic()
        cursor.execute("SELECT label FROM packages WHERE label = ANY (%s)", [words])
        bare_seconds = time.monotonic() - began

    assert found.found == tuple(words[:900])
    assert [one.word for one in found.not_ours] == [tag(1, DIST)]
    assert [one.word for one in found.unknown] == words[901:]
    assert (found.duplicates, found.not_tags) == ((tag(5),), ("NOT", "ONE"))
    assert seconds < max(1.0, 40 * bare_seconds)


def test_a_pasted_list_is_answered_and_its_links_carry_it_packed(
    cast: Brand, frozen_now: datetime
) -> None:
    maker = cast.licenses[MFG]
    put_package(maker, tag(1), 1, now=frozen_now, list_name="TRANSFERRED")
    put_package(maker, tag(2), 1, now=frozen_now)
    fay = client_of(cast, "Fay")
    answer = fay.post(f"/l/{MFG}/packages/", {"labels": f"{tag(1)} {tag(77)} nonsense"})
    said = answer.content.decode()

    assert "Found 1" in said and "unknown 1" in said and "not a tag 1" in said
    packed = said.split("labels=", 1)[1].split("&", 1)[0].split('"', 1)[0]
    rows = fay.get(f"/l/{MFG}/packages.csv?view=all&labels={packed}").content.decode()
    assert tag(1) in rows and tag(2) not in rows
    broken = fay.get(f"/l/{MFG}/packages/?labels=~broken")
    assert (broken.status_code, "Paste the UIDs" in broken.content.decode()) == (422, True)


def test_the_csv_holds_what_is_seen_and_runs_no_formula(cast: Brand, frozen_now: datetime) -> None:
    maker = cast.licenses[MFG]
    put_package(maker, tag(1), "28.5", now=frozen_now, item="=HYPERLINK(1)", our_quantity="-3")
    answer = client_of(cast, "Fay").get(
        f"/l/{MFG}/packages.csv?column=item_name&column=our_quantity&column=metrc_quantity"
    )
    table, _, _ = answer.content.decode().partition("\r\n\r\n")
    rows = list(csv.reader(io.StringIO(table)))

    assert rows == [["Item", "METRC", "Ours", "Unit"], ["'=HYPERLINK(1)", "28.5", "-3", "Grams"]]


@pytest.mark.parametrize("view", PackageView)
def test_every_view_opens_and_names_itself(cast: Brand, view: PackageView) -> None:
    answer = client_of(cast, "Fay").get(f"/both/packages/?view={view}&order=oldest")

    assert answer.status_code == 200
    assert "No package is in this view" in answer.content.decode()
