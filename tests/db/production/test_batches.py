"""A batch from its plan to its close: scenario S01, steps 3 and 4, and S02's blocked plan."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial

import pytest

from glassbox.access import NotPermitted
from glassbox.cli.demo_brand import Brand
from glassbox.operations.person import NotTwoPeople, OnlyAPerson
from glassbox.operations.production import close, labels, record, waste
from glassbox.operations.production.batch import BatchIsClosed
from glassbox.operations.production.open import BatchBlocked, open_batch
from glassbox.rules.actor import system_actor
from glassbox.rules.package_state import LocalState
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import events_of, put_adjustment, put_package, see_package
from tests.cast import MFG, NEIGHBOR, person, tag

CRUDE = (tag(1), tag(2), tag(3))
GRAMS = Decimal


def put_crude_oil(brand: Brand, now: datetime, *grams: int) -> None:
    for label, quantity in zip(CRUDE, grams, strict=False):
        put_package(brand.licenses[MFG], label, quantity, now=now)


def plan(*grams: int) -> list[dict[str, object]]:
    return [
        {"label": label, "quantity": str(quantity), "unit": "Grams"}
        for label, quantity in zip(CRUDE, grams, strict=False)
    ]


def open_distillation(brand: Brand, now: datetime, *grams: int, name: str = "Ana") -> int:
    return open_batch(
        actor=person(brand, name),
        license_id=brand.licenses[MFG],
        number="PB-D-101",
        product="Distillate",
        process="distillation",
        protocol_version="D-4",
        planned_quantity=Decimal(8400),
        unit="Grams",
        planned_inputs=plan(*grams),
        now=now,
    )


def codes(refusal: BatchBlocked) -> set[str]:
    return {finding.code for finding in refusal.findings if finding.blocks}


def test_a_batch_opens_against_the_stock_that_metrc_shows(
    cast: Brand, frozen_now: datetime
) -> None:
    put_crude_oil(cast, frozen_now, 5000, 4000, 3000)

    batch_id = open_distillation(cast, frozen_now, 5000, 4000, 3000)

    (event,) = events_of(cast.licenses[MFG], "batch.opened")
    assert event["subject"] == f"batch:{batch_id}"
    assert event["body"]["planned"][1] == [CRUDE[1], "4000"]


def test_a_plan_over_the_stock_is_blocked_until_it_is_planned_again(
    cast: Brand, frozen_now: datetime
) -> None:
    put_crude_oil(cast, frozen_now, 5000, 3996)

    with pytest.raises(BatchBlocked) as refusal:
        open_distillation(cast, frozen_now, 5000, 4000, 3000)

    assert codes(refusal.value) >= {"batch.not-enough-stock", "package.not-ours"}
    (event,) = events_of(cast.licenses[MFG], "batch.blocked")
    assert "batch.not-enough-stock" in event["body"]["codes"]
    assert open_distillation(cast, frozen_now, 5000, 3996)


def test_a_batch_number_is_used_once(cast: Brand, frozen_now: datetime) -> None:
    put_crude_oil(cast, frozen_now, 5000)
    open_distillation(cast, frozen_now, 2000)

    with pytest.raises(BatchBlocked) as refusal:
        open_distillation(cast, frozen_now, 2000)

    assert codes(refusal.value) == {"batch.number-in-use"}


def test_a_held_package_stops_the_plan(cast: Brand, frozen_now: datetime) -> None:
    put_crude_oil(cast, frozen_now, 5000)
    see_package(cast.licenses[MFG], CRUDE[0], now=frozen_now, is_on_hold=True)

    with pytest.raises(BatchBlocked) as refusal:
        open_distillation(cast, frozen_now, 2000)

    assert codes(refusal.value) == {"package.on-state-hold"}


def test_only_who_may_open_batches_opens_one(cast: Brand, frozen_now: datetime) -> None:
    put_crude_oil(cast, frozen_now, 5000)

    with pytest.raises(NotPermitted):
        open_distillation(cast, frozen_now, 2000, name="Ivy")
    with pytest.raises(NotFound):
        open_distillation(cast, frozen_now, 2000, name="Nell")

    (event,) = events_of(cast.licenses[MFG], "access.denied")
    assert event["subject"] == "permission:batch.open"


def test_the_system_makes_nothing(cast: Brand, frozen_now: datetime) -> None:
    put_crude_oil(cast, frozen_now, 5000)
    batch_id = open_distillation(cast, frozen_now, 2000)

    with pytest.raises((OnlyAPerson, NotPermitted)):
        record.record_step(
            actor=system_actor("robot"),
            license_id=cast.licenses[MFG],
            batch_id=batch_id,
            step="heat",
            text="Heated",
            now=frozen_now,
        )


def test_a_plan_names_the_field_that_is_wrong(cast: Brand, frozen_now: datetime) -> None:
    rows: list[dict[str, object]] = [{"label": CRUDE[0], "quantity": "-1", "unit": "Grams"}]

    with pytest.raises(InvalidInput, match=r"planned_inputs\[0\]\.quantity"):
        open_batch(
            actor=person(cast, "Ana"),
            license_id=cast.licenses[MFG],
            number="PB-1",
            product="Distillate",
            process="distillation",
            protocol_version="D-4",
            planned_quantity=Decimal(1),
            unit="Grams",
            planned_inputs=rows,
            now=frozen_now,
        )


class Distillation:
    """PB-D-101 of S01: 12,000 g in, 8,400 distillate, 3,564 tails, 36 loss."""

    def __init__(self, brand: Brand, now: datetime) -> None:
        self.license_id, self.now = brand.licenses[MFG], now
        put_crude_oil(brand, now, 5000, 4000, 3000)
        self.batch_id = open_distillation(brand, now, 5000, 4000, 3000)
        self.common = {"license_id": self.license_id, "batch_id": self.batch_id, "now": now}
        self.ana, self.ben = person(brand, "Ana"), person(brand, "Ben")
        self.use = partial(
            record.use_ingredient, actor=self.ana, material="Crude Oil", unit="Grams", **self.common
        )
        self.waste = partial(
            waste.record_waste, actor=self.ana, label=CRUDE[0], unit="Grams", **self.common
        )

    def record_all(self, *, loss: int = 36) -> None:
        for label, grams in zip(CRUDE, (5000, 4000, 3000), strict=True):
            self.use(label=label, quantity_value=Decimal(grams))
        record.record_output(
            actor=self.ana,
            label=tag(10),
            item_name="Distillate",
            quantity_value=Decimal(8400),
            unit="Grams",
            **self.common,
        )
        self.waste(kind="TAILS", quantity_value=Decimal(3564), reason="Distillation tails")
        self.waste(kind="LOSS", quantity_value=Decimal(loss), reason="Wetting of the glass")

    def show_in_metrc(self) -> None:
        put_package(self.license_id, tag(10), 8400, now=self.now, item="Distillate")
        put_adjustment(self.license_id, CRUDE[0], -3564, "Waste", now=self.now)
        put_adjustment(self.license_id, CRUDE[0], -36, "Loss", now=self.now)

    def verify(self) -> None:
        close.verify_batch(actor=self.ben, **self.common)

    def close(self) -> None:
        close.close_batch(actor=self.ana, **self.common)


@pytest.fixture
def distillation(cast: Brand, frozen_now: datetime) -> Distillation:
    return Distillation(cast, frozen_now)


def test_a_batch_that_balances_to_the_gram_closes(distillation: Distillation) -> None:
    distillation.record_all()
    distillation.show_in_metrc()
    distillation.verify()
    distillation.close()

    (event,) = events_of(distillation.license_id, "batch.closed")
    body = {name: Decimal(value) for name, value in event["body"].items()}
    assert body == {"inputs": 12000, "outputs": 8400, "waste": 3564, "loss": 36, "samples": 0}


@pytest.mark.parametrize(
    ("loss", "code"), [(35, "batch.balance"), (37, "batch.balance")], ids=["missing", "too-much"]
)
def test_a_batch_one_gram_off_stays_open(distillation: Distillation, loss: int, code: str) -> None:
    distillation.record_all(loss=loss)
    distillation.show_in_metrc()
    put_adjustment(distillation.license_id, CRUDE[0], -10, "Loss", now=distillation.now)
    distillation.verify()

    with pytest.raises(BatchBlocked) as refusal:
        distillation.close()

    assert codes(refusal.value) == {code}


def test_waste_that_metrc_does_not_show_keeps_a_batch_open(distillation: Distillation) -> None:
    distillation.record_all()
    put_package(distillation.license_id, tag(10), 8400, now=distillation.now)
    distillation.verify()

    with pytest.raises(BatchBlocked) as refusal:
        distillation.close()

    assert codes(refusal.value) == {"batch.not-in-metrc"}
    assert "3,600 g of waste or loss" in refusal.value.findings[0].message
    (event,) = events_of(distillation.license_id, "batch.blocked")
    assert event["body"]["moment"] == "close"


def test_an_unverified_batch_does_not_close(distillation: Distillation) -> None:
    distillation.record_all()
    distillation.show_in_metrc()

    with pytest.raises(BatchBlocked) as refusal:
        distillation.close()

    assert codes(refusal.value) == {"batch.not-verified"}


def test_who_worked_on_a_batch_cannot_verify_it(
    distillation: Distillation, cast: Brand, frozen_now: datetime
) -> None:
    with pytest.raises(NotPermitted):
        close.verify_batch(actor=distillation.ana, **distillation.common)
    labels.count_labels(
        actor=distillation.ben,
        issued=1,
        applied=1,
        destroyed=0,
        returned=0,
        verified_by_id=cast.users["Cy"],
        **distillation.common,
    )

    with pytest.raises(close.OwnBatch):
        distillation.verify()


def test_a_new_entry_makes_a_verification_void(distillation: Distillation) -> None:
    distillation.verify()

    distillation.use(label=CRUDE[0], quantity_value=Decimal(5))

    (event,) = events_of(distillation.license_id, "batch.reopened")
    assert (event["prev_state"], event["new_state"]) == ("VERIFIED", "OPEN")


def test_a_closed_batch_takes_no_entry(distillation: Distillation) -> None:
    distillation.record_all()
    distillation.show_in_metrc()
    distillation.verify()
    distillation.close()

    with pytest.raises(BatchIsClosed):
        distillation.waste(kind="LOSS", quantity_value=Decimal(1), reason="Late thought")


def test_no_more_is_used_than_metrc_ever_showed(distillation: Distillation) -> None:
    distillation.use(label=CRUDE[2], quantity_value=Decimal(2000))

    with pytest.raises(InvalidInput, match="METRC showed 1,000 g"):
        distillation.use(label=CRUDE[2], quantity_value=Decimal("1000.001"))


def test_an_ingredient_is_a_package_or_a_lot_and_not_both(distillation: Distillation) -> None:
    distillation.use(supplier_lot="TERP-88", quantity_value=Decimal(281))

    with pytest.raises(InvalidInput, match="either the tag of a package or the lot"):
        distillation.use(label=CRUDE[0], supplier_lot="TERP-88", quantity_value=Decimal(281))
    with pytest.raises(InvalidInput, match="either the tag of a package or the lot"):
        distillation.use(quantity_value=Decimal(281))


def test_goods_on_hold_are_not_used(cast: Brand, frozen_now: datetime) -> None:
    put_crude_oil(cast, frozen_now, 5000)
    batch_id = open_distillation(cast, frozen_now, 2000)
    put_package(cast.licenses[MFG], tag(9), 100, now=frozen_now, local_state=LocalState.LOCAL_HOLD)

    with pytest.raises(record.GoodsAreStopped):
        record.use_ingredient(
            actor=person(cast, "Ana"),
            license_id=cast.licenses[MFG],
            batch_id=batch_id,
            material="Crude Oil",
            label=tag(9),
            quantity_value=Decimal(1),
            unit="Grams",
            now=frozen_now,
        )


def test_units_say_what_one_of_them_holds(distillation: Distillation) -> None:
    with pytest.raises(InvalidInput, match="net_content"):
        record.record_output(
            actor=distillation.ana,
            label=tag(10),
            item_name="Cart",
            quantity_value=Decimal(10),
            unit="Each",
            **distillation.common,
        )


def test_a_batch_of_another_company_is_not_there(
    distillation: Distillation, cast: Brand, frozen_now: datetime
) -> None:
    with pytest.raises(NotFound):
        distillation.use(actor=person(cast, "Nell"), label=CRUDE[0], quantity_value=Decimal(1))
    with pytest.raises(NotPermitted):
        close.verify_batch(
            actor=person(cast, "Nell"),
            license_id=cast.licenses[NEIGHBOR],
            batch_id=distillation.batch_id,
            now=frozen_now,
        )


def test_carts_balance_through_a_bulk_oil_that_the_batch_uses_itself(
    cast: Brand, frozen_now: datetime
) -> None:
    license_id, ana = cast.licenses[MFG], person(cast, "Ana")
    put_package(license_id, tag(10), 8400, now=frozen_now, item="Distillate")
    batch_id = open_batch(
        actor=ana,
        license_id=license_id,
        number="PB-V-201",
        product="Blue Dream Vape Cart 1 g",
        process="formulation and filling",
        protocol_version="V-7",
        planned_quantity=Decimal(4000),
        unit="Each",
        planned_inputs=[{"label": tag(10), "quantity": "3731", "unit": "Grams"}],
        label_claim_mg=Decimal(856),
        now=frozen_now,
    )
    common = {"actor": ana, "license_id": license_id, "batch_id": batch_id, "now": frozen_now}
    use = partial(record.use_ingredient, unit="Grams", **common)  # type: ignore[arg-type]
    make = partial(record.record_output, **common)  # type: ignore[arg-type]
    use(label=tag(10), material="Distillate", quantity_value=Decimal(3731))
    use(supplier_lot="TERP-88", material="Botanical terpenes", quantity_value=Decimal(281))
    make(label=tag(11), item_name="Formulated Oil", quantity_value=Decimal(4012), unit="Grams")
    put_package(license_id, tag(11), 4012, now=frozen_now, item="Formulated Oil")
    use(label=tag(11), material="Formulated Oil", quantity_value=Decimal(4012))
    make(
        label=tag(12),
        item_name="Blue Dream Vape Cart 1 g",
        quantity_value=Decimal(4000),
        unit="Each",
        net_content=Decimal("1.000"),
    )
    put_package(license_id, tag(12), 4000, now=frozen_now, unit="Each")
    waste.record_waste(
        kind="WASTE",
        quantity_value=Decimal(12),
        unit="Grams",
        label=tag(11),
        reason="Left in the lines",
        **common,  # type: ignore[arg-type]
    )
    put_adjustment(license_id, tag(11), -12, "Waste", now=frozen_now)
    close.verify_batch(
        actor=person(cast, "Ben"), license_id=license_id, batch_id=batch_id, now=frozen_now
    )

    with pytest.raises(BatchBlocked) as refusal:
        close.close_batch(**common)  # type: ignore[arg-type]
    assert codes(refusal.value) == {"batch.labels"}

    count = partial(
        labels.count_labels,
        actor=person(cast, "Cy"),
        license_id=license_id,
        batch_id=batch_id,
        issued=4050,
        applied=4000,
        returned=12,
        now=frozen_now,
    )
    with pytest.raises(labels.LabelsUnaccounted, match="1 labels do not add up"):
        count(destroyed=37, verified_by_id=cast.users["Ben"])
    with pytest.raises(NotTwoPeople):
        count(destroyed=38, verified_by_id=cast.users["Cy"])
    with pytest.raises(NotTwoPeople):
        count(destroyed=38, verified_by_id=cast.users["Hal"])
    count(destroyed=38, verified_by_id=cast.users["Ben"])
    close.verify_batch(
        actor=person(cast, "Ben"), license_id=license_id, batch_id=batch_id, now=frozen_now
    )
    close.close_batch(**common)  # type: ignore[arg-type]

    (event,) = events_of(license_id, "batch.closed")
    assert {name: Decimal(value) for name, value in event["body"].items()} == {
        "inputs": 4012,
        "outputs": 4000,
        "samples": 0,
        "waste": 12,
        "loss": 0,
    }
