"""Everything on record that may explain a difference, gathered for all candidates at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, Q

from glassbox.models.credentials import MetrcCredential
from glassbox.models.packages import PackageLineage, PackageSnapshot
from glassbox.models.people import User
from glassbox.models.production import BatchOutput
from glassbox.models.transfers import TransferPackage, TransferState
from glassbox.queries.differences.candidates import Candidate
from glassbox.queries.differences.records import causes_of, labels_made_by_us, parents_of
from glassbox.queries.freshness import PACKAGE_FEEDS, Freshness
from glassbox.rules.clocks import ENTRY_HOURS
from glassbox.rules.quantities import UNITS, quantity, unit_named
from glassbox.rules.reconcile import Counted, Known, Lineage

UNDER_WAY = (TransferState.REGISTERED, TransferState.DEPARTED, TransferState.PARTLY_REJECTED)
ON_THE_ROAD = ("Shipped", "Rejected", "Returned")
# METRC's answers that mean a key or a permission, as the client words them.
REFUSALS = ("401", "403")
TWIN_WITHIN = timedelta(hours=24)


@dataclass(kw_only=True)
class Gathering:
    """What is known so far, by label."""

    license_id: int
    now: datetime
    found: tuple[Candidate, ...]
    known: dict[str, Known] = field(default_factory=lambda: defaultdict(Known))

    def learn(self, label: str, **facts: object) -> None:
        """Add facts about one label."""
        self.known[label] = replace(self.known[label], **facts)  # type: ignore[arg-type]


def known_of(
    license_id: int,
    found: tuple[Candidate, ...],
    *,
    freshness: Freshness,
    tolerance_percent: Decimal,
    now: datetime,
) -> dict[str, Known]:
    """Return what is known of each candidate by label; a fixed number of statements.

    `tolerance_percent` is that of a scale, for what is weighed; whole units have none.
    """
    gathering = Gathering(license_id=license_id, now=now, found=found)
    for label, causes in causes_of(license_id, found).items():
        gathering.learn(label, causes=tuple(causes))
    _authority(gathering, freshness)
    _counts(gathering, tolerance_percent)
    _lineage(gathering)
    _recorded_items(gathering)
    _unknown_to_us(gathering)
    _other_tags(gathering)
    _transfers(gathering)
    return gathering.known


def _authority(gathering: Gathering, freshness: Freshness) -> None:
    """Say which list a key or a permission keeps from us, to every candidate alike."""
    said = [
        feed.error
        for feed in freshness.feeds
        if feed.feed in PACKAGE_FEEDS and any(number in feed.error for number in REFUSALS)
    ]
    refused = MetrcCredential.objects.filter(
        Q(last_worked_at__isnull=True) | Q(last_refused_at__gt=F("last_worked_at")),
        license_id=gathering.license_id,
        revoked_at__isnull=True,
        last_refused_at__isnull=False,
    ).first()
    if refused is not None:
        said.insert(0, f"METRC refuses the key of {refused.owner_name}")
    if said:
        for one in gathering.found:
            gathering.learn(one.label, authority=said[0].rstrip("."))


def _counts(gathering: Gathering, tolerance_percent: Decimal) -> None:
    counted = [one for one in gathering.found if one.counted is not None]
    names = dict(
        User.objects.filter(id__in={one.counted_by_id for one in counted}).values_list("id", "name")
    )
    for one in counted:
        if one.counted is None or one.counted_at is None or one.counted_unit not in UNITS:
            continue
        is_weighed = not unit_named(one.counted_unit).is_count
        share = one.counted * tolerance_percent / 100 if is_weighed else Decimal(0)
        gathering.learn(
            one.label,
            counted=Counted(
                quantity=quantity(one.counted, one.counted_unit),
                counted_by=names.get(one.counted_by_id or 0, "somebody"),
                counted_at=one.counted_at,
                tolerance=share,
            ),
        )


def _lineage(gathering: Gathering) -> None:
    labels = [one.label for one in gathering.found if one.snapshot_id is not None]
    claimed, seen = defaultdict(set), defaultdict(set)
    arrows = PackageLineage.objects.filter(
        license_id=gathering.license_id, child_label__in=labels
    ).values_list("child_label", "parent_label", "claimed_by_us_at", "seen_in_metrc_at")
    for child, parent, claimed_at, seen_at in arrows:
        if claimed_at is not None:
            claimed[child].add(parent)
        if seen_at is not None:
            seen[child].add(parent)
    for child in claimed:
        if claimed[child] != seen[child]:
            lineage = Lineage(
                child_label=child,
                claimed=tuple(sorted(claimed[child])),
                seen=tuple(sorted(seen[child])),
            )
            gathering.learn(child, lineage=lineage)


def _recorded_items(gathering: Gathering) -> None:
    labels = [one.label for one in gathering.found]
    for label, item_name in BatchOutput.objects.filter(
        license_id=gathering.license_id, label__in=labels
    ).values_list("label", "item_name"):
        gathering.learn(label, recorded_item=item_name)


def _unknown_to_us(gathering: Gathering) -> None:
    """What METRC alone has: received and not counted yet, entered twice, or made in its pages."""
    unknown = {one.label: one for one in gathering.found if one.our_quantity is None}
    snapshots = PackageSnapshot.objects.filter(
        id__in=[one.snapshot_id for one in unknown.values()]
    ).select_related("package")
    parents = parents_of(gathering.license_id, unknown)
    for snapshot in snapshots:
        label = snapshot.package.label
        manifest = snapshot.raw.get("ReceivedFromManifestNumber")
        if manifest:
            gathering.learn(
                label,
                transfer=f"METRC received it with manifest {manifest}, nobody counted it here yet",
                transfer_is_overdue=_is_overdue(snapshot.package.opened_at, gathering.now),
            )
        elif label in parents:
            sources = ", ".join(parents[label])
            gathering.learn(label, made_outside=f"in METRC it was made from {sources}, not by us")
    _twins(gathering, unknown, parents)


def _is_overdue(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now > moment + timedelta(hours=ENTRY_HOURS)


def _twins(
    gathering: Gathering, unknown: dict[str, Candidate], parents: dict[str, tuple[str, ...]]
) -> None:
    """Find a package of METRC's that is just like one our own action made of the same source."""
    siblings = defaultdict(set)
    sources = {parent for some in parents.values() for parent in some}
    for parent, child in PackageLineage.objects.filter(
        license_id=gathering.license_id, parent_label__in=sources
    ).values_list("parent_label", "child_label"):
        siblings[parent].add(child)
    near = {child for children in siblings.values() for child in children}
    ours = labels_made_by_us(gathering.license_id, near)
    words = {
        row.package.label: row
        for row in PackageSnapshot.objects.filter(
            license_id=gathering.license_id, is_newest=True, package__label__in=ours
        ).select_related("package")
    }
    for label, source_labels in parents.items():
        one = unknown[label]
        alike = [
            other
            for source in source_labels
            for other in sorted(siblings[source] & ours)
            if other in words and _is_alike(one, words[other])
        ]
        if alike:
            gathering.learn(label, twin=f"it is just like {alike[0]}, which we made then")


def _is_alike(one: Candidate, other: PackageSnapshot) -> bool:
    same = (one.metrc_quantity, one.metrc_unit, one.metrc_item_name) == (
        other.quantity,
        other.unit,
        other.item_name,
    )
    return same and abs(one.opened_at - other.package.opened_at) <= TWIN_WITHIN


def _other_tags(gathering: Gathering) -> None:
    """Pair what only we have with what only METRC has, if item and quantity are the same."""
    missing = [one for one in gathering.found if one.snapshot_id is None]
    strangers: dict[tuple[str | None, Decimal | None, str | None], list[Candidate]] = {}
    for one in gathering.found:
        if one.our_quantity is None and not gathering.known[one.label].transfer:
            key = (one.metrc_item_name, one.metrc_quantity, one.metrc_unit)
            strangers.setdefault(key, []).append(one)
    for one in missing:
        alike = strangers.get((one.item_name, one.our_quantity, one.our_unit), [])
        if len(alike) == 1:
            other = alike[0].label
            gathering.learn(one.label, other_tag=f"METRC has the same goods as {other}")
            gathering.learn(other, other_tag=f"our book has the same goods as {one.label}")


def _transfers(gathering: Gathering) -> None:
    labels = [one.label for one in gathering.found]
    rows = TransferPackage.objects.filter(
        license_id=gathering.license_id,
        label__in=labels,
        transfer__state__in=UNDER_WAY,
        shipment_state__in=ON_THE_ROAD,
    ).select_related("transfer")
    for row in rows.order_by("transfer_id"):
        transfer = row.transfer
        gathering.learn(
            row.label,
            transfer=f"it is on manifest {transfer.manifest_number or transfer.template_name} "
            f"from {transfer.shipper_license_number} to {transfer.receiver_license_number}",
            transfer_is_overdue=_is_overdue(transfer.arrives_at, gathering.now),
        )
