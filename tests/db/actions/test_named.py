"""Actions found by the labels they name: the narrow table follows every draft and every edit."""

from __future__ import annotations

from datetime import datetime

from glassbox.cli.demo_brand import Brand
from glassbox.models.actions import RegulatedAction
from glassbox.operations.transaction import short_transaction
from glassbox.queries.action_labels import naming
from tests.cast import DIST, MFG, tag
from tests.db.actions.story import OIL, draft, put_oil


def named(brand: Brand, label: str, number: str = MFG) -> list[int]:
    license_id = brand.licenses[number]
    with short_transaction(license_id):
        found = RegulatedAction.objects.filter(naming([license_id], [label]))
        return list(found.order_by("id").values_list("id", flat=True))


def test_an_action_is_found_by_every_label_it_names(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)

    assert named(cast, OIL) == [action_id]
    assert named(cast, tag(455)) == [action_id]
    assert named(cast, tag(456)) == []
    assert named(cast, OIL, DIST) == []


def test_an_edit_moves_the_action_to_its_new_labels(cast: Brand, frozen_now: datetime) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    with short_transaction(cast.licenses[MFG]):
        RegulatedAction.objects.filter(id=action_id).update(labels=[OIL, tag(456), tag(456)])

    assert named(cast, tag(455)) == []
    assert named(cast, tag(456)) == named(cast, OIL) == [action_id]
