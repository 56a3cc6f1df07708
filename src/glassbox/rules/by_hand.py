"""What people did by hand in METRC's pages while an intent waited: as approved, otherwise, or not.

Judged before a first send, against what METRC showed when the intent was approved.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from glassbox.rules.action_kinds.facts import Facts
from glassbox.rules.action_kinds.kind import (
    ActionKind,
    Booking,
    Judgement,
    Keying,
    ProbeVerdict,
    absent,
    applied,
    cannot_tell,
    different,
    tail,
)
from glassbox.rules.action_kinds.reading import AdjustmentSeen, Reading

ADJUSTMENTS = "GET /packages/v2/adjustments"
# METRC dates an adjustment by the facility's day, which may be the day before ours in UTC.
_A_DAY = timedelta(days=1)
_A_TOKEN_OF_OURS = re.compile(r"\[#[0-9A-Z]+\]")


@dataclass(frozen=True, kw_only=True)
class AsApproved:
    """Hold what stood when an intent was approved.

    `reading` holds the packages as METRC had shown them by then; `changed_by_us` says that an
    action of ours accepted since has touched the same goods or rows; `taken` are adjustments by
    hand that other intents were already accepted for.
    """

    approved_at: datetime
    reading: Reading
    changed_by_us: bool = False
    taken: Sequence[Booking] = ()


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """Hold a judgement, and by whom and when METRC says it was done; empty where it does not say."""

    judgement: Judgement
    by: str = ""
    done_at: datetime | None = None


def judge_by_hand(kind: ActionKind, facts: Facts, was: AsApproved, seen: Reading) -> ByHand:
    """Return what METRC's state says of an intent that was never sent, or never with effect.

    APPLIED: done as approved. DIFFERENT: done otherwise, or another effect than was approved
    would follow. ABSENT: not done, and the approved effect still holds (it may be sent even where
    somebody else moved the goods). CANNOT_TELL: METRC could not be read.
    """
    bookings = kind.expect(facts, None).bookings
    # A job's input is a difference too, but METRC lists no adjustment for it.
    is_listed = any(read.endpoint == ADJUSTMENTS for read in kind.deciding_reads(facts))
    if kind.keying is Keying.NONE and is_listed and len(bookings) == 1:
        return _judge_difference(kind, facts, bookings[0], was, seen)
    judgement = kind.judge_probe(facts, was.reading, seen)
    if kind.keying is Keying.TARGET_VALUE:
        judgement = _judge_target(kind, facts, was, seen, judgement)
    if judgement.verdict is not ProbeVerdict.APPLIED:
        return ByHand(judgement=judgement)
    return ByHand(judgement=judgement, done_at=_changed_at(kind, facts, seen))


def _judge_target(
    kind: ActionKind, facts: Facts, was: AsApproved, seen: Reading, judgement: Judgement
) -> Judgement:
    """Judge a set: a place or a name may be set again over anything, a quantity may not.

    What cannot be told from how it stood at the approval is sent: the same set twice is harmless,
    and not every field of it is shown by METRC's reads.
    """
    if judgement.verdict is ProbeVerdict.APPLIED:
        then = kind.judge_probe(facts, was.reading, was.reading)
        if then.verdict is not ProbeVerdict.ABSENT:
            return absent(judgement.sentence)
    if judgement.verdict is ProbeVerdict.DIFFERENT:
        # The drafter may have counted on an action of ours that was still on its way then.
        as_drafted = kind.judge_probe(facts, None, seen)
        books_quantities = bool(kind.expect(facts, None).bookings)
        if not books_quantities or as_drafted.verdict is ProbeVerdict.ABSENT:
            return absent(as_drafted.sentence)
    if judgement.verdict is ProbeVerdict.ABSENT and not was.changed_by_us:
        changed_at = _row_changed_at(kind, facts, seen)
        if changed_at is not None and changed_at > was.approved_at:
            return different(
                f"METRC shows that somebody changed it at {changed_at:%Y-%m-%d %H:%M} UTC, after "
                f"the approval: sending would overwrite that. {judgement.sentence}"
            )
    return judgement


def _row_changed_at(kind: ActionKind, facts: Facts, seen: Reading) -> datetime | None:
    """Return when the row that a kind changes by its id was last changed, as METRC says."""
    for read in kind.deciding_reads(facts):
        row = seen.row_numbered(int(read.key)) if read.key.isdecimal() else None
        if row is not None:
            return _moment(row.values.get("LastModified", ""))
    return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _changed_at(kind: ActionKind, facts: Facts, seen: Reading) -> datetime | None:
    packages = [seen.package(label) for label in kind.labels(facts)]
    made = {package.label for package in kind.expect(facts, None).new_packages}
    moments = [
        package.last_modified_at
        for package in packages
        if package is not None
        and package.last_modified_at is not None
        and (not made or package.label in made)
    ]
    return max(moments) if moments else _row_changed_at(kind, facts, seen)


def _judge_difference(
    kind: ActionKind, facts: Facts, wanted: Booking, was: AsApproved, seen: Reading
) -> ByHand:
    """Judge an adjustment that no token marks: by what moved since, and by METRC's own list."""
    now_there = seen.package(wanted.label)
    if now_there is None or not seen.adjustments_whole:
        return ByHand(
            judgement=cannot_tell(
                f"METRC's adjustments and the quantity of {tail(wanted.label)} could not both be "
                "read."
            )
        )
    by_token = kind.judge_probe(facts, seen, seen)
    if by_token.verdict is not ProbeVerdict.ABSENT:
        return ByHand(judgement=by_token)
    before = was.reading.package(wanted.label)
    if before is None or before.quantity == now_there.quantity:
        return ByHand(judgement=by_token)
    moved = now_there.quantity - before.quantity
    by_people = _by_people(wanted.label, was, seen)
    same = [row for row in by_people if row.quantity == wanted.quantity]
    if same and moved == wanted.quantity:
        return ByHand(
            judgement=applied(
                f"METRC lists an adjustment of {tail(wanted.label)} by {wanted.quantity.text()} "
                f"since, and shows it at {now_there.quantity.text()}."
            ),
            by=same[-1].adjusted_by,
            done_at=now_there.last_modified_at,
        )
    alike = [row for row in by_people if row.reason == facts.get("reason")]
    if same or (alike and not was.changed_by_us):
        return ByHand(
            judgement=_done_otherwise(wanted, before.quantity.text(), seen, same or alike)
        )
    return ByHand(judgement=by_token)


def _by_people(label: str, was: AsApproved, seen: Reading) -> list[AdjustmentSeen]:
    """Return the adjustments since the approval that no token of ours marks and nobody took."""
    first_day: date = was.approved_at.date() - _A_DAY
    rows = [
        row
        for row in seen.adjustments
        if row.label == label
        and not _A_TOKEN_OF_OURS.search(row.note)
        and (row.adjusted_date is None or row.adjusted_date >= first_day)
    ]
    for booking in was.taken:
        one = next((row for row in rows if row.quantity == booking.quantity), None)
        if booking.label == label and one is not None:
            rows.remove(one)
    return rows


def _done_otherwise(
    wanted: Booking, before: str, seen: Reading, rows: list[AdjustmentSeen]
) -> Judgement:
    row, now_there = rows[-1], seen.packages[wanted.label]
    who = f" by {row.adjusted_by}" if row.adjusted_by else ""
    return different(
        f"Approved was {wanted.quantity.text()} on {before}. METRC lists {row.quantity.text()}{who} "
        f"without our token and shows {tail(wanted.label)} at {now_there.quantity.text()}: a "
        "person must say whether that was this."
    )
