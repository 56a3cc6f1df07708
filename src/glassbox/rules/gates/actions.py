"""Every rule that can stop an action, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterator

from glassbox.rules.gates import Gate, run_gates
from glassbox.rules.gates.action_facts import ActionFacts, Moment
from glassbox.rules.gates.facility import (
    a_difference_is_needed,
    facility_has_the_flag,
    final_quantities_are_taken,
)
from glassbox.rules.gates.facts import TagFacts
from glassbox.rules.gates.incoming import INCOMING_GATES
from glassbox.rules.gates.packages import (
    package_is_active,
    package_is_certain,
    package_is_fresh,
    package_is_not_held_by_state,
    package_is_not_held_by_us,
    package_is_ours,
    quantities_match,
)
from glassbox.rules.gates.sampling import SAMPLING_GATES
from glassbox.rules.gates.transfers import TRANSFER_GATES
from glassbox.rules.lab_status import has_failed, words
from glassbox.rules.quantities import Quantity
from glassbox.rules.rule_lines import threshold
from glassbox.rules.verdicts import Finding


def actor_is_in_scope(facts: ActionFacts) -> Iterator[Finding]:
    """Block without a grant at the licence, or without the drafter's own METRC key there (G0)."""
    if not facts.actor_has_grant:
        yield from facts.broken(
            "G0",
            code="action.no-grant",
            subject=facts.acting.number,
            message=f"The drafter holds no role at {facts.acting.number}.",
            fix="Let somebody with a role at this licence draft it.",
        )
    if not facts.drafter_has_key:
        yield from facts.broken(
            "CA-TT-17",
            code="action.no-key",
            subject=facts.acting.number,
            message=f"The drafter has no METRC key of their own for {facts.acting.number}.",
            fix="Add the drafter's own user key for this licence; keys are never shared.",
        )


def license_may_act(facts: ActionFacts) -> Iterator[Finding]:
    """Block when our licence is inactive or of the wrong kind for this action (G1)."""
    acting = facts.acting
    if not acting.is_active:
        yield from facts.broken(
            "G1",
            code="action.license-inactive",
            subject=acting.number,
            message=f"Our licence {acting.number} is not active.",
            fix="Nothing moves under an inactive licence; see the licence page.",
        )
    if acting.kind not in facts.license_kinds:
        yield from facts.broken(
            "G1",
            code="action.wrong-license-kind",
            subject=acting.number,
            message=f"A {acting.kind.lower()} licence cannot do this.",
            fix=f"Act under a licence of kind {', '.join(sorted(facts.license_kinds)).lower()}.",
        )


def counterparty_is_active(facts: ActionFacts) -> Iterator[Finding]:
    """Block when the other side's licence is not active (G1, CA-LIC-11)."""
    other = facts.counterparty
    if other is not None and not other.is_active:
        yield from facts.broken(
            "CA-LIC-11",
            code="action.counterparty-inactive",
            subject=other.number,
            message=f"The licence {other.number} is not active.",
            fix="Check the licence with DCC; do not trade until it is active.",
        )


def tags_are_unused(facts: ActionFacts) -> Iterator[Finding]:
    """Block a tag that is not received, already used, seen on a package, or damaged (G4)."""
    for tag in facts.new_tags:
        problem = _tag_problem(tag)
        if problem:
            yield from facts.broken(
                "CA-TT-15",
                code="action.tag-not-usable",
                subject=tag.label,
                message=f"Tag {tag.label} {problem}.",
                fix="Choose another tag from those received and unused.",
            )


def _tag_problem(tag: TagFacts) -> str | None:
    problems = (
        (tag.is_used or tag.is_on_a_package, "was used before; a tag is used once"),
        (tag.is_damaged, "is recorded as damaged"),
        (not tag.is_received, "is not in our ledger of received tags"),
        (tag.reserved_by_action_id is not None, f"is meant by action {tag.reserved_by_action_id}"),
        (tag.seen_available is False, "is not among the tags METRC lists as available"),
    )
    return next((text for applies, text in problems if applies), None)


def approval_is_by_another(facts: ActionFacts) -> Iterator[Finding]:
    """Block an approver who is the drafter, and an approval missing at the claim (G5)."""
    if facts.moment is Moment.DRAFT:
        return
    if facts.approver_id is None:
        yield from facts.broken(
            "G5",
            code="action.not-approved",
            subject="approval",
            message="Nobody has approved this action.",
            fix="Send it for review.",
        )
    elif facts.needs_other_person and facts.approver_id == facts.drafter_id:
        yield from facts.broken(
            "G5",
            code="action.own-work",
            subject="approval",
            message="Who drafted an action cannot approve it.",
            fix="Ask somebody else with the right to approve.",
        )


def review_is_by_a_third(facts: ActionFacts) -> Iterator[Finding]:
    """Block what needs three people until a third one has reviewed this very content (G5)."""
    if facts.moment is Moment.DRAFT or facts.people_needed < 3:
        return
    if not facts.reviewer_ids - {facts.drafter_id, facts.approver_id}:
        yield from facts.broken(
            "G5",
            code="action.not-reviewed",
            subject="review",
            message="This licence's policy asks for three people, and nobody besides the drafter "
            "and the approver has reviewed this content.",
            fix="Ask somebody else to review it first.",
        )


def effect_is_as_drafted(facts: ActionFacts) -> Iterator[Finding]:
    """Block when METRC moved so that the effect would be another one; else only tell (corrections 3)."""
    if facts.effect_moved:
        yield from facts.broken(
            "G5",
            code="action.effect-changed",
            subject="effect",
            message=facts.effect_moved,
            fix="Return it to draft, correct it to what METRC shows now, and approve that.",
        )
        return
    for sentence in facts.moved_since_draft:
        yield from facts.broken(
            "G5-MOVED",
            code="action.metrc-moved",
            subject="METRC",
            message=sentence,
            fix="Nothing: payload, gates and mass still hold, so it goes on.",
        )


def approval_is_for_this_content(facts: ActionFacts) -> Iterator[Finding]:
    """Block when the approval was given to other content than is about to be sent (G5)."""
    if facts.moment is Moment.DRAFT or facts.approved_sha256 == facts.payload_sha256:
        return
    yield from facts.broken(
        "G5",
        code="action.content-changed",
        subject="approval",
        message="The content changed since it was approved.",
        fix="Review and approve it as it is now.",
    )


def clocks_agree(facts: ActionFacts) -> Iterator[Finding]:
    """Warn over 60 s between our clock and METRC's, block over 5 min (G6)."""
    if facts.clock_difference_seconds is None:
        return
    difference = abs(facts.clock_difference_seconds)
    if difference > threshold(facts.rules, "G6-BLOCK", "seconds"):
        rule_id = "G6-BLOCK"
    elif difference > threshold(facts.rules, "G6-WARN", "seconds"):
        rule_id = "G6-WARN"
    else:
        return
    yield from facts.broken(
        rule_id,
        code="action.clock-differs",
        subject="clock",
        message=f"Our clock and METRC's differ by {difference} s.",
        fix="Set this machine's clock by a time server.",
    )


def lanes_are_free(facts: ActionFacts) -> Iterator[Finding]:
    """Block while another write holds a lane this one needs (G7)."""
    for lane in facts.taken_lanes:
        yield from facts.broken(
            "G7",
            code="action.lane-taken",
            subject=lane,
            message=f"Another action that is not settled holds {lane}.",
            fix="Wait until that action is settled.",
        )


def access_is_there(facts: ActionFacts) -> Iterator[Finding]:
    """Block transfers in and out while access to METRC is declared lost (G8, CA-TT-11)."""
    if facts.access_is_lost and (facts.transfer is not None or facts.incoming is not None):
        yield from facts.broken(
            "G8",
            code="action.access-lost",
            subject=facts.acting.number,
            message=f"Access to METRC is declared lost for {facts.acting.number}.",
            fix="Wait until access is back; keep records off-line meanwhile.",
        )


def writing_is_on(facts: ActionFacts) -> Iterator[Finding]:
    """Block everything at a licence that runs beside the old system and only reads (G9)."""
    if not facts.writing_is_on:
        yield from facts.broken(
            "G9",
            code="action.writing-is-off",
            subject=facts.acting.number,
            message=f"Glassbox only reads METRC for {facts.acting.number}: writing is not switched "
            "on yet.",
            fix="Work in the old system until two people have switched writing on, on the go-live "
            "page.",
        )


def terms_are_accepted(facts: ActionFacts) -> Iterator[Finding]:
    """Block everything until the company has accepted the terms that keep it responsible (G9)."""
    if not facts.terms_are_accepted:
        yield from facts.broken(
            "G9",
            code="action.terms-not-accepted",
            subject=facts.acting.number,
            message="The company has not accepted the terms of use in force.",
            fix="An owner reads and accepts them on the page Terms of use.",
        )


def sources_hold_enough(facts: ActionFacts) -> Iterator[Finding]:
    """Block taking more out of a package than METRC shows in it."""
    by_label = {package.label: package.metrc for package in facts.packages}
    for use in facts.uses:
        metrc = by_label.get(use.label)
        if metrc is None:
            continue
        same_unit = use.quantity.unit.name == metrc.quantity.unit.name
        if same_unit and use.quantity <= metrc.quantity:
            continue
        yield from facts.broken(
            "CA-MP-03",
            code="action.not-enough",
            subject=use.label,
            message=(
                f"{use.label} holds {metrc.quantity.text()}; {use.quantity.text()} are to be used."
            ),
            fix="Use less, or use another package too.",
        )


def nothing_is_made_from_nothing(facts: ActionFacts) -> Iterator[Finding]:
    """Block making more than the sources give, where both are in one unit (CA-MP-03)."""
    made = facts.made
    if made is None or not facts.uses:
        return
    if any(use.quantity.unit.name != made.unit.name for use in facts.uses):
        return
    used = sum((use.quantity.value for use in facts.uses), start=made.value * 0)
    if made.value > used:
        yield from facts.broken(
            "CA-MP-03",
            code="action.mass-from-nothing",
            subject="quantity",
            message=f"{made.text()} cannot come out of "
            f"{Quantity(value=used, unit=made.unit).text()}.",
            fix="Correct the quantities; what is made is at most what is used.",
        )


def remediation_may_be_recorded(facts: ActionFacts) -> Iterator[Finding]:
    """Block recording a remediation of goods that METRC does not show as failed (CA-BT-29)."""
    for package in facts.packages:
        if package.metrc is not None and not has_failed(package.metrc.lab_testing_state):
            yield from facts.broken(
                "CA-BT-29",
                code="action.nothing-to-remediate",
                subject=package.label,
                message=f"METRC shows {package.label}: testing is "
                f"{words(package.metrc.lab_testing_state)}, so there is nothing to remediate.",
                fix="Remediation is recorded for failed goods alone; read METRC again.",
            )


def transfer_may_go(facts: ActionFacts) -> Iterator[Finding]:
    """Ask every transfer gate for the transfer this action belongs to."""
    if facts.transfer is not None:
        yield from run_gates(TRANSFER_GATES, facts.transfer)


def sample_may_be_taken(facts: ActionFacts) -> Iterator[Finding]:
    """Ask every sampling gate for the sample this action takes."""
    if facts.sampling is not None:
        yield from run_gates(SAMPLING_GATES, facts.sampling)


def delivery_may_be_settled(facts: ActionFacts) -> Iterator[Finding]:
    """Ask every incoming gate for the delivery this action settles."""
    if facts.incoming is not None:
        yield from run_gates(INCOMING_GATES, facts.incoming)


COMMON_GATES: tuple[Gate[ActionFacts], ...] = (
    actor_is_in_scope,
    license_may_act,
    facility_has_the_flag,
    counterparty_is_active,
    approval_is_by_another,
    review_is_by_a_third,
    approval_is_for_this_content,
    effect_is_as_drafted,
    clocks_agree,
    lanes_are_free,
    access_is_there,
    writing_is_on,
    terms_are_accepted,
)
_PACKAGE: tuple[Gate[ActionFacts], ...] = (
    package_is_ours,
    package_is_fresh,
    package_is_active,
    package_is_not_held_by_state,
    package_is_certain,
)
CREATE_GATES: tuple[Gate[ActionFacts], ...] = (
    *COMMON_GATES,
    tags_are_unused,
    *_PACKAGE,
    package_is_not_held_by_us,
    quantities_match,
    sources_hold_enough,
    nothing_is_made_from_nothing,
)
SAMPLE_GATES: tuple[Gate[ActionFacts], ...] = (*CREATE_GATES, sample_may_be_taken)
# An adjustment is the cure for quantities that differ, so it does not ask for equal ones.
ADJUST_GATES: tuple[Gate[ActionFacts], ...] = (
    *COMMON_GATES,
    *_PACKAGE,
    package_is_not_held_by_us,
)
SET_GATES: tuple[Gate[ActionFacts], ...] = (*ADJUST_GATES, final_quantities_are_taken)
ADJUST_BY_GATES: tuple[Gate[ActionFacts], ...] = (*ADJUST_GATES, a_difference_is_needed)
# Goods in our own quarantine may still be carried to the quarantine room.
MOVE_GATES: tuple[Gate[ActionFacts], ...] = (*COMMON_GATES, *_PACKAGE)
# Failed goods stand in our own hold, and remediation is a way out of it (CA-BT-29).
REMEDIATE_GATES: tuple[Gate[ActionFacts], ...] = (
    *COMMON_GATES,
    *_PACKAGE,
    remediation_may_be_recorded,
)
# What is reopened is finished, so it cannot be asked to be active.
UNFINISH_GATES: tuple[Gate[ActionFacts], ...] = (
    *COMMON_GATES,
    package_is_ours,
    package_is_fresh,
    package_is_not_held_by_state,
    package_is_certain,
)
JOB_INPUT_GATES: tuple[Gate[ActionFacts], ...] = (
    *ADJUST_GATES,
    quantities_match,
    sources_hold_enough,
)
JOB_OUTPUT_GATES: tuple[Gate[ActionFacts], ...] = (*COMMON_GATES, tags_are_unused)
FINISH_GATES: tuple[Gate[ActionFacts], ...] = (*ADJUST_GATES, quantities_match)
TRANSFER_ACTION_GATES: tuple[Gate[ActionFacts], ...] = (*COMMON_GATES, transfer_may_go)
DELIVERY_GATES: tuple[Gate[ActionFacts], ...] = (*COMMON_GATES, delivery_may_be_settled)
