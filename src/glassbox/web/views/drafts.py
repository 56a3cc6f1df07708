"""Forms that begin an action on one package, from an adjustment to its discontinuing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from glassbox.operations.actions.draft import draft_action
from glassbox.queries.drafting import DraftChoices, draft_choices
from glassbox.rules.action_kinds.facts import FactReader
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused
from glassbox.web.middleware import refusal_status
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


@dataclass(frozen=True, kw_only=True)
class DraftForm:
    """One form: its words, its fields, and how its fields become the facts of an action."""

    kind: str
    title: str
    button: str
    fields: tuple[tuple[str, str, str], ...]
    facts: Callable[[dict[str, str], DraftChoices], dict[str, Any]]
    kind_by_difference: str = ""

    def kind_at(self, choices: DraftChoices) -> str:
        """Return the kind that METRC of the state takes."""
        by_difference = self.kind_by_difference and not choices.sets_final_quantities
        return self.kind_by_difference if by_difference else self.kind


def _adjust(said: dict[str, str], choices: DraftChoices) -> dict[str, Any]:
    """People say what is there; the state says whether METRC is told that or the difference."""
    amount = {"quantity_before": choices.metrc_quantity_text, "quantity": said["quantity"]}
    if not choices.sets_final_quantities:
        amount = {"difference": _difference(said["quantity"], choices)}
    return {
        "label": choices.label,
        **amount,
        "unit": choices.unit,
        "reason": said["metrc_reason"],
        "note": said["note"],
        "date": choices.today,
    }


def _difference(quantity: str, choices: DraftChoices) -> str:
    final = FactReader({"quantity": quantity}).decimal("quantity")
    if choices.metrc_quantity is None:
        raise InvalidInput(
            field="quantity",
            value=quantity,
            way_out="METRC's own quantity is not read yet; read METRC again first.",
        )
    if final < 0:
        raise InvalidInput(field="quantity", value=final, way_out="Set zero or more.")
    if final == choices.metrc_quantity:
        raise InvalidInput(field="quantity", value=final, way_out="Set another quantity than now.")
    return f"{final - choices.metrc_quantity:f}"


def _move(said: dict[str, str], choices: DraftChoices) -> dict[str, Any]:
    return {"labels": [choices.label], "location": said["location"], "date": choices.today}


def _finish(said: dict[str, str], choices: DraftChoices) -> dict[str, Any]:
    return {"labels": [choices.label], "date": choices.today}


def _split(said: dict[str, str], choices: DraftChoices) -> dict[str, Any]:
    return {
        "packages": [
            {
                "tag": said["tag"],
                "item": choices.item_name,
                "quantity": said["quantity"],
                "unit": choices.unit,
                "date": choices.today,
                **({"location": said["location"]} if said["location"] else {}),
                "use_same_item": True,
                "ingredients": [
                    {
                        "label": choices.label,
                        "quantity": said["quantity"],
                        "unit": choices.unit,
                    }
                ],
            }
        ]
    }


def _of_one(*fields: str) -> Callable[[dict[str, str], DraftChoices], dict[str, Any]]:
    """Return what takes the fields as they were typed, for one package; blank ones are left out."""

    def facts(said: dict[str, str], choices: DraftChoices) -> dict[str, Any]:
        return {
            "labels": [choices.label],
            **{name: said[name] for name in fields if said[name]},
        }

    return facts


def _remediate(said: dict[str, str], choices: DraftChoices) -> dict[str, Any]:
    return {**_of_one("method", "steps")(said, choices), "date": choices.today}


def _discontinue(said: dict[str, str], choices: DraftChoices) -> dict[str, Any]:
    return {
        "id": choices.metrc_id,
        "label": choices.label,
        "quantity": choices.metrc_quantity_text,
        "unit": choices.unit,
        "returns": [
            {"label": label, "quantity": quantity, "unit": unit}
            for label, quantity, unit in choices.sources
        ],
    }


# Field name, its label, and the list it chooses from; empty for a text.
FORMS: dict[str, DraftForm] = {
    "adjust": DraftForm(
        kind="package.adjust",
        title="Adjust the quantity",
        button="Draft the adjustment",
        fields=(
            ("quantity", "New quantity", ""),
            ("metrc_reason", "METRC's reason", "adjust_reasons"),
            ("note", "Note for METRC", ""),
        ),
        facts=_adjust,
        kind_by_difference="package.adjust_by",
    ),
    "move": DraftForm(
        kind="package.move",
        title="Move to another location",
        button="Draft the move",
        fields=(("location", "Location", "locations"),),
        facts=_move,
    ),
    "split": DraftForm(
        kind="package.create",
        title="Split into a new package",
        button="Draft the split",
        fields=(
            ("tag", "Tag of the new package", "tags"),
            ("quantity", "Quantity of the new package", ""),
            ("location", "Location of the new package", "locations"),
        ),
        facts=_split,
    ),
    "finish": DraftForm(
        kind="package.finish",
        title="Finish the empty package",
        button="Draft the finishing",
        fields=(),
        facts=_finish,
    ),
    "note": DraftForm(
        kind="package.set_note",
        title="Set METRC's note",
        button="Draft the note",
        fields=(("note", "Note", ""),),
        facts=_of_one("note"),
    ),
    "dates": DraftForm(
        kind="package.set_dates",
        title="Set the dates",
        button="Draft the dates",
        fields=(
            ("expiration_date", "Expiration date, such as 2027-05-01", ""),
            ("sell_by_date", "Sell-by date", ""),
            ("use_by_date", "Use-by date", ""),
        ),
        facts=_of_one("expiration_date", "sell_by_date", "use_by_date"),
    ),
    "item": DraftForm(
        kind="package.change_item",
        title="Change the item",
        button="Draft the change of item",
        fields=(("item", "Item", "items"),),
        facts=_of_one("item"),
    ),
    "external-id": DraftForm(
        kind="package.set_external_id",
        title="Set the external id",
        button="Draft the external id",
        fields=(("external_id", "External id", ""),),
        facts=_of_one("external_id"),
    ),
    "remediate": DraftForm(
        kind="package.remediate",
        title="Record a remediation",
        button="Draft the remediation",
        fields=(
            ("method", "Method, as METRC lists it", ""),
            ("steps", "Steps that were taken", ""),
        ),
        facts=_remediate,
    ),
    "unfinish": DraftForm(
        kind="package.unfinish",
        title="Reopen the finished package",
        button="Draft the reopening",
        fields=(),
        facts=_of_one(),
    ),
    "discontinue": DraftForm(
        kind="package.discontinue",
        title="Discontinue the package",
        button="Draft the discontinuing",
        fields=(),
        facts=_discontinue,
    ),
}


@require_http_methods(["GET", "POST"])
def draft(request: PageRequest, label: str, form_name: str) -> HttpResponse:
    """Ask what is to be done with a package, and draft it; nothing is sent by this."""
    form = FORMS.get(form_name)
    if form is None or request.scope.license is None:
        raise NotFound("There is no such form here. Choose one licence and open its package.")
    choices = draft_choices(
        actor=request.actor,
        license_id=request.scope.license.id,
        label=label,
        now=request.now,
    )
    said = {name: request.POST.get(name, "").strip() for name, _, _ in form.fields}
    said["reason"] = request.POST.get("reason", "").strip()
    refusal: Refused | None = None
    if request.method == "POST":
        try:
            action_id = draft_action(
                actor=request.actor,
                license_id=request.scope.license.id,
                kind=form.kind_at(choices),
                facts=form.facts(said, choices),
                reason=said["reason"],
                now=request.now,
            )
        except (InvalidInput, Refused) as problem:
            if isinstance(problem, NotFound):
                raise
            refusal = problem
        else:
            return HttpResponseRedirect(f"/{request.scope.slug}/actions/{action_id}/")
    return page(
        request,
        "actions/draft.html",
        {
            "form": form,
            "fields": [
                (name, words, getattr(choices, source) if source else None, said[name])
                for name, words, source in form.fields
            ],
            "reason": said["reason"],
            "choices": choices,
            "label": label,
            "refusal": refusal,
            "nav": "packages",
        },
        status=refusal_status(refusal) if refusal else 200,
    )
