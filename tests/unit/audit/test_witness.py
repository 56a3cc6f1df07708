"""The witness by the words of c2sp.org/tlog-witness: each status, and never two histories."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from glassbox.audit.chain import leaf_hash
from glassbox.audit.cosigning import cosign, cosigned_at
from glassbox.audit.notes import Head, NoteWrong, sign_head
from glassbox.audit.tiles import Nodes
from glassbox.audit.tree import consistency_proof, root_of
from glassbox.audit.witness import SIZE_TYPE, STATE_FILE, Answer, Witness

LEDGER, NAME = "goldenpoppy.example/audit/dev", "witness.redwood.example/w1"
ORIGIN = f"{LEDGER}/anchor/2026"
NOON = 1_764_331_200
LEAVES = [leaf_hash(b"head %d" % number) for number in range(40)]
FORKED = [*LEAVES[:3], leaf_hash(b"another head"), *LEAVES[4:]]
LEDGER_KEY, WITNESS_KEY = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def head_of(size: int, leaves: Sequence[bytes] = LEAVES, origin: str = ORIGIN) -> Head:
    return Head(origin=origin, size=size, root=root_of(leaves[:size]))


def request(
    old: int,
    new: int,
    *,
    leaves: Sequence[bytes] = LEAVES,
    origin: str = ORIGIN,
    key: Ed25519PrivateKey = LEDGER_KEY,
) -> bytes:
    nodes = Nodes(lambda level, index: list(leaves[index * 256 : new]) if level == 0 else [])
    proof = consistency_proof(old, new, nodes.read) if 0 < old <= new else []
    lines = [f"old {old}", *(b64encode(item).decode() for item in proof)]
    note = sign_head(head_of(new, leaves, origin), key)
    return ("\n".join(lines) + "\n\n" + note).encode()


def opened(path: Path) -> Witness:
    keys = {LEDGER: LEDGER_KEY.public_key().public_bytes_raw()}
    return Witness(path / STATE_FILE, name=NAME, key=WITNESS_KEY, keys=keys)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    found = opened(tmp_path)
    yield found
    found.close()


def said(answer: Answer, head: Head) -> datetime:
    assert answer.status == HTTPStatus.OK, answer
    public = WITNESS_KEY.public_key().public_bytes_raw()
    # An answer is signature lines alone, or a whole checkpoint with them.
    return cosigned_at(head, answer.text.rpartition("\n\n")[2], name=NAME, public=public)


def test_a_log_that_only_grows_is_cosigned_with_the_time(witness: Witness) -> None:
    for old, new in ((0, 5), (5, 5), (5, 6), (6, 33)):
        answer = witness.add_checkpoint(request(old, new), seconds=NOON + new)

        assert said(answer, head_of(new)) == datetime.fromtimestamp(NOON + new, UTC)

    last = witness.checkpoint(hashlib.sha256(ORIGIN.encode()).hexdigest())
    assert said(last, head_of(33)), "and who asks gets the last one"
    assert last.text.startswith(sign_head(head_of(33), LEDGER_KEY))
    assert witness.checkpoint("00" * 32).status == HTTPStatus.NOT_FOUND


def test_the_signed_message_is_that_of_the_specification() -> None:
    line = cosign(head_of(5), name=NAME, key=WITNESS_KEY, seconds=NOON)

    dash, name, encoded = line.rstrip("\n").split(" ")
    data, public = b64decode(encoded), WITNESS_KEY.public_key()
    raw = public.public_bytes_raw()
    assert (dash, name) == ("—", NAME)
    assert data[:4] == hashlib.sha256(NAME.encode() + b"\n\x04" + raw).digest()[:4]
    assert int.from_bytes(data[4:12], "big") == NOON
    root = b64encode(root_of(LEAVES[:5])).decode()
    message = f"cosignature/v1\ntime {NOON}\n{ORIGIN}\n5\n{root}\n".encode()
    public.verify(data[12:], message)


def test_a_changed_byte_of_a_cosignature_is_refused() -> None:
    public = WITNESS_KEY.public_key().public_bytes_raw()
    line = cosign(head_of(5), name=NAME, key=WITNESS_KEY, seconds=NOON)
    data = bytearray(b64decode(line.split(" ")[2]))
    for at in range(len(data)):
        data[at] ^= 1
        with pytest.raises(NoteWrong):
            changed = f"— {NAME} {b64encode(bytes(data)).decode()}\n"
            cosigned_at(head_of(5), changed, name=NAME, public=public)
        data[at] ^= 1
    with pytest.raises(NoteWrong):
        cosigned_at(head_of(6), line, name=NAME, public=public)


REFUSALS = (
    ("an old size that it did not cosign", request(4, 9), HTTPStatus.CONFLICT),
    ("none, though it did cosign", request(0, 9), HTTPStatus.CONFLICT),
    ("an old size above the new one", request(9, 5), HTTPStatus.BAD_REQUEST),
    ("a fork that is longer", request(5, 9, leaves=FORKED), HTTPStatus.UNPROCESSABLE_ENTITY),
    ("a fork as long", request(5, 5, leaves=FORKED), HTTPStatus.UNPROCESSABLE_ENTITY),
    (
        "no proof",
        b"old 5\n\n" + request(5, 9).partition(b"\n\n")[2],
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    ("another ledger's log", request(0, 5, origin="other.example/a"), HTTPStatus.NOT_FOUND),
    (
        "a name that only begins alike",
        request(0, 5, origin=LEDGER + "-x/anchor/2026"),
        HTTPStatus.NOT_FOUND,
    ),
    (
        "somebody else's signature",
        request(5, 9, key=Ed25519PrivateKey.generate()),
        HTTPStatus.FORBIDDEN,
    ),
    (
        "a changed root",
        request(5, 9).replace(b"\n9\n", b"\n8\n"),
        HTTPStatus.FORBIDDEN,
    ),
    ("nothing", b"", HTTPStatus.BAD_REQUEST),
    ("no numbers", b"old five\n\nx", HTTPStatus.BAD_REQUEST),
    ("a zero before", b"old 05" + request(5, 9)[5:], HTTPStatus.BAD_REQUEST),
    (
        "a negative size",
        b"old -1\n\n" + request(0, 9).partition(b"\n\n")[2],
        HTTPStatus.BAD_REQUEST,
    ),
    (
        "64 lines of proof",
        b"old 5\n" + b"AAAA\n" * 64 + b"\n" + request(5, 9).partition(b"\n\n")[2],
        HTTPStatus.BAD_REQUEST,
    ),
    ("no text", b"old 5\n\n\xff\xfe", HTTPStatus.BAD_REQUEST),
)


@pytest.mark.parametrize(
    ("sent", "status"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_what_does_not_continue_is_refused_and_changes_nothing(
    witness: Witness, sent: bytes, status: HTTPStatus
) -> None:
    said(witness.add_checkpoint(request(0, 5), seconds=NOON), head_of(5))

    answer = witness.add_checkpoint(sent, seconds=NOON)

    assert answer.status == status, answer.text
    assert "—" not in answer.text
    if status == HTTPStatus.CONFLICT:
        assert (answer.text, answer.content_type) == ("5\n", SIZE_TYPE)
    said(witness.add_checkpoint(request(5, 9), seconds=NOON), head_of(9))


def test_the_first_checkpoint_needs_no_proof_and_may_have_none(witness: Witness) -> None:
    with_proof = request(0, 5).replace(b"old 0\n", b"old 0\n" + b64encode(bytes(32)) + b"\n")

    refused = witness.add_checkpoint(with_proof, seconds=NOON)
    assert refused.status == HTTPStatus.UNPROCESSABLE_ENTITY
    empty = Head(origin=ORIGIN, size=0, root=bytes(32))
    wrong_root = b"old 0\n\n" + sign_head(empty, LEDGER_KEY).encode()
    answer = witness.add_checkpoint(wrong_root, seconds=NOON)
    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY, "the empty tree has one root"


def test_what_was_answered_is_remembered_by_the_next_process(tmp_path: Path) -> None:
    first = opened(tmp_path)
    said(first.add_checkpoint(request(0, 5), seconds=NOON), head_of(5))
    # Not closed: it dies where it stands.
    again = opened(tmp_path)

    forked = again.add_checkpoint(request(0, 5, leaves=FORKED), seconds=NOON)
    assert (forked.status, forked.text) == (HTTPStatus.CONFLICT, "5\n")
    said(again.add_checkpoint(request(5, 9), seconds=NOON), head_of(9))
    assert first.add_checkpoint(request(5, 7), seconds=NOON).text == "9\n", "nor rolled back"
    first.close()
    again.close()


def test_of_two_histories_at_once_one_is_cosigned(tmp_path: Path) -> None:
    for round_ in range(10):
        folder = tmp_path / str(round_)
        folder.mkdir()
        one, other = opened(folder), opened(folder)
        with ThreadPoolExecutor(2) as pool:
            answers = list(
                pool.map(
                    lambda pair: pair[0].add_checkpoint(pair[1], seconds=NOON),
                    [(one, request(0, 5)), (other, request(0, 5, leaves=FORKED))],
                )
            )
        statuses = sorted(answer.status for answer in answers)
        assert statuses == [HTTPStatus.OK, HTTPStatus.CONFLICT]
        one.close()
        other.close()
