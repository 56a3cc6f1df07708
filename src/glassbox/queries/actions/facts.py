"""Everything the gates of one action look at: its goods, tags, lanes, people, and its transfer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from glassbox.models.actions import RegulatedAction
from glassbox.models.catalog import Tag, TagStatus
from glassbox.models.companies import License
from glassbox.models.lab import LabSample
from glassbox.models.packages import Package
from glassbox.models.transfers import Transfer
from glassbox.queries.action_labels import naming
from glassbox.queries.actions.standing import Standing
from glassbox.queries.gate_facts import (
    counterparties,
    counterparty_facts,
    incoming_facts,
    license_facts,
    package_facts,
    transfer_facts,
)
from glassbox.rules.action_kinds.facts import FactReader, Facts
from glassbox.rules.action_kinds.kind import ActionKind, Expectation
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import UNRESOLVED
from glassbox.rules.gates.action_facts import ActionFacts, Moment, SourceUse
from glassbox.rules.gates.facts import PackageFacts, TagFacts
from glassbox.rules.gates.incoming import IncomingFacts
from glassbox.rules.gates.sampling import SamplingFacts
from glassbox.rules.gates.transfer_facts import TransferFacts
from glassbox.rules.incoming import IncomingVerdict
from glassbox.rules.lab_status import words
from glassbox.rules.package_state import LocalState
from glassbox.rules.policy import read_policy
from glassbox.rules.quantities import Quantity, sum_of
from glassbox.rules.rule_lines import Rules


def action_facts(
    action: RegulatedAction,
    moment: Moment,
    *,
    standing: Standing,
    approver_id: int | None,
    now: datetime,
) -> ActionFacts:
    """Return all that the gates of an action look at, inside the caller's transaction.

    The number of statements does not grow with the goods.
    """
    license, kind, facts = action.license, kind_named(action.kind), action.facts
    expected = kind.expect(facts, None)
    new_labels = {package.label for package in expected.new_packages}
    goods = package_facts(
        license.pk,
        [label for label in kind.labels(facts) if label not in new_labels],
        besides_action_id=action.pk,
    )
    held_now = {one.label: one.metrc.quantity for one in goods if one.metrc is not None}
    policy = read_policy(license.policy)
    people = policy.people_needed(kind.tier)
    # At the approval the approver binds to the content as it is; later the stored hash counts.
    signed = standing.approved_sha256 if moment is Moment.CLAIM else action.payload_sha256
    return ActionFacts(
        acting=license_facts(license),
        checked_at=now,
        rules=standing.rules,
        packages=goods,
        moment=moment,
        license_kinds=kind.license_kinds,
        needs_other_person=people >= 2,
        people_needed=people,
        reviewer_ids=standing.reviewer_ids,
        effect_moved=kind.moved_effect(facts, held_now),
        moved_since_draft=_moved(action.drafted_reading or {}, goods),
        drafter_id=action.drafted_by_id,
        approver_id=approver_id,
        payload_sha256=action.payload_sha256,
        approved_sha256="" if moment is Moment.DRAFT else signed,
        actor_has_grant=standing.has_grant,
        missing_flag=standing.missing_flag,
        drafter_has_key=kind.is_done_in_metrc or standing.has_key,
        new_tags=tag_facts(license.pk, new_labels, action_id=action.pk),
        uses=_uses(expected),
        made=_made(expected),
        access_is_lost=license.access_lost_at is not None,
        writing_is_on=license.writes_are_on,
        terms_are_accepted=standing.terms.are_current,
        clock_difference_seconds=standing.clock_difference_seconds,
        taken_lanes=standing.taken_lanes,
        transfer=_outgoing(action, kind, standing.rules, goods, now),
        sampling=_sampling_facts(license, expected, standing.rules, goods, now)
        if kind.name == "package.create_testing_sample"
        else None,
        incoming=_incoming(action, kind, expected, standing.rules, now),
    )


def metrc_words(goods: Iterable[PackageFacts]) -> dict[str, dict[str, str]]:
    """Return METRC's word of each package in plain texts, to be kept and compared later."""
    return {
        one.label: {
            "quantity": one.metrc.quantity.text(),
            "item": one.metrc.item_name,
            "testing": words(one.metrc.lab_testing_state),
            "list": one.metrc.seen_in.value.replace("_", " ").lower(),
            "state hold": "yes" if one.metrc.is_on_hold else "no",
        }
        for one in goods
        if one.metrc is not None
    }


def _moved(then: Mapping[str, Mapping[str, str]], goods: Iterable[PackageFacts]) -> tuple[str, ...]:
    return tuple(
        f"METRC shows {label}: {name} {shown[name]} now, {then[label][name]} when it was drafted."
        for label, shown in metrc_words(goods).items()
        for name in shown
        if label in then and then[label].get(name, shown[name]) != shown[name]
    )


def _outgoing(
    action: RegulatedAction,
    kind: ActionKind,
    rules: Rules,
    goods: tuple[PackageFacts, ...],
    now: datetime,
) -> TransferFacts | None:
    if action.transfer is None or not kind.name.startswith(("template.", "manifest.")):
        return None
    return _as_drafted(action.license, action.transfer, action.facts, rules, goods, now)


def _incoming(
    action: RegulatedAction, kind: ActionKind, expected: Expectation, rules: Rules, now: datetime
) -> IncomingFacts | None:
    if action.transfer is None or not kind.name.startswith("delivery.re"):
        return None
    return _as_entered(action.license, action.transfer, expected, rules, now)


def tag_facts(
    license_id: int, labels: Iterable[str], *, action_id: int | None
) -> tuple[TagFacts, ...]:
    """Return what our ledger of tags says of each label that is to become a package."""
    wanted = sorted(labels)
    if not wanted:
        return ()
    tags = {tag.label: tag for tag in Tag.objects.filter(license_id=license_id, label__in=wanted)}
    used = set(
        Package.objects.filter(license_id=license_id, label__in=wanted).values_list(
            "label", flat=True
        )
    )
    reserved: dict[str, int] = {}
    open_actions = RegulatedAction.objects.filter(
        naming([license_id], wanted),
        license_id=license_id,
        state__in=["DRAFT", "IN_REVIEW", "APPROVED", *UNRESOLVED],
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


def _as_drafted(
    license: License,
    transfer: Transfer,
    facts: Facts,
    rules: Rules,
    goods: tuple[PackageFacts, ...],
    now: datetime,
) -> TransferFacts:
    """Return the planned transfer as the action would really send it, so that gates judge that.

    Packages that are not those of the plan stand beside its lines and stop it.
    """
    if not goods:
        return transfer_facts(license, transfer, now, rules=rules)
    reader = FactReader(facts)
    recipient = reader.text("recipient_license_number")
    carrier = (
        reader.text("transporter_license_number")
        if reader.has("transporter_license_number")
        else transfer.transporter_license_number
    )
    planned = (transfer.receiver_license_number, transfer.transporter_license_number)
    others = counterparties(license, (recipient, carrier, *planned))
    arrives_at = reader.moment("arrives_at")
    return replace(
        transfer_facts(license, transfer, now, rules=rules, packages=goods, others=others),
        destination=others[recipient],
        transporter=others[carrier],
        transfer_type=reader.text("transfer_type"),
        invoice_number=reader.optional_text("invoice_number") or "",
        departs_at=reader.moment("departs_at"),
        arrives_at=arrives_at,
        delivery_date=arrives_at.astimezone(ZoneInfo(license.time_zone)).date(),
    )


def _as_entered(
    license: License, transfer: Transfer, expected: Expectation, rules: Rules, now: datetime
) -> IncomingFacts:
    """Return the delivery with what the action would enter in METRC, not with what was found."""
    delivery = incoming_facts(license, transfer, now, rules=rules)
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


def _sampling_facts(
    license: License,
    expected: Expectation,
    rules: Rules,
    goods: tuple[PackageFacts, ...],
    now: datetime,
) -> SamplingFacts:
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
        packages=goods,
        checked_at=now,
        rules=rules,
        batch_number=number,
        batch_labels=batch_labels,
        source_labels=sources,
        sample=sample.quantity,
        laboratory=counterparty_facts(license, laboratory),
        is_final_form=planned is not None,
        is_labelled=planned is not None,
    )
