"""What a form that begins an action offers: reasons, locations, free tags, today's date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from glassbox import access
from glassbox.models.catalog import Location, ReferenceValue, Tag, TagStatus
from glassbox.queries.packages.page import find_package
from glassbox.rules.actor import Actor

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
        )
