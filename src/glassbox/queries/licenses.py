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


def license_numbers_of_company(*, actor: Actor, name: str) -> tuple[int, dict[int, str]]:
    """Return the id of a company, and the number of each of its licences by id.

    :raises NotFound: naming the companies there are
    """
    with access.reading(actor) as visible:
        licenses = License.objects.filter(id__in=visible).select_related("company")
        known = {one.company.name: one.company_id for one in licenses}
        if name not in known:
            raise NotFound(f"There is no company {name!r}. Known: {', '.join(sorted(known))}.")
        own = {one.pk: one.number for one in licenses if one.company_id == known[name]}
    return known[name], own


def active_license_ids(*, actor: Actor) -> tuple[int, ...]:
    """Return the ids of the licences that METRC is read for."""
    with access.reading(actor) as visible:
        active = License.objects.filter(id__in=visible, is_active=True)
        return tuple(active.order_by("id").values_list("id", flat=True))


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
