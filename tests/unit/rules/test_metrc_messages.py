from __future__ import annotations

import pytest

from glassbox.queries.metrc_messages import _catalogue, plain_words
from glassbox.rules.metrc_messages import read_messages
from glassbox.rules.verdicts import InvalidInput
from tests.cast import tag

OIL = tag(455)


@pytest.mark.parametrize(
    ("said", "original", "plain"),
    [
        (
            f"METRC refused it: row 1: Package {OIL} does not exist in the current Facility.",
            f"Package {OIL} does not exist in the current Facility",
            f"does not hold package {OIL}",
        ),
        (f"Tag {OIL} is not valid.", f"Tag {OIL} is not valid", "used, voided"),
        (
            "METRC refused it: row 1: Name was not specified.",
            "Name was not specified",
            "misses a value: Name",
        ),
        (
            "Could not load file or assembly 'System.Data.SqlClient'",
            "Could not load file or assembly 'System.Data.SqlClient'",
            "METRC itself is broken",
        ),
        (
            "Unit of Measure Each does not fit Item Crude Oil. Nothing was done",
            "Unit of Measure Each does not fit Item Crude Oil",
            "Crude Oil is not counted in Each",
        ),
    ],
)
def test_a_known_text_stands_in_plain_words_beside_its_original(
    said: str, original: str, plain: str
) -> None:
    (found,) = plain_words(said)

    assert found.original == original
    assert plain in found.plain
    assert found.what_to_do


def test_an_unknown_text_is_not_guessed_at() -> None:
    assert plain_words("The moon is in the wrong house.") == ()
    assert plain_words("") == ()


def test_two_texts_in_one_sentence_are_both_translated_in_their_order() -> None:
    found = plain_words(f"Quantity must be greater than zero. Package {OIL} is not active.")

    assert [one.original for one in found] == [
        "Quantity must be greater than zero",
        f"Package {OIL} is not active",
    ]


def test_every_text_of_the_catalogue_finds_itself_and_names_its_source() -> None:
    assert len(_catalogue()) >= 20
    assert len({one.pattern.pattern for one in _catalogue()}) == len(_catalogue())


@pytest.mark.parametrize("missing", ["says", "plain", "what_to_do", "source"])
def test_a_text_without_a_field_is_refused_by_name(missing: str) -> None:
    row = {"says": "No.", "plain": "No", "what_to_do": "Wait", "source": "live"}
    with pytest.raises(InvalidInput) as refusal:
        read_messages({"messages": [{**row, missing: ""}]})
    assert refusal.value.field == missing
