"""UIDs are read from anything that is pasted, and drawn so that the draw can be repeated."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassbox.rules.labels import draw_labels, is_label, pack_labels, read_labels, unpack_labels
from glassbox.rules.verdicts import InvalidInput

LABELS = [f"1A406030000000{number:010d}" for number in range(40)]


def test_labels_are_read_whatever_stands_between_them() -> None:
    read = read_labels(f'"{LABELS[0]}";{LABELS[1].lower()}\r\n{LABELS[0]}\tBox 7', at_most=9)

    assert read.labels == (LABELS[0], LABELS[1])
    assert read.duplicates == (LABELS[0],)
    assert read.not_labels == ("BOX", "7")


def test_more_words_than_the_limit_are_refused_by_number() -> None:
    with pytest.raises(InvalidInput, match="40 UIDs"):
        read_labels(" ".join(LABELS), at_most=39)


@pytest.mark.parametrize(
    ("word", "is_one"),
    [(LABELS[0], True), (LABELS[0].lower(), False), (LABELS[0] + "0", False), ("", False)],
)
def test_a_label_has_twenty_four_digits_and_capitals(word: str, is_one: bool) -> None:
    assert is_label(word) is is_one


@given(st.text(max_size=300))
def test_no_word_that_was_given_is_lost(text: str) -> None:
    read = read_labels(text, at_most=300)

    for word in (*read.labels, *read.not_labels):
        assert word.lower() in text.lower()
    assert set(read.duplicates) <= {*read.labels, *read.not_labels}
    assert not set(read.labels) & set(read.not_labels)


def test_a_draw_is_the_smallest_hashes_and_needs_nothing_of_ours_to_repeat() -> None:
    def rank(label: str) -> str:
        return hashlib.sha256(b"4711:" + label.encode()).hexdigest()

    drawn = draw_labels(LABELS, count=5, seed="4711")

    assert list(drawn) == sorted(LABELS, key=rank)[:5]
    assert draw_labels(reversed(LABELS), count=5, seed="4711") == drawn
    assert draw_labels(LABELS, count=5, seed="4712") != drawn


def test_every_label_is_drawn_about_as_often() -> None:
    times = dict.fromkeys(LABELS, 0)
    for seed in range(2_000):
        for label in draw_labels(LABELS, count=4, seed=str(seed)):
            times[label] += 1

    # 200 expected of each; five standard deviations.
    assert 133 < min(times.values()) <= max(times.values()) < 267


@given(st.sets(st.from_regex(r"1A4060300000[0-9]{12}|[0-9A-Z]{24}", fullmatch=True)))
def test_packed_labels_come_back_whole(labels: set[str]) -> None:
    assert set(unpack_labels(pack_labels(labels)).split()) == labels


def test_a_thousand_labels_pack_into_an_address() -> None:
    labels = {f"1A4060300000001{number * 7_919 % 900_000_000:09d}" for number in range(1_000)}

    assert len(pack_labels(labels)) < 6_000


@pytest.mark.parametrize("text", ["~", "~!!", "~AAAA"])
def test_a_broken_pack_is_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(InvalidInput, match="Paste the UIDs"):
        unpack_labels(text)
