"""Forms of the laboratory's side: plan a sample, draw it, hand it over, file a certificate."""

from __future__ import annotations

from typing import Any

from glassbox.operations.actions.draft import draft_action
from glassbox.operations.lab.certificates import file_coa
from glassbox.operations.lab.sampling import hand_over_sample, mark_sample_taken, plan_sample
from glassbox.queries.choices import ListOf
from glassbox.queries.lab.pages import SamplePage, sample_page
from glassbox.queries.manifest_facts import sample_facts
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import quantity
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import (
    Opened,
    Sheet,
    WorkForm,
    check_field,
    choice_field,
    done_about,
    many_field,
    number_field,
    options_of,
    reason_field,
    scan_field,
)

PASSED, FAILED = "passed", "failed"


def _new(opened: Opened) -> Sheet:
    lists = opened.choices(ListOf.TAGS, ListOf.PACKAGES, ListOf.UNITS, ListOf.LABORATORIES)
    label = opened.asked.get("label", "")
    return Sheet(
        title="Plan a sample",
        sentence="The gates are asked now: the batch must be whole here, and every package of it "
        "a source. METRC learns of the sample by an action that is drafted next.",
        fields=(
            scan_field("label", "Tag of the sample", lists[ListOf.TAGS]),
            many_field(
                "source_labels",
                "Packages it is drawn from",
                lists[ListOf.PACKAGES],
                values=(label,) if label else (),
                hint="Every package of the batch: only sources of the sample get its result.",
            ),
            number_field("sample_quantity", "How much"),
            choice_field("unit", "Unit", lists[ListOf.UNITS], value="Each"),
            choice_field("laboratory_license_number", "Laboratory", lists[ListOf.LABORATORIES]),
            Field(name="sampled_by", label="Who draws it, of the laboratory"),
            check_field("is_final_form", "The goods are in their final form"),
            check_field("is_labelled", "The units carry their labels"),
            check_field(
                "is_research",
                "For research only",
                hint="Its result never changes the compliance state and is no certificate.",
            ),
        ),
    )


def _plan(opened: Opened, said: dict[str, Any]) -> str:
    return f"lab/{plan_sample(**opened.who(), **said)}/"


def _sample(opened: Opened) -> SamplePage:
    return sample_page(**opened.seen(), sample_id=opened.number)


def _facts(sample: SamplePage) -> tuple[tuple[str, str], ...]:
    row = sample.row
    return (
        ("Sample", row.label),
        ("Batch", row.batch_number or "–"),
        ("Amount", quantity(row.quantity, row.unit).text()),
        ("Laboratory", row.laboratory_license_number),
        ("State", row.state.replace("_", " ").capitalize()),
        ("Drawn by", sample.sampled_by),
    )


def _creation(opened: Opened) -> Sheet:
    sample = _sample(opened)
    return Sheet(
        title=f"Create the sample …{sample.row.label[-8:]} in METRC",
        sentence="Drafts the testing sample; somebody else approves before anything is sent.",
        facts=_facts(sample),
        why_not="" if sample.row.state == "PLANNED" else "The sample was taken already.",
        fields=(reason_field(f"Compliance sample of {sample.row.batch_number}"),),
    )


def _create(opened: Opened, said: dict[str, Any]) -> str:
    action_id = draft_action(
        **opened.who(),
        kind="package.create_testing_sample",
        facts=sample_facts(**opened.seen(), sample_id=opened.number, now=opened.now),
        reason=said["reason"],
    )
    return f"actions/{action_id}/"


def _when(name: str) -> Field:
    return Field(
        name=name, label="When", kind=FieldKind.MOMENT, is_optional=True, hint="Empty: now."
    )


def _drawing(opened: Opened) -> Sheet:
    sample = _sample(opened)
    return Sheet(
        title=f"Witness the drawing of …{sample.row.label[-8:]}",
        sentence="You say that the laboratory's person drew it before your eyes and on video.",
        facts=_facts(sample),
        why_not="" if sample.row.state == "PLANNED" else "It was taken already.",
        fields=(
            Field(name="video_reference", label="Recording", hint="Camera and time: CAM-3 10:15."),
            _when("taken_at"),
        ),
    )


def _custody(opened: Opened) -> Sheet:
    sample = _sample(opened)
    return Sheet(
        title=f"Hand over …{sample.row.label[-8:]}",
        sentence="One link of the chain of custody, which has no gaps.",
        facts=_facts(sample),
        why_not="It was not taken yet." if sample.row.state == "PLANNED" else "",
        fields=(
            Field(name="handed_to", label="To whom"),
            Field(name="seal_number", label="Seal"),
            Field(name="condition", label="In what condition", value="sealed and dry"),
            _when("handed_at"),
        ),
    )


def _certificate(opened: Opened) -> Sheet:
    sample = _sample(opened)
    row = sample.row
    verdicts = options_of(PASSED, FAILED)
    return Sheet(
        title=f"File a certificate of …{row.label[-8:]}",
        sentence="Type what the paper says, also where it is wrong: the review compares it with "
        "the batch and with METRC. A newer certificate never overwrites an older one.",
        facts=_facts(sample),
        why_not="It was not taken yet." if row.state == "PLANNED" else "",
        fields=(
            Field(name="paper", label="Certificate (PDF)", kind=FieldKind.FILE),
            Field(name="certificate_number", label="Certificate number"),
            Field(
                name="laboratory_license_number",
                label="Laboratory's licence on the paper",
                value=row.laboratory_license_number,
            ),
            Field(
                name="production_batch_number",
                label="Batch number on the paper",
                value=row.batch_number,
            ),
            Field(name="sample_label", label="Sample UID on the paper", value=row.label),
            Field(name="issued_date", label="Issued on", kind=FieldKind.DATE, value=opened.today),
            choice_field("passed", "Overall result", verdicts),
            *(
                choice_field(f"panel-{number}", name, verdicts, is_optional=True, hint=hint)
                for number, (name, hint) in enumerate(_panels(sample))
            ),
            number_field("thc_mg_per_unit", "THC in one unit", "mg", is_optional=True),
        ),
    )


def _panels(sample: SamplePage) -> list[tuple[str, str]]:
    """Return the panels to ask for, each with what is said of it."""
    further = [(name, "Where the product's kind asks for it.") for name in sample.panels.further]
    return [(name, "") for name in sample.panels.required] + further


def _file(opened: Opened, said: dict[str, Any]) -> str:
    paper = said.pop("paper")
    panels = {
        name: said.pop(f"panel-{number}")
        for number, (name, _) in enumerate(_panels(_sample(opened)))
    }
    file_coa(
        **opened.who(),
        sample_id=opened.number,
        content=paper.content,
        file_name=paper.name,
        panels={name: verdict == PASSED for name, verdict in panels.items() if verdict},
        **said | {"passed": said["passed"] == PASSED},
    )
    return f"lab/{opened.subject}/"


NEW_SAMPLE = WorkForm(
    button="Plan the sample",
    done="The sample is planned.",
    nav="lab",
    permission=Permission.SAMPLE_TAKE,
    sheet=_new,
    do=_plan,
)
SAMPLE_CREATION = WorkForm(
    button="Draft it",
    done="The testing sample is drafted.",
    nav="lab",
    permission=Permission.ACTION_DRAFT,
    sheet=_creation,
    do=_create,
)
SAMPLE_DRAWING = WorkForm(
    button="I saw it drawn",
    done="The drawing is recorded.",
    nav="lab",
    permission=Permission.SAMPLE_TAKE,
    sheet=_drawing,
    do=done_about(mark_sample_taken, "sample_id", "lab"),
)
SAMPLE_CUSTODY = WorkForm(
    button="It is handed over",
    done="The link of the chain is recorded.",
    nav="lab",
    permission=Permission.SAMPLE_TAKE,
    sheet=_custody,
    do=done_about(hand_over_sample, "sample_id", "lab"),
)
CERTIFICATE = WorkForm(
    button="File the certificate",
    done="The certificate is filed.",
    nav="lab",
    permission=Permission.COA_FILE,
    sheet=_certificate,
    do=_file,
)
