"""Who works at a licence beside METRC's own list of people, and how the review of users stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.db.models import Q

from glassbox import access
from glassbox.models.catalog import MetrcEmployee
from glassbox.models.companies import License
from glassbox.models.credentials import MetrcCredential
from glassbox.models.people import ProviderIdentity, RoleGrant, User
from glassbox.models.takeover import PersonMatch
from glassbox.models.user_reviews import UserReview
from glassbox.queries.factors import has_own_way_in
from glassbox.queries.sign_on_providers import provider_of_person
from glassbox.queries.takeover.names import ACTS_IN_METRC
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import ROLE_PERMISSIONS, Role
from glassbox.rules.user_review import (
    OurPerson,
    ReviewLight,
    ReviewLine,
    lines_sha256,
    review_due_at,
    review_light,
    review_lines,
)
from glassbox.rules.verdicts import NotFound

# METRC's list is read whole; a row that the newest read did not bring is on it no more.
ONE_READ = timedelta(minutes=5)
REVIEWS_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class SignedReview:
    """One review that somebody signed."""

    signed_by: str
    signed_at: datetime
    people: int
    differences: int
    comment: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class LicensePeople:
    """The people of one licence, line by line, and when they are to be reviewed."""

    license_id: int
    license_number: str
    lines: tuple[ReviewLine, ...]
    sha256: str
    read_at: datetime | None
    due_at: datetime
    light: ReviewLight
    reviews: tuple[SignedReview, ...]
    # By id, the people who are bound to their company's sign-in.
    bound_user_ids: frozenset[int] = frozenset()

    @property
    def differences(self) -> tuple[ReviewLine, ...]:
        """Return the lines that differ."""
        return tuple(line for line in self.lines if line.difference)


@dataclass(frozen=True, kw_only=True)
class Leaver:
    """A person who may be deactivated, signed out or unbound: roles, browsers, and how they sign in."""

    name: str
    email: str
    roles: tuple[str, ...]
    signed_in: tuple[tuple[str, datetime], ...]
    # The provider's name and since when, None for who is bound to none.
    bound_to: tuple[str, datetime] | None
    has_own_way_in: bool


def grants_in_force(now: datetime) -> Q:
    """Return what picks the roles that are held at a moment, those with an end among them."""
    return Q(valid_from__lte=now) & (Q(valid_until__isnull=True) | Q(valid_until__gt=now))


def people_pages(
    *, actor: Actor, license_ids: tuple[int, ...], now: datetime
) -> tuple[LicensePeople, ...]:
    """Return the people of each licence in sight."""
    with access.reading(actor):
        licenses = License.objects.filter(id__in=license_ids).order_by("-kind", "number")
        return tuple(people_at(license, now) for license in licenses)


def people_at(license: License, now: datetime) -> LicensePeople:
    """Return the people of a licence inside a transaction."""
    employees, read_at = employees_on_list(license.pk)
    reading = MetrcCredential.objects.filter(
        license=license, is_for_sync=True, user=None, revoked_at__isnull=True
    )
    lines = review_lines(
        _people(license.pk, now),
        employees,
        list_was_read=read_at is not None,
        reading_names=reading.values_list("owner_name", flat=True),
    )
    signed = UserReview.objects.filter(license=license).select_related("signed_by")
    reviews = tuple(signed.order_by("-signed_at")[:REVIEWS_SHOWN])
    due_at = review_due_at(reviews[0].signed_at if reviews else None, license.created_at)
    return LicensePeople(
        license_id=license.pk,
        license_number=license.number,
        lines=lines,
        sha256=lines_sha256(lines),
        read_at=read_at,
        due_at=due_at,
        light=review_light(due_at, now),
        reviews=tuple(
            SignedReview(
                signed_by=one.signed_by.name,
                signed_at=one.signed_at,
                people=len(one.lines),
                differences=one.difference_count,
                comment=one.comment,
                sha256=one.lines_sha256,
            )
            for one in reviews
        ),
        bound_user_ids=frozenset(
            ProviderIdentity.objects.filter(
                user_id__in=[line.user_id for line in lines if line.user_id],
                user__company_id=license.company_id,
            ).values_list("user_id", flat=True)
        ),
    )


def employees_on_list(license_id: int) -> tuple[tuple[str, ...], datetime | None]:
    """Return the names on METRC's newest list of a licence and when it was read, or None."""
    newest = MetrcEmployee.objects.filter(license_id=license_id).order_by("-seen_at").first()
    if newest is None:
        return (), None
    rows = MetrcEmployee.objects.filter(
        license_id=license_id, seen_at__gte=newest.seen_at - ONE_READ
    )
    return tuple(rows.order_by("full_name").values_list("full_name", flat=True)), newest.seen_at


def names_in_metrc(license_id: int, user_id: int) -> set[str]:
    """Return the names, in small letters, by which METRC may list a person of ours."""
    match = PersonMatch.objects.filter(license_id=license_id, user_id=user_id).first()
    return {
        name.casefold()
        for name in (User.objects.get(id=user_id).name, _matched_name(match))
        if name
    }


def _people(license_id: int, now: datetime) -> tuple[OurPerson, ...]:
    roles: dict[int, list[str]] = {}
    in_force = RoleGrant.objects.filter(grants_in_force(now), license_id=license_id)
    for user_id, role in in_force.order_by("role").values_list("user_id", "role"):
        roles.setdefault(user_id, []).append(role)
    # Who worked here once stays in sight as long as METRC may still list them.
    ever = RoleGrant.objects.filter(license_id=license_id).values("user_id")
    matches = {
        match.user_id: match
        for match in PersonMatch.objects.filter(license_id=license_id).select_related("employee")
    }
    return tuple(
        OurPerson(
            user_id=user.pk,
            name=user.name,
            is_active=user.is_active,
            roles=tuple(roles.get(user.pk, ())),
            acts_in_metrc=any(
                ROLE_PERMISSIONS[Role(role)] & ACTS_IN_METRC for role in roles.get(user.pk, ())
            ),
            employee=_matched_name(matches.get(user.pk)),
            has_no_login=user.pk in matches and matches[user.pk].employee is None,
        )
        for user in User.objects.filter(id__in=ever).order_by("name")
    )


def _matched_name(match: PersonMatch | None) -> str:
    return match.employee.full_name if match and match.employee else ""


def leaver(*, actor: Actor, license_id: int, user_id: int, now: datetime) -> Leaver:
    """Return the person of a licence who is to be deactivated.

    :raises NotFound: if they hold no role here, or are deactivated already
    """
    with access.reading(actor, license_id=license_id):
        grants = RoleGrant.objects.filter(
            license_id=license_id, user_id=user_id, user__is_active=True
        )
        grant = grants.select_related("user").first()
        if grant is None:
            raise NotFound("There is no such person at work at this licence.")
        in_force = RoleGrant.objects.filter(
            grants_in_force(now), user_id=user_id, company_id=grant.company_id
        ).select_related("license")
        return Leaver(
            name=grant.user.name,
            email=grant.user.email,
            roles=tuple(
                f"{one.role.replace('_', ' ').lower()} at {one.license.number}"
                for one in in_force.order_by("license__number", "role")
            ),
            signed_in=tuple(
                UserSession.objects.filter(user_id=user_id)
                .order_by("-created_at")
                .values_list("user_agent", "created_at")
            ),
            bound_to=provider_of_person(user_id),
            has_own_way_in=has_own_way_in(grant.user),
        )
