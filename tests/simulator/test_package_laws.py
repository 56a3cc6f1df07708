"""Packages: tags, ingredients, adjustments, finishing, discontinuing, holds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import CART, DIST, MFG, SUP, TODAY, Metrc, adjustment, split


def errors(answer: Any) -> list[tuple[int, str]]:
    assert answer.status_code == 400, (answer.status_code, answer.text)
    return [(row["row"], row["message"]) for row in answer.json()]


def test_a_new_package_takes_its_quantity_from_its_source(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 4669)
    tag = metrc.tags()[0]
    answer = metrc.post("/packages/v2/", "Ana", MFG, split(tag, source, 500))
    assert list(answer.json()) == ["Ids", "Warnings"]
    child = metrc.package(tag)
    assert child["Id"] == answer.json()["Ids"][0]
    assert (child["Quantity"], child["SourcePackageLabels"]) == (500, source)
    assert metrc.package(source)["Quantity"] == 4169


def test_a_tag_is_used_once(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 1000)
    tag = metrc.tags()[0]
    assert metrc.post("/packages/v2/", "Ana", MFG, split(tag, source, 100)).status_code == 200
    again = metrc.post("/packages/v2/", "Ana", MFG, split(tag, source, 100))
    assert errors(again) == [(0, f"Tag {tag} is not valid.")]
    assert metrc.package(source)["Quantity"] == 900
    assert tag not in metrc.tags()


def test_more_than_a_source_has_is_a_row_error(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 100)
    tag = metrc.tags()[0]
    answer = metrc.post("/packages/v2/", "Ana", MFG, split(tag, source, 100.001))
    assert "does not have enough quantity" in errors(answer)[0][1]
    assert metrc.package(source)["Quantity"] == 100
    assert metrc.post("/packages/v2/", "Ana", MFG, split(tag, source, 100)).status_code == 200
    assert metrc.package(source)["Quantity"] == 0


def test_one_bad_row_undoes_all_and_every_bad_row_is_named(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 1000)
    tags = metrc.tags()
    rows = [
        split(tags[0], source, 100),
        split("NOT-A-TAG", source, 100),
        split(tags[1], "1A4060300000077000009999", 1),
    ]
    answer = metrc.post("/packages/v2/", "Ana", MFG, *rows)
    assert errors(answer) == [
        (1, "Tag NOT-A-TAG is not valid."),
        (2, "Package 1A4060300000077000009999 does not exist in the current Facility."),
    ]
    assert metrc.package(source)["Quantity"] == 1000
    assert tags[0] in metrc.tags()
    posts = [row for row in metrc.journal() if row["path"] == "/packages/v2/"]
    assert [(row["status"], row["applied"]) for row in posts] == [(400, [])]


def test_ids_come_back_in_the_order_of_the_rows(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 1000)
    tags = metrc.tags()[:3]
    rows = [split(tag, source, 10) for tag in reversed(tags)]
    ids = metrc.post("/packages/v2/", "Ana", MFG, *rows).json()["Ids"]
    assert ids == [metrc.package(tag)["Id"] for tag in reversed(tags)]


def test_ten_objects_are_taken_and_eleven_are_too_many(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 1000)
    rows = [split(tag, source, 1) for tag in metrc.tags()[:11]]
    assert metrc.post("/packages/v2/", "Ana", MFG, *rows).status_code == 413
    assert metrc.package(source)["Quantity"] == 1000
    assert metrc.post("/packages/v2/", "Ana", MFG, *rows[:10]).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b"[]", b"[1]"])
def test_a_body_that_is_no_list_of_objects_is_refused(metrc: Metrc, body: bytes) -> None:
    answer = metrc.call("POST", "/packages/v2/", "Ana", MFG, content=body)
    assert answer.status_code == 400


def test_units_are_converted_and_kinds_of_quantity_never_mixed(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 1000)
    row = split(metrc.tags()[0], source, 0.25, UnitOfMeasure="Kilograms")
    row["Ingredients"][0]["UnitOfMeasure"] = "kilograms"
    assert metrc.post("/packages/v2/", "Ana", MFG, row).status_code == 200
    assert metrc.package(source)["Quantity"] == 750
    row = split(metrc.tags()[0], source, 5, UnitOfMeasure="Each")
    assert "does not fit Item" in errors(metrc.post("/packages/v2/", "Ana", MFG, row))[0][1]


def test_ingredients_are_mandatory_in_california(metrc: Metrc) -> None:
    row = split(metrc.tags()[0], "none", 5, Ingredients=[], UseSameItem=False, Item="Distillate")
    answer = metrc.post("/packages/v2/", "Ana", MFG, row)
    assert errors(answer) == [(0, "Ingredients were not specified.")]


def test_a_production_batch_needs_its_number_and_an_item_of_the_facility(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 1000)
    row = split(metrc.tags()[0], source, 10, IsProductionBatch=True)
    answer = metrc.post("/packages/v2/", "Ana", MFG, row)
    assert errors(answer) == [(0, "ProductionBatchNumber was not specified.")]
    row |= {"UseSameItem": False, "Item": "distILLate", "ProductionBatchNumber": "PB-D-101"}
    assert metrc.post("/packages/v2/", "Ana", MFG, row).status_code == 200
    made = metrc.package(row["Tag"])
    assert (made["Item"]["Name"], made["ProductionBatchNumber"]) == ("Distillate", "PB-D-101")
    row["Tag"], row["Item"] = metrc.tags()[0], "No Such Item"
    answer = metrc.post("/packages/v2/", "Ana", MFG, row)
    assert errors(answer) == [(0, 'The Product "No Such Item" is invalid.')]


def test_post_adjust_adds_and_put_adjust_sets(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 1000)
    assert metrc.post("/packages/v2/adjust", "Ana", MFG, adjustment(label, -12)).json()["Ids"]
    assert metrc.package(label)["Quantity"] == 988
    answer = metrc.put("/packages/v2/adjust", "Ana", MFG, adjustment(label, 900.5))
    assert (answer.status_code, answer.content) == (200, b"")
    assert metrc.package(label)["Quantity"] == 900.5
    rows = metrc.get("/packages/v2/adjustments", "Ana", MFG).json()["Data"]
    assert sorted(row["AdjustmentQuantity"] for row in rows) == [-87.5, -12]
    assert {row["AdjustedByUserName"] for row in rows} == {"Ana"}


def test_waste_and_loss_need_a_note_that_stays_readable(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 1000)
    row = adjustment(label, -36, AdjustmentReason="loss")
    answer = metrc.post("/packages/v2/adjust", "Ana", MFG, row)
    assert errors(answer) == [(0, "A note is required for Adjustment Reason Loss.")]
    row["ReasonNote"] = "PB-D-101 distillation loss"
    assert metrc.post("/packages/v2/adjust", "Ana", MFG, row).status_code == 200
    seen = metrc.get("/packages/v2/adjustments", "Ana", MFG).json()["Data"][0]
    assert (seen["AdjustmentReasonName"], seen["AdjustmentNote"]) == ("Loss", row["ReasonNote"])
    answer = metrc.post(
        "/packages/v2/adjust", "Ana", MFG, adjustment(label, 1, AdjustmentReason="Because")
    )
    assert errors(answer) == [(0, 'Adjustment Reason "Because" is not valid.')]


def test_a_package_is_finished_only_when_it_is_empty(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 12)
    row = {"Label": label, "ActualDate": TODAY}
    answer = metrc.put("/packages/v2/finish", "Ana", MFG, row)
    assert errors(answer)[0][1].endswith("cannot be Finished because it's not empty.")
    metrc.put("/packages/v2/adjust", "Ana", MFG, adjustment(label, 0))
    assert metrc.put("/packages/v2/finish", "Ana", MFG, row).status_code == 200
    inactive = metrc.get("/packages/v2/inactive", "Ana", MFG).json()["Data"]
    assert [(one["Label"], one["FinishedDate"]) for one in inactive] == [(label, TODAY)]
    assert metrc.get("/packages/v2/active", "Ana", MFG).json()["Total"] == 0
    assert metrc.put("/packages/v2/unfinish", "Ana", MFG, {"Label": label}).status_code == 200
    assert metrc.get("/packages/v2/active", "Ana", MFG).json()["Total"] == 1


def test_a_held_package_refuses_every_write_until_the_hold_is_lifted(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 100)
    metrc.desk("hold", label=label, kind="hold", on=True)
    held = metrc.get("/packages/v2/onhold", "Ana", MFG).json()["Data"]
    assert [(row["Label"], row["IsOnHold"]) for row in held] == [(label, True)]
    note = {"PackageLabel": label, "Note": "x"}
    for answer in (
        metrc.post("/packages/v2/", "Ana", MFG, split(metrc.tags()[0], label, 1)),
        metrc.post("/packages/v2/adjust", "Ana", MFG, adjustment(label, -1)),
        metrc.put("/packages/v2/note", "Ana", MFG, note),
    ):
        assert errors(answer) == [(0, f"Package {label} is on hold and cannot be changed.")]
    metrc.desk("hold", label=label, kind="hold", on=False)
    assert metrc.put("/packages/v2/note", "Ana", MFG, note).status_code == 200
    assert metrc.get("/packages/v2/onhold", "Ana", MFG).json()["Total"] == 0


def test_a_discontinued_package_gives_its_quantity_back_and_keeps_its_tag(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 1000)
    tag = metrc.tags()[0]
    child = metrc.post("/packages/v2/", "Ana", MFG, split(tag, source, 300)).json()["Ids"][0]
    answer = metrc.call("DELETE", f"/packages/v2/{child}", "Ana", MFG)
    assert (answer.status_code, answer.content) == (200, b"")
    assert metrc.package(source)["Quantity"] == 1000
    assert metrc.package(tag)["ArchivedDate"] is not None
    assert tag not in metrc.tags()


def test_a_touched_package_cannot_be_discontinued(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 1000)
    tag = metrc.tags()[0]
    child = metrc.post("/packages/v2/", "Ana", MFG, split(tag, source, 300)).json()["Ids"][0]
    metrc.post("/packages/v2/adjust", "Ana", MFG, adjustment(tag, -1))
    answer = metrc.call("DELETE", f"/packages/v2/{child}", "Ana", MFG)
    assert answer.status_code == 400
    assert "has been used" in answer.json()["Message"]
    assert metrc.package(source)["Quantity"] == 700
    assert metrc.call("DELETE", "/packages/v2/1", "Ana", MFG).status_code == 401


def test_small_facts_of_a_package_are_set(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 100)
    for path, row, expected in (
        ("note", {"PackageLabel": label, "Note": "by Ana"}, {"Note": "by Ana"}),
        ("externalid", {"PackageLabel": label, "ExternalId": "GB-1"}, {"ExternalId": "GB-1"}),
        ("usebydate", {"Label": label, "UseByDate": "2027-01-31"}, {"UseByDate": "2027-01-31"}),
        ("item", {"Label": label, "Item": "distillate"}, {}),
        (
            "location",
            {"Label": label, "Location": "vault", "MoveDate": TODAY},
            {"LocationName": "Vault"},
        ),
        ("tradesample/flag", {"Label": label}, {"IsTradeSample": True}),
        ("tradesample/unflag", {"Label": label}, {"IsTradeSample": False}),
    ):
        answer = metrc.put(f"/packages/v2/{path}", "Fay", MFG, row)
        assert (answer.status_code, answer.content) == (200, b""), (path, answer.text)
        seen = metrc.package(label)
        assert {name: seen[name] for name in expected} == expected
    assert metrc.package(label)["Item"]["Name"] == "Distillate"


@pytest.mark.parametrize(
    ("path", "row", "message"),
    [
        ("location", {"Location": "Moon", "MoveDate": TODAY}, 'Location "Moon" is not valid.'),
        ("location", {"Location": "Vault"}, "MoveDate was not specified."),
        (
            "location",
            {"Location": "Vault", "MoveDate": "2026-327"},
            "MoveDate is not a valid date; use YYYY-MM-DD.",
        ),
        ("item", {"Item": CART}, f"Unit of Measure Grams does not fit Item {CART}."),
        (
            "usebydate",
            {},
            "ExpirationDate, SellByDate or UseByDate was not specified.",
        ),
        (
            "labtests/required",
            {"RequiredLabTestBatches": ["Nope"]},
            "Lab Test Batch Nope is not valid.",
        ),
    ],
)
def test_a_wrong_fact_is_refused_by_its_name(
    metrc: Metrc, path: str, row: dict[str, Any], message: str
) -> None:
    label = metrc.stock(MFG, 100)
    answer = metrc.put(f"/packages/v2/{path}", "Fay", MFG, {"Label": label, **row})
    assert errors(answer) == [(0, message)]


def test_quantities_stay_decimal_to_the_digit(metrc: Metrc) -> None:
    label = metrc.stock(MFG, 0.3)
    metrc.post("/packages/v2/adjust", "Ana", MFG, adjustment(label, -0.1))
    metrc.post("/packages/v2/adjust", "Ana", MFG, adjustment(label, -0.1))
    raw = metrc.get(f"/packages/v2/{label}", "Ana", MFG).text
    assert '"Quantity":0.1,' in raw


def test_a_package_of_another_licence_does_not_exist_here(metrc: Metrc) -> None:
    label = metrc.stock(DIST, 50, item=CART, unit="Each")
    answer = metrc.post("/packages/v2/adjust", "Fay", MFG, adjustment(label, -1))
    assert errors(answer) == [(0, f"Package {label} does not exist in the current Facility.")]
    assert metrc.get(f"/packages/v2/{label}", "Fay", MFG).status_code == 401
    assert metrc.get(f"/packages/v2/{label}", "Shipper SUP", SUP).status_code == 401
    assert metrc.get(f"/packages/v2/{label}", "Fay", DIST).status_code == 200
