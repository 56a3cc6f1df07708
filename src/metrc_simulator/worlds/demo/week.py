"""One production week of the demo, from the supplier's oil to the retailers' shelves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from metrc_simulator.records import Record
from metrc_simulator.worlds.demo import making, roads, selling, testing
from metrc_simulator.worlds.demo.diary import (
    BLUE_DREAM,
    DIST,
    JACK_HERER,
    LAB,
    MFG,
    RETAILERS,
    Diary,
)
from metrc_simulator.worlds.demo.making import Recipe

_BLUE = Recipe(BLUE_DREAM, "PB-V", Decimal("3731"), Decimal("4012"), Decimal("12"), 4000)
_JACK = Recipe(JACK_HERER, "PB-J", Decimal("1490"), Decimal("1605"), Decimal("5"), 3200)
# Units per sample by batch size, 16 CCR 15705.
_SAMPLE_UNITS = (20, 13)
_JARS = ("1000", "1000", "500", "500")

# What is special about a week, by its number.
_FAILS, _REJECTED_AND_BACK, _REJECTED_AND_WAITING = 2, 3, 4


@dataclass
class Week:
    """What one week has made so far; `starts` is how many days ago it began."""

    diary: Diary
    number: int
    starts: int
    crude: list[str] = field(default_factory=list)
    carts: list[str] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)
    cases: list[list[str]] = field(default_factory=list)
    distillate: str = ""
    road: Record | None = None

    def steps(self) -> Iterator[tuple[int, str, Callable[[], None]]]:
        """Yield days ago, hour and act of each step that lies before today."""
        for later, clock, act in (
            (0, "15:10", self.order_crude),
            (1, "09:10", self.receive_crude),
            (2, "10:00", self.distill),
            (3, "09:30", self.fill),
            (4, "08:00", self.send_to_distribution),
            (4, "11:00", self.receive_in_distribution),
            (4, "14:00", self.take_samples),
            (5, "08:30", self.bring_to_laboratory),
            (7, "12:00", self.record_first_result),
            (8, "13:00", self.release_results),
            (9, "10:00", self.split_orders),
            (10, "08:00", self.deliver_first_half),
            (11, "08:00", self.deliver_second_half),
        ):
            if self.starts - later >= 1:
                yield self.starts - later, clock, act

    def order_crude(self) -> None:
        """Order crude oil."""
        self.road, self.crude = making.order_crude(self.diary, self.number)

    def receive_crude(self) -> None:
        """Receive the oil and put it into the vault."""
        assert self.road is not None
        roads.receive(self.diary, self.road, self.crude)
        for label in self.crude:
            making.move(self.diary, MFG, "Dee", label, "Vault")

    def distill(self) -> None:
        """Distil all of it."""
        self.distillate = making.distill(self.diary, self.number, self.crude)

    def fill(self) -> None:
        """Fill both kinds of carts and put distillate aside."""
        for recipe in (_BLUE, _JACK):
            self.carts.append(making.fill(self.diary, self.number, self.distillate, recipe))
        making.portion(self.diary, self.distillate, _JARS)

    def send_to_distribution(self) -> None:
        """Send the carts to the brand's own distributor."""
        body = roads.request(self.diary, MFG, DIST, self.carts)
        self.road = roads.send(self.diary, MFG, body)

    def receive_in_distribution(self) -> None:
        """Receive the carts, all counted, into quarantine."""
        assert self.road is not None
        roads.receive(self.diary, self.road, self.carts)
        for label in self.carts:
            making.move(self.diary, DIST, "Dee", label, "Quarantine")

    def take_samples(self) -> None:
        """Take one sample per batch."""
        self.samples = [
            testing.take_sample(self.diary, carts, units)
            for carts, units in zip(self.carts, _SAMPLE_UNITS, strict=True)
        ]

    def bring_to_laboratory(self) -> None:
        """Carry the samples to the laboratory."""
        body = roads.request(self.diary, DIST, LAB, self.samples)
        transfer = roads.send(self.diary, DIST, body)
        roads.receive(self.diary, transfer, self.samples)

    def record_first_result(self) -> None:
        """Record the first sample's results, which are not released yet."""
        testing.record(self.diary, self.samples[0], passes=self.number != _FAILS)

    def release_results(self) -> None:
        """Record the second sample and release both; what passed leaves quarantine."""
        testing.record(self.diary, self.samples[1])
        for sample in self.samples:
            testing.release(self.diary, sample)
        for carts in self.sellable():
            making.move(self.diary, DIST, "Eve", carts, "Vault")

    def sellable(self) -> list[str]:
        """Return the carts that passed."""
        return self.carts[1:] if self.number == _FAILS else self.carts

    def split_orders(self) -> None:
        """Split what each retailer ordered."""
        self.cases = [
            [
                label
                for carts in self.sellable()
                for label in selling.split_for(self.diary, carts, retailer)
            ]
            for retailer in range(len(RETAILERS))
        ]

    def deliver_first_half(self) -> None:
        """Deliver to the first two retailers; one week's case comes back crushed."""
        crushed = self.cases[0][0] if self.number == _REJECTED_AND_BACK else None
        transfer = self.deliver(0, crushed)
        if crushed is not None:
            selling.take_back(self.diary, transfer, crushed)
        self.deliver(1, None)

    def deliver_second_half(self) -> None:
        """Deliver to the other two; one week's rejected case still waits on the road."""
        self.deliver(2, None)
        waiting = self.cases[3][0] if self.number == _REJECTED_AND_WAITING else None
        self.deliver(3, waiting)

    def deliver(self, retailer: int, refused: str | None) -> Record:
        """Deliver one retailer's cases, of which it may refuse one."""
        labels = self.cases[retailer]
        transfer = selling.wholesale(self.diary, RETAILERS[retailer], labels)
        roads.depart(self.diary, transfer)
        rejected = {refused: "Case crushed, 36 units damaged."} if refused else None
        roads.receive(self.diary, transfer, labels, rejected)
        return transfer
