"""Everything the gates of one action look at: its goods, tags, lanes, people, and its transfer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from glassbox.models.actions import ActionLane, RegulatedAction
from glassbox.models.catalog import Tag, TagStatus
from glassbox.models.companies import License
from glassbox.models.credentials import MetrcCredential
from glassbox.models.lab import LabSample
from glassbox.models.packages import Package
from glassbox.models.people import RoleGrant
from glassbox.models.sync import ApiRequest
from glassbox.models.transfers import Transfer
from glassbox.queries.gate_facts import (
    counterparty_facts,
    incoming_facts,
    license_facts,
    package_facts,
    transfer_facts,
)
from glassbox.queries.rule_packs import rules_of
from glassbox.rules.action_kinds.facts import FactReader, Facts
from glassbox.rules.action_kinds.kind import ActionKind, Expectation
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import UNRESOLVED
from glassbox.rules.gates.actions import ActionFacts, Moment, SourceUse
from glassbox.rules.gates.facts import TagFacts
from glassbox.rules.gates.incoming import IncomingFacts
from glassbox.rules.gates.sampling import SamplingFacts
from glassbox.rules.gates.transfers import TransferFacts
from glassbox.rules.incoming import IncomingVerdict
from glassbox.rules.package_state import LocalState
from glassbox.rules.quantities import Quantity, sum_of


def action_facts(
    action: RegulatedAction,
    moment: Moment,
    *,
    approver_id: int | None,
    approved_sha256: str,
    now: datetime,
) -> ActionFacts:
    """Return all that the gates of an action look at, inside the caller's transaction."""
    license, kind, facts = action.license, kind_named(action.kind), action.facts
    expected = kind.expect(facts, None)
    new_labels = {package.label for package in expected.new_packages}
    return ActionFacts(
        acting=license_facts(license),
        checked_at=now,
        rules=rules_of(license.state),
        packages=package_facts(
            license.pk,
            [label for label in kind.labels(facts) if label not in new_labels],
            besides_action_id=action.pk,
        ),
        moment=moment,
        license_kinds=kind.license_kinds,
        needs_other_person=kind.needs_other_person,
        drafter_id=action.drafted_by_id,
        approver_id=approver_id,
        payload_sha256=action.payload_sha256,
        approved_sha256=approved_sha256,
        actor_has_grant=_has_grant(action),
        drafter_has_key=kind.is_done_in_metrc or _has_key(action),
        new_tags=tag_facts(license.pk, new_labels, action_id=action.pk),
        uses=_uses(expected),
        made=_made(expected),
        access_is_lost=license.access_lost_at is not None,
        clock_difference_seconds=_clock_difference(license.pk),
        taken_lanes=_taken_lanes(license.pk, kind.lanes(facts), action.pk),
        transfer=_outgoing(action, kind, now),
        sampling=_sampling_facts(license, expected, now)
        if kind.name == "package.create_testing_sample"
        else None,
        incoming=_incoming(action, kind, expected, now),
    )


def _has_grant(action: RegulatedAction) -> bool:
    return RoleGrant.objects.filter(
        license=action.license, user_id=action.drafted_by_id, valid_until__isnull=True
    ).exists()


def _has_key(action: RegulatedAction) -> bool:
    keys = MetrcCredential.objects.filter(license=action.license, user_id=action.drafted_by_id)
    return keys.filter(revoked_at__isnull=True, is_for_sync=False).exists()


def _outgoing(action: RegulatedAction, kind: ActionKind, now: datetime) -> TransferFacts | None:
    if action.transfer is None or not kind.name.startswith(("template.", "manifest.")):
        return None
    return _as_drafted(action.license, action.transfer, kind, action.facts, now)


def _incoming(
    action: RegulatedAction, kind: ActionKind, expected: Expectation, now: datetime
) -> IncomingFacts | None:
    if action.transfer is None or not kind.name.startswith("delivery.re"):
        return None
    return _as_entered(action.license, action.transfer, expected, now)


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


def _as_drafted(
    license: License, transfer: Transfer, kind: ActionKind, facts: Facts, now: datetime
) -> TransferFacts:
    """Return the planned transfer as the action would really send it, so that gates judge that.

    Packages that are not those of the plan stand beside its lines and stop it.
    """
    planned = transfer_facts(license, transfer, now)
    labels = kind.labels(facts)
    if not labels:
        return planned
    reader = FactReader(facts)
    arrives_at = reader.moment("arrives_at")
    carrier = planned.transporter
    if reader.has("transporter_license_number"):
        carrier = counterparty_facts(license, reader.text("transporter_license_number"))
    return replace(
        planned,
        packages=package_facts(license.pk, labels),
        destination=counterparty_facts(license, reader.text("recipient_license_number")),
        transporter=carrier,
        transfer_type=reader.text("transfer_type"),
        invoice_number=reader.optional_text("invoice_number") or "",
        departs_at=reader.moment("departs_at"),
        arrives_at=arrives_at,
        delivery_date=arrives_at.astimezone(ZoneInfo(license.time_zone)).date(),
    )


def _as_entered(
    license: License, transfer: Transfer, expected: Expectation, now: datetime
) -> IncomingFacts:
    """Return the delivery with what the action would enter in METRC, not with what was found."""
    delivery = incoming_facts(license, transfer, now)
    entered = {booking.label: booking.quantity for booking in expected.bookings}
    return replace(
        delivery,
        lines=tuple(
            replace(
                line,
                received=entered.get(line.label),
                verdict=None
                if line.verdict is None
                else IncomingVerdict.ACCEPT
                if line.label in entered
                else IncomingVerdict.REJECT,
            )
            for line in delivery.lines
        ),
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
