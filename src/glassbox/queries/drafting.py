"""What a form that begins an action offers: reasons, locations, free tags, today's date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from glassbox import access
from glassbox.models.catalog import Item, Location, ReferenceValue, Tag, TagStatus
from glassbox.models.packages import PackageLineage, PackageSnapshot
from glassbox.queries.packages.page import find_package
from glassbox.queries.rule_packs import rules_for
from glassbox.rules.actor import Actor
from glassbox.rules.gates.facility import sets_final_quantities

TAGS_OFFERED = 50


@dataclass(frozen=True, kw_only=True)
class DraftChoices:
    """The package as METRC shows it, and what may be chosen."""

    label: str
    item_name: str
    unit: str
    metrc_quantity: Decimal | None
    today: str
    adjust_reasons: tuple[str, ...]
    locations: tuple[str, ...]
    tags: tuple[str, ...]
    items: tuple[str, ...]
    metrc_id: int | None
    sources: tuple[tuple[str, str, str], ...]  # label, quantity, unit that it was made out of
    sets_final_quantities: bool  # else METRC of the state books differences (ME-06)

    @property
    def metrc_quantity_text(self) -> str:
        """METRC's quantity as an exact text, for the facts of an action."""
        return "" if self.metrc_quantity is None else f"{self.metrc_quantity.normalize():f}"


def draft_choices(*, actor: Actor, license_id: int, label: str, now: datetime) -> DraftChoices:
    """Return what a form about one package offers.

    :raises NotFound: if this licence has not held it
    """
    with access.reading(actor, license_id=license_id):
        package = find_package((license_id,), label)
        reasons = ReferenceValue.objects.filter(license_id=license_id, kind="adjust_reason")
        locations = Location.objects.filter(license_id=license_id, is_active=True)
        tags = Tag.objects.filter(license_id=license_id, status=TagStatus.RECEIVED)
        zone = ZoneInfo(package.license.time_zone)
        return DraftChoices(
            label=label,
            item_name=package.item_name,
            unit=package.unit,
            metrc_quantity=package.__dict__["metrc_quantity"],
            today=now.astimezone(zone).date().isoformat(),
            adjust_reasons=tuple(reasons.order_by("name").values_list("name", flat=True)),
            locations=tuple(locations.order_by("name").values_list("name", flat=True)),
            tags=tuple(tags.order_by("label").values_list("label", flat=True)[:TAGS_OFFERED]),
            items=tuple(
                Item.objects.filter(license_id=license_id, is_active=True)
                .order_by("name")
                .values_list("name", flat=True)
            ),
            metrc_id=_metrc_id(license_id, label),
            sources=_sources(license_id, label),
            sets_final_quantities=sets_final_quantities(rules_for(package.license)),
        )


def _metrc_id(license_id: int, label: str) -> int | None:
    newest = PackageSnapshot.objects.filter(
        license_id=license_id, package__label=label, is_newest=True
    )
    return newest.values_list("metrc_id", flat=True).first()


def _sources(license_id: int, label: str) -> tuple[tuple[str, str, str], ...]:
    """What METRC would give back to which package, as far as we know how much was taken."""
    arrows = PackageLineage.objects.filter(
        license_id=license_id, child_label=label, quantity__isnull=False
    ).order_by("parent_label")
    return tuple(
        (parent, f"{taken.normalize():f}", unit)
        for parent, taken, unit in arrows.values_list("parent_label", "quantity", "unit")
        if taken is not None
    )
