from glassbox.rules.lineage import (
    Edge,
    Whereabouts,
    ancestors,
    descendants,
    held_ancestors,
    trace_forward,
)
from glassbox.rules.quantities import EACH, quantity

DIST, US = "C11-9990001-LIC", frozenset({"C11-9990001-LIC", "CDPH-19990001"})
# Scenario S08: distillate D1 fed three batches; D2 fed another of the same items.
SOLD = {
    "201": {"R1": 900, "R2": 1200, "R3": 640, "R4": 500, DIST: 740},
    "202": {"R1": 400, "R2": 600, "R4": 300, DIST: 687},
    "203": {"R3": 500, "R4": 200, DIST: 492},
    "204": {"R1": 1000, DIST: 500},
}
LAB_UNITS = {"201": 20, "202": 13, "203": 8}
EDGES = [
    *(Edge(parent="D1", child=batch) for batch in ("201", "202", "203")),
    Edge(parent="D2", child="204"),
    *(
        Edge(parent=batch, child=f"{batch}-{holder}")
        for batch, sold in SOLD.items()
        for holder in sold
        if holder != DIST
    ),
    *(Edge(parent=batch, child=f"{batch}-lab") for batch in LAB_UNITS),
]


def place(label: str, holder: str, units: int) -> Whereabouts:
    return Whereabouts(label=label, holder_license_number=holder, quantity=quantity(units, EACH))


PLACES = {
    one.label: one
    for one in (
        place("D1", "CDPH-19990001", 0),
        *(
            place(batch if holder == DIST else f"{batch}-{holder}", holder, units)
            for batch, sold in SOLD.items()
            for holder, units in sold.items()
        ),
        *(place(f"{batch}-lab", "C8-9990001-LIC", units) for batch, units in LAB_UNITS.items()),
    )
}


def test_s08_names_nine_packages_outside_and_three_here() -> None:
    trace = trace_forward("D1", EDGES, places=PLACES, our_license_numbers=US)
    outside = [one for one in trace.elsewhere if not one.label.endswith("-lab")]
    assert len(outside) == 9
    assert sum(one.quantity.value for one in outside) == 5240
    assert [one.label for one in trace.here] == ["201", "202", "203"]
    assert sum(one.quantity.value for one in trace.here) == 1919
    assert trace.holders == ("C8-9990001-LIC", "R1", "R2", "R3", "R4")
    everything = [*trace.here, *trace.elsewhere]
    assert sum(one.quantity.value for one in everything) == 7200
    assert trace.unreadable == ()


def test_the_same_item_from_other_distillate_is_not_listed() -> None:
    labels = {kin.label for kin in descendants("D1", EDGES)}
    assert not {label for label in labels if label.startswith("204")}


def test_a_split_made_in_between_still_appears() -> None:
    split = [*EDGES, Edge(parent="203-R3", child="203-R3-a")]
    kin = {one.label: one.steps for one in descendants("D1", split)}
    assert kin["203-R3-a"] == 3
    trace = trace_forward("D1", split, places=PLACES, our_license_numbers=US)
    assert trace.unreadable == ("203-R3-a",)


def test_ancestors_come_nearest_first_and_each_once() -> None:
    diamond = [
        Edge(parent="a", child="b"),
        Edge(parent="a", child="c"),
        Edge(parent="b", child="d"),
        Edge(parent="c", child="d"),
    ]
    assert [(one.label, one.steps) for one in ancestors("d", diamond)] == [
        ("b", 1),
        ("c", 1),
        ("a", 2),
    ]
    assert held_ancestors("d", diamond, frozenset({"a", "d", "x"})) == ("a",)


def test_a_circle_in_corrupt_records_ends() -> None:
    circle = [Edge(parent="a", child="b"), Edge(parent="b", child="a")]
    assert [one.label for one in descendants("a", circle)] == ["b"]
