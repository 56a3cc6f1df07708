"""Forms that print: labels of a batch, a sample's chain of custody, a release, a manifest packet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassbox.operations.papers import print_custody, print_labels, print_manifest, print_release
from glassbox.queries.lab.pages import qa_page, sample_page
from glassbox.queries.production.pages import batch_page
from glassbox.queries.transfers import transfer_page
from glassbox.rules.permissions import Permission
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import Opened, Sheet, WorkForm, choice_field, options_of

FILED = "The paper is filed with its hash and can be printed from here."


def _labels_sheet(opened: Opened) -> Sheet:
    batch = batch_page(**opened.seen(), batch_id=opened.number, now=opened.now)
    outputs = [one.label for one in batch.records if one.kind == "output"]
    return Sheet(
        title=f"Print labels of {batch.row.number}",
        sentence=FILED + " Count them when the run ends.",
        facts=(("Batch", batch.row.number), ("Product", batch.row.product)),
        why_not="" if outputs else "The batch has no output yet, so there is no UID to print.",
        fields=(
            choice_field(
                "label", "UID on the label", options_of(*outputs), value=next(iter(outputs), "")
            ),
            Field(name="count", label="How many", kind=FieldKind.WHOLE, unit="labels"),
            Field(name="packed_on", label="Packed on", kind=FieldKind.DATE, value=opened.today),
            Field(name="best_before", label="Best before", kind=FieldKind.DATE, is_optional=True),
        ),
    )


def _labels(opened: Opened, said: dict[str, Any]) -> str:
    best_before = said.pop("best_before")
    paper = print_labels(
        **opened.who(),
        batch_id=opened.number,
        best_before=best_before.isoformat() if best_before else "",
        **said | {"packed_on": said["packed_on"].isoformat()},
    )
    return f"documents/{paper}/"


def _custody_sheet(opened: Opened) -> Sheet:
    sample = sample_page(**opened.seen(), sample_id=opened.number)
    return Sheet(
        title=f"Print the chain of custody of …{sample.row.label[-8:]}",
        sentence=FILED,
        facts=(("Sample", sample.row.label), ("Links", str(len(sample.custody)))),
        fields=(),
    )


def _manifest_sheet(opened: Opened) -> Sheet:
    transfer = transfer_page(
        actor=opened.actor, license_ids=(opened.license_id,), transfer_id=opened.number
    )
    return Sheet(
        title="Print the packet for the driver",
        sentence=FILED,
        facts=(
            ("Manifest", transfer.row.manifest_number or "not registered yet"),
            ("To", transfer.row.receiver_license_number),
            ("Packages", str(transfer.row.package_count)),
        ),
        fields=(),
    )


def _release_sheet(opened: Opened) -> Sheet:
    qa = qa_page(**opened.seen(), label=opened.subject, now=opened.now)
    in_force = any(one.verdict == "RELEASED" and not one.revoked_at for one in qa.reviews)
    return Sheet(
        title=f"Print the release of …{opened.subject[-8:]}",
        sentence=FILED,
        facts=(("Package", opened.subject), ("Item", qa.item_name)),
        why_not="" if in_force else "No release of it is in force.",
        fields=(),
    )


def _release(opened: Opened, said: dict[str, Any]) -> str:
    qa = qa_page(**opened.seen(), label=opened.subject, now=opened.now)
    review = next(
        (one.id for one in qa.reviews if one.verdict == "RELEASED" and not one.revoked_at), 0
    )
    return f"documents/{print_release(**opened.who(), review_id=review)}/"


def _form(
    permission: Permission,
    nav: str,
    sheet: Callable[[Opened], Sheet],
    do: Callable[[Opened, dict[str, Any]], str],
) -> WorkForm:
    return WorkForm(
        button="Print it", done="It is filed.", nav=nav, permission=permission, sheet=sheet, do=do
    )


LABEL_PRINT = _form(Permission.LABEL_COUNT, "batches", _labels_sheet, _labels)
CUSTODY_PRINT = _form(
    Permission.SAMPLE_TAKE,
    "lab",
    _custody_sheet,
    lambda opened, _: f"documents/{print_custody(**opened.who(), sample_id=opened.number)}/",
)
MANIFEST_PRINT = _form(
    Permission.TRANSFER_PLAN,
    "outgoing",
    _manifest_sheet,
    lambda opened, _: f"documents/{print_manifest(**opened.who(), transfer_id=opened.number)}/",
)
RELEASE_PRINT = _form(Permission.QA_REVIEW, "lab", _release_sheet, _release)
