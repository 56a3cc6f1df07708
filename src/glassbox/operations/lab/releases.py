"""Keep releases true: pass them on to splits, and take them back when a later fact demands it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.lab import QaReview, QaVerdict
from glassbox.models.packages import Package, PackageLineage
from glassbox.operations.exception_cases import open_case_in_transaction
from glassbox.operations.orders.withdrawal import withdraw_allocations_of_package_in_transaction
from glassbox.operations.packages import locked_package
from glassbox.operations.transaction import operation
from glassbox.queries.lab.facts import newest_snapshot, qa_facts
from glassbox.queries.production.facts import BatchOrigin
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.gates.qa import release_must_be_revoked
from glassbox.rules.lab_status import has_passed
from glassbox.rules.package_state import GONE, RELEASED, LocalState, PackageList
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound

INHERITED = "inherited_from"
STILL_OURS = (PackageList.ACTIVE, PackageList.ON_HOLD, PackageList.IN_TRANSIT)


@operation
def revoke_release(
    *, actor: Actor, license_id: int, label: str, because: str, now: datetime
) -> None:
    """Take a release back, with a reason; its allocations end, and so do its splits' releases.

    :raises NotFound: if no release stands on this package
    """
    access.require(actor, Permission.QA_RELEASE, license_id=license_id)
    if not because.strip():
        raise InvalidInput(field="reason", value=because, way_out="Say why it is taken back.")
    package = locked_package(license_id, label)
    if not revoke_release_in_transaction(
        actor=actor, package=package, because=because.strip(), now=now
    ):
        raise NotFound("No release stands on this package.")


def standing_release(package: Package) -> QaReview | None:
    """Return the release in force on a package, if there is one."""
    return QaReview.objects.filter(
        package=package, verdict=QaVerdict.RELEASED, revoked_at__isnull=True
    ).first()


def revoke_release_in_transaction(
    *, actor: Actor, package: Package, because: str, now: datetime
) -> bool:
    """Take back the release of a locked package and of every split that inherited it.

    Allocations end in any case: what may not be sold is promised to nobody. What left stays where
    it is in our book, and stays sold: only a return or a recall brings it back, and a case asks
    a person for that decision (CA-RE-01).
    """
    assert connection.in_atomic_block, "a release is taken back with what takes it back"
    revoked = _revoke_with_heirs(actor, package, because, now)
    left = sorted(one.label for one in revoked if one.local_state in GONE)
    if left:
        open_case_in_transaction(
            actor=actor,
            license=package.license,
            advice=case_for(
                CaseClass.LEFT_UNRELEASED,
                fact_key=f"left-unreleased:{package.label}:{now.isoformat()}",
                title=f"{package.label} lost its release after goods of it left",
                what_happened=f"The release was taken back: {because}. "
                f"Already with a buyer or on the way: {', '.join(left)}.",
                found_at=now,
            ),
            package_id=next(one.pk for one in revoked if one.label == left[0]),
            now=now,
        )
    return bool(revoked)


def _revoke_with_heirs(
    actor: Actor, package: Package, because: str, now: datetime
) -> list[Package]:
    withdraw_allocations_of_package_in_transaction(
        actor=actor, package=package, because=because, now=now
    )
    review = standing_release(package)
    if review is None:
        return []
    review.revoked_at, review.revoked_because = now, because[:500]
    review.save(update_fields=["revoked_at", "revoked_because"])
    before = package.local_state
    if before in RELEASED - GONE:
        newest = newest_snapshot(package)
        passed = newest is not None and has_passed(newest.lab_state)
        package.local_state = LocalState.TEST_PASSED if passed else LocalState.DIST_QUARANTINE
        package.save(update_fields=["local_state"])
    ledger.append(
        type=EventType.QA_REVOKED,
        subject=f"package:{package.label}",
        actor=actor,
        reason=because,
        body={"review": review.pk},
        state_before=before,
        state_after=package.local_state,
        now=now,
    )
    heirs = QaReview.objects.filter(
        license_id=package.license_id,
        revoked_at__isnull=True,
        verdict=QaVerdict.RELEASED,
        checklist__inherited_from=review.pk,
    )
    revoked = [package]
    for heir in heirs.select_related("package"):
        revoked += _revoke_with_heirs(actor, heir.package, because, now)
    return revoked


def inherit_releases_in_transaction(
    *, actor: Actor, license: License, labels: Iterable[str], now: datetime
) -> int:
    """Pass a standing release on to packages split from released goods; return how many.

    The batch, its certificate and its review are the same goods under another tag (CA-BT-16).
    METRC must show the split as active, passed and of the same item.
    """
    assert connection.in_atomic_block, "a release is passed on with what asks for it"
    passed_on = 0
    for package in Package.objects.filter(license=license, label__in=list(labels)).order_by("id"):
        parent = _released_parent(package)
        newest = newest_snapshot(package)
        if standing_release(package) is not None or parent is None or newest is None:
            continue
        if newest.list_name != PackageList.ACTIVE or newest.is_on_hold:
            continue
        if has_passed(newest.lab_state):
            _pass_on(actor, package, parent, now)
            passed_on += 1
    return passed_on


def _released_parent(package: Package) -> QaReview | None:
    parents = list(
        PackageLineage.objects.filter(
            license_id=package.license_id, child_label=package.label
        ).values_list("parent_label", flat=True)
    )
    if len(parents) != 1:
        return None
    return (
        QaReview.objects.filter(
            license_id=package.license_id,
            package__label=parents[0],
            package__item_name=package.item_name,
            verdict=QaVerdict.RELEASED,
            revoked_at__isnull=True,
        )
        .select_related("package")
        .first()
    )


def _pass_on(actor: Actor, package: Package, parent: QaReview, now: datetime) -> None:
    QaReview.objects.create(
        company_id=package.company_id,
        license_id=package.license_id,
        package=package,
        certificate_id=parent.certificate_id,
        verdict=QaVerdict.RELEASED,
        checklist={**parent.checklist, INHERITED: parent.pk},
        content_sha256=parent.content_sha256,
        reason=f"Split from {parent.package.label}, which is released",
        reviewed_by_id=parent.reviewed_by_id,
        reviewed_at=parent.reviewed_at,
    )
    before = package.local_state
    if before not in RELEASED:
        package.local_state = LocalState.QA_RELEASED
        package.save(update_fields=["local_state"])
    ledger.append(
        type=EventType.QA_RELEASED,
        subject=f"package:{package.label}",
        actor=actor,
        reason=f"Split from {parent.package.label}, which is released",
        body={"review": parent.pk, "content_sha256": parent.content_sha256},
        state_before=before,
        state_after=package.local_state,
        now=now,
    )


def keep_releases_true_in_transaction(*, actor: Actor, license: License, now: datetime) -> None:
    """Take back every release whose standing conditions no longer hold (QA-02, -03, -08, -11)."""
    reviews = QaReview.objects.filter(
        license=license,
        verdict=QaVerdict.RELEASED,
        revoked_at__isnull=True,
        package__snapshots__is_newest=True,
        package__snapshots__list_name__in=STILL_OURS,
    ).select_related("package__license")
    for review in reviews.order_by("id"):
        if standing_release(review.package) is None:
            continue
        facts = qa_facts(
            package=review.package,
            reviewer_id=review.reviewed_by_id,
            origin=BatchOrigin(maker_ids=frozenset(), label_claim_mg=None, is_ours=False),
            ticks=review.checklist.get("ticks", {}),
            label_batch_number="",
            label_claim_mg=None,
            planned_departure=None,
            now=now,
        )
        findings = release_must_be_revoked(facts)
        if findings:
            revoke_release_in_transaction(
                actor=actor, package=review.package, because=findings[0].message, now=now
            )
