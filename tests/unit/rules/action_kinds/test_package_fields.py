from datetime import UTC, datetime
from typing import Any

import pytest

from glassbox.rules.action_kinds.discontinuing import DISCONTINUE
from glassbox.rules.action_kinds.kind import Booking, ProbeVerdict, Tier
from glassbox.rules.action_kinds.package_fields import (
    CHANGE_ITEM,
    REMEDIATE,
    SET_DATES,
    SET_NOTE,
    UNFINISH,
)
from glassbox.rules.action_kinds.reading import PackageSeen, Reading, field_texts
from glassbox.rules.quantities import GRAMS, quantity
from glassbox.rules.verdicts import InvalidInput
from tests.unit.rules.story import tag

AT = datetime(2026, 11, 3, 17, tzinfo=UTC)
BULK, OTHER, CHILD = tag(301), tag(302), tag(455)
NOTE: dict[str, Any] = {"labels": [BULK], "note": "Keep cold"}
ITEM: dict[str, Any] = {"labels": [BULK], "item": "Formulated Oil"}
EXTERNAL: dict[str, Any] = {"labels": [BULK], "external_id": "PO-7781"}
DATES: dict[str, Any] = {"labels": [BULK], "use_by_date": "2027-05-01"}
REMEDIATION: dict[str, Any] = {
    "labels": [BULK],
    "method": "Further Drying",
    "date": "2026-11-03",
    "steps": "Dried for six hours at 60 degrees",
}
REOPENING: dict[str, Any] = {"labels": [BULK]}
ENDING: dict[str, Any] = {
    "id": 71,
    "label": CHILD,
    "quantity": "500",
    "unit": "Grams",
    "returns": [{"label": BULK, "quantity": "500", "unit": "Grams"}],
}


def look(*packages: PackageSeen) -> Reading:
    return Reading(read_at=AT, packages={one.label: one for one in packages})


def seen(label: str = BULK, item: str = "Distillate", finished: bool = False, **raw: Any) -> Any:
    return PackageSeen(
        label=label,
        quantity=quantity("500", GRAMS),
        item_name=item,
        is_finished=finished,
        values=field_texts(raw),
    )


def test_a_note_is_sent_for_each_package_and_seen_by_its_text() -> None:
    two = {**NOTE, "labels": [BULK, OTHER]}
    assert SET_NOTE.build_payload(two) == [
        {"PackageLabel": BULK, "Note": "Keep cold"},
        {"PackageLabel": OTHER, "Note": "Keep cold"},
    ]
    assert SET_NOTE.effect_sentence(NOTE) == 'Set the note of package …00000301 to "Keep cold".'
    assert SET_NOTE.before_after(NOTE, look(seen(Note="Old")))[0].before == "Old"


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (seen(Note="Keep cold"), ProbeVerdict.APPLIED),
        (seen(Note="Old"), ProbeVerdict.ABSENT),
        (seen(Note="Somebody else's"), ProbeVerdict.DIFFERENT),
        (seen(), ProbeVerdict.CANNOT_TELL),
    ],
)
def test_what_a_look_proves_about_a_note(now: PackageSeen, verdict: ProbeVerdict) -> None:
    assert SET_NOTE.judge_probe(NOTE, look(seen(Note="Old")), look(now)).verdict is verdict


def test_half_a_send_is_neither_done_nor_undone() -> None:
    two = {**NOTE, "labels": [BULK, OTHER]}
    before = look(seen(Note=None), seen(OTHER, Note=None))
    half = look(seen(Note="Keep cold"), seen(OTHER, Note=None))
    assert SET_NOTE.judge_probe(two, before, half).verdict is ProbeVerdict.DIFFERENT
    assert SET_NOTE.judge_probe(two, before, before).verdict is ProbeVerdict.ABSENT


def test_an_item_is_seen_by_its_name() -> None:
    assert CHANGE_ITEM.build_payload(ITEM) == [{"Label": BULK, "Item": "Formulated Oil"}]
    done = look(seen(item="formulated oil"))
    assert CHANGE_ITEM.judge_probe(ITEM, look(seen()), done).verdict is ProbeVerdict.APPLIED
    assert CHANGE_ITEM.judge_probe(ITEM, look(seen()), look(seen())).verdict is ProbeVerdict.ABSENT


def test_dates_left_out_are_said_to_become_none() -> None:
    assert SET_DATES.build_payload(DATES) == [
        {"Label": BULK, "ExpirationDate": None, "SellByDate": None, "UseByDate": "2027-05-01"}
    ]
    assert "ExpirationDate none" in SET_DATES.effect_sentence(DATES)
    dated = seen(ExpirationDate=None, SellByDate=None, UseByDate="2027-05-01T00:00:00+00:00")
    assert SET_DATES.judge_probe(DATES, None, look(dated)).verdict is ProbeVerdict.APPLIED
    with pytest.raises(InvalidInput, match="at least one"):
        SET_DATES.build_payload({"labels": [BULK]})


def test_a_remediation_needs_the_right_for_what_is_risky() -> None:
    assert REMEDIATE.tier is Tier.HIGH
    done = seen(ContainsRemediatedProduct=True, RemediationDate="2026-11-03")
    before = seen(ContainsRemediatedProduct=False, RemediationDate=None)
    judged = REMEDIATE.judge_probe(REMEDIATION, look(before), look(done))
    assert judged.verdict is ProbeVerdict.APPLIED
    assert REMEDIATE.build_payload(REMEDIATION)[0]["RemediationMethodName"] == "Further Drying"


def test_what_is_reopened_stands_in_our_quarantine() -> None:
    closed, open_ = look(seen(finished=True)), look(seen())
    assert UNFINISH.expect(REOPENING, None).reopened_labels == (BULK,)
    assert UNFINISH.judge_probe(REOPENING, closed, open_).verdict is ProbeVerdict.APPLIED
    assert UNFINISH.judge_probe(REOPENING, closed, closed).verdict is ProbeVerdict.ABSENT


def test_a_discontinued_package_gives_back_what_its_sources_gave() -> None:
    assert DISCONTINUE.build_payload(ENDING) == []
    assert DISCONTINUE.path_values(ENDING) == {"id": 71}
    assert DISCONTINUE.effect_sentence(ENDING) == (
        "Discontinue package …00000455 with 500 g: METRC gives back 500 g to …00000301. "
        "Its tag is never used again."
    )
    expected = DISCONTINUE.expect(ENDING, None)
    assert expected.bookings == (
        Booking(label=BULK, quantity=quantity("500", GRAMS), cause="GIVEN_BACK"),
        Booking(label=CHILD, quantity=quantity("-500", GRAMS), cause="GIVEN_BACK"),
    )
    assert expected.finished_labels == (CHILD,)


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (seen(CHILD, ArchivedDate="2026-11-03"), ProbeVerdict.APPLIED),
        (seen(CHILD, ArchivedDate=None), ProbeVerdict.ABSENT),
        (seen(CHILD, ArchivedDate="0001-01-01"), ProbeVerdict.ABSENT),
        (seen(CHILD), ProbeVerdict.CANNOT_TELL),
    ],
)
def test_what_a_look_proves_about_a_discontinued_package(
    now: PackageSeen, verdict: ProbeVerdict
) -> None:
    assert DISCONTINUE.judge_probe(ENDING, None, look(now)).verdict is verdict


def test_a_package_does_not_give_back_to_itself() -> None:
    with pytest.raises(InvalidInput, match="returns"):
        DISCONTINUE.build_payload({**ENDING, "label": BULK})
