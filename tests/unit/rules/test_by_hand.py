"""What people did in METRC's pages while an intent waited: each kind, each way it can have gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from glassbox.rules.action_kinds.kind import Booking, ProbeVerdict
from glassbox.rules.action_kinds.reading import AdjustmentSeen, PackageSeen, Reading, RowSeen
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.by_hand import AsApproved, ByHand, judge_by_hand
from glassbox.rules.quantities import quantity

OIL = "1A4060300000001000000111"
NEW = "1A4060300000001000000455"
APPROVED = datetime(2026, 11, 3, 17, 0, tzinfo=UTC)
LATER = APPROVED + timedelta(hours=2)
THAT_DAY = date(2026, 11, 3)

CREATE: dict[str, Any] = {
    "packages": [
        {
            "tag": NEW,
            "item": "Crude Oil",
            "quantity": "500",
            "unit": "Grams",
            "date": "2026-11-03",
            "ingredients": [{"label": OIL, "quantity": "500", "unit": "Grams"}],
        }
    ]
}
BY: dict[str, Any] = {
    **{"label": OIL, "difference": "-12", "unit": "Grams", "reason": "Waste"},
    **{"note": "Spilled", "date": "2026-11-03", "token": "7F3K9Q2M"},
}
SET: dict[str, Any] = {
    **{"label": OIL, "quantity_before": "500", "quantity": "488", "unit": "Grams"},
    **{"reason": "Waste", "note": "Spilled", "date": "2026-11-03"},
}
MOVE: dict[str, Any] = {"labels": [OIL], "location": "Vault", "date": "2026-11-03"}
UPDATE: dict[str, Any] = {"id": 7, "name": "Colder Room", "type_name": "Default Location Type"}


def oil(grams: str, *, place: str = "Receiving", label: str = OIL) -> PackageSeen:
    return PackageSeen(
        label=label,
        quantity=quantity(Decimal(grams), "Grams"),
        item_name="Crude Oil",
        location_name=place,
        last_modified_at=LATER,
    )


def reading(*packages: PackageSeen, **rest: Any) -> Reading:
    return Reading(
        read_at=LATER,
        packages={package.label: package for package in packages},
        **{"adjustments_whole": True, **rest},
    )


def row(
    grams: str, *, note: str = "", reason: str = "Waste", day: date = THAT_DAY, by: str = "Gus"
) -> AdjustmentSeen:
    return AdjustmentSeen(
        label=OIL,
        quantity=quantity(Decimal(grams), "Grams"),
        reason=reason,
        note=note,
        adjusted_date=day,
        adjusted_by=by,
    )


def location(name: str, changed_at: str) -> Reading:
    """Return a reading of METRC's row 7, as it shows it."""
    shown = {"Name": name, "LocationTypeName": "Default Location Type"}
    values = {**shown, "LastModified": changed_at}
    return reading(rows=(RowSeen(metrc_id=7, name=name, values=values),))


def judged(kind: str, facts: dict[str, Any], seen: Reading, **was: Any) -> ByHand:
    before = AsApproved(approved_at=APPROVED, reading=was.pop("before", reading(oil("500"))), **was)
    return judge_by_hand(kind_named(kind), facts, before, seen)


def verdict(kind: str, facts: dict[str, Any], seen: Reading, **was: Any) -> ProbeVerdict:
    return judged(kind, facts, seen, **was).judgement.verdict


def test_a_package_made_by_hand_as_approved_is_told_with_metrcs_own_time() -> None:
    made = replace(oil("500", label=NEW), source_labels=(OIL,))
    found = judged("package.create", CREATE, reading(oil("0"), made))
    assert found.judgement.verdict is ProbeVerdict.APPLIED
    assert found.done_at == LATER


def test_a_tag_spent_on_something_else_is_told_by_the_difference() -> None:
    other = replace(oil("500", label=NEW), item_name="Distillate")
    found = judged("package.create", CREATE, reading(oil("500"), other))
    assert found.judgement.verdict is ProbeVerdict.DIFFERENT
    assert "holds Distillate, not Crude Oil" in found.judgement.sentence


def test_a_source_that_moved_does_not_matter_to_a_create() -> None:
    seen = reading(oil("480"), absent_labels=frozenset({NEW}))
    assert verdict("package.create", CREATE, seen) is ProbeVerdict.ABSENT
    assert verdict("package.create", CREATE, reading(oil("480"))) is ProbeVerdict.CANNOT_TELL


def test_a_difference_without_our_token_but_with_the_right_effect_was_done_by_hand() -> None:
    found = judged("package.adjust_by", BY, reading(oil("488"), adjustments=(row("-12"),)))
    assert found.judgement.verdict is ProbeVerdict.APPLIED
    assert (found.by, found.done_at) == ("Gus", LATER)


def test_our_token_decides_before_anything_else() -> None:
    ours = row("-12", note="Spilled [#7F3K9Q2M]")
    seen = reading(oil("488"), adjustments=(ours,))
    assert verdict("package.adjust_by", BY, seen) is ProbeVerdict.APPLIED
    wrong = row("-13", note="Spilled [#7F3K9Q2M]")
    assert (
        verdict("package.adjust_by", BY, reading(oil("487"), adjustments=(wrong,)))
        is ProbeVerdict.DIFFERENT
    )


@pytest.mark.parametrize(
    ("grams", "rows", "expected"),
    [
        ("500", (), ProbeVerdict.ABSENT),
        # An older adjustment of the same size, which the approval already counted in.
        ("500", (row("-12"),), ProbeVerdict.ABSENT),
        ("488", (), ProbeVerdict.ABSENT),
        ("488", (row("-12", note="Other [#AAAAAAAA]"),), ProbeVerdict.ABSENT),
        ("488", (row("-12", day=date(2026, 11, 1)),), ProbeVerdict.ABSENT),
        ("476", (row("-12"), row("-12")), ProbeVerdict.DIFFERENT),
        ("490", (row("-10"),), ProbeVerdict.DIFFERENT),
        ("490", (row("-10", reason="Drying"),), ProbeVerdict.ABSENT),
    ],
)
def test_a_difference_is_judged_by_what_moved_and_what_metrc_lists(
    grams: str, rows: tuple[AdjustmentSeen, ...], expected: ProbeVerdict
) -> None:
    seen = reading(oil(grams), adjustments=rows)
    assert verdict("package.adjust_by", BY, seen) is expected


def test_a_difference_that_cannot_be_read_whole_is_not_judged() -> None:
    partly = reading(oil("488"), adjustments_whole=False)
    assert verdict("package.adjust_by", BY, partly) is ProbeVerdict.CANNOT_TELL
    assert verdict("package.adjust_by", BY, reading()) is ProbeVerdict.CANNOT_TELL


def test_one_adjustment_by_hand_is_taken_for_one_intent_only() -> None:
    seen = reading(oil("488"), adjustments=(row("-12"),))
    taken = Booking(label=OIL, quantity=quantity(Decimal(-12), "Grams"), cause="ADJUSTED")
    assert verdict("package.adjust_by", BY, seen, taken=(taken,)) is ProbeVerdict.ABSENT


def test_a_movement_of_our_own_is_no_work_by_hand() -> None:
    seen = reading(oil("440"), adjustments=(row("-10"),))
    assert verdict("package.adjust_by", BY, seen, changed_by_us=True) is ProbeVerdict.ABSENT


@pytest.mark.parametrize(
    ("grams", "expected"),
    [
        ("500", ProbeVerdict.ABSENT),
        ("488", ProbeVerdict.APPLIED),
        ("490", ProbeVerdict.DIFFERENT),
    ],
)
def test_a_set_quantity_is_judged_by_what_stands_there(grams: str, expected: ProbeVerdict) -> None:
    assert verdict("package.adjust", SET, reading(oil(grams))) is expected


def test_a_set_drafted_for_after_our_own_earlier_action_is_sent() -> None:
    before = reading(oil("600"))
    assert verdict("package.adjust", SET, reading(oil("500")), before=before) is ProbeVerdict.ABSENT


def test_a_move_by_hand_to_the_same_place_is_done_and_to_another_is_moved_again() -> None:
    there = reading(oil("500", place="Vault"))
    assert verdict("package.move", MOVE, there) is ProbeVerdict.APPLIED
    assert verdict("package.move", MOVE, there, before=there) is ProbeVerdict.ABSENT
    elsewhere = reading(oil("500", place="Packing Room"))
    assert verdict("package.move", MOVE, elsewhere) is ProbeVerdict.ABSENT


def test_a_row_that_somebody_changed_since_is_not_overwritten() -> None:
    old = location("Cold Room", (APPROVED - timedelta(days=9)).isoformat())
    assert verdict("location.update", UPDATE, old) is ProbeVerdict.ABSENT
    changed = location("Coolest Room", LATER.isoformat())
    assert verdict("location.update", UPDATE, changed) is ProbeVerdict.DIFFERENT
    assert verdict("location.update", UPDATE, changed, changed_by_us=True) is ProbeVerdict.ABSENT


def test_a_row_that_shows_what_is_wanted_is_set_all_the_same() -> None:
    """Not every field is shown: only a set that was not there at the approval proves anything."""
    shown = {"Name": "Colder Room", "LocationTypeName": "Default Location Type"}
    seen = reading(rows=(RowSeen(metrc_id=7, name="Colder Room", values=shown),), rows_whole=True)
    assert verdict("location.update", UPDATE, seen) is ProbeVerdict.ABSENT


def test_a_name_that_is_there_by_now_is_not_made_twice() -> None:
    facts = {"name": "Cold Room", "type_name": "Default Location Type"}
    shown = {"Name": "Cold Room", "LocationTypeName": "Default Location Type"}
    row_seen = RowSeen(metrc_id=9, name="Cold Room", values=shown)
    seen = reading(rows=(row_seen,), rows_whole=True)
    assert verdict("location.create", facts, seen) is ProbeVerdict.APPLIED
    assert (
        verdict("location.create", facts, reading(rows=(), rows_whole=True)) is ProbeVerdict.ABSENT
    )


@pytest.mark.parametrize("shown", [APPROVED.isoformat(), "2026-11-03T19:00:00", "not a time"])
def test_a_row_is_set_again_unless_it_changed_after_the_approval_for_certain(shown: str) -> None:
    """METRC's time without a zone may be anybody's, and the approval saw what stood at its moment."""
    seen = location("Cold Room", shown)
    assert verdict("location.update", UPDATE, seen) is ProbeVerdict.ABSENT


def test_our_token_is_believed_beside_an_adjustment_by_hand_of_the_same_size() -> None:
    ours = row("-12", note="Spilled [#7F3K9Q2M]")
    seen = reading(oil("476"), adjustments=(ours, row("-12")))
    assert verdict("package.adjust_by", BY, seen) is ProbeVerdict.APPLIED


def test_our_token_in_a_part_of_the_list_proves_nothing_yet() -> None:
    """The part that was not read may hold the token a second time."""
    ours = (row("-12", note="Spilled [#7F3K9Q2M]"),)
    partly = reading(oil("488"), adjustments=ours, adjustments_whole=False)
    found = judged("package.adjust_by", BY, partly).judgement
    assert (found.verdict, "could not both be read" in found.sentence) == (
        ProbeVerdict.CANNOT_TELL,
        True,
    )
    without_its_package = reading(adjustments=ours)
    assert verdict("package.adjust_by", BY, without_its_package) is ProbeVerdict.CANNOT_TELL


def test_an_adjustment_of_the_day_before_in_utc_may_be_of_the_day_of_the_approval() -> None:
    seen = reading(oil("488"), adjustments=(row("-12", day=date(2026, 11, 2)),))
    assert verdict("package.adjust_by", BY, seen) is ProbeVerdict.APPLIED


def test_what_was_taken_of_another_package_is_not_taken_of_this_one() -> None:
    seen = reading(oil("488"), adjustments=(row("-12"),))
    elsewhere = Booking(label=NEW, quantity=quantity(Decimal(-12), "Grams"), cause="ADJUSTED")
    assert verdict("package.adjust_by", BY, seen, taken=(elsewhere,)) is ProbeVerdict.APPLIED
    of_another_size = replace(elsewhere, label=OIL, quantity=quantity(Decimal(-7), "Grams"))
    assert verdict("package.adjust_by", BY, seen, taken=(of_another_size,)) is ProbeVerdict.APPLIED


def test_the_person_of_an_adjustment_is_named_where_metrc_names_one() -> None:
    def sentence(by: str) -> str:
        seen = reading(oil("490"), adjustments=(row("-10", by=by),))
        return judged("package.adjust_by", BY, seen).judgement.sentence

    assert "METRC lists -10 g by Gus without our token" in sentence("Gus")
    assert "METRC lists -10 g without our token" in sentence("")


def test_what_was_done_otherwise_has_no_time_at_which_it_was_done() -> None:
    other = replace(oil("500", label=NEW), item_name="Distillate")
    assert judged("package.create", CREATE, reading(oil("500"), other)).done_at is None


def test_the_time_is_that_of_the_newest_package_made_not_of_its_source() -> None:
    second = "1A4060300000001000000456"
    one = {**CREATE["packages"][0], "quantity": "250"}
    one["ingredients"] = [{"label": OIL, "quantity": "250", "unit": "Grams"}]
    facts = {"packages": [one, {**one, "tag": second}]}
    made = replace(oil("250", label=NEW), source_labels=(OIL,))
    newest = replace(made, label=second, last_modified_at=LATER + timedelta(minutes=5))
    source = replace(oil("0"), last_modified_at=LATER + timedelta(hours=3))

    found = judged("package.create", facts, reading(source, made, newest))
    assert (found.judgement.verdict, found.done_at) == (
        ProbeVerdict.APPLIED,
        LATER + timedelta(minutes=5),
    )
    # A source that METRC no longer lists, and a time that it does not say, change nothing.
    silent = replace(made, last_modified_at=None)
    assert judged("package.create", facts, reading(silent, newest)).done_at == (
        LATER + timedelta(minutes=5)
    )


def test_an_input_of_a_job_is_told_by_what_left_it_for_metrc_lists_no_adjustment() -> None:
    facts = {
        **{"id": 7, "name": "Winterization 9", "reason": "More material", "note": "Second bag"},
        **{"date": "2026-11-03", "token": "7F3K9Q2M"},
        "packages": [{"label": OIL, "quantity": "12", "unit": "Grams"}],
    }
    job = RowSeen(metrc_id=7, name="Winterization 9", values={})
    seen = reading(oil("488"), rows=(job,), rows_whole=True)
    assert verdict("job.adjust", facts, seen) is ProbeVerdict.APPLIED
