"""A brand at work for days: METRC and our book move on together, and every case that opens is judged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from glassbox.cli.demo_brand import MAKER, MOVER, Brand
from glassbox.models.actions import RegulatedAction
from glassbox.models.exception_cases import ExceptionCase
from glassbox.models.packages import PackageSnapshot
from glassbox.models.reconciliation import BookCorrection, CorrectionState
from glassbox.operations.actions.draft import BY_HAND, draft_action
from glassbox.operations.actions.review import approve_action, send_for_review
from glassbox.operations.differences import SeenNumbers, approve_correction, correct_our_book
from glassbox.operations.following import follow_license
from glassbox.operations.reconciliation import reconcile_license
from glassbox.operations.submission.attestation import attest, settle_action
from glassbox.operations.submission.confirm import release_settled_lanes
from glassbox.operations.submission.send import submit_action
from glassbox.operations.sync.run import TIMETABLE, run_sync
from glassbox.operations.transaction import short_transaction
from glassbox.queries.differences.page import difference_page
from glassbox.rules.actor import Actor, system_actor
from glassbox.rules.exception_policy import CaseClass
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.ledger import make_durable

PACIFIC = ZoneInfo("America/Los_Angeles")
SENDER = system_actor("sender")
LOOKS_AT_MOST = 6
STALE_AFTER = timedelta(minutes=8)
# How often the worker happens to read METRC in the middle of somebody's errand.
READS_BETWEEN = 0.2


@dataclass(frozen=True)
class Good:
    """One package that stands open under a licence, as METRC showed it last."""

    label: str
    item: str
    quantity: Decimal
    unit: str
    lab_state: str
    batch: str


@dataclass
class Traffic:
    """The brand, METRC's desk, a clock that both share, and what was done outside our book.

    `edited` holds, by licence, labels whose quantity somebody changed in METRC's own pages and
    that nobody has taken over into our book yet; only for those a difference is true.
    """

    brand: Brand
    desk: Desk
    database: ClusterUrls
    chance: Random
    tags: dict[str, list[str]]
    seconds: float = 0
    edited: dict[str, dict[str, datetime]] = field(default_factory=lambda: {MAKER: {}, MOVER: {}})
    flagged: set[str] = field(default_factory=set)
    certified: set[str] = field(default_factory=set)
    read_at: dict[str, datetime] = field(default_factory=dict)
    judged: set[tuple[int, datetime]] = field(default_factory=set)
    true_cases: Counter[str] = field(default_factory=Counter)
    false_cases: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    released: set[str] = field(default_factory=set)
    errands: int = 0
    package_days: int = 0

    def report(self) -> str:
        """Return what was done and what came of it, for a person to read."""
        rate = len(self.false_cases) * 1000 / max(self.package_days, 1)
        lines = [f"{number:6,} {what}" for what, number in sorted(self.done.items())]
        lines += [f"{number:6,} true cases {what}" for what, number in self.true_cases.items()]
        lines += [f"  refused {words}" for words in self.refused]
        lines += [f"  FALSE {words}" for words in self.false_cases]
        head = f"\n{self.package_days:,} package-days, {len(self.false_cases)} false cases, "
        return head + f"{rate:.3f} in 1,000; {len(self.missed)} missed\n" + "\n".join(lines) + "\n"

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.seconds)

    @property
    def today(self) -> str:
        return self.now().astimezone(PACIFIC).date().isoformat()

    def person(self, name: str) -> Actor:
        return Actor(user_id=self.brand.users[name], name=name, via="web", session="traffic")

    def who(self, name: str, number: str) -> dict[str, Any]:
        """Return what every operation is told."""
        return {
            "actor": self.person(name),
            "license_id": self.brand.licenses[number],
            "now": self.now(),
        }

    def wait(self, minutes: float) -> None:
        """Let our clock and METRC's go on together."""
        self.seconds += minutes * 60
        with psycopg.connect(self.database.superuser, autocommit=True) as connection:
            connection.execute("UPDATE installation SET clock_offset_seconds = %s", [self.seconds])
        self.desk.do("clock", offsetSeconds=self.seconds)

    def breathe(self, number: str) -> None:
        """Some minutes pass, in which the worker may read METRC."""
        self.wait(self.chance.randint(1, 12))
        if self.chance.random() < READS_BETWEEN:
            self.read(number)

    def read(self, number: str) -> None:
        """Read METRC, compare and follow, as the worker does; then judge what was opened."""
        license_id = self.brand.licenses[number]
        before = self.now()
        for name, job in (
            ("sync", lambda **rest: run_sync(trigger=TIMETABLE, **rest)),
            ("reconcile", reconcile_license),
            ("follower", follow_license),
            ("sender", release_settled_lanes),
        ):
            job(actor=system_actor(name), license_id=license_id, now=self.now())
        self.read_at[number] = self.now()
        self.done["reads of METRC"] += 1
        self._judge(number, before)

    def is_fresh(self, number: str) -> bool:
        read_at = self.read_at.get(number)
        return read_at is not None and self.now() - read_at < STALE_AFTER

    def keep_fresh(self) -> None:
        """Read what is due, as the worker has done before anybody begins an errand."""
        for number in (MAKER, MOVER):
            if not self.is_fresh(number):
                self.read(number)

    def _judge(self, number: str, before: datetime) -> None:
        edited = self.edited[number]
        with short_transaction(self.brand.licenses[number]):
            cases = list(ExceptionCase.objects.order_by("id"))
        for case in cases:
            if (case.pk, case.opened_at) in self.judged:
                continue
            self.judged.add((case.pk, case.opened_at))
            if self._is_true(case, edited):
                self.true_cases[case.case_class] += 1
            else:
                self.false_cases.append(f"{number} {case.case_class}: {case.what_happened}")
        known = {case.fact_key.split(":")[1] for case in cases if case.state == "OPEN"}
        self.missed += [
            f"{number} {label}"
            for label, at in edited.items()
            if at < before and label not in known
        ]

    def _is_true(self, case: ExceptionCase, edited: dict[str, datetime]) -> bool:
        kind, _, rest = case.fact_key.partition(":")
        if kind == "difference":
            return case.case_class == CaseClass.CHANGED_OUTSIDE and rest.split(":")[0] in edited
        return case.fact_key in self.flagged

    def goods(self, number: str, item: str) -> list[Good]:
        """Return what stands open at a licence and nobody disputes."""
        with short_transaction(self.brand.licenses[number]):
            rows = PackageSnapshot.objects.filter(
                license_id=self.brand.licenses[number],
                is_newest=True,
                list_name="ACTIVE",
                is_finished=False,
                is_on_hold=False,
                quantity__gt=0,
                item_name=item,
            ).select_related("package")
            found = [
                Good(
                    label=row.package.label,
                    item=row.item_name,
                    quantity=row.quantity,
                    unit=row.unit,
                    lab_state=row.lab_state,
                    batch=row.package.production_batch_number,
                )
                for row in rows.order_by("package__label")
            ]
        return [one for one in found if one.label not in self.edited[number]]

    def pick(self, number: str, item: str, count: int, at_least: int = 50) -> list[Good]:
        """Return some goods of an item that are large enough, none if there are too few."""
        large = [one for one in self.goods(number, item) if one.quantity >= at_least]
        return self.chance.sample(large, count) if len(large) >= count else []

    def tag(self, number: str) -> str:
        """Return the next tag of the roll that the licence has received."""
        return self.tags[number].pop()

    def act(
        self,
        number: str,
        people: tuple[str, str],
        kind: str,
        facts: dict[str, Any],
        transfer_id: int | None = None,
    ) -> int:
        """One person drafts and another approves; the worker sends it and looks."""
        if not self.is_fresh(number):
            self.read(number)
        drafter, approver = people
        action_id = draft_action(
            **self.who(drafter, number),
            kind=kind,
            facts=facts,
            reason="The day's work",
            transfer_id=transfer_id,
        )
        send_for_review(**self.who(drafter, number), action_id=action_id)
        approve_action(**self.who(approver, number), action_id=action_id)
        make_durable(self.database)
        if self._of(number, action_id).metrc_endpoint != BY_HAND:
            self._send(number, action_id)
        return action_id

    def _send(self, number: str, action_id: int) -> None:
        license_id = self.brand.licenses[number]
        self.wait(self.chance.randint(0, 3))
        submit_action(actor=SENDER, license_id=license_id, action_id=action_id, now=self.now())
        self.breathe(number)
        self.settle(number, action_id)

    def attested(self, number: str, name: str, action_id: int, manifest: str = "") -> None:
        """Give one's word on what one did in METRC's pages, and let the worker look."""
        values = {"done_at": self.now().isoformat(), "manifest_number": manifest}
        attest(**self.who(name, number), action_id=action_id, values=values)
        self.breathe(number)
        self.settle(number, action_id)

    def settle(self, number: str, action_id: int) -> None:
        license_id = self.brand.licenses[number]
        for _ in range(LOOKS_AT_MOST):
            settle_action(actor=SENDER, license_id=license_id, action_id=action_id, now=self.now())
            action = self._of(number, action_id)
            if action.state == "ACCEPTED":
                self.done[action.kind] += 1
                return
            self.wait(6)
        raise AssertionError(f"{action.kind} is {action.state}: {action.outcome}")

    def _of(self, number: str, action_id: int) -> RegulatedAction:
        with short_transaction(self.brand.licenses[number]):
            return RegulatedAction.objects.get(id=action_id)

    def take_over(self, number: str) -> None:
        """Dee takes what was done in METRC's pages over into our book, with a reason."""
        self.read(number)
        license_id = self.brand.licenses[number]
        for label in list(self.edited[number]):
            page = difference_page(
                actor=self.person("Dee"), license_id=license_id, label=label, now=self.now()
            )
            correct_our_book(
                **self.who("Dee", number),
                label=label,
                seen=SeenNumbers(ours=page.our_quantity, metrc=page.metrc_quantity),
                reason="The person who did it in METRC told me why",
                evidence="METRC's page of the package",
            )
            with short_transaction(license_id):
                waits = BookCorrection.objects.filter(state=CorrectionState.PROPOSED).first()
            if waits is not None:
                approve_correction(
                    **self.who("Fay", number), correction_id=waits.pk, comment="I saw it too"
                )
                self.done["corrections by two people"] += 1
            del self.edited[number][label]
            self.done["taken over into our book"] += 1
        self.read(number)

    def count_the_day(self) -> None:
        """Add every package that stands open with us today."""
        for number in (MAKER, MOVER):
            with short_transaction(self.brand.licenses[number]):
                self.package_days += PackageSnapshot.objects.filter(
                    license_id=self.brand.licenses[number],
                    is_newest=True,
                    is_finished=False,
                    list_name__in=["ACTIVE", "ON_HOLD", "IN_TRANSIT"],
                ).count()
