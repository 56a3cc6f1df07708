"""QaFacts, the release gates QA-01 to QA-14, and the checklist made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from glassbox.rules.clocks import certificate_limit
from glassbox.rules.gates import Gate
from glassbox.rules.gates.facts import GateFacts
from glassbox.rules.gates.packages import package_is_fresh, package_is_not_held_by_state
from glassbox.rules.lab_status import has_passed, words
from glassbox.rules.quantities import Quantity, number_text
from glassbox.rules.rule_lines import threshold
from glassbox.rules.verdicts import Finding


@dataclass(frozen=True, kw_only=True)
class CertificateFacts:
    """Hold the current certificate of analysis as filed and read.

    `panels` maps each panel to whether it passed; `matches_metrc` is False when METRC's results
    contradict it. `has_readable_file` is False when the filed PDF cannot be read.
    """

    number: str
    batch_number: str
    sample_label: str
    laboratory_license_number: str
    issued_on: date
    passed: bool
    panels: Mapping[str, bool]
    thc_mg_per_unit: Decimal | None = None
    matches_metrc: bool = True
    has_readable_file: bool = True


@dataclass(frozen=True, kw_only=True)
class QaFacts(GateFacts):
    """Hold one batch before release at the distributor; `packages` are what is to be released.

    `maker_ids` are all who made, packed or counted it. `ticks` are the answers of the reviewer
    to the items only a person can judge (QA-05, QA-06, QA-07, QA-08); a missing one is
    unanswered. `counts` are the last physical counts by label. `ancestor_labels` by label allow
    for units that keep the UID they were packed under (corrections 12).
    """

    batch_number: str
    reviewer_id: int
    maker_ids: frozenset[int]
    certificate: CertificateFacts | None
    sample_label: str
    laboratory_license_number: str
    required_panels: frozenset[str]
    results_are_released: bool
    result_is_revoked: bool
    planned_departure: date
    label_claim_mg: Decimal | None
    counts: Mapping[str, Quantity]
    label_batch_number: str
    printed_labels: Mapping[str, str]
    ancestor_labels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lineage_gap: str = ""
    metrc_batch_number: str = ""
    metrc_result_expires_on: date | None = None
    expires_on: date | None = None
    ticks: Mapping[str, bool] = field(default_factory=dict)


def certificate_is_of_this_batch(facts: QaFacts) -> Iterator[Finding]:
    """Block when there is no certificate, or it names another batch, sample or lab (QA-01)."""
    certificate = facts.certificate
    if certificate is None:
        problem = "No certificate of analysis is filed"
    elif not certificate.has_readable_file:
        problem = "The filed certificate cannot be read"
    elif not _same(certificate.batch_number, facts.batch_number):
        problem = f"The certificate names batch {certificate.batch_number}"
    elif certificate.sample_label != facts.sample_label:
        problem = f"The certificate names sample {certificate.sample_label}"
    elif certificate.laboratory_license_number != facts.laboratory_license_number:
        problem = f"The certificate is of laboratory {certificate.laboratory_license_number}"
    else:
        return
    yield from _item(
        facts,
        "QA-01",
        "qa.certificate-identity",
        f"{problem}; the batch is {facts.batch_number}, {_sample_words(facts)}.",
        "File the certificate of this batch.",
    )


def _sample_words(facts: QaFacts) -> str:
    return f"sample {facts.sample_label}" if facts.sample_label else "of which no sample is taken"


def results_passed(facts: QaFacts) -> Iterator[Finding]:
    """Block unless every panel passed and METRC shows the released pass, not revoked (QA-02)."""
    for problem in _result_problems(facts):
        yield from _item(
            facts, "QA-02", "qa.results", problem, "Wait for the laboratory's released pass."
        )


def _result_problems(facts: QaFacts) -> Iterator[str]:
    if facts.certificate is not None:
        yield from _certificate_problems(facts.certificate, facts.required_panels)
    if not facts.results_are_released:
        yield "The laboratory has not released its results in METRC."
    if facts.result_is_revoked:
        yield "The results were revoked in METRC."
    for package in facts.packages:
        if package.metrc is not None and not has_passed(package.metrc.lab_testing_state):
            yield f"METRC shows {package.label}: {words(package.metrc.lab_testing_state)}."


def _certificate_problems(
    certificate: CertificateFacts, required_panels: frozenset[str]
) -> Iterator[str]:
    for panel in sorted(required_panels - set(certificate.panels)):
        yield f"The certificate lacks the panel {panel}."
    for panel, passed in sorted(certificate.panels.items()):
        if not passed:
            yield f"The panel {panel} did not pass."
    if not certificate.passed:
        yield "The certificate says the batch did not pass."
    if not certificate.matches_metrc:
        yield "METRC's results and the certificate disagree."


def certificate_is_young_enough(facts: QaFacts) -> Iterator[Finding]:
    """Block a certificate that is 12 months old on the planned departure (QA-03)."""
    if facts.certificate is None:
        return
    months = int(threshold(facts.rules, "CA-BT-21", "months"))
    limit = certificate_limit(
        facts.certificate.issued_on,
        metrc_expires_on=facts.metrc_result_expires_on,
        months=months,
    )
    if facts.planned_departure >= limit:
        yield from _item(
            facts,
            "QA-03",
            "qa.certificate-too-old",
            f"The certificate must be less than {months} months old: it reaches its limit on "
            f"{limit.isoformat()}, departure is on {facts.planned_departure.isoformat()}.",
            "Sample and test the batch again.",
        )


def label_agrees_with_certificate(facts: QaFacts) -> Iterator[Finding]:
    """Block when the THC on the label is off the certificate's by over 10 % (QA-04)."""
    claim = facts.label_claim_mg
    found = facts.certificate.thc_mg_per_unit if facts.certificate else None
    if claim is None or found is None:
        problem = "The THC of the label or of the certificate is not known."
    else:
        tolerance = threshold(facts.rules, "QA-04", "tolerance_percent")
        # Cross-multiplied, so that no rounding decides.
        if abs(found - claim) * 100 <= tolerance * claim:
            return
        problem = (
            f"The label says {number_text(claim)} mg, the certificate {number_text(found)} mg: "
            f"{number_text(label_difference_percent(claim, found))} % apart, "
            f"{number_text(tolerance)} % allowed."
        )
    yield from _item(facts, "QA-04", "qa.label-claim", problem, "Relabel from the certificate.")


def label_difference_percent(claim: Decimal, found: Decimal) -> Decimal:
    """Return how far the certificate is from the label, in percent of the label, to 0.01."""
    if claim == 0:
        return Decimal(0) if found == 0 else Decimal(100)
    return (abs(found - claim) * 100 / claim).quantize(Decimal("0.01"))


def packaging_complies(facts: QaFacts) -> Iterator[Finding]:
    """Block until a person says the packaging complies (QA-05)."""
    yield from _tick(facts, "QA-05", "qa.packaging", "the packaging complies")


def label_is_complete(facts: QaFacts) -> Iterator[Finding]:
    """Block until a person says the label is complete (QA-06)."""
    yield from _tick(facts, "QA-06", "qa.label-complete", "the label is complete")


def product_is_not_prohibited(facts: QaFacts) -> Iterator[Finding]:
    """Block until a person says it is no prohibited product (QA-07)."""
    yield from _tick(facts, "QA-07", "qa.prohibited", "the product is not a prohibited one")


def thc_is_within_limits(facts: QaFacts) -> Iterator[Finding]:
    """Block over the THC limit of a package, or until a person confirms the limits (QA-08)."""
    found = facts.certificate.thc_mg_per_unit if facts.certificate else None
    most = threshold(facts.rules, "QA-08", "most_mg_per_package")
    if found is not None and found > most:
        yield from _item(
            facts,
            "QA-08",
            "qa.thc-limit",
            f"A unit holds {number_text(found)} mg THC; the limit is {number_text(most)} mg.",
            "The batch cannot be released as it is; ask compliance.",
        )
    else:
        yield from _tick(facts, "QA-08", "qa.thc-limit", "the THC limits of the product hold")


def count_equals_metrc(facts: QaFacts) -> Iterator[Finding]:
    """Block unless a physical count equals METRC, with no tolerance (QA-09)."""
    for package in facts.packages:
        counted = facts.counts.get(package.label)
        metrc = package.metrc.quantity if package.metrc else None
        if counted is not None and counted == metrc:
            continue
        shown = "was not counted" if counted is None else f"was counted as {counted.text()}"
        there = metrc.text() if metrc is not None else "nothing"
        yield from facts.broken(
            "QA-09",
            code="qa.count",
            subject=package.label,
            message=f"{package.label} {shown}; METRC shows {there}.",
            fix="Count again; a real difference opens an audit.",
        )


def lineage_is_complete(facts: QaFacts) -> Iterator[Finding]:
    """Block on a gap in the source chain; what lies beyond a receipt is no gap (QA-10)."""
    if facts.lineage_gap:
        yield from _item(
            facts,
            "QA-10",
            "qa.lineage-gap",
            f"The source chain has a gap: {facts.lineage_gap}.",
            "Complete the missing entries in METRC first.",
        )


def numbers_agree(facts: QaFacts) -> Iterator[Finding]:
    """Block when batch number, printed UID or printed date disagree (QA-12, corrections 12)."""
    numbers = {
        "label": facts.label_batch_number,
        "METRC": facts.metrc_batch_number or facts.batch_number,
    }
    for where, number in numbers.items():
        if not _same(number, facts.batch_number):
            yield from _item(
                facts,
                "QA-12",
                "qa.numbers",
                f"The batch number in {where} is {number or 'missing'}, not {facts.batch_number}.",
                "Find out which one is wrong and correct it.",
            )
    for package in facts.packages:
        printed = facts.printed_labels.get(package.label, package.label)
        allowed = facts.ancestor_labels.get(package.label, frozenset()) | {package.label}
        if printed not in allowed:
            yield from facts.broken(
                "QA-12",
                code="qa.numbers",
                subject=package.label,
                message=f"The units of {package.label} carry UID {printed}, which is neither it "
                "nor an ancestor.",
                fix="Find out which package the units belong to.",
            )
    if facts.expires_on is not None and facts.planned_departure > facts.expires_on:
        yield from _item(
            facts,
            "QA-12",
            "qa.numbers",
            f"The printed date {facts.expires_on.isoformat()} has passed by the departure.",
            "Goods past their printed date cannot be released.",
        )


def reviewer_did_not_make_it(facts: QaFacts) -> Iterator[Finding]:
    """Block a reviewer who made, packed or counted the batch (QA-13)."""
    if facts.reviewer_id in facts.maker_ids:
        yield from _item(
            facts,
            "QA-13",
            "qa.own-work",
            "Who made, packed or counted a batch cannot release it.",
            "Let another quality manager review it.",
        )


def _same(one: str, other: str) -> bool:
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()


def _item(facts: QaFacts, rule_id: str, code: str, message: str, fix: str) -> Iterator[Finding]:
    return facts.broken(rule_id, code=code, subject=facts.batch_number, message=message, fix=fix)


def _tick(facts: QaFacts, rule_id: str, code: str, claim: str) -> Iterator[Finding]:
    answer = facts.ticks.get(rule_id)
    if answer:
        return
    problem = f"Nobody has confirmed that {claim}." if answer is None else f"Not so: {claim}."
    yield from _item(facts, rule_id, code, problem, "Look at the goods and answer the item.")


@dataclass(frozen=True, kw_only=True)
class ChecklistItem:
    """Hold one line of the checklist: its gate's findings, none when it is met."""

    rule_id: str
    title: str
    needs_person: bool
    findings: tuple[Finding, ...]

    @property
    def is_met(self) -> bool:
        """Return whether the item raises nothing at all."""
        return not self.findings


_ITEMS: tuple[tuple[str, str, bool, Gate[QaFacts]], ...] = (
    ("QA-01", "The certificate belongs to this batch", False, certificate_is_of_this_batch),
    ("QA-02", "Every panel passed, released in METRC, not revoked", False, results_passed),
    ("QA-03", "The certificate is young enough", False, certificate_is_young_enough),
    ("QA-04", "The label agrees with the certificate", False, label_agrees_with_certificate),
    ("QA-05", "The packaging complies", True, packaging_complies),
    ("QA-06", "The label is complete", True, label_is_complete),
    ("QA-07", "It is not a prohibited product", True, product_is_not_prohibited),
    ("QA-08", "THC is within the limits", True, thc_is_within_limits),
    ("QA-09", "The count equals METRC", False, count_equals_metrc),
    ("QA-10", "The source chain is complete", False, lineage_is_complete),
    ("QA-11", "No hold, recall or investigation", False, package_is_not_held_by_state),
    ("QA-12", "Batch number, UID and date agree", False, numbers_agree),
    ("QA-13", "The reviewer did not make it", False, reviewer_did_not_make_it),
    ("QA-14", "METRC's word is fresh", False, package_is_fresh),
)

RELEASE_GATES: tuple[Gate[QaFacts], ...] = tuple(gate for _, _, _, gate in _ITEMS)

# Becoming false later, these take a release back by themselves (section 4).
STANDING_RULES = frozenset({"QA-02", "QA-03", "QA-08", "QA-11"})
_STANDING_GATES: tuple[Gate[QaFacts], ...] = tuple(
    gate for rule_id, _, _, gate in _ITEMS if rule_id in STANDING_RULES
)


def checklist(facts: QaFacts) -> tuple[ChecklistItem, ...]:
    """Return the fourteen items in order, each with what its gate finds now."""
    return tuple(
        ChecklistItem(
            rule_id=rule_id, title=title, needs_person=needs_person, findings=tuple(gate(facts))
        )
        for rule_id, title, needs_person, gate in _ITEMS
    )


def release_must_be_revoked(facts: QaFacts) -> tuple[Finding, ...]:
    """Return the blocking findings that take a standing release back; empty while it holds."""
    return tuple(finding for gate in _STANDING_GATES for finding in gate(facts) if finding.blocks)
