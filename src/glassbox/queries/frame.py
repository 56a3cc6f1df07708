"""What stands at the top of every page: the licences in sight, how fresh they are, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from glassbox import access
from glassbox.models.actions import RegulatedAction
from glassbox.models.alerts import Alert
from glassbox.models.companies import Installation, License, LicenseKind
from glassbox.models.credentials import MetrcCredential
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.queries.freshness import freshness_by_license
from glassbox.queries.ledger_state import ledger_problem
from glassbox.queries.outages import api_away_by_license
from glassbox.queries.terms import NOT_ACCEPTED, accepted_terms
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.actor import Actor
from glassbox.rules.policy import TeamProfile, read_policy
from glassbox.rules.verdicts import NotFound

# The longest age at which a page calls its METRC numbers fresh; risky gates ask for less.
FRESH_FOR = timedelta(minutes=30)

ENDED_STATES = (ActionState.ACCEPTED, ActionState.REJECTED, ActionState.WITHDRAWN)

LETTERS = {
    LicenseKind.MANUFACTURING: "M",
    LicenseKind.DISTRIBUTION: "D",
    LicenseKind.LABORATORY: "L",
    LicenseKind.RETAIL: "R",
    LicenseKind.CULTIVATION: "C",
    LicenseKind.MICROBUSINESS: "B",
}


@dataclass(frozen=True, kw_only=True)
class LicenseBadge:
    """One licence as the strip and the switch show it."""

    id: int
    number: str
    letter: str
    kind: str
    name: str
    time_zone: str
    as_of: datetime | None
    is_fresh: bool
    sync_error: str
    key_problem: str
    open_actions: int
    open_cases: int
    unseen_alerts: int
    api_away_since: datetime | None
    access_lost_at: datetime | None
    writes_are_on: bool
    small_team: str


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which licences a page looks at. `license` is None in the view of both, which is read only."""

    licenses: tuple[LicenseBadge, ...]
    license: LicenseBadge | None
    switch: tuple[LicenseBadge, ...]
    environment: str
    company: str
    ledger_problem: str = ""
    guest_until: datetime | None = None
    terms_problem: str = ""

    @property
    def license_ids(self) -> tuple[int, ...]:
        return tuple(badge.id for badge in self.licenses)

    @property
    def slug(self) -> str:
        """The first part of every address in this scope."""
        return f"l/{self.license.number}" if self.license else "both"

    @property
    def time_zone(self) -> str:
        return self.licenses[0].time_zone if self.licenses else "UTC"

    @property
    def unseen_alerts(self) -> int:
        """What the bell counts: alerts that hold and that nobody has acknowledged."""
        return sum(badge.unseen_alerts for badge in self.licenses)


def scope(*, actor: Actor, license_number: str | None, now: datetime) -> Scope:
    """Return the scope of a page: one licence, or every licence the actor may read.

    :raises NotFound: if the actor may not look into a licence of that number
    """
    with access.reading(actor) as license_ids:
        badges = _badges(license_ids, now)
        installation = Installation.objects.filter(id=1).first()
        guest_until = access.guest_until(actor)
        license = License.objects.filter(id__in=license_ids).select_related("company").first()
    chosen = next((badge for badge in badges if badge.number == license_number), None)
    if license_number is not None and chosen is None:
        raise NotFound(f"There is no licence {license_number} that you may look into.")
    return Scope(
        licenses=(chosen,) if chosen else badges,
        license=chosen,
        switch=badges,
        environment=installation.environment if installation else "dev",
        company=license.company.name if license else "",
        ledger_problem=ledger_problem(actor=actor),
        guest_until=guest_until,
        terms_problem=NOT_ACCEPTED
        if license and not accepted_terms(license.company).are_current
        else "",
    )


def _badges(license_ids: tuple[int, ...], now: datetime) -> tuple[LicenseBadge, ...]:
    read = {one.license_id: one for one in freshness_by_license(license_ids)}
    key_problems = _key_problems()
    actions = _count_by_license(RegulatedAction.objects.exclude(state__in=ENDED_STATES))
    cases = _count_by_license(ExceptionCase.objects.filter(state=CaseState.OPEN))
    alerts = _count_by_license(
        Alert.objects.filter(ended_at__isnull=True, acknowledged_at__isnull=True)
    )
    away = api_away_by_license(license_ids)
    badges = []
    for license in License.objects.filter(id__in=license_ids).order_by("-kind", "number"):
        as_of = read[license.id].as_of
        policy = read_policy(license.policy)
        badges.append(
            LicenseBadge(
                id=license.id,
                number=license.number,
                letter=LETTERS[LicenseKind(license.kind)],
                kind=license.kind,
                name=license.legal_name,
                time_zone=license.time_zone,
                as_of=as_of,
                is_fresh=as_of is not None and now - as_of <= FRESH_FOR,
                sync_error=read[license.id].error,
                key_problem=key_problems.get(license.id, ""),
                open_actions=actions.get(license.id, 0),
                open_cases=cases.get(license.id, 0),
                unseen_alerts=alerts.get(license.id, 0),
                api_away_since=away[license.id].since if license.id in away else None,
                access_lost_at=license.access_lost_at,
                writes_are_on=license.writes_are_on,
                small_team=policy.words() if policy.profile is TeamProfile.SMALL_TEAM else "",
            )
        )
    return tuple(badges)


def _key_problems() -> dict[int, str]:
    refused = MetrcCredential.objects.filter(
        Q(last_worked_at__isnull=True) | Q(last_refused_at__gt=F("last_worked_at")),
        revoked_at__isnull=True,
        last_refused_at__isnull=False,
    )
    return {
        license_id: f"METRC refuses the key of {owner} that ends in {last_four}."
        for license_id, owner, last_four in refused.values_list(
            "license_id", "owner_name", "last_four"
        )
    }


def _count_by_license(rows: QuerySet[Any]) -> dict[int, int]:
    grouped = rows.values("license_id").annotate(number=Count("id"))
    return {row["license_id"]: row["number"] for row in grouped}
