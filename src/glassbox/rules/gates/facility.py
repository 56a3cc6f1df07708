"""What METRC lets a facility of this type and this state do at all."""

from __future__ import annotations

from collections.abc import Iterator

from glassbox.rules.gates.action_facts import ActionFacts
from glassbox.rules.rule_lines import Rules, threshold
from glassbox.rules.verdicts import Finding


def facility_has_the_flag(facts: ActionFacts) -> Iterator[Finding]:
    """Block what METRC's flags of the facility do not allow; warn where that is only guessed (G1)."""
    missing = facts.missing_flag
    if missing is None:
        return
    yield from facts.broken(
        "G1-FLAG-GUESSED" if missing.is_guessed else "G1-FLAG",
        code="action.facility-may-not",
        subject=facts.acting.number,
        message=f"METRC's facility of {facts.acting.number} does not have "
        f"{' or '.join(missing.names)}.",
        fix="Ask METRC what this type of facility may do; read the facility again afterwards.",
    )


def final_quantities_are_taken(facts: ActionFacts) -> Iterator[Finding]:
    """Block setting a quantity where METRC of the state books differences (ME-06)."""
    if not sets_final_quantities(facts.rules):
        yield from facts.broken(
            "ME-06-SET",
            code="action.state-takes-differences",
            subject="quantity",
            message="METRC of this state takes the difference, not the final quantity.",
            fix="Draft it as an adjustment by a difference.",
        )


def a_difference_is_needed(facts: ActionFacts) -> Iterator[Finding]:
    """Warn of a difference where METRC takes the final quantity, which is safer to repeat (ME-06)."""
    if sets_final_quantities(facts.rules):
        yield from facts.broken(
            "ME-06-BY",
            code="action.state-takes-final-quantities",
            subject="quantity",
            message="METRC of this state takes the final quantity; a difference whose answer is "
            "lost has to settle before it can be sent again.",
            fix="Draft it as an adjustment to a final quantity, unless others change it meanwhile.",
        )


def sets_final_quantities(rules: Rules) -> bool:
    """Return whether METRC of the state takes final quantities and not differences (ME-06)."""
    return threshold(rules, "ME-06-SET", "sets_final_quantity") != 0
