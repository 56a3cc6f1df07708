"""Licences and people: ours, our partners', METRC's employees and drivers."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q

from glassbox.models.catalog import Counterparty, MetrcEmployee
from glassbox.models.companies import License
from glassbox.models.people import RoleGrant
from glassbox.models.transfers import Driver
from glassbox.queries.search.hits import HITS_PER_KIND, Question, SearchHit


def licenses(question: Question) -> Iterator[SearchHit]:
    """Yield licences of ours by number or name."""
    named = Q(number__icontains=question.text) | Q(legal_name__icontains=question.text)
    for license in License.objects.filter(named, id__in=question.license_ids).order_by("number"):
        yield SearchHit(
            what="Licence of ours",
            title=license.number,
            detail=license.legal_name,
            license_number=license.number,
            address=question.place(license.pk, "company/"),
            is_exact=question.is_whole(license.number, license.legal_name),
        )


def counterparties(question: Question) -> Iterator[SearchHit]:
    """Yield licensees we deal with by number or name."""
    named = Q(license_number__icontains=question.text) | Q(name__icontains=question.text)
    found = Counterparty.objects.filter(question.here, named)
    for partner in found.order_by("license_number", "license_id")[:HITS_PER_KIND]:
        yield SearchHit(
            what="Licence of a partner",
            title=partner.license_number,
            detail=partner.name,
            license_number=question.numbers[partner.license_id],
            address=question.place(partner.license_id, "company/"),
            is_exact=question.is_whole(partner.license_number, partner.name),
        )


def colleagues(question: Question) -> Iterator[SearchHit]:
    """Yield people of ours who hold a role at a licence, by name or mail address."""
    named = Q(user__name__icontains=question.text) | Q(user__email__icontains=question.text)
    grants = RoleGrant.objects.filter(question.here, named, valid_until__isnull=True)
    found = grants.order_by("user__name", "license_id", "role").values_list(
        "license_id", "role", "user__name", "user__email"
    )
    for license_id, role, name, email in found[:HITS_PER_KIND]:
        yield SearchHit(
            what="Person",
            title=name,
            detail=role.replace("_", " ").lower(),
            license_number=question.numbers[license_id],
            address=question.place(license_id, "company/"),
            is_exact=question.is_whole(name, email),
        )


def metrc_employees(question: Question) -> Iterator[SearchHit]:
    """Yield people on METRC's list of employees, by name or badge."""
    named = Q(full_name__icontains=question.text) | Q(metrc_license_number__iexact=question.text)
    found = MetrcEmployee.objects.filter(question.here, named)
    for person in found.order_by("full_name", "license_id")[:HITS_PER_KIND]:
        yield SearchHit(
            what="METRC employee",
            title=person.full_name,
            detail=person.metrc_license_number,
            license_number=question.numbers[person.license_id],
            address=question.place(person.license_id, "company/"),
            is_exact=question.is_whole(person.full_name, person.metrc_license_number),
        )


def drivers(question: Question) -> Iterator[SearchHit]:
    """Yield drivers by name, employee number or driver's licence."""
    named = (
        Q(name__icontains=question.text)
        | Q(employee_id__iexact=question.text)
        | Q(drivers_license_number__iexact=question.text)
    )
    for driver in Driver.objects.filter(question.here, named).order_by("name", "license_id")[
        :HITS_PER_KIND
    ]:
        yield SearchHit(
            what="Driver",
            title=driver.name,
            detail=driver.employee_id,
            license_number=question.numbers[driver.license_id],
            address=question.place(driver.license_id, "catalog/"),
            is_exact=question.is_whole(
                driver.name, driver.employee_id, driver.drivers_license_number
            ),
        )
