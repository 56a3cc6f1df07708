"""Forms at the receiving door: count a package, reject it, settle the delivery in METRC."""

from __future__ import annotations

from typing import Any

from glassbox.operations.actions.draft import draft_action
from glassbox.operations.incoming import check_delivery, record_receipt_count, reject_package
from glassbox.queries.choices import Option
from glassbox.queries.incoming import IncomingPage, IncomingRow, incoming_page, receive_facts
from glassbox.rules.incoming import IncomingVerdict
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import NotFound
from glassbox.web.forms.field import Field
from glassbox.web.forms.work_form import (
    Opened,
    Sheet,
    WorkForm,
    choice_field,
    done_about,
    number_field,
    options_of,
    reason_field,
)


def _delivery(opened: Opened) -> IncomingPage:
    return incoming_page(**opened.seen(), transfer_id=opened.number, now=opened.now)


def _facts(delivery: IncomingPage) -> tuple[tuple[str, str], ...]:
    counted = sum(1 for line in delivery.lines if line.verdict)
    return (
        ("Manifest", delivery.manifest_number),
        ("From", f"{delivery.shipper} {delivery.shipper_license_number}".strip()),
        ("Decided", f"{counted} of {len(delivery.lines)} packages"),
    )


def _options(lines: tuple[IncomingRow, ...]) -> tuple[Option, ...]:
    """Offer packages without their shipped quantity: who counts must not read it off."""
    return tuple(
        Option(
            value=line.label,
            words=f"{line.label} {line.item_name}" + (" (counted)" if line.verdict else ""),
        )
        for line in lines
    )


def _line(delivery: IncomingPage, label: str) -> IncomingRow:
    found = next((line for line in delivery.lines if line.label == label), None)
    if found is None:
        raise NotFound("There is no such package on this manifest.")
    return found


def _count_sheet(opened: Opened) -> Sheet:
    delivery = _delivery(opened)
    first = next((line.label for line in delivery.lines if not line.verdict), "")
    units = sorted({line.unit for line in delivery.lines})
    return Sheet(
        title="Count what arrived",
        sentence="Within the tolerance the package is taken in with what was found; outside it is "
        "rejected whole. What was shipped is not shown on purpose: count first.",
        facts=_facts(delivery),
        fields=(
            choice_field("label", "Package", _options(delivery.lines), value=first),
            number_field("found", "Found", units[0] if len(units) == 1 else "the package's unit"),
            Field(name="device", label="Scale or method", hint="Scale 2, or: case count 4 x 1000"),
        ),
    )


def _count(opened: Opened, said: dict[str, Any]) -> str:
    unit = _line(_delivery(opened), said["label"]).unit
    record_receipt_count(**opened.who(), transfer_id=opened.number, unit=unit, **said)
    return f"transfers/{opened.subject}/"


def _rejection(opened: Opened) -> Sheet:
    delivery = _delivery(opened)
    return Sheet(
        title="Reject a package whole",
        sentence="Whatever it weighs: it goes back with the driver.",
        facts=_facts(delivery),
        fields=(
            choice_field("label", "Package", _options(delivery.lines)),
            choice_field("reject_reason", "Ground", options_of(*delivery.reject_reasons)),
        ),
    )


def _check_sheet(opened: Opened) -> Sheet:
    delivery = _delivery(opened)
    return Sheet(
        title="The delivery is checked",
        sentence="You say that all of it was looked at; every gate is asked, the answer is kept.",
        facts=_facts(delivery),
        fields=(),
    )


def _settlement(opened: Opened) -> Sheet:
    delivery = _delivery(opened)
    blocks = [finding.message for finding in delivery.findings if finding.blocks]
    return Sheet(
        title="Settle the delivery in METRC",
        sentence="METRC lets only people receive. The card says which page and which values; once "
        "it is approved, do it in METRC and attest it.",
        facts=(
            *_facts(delivery),
            *((f"…{line.label[-8:]}", line.sentence) for line in delivery.lines),
        ),
        why_not=" ".join(blocks),
        fields=(reason_field("Counted at the dock"),),
    )


def _settle(opened: Opened, said: dict[str, Any]) -> str:
    facts = receive_facts(**opened.seen(), transfer_id=opened.number)
    is_rejected = all(one.verdict == IncomingVerdict.REJECT for one in _delivery(opened).lines)
    action_id = draft_action(
        **opened.who(),
        kind="delivery.reject" if is_rejected else "delivery.receive",
        facts=facts,
        reason=said["reason"],
        transfer_id=opened.number,
    )
    return f"actions/{action_id}/"


RECEIPT_COUNT = WorkForm(
    button="Record the count",
    done="The count is recorded.",
    nav="incoming",
    permission=Permission.INCOMING_CHECK,
    sheet=_count_sheet,
    do=_count,
)
REJECTION = WorkForm(
    button="Reject it whole",
    done="The package is to be rejected.",
    nav="incoming",
    permission=Permission.INCOMING_CHECK,
    sheet=_rejection,
    do=done_about(reject_package, "transfer_id", "transfers"),
)
CHECK = WorkForm(
    button="It is checked",
    done="The delivery is checked.",
    nav="incoming",
    permission=Permission.INCOMING_CHECK,
    sheet=_check_sheet,
    do=done_about(check_delivery, "transfer_id", "transfers"),
)
SETTLEMENT = WorkForm(
    button="Draft the card",
    done="The card is drafted.",
    nav="incoming",
    permission=Permission.INCOMING_CHECK,
    sheet=_settlement,
    do=_settle,
)
