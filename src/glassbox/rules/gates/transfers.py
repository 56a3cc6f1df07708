"""Every rule that can stop a truck."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from glassbox.rules.clocks import certificate_limit
from glassbox.rules.gates.facts import PackageFacts
from glassbox.rules.gates.packages import PACKAGE_GATES
from glassbox.rules.gates.transfer_facts import TransferFacts
from glassbox.rules.lab_status import has_failed, has_passed, words
from glassbox.rules.rule_lines import threshold
from glassbox.rules.verdicts import Finding

RETAIL_KINDS = frozenset({"RETAIL", "MICROBUSINESS"})
CARRIER_KINDS = frozenset({"DISTRIBUTION", "MICROBUSINESS"})


def destination_is_licensed(facts: TransferFacts) -> Iterator[Finding]:
    """Block when the receiver's licence is not active (CA-LIC-11)."""
    if not facts.destination.is_active:
        yield from facts.broken(
            "CA-LIC-11",
            code="transfer.destination-inactive",
            subject=facts.destination.number,
            message=f"The receiving licence {facts.destination.number} is not active.",
            fix="Check the licence with DCC; do not ship until it is active.",
        )


def destination_is_allowed(facts: TransferFacts) -> Iterator[Finding]:
    """Block a manufacturer shipping to a retailer or straight to a laboratory (CA-LIC-04)."""
    if facts.acting.kind != "MANUFACTURING":
        return
    if facts.destination.kind in ("MANUFACTURING", "DISTRIBUTION", "MICROBUSINESS"):
        return
    # Research samples are no goods: the closed list does not stop them (corrections 13).
    samples_only = all(line.is_testing_sample for line in facts.lines)
    if facts.destination.kind == "LABORATORY" and samples_only:
        return
    yield from facts.broken(
        "CA-LIC-04",
        code="transfer.destination-not-allowed",
        subject=facts.destination.number,
        message=f"A manufacturer cannot transfer to {facts.destination.number}, "
        f"a {facts.destination.kind.lower()} licence.",
        fix="Transfer to our distributor, who sells on.",
    )


def transporter_may_carry(facts: TransferFacts) -> Iterator[Finding]:
    """Block a carrier that is no distributor, or a laboratory with more than samples."""
    carrier = facts.transporter
    samples_only = all(line.is_testing_sample for line in facts.lines)
    if carrier.kind in CARRIER_KINDS or (carrier.kind == "LABORATORY" and samples_only):
        return
    rule_id = "CA-LIC-03" if carrier.kind == "LABORATORY" else "CA-LIC-02"
    yield from facts.broken(
        rule_id,
        code="transfer.transporter-not-allowed",
        subject=carrier.number,
        message=f"{carrier.number}, a {carrier.kind.lower()} licence, cannot carry these goods.",
        fix="Name a distributor as transporter.",
    )


def testing_allows_it(facts: TransferFacts) -> Iterator[Finding]:
    """Block by METRC's testing state: passed for retail, never failed goods (CA-MF-12)."""
    for package in facts.packages:
        line = facts.line(package.label)
        if package.metrc is None or (line and line.is_testing_sample):
            continue
        state = package.metrc.lab_testing_state
        if facts.destination.kind in RETAIL_KINDS and not has_passed(state):
            yield from _testing(facts, package, "MS-TESTING", f"is {words(state)}, not passed")
        elif has_failed(state) and not facts.correction_is_approved:
            yield from _testing(
                facts, package, "CA-BT-27", "has failed, and no approved correction is on file"
            )


def _testing(
    facts: TransferFacts, package: PackageFacts, rule_id: str, how: str
) -> Iterator[Finding]:
    return facts.broken(
        rule_id,
        code="transfer.testing-not-passed",
        subject=package.label,
        message=f"METRC shows {package.label}: testing {how}.",
        fix="Take it off the transfer until METRC shows the result it needs.",
    )


def goods_are_released(facts: TransferFacts) -> Iterator[Finding]:
    """Block goods for retail without a standing QA release (section 4)."""
    if facts.destination.kind not in RETAIL_KINDS:
        return
    for line in facts.lines:
        if not line.is_released:
            yield from facts.broken(
                "QA-RELEASE",
                code="transfer.not-released",
                subject=line.label,
                message=f"Quality has not released {line.label}, or the release was taken back.",
                fix="Finish the quality review first.",
            )


def certificate_is_young_enough(facts: TransferFacts) -> Iterator[Finding]:
    """Block goods for retail whose certificate is 12 months old on the delivery day (QA-03)."""
    if facts.destination.kind not in RETAIL_KINDS:
        return
    months = int(threshold(facts.rules, "CA-BT-21", "months"))
    delivery_day = facts.delivery_date
    for line in facts.lines:
        if line.certificate_issued_on is None:
            continue
        limit = certificate_limit(
            line.certificate_issued_on,
            metrc_expires_on=line.metrc_result_expires_on,
            months=months,
        )
        if delivery_day >= limit:
            yield from facts.broken(
                "CA-BT-21",
                code="transfer.certificate-too-old",
                subject=line.label,
                message=f"The certificate of {line.label} must be less than {months} months old: "
                f"its last day is over on {limit.isoformat()}, delivery is on "
                f"{delivery_day.isoformat()}.",
                fix="Sample and test the batch again, or deliver earlier.",
            )


def goods_are_not_expired(facts: TransferFacts) -> Iterator[Finding]:
    """Block goods past their printed date on the delivery day (CA-LB-11)."""
    for line in facts.lines:
        if line.expires_on is not None and facts.delivery_date > line.expires_on:
            yield from facts.broken(
                "CA-LB-11",
                code="transfer.expired",
                subject=line.label,
                message=f"{line.label} is past its printed date {line.expires_on.isoformat()}.",
                fix="Take it off the transfer.",
            )


def plan_still_holds(facts: TransferFacts) -> Iterator[Finding]:
    """Block when METRC's quantity is not the one the plan was made with."""
    for package in facts.packages:
        line = facts.line(package.label)
        planned = line.planned_quantity if line else None
        if package.metrc is None or planned is None or planned == package.metrc.quantity:
            continue
        yield from facts.broken(
            "MS-QUANTITY",
            code="transfer.quantity-changed",
            subject=package.label,
            message=f"{package.label} was planned with {planned.text()}; METRC shows "
            f"{package.metrc.quantity.text()}.",
            fix="Plan the transfer again with the quantity as it is.",
        )


def goods_are_counted_units(facts: TransferFacts) -> Iterator[Finding]:
    """Block bulk goods of a manufacturer on the way to a distributor (CA-MF-11)."""
    if facts.acting.kind != "MANUFACTURING" or facts.destination.kind == "MANUFACTURING":
        return
    for package in facts.packages:
        if package.metrc is not None and not package.metrc.quantity.unit.is_count:
            yield from facts.broken(
                "CA-MF-11",
                code="transfer.not-each",
                subject=package.label,
                message=f"{package.label} is kept in {package.metrc.quantity.unit.name}; "
                "manufactured goods leave as units only.",
                fix="Package it into units first.",
            )


def packages_are_on_one_transfer(facts: TransferFacts) -> Iterator[Finding]:
    """Block a package that another open manifest or template carries."""
    for line in facts.lines:
        if line.other_transfer:
            yield from facts.broken(
                "TR-ONCE",
                code="transfer.package-elsewhere",
                subject=line.label,
                message=f"{line.label} is on {line.other_transfer} already.",
                fix="Take it off one of the two.",
            )


def something_is_carried(facts: TransferFacts) -> Iterator[Finding]:
    """Block an empty transfer, and one whose packages and lines are not the same set."""
    if {line.label for line in facts.lines} != {package.label for package in facts.packages}:
        message = "The packages of the transfer and those read for it are not the same."
    elif not facts.lines:
        message = "No package is on the transfer."
    else:
        return
    yield from facts.broken(
        "CA-MF-01",
        code="transfer.empty",
        subject="packages",
        message=message,
        fix="Choose the packages again.",
    )


def wholesale_has_prices(facts: TransferFacts) -> Iterator[Finding]:
    """Block a Wholesale Manifest without a price for each package (CA-MF-10)."""
    to_retail = facts.destination.kind in RETAIL_KINDS and facts.acting.kind == "DISTRIBUTION"
    if not to_retail:
        return
    if facts.transfer_type != "Wholesale Manifest":
        yield from facts.broken(
            "CA-MF-10",
            code="transfer.type",
            subject="transfer type",
            message=f'Goods sold to a retailer go as "Wholesale Manifest", '
            f'not "{facts.transfer_type}".',
            fix="Choose Wholesale Manifest.",
        )
    for line in facts.lines:
        if line.wholesale_price is None:
            yield from facts.broken(
                "CA-MF-10",
                code="transfer.no-price",
                subject=line.label,
                message=f"{line.label} has no wholesale price.",
                fix="Give the price of the whole package.",
            )


def invoice_is_there(facts: TransferFacts) -> Iterator[Finding]:
    """Block transport of goods without an invoice (CA-MF-02)."""
    samples_only = all(line.is_testing_sample for line in facts.lines)
    if not facts.invoice_number and not samples_only:
        yield from facts.broken(
            "CA-MF-02",
            code="transfer.no-invoice",
            subject="invoice",
            message="There is no invoice for these goods.",
            fix="Write the invoice before the goods move.",
        )


def crew_is_current(facts: TransferFacts) -> Iterator[Finding]:
    """Block a driver or vehicle that is missing, not on file, or no longer active (CA-MF-16)."""
    for what, code, crew in (
        ("driver", "transfer.driver-not-current", facts.driver),
        ("vehicle", "transfer.vehicle-not-current", facts.vehicle),
    ):
        if crew is not None and crew.is_on_file and crew.is_active:
            continue
        problem = (
            f"No {what} is named."
            if crew is None
            else f"{what.capitalize()} {crew.name} is "
            f"{'no longer active' if crew.is_on_file else 'not on file'}."
        )
        yield from facts.broken(
            "TR-CREW",
            code=code,
            subject=what,
            message=problem,
            fix=f"Choose a {what} that is on file and active.",
        )


def times_are_plausible(facts: TransferFacts) -> Iterator[Finding]:
    """Block an arrival that is not after the departure, or a departure long past."""
    if facts.arrives_at <= facts.departs_at:
        message = "The estimated arrival is not after the departure."
    elif facts.departs_at < facts.checked_at - timedelta(days=1):
        message = f"The departure {facts.departs_at.isoformat()} lies in the past."
    else:
        return
    yield from facts.broken(
        "TR-TIMES",
        code="transfer.times",
        subject="times",
        message=message,
        fix="Give the times again.",
    )


def load_matches_manifest(facts: TransferFacts) -> Iterator[Finding]:
    """Block departure when the scan at the dock is not exactly the manifest (CA-MF-01)."""
    if facts.loaded_labels is None:
        return
    for label in sorted(facts.loaded_labels ^ {line.label for line in facts.lines}):
        extra = label in facts.loaded_labels
        yield from facts.broken(
            "CA-MF-01",
            code="transfer.load-differs",
            subject=label,
            message=f"{label} is {'loaded but not on' if extra else 'on'} the manifest"
            f"{'' if extra else ' but not loaded'}.",
            fix="Load exactly what is on the manifest.",
        )


def nothing_leaves_while_access_is_lost(facts: TransferFacts) -> Iterator[Finding]:
    """Block release and departure while access to METRC is declared lost (G8, CA-TT-11)."""
    if facts.access_is_lost:
        yield from facts.broken(
            "G8",
            code="transfer.access-lost",
            subject=facts.acting.number,
            message=f"Access to METRC is declared lost for {facts.acting.number}.",
            fix="Wait until access is declared back; keep records on paper meanwhile.",
        )


# Asked at release and at the dock; a write to METRC has the same gate of its own.
ACCESS_GATES = (nothing_leaves_while_access_is_lost,)

# Read top to bottom on the page and on the printed gate report, in this order.
TRANSFER_GATES = (
    something_is_carried,
    destination_is_licensed,
    destination_is_allowed,
    transporter_may_carry,
    *PACKAGE_GATES,
    testing_allows_it,
    plan_still_holds,
    goods_are_released,
    certificate_is_young_enough,
    goods_are_not_expired,
    goods_are_counted_units,
    packages_are_on_one_transfer,
    wholesale_has_prices,
    invoice_is_there,
    crew_is_current,
    times_are_plausible,
    load_matches_manifest,
)
