"""A scanned label: one screen of everything we know, three precise answers where it is no package."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from glassbox.cli.demo_brand import Brand
from glassbox.models.catalog import Tag, TagStatus
from glassbox.models.packages import Package
from glassbox.operations.lab.holds import place_hold
from glassbox.operations.transaction import short_transaction
from glassbox.queries.labels.scan import scan
from glassbox.queries.labels.sheet import LabelSheet, Scanned, UnknownKind
from glassbox.rules.verdicts import InvalidInput
from tests.builders import put_adjustment, put_incoming, put_package, see_package
from tests.cast import DIST, MFG, person, receive_tags, tag
from tests.db.actions import story as actions
from tests.db.lab.story import CARTS, ITEM
from tests.db.transfers.test_outgoing import SPLIT, Outgoing
from tests.signed_in_client import client_of


@pytest.fixture
def outgoing(cast: Brand, frozen_now: datetime) -> Outgoing:
    """900 carts split from 3,980 with a certificate, on a planned delivery."""
    outgoing = Outgoing(cast, frozen_now)
    outgoing.order()
    outgoing.plan()
    return outgoing


def scanned(
    outgoing: Outgoing, text: str, name: str = "Fay", numbers: tuple[str, ...] = (DIST,)
) -> Scanned:
    return scan(
        actor=person(outgoing.brand, name),
        license_ids=tuple(outgoing.brand.licenses[number] for number in numbers),
        text=text,
        now=outgoing.now,
    )


def sheet_of(outgoing: Outgoing, label: str) -> LabelSheet:
    (sheet,) = scanned(outgoing, label).sheets
    return sheet


def test_one_label_tells_everything_in_one_sheet(outgoing: Outgoing) -> None:
    with short_transaction(outgoing.license_id):
        Package.objects.filter(label=CARTS).update(location_name="Vault 2")
    place_hold(
        actor=outgoing.story.eve,
        license_id=outgoing.license_id,
        label=CARTS,
        reason="A box is wet.",
        now=outgoing.now,
    )
    put_adjustment(outgoing.license_id, CARTS, -2, "Scale Variance", now=outgoing.now)
    put_incoming(outgoing.license_id, {CARTS: 4000}, now=outgoing.now, manifest="0000000042")

    sheet = sheet_of(outgoing, CARTS)

    assert (sheet.place, sheet.license_number, sheet.item_name) == ("Vault 2", DIST, ITEM)
    assert (sheet.metrc_quantity, sheet.metrc_unit) == (Decimal(3980), "Each")
    assert (sheet.metrc_state, sheet.lab_state) == ("Active", "TestPassed")
    assert sheet.metrc_as_of == outgoing.now
    assert sheet.counted is not None
    assert (sheet.counted.quantity, sheet.counted.unit) == (Decimal(3980), "Each")
    assert sheet.certificate is not None
    assert (sheet.certificate.number, sheet.certificate.laboratory) == (
        "CC-2026-849",
        "Clear Creek Laboratory, C8-9990001-LIC",
    )
    assert sheet.certificate.days_left in (361, 362, 363)
    assert sheet.results.startswith("METRC shows results of Clear Creek Laboratory, 20")
    assert (sheet.production_batch_number, sheet.printed_label) == ("PB-V-201", CARTS)
    assert [line.number for line in sheet.came_with] == ["0000000042"]
    assert sheet.hold_reasons == ("A box is wet.",)
    assert [(row.quantity, row.reason) for row in sheet.adjustments] == [(-2, "Scale Variance")]
    assert {event.source for event in sheet.events} == {"METRC", "our book", "ledger"}
    assert "hold.placed" in {event.title for event in sheet.events}
    moments = [event.at for event in sheet.events]
    assert moments == sorted(moments, reverse=True)
    assert len(sheet.events) <= 10


def test_a_split_has_the_certificate_of_what_it_was_split_from(outgoing: Outgoing) -> None:
    with short_transaction(outgoing.license_id):
        Package.objects.filter(label=SPLIT).update(printed_label=CARTS)

    sheet = sheet_of(outgoing, SPLIT)

    assert sheet.certificate is not None
    assert sheet.certificate.number == "CC-2026-849"
    assert sheet.printed_label == CARTS
    assert sheet_of(outgoing, CARTS).carried_by == (SPLIT,)
    assert sheet.came_with == ()
    put_incoming(outgoing.license_id, {CARTS: 4000}, now=outgoing.now, manifest="0000000042")
    came_with = sheet_of(outgoing, SPLIT).came_with
    assert [(line.number, line.label) for line in came_with] == [("0000000042", CARTS)]
    assert [line.state for line in sheet.goes_with] == ["PLANNED"]
    assert [line.state for line in sheet.open_manifests] == ["PLANNED"]


@pytest.mark.parametrize(
    ("list_name", "place"),
    [
        ("IN_TRANSIT", "On the road"),
        ("TRANSFERRED", "Gone"),
        ("INACTIVE", "Nowhere: METRC shows it finished"),
        ("ACTIVE", "No room is noted"),
    ],
)
def test_the_place_follows_what_metrc_shows(outgoing: Outgoing, list_name: str, place: str) -> None:
    see_package(outgoing.license_id, CARTS, now=outgoing.now, list_name=list_name)

    assert sheet_of(outgoing, CARTS).place == place


def test_only_the_last_ten_events_are_told(outgoing: Outgoing) -> None:
    for number in range(15):
        moment = outgoing.now + timedelta(minutes=number)
        see_package(outgoing.license_id, CARTS, now=moment, quantity=Decimal(3000 + number))

    events = sheet_of(outgoing, CARTS).events

    assert [event.text.split(" · ")[0] for event in events] == [
        f"3,{number:03d} units" for number in range(14, 4, -1)
    ]


def test_no_tag_says_so_and_how_to_go_on(outgoing: Outgoing) -> None:
    (answer,) = scanned(outgoing, "0012345678905").unknown

    assert answer.kind is UnknownKind.NOT_A_TAG
    assert "13 characters" in answer.sentence
    assert answer.links == (("Search for it", "search/?list=1&text=0012345678905"),)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (TagStatus.RECEIVED, UnknownKind.UNUSED_TAG, "on no package yet"),
        (TagStatus.DAMAGED, UnknownKind.DAMAGED_TAG, "damaged"),
        (TagStatus.USED, UnknownKind.USED_TAG, "was used"),
    ],
)
def test_a_tag_without_goods_says_what_became_of_it(
    outgoing: Outgoing, status: TagStatus, kind: UnknownKind, words: str
) -> None:
    receive_tags(outgoing.brand, DIST, 900, 900, outgoing.now)
    with short_transaction(outgoing.license_id):
        Tag.objects.filter(label=tag(900, DIST)).update(status=status)

    (answer,) = scanned(outgoing, tag(900, DIST)).unknown

    assert answer.kind is kind
    assert words in answer.sentence
    assert answer.what_to_do


def test_a_tag_that_an_action_is_to_use_names_the_action(cast: Brand, frozen_now: datetime) -> None:
    actions.put_oil(cast, frozen_now, tags=2)
    action_id = actions.draft(cast, frozen_now)

    staged, free = scan(
        actor=person(cast, "Fay"),
        license_ids=(cast.licenses[MFG],),
        text=f"{tag(455)} {tag(456)}",
        now=frozen_now,
    ).unknown

    assert f"Action {action_id} is to use it" in staged.sentence
    assert staged.links == ((f"Action {action_id}", f"/l/{MFG}/actions/{action_id}/"),)
    assert (free.kind, free.links) == (UnknownKind.UNUSED_TAG, ())


def test_what_is_no_package_here_says_whose_it_is(outgoing: Outgoing) -> None:
    put_package(
        outgoing.license_id,
        tag(31, DIST),
        4,
        now=outgoing.now,
        sources=("1A40603000000770000000AA",),
    )
    put_incoming(outgoing.license_id, {tag(78): 5}, now=outgoing.now, manifest="0004212345")
    with short_transaction(outgoing.license_id):
        Package.objects.filter(label=SPLIT).update(printed_label=tag(79))

    kinds = {
        one.word: one.kind
        for one in scanned(
            outgoing, " ".join((tag(10), "1A40603000000770000000AA", tag(78), tag(79), tag(80)))
        ).unknown
    }

    assert kinds == {
        tag(10): UnknownKind.OTHER_LICENSE,
        "1A40603000000770000000AA": UnknownKind.SOURCE,
        tag(78): UnknownKind.ON_MANIFEST,
        tag(79): UnknownKind.PRINTED,
        tag(80): UnknownKind.UNKNOWN,
    }


def test_a_pasted_list_is_sorted_and_nothing_of_it_is_lost(outgoing: Outgoing) -> None:
    found = scanned(outgoing, f"{CARTS},{SPLIT}\n{CARTS.lower()}; {tag(10)}\t{tag(80)} box-7")

    assert [sheet.label for sheet in found.sheets] == [CARTS, SPLIT]
    assert found.read.duplicates == (CARTS,)
    assert [one.word for one in found.not_ours] == [tag(10)]
    assert [one.word for one in found.not_known] == [tag(80)]
    assert [one.word for one in found.not_tags] == ["BOX", "7"]
    with pytest.raises(InvalidInput, match="at most 200"):
        scanned(outgoing, " ".join(tag(number) for number in range(201)))


def test_a_uid_of_both_licences_has_a_sheet_for_each(outgoing: Outgoing) -> None:
    put_package(outgoing.brand.licenses[MFG], CARTS, 4000, now=outgoing.now, unit="Each")

    both = scanned(outgoing, CARTS, numbers=(MFG, DIST))

    assert [sheet.license_number for sheet in both.sheets] == [DIST, MFG]
    see_package(outgoing.license_id, CARTS, now=outgoing.now, list_name="TRANSFERRED")
    moved = scanned(outgoing, CARTS, numbers=(MFG, DIST))
    assert [sheet.license_number for sheet in moved.sheets] == [MFG, DIST]
    assert [sheet.license_number for sheet in scanned(outgoing, CARTS).sheets] == [DIST]


def test_the_neighbour_scans_our_label_and_learns_nothing(outgoing: Outgoing) -> None:
    neighbor = scanned(outgoing, CARTS, name="Nell", numbers=(DIST, MFG))

    assert neighbor.sheets == ()
    assert [one.kind for one in neighbor.unknown] == [UnknownKind.UNKNOWN]
    page = client_of(outgoing.brand, "Nell").get("/both/scan/", {"text": CARTS})
    assert "Unknown to us" in page.content.decode()
    assert ITEM not in page.content.decode()


def test_who_sees_one_licence_is_not_told_of_the_other(outgoing: Outgoing) -> None:
    (answer,) = scanned(outgoing, CARTS, name="Ana", numbers=(MFG,)).unknown

    assert answer.kind is UnknownKind.UNKNOWN


def test_two_hundred_labels_take_as_many_statements_as_one(outgoing: Outgoing) -> None:
    labels = [tag(number, DIST) for number in range(500, 560)]
    for label in labels:
        put_package(outgoing.license_id, label, 1, now=outgoing.now, sources=(CARTS,))

    def statements(text: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            scanned(outgoing, text)
        return len(captured)

    assert statements(" ".join(labels)) == statements(labels[0]) <= 30


@pytest.mark.parametrize("scope", [f"l/{DIST}", "both"])
def test_the_page_is_whole_and_its_fragment_is_what_changes(outgoing: Outgoing, scope: str) -> None:
    client = client_of(outgoing.brand, "Fay")

    whole = client.get(f"/{scope}/scan/", {"text": CARTS}).content.decode()
    part = client.get(
        f"/{scope}/scan/", {"text": CARTS}, headers={"HX-Request": "true"}
    ).content.decode()
    many = client.get(f"/{scope}/scan/", {"text": f"{CARTS} {SPLIT} {tag(80)}"}).content.decode()

    # The stamp above it has the seconds of its own request.
    assert part[part.index("<article") :].strip() in whole
    assert "<html" not in part
    for words in ("autofocus", "3,980 units", "CC-2026-849", "PB-V-201", "METRC is not being read"):
        assert words in whole, words
    assert "<strong>2</strong> found" in many
    assert "Unknown to us" in many
    assert "The field is ready" in client.get(f"/{scope}/scan/").content.decode()


def test_a_label_read_with_markup_in_it_is_shown_as_text(outgoing: Outgoing) -> None:
    page = client_of(outgoing.brand, "Fay").get("/both/scan/", {"text": "<b>x</b>"})

    assert "<b>x</b>" not in page.content.decode()
