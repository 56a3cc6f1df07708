"""What people of the brand do all day at the manufacturer, each act by an action of ours."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from glassbox.cli.demo_brand import MAKER, MOVER
from glassbox.operations.production.open import open_batch
from glassbox.operations.production.record import record_output, use_ingredient
from tests.differences.traffic import Traffic

OIL, CARTS = "Crude Oil", "Blue Dream Vape Cart 1 g"
LOCATIONS = {MAKER: ("Vault", "Production Room", "Packing Room"), MOVER: ("Vault", "Shipping")}
MAKERS, MOVERS = ("Ana", "Fay"), ("Hal", "Fay")


def _made_of(
    street: Traffic, tag: str, item: str, amount: str, unit: str, of: Any
) -> dict[str, Any]:
    return {
        "tag": tag,
        "item": item,
        "quantity": amount,
        "unit": unit,
        "date": street.today,
        "location": "Vault",
        "ingredients": [
            {"label": label, "quantity": str(used), "unit": "Grams"} for label, used in of
        ],
    }


def split(street: Traffic) -> None:
    """A package of oil is divided by an action of ours."""
    for source in street.pick(MAKER, OIL, 1):
        part = str(source.quantity // street.chance.randint(3, 6))
        tag = street.tag(MAKER)
        made = _made_of(street, tag, OIL, part, "Grams", [(source.label, part)])
        street.act(MAKER, MAKERS, "package.create", {"packages": [made]})


def waste(street: Traffic) -> None:
    """A little is wasted and leaves METRC by an action of ours; sometimes all of it, then finished."""
    for good in street.pick(MAKER, OIL, 1):
        all_of_it = street.chance.random() < 0.25
        left = Decimal(0) if all_of_it else good.quantity - Decimal(street.chance.randint(1, 9))
        street.act(
            MAKER,
            MAKERS,
            "package.adjust",
            {
                "label": good.label,
                "quantity_before": str(good.quantity),
                "quantity": str(left),
                "unit": good.unit,
                "reason": "Waste",
                "note": "Spilt at the filler",
                "date": street.today,
            },
        )
        if all_of_it:
            street.wait(16)
            street.read(MAKER)
            finish = {"labels": [good.label], "date": street.today}
            street.act(MAKER, MAKERS, "package.finish", finish)


def move(street: Traffic) -> None:
    """Packages go to another room, by an action of ours."""
    number, item = street.chance.choice([(MAKER, OIL), (MOVER, CARTS)])
    goods = street.pick(number, item, street.chance.randint(1, 3), at_least=1)
    if goods:
        street.act(
            number,
            MAKERS if number == MAKER else MOVERS,
            "package.move",
            {
                "labels": [one.label for one in goods],
                "location": street.chance.choice(LOCATIONS[number]),
                "date": street.today,
            },
        )


def produce(street: Traffic) -> None:
    """A batch of carts is filled from two packages of oil, and its output recorded."""
    sources = street.pick(MAKER, OIL, 2, at_least=250)
    if not sources:
        return
    used = [(one.label, Decimal(street.chance.randint(60, 120))) for one in sources]
    units = str(sum(amount for _, amount in used))
    number = f"PB-{street.chance.randint(10_000, 99_999)}"
    batch = open_batch(
        **street.who("Ana", MAKER),
        number=number,
        product=CARTS,
        process="filling",
        protocol_version="SOP-V-7",
        planned_quantity=Decimal(units),
        unit="Each",
        label_claim_mg=Decimal(856),
        planned_inputs=[
            {"label": label, "quantity": str(amount), "unit": "Grams"} for label, amount in used
        ],
    )
    for label, amount in used:
        use_ingredient(
            **street.who("Ana", MAKER),
            batch_id=batch,
            material=OIL,
            quantity_value=amount,
            unit="Grams",
            label=label,
            supplier_lot="",
        )
    tag = street.tag(MAKER)
    made = _made_of(street, tag, CARTS, units, "Each", used)
    made["production_batch_number"] = number
    street.act(MAKER, ("Ana", "Ben"), "package.create_production_batch", {"packages": [made]})
    record_output(
        **street.who("Cy", MAKER),
        batch_id=batch,
        label=tag,
        item_name=CARTS,
        quantity_value=Decimal(units),
        unit="Each",
        net_content=Decimal(1),
    )
