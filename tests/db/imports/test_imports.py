"""A sheet is shown, taken over whole or in part, once, and undone while nothing depends on it."""

from __future__ import annotations

import threading
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import connections

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.catalog import Counterparty, Tag
from glassbox.models.imports import ImportRow
from glassbox.models.packages import Package
from glassbox.models.production import Batch, IngredientUse
from glassbox.operations.actions.review import withdraw_action
from glassbox.operations.imports.handlers import StillUsed
from glassbox.operations.imports.imports import (
    NotNow,
    discard_import,
    preview_import,
    take_import,
    undo_import,
)
from glassbox.operations.transaction import short_transaction
from glassbox.rules.package_state import LocalState
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of, put_package
from tests.cast import DIST, MFG, NEIGHBOR, person, tag
from tests.db.actions.story import OIL, draft, split
from tests.db.takeover.story import begin, book

TAGS = "First UID,Last UID,Status\n{},{},\n{},,damaged\n"


def show(brand: Brand, now: datetime, kind: str, text: str, name: str = "Dee") -> int:
    return preview_import(
        actor=person(brand, name),
        license_id=brand.licenses[MFG],
        kind=kind,
        file_name=f"{kind}.csv",
        content=text.encode(),
        now=now,
    )


def take(brand: Brand, now: datetime, import_id: int, *rows: int) -> int:
    return take_import(
        actor=person(brand, "Dee"),
        license_id=brand.licenses[MFG],
        import_id=import_id,
        rows=rows,
        now=now,
    )


def undo(brand: Brand, now: datetime, import_id: int) -> None:
    undo_import(
        actor=person(brand, "Dee"),
        license_id=brand.licenses[MFG],
        import_id=import_id,
        reason="The wrong sheet",
        now=now,
    )


def rows_of(brand: Brand, import_id: int) -> list[tuple[int, str]]:
    with short_transaction(brand.licenses[MFG]):
        rows = ImportRow.objects.filter(sheet_id=import_id).order_by("number")
        return list(rows.values_list("number", "state"))


def tags(brand: Brand) -> dict[str, str]:
    with short_transaction(brand.licenses[MFG]):
        return dict(Tag.objects.values_list("label", "status"))


def test_ranges_of_tags_come_over_and_go_again(cast: Brand, frozen_now: datetime) -> None:
    put_package(cast.licenses[MFG], tag(502), 5, now=frozen_now)
    text = TAGS.format(tag(500), tag(503), tag(600))
    sheet = show(cast, frozen_now, "tags", text)
    assert tags(cast) == {}, "a preview changes nothing"
    assert show(cast, frozen_now, "tags", text) == sheet, "the same bytes are the same sheet"

    assert take(cast, frozen_now, sheet) == 2

    assert tags(cast) == {
        tag(500): "RECEIVED",
        tag(501): "RECEIVED",
        tag(502): "USED",
        tag(503): "RECEIVED",
        tag(600): "DAMAGED",
    }
    with pytest.raises(NotNow):
        take(cast, frozen_now, sheet)
    with pytest.raises(StillUsed, match=f"Row 2.*{tag(502)}"):
        undo(cast, frozen_now, sheet)
    assert len(tags(cast)) == 5, "all is undone or nothing"
    assert len(events_of(cast.licenses[MFG], "import.taken")) == 1


def test_an_import_is_undone_whole(cast: Brand, frozen_now: datetime) -> None:
    sheet = show(cast, frozen_now, "tags", TAGS.format(tag(500), tag(503), tag(600)))
    take(cast, frozen_now, sheet)

    undo(cast, frozen_now, sheet)

    assert tags(cast) == {}
    assert rows_of(cast, sheet) == [(2, "UNDONE"), (3, "UNDONE")]
    assert len(events_of(cast.licenses[MFG], "import.undone")) == 1
    again = show(cast, frozen_now, "tags", TAGS.format(tag(500), tag(503), tag(600)))
    assert again != sheet, "what was undone can be handed in again"


def test_wrong_rows_are_named_and_the_others_go_on(cast: Brand, frozen_now: datetime) -> None:
    text = f"First UID\tLast UID\n{tag(500)}\t{tag(400)}\nno tag\t\n{tag(700)}\t\n{tag(701)}\t\n"
    sheet = show(cast, frozen_now, "tags", text)

    assert rows_of(cast, sheet) == [(2, "WRONG"), (3, "WRONG"), (4, "READY"), (5, "READY")]
    assert take(cast, frozen_now, sheet, 5) == 1, "only the chosen row"
    assert tags(cast) == {tag(701): "RECEIVED"}


def test_a_wrong_row_says_column_value_and_way_out(cast: Brand, frozen_now: datetime) -> None:
    sheet = show(cast, frozen_now, "tags", f"First UID,Last UID\n\n{tag(500)},{tag(400)}\n1A40,\n")

    with short_transaction(cast.licenses[MFG]):
        found = list(ImportRow.objects.filter(sheet_id=sheet).order_by("number"))
    assert [row.number for row in found] == [3, 4], "as the spreadsheet counts them"
    assert found[0].problems == [
        {
            "column": "Last UID",
            "value": tag(400),
            "way_out": "It must follow the first within one roll, 10,000 tags at most.",
        }
    ]
    assert found[1].problems == [
        {
            "column": "First UID",
            "value": "1A40",
            "way_out": "A UID has 24 characters, the last 9 digits.",
        }
    ]


def test_rows_left_out_may_follow_and_none_comes_twice(cast: Brand, frozen_now: datetime) -> None:
    sheet = show(cast, frozen_now, "tags", f"First UID\n{tag(700)}\n{tag(701)}\n")
    take(cast, frozen_now, sheet, 3)

    with pytest.raises(InvalidInput, match="ready"):
        take(cast, frozen_now, sheet, 3)
    assert take(cast, frozen_now, sheet) == 1
    with pytest.raises(NotNow):
        take(cast, frozen_now, sheet)

    undo(cast, frozen_now, sheet)
    assert tags(cast) == {}


def test_two_people_at_once_take_each_row_once(cast: Brand, frozen_now: datetime) -> None:
    sheet = show(cast, frozen_now, "tags", f"First UID,Last UID\n{tag(500)},{tag(549)}\n")
    said: list[object] = []
    together = threading.Barrier(2)

    def run() -> None:
        together.wait()
        try:
            said.append(take(cast, frozen_now, sheet))
        except NotNow:
            said.append("not now")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, said)) == ["1", "not now"]
    assert len(tags(cast)) == 50
    assert len(events_of(cast.licenses[MFG], "import.taken")) == 1


def test_tags_that_an_action_names_stay(cast: Brand, frozen_now: datetime) -> None:
    put_package(cast.licenses[MFG], OIL, 4000, now=frozen_now, item="Crude Oil")
    sheet = show(cast, frozen_now, "tags", f"First UID,Last UID\n{tag(450)},{tag(459)}\n")
    take(cast, frozen_now, sheet)
    action_id = draft(cast, frozen_now, {"packages": [split(455)]})

    with pytest.raises(StillUsed, match=f"Row 2: Action {action_id} "):
        undo(cast, frozen_now, sheet)

    withdraw_action(
        actor=person(cast, "Ana"),
        license_id=cast.licenses[MFG],
        action_id=action_id,
        because="Another tag",
        now=frozen_now,
    )
    undo(cast, frozen_now, sheet)
    assert tags(cast) == {}


def test_the_same_sheet_handed_in_again_is_looked_at_anew(
    cast: Brand, frozen_now: datetime
) -> None:
    text = f"Package UID,Printed UID\n{tag(101)},{tag(101)}\n"
    sheet = show(cast, frozen_now, "printed", text)
    assert rows_of(cast, sheet) == [(2, "WRONG")]
    put_package(cast.licenses[MFG], tag(101), 5, now=frozen_now)

    assert show(cast, frozen_now, "printed", text) == sheet
    assert rows_of(cast, sheet) == [(2, "READY")]


def test_a_wrong_row_cannot_be_chosen(cast: Brand, frozen_now: datetime) -> None:
    sheet = show(cast, frozen_now, "tags", f"First UID\nno tag\n{tag(700)}\n")

    with pytest.raises(InvalidInput, match="ready"):
        take(cast, frozen_now, sheet, 2)


def test_known_rows_change_nothing(cast: Brand, frozen_now: datetime) -> None:
    first = show(cast, frozen_now, "tags", f"First UID\n{tag(700)}\n")
    second = show(cast, frozen_now, "tags", f"First UID\n{tag(700)}\n{tag(701)}\n")
    take(cast, frozen_now, first)

    assert take(cast, frozen_now, second) == 1
    assert rows_of(cast, second) == [(2, "KNOWN"), (3, "TAKEN")]
    undo(cast, frozen_now, second)
    assert tags(cast) == {tag(700): "RECEIVED"}, "what the other sheet made stays"


def test_a_printed_uid_is_the_packages_own_or_an_ancestors(
    cast: Brand, frozen_now: datetime
) -> None:
    put_package(cast.licenses[MFG], tag(101), 5, now=frozen_now)
    put_package(cast.licenses[MFG], tag(102), 5, now=frozen_now, sources=[tag(101)])
    head = "Package UID,Printed UID\n"
    sheet = show(
        cast, frozen_now, "printed", f"{head}{tag(102)},{tag(101)}\n{tag(101)},{tag(102)}\n"
    )
    assert rows_of(cast, sheet) == [(2, "READY"), (3, "WRONG")]

    take(cast, frozen_now, sheet)
    with short_transaction(cast.licenses[MFG]):
        assert Package.objects.get(label=tag(102)).printed_label == tag(101)
    undo(cast, frozen_now, sheet)
    with short_transaction(cast.licenses[MFG]):
        assert Package.objects.get(label=tag(102)).printed_label == ""


def test_a_batch_taken_over_is_completed_and_gets_its_lots(
    cast: Brand, frozen_now: datetime
) -> None:
    begin(cast, frozen_now)
    put_package(
        cast.licenses[MFG],
        tag(301),
        "120.5",
        now=frozen_now,
        batch_number="B-30",
        local_state=LocalState.IN_PROCESS,
    )
    book(cast, frozen_now)
    head = "Batch number,Product,Protocol version,Planned quantity,Unit,Label claim (mg THC per unit)\n"
    batches = show(cast, frozen_now, "batches", f"{head}B-30,Carts,VC-3,4000,Each,850\n")
    assert take(cast, frozen_now, batches) == 1
    lots = show(
        cast,
        frozen_now,
        "lots",
        "Batch number,Material,Supplier lot,Quantity,Unit\n"
        "B-30,Terpenes,TB-1,320,Grams\nB-31,Terpenes,TB-1,320,Grams\n",
    )
    assert rows_of(cast, lots) == [(2, "READY"), (3, "WRONG")]
    take(cast, frozen_now, lots)

    with short_transaction(cast.licenses[MFG]):
        batch = Batch.objects.get(number="B-30")
        assert (batch.protocol_version, batch.label_claim_mg) == ("VC-3", Decimal(850))
        assert IngredientUse.objects.get(batch=batch).supplier_lot == "TB-1"
    with pytest.raises(StillUsed, match="B-30"):
        undo(cast, frozen_now, batches)
    undo(cast, frozen_now, lots)
    undo(cast, frozen_now, batches)
    with short_transaction(cast.licenses[MFG]):
        batch = Batch.objects.get(number="B-30")
        assert (batch.protocol_version, batch.label_claim_mg) == ("before go-live", None)
        assert batch.planned_quantity == Decimal("120.5")


def test_partners_come_over_as_they_were_looked_up(cast: Brand, frozen_now: datetime) -> None:
    head = "Licence number,Name,Kind,Active\n"
    sheet = show(
        cast,
        frozen_now,
        "partners",
        f"{head}C10-9990777-LIC,Corner Shop,retail,yes\nC10-9990778-LIC,Other,bakery,yes\n"
        f"{MFG},Us,manufacturing,yes\n",
    )
    assert rows_of(cast, sheet) == [(2, "READY"), (3, "WRONG"), (4, "WRONG")]
    take(cast, frozen_now, sheet)
    with short_transaction(cast.licenses[MFG]):
        assert Counterparty.objects.get(license_number="C10-9990777-LIC").checked_at == frozen_now
    undo(cast, frozen_now, sheet)
    with short_transaction(cast.licenses[MFG]):
        assert not Counterparty.objects.filter(license_number="C10-9990777-LIC").exists()


def test_a_preview_is_put_away_and_others_see_none_of_it(cast: Brand, frozen_now: datetime) -> None:
    sheet = show(cast, frozen_now, "tags", f"First UID\n{tag(700)}\n")
    with pytest.raises(NotPermitted):
        show(cast, frozen_now, "tags", f"First UID\n{tag(701)}\n", name="Ivy")
    assert len(events_of(cast.licenses[MFG], "access.denied")) == 1
    with pytest.raises(NotFound):
        take_import(
            actor=person(cast, "Nell"),
            license_id=cast.licenses[MFG],
            import_id=sheet,
            now=frozen_now,
        )
    with pytest.raises(NotFound):
        take_import(
            actor=person(cast, "Nell"),
            license_id=cast.licenses[NEIGHBOR],
            import_id=sheet,
            now=frozen_now,
        )
    with pytest.raises(NotFound):
        take_import(
            actor=person(cast, "Dee"),
            license_id=cast.licenses[DIST],
            import_id=sheet,
            now=frozen_now,
        )

    discard_import(
        actor=person(cast, "Dee"), license_id=cast.licenses[MFG], import_id=sheet, now=frozen_now
    )

    with pytest.raises(NotNow):
        take(cast, frozen_now, sheet)
    assert len(events_of(cast.licenses[MFG], "import.discarded")) == 1
    assert len(events_of(cast.licenses[MFG], "import.previewed")) == 1
