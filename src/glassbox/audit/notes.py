"""Pure: checkpoints as C2SP signed notes (signed-note, tlog-checkpoint, tlog-proof)."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

# The signature type of a note, a byte. Types 4 and 6 are cosignatures: Ed25519 and ML-DSA-44.
ED25519, ED25519_COSIGNATURE, ML_DSA_44_COSIGNATURE = 0x01, 0x04, 0x06
SIGNATURES_AT_MOST = 16
PROOF_HEADER = "c2sp.org/tlog-proof@v1"


class NoteWrong(ValueError):
    """The text is no checkpoint that we may believe; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a checkpoint says: this log has this many leaves, under this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note's text, which is signed and which the anchor log takes as its leaf."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four bytes that, with its name, say which key signed."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def verifier_key(name: str, public: bytes, kind: int = ED25519) -> str:
    """Return a public key in the one-line form that verifiers of notes take."""
    encoded = b64encode(bytes([kind]) + public).decode()
    return f"{name}+{key_id(name, kind, public).hex()}+{encoded}"


def public_of(verifier_key_text: str) -> tuple[str, int, bytes]:
    """Return name, signature type and public key of a one-line key.

    :raises NoteWrong: if the line is no such key, or its id is not that of the key
    """
    try:
        name, identity, encoded = verifier_key_text.strip().split("+", 2)
        material = b64decode(encoded, validate=True)
    except (ValueError, NotBase64) as error:
        raise NoteWrong(f"{verifier_key_text.strip()[:60]!r} is no verifier key.") from error
    if len(material) != 33 or key_id(name, material[0], material[1:]).hex() != identity:
        raise NoteWrong(f"The key of {name} is damaged: its id is not the hash of the key.")
    return name, material[0], material[1:]


def signature_line(name: str, kind: int, public: bytes, signature: bytes) -> str:
    """Return one signature line of a note."""
    return f"— {name} {b64encode(key_id(name, kind, public) + signature).decode()}\n"


def sign_head(head: Head, key: Ed25519PrivateKey) -> str:
    """Return the checkpoint: the head's text and our signature under the log's own name."""
    signature = key.sign(head.text().encode())
    public = key.public_key().public_bytes_raw()
    return head.text() + "\n" + signature_line(head.origin, ED25519, public, signature)


def parse_checkpoint(note: str) -> tuple[Head, list[tuple[str, bytes]]]:
    """Return what a checkpoint says, and its signatures as (name, id and signature), unchecked.

    :raises NoteWrong: if it is not in the one form that a checkpoint has
    """
    text, gap, lines = note.partition("\n\n")
    parts = text.split("\n")
    if not gap or len(parts) != 3 or not note.endswith("\n"):
        raise NoteWrong("This is no checkpoint: three lines, an empty line, signatures.")
    origin, size, encoded = parts
    root = _decoded(encoded)
    if not origin or not size.isascii() or not size.isdigit() or str(int(size)) != size:
        raise NoteWrong(f"{size[:40]!r} is no size of a log.")
    if len(root) != 32:
        raise NoteWrong("The root of a checkpoint has 32 bytes.")
    signatures = []
    for line in lines[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, signed = rest.partition(" ")
        if dash != "—" or not name or not signed:
            raise NoteWrong(f"{line[:40]!r} is no signature line.")
        signatures.append((name, _decoded(signed)))
    if len(signatures) > SIGNATURES_AT_MOST:
        raise NoteWrong(f"A checkpoint has {SIGNATURES_AT_MOST} signatures at most.")
    return Head(origin=origin, size=int(size), root=root), signatures


def open_checkpoint(note: str, public: bytes) -> Head:
    """Return what a checkpoint says once the log's own Ed25519 signature on it holds.

    :raises NoteWrong: if it is damaged, not signed by this key, or the signature fails
    """
    head, signatures = parse_checkpoint(note)
    wanted = key_id(head.origin, ED25519, public)
    ours = [signed for name, signed in signatures if name == head.origin and signed[:4] == wanted]
    if not ours:
        raise NoteWrong(f"The checkpoint of {head.origin} is not signed with the trusted key.")
    for signed in ours:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signed[4:], head.text().encode())
        except InvalidSignature as error:
            raise NoteWrong(f"The signature on the checkpoint of {head.origin} fails.") from error
    return head


def proof_text(index: int, proof: Sequence[bytes], checkpoint: str, extra: bytes = b"") -> str:
    """Return a `.tlog-proof`: one leaf's place, its path to the root, and the checkpoint."""
    lines = [PROOF_HEADER]
    if extra:
        lines.append(f"extra {b64encode(extra).decode()}")
    lines.append(f"index {index}")
    lines += [b64encode(item).decode() for item in proof]
    return "\n".join(lines) + "\n\n" + checkpoint


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (ValueError, NotBase64) as error:
        raise NoteWrong(f"{text[:40]!r} is not base64.") from error
