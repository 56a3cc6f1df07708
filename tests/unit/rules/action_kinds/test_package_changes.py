from datetime import UTC, datetime
from typing import Any

import pytest

from glassbox.rules.action_kinds.adjustments import ADJUST_BY, SET_QUANTITY
from glassbox.rules.action_kinds.kind import ProbeVerdict
from glassbox.rules.action_kinds.package_changes import FINISH, MOVE
from glassbox.rules.action_kinds.reading import AdjustmentSeen, PackageSeen, Reading
from glassbox.rules.quantities import GRAMS, quantity
from glassbox.rules.verdicts import InvalidInput
from tests.unit.rules.story import tag

AT = datetime(2026, 11, 3, 17, tzinfo=UTC)
BULK = tag(301)
FIELDS = {"Label", "Quantity", "UnitOfMeasure", "AdjustmentReason", "AdjustmentDate", "ReasonNote"}
SET: dict[str, Any] = {
    "label": BULK,
    "quantity_before": "4012",
    "quantity": "4000",
    "unit": "Grams",
    "reason": "Waste",
    "note": "Residue in the filler",
    "date": "2026-11-03",
}
DELTA: dict[str, Any] = {
    "label": BULK,
    "difference": "-12",
    "unit": "Grams",
    "reason": "Waste",
    "note": "Residue in the filler",
    "date": "2026-11-03",
    "token": "7F3K9Q2M",
}


def look(grams: str, *notes: str, whole: bool = True, **changes: Any) -> Reading:
    package = PackageSeen(
        label=BULK, quantity=quantity(grams, GRAMS), item_name="Distillate", **changes
    )
    rows = tuple(
        AdjustmentSeen(label=BULK, quantity=quantity("-12", GRAMS), reason="Waste", note=note)
        for note in notes
    )
    return Reading(read_at=AT, packages={BULK: package}, adjustments=rows, adjustments_whole=whole)


OURS = "Residue in the filler [#7F3K9Q2M]"


def test_a_set_sends_the_final_quantity() -> None:
    body = SET_QUANTITY.build_payload(SET)[0]
    assert set(body) == FIELDS
    assert (SET_QUANTITY.endpoint, body["Quantity"]) == ("PUT /packages/v2/adjust", 4000)
    assert SET_QUANTITY.effect_sentence(SET) == (
        "Set package …00000301 from 4,012 g to 4,000 g (-12 g), reason Waste."
    )
    assert SET_QUANTITY.expect(SET, look("4012")).bookings[0].quantity == quantity(-12, GRAMS)


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        ("4000", ProbeVerdict.APPLIED),
        ("4012", ProbeVerdict.ABSENT),
        ("3988", ProbeVerdict.DIFFERENT),
    ],
)
def test_what_a_look_proves_about_a_set(shown: str, verdict: ProbeVerdict) -> None:
    assert SET_QUANTITY.judge_probe(SET, look("4012"), look(shown)).verdict is verdict


def test_an_unread_package_proves_nothing_about_a_set() -> None:
    nothing = Reading(read_at=AT)
    assert SET_QUANTITY.judge_probe(SET, None, nothing).verdict is ProbeVerdict.CANNOT_TELL


@pytest.mark.parametrize("quantity_text", ["-1", "4012", "4012.000"])
def test_a_set_below_zero_or_to_the_same_is_refused(quantity_text: str) -> None:
    with pytest.raises(InvalidInput, match="quantity"):
        SET_QUANTITY.build_payload({**SET, "quantity": quantity_text})


def test_a_delta_carries_its_token_in_the_note() -> None:
    body = ADJUST_BY.build_payload(DELTA)[0]
    assert set(body) == FIELDS
    assert (ADJUST_BY.endpoint, body["Quantity"]) == ("POST /packages/v2/adjust", -12)
    assert body["ReasonNote"] == OURS
    assert ADJUST_BY.needs_token
    assert ADJUST_BY.max_objects_per_send == 1


def test_before_and_after_use_what_metrc_showed_before_the_send() -> None:
    lines = [
        (line.before, line.after)
        for line in (
            *SET_QUANTITY.before_after(SET, None),
            *SET_QUANTITY.before_after(SET, look("4011")),
            *ADJUST_BY.before_after(DELTA, None),
            *ADJUST_BY.before_after(DELTA, look("4669")),
        )
    ]
    assert lines == [
        ("4,012 g", "4,000 g"),
        ("4,011 g", "4,000 g"),
        ("-", "-12 g"),
        ("4,669 g", "4,657 g"),
    ]


def test_a_note_too_long_for_its_token_is_refused_while_drafting() -> None:
    with pytest.raises(InvalidInput, match="188 characters"):
        ADJUST_BY.build_payload({**DELTA, "note": "x" * 189})
    ADJUST_BY.build_payload({**DELTA, "note": "x" * 188})


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (look("4657", OURS), ProbeVerdict.APPLIED),
        (look("4669"), ProbeVerdict.ABSENT),
        (look("4669", "another note"), ProbeVerdict.ABSENT),
        (look("4645", OURS, OURS), ProbeVerdict.DIFFERENT),
        (look("4657"), ProbeVerdict.DIFFERENT),
        (look("4669", whole=False), ProbeVerdict.CANNOT_TELL),
        (Reading(read_at=AT, adjustments_whole=True), ProbeVerdict.CANNOT_TELL),
    ],
)
def test_what_a_look_proves_about_a_delta(after: Reading, verdict: ProbeVerdict) -> None:
    assert ADJUST_BY.judge_probe(DELTA, look("4669"), after).verdict is verdict


def test_without_a_pre_image_absence_of_a_delta_is_not_proven() -> None:
    assert ADJUST_BY.judge_probe(DELTA, None, look("4669")).verdict is ProbeVerdict.CANNOT_TELL


MOVING = {"labels": [BULK], "location": "Quarantine", "date": "2026-11-03"}


def test_a_move_names_the_place() -> None:
    assert MOVE.build_payload(MOVING) == [
        {"Label": BULK, "Location": "Quarantine", "Sublocation": None, "MoveDate": "2026-11-03"}
    ]
    assert MOVE.effect_sentence(MOVING) == "Move package …00000301 to Quarantine."
    assert MOVE.expect(MOVING, None).moves == ((BULK, "Quarantine"),)
    assert not MOVE.needs_other_person


@pytest.mark.parametrize(
    ("place", "verdict"),
    [
        ("quarantine", ProbeVerdict.APPLIED),
        ("Vault", ProbeVerdict.ABSENT),
        ("Dock", ProbeVerdict.DIFFERENT),
    ],
)
def test_what_a_look_proves_about_a_move(place: str, verdict: ProbeVerdict) -> None:
    before = look("1", location_name="Vault")
    assert MOVE.judge_probe(MOVING, before, look("1", location_name=place)).verdict is verdict


def test_finishing_is_seen_by_the_finished_flag() -> None:
    facts = {"labels": [BULK], "date": "2026-11-03"}
    assert FINISH.build_payload(facts) == [{"Label": BULK, "ActualDate": "2026-11-03"}]
    done, open_ = look("0", is_finished=True), look("0")
    assert FINISH.judge_probe(facts, None, done).verdict is ProbeVerdict.APPLIED
    assert FINISH.judge_probe(facts, None, open_).verdict is ProbeVerdict.ABSENT
    two = {"labels": [BULK, tag(302)], "date": "2026-11-03"}
    other = PackageSeen(label=tag(302), quantity=quantity(0, GRAMS), item_name="x")
    half = Reading(read_at=AT, packages={**done.packages, other.label: other})
    assert FINISH.judge_probe(two, None, half).verdict is ProbeVerdict.DIFFERENT
