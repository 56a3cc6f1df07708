"""The quality review: fourteen items, each met, before a batch may be sold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.lab import QaReview, QaVerdict
from glassbox.models.packages import Package
from glassbox.operations.lab.holds import place_hold_in_transaction
from glassbox.operations.lab.releases import revoke_release_in_transaction, standing_release
from glassbox.operations.packages import locked_package
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.queries.lab.checklist import evidence_sha256, items_with_evidence, sha256_of
from glassbox.queries.lab.facts import (
    newest_certificate,
    newest_sample,
    origin_of_package,
    qa_facts,
)
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked
from glassbox.rules.gates.qa import QaFacts
from glassbox.rules.package_state import LocalState
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import Finding, InvalidInput, Refused

PERSONS_ITEMS = frozenset({"QA-05", "QA-06", "QA-07", "QA-08"})
_EVENTS = {
    QaVerdict.RELEASED: EventType.QA_RELEASED,
    QaVerdict.HELD: EventType.QA_HELD,
    QaVerdict.REJECTED: EventType.QA_REJECTED,
}


class ReleaseBlocked(Refused):
    """An item of the checklist is not met. The attempt stays in the ledger."""

    code = "qa.blocked"


class EvidenceChanged(Refused):
    """The reviewer looked at other evidence than there is now (scenario S18b)."""

    code = "qa.evidence-changed"


class AlreadyReleased(Refused):
    """A release stands on this package; it is taken back before another is given."""

    code = "qa.already-released"


def review_package(
    *,
    actor: Actor,
    license_id: int,
    label: str,
    verdict: str,
    ticks: Mapping[str, bool],
    reason: str,
    label_batch_number: str = "",
    label_claim_mg: Decimal | None = None,
    planned_departure: date | None = None,
    evidence_sha256: str = "",
    now: datetime,
) -> int:
    """Release, hold or reject a package after the review, and return the review's id.

    `ticks` answers the four items only a person can judge (QA-05 to QA-08); `label_claim_mg` is
    asked for only when no batch record of the company tells it; `evidence_sha256` is the hash on
    the reviewer's screen.

    :raises ReleaseBlocked: with every item that is not met; the attempt stays in the ledger
    :raises EvidenceChanged: if the evidence is not what the reviewer saw
    :raises InvalidInput: if the verdict or a ticked item is none we know
    """
    _check_answers(verdict, ticks, reason)
    review_id, findings = _review(
        actor=actor,
        license_id=license_id,
        label=label,
        verdict=QaVerdict(verdict),
        reason=reason.strip(),
        seen_sha256=evidence_sha256,
        judged={
            "origin": origin_of_package(license_id=license_id, label=label),
            "ticks": dict(ticks),
            "label_batch_number": label_batch_number.strip(),
            "label_claim_mg": label_claim_mg,
            "planned_departure": planned_departure,
        },
        now=now,
    )
    if review_id is None:
        raise ReleaseBlocked(f"{label} cannot be released.", findings=findings)
    return review_id


def _check_answers(verdict: str, ticks: Mapping[str, bool], reason: str) -> None:
    if verdict not in set(QaVerdict):
        raise InvalidInput(field="verdict", value=verdict, way_out=f"Use {', '.join(QaVerdict)}.")
    for item in ticks:
        if item not in PERSONS_ITEMS:
            raise InvalidInput(
                field="ticks",
                value=item,
                way_out=f"A person answers {', '.join(sorted(PERSONS_ITEMS))}; facts the rest.",
            )
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say what you decided and why.")


@operation
def _review(
    *,
    actor: Actor,
    license_id: int,
    label: str,
    verdict: QaVerdict,
    reason: str,
    seen_sha256: str,
    judged: dict[str, Any],
    now: datetime,
) -> tuple[int | None, tuple[Finding, ...]]:
    needed = Permission.QA_RELEASE if verdict is QaVerdict.RELEASED else Permission.QA_REVIEW
    access.require(actor, needed, license_id=license_id)
    package = locked_package(license_id, label)
    facts = qa_facts(package=package, reviewer_id=person_id(actor), now=now, **judged)
    evidence = evidence_sha256(package, facts)
    if seen_sha256 and seen_sha256 != evidence:
        raise EvidenceChanged("The evidence changed since you opened the review. Look again.")
    items = items_with_evidence(facts)
    findings = tuple(finding for item in items for finding in item.findings)
    if verdict is QaVerdict.RELEASED:
        if standing_release(package) is not None:
            raise AlreadyReleased(f"{label} is released already.")
        if is_blocked(findings):
            _remember_blocked(actor, package, findings, now)
            return None, findings
    content = {
        "evidence_sha256": evidence,
        "ticks": judged["ticks"],
        "items": [
            {
                "rule_id": item.rule_id,
                "title": item.title,
                "is_met": item.is_met,
                "evidence": item.evidence,
            }
            for item in items
        ],
        "label_batch_number": judged["label_batch_number"],
        "planned_departure": facts.planned_departure.isoformat(),
    }
    return _sign(actor, package, facts, verdict, reason, content, now), findings


def _sign(
    actor: Actor,
    package: Package,
    facts: QaFacts,
    verdict: QaVerdict,
    reason: str,
    content: dict[str, Any],
    now: datetime,
) -> int:
    certificate = newest_certificate(newest_sample(package))
    before = package.local_state
    if verdict is not QaVerdict.RELEASED:
        revoke_release_in_transaction(actor=actor, package=package, because=reason, now=now)
    review = QaReview.objects.create(
        company_id=package.company_id,
        license_id=package.license_id,
        package=package,
        certificate=certificate,
        verdict=verdict,
        checklist=content,
        content_sha256=sha256_of({**content, "verdict": verdict, "reason": reason}),
        reason=reason,
        reviewed_by_id=person_id(actor),
        reviewed_at=now,
    )
    if verdict is QaVerdict.HELD:
        place_hold_in_transaction(actor=actor, package=package, reason=reason, now=now)
    else:
        released = verdict is QaVerdict.RELEASED
        package.local_state = LocalState.QA_RELEASED if released else LocalState.PENDING_DESTRUCTION
        package.save(update_fields=["local_state"])
    ledger.append(
        type=_EVENTS[verdict],
        subject=f"package:{package.label}",
        actor=actor,
        reason=reason,
        body={
            "review": review.pk,
            "batch": facts.batch_number,
            "content_sha256": review.content_sha256,
            "certificate": certificate.document.sha256 if certificate else "",
        },
        state_before=before,
        state_after=package.local_state,
        now=now,
    )
    return review.pk


def _remember_blocked(
    actor: Actor, package: Package, findings: tuple[Finding, ...], now: datetime
) -> None:
    ledger.append(
        type=EventType.QA_BLOCKED,
        subject=f"package:{package.label}",
        actor=actor,
        reason=f"The release of {package.label} was blocked",
        body={"codes": sorted({finding.code for finding in findings if finding.blocks})},
        now=now,
    )
