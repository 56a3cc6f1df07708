from datetime import UTC, datetime
from typing import Any

import pytest

from glassbox.rules.action_kinds.kind import Booking, ProbeVerdict
from glassbox.rules.action_kinds.packages import (
    CREATE_PACKAGES,
    CREATE_PRODUCTION_BATCH,
    CREATE_TESTING_SAMPLE,
)
from glassbox.rules.action_kinds.reading import PackageSeen, Reading
from glassbox.rules.action_kinds.registry import cut_into_sends
from glassbox.rules.quantities import GRAMS, quantity
from glassbox.rules.verdicts import InvalidInput
from tests.unit.rules.story import tag

AT = datetime(2026, 11, 3, 17, tzinfo=UTC)
BULK, CHILD = tag(301), tag(455)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "tag": CHILD,
        "item": "Distillate",
        "quantity": "500",
        "unit": "Grams",
        "date": "2026-11-03",
        "location": "Vault",
        "use_same_item": True,
        "ingredients": [{"label": BULK, "quantity": "500", "unit": "Grams"}],
        **changes,
    }


SPLIT = {"packages": [row()]}


def seen(label: str, grams: str, **changes: Any) -> PackageSeen:
    return PackageSeen(
        label=label, quantity=quantity(grams, GRAMS), item_name="Distillate", **changes
    )


def reading(*packages: PackageSeen, absent: tuple[str, ...] = ()) -> Reading:
    return Reading(
        read_at=AT,
        packages={one.label: one for one in packages},
        absent_labels=frozenset(absent),
    )


BEFORE = reading(seen(BULK, "4669"), absent=(CHILD,))


def test_the_body_has_metrcs_own_field_names() -> None:
    # The keys of METRC's published sample of POST /packages/v2/.
    assert set(CREATE_PACKAGES.build_payload(SPLIT)[0]) == {
        *("Tag", "Location", "Sublocation", "Item", "Quantity", "UnitOfMeasure"),
        *("PatientLicenseNumber", "Note", "IsProductionBatch", "ProductionBatchNumber"),
        *("IsDonation", "IsTradeSample", "IsFinishedGood", "ProductRequiresRemediation"),
        *("UseSameItem", "ActualDate", "ExpirationDate", "SellByDate", "UseByDate"),
        *("Ingredients", "RequiredLabTestBatches", "ProcessingJobTypeId", "LabTestStageId"),
    }


def test_a_split_says_what_goes_out_of_what() -> None:
    body = CREATE_PACKAGES.build_payload(SPLIT)[0]
    assert (body["Tag"], body["Quantity"], body["UnitOfMeasure"]) == (CHILD, 500, "Grams")
    assert body["Ingredients"] == [{"Package": BULK, "Quantity": 500, "UnitOfMeasure": "Grams"}]
    assert CREATE_PACKAGES.effect_sentence(SPLIT) == (
        "Create package …00000455 with 500 g of Distillate out of 500 g of …00000301."
    )
    assert CREATE_PACKAGES.natural_key(SPLIT) == CHILD
    assert CREATE_PACKAGES.lanes(SPLIT) == (f"package:{BULK}", f"package:{CHILD}")


def test_the_parent_goes_from_4669_to_4169() -> None:
    lines = CREATE_PACKAGES.before_after(SPLIT, BEFORE)
    assert [(line.subject, line.before, line.after) for line in lines] == [
        (CHILD, "does not exist", "500 g of Distillate"),
        (BULK, "4,669 g", "4,169 g"),
    ]
    assert CREATE_PACKAGES.expect(SPLIT, BEFORE).bookings == (
        Booking(label=CHILD, quantity=quantity(500, GRAMS), cause="CREATED"),
        Booking(label=BULK, quantity=quantity(-500, GRAMS), cause="USED"),
    )


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (reading(seen(CHILD, "500"), seen(BULK, "4169")), ProbeVerdict.APPLIED),
        (reading(seen(BULK, "4669"), absent=(CHILD,)), ProbeVerdict.ABSENT),
        (reading(seen(CHILD, "499"), seen(BULK, "4170")), ProbeVerdict.DIFFERENT),
        (
            reading(seen(CHILD, "500", source_labels=(tag(9),)), seen(BULK, "4169")),
            ProbeVerdict.DIFFERENT,
        ),
        (reading(seen(BULK, "4669")), ProbeVerdict.CANNOT_TELL),
        (reading(), ProbeVerdict.CANNOT_TELL),
    ],
)
def test_what_a_look_proves_about_a_split(after: Reading, verdict: ProbeVerdict) -> None:
    assert CREATE_PACKAGES.judge_probe(SPLIT, BEFORE, after).verdict is verdict


def test_the_child_and_its_sources_are_what_is_read() -> None:
    reads = [(read.endpoint, read.key) for read in CREATE_PACKAGES.deciding_reads(SPLIT)]
    assert reads == [("GET /packages/v2/{label}", CHILD), ("GET /packages/v2/{label}", BULK)]


@pytest.mark.parametrize("tests", ["Vape", [1]])
def test_lab_test_batches_are_a_list_of_names(tests: object) -> None:
    with pytest.raises(InvalidInput, match="lab test batches"):
        CREATE_TESTING_SAMPLE.build_payload({"packages": [row(required_lab_test_batches=tests)]})


def test_half_of_one_send_goes_to_a_person() -> None:
    two = {"packages": [row(), row(tag=tag(456))]}
    half = reading(seen(CHILD, "500"), absent=(tag(456),))
    assert CREATE_PACKAGES.judge_probe(two, None, half).verdict is ProbeVerdict.DIFFERENT


def test_only_a_production_batch_carries_its_number_into_metrc() -> None:
    facts = {"packages": [row(production_batch_number="PB-D-101")]}
    batch = CREATE_PRODUCTION_BATCH.build_payload(facts)[0]
    assert (batch["IsProductionBatch"], batch["ProductionBatchNumber"]) == (True, "PB-D-101")
    child = CREATE_PACKAGES.build_payload(facts)[0]
    assert (child["IsProductionBatch"], child["ProductionBatchNumber"]) == (False, None)
    assert CREATE_PACKAGES.expect(facts, None).new_packages[0].production_batch_number == "PB-D-101"
    with pytest.raises(InvalidInput, match="production_batch_number"):
        CREATE_PRODUCTION_BATCH.build_payload(SPLIT)


def test_a_testing_sample_goes_to_its_own_endpoint_with_its_tests() -> None:
    facts = {"packages": [row(required_lab_test_batches=["Vape"])]}
    assert CREATE_TESTING_SAMPLE.endpoint == "POST /packages/v2/testing"
    assert CREATE_TESTING_SAMPLE.license_kinds == frozenset({"DISTRIBUTION"})
    assert CREATE_TESTING_SAMPLE.build_payload(facts)[0]["RequiredLabTestBatches"] == ["Vape"]
    assert CREATE_TESTING_SAMPLE.expect(facts, None).new_packages[0].is_testing_sample


def test_twenty_five_packages_go_as_ten_ten_and_five() -> None:
    many = {"packages": [row(tag=tag(500 + n)) for n in range(25)]}
    sends = cut_into_sends(CREATE_PACKAGES, many)
    assert [len(CREATE_PACKAGES.build_payload(send)) for send in sends] == [10, 10, 5]
    keys = [CREATE_PACKAGES.natural_key(send) for send in sends]
    assert len(set(keys)) == 3
    assert all(key and len(key) <= 120 for key in keys)
    with pytest.raises(InvalidInput, match="takes 10"):
        CREATE_PACKAGES.build_payload(many)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tag": "short"}, "packages[0].tag"),
        ({"quantity": "0"}, "packages[0].quantity"),
        ({"quantity": 1.5}, "packages[0].quantity"),
        ({"unit": "Gramm"}, "unit"),
        ({"date": "3 Nov"}, "packages[0].date"),
        ({"ingredients": []}, "packages[0].ingredients"),
        ({"ingredients": [{"label": CHILD, "quantity": "1", "unit": "Grams"}]}, "packages[0].tag"),
        ({"quantitty": "5"}, "packages[0].quantitty"),
        ({"item": " "}, "packages[0].item"),
    ],
)
def test_bad_facts_are_refused_by_the_name_of_the_field(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        CREATE_PACKAGES.build_payload({"packages": [row(**changes)]})
    assert refusal.value.field == field


def test_one_tag_twice_in_one_send_is_refused() -> None:
    with pytest.raises(InvalidInput, match="used once"):
        CREATE_PACKAGES.build_payload({"packages": [row(), row()]})
