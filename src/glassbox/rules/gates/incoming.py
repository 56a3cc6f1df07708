"""IncomingFacts and every rule that can stop a delivery from being settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from glassbox.rules.gates.facts import GateFacts, LicenseFacts
from glassbox.rules.incoming import REJECT_REASONS, IncomingVerdict, advise
from glassbox.rules.quantities import Quantity
from glassbox.rules.rule_lines import threshold
from glassbox.rules.verdicts import Finding


@dataclass(frozen=True, kw_only=True)
class IncomingLine:
    """Hold one package of the manifest: shipped, found by us, and what we mean to do.

    `found` is None while nobody has weighed or counted it; `received` is what would be entered
    in METRC.
    """

    label: str
    shipped: Quantity
    found: Quantity | None
    verdict: IncomingVerdict | None
    received: Quantity | None = None
    reject_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class IncomingFacts(GateFacts):
    """Hold one delivery at the door. `scanned_labels` are the UIDs really on the dock."""

    manifest_number: str
    shipper: LicenseFacts
    transporter: LicenseFacts | None
    lines: tuple[IncomingLine, ...]
    scanned_labels: frozenset[str]


def shipper_is_active(facts: IncomingFacts) -> Iterator[Finding]:
    """Block receiving from a licence that is not active (G1, CA-LIC-11)."""
    if not facts.shipper.is_active:
        yield from facts.broken(
            "CA-LIC-11",
            code="incoming.shipper-inactive",
            subject=facts.shipper.number,
            message=f"The shipper's licence {facts.shipper.number} is not active.",
            fix="Reject the delivery and tell compliance.",
        )


def transporter_may_carry(facts: IncomingFacts) -> Iterator[Finding]:
    """Block when the carrier is no distributor (CA-LIC-02)."""
    carrier = facts.transporter
    if carrier is not None and carrier.kind not in ("DISTRIBUTION", "MICROBUSINESS"):
        yield from facts.broken(
            "CA-LIC-02",
            code="incoming.transporter-not-distributor",
            subject=carrier.number,
            message=f"{carrier.number} carried the goods and is no distributor.",
            fix="Reject the delivery and tell compliance.",
        )


def dock_matches_manifest(facts: IncomingFacts) -> Iterator[Finding]:
    """Block unless every UID on the dock is on the manifest, and the other way round."""
    accepted = {line.label for line in facts.lines if line.verdict is IncomingVerdict.ACCEPT}
    for label in sorted(facts.scanned_labels - {line.label for line in facts.lines}):
        yield from facts.broken(
            "CA-MF-01",
            code="incoming.not-on-manifest",
            subject=label,
            message=f"{label} is on the dock but not on manifest {facts.manifest_number}.",
            fix="Do not take it in; it goes back with the driver.",
        )
    for label in sorted(accepted - facts.scanned_labels):
        yield from facts.broken(
            "CA-MF-01",
            code="incoming.not-on-dock",
            subject=label,
            message=f"{label} is to be accepted but was not scanned on the dock.",
            fix="Scan it, or reject it as missing from the delivery.",
        )


def every_package_is_found_and_decided(facts: IncomingFacts) -> Iterator[Finding]:
    """Block while a package was not weighed or counted, or is neither accepted nor rejected."""
    for line in facts.lines:
        if line.found is None or line.verdict is None:
            yield from facts.broken(
                "CA-MF-09",
                code="incoming.not-counted",
                subject=line.label,
                message=f"{line.label} was not weighed or counted against the manifest yet.",
                fix="Weigh or count it on an approved scale and decide.",
            )


def differences_are_rejected_whole(facts: IncomingFacts) -> Iterator[Finding]:
    """Block accepting a package outside the tolerance, or with another quantity than found."""
    tolerance = threshold(facts.rules, "CA-MF-06", "tolerance_percent")
    for line in facts.lines:
        if line.found is None or line.verdict is not IncomingVerdict.ACCEPT:
            continue
        advice = advise(shipped=line.shipped, found=line.found, tolerance_percent=tolerance)
        if advice.verdict is IncomingVerdict.REJECT:
            message, fix = f"{line.label}: {advice.sentence}", "Reject the whole package."
        elif line.received != line.found:
            entered = line.received.text() if line.received else "nothing"
            message = f"{line.label}: {line.found.text()} were found, {entered} would be entered."
            fix = "Enter exactly what was found."
        else:
            continue
        yield from facts.broken(
            "CA-MF-06",
            code="incoming.quantity-differs",
            subject=line.label,
            message=message,
            fix=fix,
        )


def rejections_have_a_lawful_reason(facts: IncomingFacts) -> Iterator[Finding]:
    """Ask compliance to sign when a reject reason is not one the law names (CA-MF-07)."""
    for line in facts.lines:
        if line.verdict is IncomingVerdict.REJECT and line.reject_reason not in REJECT_REASONS:
            yield from facts.broken(
                "CA-MF-07",
                code="incoming.reject-reason",
                subject=line.label,
                message=f'{line.label} is rejected for "{line.reject_reason or "no reason"}".',
                fix=f"Use one of: {'; '.join(REJECT_REASONS)}; or let compliance sign.",
            )


INCOMING_GATES = (
    shipper_is_active,
    transporter_may_carry,
    dock_matches_manifest,
    every_package_is_found_and_decided,
    differences_are_rejected_whole,
    rejections_have_a_lawful_reason,
)
