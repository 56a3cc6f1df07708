"""How fresh and how whole our view of METRC is, per licence and feed: for gate G3 and every page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from glassbox import access
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.packages import Package
from glassbox.models.sync import SyncCursor
from glassbox.rules.actor import Actor

# While each of these is read whole up to a moment, a package that none of them has shown since
# has not changed since: METRC moves LastModified with every change.
PACKAGE_FEEDS = frozenset(
    {
        "packages_active",
        "packages_on_hold",
        "packages_in_transit",
        "packages_transferred",
        "packages_inactive",
    }
)
# A run that could not read one of these has failed. The others may be closed to a facility for
# good: tags are a premium endpoint, and some states do not deploy every list.
ESSENTIAL_FEEDS = PACKAGE_FEEDS | {
    "facility",
    "transfers_incoming",
    "transfers_outgoing",
    "transfers_rejected",
}


@dataclass(frozen=True, kw_only=True)
class FeedFreshness:
    """One feed: read whole as of when (None: never yet), and why the last try failed, if it did."""

    feed: str
    as_of: datetime | None
    tried_at: datetime | None
    error: str
    is_essential: bool

    @property
    def is_whole(self) -> bool:
        """Return whether the last walk of this feed came to its end."""
        return self.as_of is not None and not self.error and self.as_of == self.tried_at


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """Every feed of one licence, and what they mean together."""

    license_id: int
    feeds: tuple[FeedFreshness, ...]

    @property
    def as_of(self) -> datetime | None:
        """Return the moment up to which everything essential was read; None if something never was."""
        return _oldest(self.feeds, ESSENTIAL_FEEDS)

    @property
    def packages_as_of(self) -> datetime | None:
        """Return the moment up to which every list of packages was read; None if one never was."""
        return _oldest(self.feeds, PACKAGE_FEEDS)

    @property
    def packages_are_whole(self) -> bool:
        """Return whether the last walk of every list of packages came to its end."""
        whole = {feed.feed for feed in self.feeds if feed.is_whole}
        return whole >= PACKAGE_FEEDS

    @property
    def error(self) -> str:
        """Return why something essential could not be read last time, or nothing."""
        return next((feed.error for feed in self.feeds if feed.is_essential and feed.error), "")


def _oldest(feeds: Iterable[FeedFreshness], names: frozenset[str]) -> datetime | None:
    moments = [feed.as_of for feed in feeds if feed.feed in names and feed.as_of is not None]
    return min(moments) if len(moments) == len(names) else None


def freshness(*, actor: Actor, license_ids: tuple[int, ...]) -> tuple[Freshness, ...]:
    """Return how fresh our view of each licence is; a licence never read has no feeds."""
    with access.reading(actor):
        return freshness_by_license(license_ids)


def freshness_by_license(license_ids: tuple[int, ...]) -> tuple[Freshness, ...]:
    """Return the same inside the caller's transaction; one statement."""
    found: dict[int, list[FeedFreshness]] = {license_id: [] for license_id in license_ids}
    for cursor in SyncCursor.objects.filter(license_id__in=license_ids).order_by("feed"):
        found[cursor.license_id].append(
            FeedFreshness(
                feed=cursor.feed,
                as_of=cursor.last_whole_at,
                tried_at=cursor.last_tried_at,
                error=cursor.last_error,
                is_essential=cursor.feed in ESSENTIAL_FEEDS,
            )
        )
    return tuple(
        Freshness(license_id=license_id, feeds=tuple(feeds)) for license_id, feeds in found.items()
    )


def freshness_of(license_id: int) -> Freshness:
    """Return how fresh our view of one licence is, inside the caller's transaction."""
    return freshness_by_license((license_id,))[0]


@dataclass(frozen=True, kw_only=True)
class PackagesAsOf:
    """Up to when METRC's word of each package of some licences is known to stand."""

    walked_at: dict[int, datetime | None]
    unreadable: frozenset[tuple[int, str]]

    def of(self, package: Package) -> datetime:
        """Return when METRC last showed a package, or last showed that it had not changed."""
        return self.of_row(
            package.license_id,
            package.label,
            confirmed_at=package.confirmed_at,
            opened_at=package.opened_at,
        )

    def of_row(
        self, license_id: int, label: str, *, confirmed_at: datetime | None, opened_at: datetime
    ) -> datetime:
        """Return the same of a row that is no model.

        Of one whose newest record could not be read, only the last readable one counts.
        """
        seen_at = confirmed_at or opened_at
        walked_at = self.walked_at.get(license_id)
        if walked_at is None or confirmed_at is None or (license_id, label) in self.unreadable:
            return seen_at
        return max(seen_at, walked_at)


def packages_as_of(license_ids: tuple[int, ...]) -> PackagesAsOf:
    """Return it inside the caller's transaction; two statements."""
    prefix = "bad-record:packages:"
    unreadable = ExceptionCase.objects.filter(
        license_id__in=license_ids, state=CaseState.OPEN, fact_key__startswith=prefix
    )
    return PackagesAsOf(
        walked_at={one.license_id: one.packages_as_of for one in freshness_by_license(license_ids)},
        unreadable=frozenset(
            (license_id, fact_key.removeprefix(prefix))
            for license_id, fact_key in unreadable.values_list("license_id", "fact_key")
        ),
    )
