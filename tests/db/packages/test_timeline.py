"""The timeline of a package: two columns by time, gaps over 24 hours, the hash of each event."""

from __future__ import annotations

from datetime import datetime, timedelta

from glassbox.cli.demo_brand import Brand
from glassbox.operations.lab.holds import place_hold
from glassbox.queries.packages.page import package_page
from tests.builders import put_package, see_package
from tests.cast import MFG, person, tag


def test_gaps_over_a_day_are_told_and_each_event_has_its_hash(
    cast: Brand, frozen_now: datetime
) -> None:
    maker = cast.licenses[MFG]
    put_package(maker, tag(1), 500, now=frozen_now - timedelta(hours=80))
    see_package(maker, tag(1), now=frozen_now - timedelta(hours=23), quantity=490)
    place_hold(
        actor=person(cast, "Ana"),
        license_id=maker,
        label=tag(1),
        reason="Smells odd",
        now=frozen_now,
    )

    found = package_page(actor=person(cast, "Ana"), license_ids=(maker,), label=tag(1))

    held = next(entry for entry in found.timeline if entry.title == "hold.placed")
    assert (held.is_from_metrc, held.who, len(held.leaf_sha256)) == (False, "Ana", 64)
    assert [entry.gap_hours for entry in found.timeline if entry.gap_hours] == [57]
    assert [entry.at for entry in found.timeline] == sorted(
        (entry.at for entry in found.timeline), reverse=True
    )
