"""Seeds of differences: acts in METRC's pages that we do not know of, and entries METRC never gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.models.packages import Count, Movement, Package, PackageLineage
from glassbox.models.production import Batch, BatchOutput, BatchState
from glassbox.operations.transaction import short_transaction
from glassbox.rules.difference_causes import DifferenceClass
from glassbox.rules.package_state import LocalState
from tests.desk import Desk

SUPPLIER = "CDPH-19990077"
ITEM = "Crude Oil"
GRAMS = 100
DELIVERY = 100
_numbers = count(1)


@dataclass
class Field:
    """One licence with goods that both books agree about, and the seeds sown so far."""

    brand: Brand
    desk: Desk
    sown_at: datetime
    untouched: list[str] = field(default_factory=list)
    sown: dict[str, DifferenceClass] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)

    @property
    def license_id(self) -> int:
        return self.brand.licenses[MAKER]

    def take(self, number: int) -> list[str]:
        taken, self.untouched = self.untouched[:number], self.untouched[number:]
        assert len(taken) == number, "not enough goods were brought"
        return taken

    def book(self, label: str, quantity: str, *, at: datetime, **changes: Any) -> None:
        """Book a movement that METRC never hears of."""
        with short_transaction(self.license_id) as license:
            package = Package.objects.get(label=label)
            Movement.objects.create(
                **{
                    "company_id": license.company_id,
                    "license": license,
                    "package": package,
                    "quantity": Decimal(quantity),
                    "unit": package.unit,
                    "cause": "ADJUSTED",
                    "reason": "Seeded",
                    "evidence": "test",
                    "fact_key": f"seed:{next(_numbers)}",
                    "occurred_at": at,
                    "recorded_at": at,
                    **changes,
                }
            )

    def open_ours(self, label: str, quantity: str, *, claimed_from: str = "") -> None:
        """Open a package in our own book alone."""
        with short_transaction(self.license_id) as license:
            Package.objects.create(
                company_id=license.company_id,
                license=license,
                label=label,
                item_name=ITEM,
                unit="Grams",
                local_state=LocalState.IN_PROCESS,
                opened_at=self.sown_at,
            )
            if claimed_from:
                PackageLineage.objects.create(
                    company_id=license.company_id,
                    license=license,
                    parent_label=claimed_from,
                    child_label=label,
                    quantity=Decimal(quantity),
                    unit="Grams",
                    claimed_by_us_at=self.sown_at,
                )
        self.book(label, quantity, at=self.sown_at, cause="CREATED")

    def split_in_metrc(self, parent: str, quantity: str, label: str = "") -> str:
        """Somebody makes a package in METRC's own pages."""
        made = label or self.tags.pop()
        self.desk.do(
            "create-package",
            licenseNumber=MAKER,
            Tag=made,
            Item=ITEM,
            Quantity=float(quantity),
            UnitOfMeasure="Grams",
            ActualDate=self.sown_at.date().isoformat(),
            Ingredients=[
                {"Package": parent, "Quantity": float(quantity), "UnitOfMeasure": "Grams"}
            ],
        )
        return made

    def counted(self, label: str, quantity: str) -> None:
        with short_transaction(self.license_id) as license:
            Count.objects.create(
                company_id=license.company_id,
                license=license,
                package=Package.objects.get(label=label),
                quantity=Decimal(quantity),
                unit="Grams",
                purpose="CYCLE",
                counted_by_id=self.brand.users["Dee"],
                counted_at=self.sown_at,
            )


def bring_goods(desk: Desk, number: int) -> list[str]:
    """The supplier sends that many packages of 100 g, received in METRC."""
    labels: list[str] = []
    desk.do("receive-tags", licenseNumber=SUPPLIER, count=number)
    while len(labels) < number:
        shipped = desk.do(
            "ship-in",
            fromLicense=SUPPLIER,
            toLicense=MAKER,
            packages=[{"item": ITEM, "quantity": GRAMS, "unitOfMeasure": "Grams"}]
            * min(DELIVERY, number - len(labels)),
        )
        rows = [{"label": label, "receivedQuantity": GRAMS} for label in shipped["labels"]]
        desk.do("receive", licenseNumber=MAKER, deliveryId=shipped["deliveryId"], packages=rows)
        labels += shipped["labels"]
    return labels


def sow_all(field: Field, per_class: int) -> None:
    """Sow about that many differences of each class that a compare can find at once."""
    for sow in (
        _changed_outside,
        _split_outside,
        _other_tag,
        _other_item,
        _booked_twice,
        _made_twice,
        _other_unit,
        _on_its_way,
        _counted,
        _other_status,
        _other_source,
        _unexplained,
    ):
        sow(field, per_class)


def sow_timing(field: Field, number: int, now: datetime) -> None:
    """Movements of ours from a moment ago."""
    for label in field.take(number):
        field.book(label, "-5", at=now)
        field.sown[label] = DifferenceClass.TIMING


def _changed_outside(field: Field, number: int) -> None:
    for label in field.take(number):
        field.desk.do(
            "adjust", licenseNumber=MAKER, label=label, quantity=-3, reason="Scale Variance"
        )
        field.sown[label] = DifferenceClass.CHANGED_OUTSIDE


def _split_outside(field: Field, number: int) -> None:
    for turn, parent in enumerate(field.take(number // 2), start=1):
        child = field.split_in_metrc(parent, f"{10 + turn / 8}")
        field.sown |= dict.fromkeys((parent, child), DifferenceClass.CHANGED_OUTSIDE)


def _other_tag(field: Field, number: int) -> None:
    """Our person read another tag off the roll than the one that was keyed in METRC."""
    for turn, parent in enumerate(field.take(number // 2), start=1):
        quantity = f"{30 + turn / 8}"
        in_metrc = field.split_in_metrc(parent, quantity)
        in_our_book = field.tags.pop()
        field.open_ours(in_our_book, quantity)
        field.book(parent, f"-{quantity}", at=field.sown_at)
        field.sown |= dict.fromkeys((in_metrc, in_our_book), DifferenceClass.MAPPING)


def _other_item(field: Field, number: int) -> None:
    with short_transaction(field.license_id) as license:
        tenant = {"company_id": license.company_id, "license": license}
        batch = Batch.objects.create(
            **tenant,
            number="PB-SEEDED",
            product="Distillate",
            process="DISTILLATION",
            protocol_version="1",
            planned_quantity=1,
            unit="Grams",
            state=BatchState.OPEN,
            opened_by_id=field.brand.users["Ana"],
            opened_at=field.sown_at,
        )
        for label in field.take(number):
            BatchOutput.objects.create(
                **tenant,
                batch=batch,
                label=label,
                item_name="Distillate",
                quantity=GRAMS,
                unit="Grams",
                recorded_by_id=field.brand.users["Ana"],
                recorded_at=field.sown_at,
            )
            field.sown[label] = DifferenceClass.MAPPING


def _booked_twice(field: Field, number: int) -> None:
    for label in field.take(number):
        field.desk.do("adjust", licenseNumber=MAKER, label=label, quantity=-12, reason="Waste")
        for _ in range(2):
            field.book(label, "-12", at=field.sown_at, reason="Waste of the filler")
        field.sown[label] = DifferenceClass.DUPLICATE


def _made_twice(field: Field, number: int) -> None:
    """Our split, and the same one keyed again by somebody who thought that it was lost."""
    for parent in field.take(number // 2):
        ours = field.split_in_metrc(parent, "20")
        field.open_ours(ours, "20", claimed_from=parent)
        field.book(parent, "-20", at=field.sown_at)
        again = field.split_in_metrc(parent, "20")
        field.sown |= dict.fromkeys((parent, again), DifferenceClass.DUPLICATE)


def _other_unit(field: Field, number: int) -> None:
    for turn, label in enumerate(field.take(number)):
        if turn % 2:
            field.book(label, "0.005", at=field.sown_at, unit="Kilograms")
        else:
            field.book(label, str(GRAMS * 999), at=field.sown_at)
        field.sown[label] = DifferenceClass.UNIT


def _on_its_way(field: Field, number: int) -> None:
    for label in bring_goods(field.desk, number):
        field.sown[label] = DifferenceClass.TRANSFER


def _counted(field: Field, number: int) -> None:
    for turn, label in enumerate(field.take(number)):
        if turn % 2:
            field.counted(label, "90")
        else:
            field.book(label, "-4", at=field.sown_at)
            field.counted(label, str(GRAMS))
        field.sown[label] = DifferenceClass.COUNT


def _other_status(field: Field, number: int) -> None:
    for label in field.take(number):
        with short_transaction(field.license_id):
            Package.objects.filter(label=label).update(local_state=LocalState.DESTROYED)
        field.sown[label] = DifferenceClass.STATUS


def _other_source(field: Field, number: int) -> None:
    """We made it from one package, in METRC another was named as its source."""
    for turn in range(number // 3):
        claimed, named = field.take(2)
        quantity = f"{40 + turn / 8}"
        child = field.split_in_metrc(named, quantity)
        field.open_ours(child, quantity, claimed_from=claimed)
        field.book(claimed, f"-{quantity}", at=field.sown_at)
        field.sown |= dict.fromkeys((claimed, named, child), DifferenceClass.LINEAGE)


def _unexplained(field: Field, number: int) -> None:
    for turn, label in enumerate(field.take(number)):
        if turn % 4:
            field.book(label, "-7", at=field.sown_at)
            field.sown[label] = DifferenceClass.UNEXPLAINED
        else:
            missing = field.tags.pop()
            field.open_ours(missing, f"{60 + turn / 8}")
            field.sown[missing] = DifferenceClass.UNEXPLAINED
