from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from glassbox.rules.action_kinds.job_outputs import CREATE_FROM_JOB
from glassbox.rules.action_kinds.kind import ActionKind, Keying, ProbeVerdict
from glassbox.rules.action_kinds.lab_results import RECORD_RESULTS, RELEASE_RESULTS
from glassbox.rules.action_kinds.processing_jobs import (
    ADJUST_JOB,
    FINISH_JOB,
    REOPEN_JOB,
    START_JOB,
)
from glassbox.rules.action_kinds.reading import LabResultSeen, PackageSeen, Reading, RowSeen
from glassbox.rules.quantities import GRAMS, quantity
from glassbox.rules.verdicts import InvalidInput
from tests.unit.rules.story import tag

AT = datetime(2026, 11, 3, 17, tzinfo=UTC)
OIL, TERPENES, CARTS, SAMPLE = tag(301), tag(302), tag(455), tag(456)
TOKEN = "7F3K9Q2M"
START: dict[str, Any] = {
    "name": "Fill 12",
    "job_type": "Infusing",
    "date": "2026-11-03",
    "packages": [
        {"label": OIL, "quantity": "900", "unit": "Grams"},
        {"label": TERPENES, "quantity": "100", "unit": "Grams"},
    ],
}
ADD: dict[str, Any] = {
    "id": 9,
    "name": "Fill 12",
    "reason": "Data Entry",
    "note": "Second can",
    "date": "2026-11-03",
    "packages": [{"label": OIL, "quantity": "50", "unit": "Grams"}],
    "token": TOKEN,
}
PACK: dict[str, Any] = {
    "job_name": "Fill 12",
    "packages": [
        {
            "tag": CARTS,
            "item": "Vape cart 1 g",
            "quantity": "980",
            "unit": "Each",
            "date": "2026-11-03",
            "production_batch_number": "PB-12",
        }
    ],
}
END: dict[str, Any] = {
    "id": 9,
    "name": "Fill 12",
    "date": "2026-11-03",
    "note": "Done",
    "waste": [{"quantity": "20", "unit": "Grams"}],
}
REOPEN: dict[str, Any] = {"id": 9, "name": "Fill 12"}
RESULTS: dict[str, Any] = {
    "label": SAMPLE,
    "package_id": 12,
    "result_at": "2026-11-03T17:00:00+00:00",
    "results": [
        {"test": "THC", "quantity": "84.5", "passed": True},
        {"test": "Lead", "quantity": "0.6", "passed": False},
    ],
    "token": TOKEN,
}
RELEASE: dict[str, Any] = {"label": SAMPLE, "package_id": 12}


def look(*jobs: RowSeen, oil: str = "1000", terpenes: str = "200", whole: bool = True) -> Reading:
    packages = {
        label: PackageSeen(label=label, quantity=quantity(amount, GRAMS), item_name="Oil")
        for label, amount in ((OIL, oil), (TERPENES, terpenes))
    }
    return Reading(read_at=AT, packages=packages, rows=jobs, rows_whole=whole)


def job(metrc_id: int = 9, **values: str) -> RowSeen:
    return RowSeen(metrc_id=metrc_id, name="Fill 12", values=values)


BEFORE = look()


def test_a_start_sends_metrcs_own_fields() -> None:
    body = START_JOB.build_payload(START)[0]
    assert set(body) == {
        *("JobName", "JobType", "StartDate", "Packages"),
        *("CountUnitOfMeasure", "VolumeUnitOfMeasure", "WeightUnitOfMeasure"),
    }
    assert (body["WeightUnitOfMeasure"], body["CountUnitOfMeasure"]) == ("Grams", None)
    assert [one.quantity.value for one in START_JOB.expect(START, None).bookings] == [-900, -100]
    assert START_JOB.lanes(START) == ("job:fill 12", f"package:{OIL}", f"package:{TERPENES}")


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (look(job(), oil="100", terpenes="100"), ProbeVerdict.APPLIED),
        (look(), ProbeVerdict.ABSENT),
        (look(whole=False), ProbeVerdict.CANNOT_TELL),
        (look(job()), ProbeVerdict.DIFFERENT),
        (look(oil="100", terpenes="100"), ProbeVerdict.DIFFERENT),
        (look(job(), oil="100"), ProbeVerdict.DIFFERENT),
        (look(job(), oil="777", terpenes="100"), ProbeVerdict.DIFFERENT),
        (look(job(), job(10), oil="100", terpenes="100"), ProbeVerdict.DIFFERENT),
    ],
)
def test_a_start_is_seen_by_its_job_and_by_what_left(now: Reading, verdict: ProbeVerdict) -> None:
    assert START_JOB.judge_probe(START, BEFORE, now).verdict is verdict


def test_without_a_pre_image_a_start_is_not_proven() -> None:
    now = look(job(), oil="100", terpenes="100")
    assert START_JOB.judge_probe(START, None, now).verdict is ProbeVerdict.CANNOT_TELL


def test_inputs_of_one_kind_share_a_unit_and_stand_once() -> None:
    mixed = [START["packages"][0], {"label": TERPENES, "quantity": "1", "unit": "Ounces"}]
    with pytest.raises(InvalidInput, match="one unit"):
        START_JOB.build_payload({**START, "packages": mixed})
    with pytest.raises(InvalidInput, match="once"):
        START_JOB.build_payload({**START, "packages": [START["packages"][0]] * 2})


def test_an_addition_has_no_key_and_carries_its_token() -> None:
    assert ADJUST_JOB.keying is Keying.NONE
    assert ADJUST_JOB.build_payload(ADD)[0]["AdjustmentNote"] == f"Second can [#{TOKEN}]"


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (look(job(), oil="950"), ProbeVerdict.APPLIED),
        (look(job()), ProbeVerdict.ABSENT),
        (look(), ProbeVerdict.CANNOT_TELL),
        (look(job(), oil="900"), ProbeVerdict.DIFFERENT),
    ],
)
def test_an_addition_is_seen_by_what_left(now: Reading, verdict: ProbeVerdict) -> None:
    assert ADJUST_JOB.judge_probe(ADD, look(job()), now).verdict is verdict


def test_outputs_are_keyed_by_their_tags() -> None:
    body = CREATE_FROM_JOB.build_payload(PACK)[0]
    assert (body["JobName"], body["FinishProcessingJob"]) == ("Fill 12", False)
    assert CREATE_FROM_JOB.natural_key(PACK) == CARTS
    made = PackageSeen(
        label=CARTS,
        quantity=quantity("980", "Each"),
        item_name="Vape cart 1 g",
        source_labels=(OIL,),
    )
    done = Reading(read_at=AT, packages={CARTS: made})
    missing = Reading(read_at=AT, absent_labels=frozenset({CARTS}))
    assert CREATE_FROM_JOB.judge_probe(PACK, None, done).verdict is ProbeVerdict.APPLIED
    assert CREATE_FROM_JOB.judge_probe(PACK, None, missing).verdict is ProbeVerdict.ABSENT
    twice = {**PACK, "packages": PACK["packages"] * 2}
    with pytest.raises(InvalidInput, match="once"):
        CREATE_FROM_JOB.build_payload(twice)


@pytest.mark.parametrize(
    ("kind", "facts", "rows", "verdict"),
    [
        (FINISH_JOB, END, (job(TotalWeightWaste="20.0"),), ProbeVerdict.APPLIED),
        (FINISH_JOB, END, (job(),), ProbeVerdict.APPLIED),
        (FINISH_JOB, END, (job(TotalWeightWaste="2"),), ProbeVerdict.DIFFERENT),
        (FINISH_JOB, END, (), ProbeVerdict.ABSENT),
        (REOPEN_JOB, REOPEN, (job(),), ProbeVerdict.APPLIED),
        (REOPEN_JOB, REOPEN, (), ProbeVerdict.ABSENT),
    ],
)
def test_a_job_is_seen_in_the_list_it_belongs_to(
    kind: ActionKind, facts: dict[str, Any], rows: tuple[RowSeen, ...], verdict: ProbeVerdict
) -> None:
    assert kind.judge_probe(facts, None, look(*rows)).verdict is verdict


def test_waste_is_one_sum_of_each_kind_of_quantity() -> None:
    body = FINISH_JOB.build_payload(END)[0]
    assert (body["TotalWeightWaste"], body["WasteWeightUnitOfMeasureName"]) == (20, "Grams")
    assert body["TotalCountWaste"] is None
    assert FINISH_JOB.effect_sentence(END) == 'Finish the job "Fill 12" and record 20 g.'
    with pytest.raises(InvalidInput, match="waste"):
        FINISH_JOB.build_payload({**END, "waste": END["waste"] * 2})


def results(*rows: tuple[str, str, bool, str], whole: bool = True, released: int = 0) -> Reading:
    return Reading(
        read_at=AT,
        lab_results=tuple(
            LabResultSeen(
                test_name=test,
                level=Decimal(level),
                passed=passed,
                comment=comment,
                is_released=place < released,
            )
            for place, (test, level, passed, comment) in enumerate(rows)
        ),
        lab_results_whole=whole,
    )


OURS = f"Result [#{TOKEN}]"
THC, LEAD = ("THC", "84.5", True, OURS), ("Lead", "0.6", False, OURS)


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (results(THC, LEAD), ProbeVerdict.APPLIED),
        (results(), ProbeVerdict.ABSENT),
        (results(("THC", "84.5", True, "another's")), ProbeVerdict.ABSENT),
        (results(THC), ProbeVerdict.DIFFERENT),
        (results(THC, THC, LEAD), ProbeVerdict.DIFFERENT),
        (results(THC, ("Lead", "0.6", True, OURS)), ProbeVerdict.DIFFERENT),
        (results(whole=False), ProbeVerdict.CANNOT_TELL),
    ],
)
def test_results_are_found_again_by_our_token(now: Reading, verdict: ProbeVerdict) -> None:
    assert RECORD_RESULTS.judge_probe(RESULTS, None, now).verdict is verdict


def test_only_laboratories_record_and_release() -> None:
    assert RECORD_RESULTS.license_kinds == RELEASE_RESULTS.license_kinds == {"LABORATORY"}
    assert "1 failed (Lead)" in RECORD_RESULTS.effect_sentence(RESULTS)
    assert RECORD_RESULTS.build_payload(RESULTS)[0]["Results"][0]["Notes"] == OURS


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (results(THC, LEAD, released=2), ProbeVerdict.APPLIED),
        (results(THC, LEAD), ProbeVerdict.ABSENT),
        (results(THC, LEAD, released=1), ProbeVerdict.DIFFERENT),
        (results(), ProbeVerdict.DIFFERENT),
        (results(whole=False), ProbeVerdict.CANNOT_TELL),
    ],
)
def test_a_release_is_seen_on_every_result(now: Reading, verdict: ProbeVerdict) -> None:
    assert RELEASE_RESULTS.judge_probe(RELEASE, None, now).verdict is verdict
