"""The Merkle tree against the definition in RFC 9162, word by word, and both of our verifiers."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from functools import cache

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from glassbox.audit.chain import NotCanonical, canonical_bytes, commitment, leaf_hash
from glassbox.audit.offline import verify as offline
from glassbox.audit.tiles import Nodes, TileMissing, tile_path
from glassbox.audit.tree import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    root_of,
)

LEAVES = [leaf_hash(b"entry %d" % number) for number in range(600)]


@cache
def definition(start: int, end: int) -> bytes:
    """MTH of RFC 9162, 2.1.1."""
    if end - start == 0:
        return hashlib.sha256(b"").digest()
    if end - start == 1:
        return LEAVES[start]
    middle = start + (1 << ((end - start - 1).bit_length() - 1))
    return hashlib.sha256(b"\x01" + definition(start, middle) + definition(middle, end)).digest()


def nodes_of(size: int) -> Nodes:
    def read_tile(level: int, index: int) -> list[bytes]:
        row: Sequence[bytes] = LEAVES[:size]
        for _ in range(level):
            row = [root_of(row[at : at + 256]) for at in range(0, len(row) // 256 * 256, 256)]
        return list(row[index * 256 : (index + 1) * 256])

    return Nodes(read_tile)


@pytest.mark.parametrize("size", [*range(130), 255, 256, 257, 511, 512, 513, 600])
def test_the_right_edge_has_the_root_of_the_definition(size: int) -> None:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)

    assert frontier.root() == definition(0, size) == root_of(LEAVES[:size])
    assert nodes_of(size).frontier(size).peaks == frontier.peaks


def test_each_full_tile_is_told_once_with_its_root() -> None:
    frontier, told = Frontier(), []
    for leaf in LEAVES:
        told += frontier.append(leaf)

    assert told == [(0, 0, definition(0, 256)), (0, 1, definition(256, 512))]


@given(st.data())
def test_a_proof_holds_and_no_changed_one_does(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 600))
    old = data.draw(st.integers(1, new))
    nodes, root, old_root = nodes_of(new), definition(0, new), definition(0, old)
    path = inclusion_proof(old - 1, new, nodes.read)
    growth = consistency_proof(old, new, nodes.read)

    assert is_included(LEAVES[old - 1], old - 1, new, path, root)
    assert is_consistent(old, new, growth, old_root, root)
    offline.check_inclusion(LEAVES[old - 1], old - 1, new, path, root)
    offline.check_consistency(old, new, growth, old_root, root)
    for proof in (path, growth):
        for changed in _changes(proof, root):
            leaf = LEAVES[old - 1]
            if proof is path:
                assert not is_included(leaf, old - 1, new, changed, root)
                with pytest.raises(offline.Wrong):
                    offline.check_inclusion(leaf, old - 1, new, changed, root)
            if proof is growth:
                assert not is_consistent(old, new, changed, old_root, root)
                with pytest.raises(offline.Wrong):
                    offline.check_consistency(old, new, changed, old_root, root)


def _changes(proof: list[bytes], other: bytes) -> list[list[bytes]]:
    flipped = [
        [*proof[:at], bytes([proof[at][0] ^ 1]) + proof[at][1:], *proof[at + 1 :]]
        for at in range(len(proof))
    ]
    return [*flipped, [*proof, other], *([proof[:-1]] if proof else [])]


def test_a_tile_that_is_too_short_is_named() -> None:
    with pytest.raises(TileMissing, match="Tile 0 of level 0"):
        Nodes(lambda level, index: []).read(0, 3)


def test_tiles_have_the_names_of_the_specification() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 7, 13) == "tile/entries/007.p/13"


# ---- the canonical form

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127))
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_our_canonical_bytes_are_those_of_rfc_8785(record: dict[str, object]) -> None:
    assert canonical_bytes(record) == rfc8785.dumps(_normal(record))


def _normal(value: object) -> object:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    return [_normal(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "value", [1.5, 2**53, "\ud800", {"ä": 1}, {1: 2}, {"a": [b"bytes"]}, float("nan")]
)
def test_what_has_no_single_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical, match=r"\$"):
        canonical_bytes({"x": value})


@given(TEXT)
def test_an_outsider_opens_a_commitment_by_plain_json(value: str) -> None:
    value = unicodedata.normalize("NFC", value)
    entry = json.dumps({"reason_commit": commitment(b"\x07" * 32, value)}).encode()

    offline.check_openings(entry, {"reason": {"salt": "07" * 32, "value": value}})
    with pytest.raises(offline.Wrong, match="reason"):
        offline.check_openings(entry, {"reason": {"salt": "07" * 32, "value": value + "."}})


# ---- signatures: RFC 8032, 7.1, and forms that lax verifiers accept

VECTORS = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_signatures_of_the_standard_hold_and_nothing_near_them(
    public: str, message: str, signature: str
) -> None:
    key, text, signed = (bytes.fromhex(item) for item in (public, message, signature))
    scalar = int.from_bytes(signed[32:], "little")
    doubled = signed[:32] + (scalar + offline.ORDER).to_bytes(32, "little")

    assert offline.is_signed(key, text, signed)
    assert not offline.is_signed(key, text + b"x", signed)
    assert not offline.is_signed(key, text, doubled)
    assert not offline.is_signed(key, text, signed[:-1])
    for at in range(0, 64, 7):
        changed = signed[:at] + bytes([signed[at] ^ 4]) + signed[at + 1 :]
        assert not _holds(key, text, changed)


def _holds(key: bytes, text: bytes, signed: bytes) -> bool:
    try:
        return offline.is_signed(key, text, signed)
    except offline.Wrong:
        return False
