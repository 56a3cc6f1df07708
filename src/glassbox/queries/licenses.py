"""A licence by its number, and what a comparison of it found; for the command line."""

from __future__ import annotations

from dataclasses import dataclass

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.reconciliation import ReconciliationReport
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import NotFound


def license_id_of(*, actor: Actor, number: str) -> int:
    """Return the id of a licence the actor may see.

    :raises NotFound: naming the number
    """
    with access.reading(actor) as visible:
        row = License.objects.filter(id__in=visible, number=number).values_list("id").first()
    if row is None:
        raise NotFound(f"There is no licence {number} here.")
    return int(row[0])


def license_numbers(*, actor: Actor) -> dict[int, str]:
    """Return the number of each licence the actor may see, by id."""
    with access.reading(actor) as visible:
        return dict(License.objects.filter(id__in=visible).values_list("id", "number"))


@dataclass(frozen=True, kw_only=True)
class ReportSummary:
    """How many packages agree, and a sentence for each that does not."""

    packages: int
    agreeing: int
    differences: tuple[str, ...]


def report_summary(*, actor: Actor, license_id: int, report_id: int) -> ReportSummary:
    """Return what one comparison found."""
    with access.reading(actor, license_id=license_id):
        report = ReconciliationReport.objects.get(id=report_id, license_id=license_id)
        return ReportSummary(
            packages=report.package_count,
            agreeing=report.agreeing_count,
            differences=tuple(report.lines.order_by("label").values_list("sentence", flat=True)),
        )
