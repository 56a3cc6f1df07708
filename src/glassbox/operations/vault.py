"""The vault: what is sealed for it by its public key opens only where its private keys are.

The pages hold the public key and can store a METRC key without ever reading one. The private keys,
one file a generation, are for the worker alone, the only process that reaches METRC.
"""

from __future__ import annotations

import os
from pathlib import Path

import tink
from django.conf import settings
from tink import TinkError, hybrid

from glassbox.operations.key_service import parse, serialize
from glassbox.operations.sealing import SealDoesNotOpen, write_once
from glassbox.rules.verdicts import Refused

PURPOSE = "vault"
PRIVATE_NAMES = "metrc-keys-*.json"
# Sealed bytes begin with a byte of the format and the number of the key that sealed them.
PREFIX = slice(1, 5)
# RFC 9180: X25519, HKDF-SHA256, AES-256-GCM.
TEMPLATE = hybrid.hybrid_key_templates.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM

hybrid.register()


def seal(secret: str, bound_to: bytes) -> bytes:
    """Return a secret sealed for the vault; it opens only with the same `bound_to`.

    :raises Refused: in staging and production, if the vault has no public key yet
    """
    path = public_file()
    if not path.exists():
        if settings.IS_PRODUCTION:
            raise Refused(
                f"The vault's public key {path} is missing. The worker's user makes a vault by "
                "`glassbox make-keys --only vault`."
            )
        make_generation()
    handle = tink.json_proto_keyset_format.parse_without_secret(path.read_text())
    sealed: bytes = handle.primitive(hybrid.HybridEncrypt).encrypt(secret.encode(), bound_to)
    return sealed


def unseal(sealed: bytes, bound_to: bytes) -> str:
    """Return a sealed secret in the clear, for one use; nothing of it is kept.

    :raises SealDoesNotOpen: if the bytes were moved or altered, their generation was destroyed, or
        this process may not open the vault
    :raises KeyServiceAway: if a key service wraps the private key, and does not open it now
    """
    try:
        path = private_file(generation_of(sealed))
        opened: bytes = (
            parse(path, PURPOSE).primitive(hybrid.HybridDecrypt).decrypt(sealed, bound_to)
        )
    except (OSError, TinkError) as error:
        raise SealDoesNotOpen("The sealed bytes do not open.") from error
    return opened.decode()


def generation_of(sealed: bytes) -> int:
    """Return the number of the vault's generation for which bytes were sealed."""
    return int.from_bytes(sealed[PREFIX], "big")


def public_file() -> Path:
    """Return where everybody finds the vault's newest public key."""
    return Path(settings.GLASSBOX_VAULT_PUBLIC_FILE)


def private_file(generation: int) -> Path:
    """Return where the private key of a generation lies."""
    return Path(settings.GLASSBOX_VAULT_FOLDER) / PRIVATE_NAMES.replace("*", str(generation))


def newest_generation() -> int:
    """Return the generation for which is sealed now."""
    handle = tink.json_proto_keyset_format.parse_without_secret(public_file().read_text())
    number: int = handle.keyset_info().primary_key_id
    return number


def private_files() -> tuple[Path, ...]:
    """Return the private keys that this process can see; none where it may not look."""
    return tuple(sorted(Path(settings.GLASSBOX_VAULT_FOLDER).glob(PRIVATE_NAMES)))


def make_generation() -> Path:
    """Make a new pair of keys, and let everybody seal for it from now on; return the private file."""
    handle = tink.new_keyset_handle(TEMPLATE)
    path = private_file(handle.keyset_info().primary_key_id)
    text = serialize(handle, path, PURPOSE)
    # The private half first: nothing is ever sealed for a key that could be lost.
    write_once(path, text)
    public = public_file()
    public.parent.mkdir(parents=True, exist_ok=True)
    temporary = public.with_suffix(f".{os.getpid()}")
    temporary.write_text(
        tink.json_proto_keyset_format.serialize_without_secret(handle.public_keyset_handle())
    )
    temporary.chmod(0o644)
    temporary.replace(public)
    return path


def destroy_generation(path: Path) -> None:
    """Destroy a private key: whatever is still sealed for it never opens again."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(os.urandom(size))
        os.fsync(file.fileno())
    path.unlink()
