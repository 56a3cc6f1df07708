"""Gates on single packages: ours, fresh, active, unheld, certain, and counted alike."""

from __future__ import annotations

from collections.abc import Iterator

from glassbox.rules.clocks import elapsed_text
from glassbox.rules.gates.facts import GateFacts, PackageFacts
from glassbox.rules.package_state import STOPPED, LocalState
from glassbox.rules.rule_lines import threshold
from glassbox.rules.verdicts import Finding


def package_is_ours(facts: GateFacts) -> Iterator[Finding]:
    """Block when METRC does not show the package under the acting licence (G0)."""
    for package in facts.packages:
        if package.metrc is None:
            yield from facts.broken(
                "G0",
                code="package.not-ours",
                subject=package.label,
                message=f"METRC does not show {package.label} under {facts.acting.number}.",
                fix="Act under the licence that holds it, or wait until METRC shows it here.",
            )


def package_is_fresh(facts: GateFacts) -> Iterator[Finding]:
    """Block when METRC's word is too old or came from a partial walk (G3)."""
    limit = threshold(facts.rules, "G3", "fresh_seconds")
    for package in facts.packages:
        if package.metrc is None:
            continue
        age = facts.checked_at - package.metrc.seen_at
        if age.total_seconds() > limit:
            yield from _stale(facts, package, f"was read {elapsed_text(age)} ago")
        elif not package.sync_was_whole:
            yield from _stale(facts, package, "was read by a sync that did not finish")


def _stale(facts: GateFacts, package: PackageFacts, how: str) -> Iterator[Finding]:
    return facts.broken(
        "G3",
        code="package.stale",
        subject=package.label,
        message=f"What METRC says of {package.label} {how}.",
        fix="Read it again from METRC.",
    )


def package_is_active(facts: GateFacts) -> Iterator[Finding]:
    """Block when METRC does not list the package as active here (the mission's package status)."""
    for package in facts.packages:
        if package.metrc is not None and package.metrc.is_finished:
            state = "finished"
        elif package.metrc is not None and package.metrc.seen_in not in ("ACTIVE", "ON_HOLD"):
            state = package.metrc.seen_in.replace("_", " ").lower()
        else:
            continue
        yield from facts.broken(
            "MS-STATUS",
            code="package.not-active",
            subject=package.label,
            message=f"METRC shows {package.label} as {state}, not active.",
            fix="Take it off, or correct its state in METRC first.",
        )


def package_is_not_held_by_state(facts: GateFacts) -> Iterator[Finding]:
    """Block when METRC flags a hold, recall or investigation on it or an ancestor (G2, QA-11)."""
    for package in facts.packages:
        metrc = package.metrc
        flagged = metrc is not None and (metrc.is_on_hold or metrc.is_on_recall)
        on_list = metrc is not None and metrc.seen_in == "ON_HOLD"
        ours = package.local_state in {LocalState.STATE_HOLD, LocalState.RECALLED}
        if flagged or on_list or ours:
            message = f"{package.label} is on a State hold, recall or investigation."
        elif package.held_ancestors:
            message = f"{package.label} descends from {package.held_ancestors[0]}, which is held."
        else:
            continue
        yield from facts.broken(
            "G2",
            code="package.on-state-hold",
            subject=package.label,
            message=message,
            fix="Only the State lifts this; after that quality reviews the package again.",
        )


def package_is_not_held_by_us(facts: GateFacts) -> Iterator[Finding]:
    """Block when our own quarantine lies on the package (G2)."""
    held_states = STOPPED - {LocalState.STATE_HOLD, LocalState.RECALLED}
    for package in facts.packages:
        if not package.local_hold_reason and package.local_state not in held_states:
            continue
        reason = package.local_hold_reason or package.local_state.replace("_", " ").lower()
        yield from facts.broken(
            "G2-LOCAL",
            code="package.on-local-hold",
            subject=package.label,
            message=f"{package.label} is in our own quarantine: {reason}.",
            fix="Somebody with the right to lift holds must lift it, with a reason.",
        )


def package_is_certain(facts: GateFacts) -> Iterator[Finding]:
    """Block while a write on the package has an unknown outcome (G7)."""
    for package in facts.packages:
        for action_id in package.unresolved_action_ids:
            yield from facts.broken(
                "G7",
                code="package.outcome-unknown",
                subject=package.label,
                message=f"Action {action_id} on {package.label} has no known outcome yet.",
                fix=f"Wait until action {action_id} is settled by a look into METRC.",
            )


def quantities_match(facts: GateFacts) -> Iterator[Finding]:
    """Block when our book and METRC disagree about the quantity (the mission's quantity)."""
    for package in facts.packages:
        if package.metrc is None:
            continue
        if package.our_quantity is None:
            difference = f"METRC shows {package.metrc.quantity.text()}, our book has no entry"
        elif package.our_quantity != package.metrc.quantity:
            difference = (
                f"our book says {package.our_quantity.text()}, "
                f"METRC says {package.metrc.quantity.text()}"
            )
        else:
            continue
        yield from facts.broken(
            "MS-QUANTITY",
            code="package.quantity-differs",
            subject=package.label,
            message=f"{package.label}: {difference}.",
            fix="Count it, explain the difference in its case, and correct the wrong side.",
        )


# Read top to bottom on the page and on the printed gate report, in this order.
PACKAGE_GATES = (
    package_is_ours,
    package_is_fresh,
    package_is_active,
    package_is_not_held_by_state,
    package_is_not_held_by_us,
    package_is_certain,
    quantities_match,
)
