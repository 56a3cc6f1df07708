"""Registering a manifest, which METRC lets only people do (ME-01)."""

from __future__ import annotations

from glassbox.rules.action_kinds.facts import FactReader, Facts
from glassbox.rules.action_kinds.kind import (
    BOTH,
    DONE_AT,
    METRC_NOTE,
    ActionKind,
    AttestationField,
    Change,
    Instructions,
    Judgement,
    Keying,
    Read,
    Tier,
    absent,
    applied,
    cannot_tell,
    different,
    no_effect,
    package_lanes,
)
from glassbox.rules.action_kinds.payloads import Body
from glassbox.rules.action_kinds.reading import Reading
from glassbox.rules.gates.actions import TRANSFER_ACTION_GATES

MOST_PACKAGES = 500


def _register_read(facts: Facts) -> FactReader:
    reader = FactReader(facts)
    reader.only(
        *("template_name", "recipient_license_number", "transfer_type", "labels"),
        *("driver_name", "plate", "departs_at", "arrives_at", "invoice_number"),
    )
    return reader


def _register_payload(facts: Facts) -> list[Body]:
    _register_instructions(facts)
    return []


def _register_instructions(facts: Facts) -> Instructions:
    reader = _register_read(facts)
    labels = reader.tags("labels")
    return Instructions(
        page="Transfers › Licensed › Templates",
        steps=(
            f'Find the template "{reader.text("template_name")}" and press Use.',
            "Compare every value below with the form; change nothing else.",
            "Press Register Transfer and note the manifest number.",
        ),
        values=(
            ("Template", reader.text("template_name")),
            ("Destination", reader.text("recipient_license_number")),
            ("Transfer type", reader.text("transfer_type")),
            ("Invoice number", reader.optional_text("invoice_number") or "none"),
            ("Driver", reader.text("driver_name")),
            ("Vehicle plate", reader.text("plate")),
            ("Estimated departure", reader.moment("departs_at").isoformat()),
            ("Estimated arrival", reader.moment("arrives_at").isoformat()),
            *(("Package", label) for label in labels),
        ),
        attestation_fields=(
            AttestationField(name="manifest_number", title="Manifest number METRC gave"),
            DONE_AT,
            METRC_NOTE,
        ),
    )


def _register_sentence(facts: Facts) -> str:
    reader = _register_read(facts)
    count = len(reader.tags("labels"))
    packages = "1 package" if count == 1 else f"{count} packages"
    return (
        f"Register in METRC the manifest to {reader.text('recipient_license_number')} from the "
        f'template "{reader.text("template_name")}" with {packages}.'
    )


def _judge_register(facts: Facts, preimage: Reading | None, reading: Reading) -> Judgement:
    reader = _register_read(facts)
    labels = frozenset(reader.tags("labels"))
    recipient = reader.text("recipient_license_number")
    known = {seen.transfer_id for seen in preimage.transfers} if preimage else set()
    new = [
        seen
        for seen in reading.transfers
        if seen.transfer_id not in known and not seen.is_voided and seen.labels & labels
    ]
    for seen in new:
        if seen.labels == labels and seen.recipient_license_number == recipient:
            return applied(
                f"METRC has manifest {seen.manifest_number} to {recipient} with exactly these "
                "packages."
            )
    if new:
        return different(
            f"METRC has manifest {new[0].manifest_number} to "
            f"{new[0].recipient_license_number}, with other packages or another destination."
        )
    if not reading.transfers_whole:
        return cannot_tell("METRC's outgoing transfers could not be read whole.")
    return absent("METRC shows no manifest with these packages yet.")


REGISTER_MANIFEST = ActionKind(
    name="manifest.register",
    title="Register a manifest in METRC",
    tier=Tier.STANDARD,
    license_kinds=BOTH,
    endpoint="",
    keying=Keying.TARGET_VALUE,
    max_objects_per_send=MOST_PACKAGES,
    build_payload=_register_payload,
    natural_key=lambda facts: f"template:{FactReader(facts).text('template_name').casefold()}",
    labels=lambda facts: _register_read(facts).tags("labels"),
    lanes=lambda facts: package_lanes(_register_read(facts).tags("labels")),
    effect_sentence=_register_sentence,
    before_after=lambda facts, preimage: tuple(
        Change(subject=label, field="state", before="active", after="on a registered manifest")
        for label in _register_read(facts).tags("labels")
    ),
    expect=no_effect,
    deciding_reads=lambda facts: (Read(endpoint="GET /transfers/v2/outgoing"),),
    judge_probe=_judge_register,
    gates=TRANSFER_ACTION_GATES,
    instructions=_register_instructions,
)

KINDS = (REGISTER_MANIFEST,)
