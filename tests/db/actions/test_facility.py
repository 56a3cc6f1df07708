"""METRC's flags of the facility decide with the other gates, once METRC was read."""

from __future__ import annotations

from datetime import datetime

import pytest

from glassbox.cli.demo_brand import Brand
from glassbox.models.companies import Facility
from glassbox.operations.actions.review import GatesBlocked
from glassbox.operations.transaction import short_transaction
from glassbox.rules.action_lifecycle import ActionState
from tests.cast import MFG
from tests.db.actions.story import approve, draft, put_oil, review, stored


def read_facility(cast: Brand, now: datetime, *, creates_packages: bool) -> None:
    with short_transaction(cast.licenses[MFG]) as license:
        Facility.objects.update_or_create(
            license=license,
            defaults={
                "company_id": license.company_id,
                "name": "Golden Poppy Manufacturing",
                "flags": {"IsRetail": True, "CanCreateDerivedPackages": creates_packages},
                "seen_at": now,
            },
        )


def test_a_facility_without_the_right_is_stopped_before_metrc_refuses(
    cast: Brand, frozen_now: datetime
) -> None:
    put_oil(cast, frozen_now)
    action_id = draft(cast, frozen_now)
    review(cast, frozen_now, action_id)
    read_facility(cast, frozen_now, creates_packages=False)

    with pytest.raises(GatesBlocked) as refusal:
        approve(cast, frozen_now, action_id)

    (finding,) = [one for one in refusal.value.findings if one.blocks]
    assert (finding.rule_id, finding.code) == ("G1-FLAG", "action.facility-may-not")
    assert "CanCreateDerivedPackages" in finding.message

    read_facility(cast, frozen_now, creates_packages=True)
    approve(cast, frozen_now, action_id)
    assert stored(cast, action_id).state == ActionState.APPROVED
