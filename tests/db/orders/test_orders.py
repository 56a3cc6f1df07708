"""Orders and promises: only released goods, never twice, young enough on the day (S01, S10, S12)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.models.packages import Movement, Package
from glassbox.models.transfers import Allocation, OrderLine
from glassbox.operations import company
from glassbox.operations.following import follow_license
from glassbox.operations.lab.holds import place_hold
from glassbox.operations.orders import allocate, draft, withdrawal
from glassbox.operations.transaction import short_transaction
from glassbox.rules.actor import system_actor
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of, local_state_of, put_package, see_package
from tests.cast import DIST, MFG, R1, R2, SUP, person, tag
from tests.db.lab.story import CARTS, ITEM, Story


@pytest.fixture
def story(cast: Brand, frozen_now: Any) -> Story:
    """Released goods: 3,980 cartridges."""
    story = Story(cast, frozen_now)
    story.up_to_the_review()
    story.release()
    return story


def draft_one(story: Story, units: int = 900, **changes: Any) -> int:
    return draft.draft_order(
        **{
            "actor": person(story.brand, "Dee"),
            "license_id": story.license_id,
            "number": "SO-1",
            "buyer_license_number": R1,
            "delivery_date": story.now.date() + timedelta(days=2),
            "lines": [
                {"item": ITEM, "quantity": str(units), "unit": "Each", "unit_price": "11.50"}
            ],
            "now": story.now,
            **changes,
        }
    )


def line_of(story: Story, order_id: int) -> int:
    with short_transaction(story.license_id):
        return OrderLine.objects.get(order_id=order_id).pk


def confirm(story: Story, order_id: int, name: str = "Hal") -> None:
    draft.confirm_order(
        actor=person(story.brand, name),
        license_id=story.license_id,
        order_id=order_id,
        now=story.now,
    )


def confirmed_line(story: Story, units: int = 900, **changes: Any) -> int:
    order_id = draft_one(story, units, **changes)
    confirm(story, order_id)
    return line_of(story, order_id)


def promise(story: Story, order_line_id: int, units: int = 900, **changes: Any) -> int:
    return allocate.allocate(
        **{
            "actor": person(story.brand, "Hal"),
            "license_id": story.license_id,
            "order_line_id": order_line_id,
            "label": CARTS,
            "allocated_quantity": Decimal(units),
            "now": story.now,
            **changes,
        }
    )


def codes(refusal: draft.OrderBlocked) -> set[str]:
    return {finding.code for finding in refusal.findings if finding.blocks}


def live(story: Story) -> int:
    with short_transaction(story.license_id):
        return Allocation.objects.filter(withdrawn_at__isnull=True).count()


def test_released_goods_are_promised_to_a_confirmed_order(story: Story) -> None:
    line = confirmed_line(story)

    promise(story, line, split_label=tag(30, DIST))

    assert local_state_of(story.license_id, CARTS) == "ALLOCATED"
    (event,) = events_of(story.license_id, "allocation.made")
    assert (event["body"]["quantity"], event["body"]["split"]) == ("900", tag(30, DIST))


def test_no_unit_is_promised_twice(story: Story) -> None:
    promise(story, confirmed_line(story, 3000), 3000)
    second = confirmed_line(story, 1200, number="SO-2", buyer_license_number=R2)

    with pytest.raises(draft.OrderBlocked) as refusal:
        promise(story, second, 981)

    assert codes(refusal.value) == {"order.not-enough"}
    assert "980 units are free" in refusal.value.findings[0].message
    (event,) = events_of(story.license_id, "order.blocked")
    assert event["body"]["codes"] == ["order.not-enough"]
    promise(story, second, 980)


def test_a_split_that_is_made_no_longer_counts_against_its_source(story: Story) -> None:
    split = tag(30, DIST)
    promise(story, confirmed_line(story, 3000), 3000, split_label=split)
    put_package(story.license_id, split, 3000, now=story.now, unit="Each", item=ITEM)
    see_package(story.license_id, CARTS, now=story.now, quantity=Decimal(980))
    with short_transaction(story.license_id) as license:
        package = Package.objects.get(label=CARTS)
        Movement.objects.create(
            company_id=license.company_id,
            license=license,
            package=package,
            quantity=Decimal(-3020),
            unit="Each",
            cause="USED",
            reason="Split",
            evidence="test",
            fact_key="split",
            occurred_at=story.now,
            recorded_at=story.now,
        )
    second = confirmed_line(story, 1000, number="SO-2", buyer_license_number=R2)

    with pytest.raises(draft.OrderBlocked):
        promise(story, second, 981)
    promise(story, second, 980)


def test_unreleased_goods_are_promised_to_nobody(story: Story) -> None:
    label = tag(13)
    put_package(story.license_id, label, 100, now=story.now, unit="Each", item=ITEM)

    with pytest.raises(draft.OrderBlocked) as refusal:
        promise(story, confirmed_line(story), 100, label=label)

    assert codes(refusal.value) >= {"order.not-released"}


@pytest.mark.parametrize(("days", "is_allowed"), [(361, True), (362, False)])
def test_the_certificate_is_young_enough_on_the_day_of_delivery(
    story: Story, days: int, is_allowed: bool
) -> None:
    # It was issued three days ago; in a common year its twelve months are over after 362 days.
    issued = story.now.date() - timedelta(days=3)
    limit = date(issued.year + 1, issued.month, issued.day)
    delivery = limit - timedelta(days=1 if is_allowed else 0)
    assert (delivery - story.now.date()).days in (days, days + 1)
    line = confirmed_line(story, delivery_date=delivery)

    if is_allowed:
        promise(story, line)
        return
    with pytest.raises(draft.OrderBlocked) as refusal:
        promise(story, line)
    assert codes(refusal.value) == {"order.certificate-too-old"}


def test_metrc_date_wins_when_it_is_earlier(story: Story) -> None:
    day = story.now.date() + timedelta(days=2)
    see_package(
        story.license_id,
        CARTS,
        now=story.now,
        raw={"LabTestResultExpirationDateTime": f"{day.isoformat()}T00:00:00"},
    )

    with pytest.raises(draft.OrderBlocked) as refusal:
        promise(story, confirmed_line(story, delivery_date=day))

    assert codes(refusal.value) == {"order.certificate-too-old"}


def test_a_state_hold_takes_the_promise_back(story: Story) -> None:
    promise(story, confirmed_line(story))
    see_package(story.license_id, CARTS, now=story.now, is_on_hold=True)

    follow_license(actor=system_actor("follower"), license_id=story.license_id, now=story.now)

    assert live(story) == 0
    assert len(events_of(story.license_id, "allocation.withdrawn")) == 1


def test_a_withdrawn_promise_frees_the_goods(story: Story) -> None:
    allocation_id = promise(story, confirmed_line(story))
    withdraw = partial(
        withdrawal.withdraw_allocation,
        license_id=story.license_id,
        allocation_id=allocation_id,
        now=story.now,
    )
    with pytest.raises(NotPermitted):
        withdraw(actor=person(story.brand, "Eve"), because="No")
    with pytest.raises(InvalidInput, match="reason"):
        withdraw(actor=person(story.brand, "Hal"), because=" ")

    withdraw(actor=person(story.brand, "Hal"), because="The buyer changed their mind")

    assert local_state_of(story.license_id, CARTS) == "QA_RELEASED"
    with pytest.raises(NotFound):
        withdraw(actor=person(story.brand, "Hal"), because="Again")


def test_what_left_for_its_buyer_stays_sold(story: Story) -> None:
    split = tag(30, DIST)
    allocation_id = promise(story, confirmed_line(story), split_label=split)
    put_package(story.license_id, split, 900, now=story.now, unit="Each", item=ITEM)
    with short_transaction(story.license_id):
        Package.objects.filter(label=split).update(local_state="DELIVERED")

    place_hold(
        actor=person(story.brand, "Dee"),
        license_id=story.license_id,
        label=CARTS,
        reason="A cart leaks",
        now=story.now,
    )
    with pytest.raises(InvalidInput, match="return or a recall"):
        withdrawal.withdraw_allocation(
            actor=person(story.brand, "Hal"),
            license_id=story.license_id,
            allocation_id=allocation_id,
            because="The buyer changed their mind",
            now=story.now,
        )

    assert live(story) == 1
    assert events_of(story.license_id, "allocation.withdrawn") == []


def test_an_order_is_confirmed_once_and_by_who_may(story: Story) -> None:
    order_id = draft_one(story)
    with pytest.raises(NotPermitted):
        confirm(story, order_id, "Dee")
    with pytest.raises(draft.OrderIsElsewhere):
        promise(story, line_of(story, order_id))

    confirm(story, order_id)

    with pytest.raises(draft.OrderIsElsewhere):
        confirm(story, order_id)
    (event,) = events_of(story.license_id, "order.confirmed")
    assert event["new_state"] == "CONFIRMED"


def test_a_buyer_who_may_not_buy_is_refused_and_remembered(story: Story) -> None:
    company.check_counterparty(
        actor=person(story.brand, "Hal"),
        license_id=story.license_id,
        license_number=R1,
        is_active=False,
        now=story.now,
    )
    order_id = draft_one(story)

    with pytest.raises(draft.OrderBlocked) as refusal:
        confirm(story, order_id)

    assert codes(refusal.value) == {"order.buyer-inactive"}
    assert len(events_of(story.license_id, "order.blocked")) == 1
    second = draft_one(story, number="SO-2", buyer_license_number=SUP)
    with pytest.raises(draft.OrderBlocked) as refusal:
        confirm(story, second)
    assert codes(refusal.value) == {"order.buyer-kind"}


def test_a_cancelled_order_frees_its_goods(story: Story) -> None:
    order_id = draft_one(story)
    confirm(story, order_id)
    promise(story, line_of(story, order_id))

    draft.cancel_order(
        actor=person(story.brand, "Hal"),
        license_id=story.license_id,
        order_id=order_id,
        because="The buyer closed",
        now=story.now,
    )

    assert (live(story), local_state_of(story.license_id, CARTS)) == (0, "QA_RELEASED")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"unit_price": "11.505"}, r"lines\[0\]\.unit_price"),
        ({"quantity": "0"}, r"lines\[0\]\.quantity"),
        ({"colour": "red"}, r"lines\[0\]\.colour"),
    ],
)
def test_a_line_names_the_field_that_is_wrong(
    story: Story, line: dict[str, str], field: str
) -> None:
    good = {"item": ITEM, "quantity": "1", "unit": "Each", "unit_price": "11.50"}

    with pytest.raises(InvalidInput, match=field):
        draft_one(story, lines=[{**good, **line}])


def test_a_line_takes_no_more_than_it_asks_for(story: Story) -> None:
    line = confirmed_line(story, 900)
    promise(story, line, 500)

    with pytest.raises(InvalidInput, match="400 units of the line"):
        promise(story, line, 401)


def test_orders_stay_in_their_company_and_licence(story: Story) -> None:
    line = confirmed_line(story)

    with pytest.raises(NotFound):
        promise(story, line, actor=person(story.brand, "Nell"))
    with pytest.raises(NotFound):
        promise(
            story,
            line,
            actor=person(story.brand, "Dee"),
            license_id=story.brand.licenses[MFG],
        )
