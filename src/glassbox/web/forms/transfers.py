"""Forms of outgoing transfers: plan, release, template, manifest, load, cancel, take back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassbox.operations.actions.draft import draft_action
from glassbox.operations.transfers.plan import cancel_transfer, plan_transfer
from glassbox.operations.transfers.release import dispatch_transfer, release_transfer
from glassbox.queries.choices import ListOf, Option
from glassbox.queries.manifest_facts import register_facts, take_back_facts, template_facts
from glassbox.queries.transfers import TransferPage, transfer_page
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import quantity
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import (
    Opened,
    Sheet,
    WorkForm,
    choice_field,
    done_about,
    many_field,
    reason_field,
)

FactsOf = Callable[..., dict[str, Any]]


def _new(opened: Opened) -> Sheet:
    lists = opened.choices(
        ListOf.PARTNERS,
        ListOf.TRANSFER_TYPES,
        ListOf.PACKAGES,
        ListOf.DRIVERS,
        ListOf.VEHICLES,
        ListOf.ORDERS,
    )
    partners = lists[ListOf.PARTNERS]
    return Sheet(
        title="Plan a transfer",
        sentence="One destination and one transporter to a manifest. Nothing leaves by this: the "
        "gates are asked when somebody else releases it.",
        fields=(
            choice_field(
                "order_id",
                "For order",
                lists[ListOf.ORDERS],
                is_optional=True,
                value=opened.asked.get("order", ""),
                hint="Prices then come from the order.",
            ),
            choice_field(
                "receiver_license_number",
                "To",
                tuple(one for one in partners if one.value != opened.license_number),
            ),
            choice_field(
                "transporter_license_number", "Carried by", partners, value=opened.license_number
            ),
            choice_field("transfer_type", "Transfer type", lists[ListOf.TRANSFER_TYPES]),
            many_field("packages", "Packages", lists[ListOf.PACKAGES]),
            Field(name="departs_at", label="Leaves", kind=FieldKind.MOMENT),
            Field(name="arrives_at", label="Arrives", kind=FieldKind.MOMENT),
            Field(name="planned_route", label="Planned route", kind=FieldKind.LONG),
            Field(name="invoice_number", label="Invoice number", is_optional=True),
            choice_field("driver_name", "Driver", lists[ListOf.DRIVERS], is_optional=True),
            choice_field("vehicle_plate", "Vehicle", lists[ListOf.VEHICLES], is_optional=True),
        ),
    )


def _plan(opened: Opened, said: dict[str, Any]) -> str:
    order = said.pop("order_id")
    transfer_id = plan_transfer(
        **opened.who(),
        order_id=int(order) if order else None,
        **said | {"packages": [{"label": label} for label in said["packages"]]},
    )
    return f"transfers/{transfer_id}/"


def _transfer(opened: Opened) -> TransferPage:
    return transfer_page(
        actor=opened.actor, license_ids=(opened.license_id,), transfer_id=opened.number
    )


def _facts(transfer: TransferPage) -> tuple[tuple[str, str], ...]:
    row = transfer.row
    return (
        ("To", f"{row.receiver} {row.receiver_license_number}".strip()),
        ("Packages", str(row.package_count)),
        ("State", row.state.replace("_", " ").capitalize()),
        ("Driver", transfer.driver or "–"),
        ("Vehicle", transfer.vehicle or "–"),
    )


def _about(title: str, sentence: str, *fields: Field) -> Callable[[Opened], Sheet]:
    def sheet(opened: Opened) -> Sheet:
        return Sheet(title=title, sentence=sentence, facts=_facts(_transfer(opened)), fields=fields)

    return sheet


def _drafting(kind: str, facts_of: FactsOf) -> Callable[[Opened, dict[str, Any]], str]:
    def draft(opened: Opened, said: dict[str, Any]) -> str:
        action_id = draft_action(
            **opened.who(),
            kind=kind,
            facts=facts_of(**opened.seen(), transfer_id=opened.number),
            reason=said["reason"],
            transfer_id=opened.number,
        )
        return f"actions/{action_id}/"

    return draft


def _loading(opened: Opened) -> Sheet:
    transfer = _transfer(opened)
    return Sheet(
        title="Load the truck",
        sentence="Tick what is really loaded, one by one: it must be exactly the manifest.",
        facts=_facts(transfer),
        fields=(
            many_field(
                "loaded_labels",
                "Loaded",
                tuple(
                    Option(
                        value=one.label,
                        words=f"{one.label} {one.item_name}"
                        + (
                            ""
                            if one.shipped_quantity is None
                            else f", {quantity(one.shipped_quantity, one.unit).text()}"
                        ),
                    )
                    for one in transfer.packages
                ),
            ),
            Field(name="seal_number", label="Seal", is_optional=True),
        ),
    )


NEW_TRANSFER = WorkForm(
    button="Plan the transfer",
    done="The transfer is planned.",
    nav="outgoing",
    permission=Permission.TRANSFER_PLAN,
    sheet=_new,
    do=_plan,
)
RELEASE = WorkForm(
    button="Release it",
    done="The transfer is released.",
    nav="outgoing",
    permission=Permission.TRANSFER_DISPATCH,
    sheet=_about(
        "Release the transfer",
        "Every gate is asked now and the answer kept. Who planned it cannot release it.",
        Field(name="comment", label="Comment", is_optional=True),
    ),
    do=done_about(release_transfer, "transfer_id", "transfers"),
)
TEMPLATE = WorkForm(
    button="Draft the template",
    done="The template is drafted.",
    nav="outgoing",
    permission=Permission.ACTION_DRAFT,
    sheet=_about(
        "Store the template in METRC",
        "A template moves no package: it is what a person registers the manifest from.",
        reason_field("The manifest's template"),
    ),
    do=_drafting("template.create", template_facts),
)
REGISTRATION = WorkForm(
    button="Draft the card",
    done="The card is drafted.",
    nav="outgoing",
    permission=Permission.ACTION_DRAFT,
    sheet=_about(
        "Register the manifest by hand",
        "METRC lets only people do this. The card says which page and which values; once it is "
        "approved, do it in METRC and attest it.",
        reason_field("Register the manifest"),
    ),
    do=_drafting("manifest.register", register_facts),
)
LOADING = WorkForm(
    button="This is loaded",
    done="The load is recorded.",
    nav="outgoing",
    permission=Permission.TRANSFER_DISPATCH,
    sheet=_loading,
    do=done_about(dispatch_transfer, "transfer_id", "transfers"),
)
TAKE_BACK = WorkForm(
    button="Draft the card",
    done="The card is drafted.",
    nav="outgoing",
    permission=Permission.ACTION_DRAFT,
    sheet=_about(
        "Take rejected packages back",
        "METRC lets only people do this. The card says which page and which values.",
        reason_field("The receiver rejected them"),
    ),
    do=_drafting("delivery.take_back", take_back_facts),
)
TRANSFER_CANCELLATION = WorkForm(
    button="Cancel the transfer",
    done="The transfer is cancelled.",
    nav="outgoing",
    permission=Permission.TRANSFER_PLAN,
    sheet=_about(
        "Cancel the transfer",
        "Only before METRC has a manifest; that one is voided in METRC.",
        Field(name="because", label="Why", kind=FieldKind.LONG),
    ),
    do=done_about(cancel_transfer, "transfer_id", "transfers"),
)
