"""The checklist of a release with its evidence, and the hash that a signature binds to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glassbox.models.lab import CertificateOfAnalysis
from glassbox.models.packages import Package
from glassbox.queries.lab.facts import newest_certificate, newest_sample, newest_snapshot
from glassbox.rules.gates.qa import ChecklistItem, QaFacts, checklist, label_difference_percent
from glassbox.rules.quantities import number_text
from glassbox.rules.verdicts import Finding


@dataclass(frozen=True, kw_only=True)
class EvidenceItem:
    """One item of the checklist: what it asks, what was seen, and what stands against it."""

    rule_id: str
    title: str
    needs_person: bool
    is_met: bool
    evidence: str
    findings: tuple[Finding, ...]


# Without a certificate there is nothing these could have been met by.
ON_PAPER = ("QA-01", "QA-02", "QA-03", "QA-04")


def items_with_evidence(facts: QaFacts) -> tuple[EvidenceItem, ...]:
    """Return the fourteen items in order, each with the values it was judged by."""
    seen = _evidence(facts)
    return tuple(
        EvidenceItem(
            rule_id=item.rule_id,
            title=item.title,
            needs_person=item.needs_person,
            is_met=item.is_met and (facts.certificate is not None or item.rule_id not in ON_PAPER),
            evidence=seen.get(item.rule_id, "") or _answer(facts, item),
            findings=item.findings,
        )
        for item in checklist(facts)
    )


def _answer(facts: QaFacts, item: ChecklistItem) -> str:
    answers = {True: "confirmed by the reviewer", False: "denied by the reviewer"}
    answer = facts.ticks.get(item.rule_id)
    return "not answered yet" if answer is None else answers[answer]


def _evidence(facts: QaFacts) -> dict[str, str]:
    return {
        **_certificate_evidence(facts),
        **{
            rule_id: text
            for package in facts.packages
            for rule_id, text in (
                ("QA-09", _count_text(facts, package.label)),
                ("QA-11", "METRC shows no flag" if package.metrc else "METRC shows nothing"),
                (
                    "QA-14",
                    f"read {package.metrc.seen_at:%Y-%m-%d %H:%M:%S} UTC"
                    if package.metrc
                    else "never read",
                ),
            )
        },
        "QA-10": facts.lineage_gap
        or f"{sum(len(kin) for kin in facts.ancestor_labels.values())} ancestors here, no gap",
        "QA-12": f"batch {facts.batch_number or 'unknown'}; on the label "
        f"{facts.label_batch_number or 'not given'}",
        "QA-13": f"{len(facts.maker_ids)} people made, packed or counted it",
    }


def _certificate_evidence(facts: QaFacts) -> dict[str, str]:
    certificate = facts.certificate
    if certificate is None:
        return dict.fromkeys(ON_PAPER, "no certificate is filed")
    passed = sum(certificate.panels.values())
    claim, found = facts.label_claim_mg, certificate.thc_mg_per_unit
    apart = "THC of label or certificate unknown"
    if claim is not None and found is not None:
        percent = number_text(label_difference_percent(claim, found))
        apart = f"{number_text(found)} mg found, {number_text(claim)} mg on the label: {percent} %"
    age = (facts.planned_departure - certificate.issued_on).days
    return {
        "QA-01": f"certificate {certificate.number} of batch {certificate.batch_number}, "
        f"sample {certificate.sample_label}",
        "QA-02": f"{passed} of {len(certificate.panels)} panels passed",
        "QA-03": f"issued {certificate.issued_on.isoformat()}, {age} days old at departure",
        "QA-04": apart,
    }


def _count_text(facts: QaFacts, label: str) -> str:
    counted = facts.counts.get(label)
    metrc = next((one.metrc for one in facts.packages if one.label == label), None)
    shown = counted.text() if counted else "not counted"
    return f"counted {shown}; METRC {metrc.quantity.text() if metrc else 'shows nothing'}"


def evidence_sha256(package: Package, facts: QaFacts) -> str:
    """Return the hash of everything but the reviewer's own answers.

    A replaced certificate, a new row of METRC or another count gives another hash, so nobody
    signs what they did not see (scenario S18b).
    """
    certificate = newest_certificate(newest_sample(package))
    newest = newest_snapshot(package)
    return sha256_of(
        {
            "package": package.label,
            "batch": facts.batch_number,
            "certificate": _certificate_identity(certificate),
            "metrc": newest.content_sha256 if newest else "",
            "counts": {label: str(one.value) for label, one in facts.counts.items()},
            "makers": sorted(facts.maker_ids),
        }
    )


def _certificate_identity(certificate: CertificateOfAnalysis | None) -> list[Any]:
    if certificate is None:
        return []
    return [certificate.pk, certificate.version, certificate.document.sha256]


def sha256_of(content: Mapping[str, Any]) -> str:
    """Return the hash of a mapping's one canonical byte form."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
