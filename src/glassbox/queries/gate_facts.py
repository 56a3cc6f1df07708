"""Gathers everything a gate will look at, for actions, transfers and single packages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from glassbox import access
from glassbox.models.actions import ActionLane, RegulatedAction
from glassbox.models.catalog import Counterparty, Tag, TagStatus
from glassbox.models.companies import License
from glassbox.models.credentials import MetrcCredential
from glassbox.models.lab import CertificateOfAnalysis, LabSample, QaReview, QaVerdict
from glassbox.models.packages import Hold, Package, PackageLineage
from glassbox.models.people import RoleGrant
from glassbox.models.sync import ApiRequest
from glassbox.models.transfers import Transfer, TransferPackage, TransferState
from glassbox.queries.books import UNRESOLVED, metrc_state
from glassbox.queries.freshness import PackagesAsOf, packages_as_of
from glassbox.queries.packages.rows import with_metrc
from glassbox.queries.rule_packs import rules_of
from glassbox.rules.action_kinds.facts import Facts
from glassbox.rules.action_kinds.kind import ActionKind, Expectation
from glassbox.rules.actor import Actor
from glassbox.rules.gates import run_gates
from glassbox.rules.gates.actions import ActionFacts, Moment, SourceUse
from glassbox.rules.gates.facts import GateFacts, LicenseFacts, PackageFacts, TagFacts
from glassbox.rules.gates.incoming import IncomingFacts, IncomingLine
from glassbox.rules.gates.packages import PACKAGE_GATES
from glassbox.rules.gates.sampling import SamplingFacts
from glassbox.rules.gates.transfers import CrewFacts, TransferFacts, TransferLine
from glassbox.rules.incoming import IncomingVerdict
from glassbox.rules.package_state import LocalState, PackageList
from glassbox.rules.quantities import Quantity, quantity, sum_of
from glassbox.rules.verdicts import Finding, NotFound

ANCESTOR_STEPS_AT_MOST = 12
OPEN_TRANSFERS = (
    TransferState.RELEASED,
    TransferState.TEMPLATE_STORED,
    TransferState.REGISTERED,
    TransferState.DEPARTED,
)


def package_gates(
    *, actor: Actor, license_ids: tuple[int, ...], label: str, now: datetime
) -> tuple[Finding, ...]:
    """Return why a package can not move now, every reason at once; empty if it can.

    :raises NotFound: if none of these licences has held it
    """
    with access.reading(actor):
        package = (
            Package.objects.filter(license_id__in=license_ids, label=label)
            .select_related("license")
            .order_by("-opened_at")
            .first()
        )
        if package is None:
            raise NotFound(f"There is no package {label} here.")
        facts = GateFacts(
            acting=license_facts(package.license),
            packages=package_facts(package.license_id, [label]),
            checked_at=now,
            rules=rules_of(package.license.state),
        )
    return run_gates(PACKAGE_GATES, facts)


def license_facts(license: License) -> LicenseFacts:
    """Return our own licence as the gates know it."""
    return LicenseFacts(number=license.number, kind=license.kind, is_active=license.is_active)


def counterparty_facts(license: License, number: str) -> LicenseFacts:
    """Return another licensee; one we have never checked counts as not active."""
    if number == license.number:
        return license_facts(license)
    row = Counterparty.objects.filter(license=license, license_number=number).first()
    if row is None:
        return LicenseFacts(number=number or "(none)", kind="UNKNOWN", is_active=False)
    return LicenseFacts(
        number=row.license_number,
        kind=row.kind,
        is_active=row.is_active,
        checked_at=row.checked_at,
    )


def package_facts(
    license_id: int, labels: Iterable[str], *, besides_action_id: int | None = None
) -> tuple[PackageFacts, ...]:
    """Return METRC's newest word and our book of each package; a label never seen is kept too."""
    wanted = tuple(dict.fromkeys(labels))
    found = {
        package.label: package
        for package in with_metrc(Package.objects.filter(license_id=license_id, label__in=wanted))
    }
    holds = dict(
        Hold.objects.filter(
            license_id=license_id, package__label__in=wanted, lifted_at__isnull=True
        ).values_list("package__label", "reason")
    )
    doubts = _doubts(license_id, besides_action_id)
    held = _held_ancestors(license_id, wanted)
    as_of = packages_as_of((license_id,))
    return tuple(
        _package_facts(label, found.get(label), as_of, holds, doubts, held) for label in wanted
    )


def _package_facts(
    label: str,
    package: Package | None,
    as_of: PackagesAsOf,
    holds: dict[str, str],
    doubts: dict[str, tuple[int, ...]],
    held: dict[str, tuple[str, ...]],
) -> PackageFacts:
    row = package.__dict__ if package else {}
    is_seen = package is not None and row["metrc_list"] is not None
    # What has left us is another licence's package now: not ours to use.
    is_ours = is_seen and row["metrc_list"] != PackageList.TRANSFERRED
    return PackageFacts(
        label=label,
        metrc=metrc_state(package, as_of) if package is not None and is_ours else None,
        local_state=LocalState(package.local_state) if package else LocalState.UNKNOWN,
        our_quantity=quantity(row["our_quantity"], package.unit) if package else None,
        local_hold_reason=holds.get(label, ""),
        held_ancestors=held.get(label, ()),
        unresolved_action_ids=doubts.get(label, ()),
    )


def _doubts(license_id: int, besides_action_id: int | None) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    actions = RegulatedAction.objects.filter(license_id=license_id, state__in=UNRESOLVED)
    for action_id, labels in actions.exclude(id=besides_action_id or 0).values_list("id", "labels"):
        for label in labels:
            found[label] = (*found.get(label, ()), action_id)
    return found


def _held_ancestors(license_id: int, labels: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    above: dict[str, set[str]] = {label: {label} for label in labels}
    edge = set(labels)
    for _ in range(ANCESTOR_STEPS_AT_MOST):
        arrows = list(
            PackageLineage.objects.filter(license_id=license_id, child_label__in=edge).values_list(
                "child_label", "parent_label"
            )
        )
        edge = set()
        for child, parent in arrows:
            for ancestors in above.values():
                if child in ancestors and parent not in ancestors:
                    ancestors.add(parent)
                    edge.add(parent)
        if not edge:
            break
    everything = set().union(*above.values()) - set(labels) if above else set()
    held = set(
        Package.objects.filter(
            license_id=license_id,
            label__in=everything,
            snapshots__is_newest=True,
            snapshots__is_on_hold=True,
        ).values_list("label", flat=True)
    )
    return {label: tuple(sorted(ancestors & held - {label})) for label, ancestors in above.items()}


def action_facts(
    *,
    license: License,
    kind: ActionKind,
    facts: Facts,
    moment: Moment,
    drafter_id: int,
    approver_id: int | None,
    payload_sha256: str,
    approved_sha256: str,
    transfer_id: int | None,
    action_id: int | None,
    now: datetime,
) -> ActionFacts:
    """Return all that the gates of an action look at, inside the caller's transaction."""
    expected = kind.expect(facts, None)
    new_labels = {package.label for package in expected.new_packages}
    transfer = Transfer.objects.filter(license=license, id=transfer_id or 0).first()
    common = {
        "acting": license_facts(license),
        "checked_at": now,
        "rules": rules_of(license.state),
    }
    packages = package_facts(
        license.pk,
        [label for label in kind.labels(facts) if label not in new_labels],
        besides_action_id=action_id,
    )
    is_outgoing = kind.name.startswith(("template.", "manifest.")) and transfer is not None
    is_incoming = kind.name.startswith("delivery.re") and transfer is not None
    return ActionFacts(
        **common,  # type: ignore[arg-type]
        packages=packages,
        moment=moment,
        license_kinds=kind.license_kinds,
        needs_other_person=kind.needs_other_person,
        drafter_id=drafter_id,
        approver_id=approver_id,
        payload_sha256=payload_sha256,
        approved_sha256=approved_sha256,
        actor_has_grant=RoleGrant.objects.filter(
            license=license, user_id=drafter_id, valid_until__isnull=True
        ).exists(),
        drafter_has_key=kind.is_done_in_metrc
        or MetrcCredential.objects.filter(
            license=license, user_id=drafter_id, revoked_at__isnull=True, is_for_sync=False
        ).exists(),
        new_tags=tag_facts(license.pk, new_labels, action_id=action_id),
        uses=_uses(expected),
        made=_made(expected),
        access_is_lost=license.access_lost_at is not None,
        clock_difference_seconds=_clock_difference(license.pk),
        taken_lanes=_taken_lanes(license.pk, kind.lanes(facts), action_id),
        transfer=transfer_facts(license, transfer, now) if is_outgoing and transfer else None,
        sampling=_sampling_facts(license, expected, now)
        if kind.name == "package.create_testing_sample"
        else None,
        incoming=incoming_facts(license, transfer, now) if is_incoming and transfer else None,
    )


def tag_facts(
    license_id: int, labels: Iterable[str], *, action_id: int | None
) -> tuple[TagFacts, ...]:
    """Return what our ledger of tags says of each label that is to become a package."""
    wanted = sorted(labels)
    tags = {tag.label: tag for tag in Tag.objects.filter(license_id=license_id, label__in=wanted)}
    used = set(
        Package.objects.filter(license_id=license_id, label__in=wanted).values_list(
            "label", flat=True
        )
    )
    reserved: dict[str, int] = {}
    open_actions = RegulatedAction.objects.filter(
        license_id=license_id, state__in=["DRAFT", "IN_REVIEW", "APPROVED", *UNRESOLVED]
    ).exclude(id=action_id or 0)
    for other_id, natural_labels in open_actions.values_list("id", "labels"):
        for label in set(natural_labels) & set(wanted):
            reserved[label] = other_id
    return tuple(
        TagFacts(
            label=label,
            is_received=label in tags,
            is_used=label in tags and tags[label].status == TagStatus.USED,
            is_damaged=label in tags and tags[label].status == TagStatus.DAMAGED,
            is_on_a_package=label in used,
            reserved_by_action_id=reserved.get(label),
        )
        for label in wanted
    )


def _uses(expected: Expectation) -> tuple[SourceUse, ...]:
    return tuple(
        SourceUse(label=booking.label, quantity=-booking.quantity)
        for booking in expected.bookings
        if booking.cause == "USED"
    )


def _made(expected: Expectation) -> Quantity | None:
    quantities = [package.quantity for package in expected.new_packages]
    if not quantities or len({one.unit.name for one in quantities}) > 1:
        return None
    return sum_of(quantities, unit=quantities[0].unit)


def _clock_difference(license_id: int) -> int | None:
    newest = (
        ApiRequest.objects.filter(license_id=license_id, metrc_clock_at__isnull=False)
        .order_by("-sent_at")
        .values_list("sent_at", "metrc_clock_at")
        .first()
    )
    if newest is None or newest[1] is None:
        return None
    return int((newest[0] - newest[1]).total_seconds())


def _taken_lanes(license_id: int, lanes: tuple[str, ...], action_id: int | None) -> tuple[str, ...]:
    taken = ActionLane.objects.filter(
        license_id=license_id, key__in=lanes, released_at__isnull=True
    ).exclude(action_id=action_id or 0)
    return tuple(taken.values_list("key", flat=True))


def transfer_facts(license: License, transfer: Transfer, now: datetime) -> TransferFacts:
    """Return all that the gates of an outgoing transfer look at."""
    rows = list(transfer.packages.order_by("label"))
    labels = [row.label for row in rows]
    departs = transfer.departs_at or now
    arrives = transfer.arrives_at or departs
    driver, vehicle = transfer.driver, transfer.vehicle
    return TransferFacts(
        acting=license_facts(license),
        packages=package_facts(license.pk, labels),
        checked_at=now,
        rules=rules_of(license.state),
        destination=counterparty_facts(license, transfer.receiver_license_number),
        transporter=counterparty_facts(license, transfer.transporter_license_number),
        transfer_type=transfer.transfer_type,
        lines=tuple(_transfer_line(license, transfer, row) for row in rows),
        invoice_number=transfer.invoice_number,
        driver=CrewFacts(name=driver.name, is_on_file=True, is_active=driver.is_active)
        if driver
        else None,
        vehicle=CrewFacts(name=vehicle.plate, is_on_file=True, is_active=vehicle.is_active)
        if vehicle
        else None,
        departs_at=departs,
        arrives_at=arrives,
        delivery_date=arrives.astimezone(ZoneInfo(license.time_zone)).date(),
    )


def _transfer_line(license: License, transfer: Transfer, row: TransferPackage) -> TransferLine:
    package = with_metrc(Package.objects.filter(license=license, label=row.label)).first()
    released = QaReview.objects.filter(
        license=license,
        package__label=row.label,
        verdict=QaVerdict.RELEASED,
        revoked_at__isnull=True,
    ).select_related("certificate")
    release = released.first()
    elsewhere = (
        TransferPackage.objects.filter(
            license=license, label=row.label, transfer__state__in=OPEN_TRANSFERS
        )
        .exclude(transfer=transfer)
        .filter(transfer__direction="OUTGOING")
        .select_related("transfer")
        .first()
    )
    certificate: CertificateOfAnalysis | None = release.certificate if release else None
    return TransferLine(
        label=row.label,
        planned_quantity=quantity(row.shipped_quantity, row.unit)
        if isinstance(row.shipped_quantity, Decimal) and row.unit
        else None,
        is_released=release is not None,
        is_testing_sample=package is not None and package.local_state == LocalState.SAMPLED,
        wholesale_price=row.wholesale_price,
        certificate_issued_on=certificate.issued_date if certificate else None,
        other_transfer=elsewhere.transfer.manifest_number or "another plan" if elsewhere else "",
    )


def _sampling_facts(license: License, expected: Expectation, now: datetime) -> SamplingFacts:
    sample = expected.new_packages[0]
    sources = frozenset(label for label, _ in sample.sources)
    batch_numbers = set(
        Package.objects.filter(license=license, label__in=sources).values_list(
            "production_batch_number", flat=True
        )
    ) - {""}
    number = min(batch_numbers, default="")
    batch_labels = frozenset(sources)
    if number:
        batch_labels |= frozenset(
            Package.objects.filter(license=license, production_batch_number=number)
            .exclude(local_state__in=[LocalState.SAMPLED, LocalState.CLOSED])
            .values_list("label", flat=True)
        )
    planned = LabSample.objects.filter(license=license, label=sample.label).first()
    laboratory = planned.laboratory_license_number if planned else ""
    return SamplingFacts(
        acting=license_facts(license),
        packages=package_facts(license.pk, sources),
        checked_at=now,
        rules=rules_of(license.state),
        batch_number=number,
        batch_labels=batch_labels,
        source_labels=sources,
        sample=sample.quantity,
        laboratory=counterparty_facts(license, laboratory),
        is_final_form=planned is not None,
        is_labelled=planned is not None,
    )


def incoming_facts(license: License, transfer: Transfer, now: datetime) -> IncomingFacts:
    """Return all that the gates of a delivery at the door look at."""
    rows = list(transfer.packages.order_by("label"))
    return IncomingFacts(
        acting=license_facts(license),
        packages=(),
        checked_at=now,
        rules=rules_of(license.state),
        manifest_number=transfer.manifest_number,
        shipper=counterparty_facts(license, transfer.shipper_license_number),
        transporter=None,
        lines=tuple(_incoming_line(row) for row in rows),
        scanned_labels=frozenset(row.label for row in rows if row.found_at is not None),
    )


def _incoming_line(row: TransferPackage) -> IncomingLine:
    found = quantity(row.found_quantity, row.unit) if row.found_quantity is not None else None
    verdict = IncomingVerdict(row.verdict) if row.verdict else None
    return IncomingLine(
        label=row.label,
        shipped=quantity(row.shipped_quantity or Decimal(0), row.unit),
        found=found,
        verdict=verdict,
        received=found if verdict is IncomingVerdict.ACCEPT else None,
        reject_reason=row.verdict_reason,
    )
